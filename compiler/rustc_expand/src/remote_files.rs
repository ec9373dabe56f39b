//! Keeps a macro from elsewhere from reading files by what the compiler expands for it.

use std::path::PathBuf;

use rustc_errors::PResult;
use rustc_proc_macro::bridge::server;
use rustc_session::Session;
use rustc_span::Span;

/// The path of a file that is to be read, if whoever has it read may do so.
///
/// # Errors
///
/// For a macro that may not; `span` is that of `include!` or one of its kin.
pub(crate) fn checked(sess: &Session, path: PathBuf, span: Span) -> PResult<'_, PathBuf> {
    if std::path::absolute(&path).is_ok_and(|path| server::may_read(&path)) {
        return Ok(path);
    }
    let path = path.display();
    Err(sess.dcx().struct_span_err(span, format!("a procedural macro may not read `{path}`")))
}
