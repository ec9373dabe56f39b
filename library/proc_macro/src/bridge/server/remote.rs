//! The compiler's end of the bridge for macros that are not code of this process.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::ops;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use super::*;

mod ledger;
pub use ledger::{Extent, MAX_DEPTH, MAX_SYNTAX_DEPTH, hold, hold_symbol, take_output_depth};
pub(super) use ledger::{Held, Ledger, held, seen, taken};

/// A macro that runs elsewhere, for example in a WebAssembly instance.
#[derive(Copy, Clone)]
pub struct RemoteMacro(pub &'static RemoteFunctions);

/// What is known of a [`RemoteMacro`].
pub struct RemoteFunctions {
    /// What the functions know the macro by.
    pub id: usize,

    /// Runs the macro on an input and returns its output, both in the bridge's serialization. The
    /// flag says whether panics are to be shown in any case.
    ///
    /// The error is [`PanicMessage::Fault`] where the macro ended without a reply, and
    /// [`PanicMessage::Refused`] where it was refused something, however it ended.
    pub expand: fn(
        id: usize,
        input: &[u8],
        force_show_panics: bool,
        server: &mut dyn RemoteServer,
    ) -> Result<Vec<u8>, PanicMessage>,

    /// Whether a request of the macro may have this from the compiler. What may not be had is noted,
    /// and makes the expansion that asks for it end with [`PanicMessage::Refused`].
    pub may: fn(id: usize, what: Named<'_>) -> bool,

    /// The same for what the macro's output names: why it is not to be had. Whoever asks says so.
    pub refusal: fn(id: usize, what: Named<'_>) -> Option<Refusal>,

    /// Whether the macro could have this by itself. Nothing is noted.
    pub could: fn(id: usize, what: Named<'_>) -> bool,

    /// How many bytes the compiler may hold for macros from elsewhere, as far as this one can help it.
    pub memory: fn(id: usize) -> u64,

    /// How long an expansion of the macro may take, the compiler's work for it included.
    pub time: fn(id: usize) -> Duration,

    /// Calls the function where it finds that many bytes of stack at least.
    pub with_stack: fn(bytes: usize, f: &mut dyn FnMut()),
}

/// What a macro can want of the compiler beyond the tokens of its input.
#[derive(Copy, Clone, Debug)]
pub enum Named<'a> {
    /// What stands in the file at this absolute path.
    File(&'a Path),
    /// The value of an environment variable.
    Variable(&'a str),
    /// So many bytes that the compiler would hold.
    Memory(u64),
}

/// Why a macro did not get something, as a person is told.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub text: String,
    pub notes: Vec<String>,
    pub help: Option<String>,
}

impl ops::Deref for RemoteMacro {
    type Target = RemoteFunctions;

    fn deref(&self) -> &RemoteFunctions {
        self.0
    }
}

impl RemoteMacro {
    /// Calls `f` where it finds that many bytes of stack at least.
    pub fn on_stack<R>(&self, bytes: usize, f: impl FnOnce() -> R) -> R {
        let mut f = Some(f);
        let mut result = None;
        (self.with_stack)(bytes, &mut || result = f.take().map(|f| f()));
        result.expect("the function was called")
    }
}

/// What answers the requests of a [`RemoteMacro`].
pub trait RemoteServer {
    /// Answers one request. The reply stands until the next call.
    ///
    /// # Errors
    ///
    /// Says why the expansion has to end: the request is none that the bridge's serialization can
    /// hold, it is beyond a limit, or the compiler has failed. Every later request gets that again.
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String>;
}

/// What a thread does for remote macros. It is one variable, since a shared library has to ask for the address of each.
struct ThisThread {
    /// Whose requests or results it decodes or answers.
    answering: Cell<Option<RemoteMacro>>,

    /// Whether the innermost expansion has to end as `ENDING` says.
    is_ending: Cell<bool>,

    /// When the innermost expansion that has asked for something, and those around it, have had their time.
    until: Cell<Option<Instant>>,

    /// Whether the compiler has failed within a request, so that what it knows may be half changed.
    has_failed: Cell<bool>,

    /// Bytes that its compilation holds for remote macros, but for what the innermost expansion can give back.
    held: Cell<u64>,

    /// The number of the newest symbol that is counted among them.
    newest_symbol: Cell<u32>,

    /// How deep the last output was nested, at most, if nobody has asked yet.
    output_depth: Cell<Option<u32>>,
}

thread_local! {
    static THIS_THREAD: ThisThread = const {
        ThisThread {
            answering: Cell::new(None),
            is_ending: Cell::new(false),
            until: Cell::new(None),
            has_failed: Cell::new(false),
            held: Cell::new(0),
            newest_symbol: Cell::new(0),
            output_depth: Cell::new(None),
        }
    };

    /// How the innermost expansion has to end, whatever the macro says.
    static ENDING: RefCell<Option<PanicMessage>> = const { RefCell::new(None) };
}

/// Whether this thread works on what a remote macro sent.
#[inline]
pub fn is_remote() -> bool {
    answering().is_some()
}

#[inline]
fn answering() -> Option<RemoteMacro> {
    THIS_THREAD.with(|thread| thread.answering.get())
}

/// Whether what this thread does may have that: only what it does for a remote macro may not have everything.
pub fn may(what: Named<'_>) -> bool {
    answering().is_none_or(|remote| (remote.may)(remote.id, what))
}

/// Whether the remote macro for which this thread works could have this by itself. Nothing is noted.
pub fn could(what: Named<'_>) -> bool {
    answering().is_none_or(|remote| (remote.could)(remote.id, what))
}

/// Whether the compiler may do another step, for which it takes that many bytes, of what a remote macro has asked for. If not,
/// the expansion ends as soon as the request is answered.
pub fn may_work(bytes: u64) -> bool {
    let Some(remote) = answering() else { return true };
    let (is_ending, until) = THIS_THREAD.with(|thread| (thread.is_ending.get(), thread.until.get()));
    // Who runs the macro looks at the time, too, and says so.
    !is_ending && until.is_none_or(|until| Instant::now() < until) && ledger::may_hold(remote, bytes)
}

/// Has the expansion whose request is being answered end with a fault.
pub fn stop(reason: String) {
    end(PanicMessage::Fault(reason));
}

/// Whether the compiler has failed while it answered a request. It must not go on then: the failure may have left
/// anything half done.
pub fn has_failed() -> bool {
    THIS_THREAD.with(|thread| thread.has_failed.get())
}

fn end(message: PanicMessage) {
    THIS_THREAD.with(|thread| thread.is_ending.set(true));
    ENDING.with_borrow_mut(|ending| _ = ending.get_or_insert(message));
}

fn take_ending() -> Option<PanicMessage> {
    if THIS_THREAD.with(|thread| thread.is_ending.take()) { ENDING.take() } else { None }
}

/// What a panic in a request means.
///
/// Natively every panic is a reply, and the macro may catch it. That is right for those that say what is wrong
/// with the request. A panic in the midst of the compiler's work is none of the macro's business: it
/// ends the expansion, and [`has_failed`] says from then on that nothing can be relied on.
///
/// `method` is what was asked for, and `is_working` says whether the server was at it.
pub(super) fn caught<S: Server>(
    method: ApiTags,
    is_working: bool,
    payload: Box<dyn Any + Send>,
) -> PanicMessage {
    let is_fatal = S::is_fatal_error(&*payload);
    let message = PanicMessage::from(payload);
    if is_working && is_remote() && is_failure(method, is_fatal) {
        THIS_THREAD.with(|thread| thread.has_failed.set(true));
        // Of a fatal error the user has been told.
        let reason = (!is_fatal).then(|| message.as_str().unwrap_or("no message").to_owned());
        end(PanicMessage::Failed(reason));
    }
    message
}

fn is_failure(method: ApiTags, is_fatal: bool) -> bool {
    match method {
        ApiTags::ts_expand_expr => true,
        // A text may be no token at all, which the lexer says by a fatal error.
        ApiTags::ts_from_str | ApiTags::literal_from_str => !is_fatal,
        ApiTags::ts_to_string | ApiTags::emit_diagnostic => true,
        // These do little more than look at what they are given.
        _ => is_fatal,
    }
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
    let result = THIS_THREAD.with(|thread| {
        let outer = thread.answering.replace(Some(remote));
        let result = panic::catch_unwind(AssertUnwindSafe(f));
        thread.answering.set(outer);
        result
    });
    result
        .map_err(|payload| PanicMessage::from(payload).as_str().unwrap_or("no message").to_string())
}

struct Answers<'a, S: Server> {
    remote: RemoteMacro,
    dispatcher: &'a mut Dispatcher<S>,
    buffer: Buffer,
    force_show_panics: bool,
    fault: Option<String>,
    has_answered: bool,
}

impl<S: Server> RemoteServer for Answers<'_, S> {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        if self.fault.is_none() {
            self.fault = self.answer(request).err();
        }
        match &self.fault {
            None => Ok(&self.buffer),
            Some(fault) => Err(fault.clone()),
        }
    }
}

