//! The functions of the import module `rustc_proc_macro`, ABI version 1.

use std::ffi::OsString;
use std::path::Path;

use rustc_wasm_proc_macro_api::policy::Wanted;
use rustc_wasm_proc_macro_api::table::path_from;
use wasmtime::Caller;

use crate::fault::Stop;
use crate::guest::{Guest, PANIC_MESSAGE_LIMIT, memory_and_guest, range};

/// The longest name of an environment variable, in bytes: the longest entry that Linux starts a program with.
const NAME_LIMIT: u32 = 128 << 10;

/// The bytes that are kept of what a guest says it was refused.
const WHAT_LIMIT: usize = 4096;

/// The longest command that a guest may ask for, in bytes.
const COMMAND_LIMIT: u32 = 64 << 10;

/// `dispatch(ptr, len, cap) -> n`: one request of `len` bytes in a buffer of `cap`; its reply of `n` bytes stands at
/// `ptr` if it fits, else it is pending.
pub(crate) fn dispatch(mut caller: Caller<'_, Guest>, ptr: u32, len: u32, cap: u32) -> wasmtime::Result<u32> {
    let (memory, guest) = memory_and_guest(&mut caller)?;
    if len > cap {
        return Err(Stop::protocol(format!("a request of {len} bytes in a buffer of {cap}")).into());
    }
    let Some(buffer) = range(memory.len(), ptr, cap) else {
        return Err(outside("dispatch", ptr, cap).into());
    };
    let n = guest.answer(&mut memory[buffer], len as usize)?;
    // The compiler may have been at it for long.
    guest.check_time()?;
    Ok(n)
}

/// `take(ptr)`: copies the pending bytes to `ptr`.
pub(crate) fn take(mut caller: Caller<'_, Guest>, ptr: u32) -> wasmtime::Result<()> {
    let (memory, guest) = memory_and_guest(&mut caller)?;
    let Some(pending) = guest.pending() else {
        return Err(Stop::protocol("`take` when nothing is pending").into());
    };
    let place = u32::try_from(pending.len()).ok().and_then(|len| range(memory.len(), ptr, len));
    let Some(place) = place else {
        return Err(outside("take", ptr, pending.len() as u32).into());
    };
    memory[place].copy_from_slice(pending);
    guest.drop_pending();
    Ok(())
}

/// `panic(ptr, len)`: the message of a panic that is about to unwind or abort.
pub(crate) fn panic(mut caller: Caller<'_, Guest>, ptr: u32, len: u32) -> wasmtime::Result<()> {
    let (memory, guest) = memory_and_guest(&mut caller)?;
    let Some(message) = range(memory.len(), ptr, len) else {
        return Err(outside("panic", ptr, len).into());
    };
    let message = &memory[message];
    let message = &message[..message.len().min(PANIC_MESSAGE_LIMIT)];
    guest.panic = Some(String::from_utf8_lossy(message).into_owned());
    Ok(())
}

/// `variable(name, len) -> refused`: the guest asks for that environment variable. 1 if it is set and not for the guest.
pub(crate) fn variable(mut caller: Caller<'_, Guest>, name: u32, len: u32) -> wasmtime::Result<u32> {
    let (memory, guest) = memory_and_guest(&mut caller)?;
    let Some(place) = range(memory.len(), name, len) else {
        return Err(outside("variable", name, len).into());
    };
    if len > NAME_LIMIT {
        return Err(Stop::protocol("it asked for an environment variable whose name no system allows").into());
    }
    let name = &memory[place];
    let allowed = match std::str::from_utf8(name) {
        Ok(name) => guest.variable(name)?,
        // Nobody can grant it, and Cargo has none.
        Err(_) => {
            let is_set = path_from(name).is_some_and(|name| std::env::var_os(name).is_some());
            if is_set {
                guest.refuse(Wanted::Variable(lossy(name)));
            }
            !is_set
        }
    };
    Ok(u32::from(!allowed))
}

/// `refuse(kind, what, len)`: the guest was asked for something that no macro has, and says no itself.
pub(crate) fn refuse(mut caller: Caller<'_, Guest>, kind: u32, what: u32, len: u32) -> wasmtime::Result<()> {
    let (memory, guest) = memory_and_guest(&mut caller)?;
    let Some(place) = range(memory.len(), what, len) else {
        return Err(outside("refuse", what, len).into());
    };
    let what = &memory[place];
    let what = lossy(what);
    let wanted = match kind {
        0 => Wanted::Program(what),
        1 => Wanted::Thread,
        2 => Wanted::Socket(what),
        3 => Wanted::StandardInput,
        4 => Wanted::CurrentExe,
        5 => Wanted::Write(guest.files().working_dir().join(what)),
        6 => Wanted::Other(what),
        _ => {
            return Err(Stop::protocol(format!("it was refused something of kind {kind}, which there is not")).into());
        }
    };
    guest.refuse(wanted);
    Ok(())
}

/// `command(request, len, out, cap) -> code << 32 | n`: runs a program, whose working directory, path and arguments stand at `request`,
/// each with a NUL behind it. What it printed stands at `out` if its `n` bytes fit: to standard output, or with another code than 0 to
/// standard error. -1 if the program was refused.
pub(crate) fn command(
    mut caller: Caller<'_, Guest>,
    request: u32,
    len: u32,
    out: u32,
    cap: u32,
) -> wasmtime::Result<i64> {
    let (memory, guest) = memory_and_guest(&mut caller)?;
    let Some(place) = range(memory.len(), request, len) else {
        return Err(outside("command", request, len).into());
    };
    let Some(out) = range(memory.len(), out, cap) else {
        return Err(outside("command", out, cap).into());
    };
    if len > COMMAND_LIMIT {
        return Err(Stop::protocol(format!("a command of {len} bytes")).into());
    }
    let fields = memory[place].strip_suffix(b"\0").map(|fields| fields.split(|&byte| byte == 0).map(path_from));
    let fields = fields.and_then(|fields| fields.collect::<Option<Vec<&Path>>>()).unwrap_or_default();
    let [cwd, arguments @ ..] = &fields[..] else {
        return Err(Stop::protocol("a command that cannot be read").into());
    };
    let Some(program) = arguments.first() else {
        return Err(Stop::protocol("a command without a program").into());
    };
    let all: Vec<OsString> = arguments.iter().map(|argument| argument.as_os_str().to_owned()).collect();
    let Some(ended) = guest.command(&all, cwd) else {
        let program = lossy(program.as_os_str().as_encoded_bytes());
        guest.refuse(Wanted::Program(program));
        return Ok(-1);
    };
    if let Some(place) = memory[out].get_mut(..ended.printed.len()) {
        place.copy_from_slice(&ended.printed);
    }
    Ok(i64::from(ended.code) << 32 | ended.printed.len() as i64)
}

/// What a guest names, as it is told to others.
fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(WHAT_LIMIT)]).into_owned()
}

fn outside(function: &str, ptr: u32, len: u32) -> Stop {
    Stop::protocol(format!("`{function}` was given {len} bytes at {ptr:#x}, which is outside the module's memory"))
}
