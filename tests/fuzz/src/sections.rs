//! Modules and their custom sections, as stubgen reads them: never a panic, never much more memory than the file is long,
//! and what it accepts can be written as a stub.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::sync::{LazyLock, Mutex, PoisonError};

use proc_macro2::{TokenStream, TokenTree};
use rustc_wasm_proc_macro::peak_of;
use stubgen::annotate::annotate;
use stubgen::module::{
    ABI_SECTION, ATTRIBUTES_SECTION, Abi, DECLS_SECTION, Digest, Edition, ModuleInfo, ReadError, SPANS_SECTION,
};
use stubgen::propose::propose;
use stubgen::stub::{self, Body};

use crate::samples;

/// An import of four bytes becomes a structure of some sixty, in a vector that may be twice as long and is copied as it grows.
const BYTES_FOR_ONE: usize = 128;

/// What is needed for the shortest module.
const BYTES_FOR_NONE: usize = 64 << 10;

/// The longest error message in bytes: an excerpt has 80 characters, and there are a few of them at most.
const LONGEST_MESSAGE: usize = 4096;

/// Between the sections of an input of the second kind.
const SEPARATOR: u8 = 0xff;

/// Runs the target. The first byte says what the others are: a module; the contents of our four custom sections in a module
/// that is right otherwise; or changes of a module that is right.
pub fn run(data: &[u8]) -> bool {
    let Some((kind, data)) = data.split_first() else { return false };
    match kind % 3 {
        0 => check(data),
        1 => check(&with_sections(data)),
        _ => check(&samples::changed(data)),
    }
    // Else `proc_macro2` keeps what it has parsed.
    proc_macro2::extra::invalidate_current_thread_spans();
    true
}

/// A module with those custom sections.
fn with_sections(data: &[u8]) -> Vec<u8> {
    let mut module = samples::without_sections().to_vec();
    let contents = data.split(|byte| *byte == SEPARATOR);
    for (name, contents) in [DECLS_SECTION, ABI_SECTION, ATTRIBUTES_SECTION, SPANS_SECTION].into_iter().zip(contents) {
        samples::append_section(&mut module, name, contents);
    }
    module
}

fn check(module: &[u8]) {
    let (parsed, bytes) = peak_of(|| ModuleInfo::parse_with_digest(module, Digest([0; 32])));
    assert!(bytes <= BYTES_FOR_NONE + BYTES_FOR_ONE * module.len(), "{bytes} bytes for a module of {}", module.len());
    let read = read_abi(module);
    match &parsed {
        Ok(info) => {
            assert_eq!(read.as_ref().ok(), Some(&info.abi), "read alone, the section says something else");
            check_stub(info);
            if let Some(spans) = &info.spans {
                for index in 0..=spans.macros.len() {
                    _ = spans.place_of(index);
                }
            }
        }
        Err(error) => check_message(&[Some(error.to_string()), error.help()]),
    }
    if let Err(ReadError::Module(error)) = &read {
        check_message(&[Some(error.to_string()), error.help()]);
    }
    if let Ok(Some(declarations)) = propose(module) {
        let abi = Abi {
            abi: 1,
            krate: "a".to_owned(),
            version: "0.0.0".to_owned(),
            edition: Edition::Edition2021,
            compiler: "watt".to_owned(),
        };
        if let Ok(annotated) = annotate(module, &declarations, &abi) {
            _ = ModuleInfo::parse_with_digest(&annotated, Digest([0; 32]));
        }
    }
}

/// What is accepted has a stub, and that is Rust.
fn check_stub(info: &ModuleInfo) {
    for body in [Body::Empty, Body::Panic { file_name: "\"a\\\n.wasm".to_owned() }] {
        let source = stub::source(info, body);
        let tokens: TokenStream = source.parse().unwrap_or_else(|error| panic!("{error}:\n{source}"));
        let is_fn = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == "fn");
        assert_eq!(tokens.into_iter().filter(is_fn).count(), info.declarations.len(), "{source}");
    }
}

/// A message goes to a terminal as it is.
fn check_message(texts: &[Option<String>]) {
    for text in texts.iter().flatten() {
        assert!(text.len() <= LONGEST_MESSAGE, "a message of {} bytes", text.len());
        assert!(!text.contains(char::is_control), "{text:?}");
    }
}

/// [`Abi::read`] of a file that is in memory only.
fn read_abi(module: &[u8]) -> Result<Abi, ReadError> {
    static FILE: LazyLock<Mutex<File>> = LazyLock::new(|| Mutex::new(memory_file()));
    let mut file = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).expect("a file in memory");
    file.write_all(module).expect("a file in memory");
    Abi::read(format!("/proc/self/fd/{}", file.as_raw_fd()).as_ref())
}

fn memory_file() -> File {
    unsafe extern "C" {
        fn memfd_create(name: *const std::ffi::c_char, flags: std::ffi::c_uint) -> std::ffi::c_int;
    }
    // SAFETY: the name is a string that ends in a zero byte, and the result is checked.
    let descriptor = unsafe { memfd_create(c"module".as_ptr(), 0) };
    assert!(descriptor >= 0, "{}", std::io::Error::last_os_error());
    // SAFETY: the descriptor has just been made and is nobody else's.
    unsafe { File::from_raw_fd(descriptor) }
}
