//! The compiler, as `std` sees it from inside a procedural macro that runs from WebAssembly.
//!
//! The crate `proc_macro` hands over a few functions when an instance of a macro's module starts. No other program
//! has them: it imports nothing for them, and `std` behaves in it as on plain WASI.

use crate::cell::Cell;
use crate::collections::BTreeSet;
use crate::ffi::{OsStr, OsString};
use crate::io;
use crate::net::ToSocketAddrs;
use crate::ptr;
use crate::sync::atomic::{Atomic, AtomicPtr, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError};

cfg_select! {
    all(target_env = "p1", not(target_feature = "atomics")) => {
        use crate::ops::Deref;
        use crate::sys::thread_local::macro_locals::Single;

        /// A pointer of each thread, null at first, for what is read with every token: it calls nothing, so neither does code
        /// that reads it. Threads exchange it when they begin and end.
        #[allow(missing_debug_implementations)]
        pub struct Pointer(Single<Cell<*const ()>>);

        /// The only one.
        pub static POINTER: Pointer = Pointer(Single(Cell::new(ptr::null())));

        impl Deref for Pointer {
            type Target = Cell<*const ()>;

            #[inline]
            fn deref(&self) -> &Cell<*const ()> {
                &self.0.0
            }
        }
    }
    _ => {
        thread_local! {
            /// A pointer of each thread.
            pub static POINTER: Cell<*const ()> = const { Cell::new(ptr::null()) };
        }
    }
}

/// What the host offers.
#[derive(Debug)]
pub struct MacroHost {
    /// Says that the variable of this name is asked for. `false`: it is not granted.
    pub variable: fn(&[u8]) -> bool,
    /// Says that something was asked for that no macro has. The expansion ends in an error that names it.
    pub refuse: fn(Refusal, &str),
    /// Says why the instance is about to end.
    pub failed: fn(&str),
    /// Runs a program to its end: its working directory, name and arguments, each ended by NUL. Returns its exit code
    /// and what it printed, to standard output or with another code than 0 to standard error; or `None` if the host
    /// does not run it, which it then refuses by itself.
    pub command: fn(&[u8]) -> Option<(i32, Vec<u8>)>,
}

/// What no macro has, by the number that the host knows it by.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub enum Refusal {
    /// A thread that goes on while others wait.
    Thread = 1,
    /// A socket; the text is its address.
    Socket = 2,
    /// The path of the program that runs.
    CurrentExe = 4,
    /// What the text says.
    Other = 6,
}

static HOST: Atomic<*mut MacroHost> = AtomicPtr::new(ptr::null_mut());

/// Hands the host over. To be called before anything else of the macro runs.
pub fn set(host: &'static MacroHost) {
    HOST.store(ptr::from_ref(host).cast_mut(), Ordering::Relaxed);
}

/// The host, if this is a macro.
#[inline]
pub(crate) fn get() -> Option<&'static MacroHost> {
    // SAFETY: only `set` writes it, and what it writes lives for ever and is never written to.
    unsafe { HOST.load(Ordering::Relaxed).as_ref() }
}

/// The error of everything that is refused.
pub(crate) const NOT_GRANTED: io::Error =
    io::const_error!(io::ErrorKind::PermissionDenied, "not granted");

/// Refuses `what`, if this is a macro, and returns the error for it; else that of a target that lacks it.
pub(crate) fn refused(refusal: Refusal, what: &str) -> io::Error {
    let Some(host) = get() else { return io::Error::UNSUPPORTED_PLATFORM };
    (host.refuse)(refusal, what);
    NOT_GRANTED
}

/// The error for a socket. A macro's address is resolved as natively, so that a malformed one is called that; a name
/// is refused in [`refused_lookup`], on the way.
pub(crate) fn refused_socket<T>(address: impl ToSocketAddrs) -> io::Result<T> {
    if get().is_none() {
        return Err(io::Error::UNSUPPORTED_PLATFORM);
    }
    match address.to_socket_addrs()?.next() {
        Some(address) => Err(refused(Refusal::Socket, &address.to_string())),
        None => Err(io::Error::NO_ADDRESSES),
    }
}

/// The error for a host's name.
pub(crate) fn refused_lookup<T>(host: &str, port: u16) -> io::Result<T> {
    Err(refused(Refusal::Socket, &format!("{host}:{port}")))
}

/// Variables that the macro itself has set or removed: the host has no part in them.
static OWN: Mutex<BTreeSet<OsString>> = Mutex::new(BTreeSet::new());

fn own() -> MutexGuard<'static, BTreeSet<OsString>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `std` reads for itself, whenever an error is made or a panic is shown, and how Cargo and its compilers share the
/// processors, which is new in each build. Every macro may read them, and what it returns does not follow them: the host
/// need not hear of it.
const UNASKED: [&str; 3] = ["RUST_BACKTRACE", "RUST_LIB_BACKTRACE", "CARGO_MAKEFLAGS"];

/// Whether the macro may read a variable. The host hears of the question.
pub(crate) fn may_read(name: &OsStr) -> bool {
    let Some(host) = get() else { return true };
    let bytes = name.as_encoded_bytes();
    // No variable has such a name.
    let impossible = bytes.is_empty() || bytes.contains(&0) || bytes.contains(&b'=');
    let unasked =
        impossible || UNASKED.iter().any(|unasked| name == *unasked) || own().contains(name);
    unasked || (host.variable)(bytes)
}

/// From now on a variable is the macro's own.
pub(crate) fn owns(name: &OsStr) {
    if get().is_some() {
        own().insert(name.to_os_string());
    }
}

/// All variables have been listed: what is there is what the macro may read, and has now been read.
pub(crate) fn listed(variables: &[(OsString, OsString)]) {
    if get().is_some() {
        for (name, _) in variables {
            may_read(name);
        }
    }
}