impl<S: Server> Answers<'_, S> {
    fn answer(&mut self, request: &[u8]) -> Result<(), String> {
        let Self { remote, ref mut dispatcher, ref mut buffer, force_show_panics, .. } = *self;
        buffer.clear();
        buffer.extend_from_slice(request);
        if !mem::replace(&mut self.has_answered, true) {
            // It may have taken long to make the macro's code ready. That does not count.
            let until = Instant::now().checked_add((remote.time)(remote.id));
            THIS_THREAD.with(|thread| thread.until.set([thread.until.get(), until].into_iter().flatten().min()));
        }
        let stack = dispatcher.handle_store.ledger().begin(request);
        let mut work = || {
            guarded(remote, force_show_panics, || {
                let reply = dispatcher.dispatch(buffer.take());
                // What was there is empty, and needs no call to be dropped.
                mem::forget(mem::replace(buffer, reply));
            })
        };
        let worked = if stack == 0 { work() } else { remote.on_stack(stack, work) };
        dispatcher.handle_store.ledger().check_memory();
        worked?;
        if !THIS_THREAD.with(|thread| thread.is_ending.get()) {
            return Ok(());
        }
        ENDING.with_borrow(|ending| match ending {
            Some(PanicMessage::Fault(reason)) => Err(reason.clone()),
            _ => Err("the compiler failed".to_owned()),
        })
    }
}

