//! What can be wrong with a module, in words for people.

use std::error::Error;
use std::{fmt, io};

use super::name::NameFault;
use super::types::ItemType;
use super::{ABI_SECTION, DECLS_SECTION, SPANS_SECTION};

/// Why a file is not a module with procedural macros that can be used.
///
/// `Display` writes the message, [`help`](ModuleError::help) says what to do. Text from the file is escaped and shortened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the parts of the messages below")]
pub enum ModuleError {
    /// The file does not start as a Wasm module does.
    NotWasm { found: NotWasm },
    /// The file is cut off or its structure is broken.
    Malformed { offset: u64, message: String },
    /// A section that makes a module a procedural macro is not there.
    MissingSection { section: &'static str },
    /// Such a section is there more than once.
    DuplicateSection { section: &'static str },
    /// Such a section is longer than there is a use for.
    LongSection { section: &'static str, bytes: usize },
    /// Such a section is not text.
    NotUtf8 { section: &'static str, offset: usize },
    /// A line is not made as the ABI says.
    MalformedLine { section: &'static str, line: usize, text: String, reason: &'static str },
    /// A section ends too early.
    MissingLine { section: &'static str, key: &'static str },
    /// There are not as many spans of macros as there are macros.
    WrongSpanCount { found: usize, expected: usize },
    /// A declaration is neither a derive nor an attribute nor a function-like macro.
    UnknownKind { line: usize, kind: String },
    /// A key of the ABI section is not known.
    UnknownKey { line: usize, key: String },
    /// A key of the ABI section is there more than once.
    DuplicateKey { line: usize, key: &'static str },
    /// A key of the ABI section is not there.
    MissingKey { key: &'static str },
    /// A key of the ABI section has a value that it cannot have.
    BadValue { key: &'static str, value: String, expected: &'static str },
    /// The module is for another version of the module ABI.
    WrongAbi { found: String, expected: u32, compiler: Option<String> },
    /// A declaration has a name that Rust cannot have.
    BadName { line: usize, role: &'static str, name: String, fault: NameFault },
    /// Two macros have one name; all macros share a namespace.
    DuplicateMacro { first: usize, line: usize, name: String },
    /// Two macros name the same function.
    DuplicateFunction { first: usize, line: usize, name: String },
    /// A macro is named like an attribute that no macro crate can shadow.
    ReservedName { name: String },
    /// The module lacks an export.
    MissingExport { name: String, expected: &'static str },
    /// An export has another type than the ABI says.
    WrongExport { name: String, expected: &'static str, found: ItemType },
    /// The module imports what no host offers.
    UnknownImport { module: String, name: String },
    /// An import has another type than the ABI says.
    WrongImport { module: String, name: String, expected: String, found: ItemType },
    /// What is to be written to a section would be read as something else.
    AmbiguousText { section: &'static str },
}

/// What a file that is not a Wasm module may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWasm {
    /// An empty file.
    Empty,
    /// Fewer bytes than a Wasm header, but the right ones.
    CutHeader,
    /// A component of the component model.
    Component,
    /// A Wasm header of an unknown version.
    Version,
    /// An ELF, Mach-O or PE file.
    Native,
    /// The text format.
    Text,
    /// Anything else.
    Other,
}

impl ModuleError {
    /// What the user can do about it, if that can be said.
    pub fn help(&self) -> Option<String> {
        match self {
            ModuleError::NotWasm { found: NotWasm::Component } => {
                Some("build a core module: `rustc --crate-type proc-macro --target wasm32-wasip1`".to_owned())
            }
            ModuleError::NotWasm { found: NotWasm::Native } => {
                Some("pass a native procedural macro with `--extern`, or build it for `wasm32-wasip1`".to_owned())
            }
            ModuleError::NotWasm { found: NotWasm::Text } => {
                Some("convert it to the binary format first, for example with `wasm-tools parse`".to_owned())
            }
            ModuleError::NotWasm { .. } | ModuleError::Malformed { .. } => {
                Some("the file may be cut off or damaged; build or fetch it again".to_owned())
            }
            ModuleError::MissingSection { .. } => Some(
                "build it with `rustc --crate-type proc-macro --target wasm32-wasip1`, or add the section with `stubgen annotate`"
                    .to_owned(),
            ),
            ModuleError::WrongAbi { expected, .. } => {
                Some(format!("rebuild the module with a compiler whose module ABI is version {expected}"))
            }
            ModuleError::DuplicateSection { .. } => Some("link one `proc-macro` crate into the module".to_owned()),
            ModuleError::UnknownImport { module, .. } if module.starts_with("watt-") => {
                Some("modules made for `watt` may import only what `watt` 0.4 and 0.5 provide".to_owned())
            }
            ModuleError::UnknownImport { .. } => Some(
                "procedural macros may import only from `rustc_proc_macro` and `wasi_snapshot_preview1`".to_owned(),
            ),
            _ => None,
        }
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModuleError::NotWasm { found } => match found {
                NotWasm::Empty => write!(f, "not a WebAssembly module: the file is empty"),
                NotWasm::CutHeader => write!(f, "not a WebAssembly module: the file ends within the header"),
                NotWasm::Component => write!(f, "a WebAssembly component, not a core module"),
                NotWasm::Version => write!(f, "not a WebAssembly module: the header has an unknown version"),
                NotWasm::Native => write!(f, "not a WebAssembly module but a native binary"),
                NotWasm::Text => write!(f, "WebAssembly's text format, not the binary format"),
                NotWasm::Other => write!(f, "not a WebAssembly module"),
            },
            ModuleError::Malformed { offset, message } => {
                write!(f, "truncated or malformed WebAssembly module: {message} (at offset {offset:#x})")
            }
            ModuleError::MissingSection { section } => {
                write!(f, "the module has no custom section `{section}`")
            }
            ModuleError::DuplicateSection { section } => {
                write!(f, "the module has more than one custom section `{section}`")
            }
            ModuleError::LongSection { section, bytes } => {
                write!(f, "custom section `{section}` has {bytes} bytes, which is too many")
            }
            ModuleError::NotUtf8 { section, offset } => {
                write!(f, "custom section `{section}` is not UTF-8 (at byte {offset} of its contents)")
            }
            ModuleError::MalformedLine { section, line, text, reason } => {
                write!(f, "malformed line {line} of custom section `{section}`: {reason}: `{text}`")
            }
            ModuleError::MissingLine { section, key } => {
                write!(f, "custom section `{section}` ends before a line `{key}=`")
            }
            ModuleError::WrongSpanCount { found, expected } => {
                write!(
                    f,
                    "custom section `{SPANS_SECTION}` has the spans of {found} macros, but the module has {expected}"
                )
            }
            ModuleError::UnknownKind { line, kind } => write!(
                f,
                "unknown kind of macro `{kind}` in line {line} of custom section `{DECLS_SECTION}`: \
                 expected `derive`, `attr` or `bang`"
            ),
            ModuleError::UnknownKey { line, key } => {
                write!(f, "unknown key `{key}` in line {line} of custom section `{ABI_SECTION}`")
            }
            ModuleError::DuplicateKey { line, key } => {
                write!(f, "duplicate key `{key}` in line {line} of custom section `{ABI_SECTION}`")
            }
            ModuleError::MissingKey { key } => write!(f, "key `{key}` is missing in custom section `{ABI_SECTION}`"),
            ModuleError::BadValue { key, value, expected } => {
                write!(
                    f,
                    "bad value of key `{key}` in custom section `{ABI_SECTION}`: expected {expected}, found `{value}`"
                )
            }
            ModuleError::WrongAbi { found, expected, compiler } => {
                write!(f, "the module has ABI version {found}, but version {expected} is expected")?;
                match compiler {
                    Some(compiler) => write!(f, "; it was built by `{compiler}`"),
                    None => Ok(()),
                }
            }
            ModuleError::BadName { line, role, name, fault } => {
                write!(f, "bad {role} `{name}` in line {line} of custom section `{DECLS_SECTION}`: {fault}")
            }
            ModuleError::DuplicateMacro { first, line, name } => write!(
                f,
                "macro `{name}` is declared more than once: in lines {first} and {line} of custom section `{DECLS_SECTION}`"
            ),
            ModuleError::DuplicateFunction { first, line, name } => write!(
                f,
                "function `{name}` is declared for more than one macro: in lines {first} and {line} of custom section \
                 `{DECLS_SECTION}`"
            ),
            ModuleError::ReservedName { name } => {
                write!(f, "macro `{name}` has the name of a built-in attribute that a macro crate cannot shadow")
            }
            ModuleError::MissingExport { name, expected } => {
                write!(f, "the module does not export `{name}`: expected {expected}")
            }
            ModuleError::WrongExport { name, expected, found } => {
                write!(f, "export `{name}` has the wrong type: expected {expected}, found {found}")
            }
            ModuleError::UnknownImport { module, name } => {
                write!(f, "the module imports `{name}` from `{module}`, which the compiler does not provide")
            }
            ModuleError::WrongImport { module, name, expected, found } => {
                write!(f, "import `{name}` from `{module}` has the wrong type: expected {expected}, found {found}")
            }
            ModuleError::AmbiguousText { section } => {
                write!(f, "a name or value has a character that custom section `{section}` cannot hold")
            }
        }
    }
}

impl Error for ModuleError {}

/// Why a module could not be read from a file.
#[derive(Debug)]
pub enum ReadError {
    /// The file could not be read.
    Io(io::Error),
    /// The file was read, but it is not a usable module.
    Module(ModuleError),
}

impl ReadError {
    /// What the user can do about it, if that can be said.
    pub fn help(&self) -> Option<String> {
        match self {
            ReadError::Io(_) => None,
            ReadError::Module(error) => error.help(),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Io(error) => error.fmt(f),
            ReadError::Module(error) => error.fmt(f),
        }
    }
}

impl Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> ReadError {
        ReadError::Io(error)
    }
}

impl From<ModuleError> for ReadError {
    fn from(error: ModuleError) -> ReadError {
        ReadError::Module(error)
    }
}
