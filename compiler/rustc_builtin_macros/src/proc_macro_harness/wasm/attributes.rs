//! Writes the section with what users of a Wasm proc-macro crate see of its macros' attributes.

use std::fmt::Write;

use rustc_ast::util::comments::beautify_doc_string;

use super::super::*;

/// The section's contents: what there is of each macro's deprecation and documentation. Empty if
/// there is nothing.
pub(super) fn contents(krate: &ast::Crate, macros: &[ProcMacro]) -> String {
    let mut text = String::new();
    for (index, m) in macros.iter().enumerate() {
        let (Some(function), _) = super::function(krate, m) else { continue };
        let lines = describe(&function.attrs);
        if !lines.is_empty() {
            let _ = write!(text, "macro={index}\n{lines}");
        }
    }
    text
}

fn describe(attrs: &[ast::Attribute]) -> String {
    let mut text = String::new();
    if let Some(deprecated) = attr::find_by_name(attrs, sym::deprecated) {
        text.push_str("deprecated=\n");
        let said = deprecated.meta_item_list().unwrap_or_default();
        let value = |name| said.iter().find(|item| item.has_name(name))?.value_str();
        let note = value(sym::note).or_else(|| deprecated.value_str());
        line(&mut text, "since", value(sym::since).as_ref().map(Symbol::as_str));
        line(&mut text, "note", note.as_ref().map(Symbol::as_str));
    }
    let is_hidden = |attr: &ast::Attribute| {
        attr.has_name(sym::doc)
            && attr
                .meta_item_list()
                .is_some_and(|list| attr::list_contains_name(&list, sym::hidden))
    };
    if attrs.iter().any(is_hidden) {
        text.push_str("hidden=\n");
    }
    for doc in docs(attrs) {
        line(&mut text, "doc", Some(&doc));
    }
    text
}

/// The documentation, in texts that read as `#[doc = "…"]` just as the attributes read.
///
/// The stub has no doc comments, whose text could end them and go on as code. So what rustdoc does
/// to comments and to nothing else is done here: stars of block comments go, and beside
/// attributes the space that begins each line.
fn docs(attrs: &[ast::Attribute]) -> Vec<String> {
    let docs: Vec<(String, bool)> = attrs
        .iter()
        .filter_map(|attr| match (&attr.kind, attr.doc_str()?) {
            (ast::AttrKind::DocComment(kind, _), text) => {
                Some((beautify_doc_string(text, *kind).to_string(), true))
            }
            (_, text) => Some((text.to_string(), false)),
        })
        .collect();
    let lines =
        docs.iter().filter(|(_, is_comment)| *is_comment).flat_map(|(text, _)| text.lines());
    let is_indented =
        lines.filter(|line| !line.trim().is_empty()).all(|line| line.starts_with(INDENTATION));
    let is_mixed = docs.iter().any(|(_, is_comment)| !is_comment);
    let without_indentation = |text: String| {
        let lines = text.lines().map(|line| line.strip_prefix(INDENTATION).unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    };
    docs.into_iter()
        .map(|(text, is_comment)| match is_comment && is_mixed && is_indented {
            true => without_indentation(text),
            false => text,
        })
        .collect()
}

/// What rustdoc takes for the indentation of a comment's line.
const INDENTATION: [char; 2] = [' ', '\t'];

/// `KEY=TEXT`, if there is a text. It may have line ends in it, so these are escaped.
fn line(lines: &mut String, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        let text = text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
        let _ = writeln!(lines, "{key}={text}");
    }
}
