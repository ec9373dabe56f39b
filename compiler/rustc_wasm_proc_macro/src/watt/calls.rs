//! The functions that a guest imports from `watt-0.4` or `watt-0.5`.

use rustc_wasm_proc_macro_api::watt::Request;
use stubgen::module::{WATT_04_MODULE, WATT_05_MODULE};
use wasmtime::{Caller, Linker};

use crate::fault::{FaultKind, Stop};
use crate::guest::{Guest, PANIC_MESSAGE_LIMIT, memory_and_guest, range};

/// Defines the functions of both modules, which differ in nothing but the format of what they say.
///
/// # Errors
///
/// None in practice; Wasmtime's, if a name stood here twice.
pub(crate) fn define(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    for module in [WATT_04_MODULE, WATT_05_MODULE] {
        linker.func_wrap(module, "token_stream_serialize", token_stream_serialize)?;
        linker.func_wrap(module, "token_stream_deserialize", token_stream_deserialize)?;
        linker.func_wrap(module, "token_stream_parse", token_stream_parse)?;
        linker.func_wrap(module, "literal_to_string", literal_to_string)?;
        linker.func_wrap(module, "string_new", string_new)?;
        linker.func_wrap(module, "string_len", string_len)?;
        linker.func_wrap(module, "string_read", string_read)?;
        linker.func_wrap(module, "bytes_len", bytes_len)?;
        linker.func_wrap(module, "bytes_read", bytes_read)?;
        linker.func_wrap(module, "print_panic", print_panic)?;
    }
    Ok(())
}

/// `token_stream_serialize(stream) -> bytes`
fn token_stream_serialize(mut caller: Caller<'_, Guest>, stream: u32) -> wasmtime::Result<u32> {
    let guest = caller.data_mut();
    let bytes = ask(guest, Request::Serialize, &stream.to_le_bytes(), <[u8]>::to_vec)?;
    Ok(guest.add_to_watt(|tables| tables.add_bytes(bytes))?)
}

/// `token_stream_deserialize(ptr, len) -> stream`
fn token_stream_deserialize(mut caller: Caller<'_, Guest>, ptr: u32, len: u32) -> wasmtime::Result<u32> {
    let (bytes, guest) = given(&mut caller, "token_stream_deserialize", ptr, len)?;
    Ok(ask(guest, Request::Deserialize, bytes, number)??)
}

/// `token_stream_parse(ptr, len) -> stream`, or -1 if the text is no tokens.
fn token_stream_parse(mut caller: Caller<'_, Guest>, ptr: u32, len: u32) -> wasmtime::Result<u32> {
    let (text, guest) = given(&mut caller, "token_stream_parse", ptr, len)?;
    Ok(ask(guest, Request::Parse, text, number)??)
}

/// `literal_to_string(literal) -> string`
fn literal_to_string(mut caller: Caller<'_, Guest>, literal: u32) -> wasmtime::Result<u32> {
    let guest = caller.data_mut();
    let text = ask(guest, Request::LiteralText, &literal.to_le_bytes(), text)?;
    Ok(guest.add_to_watt(|tables| tables.add_string(text))?)
}

/// `string_new(ptr, len) -> string`
fn string_new(mut caller: Caller<'_, Guest>, ptr: u32, len: u32) -> wasmtime::Result<u32> {
    let (text, guest) = given(&mut caller, "string_new", ptr, len)?;
    let text = self::text(text);
    Ok(guest.add_to_watt(|tables| tables.add_string(text))?)
}

/// `string_len(string) -> len`
fn string_len(caller: Caller<'_, Guest>, string: u32) -> wasmtime::Result<u32> {
    length(caller.data().watt.string(string)?.as_bytes())
}

/// `string_read(string, ptr)`: copies the whole string.
fn string_read(mut caller: Caller<'_, Guest>, string: u32, ptr: u32) -> wasmtime::Result<()> {
    let (memory, guest) = memory_and_guest(&mut caller)?;
    copy(memory, "string_read", ptr, guest.watt.string(string)?.as_bytes())
}

/// `bytes_len(bytes) -> len`
fn bytes_len(caller: Caller<'_, Guest>, bytes: u32) -> wasmtime::Result<u32> {
    length(caller.data().watt.bytes(bytes)?)
}

