//! The section with what users see of a macro beside its name: its documentation, and that it is deprecated or hidden.

use super::keys::{Key, Reader, number};
use super::lines::Line;
use super::{ATTRIBUTES_SECTION, ModuleError};

/// The attributes of a macro's function that concern those who use the macro.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `#[deprecated]`
    pub deprecated: Option<Deprecated>,
    /// `#[doc(hidden)]`
    pub hidden: bool,
    /// The texts of doc comments and of `#[doc = "…"]`, in their order.
    pub docs: Vec<String>,
}

/// What `#[deprecated]` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deprecated {
    /// Since which version.
    pub since: Option<String>,
    /// Why, and what to use instead.
    pub note: Option<String>,
}

const MACRO: Key = Key { text: "macro", expected: "expected `macro=NUMBER`" };
const DEPRECATED: Key = Key { text: "deprecated", expected: "expected `deprecated=`" };
const SINCE: Key = Key { text: "since", expected: "expected `since=TEXT`" };
const NOTE: Key = Key { text: "note", expected: "expected `note=TEXT`" };
const HIDDEN: Key = Key { text: "hidden", expected: "expected `hidden=`" };
const DOC: Key = Key { text: "doc", expected: "expected `doc=TEXT` or `macro=NUMBER`" };

/// Reads the section's contents, for a module with so many macros. Each has attributes in the result.
pub(super) fn parse(bytes: &[u8], macros: usize) -> Result<Vec<Attributes>, ModuleError> {
    let mut reader = Reader::new(ATTRIBUTES_SECTION, bytes)?;
    let mut attributes = Vec::new();
    while let Some((line, value)) = reader.optional(&MACRO)? {
        let index = number(value).ok_or_else(|| line.malformed(MACRO.expected))? as usize;
        if index >= macros {
            return Err(line.malformed("there is no macro of that number"));
        }
        if index < attributes.len() {
            return Err(line.malformed("the macros are not in order"));
        }
        attributes.resize(index, Attributes::default());
        attributes.push(of_macro(&mut reader)?);
    }
    reader.finish(if attributes.is_empty() { &MACRO } else { &DOC })?;
    attributes.resize(macros, Attributes::default());
    Ok(attributes)
}

fn of_macro(reader: &mut Reader<'_>) -> Result<Attributes, ModuleError> {
    let mut attributes = Attributes::default();
    if flag(reader, &DEPRECATED)? {
        attributes.deprecated = Some(Deprecated { since: text(reader, &SINCE)?, note: text(reader, &NOTE)? });
    }
    attributes.hidden = flag(reader, &HIDDEN)?;
    while let Some(doc) = text(reader, &DOC)? {
        attributes.docs.push(doc);
    }
    Ok(attributes)
}

/// Whether the next line has that key; there is nothing more to say.
fn flag(reader: &mut Reader<'_>, key: &Key) -> Result<bool, ModuleError> {
    match reader.optional(key)? {
        Some((_, "")) => Ok(true),
        Some((line, _)) => Err(line.malformed(key.expected)),
        None => Ok(false),
    }
}

/// The text on the next line, if that has the key.
fn text(reader: &mut Reader<'_>, key: &Key) -> Result<Option<String>, ModuleError> {
    reader.optional(key)?.map(|(line, value)| unescaped(&line, value)).transpose()
}

/// `value` with `\\n`, `\\r` and `\\\\` for what a line cannot have in it.
fn unescaped(line: &Line<'_>, value: &str) -> Result<String, ModuleError> {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('\\') => '\\',
                _ => return Err(line.malformed("a backslash stands before something else than `n`, `r` or itself")),
            },
            c => c,
        });
    }
    Ok(text)
}
