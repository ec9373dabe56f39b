//! Modules: which macros they have, what they were built from, what they need; strictly read and checked.

mod abi;
mod attributes;
mod declarations;
mod digest;
mod error;
mod guest;
mod keys;
mod lines;
pub(crate) mod name;
mod runnable;
mod source_file;
mod spans;
pub(crate) mod structure;
mod types;

use std::io::Read as _;
use std::path::Path;

pub use abi::{Abi, Edition};
pub use attributes::{Attributes, Deprecated};
pub(crate) use declarations::to_section as declarations_section;
pub use declarations::{Declaration, MAX_MACROS};
pub use digest::Digest;
pub use error::{ModuleError, NotWasm, ReadError};
pub use guest::{
    DECLS_EXPORT, GuestAbi, HOST_FUNCTIONS, HOST_MODULE, HostFunction, MEMORY_EXPORT, RUN_EXPORT, WASI_FUNCTIONS,
    WASI_MODULE, WATT_04_MODULE, WATT_05_MODULE, WATT_FUNCTIONS, WATT_INPUT_EXPORT, WATT_OUTPUT_EXPORT,
};
pub(crate) use guest::{takes_one_stream, takes_two_streams};
pub use name::NameFault;
pub use runnable::{Inputs, Interface, Runnable, WattFunction};
pub use source_file::{HASH_KINDS, REMAP_SCOPES, SourceFile, SourceHash, SourceName};
pub use spans::{FileSpan, MAX_SOURCE_BYTES, Spans};
pub use types::{Export, Import, ItemType, Signature, ValueType};

use crate::contents;

/// The custom section with one line for each macro.
pub const DECLS_SECTION: &str = ".rustc_proc_macro_decls";
/// The custom section with `KEY=VALUE` lines about the crate and the compiler.
pub const ABI_SECTION: &str = ".rustc_proc_macro_abi";
/// The custom section, which need not be there, that says where the macros stand in the crate's source.
pub const SPANS_SECTION: &str = ".rustc_proc_macro_spans";
/// The custom section, which need not be there, with the documentation of the macros.
pub const ATTRIBUTES_SECTION: &str = ".rustc_proc_macro_attrs";
/// The version of the module ABI that this crate reads.
pub const ABI_VERSION: u32 = 1;

/// Whether the file at `path` starts as every Wasm module does, whatever it is called. Reads four bytes; what cannot be
/// opened and read is none.
pub fn starts_as_wasm(path: &Path) -> bool {
    let mut start = [0; structure::MAGIC.len()];
    contents::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *structure::MAGIC
}

/// What a module says about itself, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleInfo {
    /// The SHA-256 of the whole file.
    pub digest: Digest,
    /// The file's size in bytes.
    pub size: u64,
    /// The macros, in the order in which the module numbers them.
    pub declarations: Vec<Declaration>,
    /// What the module was built from and by.
    pub abi: Abi,
    /// How the macros are documented, in the order of the declarations and as many.
    pub attributes: Vec<Attributes>,
    /// Where the crate's documentation is, as `#![doc(html_root_url = "…")]` says it.
    pub root_url: Option<String>,
    /// Where the macros stand in the crate's source, if the module says that.
    pub spans: Option<Spans>,
    /// By which conventions the macros are run.
    pub guest: GuestAbi,
    /// What the module imports, in its order.
    pub imports: Vec<Import>,
    /// What the module exports, in its order.
    pub exports: Vec<Export>,
}

impl ModuleInfo {
    /// Reads and checks a module.
    ///
    /// Everything but the code of functions is checked, which the engine validates.
    ///
    /// # Errors
    ///
    /// Returns an error if `bytes` is not a whole Wasm module, if one of the custom sections is missing, doubled or not as
    /// the ABI says, or if an export is missing or an import is not on offer.
    pub fn parse(bytes: &[u8]) -> Result<ModuleInfo, ModuleError> {
        ModuleInfo::parse_with_digest(bytes, Digest::of(bytes))
    }

    /// [`parse`](ModuleInfo::parse) for those who know the digest already: making it takes longer than all the rest.
    ///
    /// # Errors
    ///
    /// As [`parse`](ModuleInfo::parse).
    pub fn parse_with_digest(bytes: &[u8], digest: Digest) -> Result<ModuleInfo, ModuleError> {
        let structure = structure::walk(bytes)?;
        let guest = GuestAbi::of(&structure);
        let decls = structure.decls.ok_or(ModuleError::MissingSection { section: DECLS_SECTION })?;
        let abi = structure.abi.ok_or(ModuleError::MissingSection { section: ABI_SECTION })?;
        // The ABI comes first: the declarations of another version need not be as this one's.
        let abi = Abi::parse(abi)?;
        let declarations = declarations::parse(decls)?;
        guest.check(&structure, &declarations)?;
        let attributes = attributes::parse(structure.attributes.unwrap_or_default(), declarations.len())?;
        let spans = structure.spans.map(|spans| Spans::parse(spans, declarations.len())).transpose()?;
        Ok(ModuleInfo {
            digest,
            size: bytes.len() as u64,
            declarations,
            abi,
            attributes: attributes.macros,
            root_url: attributes.root_url,
            spans,
            guest,
            imports: structure.imports,
            exports: structure.exports,
        })
    }
}

/// Checks that the contents of the two sections read as what they were written from.
pub(crate) fn check_sections(
    decls_section: &[u8],
    declarations: &[Declaration],
    abi_section: &[u8],
    abi: &Abi,
) -> Result<(), ModuleError> {
    if Abi::parse(abi_section)? != *abi {
        return Err(ModuleError::AmbiguousText { section: ABI_SECTION });
    }
    if declarations::parse(decls_section)? != declarations {
        return Err(ModuleError::AmbiguousText { section: DECLS_SECTION });
    }
    Ok(())
}
