//! The compiler's end of the bridge for macros that are not code of this process.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::AtomicU32;

use super::*;

/// A macro that runs elsewhere, for example in a WebAssembly instance.
#[derive(Copy, Clone)]
pub struct RemoteMacro {
    /// What `expand` knows the macro by.
    pub id: usize,

    /// Runs the macro on an input and returns its output, both in the bridge's serialization. The
    /// flag says whether panics are to be shown in any case.
    ///
    /// The error is [`PanicMessage::Fault`] where the macro ended without a reply.
    pub expand: fn(
        id: usize,
        input: &[u8],
        force_show_panics: bool,
        server: &mut dyn RemoteServer,
    ) -> Result<Vec<u8>, PanicMessage>,

    /// Whether the file at this absolute path may be read for the macro, by what its requests
    /// have the compiler expand.
    pub may_read: fn(id: usize, path: &Path) -> bool,
}

/// What answers the requests of a [`RemoteMacro`].
pub trait RemoteServer {
    /// Answers one request. The reply stands until the next call.
    ///
    /// # Errors
    ///
    /// Says why where the request is none that the bridge's serialization can hold.
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String>;
}

thread_local! {
    /// Whose requests or results this thread decodes or answers.
    static ANSWERING: Cell<Option<RemoteMacro>> = const { Cell::new(None) };
}

/// Whether this thread works on what a remote macro sent.
pub fn is_remote() -> bool {
    ANSWERING.get().is_some()
}

/// Whether what this thread does may read the file at this absolute path: only what it does for a
/// remote macro may not read everything.
pub fn may_read(path: &Path) -> bool {
    ANSWERING.get().is_none_or(|remote| (remote.may_read)(remote.id, path))
}

/// Runs `f` on what a remote macro sent, which may be anything, and turns a panic into its
/// message. As with a native macro, the panic hook stays silent meanwhile.
fn guarded<R>(
    remote: RemoteMacro,
    force_show_panics: bool,
    f: impl FnOnce() -> R,
) -> Result<R, String> {
    static HIDE_PANICS: Once = Once::new();
    HIDE_PANICS.call_once(|| {
        let shown = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if force_show_panics || !is_remote() || !info.can_unwind() {
                shown(info)
            }
        }));
    });
    let outer = ANSWERING.replace(Some(remote));
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    ANSWERING.set(outer);
    result
        .map_err(|payload| PanicMessage::from(payload).as_str().unwrap_or("no message").to_string())
}

struct Answers<'a, S: Server> {
    remote: RemoteMacro,
    dispatcher: &'a mut Dispatcher<S>,
    buffer: Buffer,
    force_show_panics: bool,
}

impl<S: Server> RemoteServer for Answers<'_, S> {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        let mut buffer = self.buffer.take();
        buffer.clear();
        buffer.extend_from_slice(request);
        self.buffer =
            guarded(self.remote, self.force_show_panics, || self.dispatcher.dispatch(buffer))?;
        Ok(&self.buffer)
    }
}

/// Does for a remote macro what `run_server` does for a native one.
pub(super) fn run<S: Server, O: for<'a, 's> Decode<'a, 's, HandleStore<S>>>(
    remote: RemoteMacro,
    dispatcher: &mut Dispatcher<S>,
    input: Buffer,
    force_show_panics: bool,
) -> Result<O, PanicMessage> {
    let mut answers =
        Answers { remote, dispatcher: &mut *dispatcher, buffer: Buffer::new(), force_show_panics };
    let output = (remote.expand)(remote.id, &input, force_show_panics, &mut answers)?;
    guarded(remote, force_show_panics, || {
        Result::decode(&mut &output[..], &mut dispatcher.handle_store)
    })
    .unwrap_or_else(|message| {
        Err(PanicMessage::Fault(format!("the macro returned a malformed result: {message}")))
    })
}

impl<I, O> client::Client<I, O> {
    /// A client whose macro runs elsewhere.
    pub fn remote(remote: RemoteMacro) -> Self {
        static COUNTERS: client::HandleCounters =
            client::HandleCounters { token_stream: AtomicU32::new(1), span: AtomicU32::new(1) };
        extern "C" fn not_native(_: BridgeConfig<'_>) -> Buffer {
            unreachable!("a remote macro has no native entry point")
        }
        client::Client {
            handle_counters: &COUNTERS,
            run: not_native,
            remote: Some(remote),
            _marker: PhantomData,
        }
    }
}
