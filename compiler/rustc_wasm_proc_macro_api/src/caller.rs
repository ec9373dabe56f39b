//! The compiler's side: a library that was opened, and its modules.

use std::any::Any;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::policy::Wanted;
use crate::table::{self, Bytes, Host, Outcome, Work};
use crate::{Activity, Dispatch, Events, Module};

/// The library, opened.
#[derive(Clone, Copy, Debug)]
pub struct Runtime {
    table: &'static table::Runtime,
}

/// A module of the library's. As the macros of native libraries do, it stays until the process ends.
#[derive(Clone, Copy, Debug)]
pub struct LoadedModule {
    runtime: Runtime,
    module: *const c_void,
}

// SAFETY: `library::runtime` makes the pointer from a reference to a `Sync` type, which is never freed.
unsafe impl Send for LoadedModule {}
// SAFETY: as above.
unsafe impl Sync for LoadedModule {}

/// Why a macro has no output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The macro panicked, with this message.
    Panic(String),
    /// The macro ended otherwise. The first line is the error, each further one a note.
    Fault(String),
}

impl Runtime {
    /// The library behind `table`.
    ///
    /// # Errors
    ///
    /// The library is of another version than this crate.
    ///
    /// # Panics
    ///
    /// Never; see [`LoadedModule::expand`] for panics of the library.
    pub fn new(table: &'static table::Runtime) -> Result<Runtime, String> {
        match table.version {
            table::VERSION => Ok(Runtime { table }),
            found => Err(format!("it is of version {found}, and this compiler needs version {}", table::VERSION)),
        }
    }

    /// Makes ready what every module needs. Without it, the first [`load`](Runtime::load) takes longer.
    pub fn prepare(self) {
        // SAFETY: the table is the library's.
        unsafe { (self.table.prepare)() }
    }

    /// Loads a module, from the cache or by compiling it.
    ///
    /// # Errors
    ///
    /// The module is not valid, or cannot run on this machine; or it is not in the cache, and is
    /// [wanted from there only](Module::only_cached).
    ///
    /// # Panics
    ///
    /// If the library does, or if `events` does.
    pub fn load(self, module: &Module<'_>, events: &dyn Events) -> Result<LoadedModule, String> {
        let mut call = Call::new(None, events);
        let grants = module.grants.encode();
        let interface = module.runnable.interface.encode();
        let module = table::Module {
            bytes: Bytes::new(module.bytes),
            digest: module.runnable.digest.0,
            interface: Bytes::new(interface.as_bytes()),
            cache: module.cache.and_then(table::path_bytes).map_or(Bytes::EMPTY, Bytes::new),
            only_cached: module.only_cached,
            needs_standard_output: module.needs_standard_output,
            grants: Bytes::new(&grants),
        };
        let loaded = call.host(|host| {
            // SAFETY: the table is the library's, and `host` and all it points to lives until the call has returned.
            unsafe { (self.table.load)(&module, host) }
        });
        if loaded.is_null() { Err(call.text()) } else { Ok(LoadedModule { runtime: self, module: loaded }) }
    }
}

impl LoadedModule {
    /// Runs macro number `index` on `input`, and returns its output. The caller provides
    /// [`EXPANSION_STACK`](crate::EXPANSION_STACK) bytes of stack.
    ///
    /// # Errors
    ///
    /// The macro has panicked or was stopped.
    ///
    /// # Panics
    ///
    /// If the library does, which is a bug of it; and if `dispatch` or `events` do, after the library has cleared away.
    pub fn expand(
        self,
        index: u32,
        input: &[u8],
        force_show_panics: bool,
        dispatch: &mut dyn Dispatch,
        events: &dyn Events,
    ) -> Result<Vec<u8>, CallError> {
        let place = dispatch.place();
        let mut call = Call::new(Some(dispatch), events);
        let expansion =
            table::Expansion { module: self.module, index, force_show_panics, place, input: Bytes::new(input) };
        let outcome = call.host(|host| {
            // SAFETY: as in `load`; and the module comes from this table's `load`.
            unsafe { (self.runtime.table.expand)(&expansion, host) }
        });
        match outcome {
            Outcome::OUTPUT => Ok(call.result),
            Outcome::PANIC => Err(CallError::Panic(call.text())),
            Outcome::FAULT => Err(CallError::Fault(call.text())),
            _ => panic!("the library that runs WebAssembly macros failed: {}", call.text()),
        }
    }
}

/// One call of the library, from the side of the caller.
struct Call<'a> {
    dispatch: Option<&'a mut dyn Dispatch>,
    events: &'a dyn Events,
    result: Vec<u8>,
    /// The reply to the last request, if it is none that `dispatch` keeps.
    message: String,
    /// A panic that goes on once the library has returned.
    panic: Option<Box<dyn Any + Send>>,
}

