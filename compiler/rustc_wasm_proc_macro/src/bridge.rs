//! The three functions of the import module `rustc_proc_macro`, ABI version 1.

use wasmtime::Caller;

use crate::fault::Stop;
use crate::guest::{Guest, PANIC_MESSAGE_LIMIT, memory_and_guest, range};

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
    let buffer = &mut memory[buffer];
    guest.drop_pending();
    let mut pending = std::mem::take(&mut guest.spare);
    let Some(server) = guest.server() else {
        return Err(Stop::protocol("a request while no macro runs").into());
    };
    let reply = match server.dispatch(&buffer[..len as usize]) {
        Ok(reply) => reply,
        Err(message) => return Err(Stop::protocol(message).into()),
    };
    let Ok(n) = u32::try_from(reply.len()) else {
        return Err(Stop::protocol("a request whose reply has more than 4 GiB").into());
    };
    if let Some(place) = buffer.get_mut(..reply.len()) {
        place.copy_from_slice(reply);
        guest.spare = pending;
    } else {
        pending.clear();
        pending.extend_from_slice(reply);
        guest.pending = Some(pending);
    }
    Ok(n)
}

/// `take(ptr)`: copies the pending bytes to `ptr`.
pub(crate) fn take(mut caller: Caller<'_, Guest>, ptr: u32) -> wasmtime::Result<()> {
    let (memory, guest) = memory_and_guest(&mut caller)?;
    let Some(pending) = &guest.pending else {
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

fn outside(function: &str, ptr: u32, len: u32) -> Stop {
    Stop::protocol(format!("`{function}` was given {len} bytes at {ptr:#x}, which is outside the module's memory"))
}
