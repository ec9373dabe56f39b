//! The border itself: what lies in memory, and what is called, in C's terms.

use std::ffi::c_void;
use std::marker::PhantomData;

/// The library's only symbol that the compiler asks for: a function of type [`Entry`].
pub const ENTRY: &str = "rustc_wasm_proc_macro_runtime";

/// The version of everything in this file. The compiler uses no library of another one.
pub const VERSION: u32 = 5;

/// The type of [`ENTRY`]. The table stands for as long as the library is loaded, which is until the process ends.
pub type Entry = unsafe extern "C" fn() -> &'static Runtime;

/// What the library can do.
#[derive(Debug)]
#[repr(C)]
pub struct Runtime {
    /// [`VERSION`]. It comes first in every version.
    pub version: u32,
    /// Makes ready what every module needs, which the first [`Runtime::load`] else does.
    pub prepare: unsafe extern "C" fn(),
    /// Loads a module. The result is null where that failed, and then [`Host::result`] has been told why.
    pub load: unsafe extern "C" fn(&Module<'_>, &Host<'_>) -> *const c_void,
    /// Runs a macro of a loaded module. [`Host::result`] has been told the output, or what went wrong.
    pub expand: unsafe extern "C" fn(&Expansion<'_>, &Host<'_>) -> Outcome,
}

/// What the compiler does for the library during one call. `data` is the first argument of each function.
#[derive(Debug)]
#[repr(C)]
pub struct Host<'a> {
    /// Means something to the compiler only.
    pub data: *mut c_void,
    /// Answers a request of the bridge: true with the reply, or false with a message. The bytes stand until the next call.
    pub dispatch: unsafe extern "C" fn(*mut c_void, request: Bytes<'_>, reply: &mut Bytes<'static>) -> bool,
    /// The path of a file or directory that the macro has read, in the encoding of [`path_bytes`].
    pub depends_on: unsafe extern "C" fn(*mut c_void, Bytes<'_>),
    /// Something that the macro named and does not get, as [`Wanted::encode`](crate::policy::Wanted::encode) says it.
    pub refused: unsafe extern "C" fn(*mut c_void, kind: u32, what: Bytes<'_>),
    /// The name, UTF-8, of an environment variable that the macro asks for. False if it is set and not for this macro.
    pub variable: unsafe extern "C" fn(*mut c_void, name: Bytes<'_>) -> bool,
    /// Calls a function once, and measures it as the activity of that number.
    pub measure: unsafe extern "C" fn(*mut c_void, activity: u32, Work<'_>),
    /// A warning, UTF-8.
    pub warn: unsafe extern "C" fn(*mut c_void, Bytes<'_>),
    /// The result of the call. Called at most once.
    pub result: unsafe extern "C" fn(*mut c_void, Bytes<'_>),
    /// What `data` points to is borrowed.
    pub lifetime: PhantomData<&'a mut ()>,
}

/// The functions of [`Host`], but for measuring, by the numbers that they have where the compiler is a WebAssembly program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Function {
    /// [`Host::dispatch`].
    Dispatch,
    /// [`Host::depends_on`].
    DependsOn,
    /// [`Host::refused`], which takes a number too.
    Refused,
    /// [`Host::variable`].
    Variable,
    /// [`Host::warn`].
    Warn,
    /// [`Host::result`].
    Result,
}

impl Function {
    const ALL: [Function; 6] = [
        Function::Dispatch,
        Function::DependsOn,
        Function::Refused,
        Function::Variable,
        Function::Warn,
        Function::Result,
    ];

    /// The function of that number.
    pub fn from_number(number: u32) -> Option<Function> {
        Function::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

/// A module to load.
#[derive(Debug)]
#[repr(C)]
pub struct Module<'a> {
    /// The file's content.
    pub bytes: Bytes<'a>,
    /// Its SHA-256.
    pub digest: [u8; 32],
    /// [`Interface::encode`](stubgen::module::Interface::encode).
    pub interface: Bytes<'a>,
    /// The cache's directory in the encoding of [`path_bytes`], or nothing.
    pub cache: Bytes<'a>,
    /// Whether to load the module from the cache or not at all.
    pub only_cached: bool,
    /// Whether the process has its standard output for itself.
    pub needs_standard_output: bool,
    /// [`Grants::encode`](crate::policy::Grants::encode).
    pub grants: Bytes<'a>,
}

/// A macro to run.
#[derive(Debug)]
#[repr(C)]
pub struct Expansion<'a> {
    /// What [`Runtime::load`] has returned.
    pub module: *const c_void,
    /// The macro's number in the order of the module's declarations.
    pub index: u32,
    /// Whether a panic is to be shown in any case.
    pub force_show_panics: bool,
    /// See [`Dispatch::place`](crate::Dispatch::place).
    pub place: u64,
    /// The input in the bridge's serialization.
    pub input: Bytes<'a>,
}

/// How an expansion ended, and with it what [`Host::result`] was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Outcome(pub u32);

impl Outcome {
    /// The macro returned: its output in the bridge's serialization.
    pub const OUTPUT: Outcome = Outcome(0);
    /// The macro panicked and could not say so itself: the panic's message.
    pub const PANIC: Outcome = Outcome(1);
    /// The macro ended otherwise: an error's message, and a line for each of its notes.
    pub const FAULT: Outcome = Outcome(2);
    /// The library itself panicked: the panic's message.
    pub const BUG: Outcome = Outcome(3);
}

/// Work to measure.
#[derive(Debug)]
#[repr(C)]
pub struct Work<'a> {
    /// To be called once with `data`.
    pub call: unsafe extern "C" fn(*mut c_void),
    /// What `call` needs.
    pub data: *mut c_void,
    /// What `data` points to is borrowed.
    pub lifetime: PhantomData<&'a mut ()>,
}

/// A borrowed slice.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Bytes<'a> {
    pointer: *const u8,
    len: usize,
    lifetime: PhantomData<&'a [u8]>,
}

impl<'a> Bytes<'a> {
    /// No bytes.
    pub const EMPTY: Bytes<'static> = Bytes::new(&[]);

    /// A slice as the other side sees it.
    pub const fn new(bytes: &'a [u8]) -> Bytes<'a> {
        Bytes { pointer: bytes.as_ptr(), len: bytes.len(), lifetime: PhantomData }
    }

    /// The slice.
    pub const fn get(self) -> &'a [u8] {
        // SAFETY: the only values of this type are made by `new` from a slice that lives for `'a`, be it on the other side.
        unsafe { std::slice::from_raw_parts(self.pointer, self.len) }
    }

    /// The slice as text. The other side sends only UTF-8 where text is due; anything else is shown as far as possible.
    pub fn text(self) -> String {
        String::from_utf8_lossy(self.get()).into_owned()
    }
}

/// A path for the other side: its bytes on Unix, UTF-8 elsewhere. `None` where that cannot say it.
pub fn path_bytes(path: &std::path::Path) -> Option<&[u8]> {
    #[cfg(unix)]
    return Some(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()));
    #[cfg(not(unix))]
    return path.to_str().map(str::as_bytes);
}

/// The path that [`path_bytes`] wrote. `None` for what it cannot have written.
pub fn path_from(bytes: &[u8]) -> Option<&std::path::Path> {
    #[cfg(unix)]
    return Some(std::path::Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes)));
    #[cfg(not(unix))]
    return std::str::from_utf8(bytes).ok().map(std::path::Path::new);
}