impl<'a> Call<'a> {
    fn new(dispatch: Option<&'a mut dyn Dispatch>, events: &'a dyn Events) -> Call<'a> {
        Call { dispatch, events, result: Vec::new(), message: String::new(), panic: None }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.result).into_owned()
    }

    /// Makes the call.
    fn host<R>(&mut self, call: impl FnOnce(&Host<'_>) -> R) -> R {
        let host = Host {
            data: (&raw mut *self).cast(),
            dispatch,
            depends_on,
            refused,
            variable,
            measure,
            warn,
            result,
            lifetime: PhantomData,
        };
        let returned = call(&host);
        if let Some(panic) = self.panic.take() {
            resume_unwind(panic);
        }
        returned
    }

    /// Runs `f` on the call that `data` points to. After a panic nothing runs any more.
    ///
    /// # Safety
    ///
    /// `data` is [`Host::data`] of a call that has not returned, and nothing else uses the call at the moment.
    unsafe fn with<R>(data: *mut c_void, f: impl FnOnce(&mut Call<'a>) -> R) -> Option<R> {
        // SAFETY: the caller promises it.
        let call = unsafe { &mut *data.cast::<Call<'a>>() };
        if call.panic.is_some() {
            return None;
        }
        match catch_unwind(AssertUnwindSafe(|| f(&mut *call))) {
            Ok(returned) => Some(returned),
            Err(panic) => {
                call.panic = Some(panic);
                None
            }
        }
    }
}

unsafe extern "C" fn dispatch(data: *mut c_void, request: Bytes<'_>, reply: &mut Bytes<'static>) -> bool {
    // SAFETY: the library passes `Host::data`, and waits for each call before it makes the next one.
    let answered = unsafe {
        Call::with(data, |call| {
            let (answered, bytes) = match call.dispatch.as_mut().map(|dispatch| dispatch.dispatch(request.get())) {
                Some(Ok(bytes)) => (true, Bytes::new(bytes)),
                Some(Err(message)) => {
                    call.message = message;
                    (false, Bytes::new(call.message.as_bytes()))
                }
                None => (false, Bytes::new(b"a request while no macro runs")),
            };
            // SAFETY: only the lifetime changes: the bytes stand until the next request, as `Host::dispatch` says.
            *reply = std::mem::transmute::<Bytes<'_>, Bytes<'static>>(bytes);
            answered
        })
    };
    answered.unwrap_or_else(|| {
        *reply = Bytes::new(b"the compiler panicked");
        false
    })
}

unsafe extern "C" fn depends_on(data: *mut c_void, path: Bytes<'_>) {
    // SAFETY: as in `dispatch`.
    unsafe {
        Call::with(data, |call| {
            if let (Some(dispatch), Some(path)) = (&mut call.dispatch, table::path_from(path.get())) {
                dispatch.depends_on(path);
            }
        });
    }
}

unsafe extern "C" fn refused(data: *mut c_void, kind: u32, what: Bytes<'_>) {
    // SAFETY: as in `dispatch`.
    unsafe {
        Call::with(data, |call| {
            if let Some(dispatch) = &mut call.dispatch {
                dispatch.refused(Wanted::decode(kind, what.get()));
            }
        });
    }
}

unsafe extern "C" fn variable(data: *mut c_void, name: Bytes<'_>) -> bool {
    // SAFETY: as in `dispatch`.
    let allowed = unsafe {
        Call::with(data, |call| call.dispatch.as_mut().is_some_and(|dispatch| dispatch.variable(&name.text())))
    };
    // After a panic, and while no macro runs, nothing is for anybody.
    allowed.unwrap_or(false)
}

unsafe extern "C" fn measure(data: *mut c_void, activity: u32, work: Work<'_>) {
    // The work calls back, so the call is not borrowed while it runs.
    // SAFETY: as in `dispatch`.
    let events = unsafe { Call::with(data, |call| call.events) };
    // SAFETY: `Work` says that `call` is to be called with `data`; `once` sees to it that this happens once.
    let mut once = Some(|| unsafe { (work.call)(work.data) });
    let mut run = || {
        if let Some(run) = once.take() {
            run();
        }
    };
    let activity = Activity::ALL.get(activity as usize).copied();
    if let (Some(events), Some(activity)) = (events, activity)
        && let Err(panic) = catch_unwind(AssertUnwindSafe(|| events.measure(activity, &mut run)))
    {
        // SAFETY: as in `dispatch`.
        unsafe { Call::with(data, |call| call.panic = Some(panic)) };
    }
    // Work that nobody measured is done all the same.
    run();
}

unsafe extern "C" fn warn(data: *mut c_void, message: Bytes<'_>) {
    // SAFETY: as in `dispatch`.
    unsafe { Call::with(data, |call| call.events.warn(&message.text())) };
}

unsafe extern "C" fn result(data: *mut c_void, bytes: Bytes<'_>) {
    // SAFETY: as in `dispatch`.
    unsafe { Call::with(data, |call| call.result.extend_from_slice(bytes.get())) };
}
