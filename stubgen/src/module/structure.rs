//! The walk over a module's sections: framing, types, imports, exports and our custom sections.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use wasmparser::{Chunk, CompositeInnerType, ExternalKind, FuncType, Imports, Parser, Payload, TypeRef};

use super::error::NotWasm;
use super::types::{Export, Import, ItemType, Signature, ValueType};
use super::{ABI_SECTION, ATTRIBUTES_SECTION, DECLS_SECTION, ModuleError, SPANS_SECTION};

/// The longest section of ours, in bytes. What a crate says of itself takes some kilobytes.
const MAX_TEXT: usize = 32 << 20;

/// What the walk over a module finds.
pub(crate) struct Structure<'a> {
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<Export>,
    /// The contents of [`DECLS_SECTION`].
    pub(crate) decls: Option<&'a [u8]>,
    /// The contents of [`ABI_SECTION`].
    pub(crate) abi: Option<&'a [u8]>,
    /// The contents of [`ATTRIBUTES_SECTION`].
    pub(crate) attributes: Option<&'a [u8]>,
    /// The contents of [`SPANS_SECTION`].
    pub(crate) spans: Option<&'a [u8]>,
}

/// The first bytes of every module.
pub(super) const MAGIC: &[u8; 4] = b"\0asm";

/// Checks the eight bytes at the start of a file; fewer bytes mean that there are no more.
pub(super) fn check_header(bytes: &[u8]) -> Result<(), ModuleError> {
    let found = match bytes {
        [] => NotWasm::Empty,
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => return Ok(()),
        [0, b'a', b's', b'm', _, _, 1, 0, ..] => NotWasm::Component,
        [0, b'a', b's', b'm', _, _, _, _, ..] => NotWasm::Version,
        short if short.len() < 8 && (short.starts_with(MAGIC) || MAGIC.starts_with(short)) => NotWasm::CutHeader,
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] => NotWasm::Native,
        // Mach-O, thin in either byte order and universal.
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xcf | 0xce, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => {
            NotWasm::Native
        }
        [b'(', ..] => NotWasm::Text,
        _ => NotWasm::Other,
    };
    Err(ModuleError::NotWasm { found })
}

impl From<wasmparser::Error> for ModuleError {
    fn from(error: wasmparser::Error) -> ModuleError {
        ModuleError::Malformed { offset: error.offset() as u64, message: error.message().to_owned() }
    }
}

/// Walks over the whole module. Function bodies, most of a file, are skipped: the engine validates them before they run.
pub(crate) fn walk(bytes: &[u8]) -> Result<Structure<'_>, ModuleError> {
    check_header(bytes)?;
    let mut structure =
        Structure { imports: vec![], exports: vec![], decls: None, abi: None, attributes: None, spans: None };
    let mut indices = Indices::default();
    let mut parser = Parser::new(0);
    let mut rest = bytes;
    loop {
        let (consumed, payload) = match parser.parse(rest, true)? {
            Chunk::Parsed { consumed, payload } => (consumed, payload),
            Chunk::NeedMoreData(_) => return Err(malformed(bytes.len(), "unexpected end")),
        };
        rest = &rest[consumed..];
        match payload {
            Payload::TypeSection(reader) => {
                for group in reader {
                    indices.types.extend(group?.into_types().map(|ty| match ty.composite_type.inner {
                        CompositeInnerType::Func(ty) => Some(Arc::new(signature(&ty))),
                        _ => None,
                    }));
                }
            }
            Payload::ImportSection(reader) => {
                for imports in reader.into_iter_with_offsets() {
                    let (offset, imports) = imports?;
                    // Groups are a proposal that the engine does not take, and one long name could be that of them all.
                    let Imports::Single(_, import) = imports else {
                        return Err(malformed(offset, "imports in groups are not supported"));
                    };
                    let ty = indices.import(offset, import.ty)?;
                    structure.imports.push(Import {
                        module: import.module.to_owned(),
                        name: import.name.to_owned(),
                        ty,
                    });
                }
            }
            Payload::FunctionSection(reader) => {
                for function in reader.into_iter_with_offsets() {
                    let (offset, index) = function?;
                    indices.function(offset, index)?;
                }
            }
            Payload::TableSection(reader) => {
                for table in reader {
                    table?;
                    indices.tables += 1;
                }
            }
            Payload::MemorySection(reader) => {
                for memory in reader {
                    indices.memories.push(memory_type(memory?));
                }
            }
            Payload::TagSection(reader) => {
                for tag in reader {
                    tag?;
                    indices.tags += 1;
                }
            }
            Payload::GlobalSection(reader) => {
                for global in reader {
                    indices.globals.push(global_type(global?.ty));
                }
            }
            Payload::ExportSection(reader) => {
                let mut names = FxHashSet::default();
                for export in reader.into_iter_with_offsets() {
                    let (offset, export) = export?;
                    let ty = indices.export(offset, export.kind, export.index)?;
                    if !names.insert(export.name) {
                        return Err(malformed(offset, "two exports have one name"));
                    }
                    structure.exports.push(Export { name: export.name.to_owned(), ty });
                }
            }
            Payload::ElementSection(reader) => reader.into_iter().try_for_each(|element| element.map(drop))?,
            Payload::DataSection(reader) => reader.into_iter().try_for_each(|data| data.map(drop))?,
            Payload::CustomSection(section) => {
                let (slot, name) = match section.name() {
                    DECLS_SECTION => (&mut structure.decls, DECLS_SECTION),
                    ABI_SECTION => (&mut structure.abi, ABI_SECTION),
                    ATTRIBUTES_SECTION => (&mut structure.attributes, ATTRIBUTES_SECTION),
                    SPANS_SECTION => (&mut structure.spans, SPANS_SECTION),
                    _ => continue,
                };
                if slot.replace(section.data()).is_some() {
                    return Err(ModuleError::DuplicateSection { section: name });
                }
                if section.data().len() > MAX_TEXT {
                    return Err(ModuleError::LongSection { section: name, bytes: section.data().len() });
                }
            }
            Payload::UnknownSection { id, range, .. } => {
                return Err(malformed(range.start, format!("unknown section {id}")));
            }
            Payload::CodeSectionStart { size, .. } => {
                parser.skip_section();
                rest = rest.get(size as usize..).ok_or_else(|| malformed(bytes.len(), "unexpected end"))?;
            }
            // The parser has checked these, their order, and that there are as many bodies as functions.
            Payload::Version { .. } | Payload::StartSection { .. } | Payload::DataCountSection { .. } => {}
            Payload::End(_) => return Ok(structure),
            #[allow(unreachable_patterns, reason = "payloads of components exist if another crate enables the feature")]
            other => return Err(malformed(0, format!("unexpected part of a module: {other:?}"))),
        }
    }
}

