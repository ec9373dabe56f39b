//! Adding the two custom sections to a module that lacks them.

use std::error::Error;
use std::fmt;

use crate::module::structure;
use crate::module::{self, ABI_SECTION, Abi, DECLS_SECTION, Declaration, GuestAbi, ItemType, ModuleError};

/// Why a module cannot be annotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnnotateError {
    /// The file is not a whole Wasm module, or a declaration is not as the ABI says.
    Module(ModuleError),
    /// The module has one of the sections already.
    SectionExists {
        /// The section's name.
        section: &'static str,
    },
    /// The function of a macro is not an exported function.
    NotAnExport {
        /// The function's name.
        function: String,
    },
}

impl AnnotateError {
    /// What the user can do about it, if that can be said.
    pub fn help(&self) -> Option<String> {
        match self {
            AnnotateError::Module(error) => error.help(),
            AnnotateError::SectionExists { .. } => Some("`stubgen inspect` shows what the module declares".to_owned()),
            AnnotateError::NotAnExport { .. } => None,
        }
    }
}

impl fmt::Display for AnnotateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnnotateError::Module(error) => error.fmt(f),
            AnnotateError::SectionExists { section } => {
                write!(f, "the module has a custom section `{section}` already")
            }
            AnnotateError::NotAnExport { function } => write!(f, "the module exports no function `{function}`"),
        }
    }
}

impl Error for AnnotateError {}

impl From<ModuleError> for AnnotateError {
    fn from(error: ModuleError) -> AnnotateError {
        AnnotateError::Module(error)
    }
}

/// Returns `module` with the two sections appended; the bytes before them are those of `module`.
///
/// The functions of the macros must be exported functions, unless the module is one for rustc that has lost its sections:
/// in such a module macros have numbers instead, and `declarations` must be in the order in which the crate declares them.
///
/// # Errors
///
/// Returns an error if `module` is not a whole Wasm module, if it has one of the sections, if a function is not exported, or
/// if the declarations or the ABI are not as the module ABI says.
pub fn annotate(module: &[u8], declarations: &[Declaration], abi: &Abi) -> Result<Vec<u8>, AnnotateError> {
    let structure = structure::walk(module)?;
    for (section, present) in [(DECLS_SECTION, structure.decls.is_some()), (ABI_SECTION, structure.abi.is_some())] {
        if present {
            return Err(AnnotateError::SectionExists { section });
        }
    }
    let decls_section = module::declarations_section(declarations);
    let abi_section = abi.to_section();
    module::check_sections(decls_section.as_bytes(), declarations, abi_section.as_bytes(), abi)?;
    if !GuestAbi::numbers_macros(&structure) {
        for function in declarations.iter().map(Declaration::function) {
            let is_function = |ty: &ItemType| matches!(ty, ItemType::Function(_));
            if !structure.exports.iter().any(|export| export.name == function && is_function(&export.ty)) {
                return Err(AnnotateError::NotAnExport { function: function.to_owned() });
            }
        }
    }
    let mut annotated = module.to_vec();
    append_section(&mut annotated, DECLS_SECTION, decls_section.as_bytes());
    append_section(&mut annotated, ABI_SECTION, abi_section.as_bytes());
    Ok(annotated)
}

/// Appends a custom section: identifier 0, the size of what follows, the name's length, the name, the contents.
fn append_section(module: &mut Vec<u8>, name: &str, contents: &[u8]) {
    let mut name_length = Vec::new();
    append_leb128(&mut name_length, name.len());
    module.push(0);
    append_leb128(module, name_length.len() + name.len() + contents.len());
    module.extend_from_slice(&name_length);
    module.extend_from_slice(name.as_bytes());
    module.extend_from_slice(contents);
}

fn append_leb128(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
