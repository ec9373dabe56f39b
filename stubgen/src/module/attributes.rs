//! The section with what users see of a macro beside its name: its documentation, that it is deprecated or hidden, and what
//! its expansions may do that others may not.

use super::keys::{Key, Reader, number};
use super::lines::Line;
use super::{ATTRIBUTES_SECTION, ModuleError, name};

/// The attributes of a macro's function that concern those who use the macro.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `#[deprecated]`
    pub deprecated: Option<Deprecated>,
    /// `#[allow_internal_unstable(FEATURE, …)]`: the unstable features that its expansions may use wherever they are.
    pub unstable: Vec<String>,
    /// `#[allow_internal_unsafe]`: that `unsafe` in its expansions is no matter of the lint about it.
    pub internal_unsafe: bool,
    /// `#[doc(hidden)]`
    pub hidden: bool,
    /// `#[doc(alias = "…")]`: other names under which its documentation is found.
    pub aliases: Vec<String>,
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

/// All that the section says.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// `#![doc(html_root_url = "…")]` of the crate.
    pub(super) root_url: Option<String>,
    /// Each macro has attributes here.
    pub(super) macros: Vec<Attributes>,
}

const ROOT: Key = Key { text: "root", expected: "expected `root=URL`" };
const MACRO: Key = Key { text: "macro", expected: "expected `macro=NUMBER`" };
const DEPRECATED: Key = Key { text: "deprecated", expected: "expected `deprecated=`" };
const SINCE: Key = Key { text: "since", expected: "expected `since=TEXT`" };
const NOTE: Key = Key { text: "note", expected: "expected `note=TEXT`" };
const UNSTABLE: Key = Key { text: "unstable", expected: "expected `unstable=FEATURE,FEATURE…`" };
const UNSAFE: Key = Key { text: "unsafe", expected: "expected `unsafe=`" };
const HIDDEN: Key = Key { text: "hidden", expected: "expected `hidden=`" };
const ALIAS: Key = Key { text: "alias", expected: "expected `alias=NAME`" };
const DOC: Key = Key { text: "doc", expected: "expected `doc=TEXT` or `macro=NUMBER`" };

/// Reads the section's contents, for a module with so many macros.
pub(super) fn parse(bytes: &[u8], macros: usize) -> Result<Section, ModuleError> {
    let mut reader = Reader::new(ATTRIBUTES_SECTION, bytes)?;
    let root_url = match reader.optional(&ROOT)? {
        Some((_, url)) if is_url(url) => Some(url.to_owned()),
        Some((line, _)) => return Err(line.malformed(ROOT.expected)),
        None => None,
    };
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
    Ok(Section { root_url, macros: attributes })
}

fn of_macro(reader: &mut Reader<'_>) -> Result<Attributes, ModuleError> {
    let mut attributes = Attributes::default();
    if flag(reader, &DEPRECATED)? {
        attributes.deprecated = Some(Deprecated { since: text(reader, &SINCE)?, note: text(reader, &NOTE)? });
    }
    if let Some((line, features)) = reader.optional(&UNSTABLE)? {
        attributes.unstable = features.split(',').map(str::to_owned).collect();
        if !attributes.unstable.iter().all(|feature| is_feature(feature)) {
            return Err(line.malformed(UNSTABLE.expected));
        }
    }
    attributes.internal_unsafe = flag(reader, &UNSAFE)?;
    attributes.hidden = flag(reader, &HIDDEN)?;
    while let Some((line, value)) = reader.optional(&ALIAS)? {
        let alias = unescaped(&line, value)?;
        if !is_alias(&alias) {
            return Err(line.malformed(ALIAS.expected));
        }
        attributes.aliases.push(alias);
    }
    while let Some(doc) = text(reader, &DOC)? {
        attributes.docs.push(doc);
    }
    Ok(attributes)
}

/// Whether it can be the name of a feature, which stands in source as it is.
fn is_feature(text: &str) -> bool {
    text.is_ascii() && name::check(text).is_ok() && name::in_source(text).to_string() == text
}

/// Whether rustc takes it for an alias (`add_alias` in `rustc_attr_parsing`). Line ends are white space.
fn is_alias(text: &str) -> bool {
    let is_bad = |c: char| matches!(c, '"' | '\'') || c.is_whitespace() && c != ' ';
    !text.is_empty() && text.trim_matches(' ') == text && !text.contains(is_bad)
}

/// Whether links may begin with it. rustdoc writes it into pages.
fn is_url(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '\\' | '`');
    ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) && text.chars().all(is_plain)
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