fn malformed(offset: usize, message: impl Into<String>) -> ModuleError {
    ModuleError::Malformed { offset: offset as u64, message: message.into() }
}

/// The index spaces of a module, imports first, as far as exports need them.
#[derive(Default)]
struct Indices {
    /// What is not the type of a function is `None`.
    types: Vec<Option<Arc<Signature>>>,
    /// The index of each function's type, which is one of a function.
    functions: Vec<u32>,
    memories: Vec<ItemType>,
    globals: Vec<ItemType>,
    tables: usize,
    tags: usize,
}

impl Indices {
    /// Adds a function, and returns its type.
    fn function(&mut self, offset: usize, index: u32) -> Result<&Arc<Signature>, ModuleError> {
        match self.types.get(index as usize) {
            Some(Some(signature)) => {
                self.functions.push(index);
                Ok(signature)
            }
            Some(None) => Err(malformed(offset, format!("type {index} is not a function type"))),
            None => Err(malformed(offset, format!("type {index} does not exist"))),
        }
    }

    fn import(&mut self, offset: usize, ty: TypeRef) -> Result<ItemType, ModuleError> {
        Ok(match ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                ItemType::Function(Arc::clone(self.function(offset, index)?))
            }
            TypeRef::Memory(memory) => {
                self.memories.push(memory_type(memory));
                memory_type(memory)
            }
            TypeRef::Global(global) => {
                self.globals.push(global_type(global));
                global_type(global)
            }
            TypeRef::Table(_) => {
                self.tables += 1;
                ItemType::Table
            }
            TypeRef::Tag(_) => {
                self.tags += 1;
                ItemType::Tag
            }
        })
    }

    fn export(&self, offset: usize, kind: ExternalKind, index: u32) -> Result<ItemType, ModuleError> {
        let at = index as usize;
        let function = || self.types[*self.functions.get(at)? as usize].clone().map(ItemType::Function);
        let (ty, what) = match kind {
            ExternalKind::Func | ExternalKind::FuncExact => (function(), "function"),
            ExternalKind::Memory => (self.memories.get(at).cloned(), "memory"),
            ExternalKind::Global => (self.globals.get(at).cloned(), "global"),
            ExternalKind::Table => ((at < self.tables).then_some(ItemType::Table), "table"),
            ExternalKind::Tag => ((at < self.tags).then_some(ItemType::Tag), "tag"),
        };
        ty.ok_or_else(|| malformed(offset, format!("{what} {index} is exported but does not exist")))
    }
}

fn signature(ty: &FuncType) -> Signature {
    let types = |types: &[wasmparser::ValType]| types.iter().copied().map(value_type).collect();
    Signature { params: types(ty.params()), results: types(ty.results()) }
}

fn value_type(ty: wasmparser::ValType) -> ValueType {
    match ty {
        wasmparser::ValType::I32 => ValueType::I32,
        wasmparser::ValType::I64 => ValueType::I64,
        wasmparser::ValType::F32 => ValueType::F32,
        wasmparser::ValType::F64 => ValueType::F64,
        wasmparser::ValType::V128 => ValueType::V128,
        wasmparser::ValType::Ref(_) => ValueType::Reference,
    }
}

fn memory_type(memory: wasmparser::MemoryType) -> ItemType {
    ItemType::Memory { memory64: memory.memory64, shared: memory.shared }
}

fn global_type(global: wasmparser::GlobalType) -> ItemType {
    ItemType::Global { ty: value_type(global.content_type), mutable: global.mutable }
}
