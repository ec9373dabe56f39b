//! Writes the section that says where in its source a Wasm proc-macro crate defines its macros.
//!
//! What stands in it, and in which order, is what `rustc_metadata` encodes of a native macro crate.

use std::fmt::Write;
use std::path::Path;

use rustc_data_structures::fx::{FxHashSet, FxIndexSet};
use rustc_span::source_parts::RealFileNameParts;
use rustc_span::{FileName, RealFileName, SourceFile, SourceFileHash};

use super::super::*;

/// How many bytes the files may have together; `stubgen` refuses more.
const MAX_SOURCE_BYTES: usize = 16 << 20;

/// The section's contents; none if a file has a name that cannot be written to it, two have one name,
/// or the files are too large.
pub(super) fn contents(sess: &Session, krate: &ast::Crate, macros: &[ProcMacro]) -> Option<String> {
    let mut files = Files { source_map: sess.source_map(), indices: FxIndexSet::default() };
    let mut quoted = String::new();
    for (_, span) in sess.psess.proc_macro_quoted_spans() {
        let _ = writeln!(quoted, "quoted={}", files.span(span));
    }
    let mut spans = format!("crate={}\n", files.span(krate.spans.inner_span));
    for m in macros {
        let (function, span) = super::function(krate, m);
        // As `TyCtxt::hir_span` does it.
        let signature = function.and_then(|item| {
            let ast::ItemKind::Fn(function) = &item.kind else { return None };
            function.sig.span.find_ancestor_in_same_ctxt(span)
        });
        let _ = writeln!(spans, "macro={}", files.span(signature.unwrap_or(span)));
    }

    let mut text = String::new();
    let mut names = FxHashSet::default();
    let mut bytes = 0;
    for &index in &files.indices {
        let file = &files.source_map.files()[index];
        bytes += file.normalized_source_len.0 as usize;
        let FileName::Real(name) = &file.name else { unreachable!("its spans are left out") };
        describe_name(&mut text, name, &mut names)?;
        describe(&mut text, file);
    }
    (bytes <= MAX_SOURCE_BYTES).then(|| text + &spans + &quoted)
}

/// The files that spans are in, by their indices in the source map.
struct Files<'a> {
    source_map: &'a SourceMap,
    indices: FxIndexSet<usize>,
}

impl Files<'_> {
    /// `FILE:START:END`, or nothing if the span is not in a file, but in a text from elsewhere.
    fn span(&mut self, span: Span) -> String {
        let span = span.data();
        if span.is_dummy() {
            return String::new();
        }
        let index = self.source_map.lookup_source_file_idx(span.lo);
        let file = &self.source_map.files()[index];
        let (start, end) = (span.lo - file.start_pos, span.hi - file.start_pos);
        let in_character = |offset: u32| {
            file.multibyte_chars.iter().any(|character| {
                character.pos.0 < offset && offset < character.pos.0 + u32::from(character.bytes)
            })
        };
        if !file.is_real_file()
            || !file.contains(span.hi)
            || in_character(start.0)
            || in_character(end.0)
        {
            return String::new();
        }
        let (index, _) = self.indices.insert_full(index);
        format!("{index}:{}:{}", start.0, end.0)
    }
}

/// Which directory a relative name is relative to is left out, so that a module does not depend on
/// where it is built.
fn describe_name(
    text: &mut String,
    name: &RealFileName,
    names: &mut FxHashSet<String>,
) -> Option<()> {
    let mut name = name.clone();
    name.update_for_crate_metadata();
    let RealFileNameParts { maybe_remapped, local, scopes } = (&name).into();
    let maybe_remapped = printable(maybe_remapped)?;
    let _ = writeln!(text, "file={maybe_remapped}");
    if !scopes.is_empty() {
        let scopes: Vec<_> = scopes.iter_names().map(|(name, _)| name).collect();
        let _ = writeln!(text, "remapped={}", scopes.join(",").to_ascii_lowercase());
        if let Some(local) = local {
            let _ = writeln!(text, "local={}", printable(local)?);
        }
    }
    names.insert(maybe_remapped.to_owned()).then_some(())
}

fn describe(text: &mut String, file: &SourceFile) {
    // The hash is written as `KIND=DIGEST`.
    let hash = |hash: SourceFileHash| hash.to_string().replacen('=', ":", 1);
    let _ = writeln!(text, "hash={}", hash(file.src_hash));
    if let Some(checksum) = file.checksum_hash {
        let _ = writeln!(text, "checksum={}", hash(checksum));
    }
    let _ = writeln!(text, "length={}", file.normalized_source_len.0);
    let lines = file.lines().array_windows().map(|[line, next]| (next.0 - line.0).to_string());
    list(text, "lines", lines);
    let wide = file.multibyte_chars.iter();
    list(text, "wide", wide.map(|character| format!("{}:{}", character.pos.0, character.bytes)));
    let removed = file.normalized_pos.iter();
    list(text, "removed", removed.map(|removed| format!("{}:{}", removed.pos.0, removed.diff)));
}

/// The section has a line for each name, and its readers show names to people.
fn printable(name: &Path) -> Option<&str> {
    name.to_str().filter(|name| !name.is_empty() && !name.contains(char::is_control))
}

/// `KEY=VALUE,VALUE…`, unless there are no values.
fn list(text: &mut String, key: &str, values: impl Iterator<Item = String>) {
    let values: Vec<_> = values.collect();
    if !values.is_empty() {
        let _ = writeln!(text, "{key}={}", values.join(","));
    }
}