/// Does for a remote macro what `run_server` does for a native one.
pub(super) fn run<S: Server, O: for<'a, 's> Decode<'a, 's, HandleStore<S>>>(
    remote: RemoteMacro,
    dispatcher: &mut Dispatcher<S>,
    input: Buffer,
    force_show_panics: bool,
) -> Result<O, PanicMessage> {
    let mut answers = Answers {
        remote,
        dispatcher: &mut *dispatcher,
        buffer: Buffer::new(),
        force_show_panics,
        fault: None,
        has_answered: false,
    };
    let outer_until = THIS_THREAD.with(|thread| thread.until.get());
    let outcome = (remote.expand)(remote.id, &input, force_show_panics, &mut answers);
    THIS_THREAD.with(|thread| thread.until.set(outer_until));
    let fault = answers.fault.take();
    let ending = take_ending();
    let handles = &mut dispatcher.handle_store;
    let result = match (ending, outcome, fault) {
        (Some(failed @ PanicMessage::Failed(_)), ..) => Err(failed),
        (_, Err(refused @ PanicMessage::Refused(_)), _) => Err(refused),
        (Some(ending), ..) => Err(ending),
        (None, _, Some(fault)) => Err(PanicMessage::Fault(fault)),
        (None, Err(message), None) => Err(message),
        (None, Ok(output), None) => {
            handles.ledger().begin_output();
            let decode = || Result::decode(&mut &output[..], &mut *handles);
            guarded(remote, force_show_panics, decode).unwrap_or_else(|message| {
                Err(PanicMessage::Fault(format!("the macro returned a malformed result: {message}")))
            })
        }
    };
    handles.close(remote);
    // What stands here is about the output, and the macro has returned already.
    take_ending().map_or(result, Err)
}

/// What remote macros' handles are numbered by.
static COUNTERS: client::HandleCounters =
    client::HandleCounters { token_stream: AtomicU32::new(1), span: AtomicU32::new(1) };

impl<I, O> client::Client<I, O> {
    /// The macro, if it is not code of this process.
    pub fn as_remote(&self) -> Option<RemoteMacro> {
        self.remote
    }

    /// A client whose macro runs elsewhere.
    pub fn remote(remote: RemoteMacro) -> Self {
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
