//! The library's side: from calls in C's terms to a [`Load`] and an [`Expand`].

use std::any::Any;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use stubgen::module::{Digest, Interface, Runnable};

use crate::policy::{Grants, Wanted};
use crate::table::{self, Bytes, Host, Work};
use crate::{Activity, CallError, Dispatch, Events, Module};

/// What the library makes of modules.
pub trait Load {
    /// A module that is ready to run.
    type Module: Expand + Sync + 'static;

    /// Makes ready what every module needs. What goes wrong, the next [`load`](Load::load) says.
    fn prepare();

    /// Loads a module.
    ///
    /// # Errors
    ///
    /// See [`Runtime::load`](crate::Runtime::load).
    fn load(module: &Module<'_>, events: &dyn Events) -> Result<Self::Module, String>;
}

/// A module that is ready to run.
pub trait Expand {
    /// Runs a macro on at least [`EXPANSION_STACK`](crate::EXPANSION_STACK) bytes of stack.
    ///
    /// # Errors
    ///
    /// See [`LoadedModule::expand`](crate::LoadedModule::expand).
    fn expand(
        &self,
        index: u32,
        input: &[u8],
        force_show_panics: bool,
        dispatch: &mut dyn Dispatch,
        events: &dyn Events,
    ) -> Result<Vec<u8>, CallError>;
}

/// How an expansion ended, for the other side.
pub use crate::table::Outcome;

/// The table of a library that loads modules as `L` does.
pub const fn runtime<L: Load>() -> table::Runtime {
    table::Runtime { version: table::VERSION, prepare: prepare::<L>, load: load::<L>, expand: expand::<L> }
}

unsafe extern "C" fn prepare<L: Load>() {
    _ = catch_unwind(L::prepare);
}

unsafe extern "C" fn load<L: Load>(module: &table::Module<'_>, host: &Host<'_>) -> *const c_void {
    let caller = Caller { host, place: 0 };
    let loaded = catch_unwind(AssertUnwindSafe(|| {
        let cache = module.cache.get();
        let cache = if cache.is_empty() { None } else { table::path_from(cache) };
        let grants = Grants::decode(module.grants.get()).ok_or("the compiler's grants cannot be read")?;
        let interface = std::str::from_utf8(module.interface.get()).ok().and_then(Interface::decode);
        let interface = interface.ok_or("the compiler's account of the macros cannot be read")?;
        let module = Module {
            bytes: module.bytes.get(),
            runnable: &Runnable { digest: Digest(module.digest), interface },
            cache,
            only_cached: module.only_cached,
            needs_standard_output: module.needs_standard_output,
            grants: &grants,
        };
        L::load(&module, &caller)
    }));
    match loaded {
        Ok(Ok(module)) => (&raw const *Box::leak(Box::new(module))).cast(),
        Ok(Err(message)) => {
            caller.result(message.as_bytes());
            std::ptr::null()
        }
        Err(panic) => {
            caller.result(format!("the library that runs WebAssembly macros failed: {}", message(&*panic)).as_bytes());
            std::ptr::null()
        }
    }
}

unsafe extern "C" fn expand<L: Load>(expansion: &table::Expansion<'_>, host: &Host<'_>) -> Outcome {
    let mut caller = Caller { host, place: expansion.place };
    // SAFETY: `load` made the pointer from a reference that is never freed, and the other side passes nothing else.
    let module = unsafe { &*expansion.module.cast::<L::Module>() };
    let expanded = catch_unwind(AssertUnwindSafe(|| {
        let input = expansion.input.get();
        module.expand(
            expansion.index,
            input,
            expansion.force_show_panics,
            &mut caller,
            &Caller { host, place: expansion.place },
        )
    }));
    let (outcome, bytes) = match expanded {
        Ok(Ok(output)) => (Outcome::OUTPUT, output),
        Ok(Err(CallError::Panic(message))) => (Outcome::PANIC, message.into_bytes()),
        Ok(Err(CallError::Fault(message))) => (Outcome::FAULT, message.into_bytes()),
        Err(panic) => (Outcome::BUG, message(&*panic).as_bytes().to_vec()),
    };
    caller.result(&bytes);
    outcome
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let message = panic.downcast_ref::<&str>().copied();
    message.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// The compiler, as the library sees it during one call.
#[derive(Clone, Copy)]
struct Caller<'a> {
    host: &'a Host<'a>,
    place: u64,
}

impl Caller<'_> {
    fn result(&self, bytes: &[u8]) {
        // SAFETY: `Host` says what its functions take, here and below; none of them is running now.
        unsafe { (self.host.result)(self.host.data, Bytes::new(bytes)) }
    }
}

impl Dispatch for Caller<'_> {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        let mut reply = Bytes::EMPTY;
        // SAFETY: see `Caller::result`. The reply stands until the next request, for which `self` must be free again.
        let answered = unsafe { (self.host.dispatch)(self.host.data, Bytes::new(request), &mut reply) };
        if answered { Ok(reply.get()) } else { Err(reply.text()) }
    }

    fn depends_on(&mut self, path: &Path) {
        if let Some(path) = table::path_bytes(path) {
            // SAFETY: see `Caller::result`.
            unsafe { (self.host.depends_on)(self.host.data, Bytes::new(path)) }
        }
    }

    fn refused(&mut self, wanted: Wanted) {
        let (kind, what) = wanted.encode();
        // SAFETY: see `Caller::result`.
        unsafe { (self.host.refused)(self.host.data, kind, Bytes::new(&what)) }
    }

    fn variable(&mut self, name: &str) -> bool {
        // SAFETY: see `Caller::result`.
        unsafe { (self.host.variable)(self.host.data, Bytes::new(name.as_bytes())) }
    }

    fn place(&self) -> u64 {
        self.place
    }
}

impl Events for Caller<'_> {
    fn measure(&self, activity: Activity, mut work: &mut dyn FnMut()) {
        unsafe extern "C" fn call(work: *mut c_void) {
            // SAFETY: `data` below.
            let work = unsafe { &mut *work.cast::<&mut dyn FnMut()>() };
            // A panic of the work must not cross the border, and the work's owner sees that it has left no result.
            _ = catch_unwind(AssertUnwindSafe(work));
        }
        let work = Work { call, data: (&raw mut work).cast(), lifetime: std::marker::PhantomData };
        // SAFETY: see `Caller::result`.
        unsafe { (self.host.measure)(self.host.data, activity as u32, work) }
    }

    fn warn(&self, message: &str) {
        // SAFETY: see `Caller::result`.
        unsafe { (self.host.warn)(self.host.data, Bytes::new(message.as_bytes())) }
    }
}