/// `bytes_read(bytes, ptr)`: copies all the bytes.
fn bytes_read(mut caller: Caller<'_, Guest>, bytes: u32, ptr: u32) -> wasmtime::Result<()> {
    let (memory, guest) = memory_and_guest(&mut caller)?;
    copy(memory, "bytes_read", ptr, guest.watt.bytes(bytes)?)
}

/// `print_panic(string)`: ends the expansion. The guest cannot unwind and would abort next.
fn print_panic(caller: Caller<'_, Guest>, string: u32) -> wasmtime::Result<()> {
    let message = message_in(caller.data().watt.string(string)?);
    let end = message.floor_char_boundary(PANIC_MESSAGE_LIMIT);
    Err(Stop(FaultKind::Panic(message[..end].to_owned())).into())
}

/// The message in a text of `std::panic::PanicHookInfo`, which guests send as a whole. Its form has changed with Rust 1.73.
fn message_in(text: &str) -> &str {
    let message = text.strip_prefix("panicked at ").and_then(|rest| match rest.strip_prefix('\'') {
        Some(quoted) => quoted.rsplit_once("', ").map(|(message, _)| message),
        None => rest.split_once(":\n").map(|(_, message)| message),
    });
    message.unwrap_or(text)
}

/// Asks the compiler, and reads its reply.
fn ask<R>(guest: &mut Guest, request: Request, argument: &[u8], read: fn(&[u8]) -> R) -> Result<R, Stop> {
    let mut bytes = std::mem::take(&mut guest.watt.request);
    bytes.clear();
    bytes.push(request as u8);
    bytes.extend_from_slice(argument);
    let reply = match guest.server() {
        Some(server) => server.dispatch(&bytes).map(read).map_err(Stop::protocol),
        None => Err(Stop::protocol("a call while no macro runs")),
    };
    guest.watt.request = bytes;
    guest.check_time()?;
    reply
}

/// The compiler's reply to a request for a number.
fn number(reply: &[u8]) -> Result<u32, Stop> {
    match reply.try_into() {
        Ok(bytes) => Ok(u32::from_le_bytes(bytes)),
        Err(_) => Err(Stop::protocol("the compiler has replied to another request")),
    }
}

/// UTF-8 is due, and anything else is taken as far as possible.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Bytes that a guest points to.
fn given<'a>(
    caller: &'a mut Caller<'_, Guest>,
    function: &str,
    ptr: u32,
    len: u32,
) -> Result<(&'a [u8], &'a mut Guest), Stop> {
    let (memory, guest) = memory_and_guest(caller)?;
    match range(memory.len(), ptr, len) {
        Some(range) => Ok((&memory[range], guest)),
        None => Err(outside(function, ptr, len as usize)),
    }
}

fn copy(memory: &mut [u8], function: &str, ptr: u32, bytes: &[u8]) -> wasmtime::Result<()> {
    let place = u32::try_from(bytes.len()).ok().and_then(|len| range(memory.len(), ptr, len));
    let Some(place) = place else {
        return Err(outside(function, ptr, bytes.len()).into());
    };
    memory[place].copy_from_slice(bytes);
    Ok(())
}

fn length(bytes: &[u8]) -> wasmtime::Result<u32> {
    Ok(u32::try_from(bytes.len()).map_err(|_| Stop::protocol("a string of more than 4 GiB"))?)
}

fn outside(function: &str, ptr: u32, len: usize) -> Stop {
    Stop::protocol(format!("`{function}` was given {len} bytes at {ptr:#x}, which is outside the module's memory"))
}

#[cfg(test)]
mod tests {
    use super::message_in;

    #[test]
    fn a_panic_is_told_as_a_native_macro_tells_it() {
        for text in ["panicked at 'a', 'b', src/lib.rs:1:2", "panicked at src/lib.rs:1:2:\na', 'b", "a', 'b"] {
            assert_eq!(message_in(text), "a', 'b");
        }
        for text in ["", "panicked at ", "panicked at somewhere", "panicked at 'open"] {
            assert_eq!(message_in(text), text);
        }
    }
}
