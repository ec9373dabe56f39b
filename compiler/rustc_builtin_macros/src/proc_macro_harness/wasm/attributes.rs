//! Writes the section with what users of a Wasm proc-macro crate see of its macros' attributes.

use std::fmt::Write;

use rustc_ast::util::comments::beautify_doc_string;
use rustc_span::edition::Edition;

use super::super::*;

/// The section's contents: where the crate's documentation is, and what there is of each macro's
/// deprecation, documentation and permissions. Empty if there is nothing.
pub(super) fn contents(krate: &ast::Crate, macros: &[ProcMacro]) -> String {
    let mut text = String::new();
    let root_url = doc_items(&krate.attrs).find(|item| item.has_name(sym::html_root_url));
    let root_url = root_url.and_then(|item| item.value_str());
    line(&mut text, "root", root_url.as_ref().map(Symbol::as_str).filter(|url| is_url(url)));
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
    let features = features(attrs);
    if !features.is_empty() {
        line(&mut text, "unstable", Some(&features.join(",")));
    }
    if attr::contains_name(attrs, sym::allow_internal_unsafe) {
        text.push_str("unsafe=\n");
    }
    if doc_items(attrs).any(|item| item.has_name(sym::hidden)) {
        text.push_str("hidden=\n");
    }
    for alias in aliases(attrs) {
        line(&mut text, "alias", Some(alias.as_str()));
    }
    for doc in docs(attrs) {
        line(&mut text, "doc", Some(&doc));
    }
    text
}

/// What stands in parentheses in all `#[doc(…)]`.
fn doc_items(attrs: &[ast::Attribute]) -> impl Iterator<Item = ast::MetaItemInner> {
    let lists = attrs.iter().filter(|attr| attr.has_name(sym::doc));
    lists.filter_map(ast::Attribute::meta_item_list).flatten()
}

/// The features of all `#[allow_internal_unstable(…)]`.
fn features(attrs: &[ast::Attribute]) -> Vec<String> {
    let lists = attrs.iter().filter(|attr| attr.has_name(sym::allow_internal_unstable));
    let features = lists.filter_map(ast::Attribute::meta_item_list).flatten();
    let names = features.filter_map(|feature| feature.ident().map(|ident| ident.name));
    let is_plain =
        |name: &Symbol| name.as_str().is_ascii() && !name.is_reserved(|| Edition::Edition2024);
    names.filter(is_plain).map(|name| name.to_string()).collect()
}

/// The names of `#[doc(alias = "…")]` and `#[doc(alias("…", "…"))]`. rustc refuses the crate if one of them
/// is not as aliases must be, but only later.
fn aliases(attrs: &[ast::Attribute]) -> Vec<Symbol> {
    let mut aliases = Vec::new();
    for item in doc_items(attrs).filter(|item| item.has_name(sym::alias)) {
        aliases.extend(item.value_str());
        let listed = item.meta_item_list().unwrap_or_default();
        aliases.extend(listed.iter().filter_map(|alias| alias.lit()?.value_str()));
    }
    let is_bad = |c: char| matches!(c, '"' | '\'') || c.is_whitespace() && c != ' ';
    aliases.retain(|alias| {
        let text = alias.as_str();
        !text.is_empty() && text.trim_matches(' ') == text && !text.contains(is_bad)
    });
    aliases
}

/// Whether `stubgen` takes it for the beginning of links.
fn is_url(text: &str) -> bool {
    let is_plain =
        |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '\\' | '`');
    ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme))
        && text.chars().all(is_plain)
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
