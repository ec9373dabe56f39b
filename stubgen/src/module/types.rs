//! What a module imports and exports, by name and type.

use std::fmt;
use std::sync::Arc;

/// Something that a module imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module's name, a namespace of the host's.
    pub module: String,
    /// The item's name.
    pub name: String,
    /// The item's type.
    pub ty: ItemType,
}

/// Something that a module exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The item's name.
    pub name: String,
    /// The item's type.
    pub ty: ItemType,
}

/// The type of an import or export. `Display` writes it roughly as the text format does, and not all of a long one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ItemType {
    Function(Arc<Signature>),
    Memory { memory64: bool, shared: bool },
    Global { ty: ValueType, mutable: bool },
    Table,
    Tag,
}

/// The type of a function. Any number of functions may have one, so they share it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Signature {
    pub params: Box<[ValueType]>,
    pub results: Box<[ValueType]>,
}

/// The type of a Wasm value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ValueType {
    I32,
    I64,
    F32,
    F64,
    V128,
    Reference,
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ValueType::I32 => "i32",
            ValueType::I64 => "i64",
            ValueType::F32 => "f32",
            ValueType::F64 => "f64",
            ValueType::V128 => "v128",
            ValueType::Reference => "reference",
        })
    }
}

impl fmt::Display for ItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ItemType::Function(signature) => {
                write!(f, "function (")?;
                list(f, &signature.params)?;
                write!(f, ") -> ")?;
                match &*signature.results {
                    [result] => write!(f, "{result}"),
                    results => {
                        write!(f, "(")?;
                        list(f, results)?;
                        write!(f, ")")
                    }
                }
            }
            ItemType::Memory { memory64, shared } => {
                let bits = if *memory64 { "64" } else { "32" };
                write!(f, "{}memory of {bits}-bit addresses", if *shared { "shared " } else { "" })
            }
            ItemType::Global { ty, mutable } => {
                write!(f, "{}mutable global of type {ty}", if *mutable { "" } else { "im" })
            }
            ItemType::Table => f.write_str("table"),
            ItemType::Tag => f.write_str("tag"),
        }
    }
}

/// How many parameters or results of a function are shown.
const SHOWN_TYPES: usize = 20;

fn list(f: &mut fmt::Formatter<'_>, types: &[ValueType]) -> fmt::Result {
    for (index, ty) in types.iter().take(SHOWN_TYPES).enumerate() {
        write!(f, "{}{ty}", if index == 0 { "" } else { ", " })?;
    }
    f.write_str(if types.len() > SHOWN_TYPES { ", …" } else { "" })
}
