//! The gate for text and positions: what a macro from elsewhere is told about source files.
//!
//! The compiler's source map has every file that it has read, whatever for: also one of which a user's
//! `include_str!` embeds the text, and nobody meant a macro to see it. And a span is two numbers, so one that begins in one file
//! and ends in another one covers all that was read in between. Therefore
//!
//! * no span with ends in two files is behind a handle that a guest has, whoever made it: it is
//!   replaced by its first end (`given`, which all of them pass);
//! * a span in a file of the compilation is given only if the compiler parsed that file as Rust, or if the macro may read it;
//!   else it is the call site.
//!
//! The sources of macro crates from elsewhere are described by themselves. Their text is told only if it has the digest
//! that the description has, so a macro learns of a file no more than that it is what it knows already.
//!
//! A guest that has two spans of one file can have all between them. That is the user's source, as natively.

use std::ops::Range;

use rustc_ast::tokenstream::DelimSpan;
use rustc_proc_macro::bridge::server;
use rustc_span::source_map::SourceMap;
use rustc_span::source_parts::with_source_map;
use rustc_span::{FileName, SourceFile, Span};

/// The span that a macro from elsewhere is given in place of `span`, if any. Those between the positions `known`
/// need no look at the source map.
pub(crate) fn given(span: Span, known: &mut Range<u32>) -> Option<Span> {
    let data = span.data_untracked();
    if known.start <= data.lo.0 && data.hi.0 < known.end {
        return Some(span);
    }
    // Without a source map there are no files.
    with_source_map(|source_map| look(source_map, span, known)).unwrap_or(Some(span))
}

fn look(source_map: &SourceMap, span: Span, known: &mut Range<u32>) -> Option<Span> {
    let data = span.data_untracked();
    let file = source_map.lookup_source_file(data.lo);
    let end = file.end_position();
    let span = if data.hi > end { span.shrink_to_lo() } else { span };
    if !source_map.is_rust(&file) && !is_readable(&file) {
        return None;
    }
    *known = file.start_pos.0..end.0 + 1;
    Some(span)
}

/// Whether the macro could read the file itself.
fn is_readable(file: &SourceFile) -> bool {
    let FileName::Real(name) = &file.name else { return false };
    let path = name.local_path().and_then(|path| std::path::absolute(path).ok());
    path.is_some_and(|path| server::could(server::Named::File(&path)))
}

/// The spans of a group's delimiters.
pub(crate) fn delimiters(open: Span, close: Span) -> DelimSpan {
    if server::is_remote() && open != close {
        let file = |span: Span, map: &SourceMap| map.lookup_source_file_idx(span.lo());
        let is_one = with_source_map(|map| file(open, map) == file(close, map)).unwrap_or(true);
        if !is_one {
            return DelimSpan { open, close: open };
        }
    }
    DelimSpan { open, close }
}
