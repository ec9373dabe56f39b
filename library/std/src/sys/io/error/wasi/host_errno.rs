//! Numbers and texts of the system's errors inside a procedural macro: those of Linux, where its host runs.
//!
//! WASI and its libc have numbers of their own, and `errno` holds those. They are translated where `std` makes an
//! [`io::Error`] of them, so that `raw_os_error` returns what it does natively. [`io::Error::from_raw_os_error`] takes the
//! host's numbers, too: what came out of an error can be put into another, and a number that stands in a macro's source
//! is right. What is lost is the constants of the crate `libc`, which are WASI's in a macro.
//!
//! [`io::Error`]: crate::io::Error
//! [`io::Error::from_raw_os_error`]: crate::io::Error::from_raw_os_error

use crate::macro_host;

/// The host's number for each of WASI's. The last says that something is not granted: no macro meets the host's
/// own 1 in another way.
#[rustfmt::skip]
const NUMBERS: [u8; 77] = [
    0, 7, 13, 98, 99, 97, 11, 114, 9, 74, 16, 125, 10, 103, 111, 104, 35, 89, 33, 122, 17, 14, 27, 113, 43, 84, 115,
    4, 22, 5, 106, 21, 40, 24, 31, 90, 72, 36, 100, 102, 101, 23, 105, 19, 2, 8, 37, 67, 12, 42, 92, 28, 38, 107, 20,
    39, 131, 88, 95, 25, 6, 75, 130, 1, 32, 71, 93, 91, 34, 30, 29, 3, 116, 110, 26, 18, 1,
];

const NOT_GRANTED: i32 = 1;

/// The number by which an error is known here: the host's in a macro, else WASI's.
pub fn from_wasi(number: i32) -> i32 {
    if macro_host::get().is_none() {
        return number;
    }
    let host = usize::try_from(number).ok().and_then(|number| NUMBERS.get(number));
    host.map_or(number, |host| (*host).into())
}

/// WASI's number of an error as it is known here; 0 if WASI has none.
pub fn to_wasi(number: i32) -> i32 {
    if macro_host::get().is_none() {
        return number;
    }
    let wasi = NUMBERS.iter().position(|host| i32::from(*host) == number);
    wasi.map_or(0, |wasi| wasi as i32)
}

/// The host's text for an error, in a macro.
pub fn text(number: i32) -> Option<String> {
    macro_host::get()?;
    if number == NOT_GRANTED {
        return Some(String::from("not granted"));
    }
    let text = usize::try_from(number)
        .ok()
        .and_then(|number| TEXTS.get(number))
        .filter(|text| !text.is_empty());
    Some(text.map_or_else(|| format!("Unknown error {number}"), |text| String::from(*text)))
}

/// glibc's texts. It has none for 41 and 58.
#[rustfmt::skip]
const TEXTS: [&str; 134] = [
    "Success", "", "No such file or directory", "No such process", "Interrupted system call", "Input/output error",
    "No such device or address", "Argument list too long", "Exec format error", "Bad file descriptor",
    "No child processes", "Resource temporarily unavailable", "Cannot allocate memory", "Permission denied",
    "Bad address", "Block device required", "Device or resource busy", "File exists", "Invalid cross-device link",
    "No such device", "Not a directory", "Is a directory", "Invalid argument", "Too many open files in system",
    "Too many open files", "Inappropriate ioctl for device", "Text file busy", "File too large",
    "No space left on device", "Illegal seek", "Read-only file system", "Too many links", "Broken pipe",
    "Numerical argument out of domain", "Numerical result out of range", "Resource deadlock avoided",
    "File name too long", "No locks available", "Function not implemented", "Directory not empty",
    "Too many levels of symbolic links", "", "No message of desired type", "Identifier removed",
    "Channel number out of range", "Level 2 not synchronized", "Level 3 halted", "Level 3 reset",
    "Link number out of range", "Protocol driver not attached", "No CSI structure available", "Level 2 halted",
    "Invalid exchange", "Invalid request descriptor", "Exchange full", "No anode", "Invalid request code",
    "Invalid slot", "", "Bad font file format", "Device not a stream", "No data available", "Timer expired",
    "Out of streams resources", "Machine is not on the network", "Package not installed", "Object is remote",
    "Link has been severed", "Advertise error", "Srmount error", "Communication error on send", "Protocol error",
    "Multihop attempted", "RFS specific error", "Bad message", "Value too large for defined data type",
    "Name not unique on network", "File descriptor in bad state", "Remote address changed",
    "Can not access a needed shared library", "Accessing a corrupted shared library",
    ".lib section in a.out corrupted", "Attempting to link in too many shared libraries",
    "Cannot exec a shared library directly", "Invalid or incomplete multibyte or wide character",
    "Interrupted system call should be restarted", "Streams pipe error", "Too many users",
    "Socket operation on non-socket", "Destination address required", "Message too long",
    "Protocol wrong type for socket", "Protocol not available", "Protocol not supported", "Socket type not supported",
    "Operation not supported", "Protocol family not supported", "Address family not supported by protocol",
    "Address already in use", "Cannot assign requested address", "Network is down", "Network is unreachable",
    "Network dropped connection on reset", "Software caused connection abort", "Connection reset by peer",
    "No buffer space available", "Transport endpoint is already connected", "Transport endpoint is not connected",
    "Cannot send after transport endpoint shutdown", "Too many references: cannot splice", "Connection timed out",
    "Connection refused", "Host is down", "No route to host", "Operation already in progress",
    "Operation now in progress", "Stale file handle", "Structure needs cleaning", "Not a XENIX named type file",
    "No XENIX semaphores available", "Is a named type file", "Remote I/O error", "Disk quota exceeded",
    "No medium found", "Wrong medium type", "Operation canceled", "Required key not available", "Key has expired",
    "Key has been revoked", "Key was rejected by service", "Owner died", "State not recoverable",
    "Operation not possible due to RF-kill", "Memory page has hardware error",
];
