//! Taking modules apart and putting them together again.

use std::ops::Range;

use wasm_encoder::{CustomSection, RawSection};
use wasmparser::{BinaryReaderError, Parser, Payload};

pub const DECLS_SECTION: &str = ".rustc_proc_macro_decls";
pub const ABI_SECTION: &str = ".rustc_proc_macro_abi";
pub const SPANS_SECTION: &str = ".rustc_proc_macro_spans";

/// A section: its number and its contents.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    pub id: u8,
    pub contents: &'a [u8],
    /// Where the section starts in the module, its header included.
    pub start: usize,
    /// The name of a custom section.
    pub name: Option<&'a str>,
    /// The contents of a custom section without its name.
    pub data: &'a [u8],
}

impl Section<'_> {
    /// Where the section ends in the module.
    pub fn range(&self, module: &[u8]) -> Range<usize> {
        self.start..self.contents.as_ptr_range().end as usize - module.as_ptr() as usize
    }
}

/// The sections of a module in their order.
///
/// # Panics
///
/// If it is not a whole module.
pub fn sections(module: &[u8]) -> Vec<Section<'_>> {
    try_sections(module).expect("a module of ours can be parsed")
}

fn try_sections(module: &[u8]) -> Result<Vec<Section<'_>>, BinaryReaderError> {
    let mut sections = Vec::new();
    let mut end = 8;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else { continue };
        let (name, data) = match &payload {
            Payload::CustomSection(reader) => (Some(reader.name()), reader.data()),
            _ => (None, &module[range.clone()]),
        };
        sections.push(Section { id, contents: &module[range.clone()], start: end, name, data });
        end = range.end;
    }
    Ok(sections)
}

/// What becomes of a section.
pub enum Change {
    Keep,
    Remove,
    /// Other contents, for a custom section without its name.
    Contents(Vec<u8>),
    /// The section twice.
    Double,
}

/// The module with each section as `change` says.
pub fn rewrite(module: &[u8], mut change: impl FnMut(&Section<'_>) -> Change) -> Vec<u8> {
    let mut changed = wasm_encoder::Module::new();
    for section in sections(module) {
        let raw = RawSection { id: section.id, data: section.contents };
        match change(&section) {
            Change::Keep => _ = changed.section(&raw),
            Change::Remove => {}
            Change::Double => _ = changed.section(&raw).section(&raw),
            Change::Contents(contents) => match section.name {
                Some(name) => _ = changed.section(&CustomSection { name: name.into(), data: contents.into() }),
                None => _ = changed.section(&RawSection { id: section.id, data: &contents }),
            },
        }
    }
    changed.finish()
}

/// The module with other text in one of its custom sections.
pub fn rewrite_text(module: &[u8], name: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut found = false;
    let changed = rewrite(module, |section| {
        if section.name != Some(name) {
            return Change::Keep;
        }
        found = true;
        Change::Contents(change(std::str::from_utf8(section.data).expect("it is text")).into_bytes())
    });
    assert!(found, "the module has no custom section `{name}`");
    changed
}

/// A copy of a module for a crate of another name, with `from` replaced by `to` in its data, which must be as long.
pub fn copy_as(module: &[u8], crate_name: &str, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "the data must keep its length");
    let mut copy = rewrite_text(module, ABI_SECTION, |text| {
        let lines = text.lines().map(|line| match line.strip_prefix("crate=") {
            Some(_) => format!("crate={crate_name}\n"),
            None => format!("{line}\n"),
        });
        lines.collect()
    });
    let places: Vec<usize> = copy
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from.as_bytes())
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty(), "`{from}` does not stand in the module");
    for at in places {
        copy[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    copy
}
