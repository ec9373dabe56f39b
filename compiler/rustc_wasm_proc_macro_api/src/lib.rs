//! How the compiler and the library that runs WebAssembly macros call each other.
//!
//! Wasmtime is as large as it is rarely needed, so it is no part of the compiler: it lies in a dynamic library of its own,
//! which the compiler opens when it meets the first module. The two may be built by different versions
//! of Rust. All that crosses the border between them is in [`table`], in C's calling convention: borrowed bytes, numbers
//! and function pointers.
//!
//! * The compiler opens the library, gets its [`table::Runtime`] and uses it through [`Runtime`].
//! * The library implements [`Load`] and [`Expand`], and `export!` makes a [`table::Runtime`] of them.
//!
//! **Invariant**: no allocation and no panic crosses the border. Who needs bytes for longer copies them; a panic is caught on
//! its side, and goes on on the same side once the other one has returned.

mod caller;
mod library;
pub mod policy;
pub mod readable;
pub mod table;
pub mod watt;

pub use caller::{CallError, LoadedModule, Runtime};
pub use library::{Expand, Load, Outcome, runtime};
use policy::{Grants, Wanted};
use stubgen::module::Runnable;

/// The bytes of stack that the compiler provides for an expansion: 6 MiB for the guest's frames, and a margin for host
/// functions and for the compiler's answers to requests.
///
/// rustc's threads have 8 MiB, of which an expansion finds most unused, so as a rule no stack must be made for it.
pub const EXPANSION_STACK: usize = MAX_WASM_STACK + (1 << 20);

/// The size in bytes of a stack that is made where less than [`EXPANSION_STACK`] is left.
pub const NEW_STACK: usize = EXPANSION_STACK + (1 << 20);

/// How deep a guest's frames may go, in bytes.
pub const MAX_WASM_STACK: usize = 6 << 20;

/// The compiler during one expansion, as a guest sees it.
pub trait Dispatch {
    /// Answers one request, in `proc_macro::bridge`'s serialization. The reply stands until the next call.
    ///
    /// # Errors
    ///
    /// A message, if the request could not be understood. The expansion ends with it.
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String>;

    /// The guest opened a file or listed a directory, so what it returns may depend on it.
    fn depends_on(&mut self, path: &std::path::Path) {
        let _ = path;
    }

    /// The guest named something that it does not get. It was told so by an error code and may go on; but whatever it
    /// returns must not be used. Said once an expansion for each such thing.
    fn refused(&mut self, wanted: Wanted) {
        let _ = wanted;
    }

    /// The guest asks for an environment variable, so what it returns may depend on it. False if the variable is set and
    /// not for this guest: then that has been noted as [`Dispatch::refused`] would.
    fn variable(&mut self, name: &str) -> bool {
        let _ = name;
        true
    }

    /// A number that is another one whenever the process's environment or working directory has changed. A guest that knows the old
    /// ones is not used again.
    fn place(&self) -> u64 {
        0
    }
}

/// One kind of work, for the compiler's profiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Activity {
    /// Looking into the cache and mapping compiled code.
    Load,
    /// Compiling a module with Cranelift, and publishing the result in the cache.
    Compile,
    /// Making an instance of a module.
    Instantiate,
    /// Running a macro, with all the requests it makes.
    Expand,
}

impl Activity {
    const ALL: [Activity; 4] = [Activity::Load, Activity::Compile, Activity::Instantiate, Activity::Expand];

    /// The activity's name in a profile.
    pub fn name(self) -> &'static str {
        match self {
            Activity::Load => "wasm_proc_macro_load",
            Activity::Compile => "wasm_proc_macro_compile",
            Activity::Instantiate => "wasm_proc_macro_instantiate",
            Activity::Expand => "wasm_proc_macro_expand",
        }
    }
}

/// Hears of activities and of warnings. `()` ignores both.
pub trait Events {
    /// Runs `work`, which is `activity`, exactly once. An implementation may measure it.
    fn measure(&self, activity: Activity, work: &mut dyn FnMut()) {
        let _ = activity;
        work();
    }

    /// Something went wrong and was worked around, for instance a cache that could not be written.
    fn warn(&self, message: &str) {
        let _ = message;
    }
}

impl Events for () {}

/// What the compiler knows of a module that is to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct Module<'a> {
    /// The file's content, read and checked.
    pub bytes: &'a [u8],
    /// What its sections say.
    pub runnable: &'a Runnable,
    /// Where compiled modules are cached; nothing is cached without it.
    pub cache: Option<&'a std::path::Path>,
    /// Whether to load the module from the cache or not at all.
    pub only_cached: bool,
    /// Whether the process has its standard output for itself. What guests write there goes to standard error from then on.
    pub needs_standard_output: bool,
    /// What it is granted.
    pub grants: &'a Grants,
}
