//! The gate for what the compiler opens or looks up because a macro from elsewhere says so.
//!
//! * **While a request is answered** (`expand_expr`) the macro gets to see what comes out, so it must be allowed to have
//!   each file and variable that is named, whoever wrote the name.
//! * **In what a macro has returned**, and in what that expands to, `include!` and its kin, `mod`, `#[path]`, `env!` and so on
//!   name what the macro must be allowed to have (every one of the macros through which it came: `remote_origin`), *unless the
//!   user wrote the whole invocation*, and it only passed through: an attribute macro returns the user's function, and the program
//!   may embed what the user wants.
//!
//! Spans do not tell who wrote something, since a guest can give its own tokens the user's. The text does: an invocation is the
//! user's if it stands, token for token, at its own span in a Rust source file of the crate that is
//! compiled (`is_written`), and a relative path is one from that file. What stands there nobody but the user can have put there. A
//! guest can do no more than have the user's own invocations done again. Where a `macro_rules!` of the crate put the path together, it
//! is that macro's invocation that the user must have written. A path that a macro from elsewhere got as an argument is not
//! covered: that file must be readable.
//!
//! **Arguments** of the user's own invocations are another matter: `include_str!` expands its argument before it looks at it, so a
//! macro from elsewhere that the user calls there, or a `macro_rules!` of one that is called as something that the user meant,
//! names the file. Each macro that had a part in an argument must be allowed to have what is named, whoever wrote the rest.
//!
//! What stands in a file that a macro named is that macro's, though the compiler parses it as Rust of the crate: with a file
//! of its own package, which may lie where the user's is (`cargo vendor`), it would else write as the user.
//!
//! What opens a file is asked before it is opened, and what is no regular file is not opened for a macro. What a refused
//! file or variable holds is therefore in no error, no dep-info and no source map on the macro's account.

use std::path::{Path, PathBuf};

use rustc_ast as ast;
use rustc_ast_pretty::pprust;
use rustc_errors::{Diag, ErrorGuaranteed, PResult};
use rustc_lexer::{FrontmatterAllowed, TokenKind};
use rustc_proc_macro::bridge::server::{self, Named, RemoteMacro};
use rustc_session::Session;
use rustc_span::source_map::SourceMap;
use rustc_span::{Span, Symbol, sym};

use crate::base::{self, ExtCtxt};
use crate::remote_fault::RemoteRefusal;
use crate::remote_origin::{Call, Origin};

/// The built-in macros that name a file or a variable. One of another name may be anything that the user wrote.
const INVOCATIONS: [Symbol; 8] = [
    sym::include,
    sym::include_bytes,
    sym::include_str,
    sym::env,
    sym::option_env,
    sym::asm,
    sym::global_asm,
    sym::naked_asm,
];

/// [`base::resolve_path`] for `include!` and its kin, whose invocation is at `span`.
///
/// # Errors
///
/// Where a macro names a file that it may not read, besides.
pub fn resolve_path<'a>(
    ecx: &ExtCtxt<'a>,
    path: impl Into<PathBuf>,
    span: Span,
) -> PResult<'a, PathBuf> {
    let path = base::resolve_path(ecx.sess, path, span)?;
    let (origin, arguments) = (&ecx.current_expansion.origin, &ecx.remote.arguments);
    check_file(ecx.sess, origin, arguments, &path, span, || is_written(ecx))?;
    Ok(path)
}

/// [`resolve_path`] for `include!`, what stands in whose file is expanded in its place.
///
/// # Errors
///
/// The same.
pub fn resolve_included_path<'a>(
    ecx: &mut ExtCtxt<'a>,
    path: impl Into<PathBuf>,
    span: Span,
) -> PResult<'a, PathBuf> {
    let path = resolve_path(ecx, path, span)?;
    if !ecx.remote.arguments.is_empty() || is_of_macro(ecx) {
        let arguments = ecx.remote.arguments.clone();
        ecx.current_expansion.origin.opens_file(&arguments);
    }
    Ok(path)
}

/// Checks the file of a module that is about to be parsed.
///
/// # Errors
///
/// Where a macro named it that may not read it.
pub(crate) fn check_module<'a>(
    sess: &'a Session,
    origin: &mut Origin,
    path: &Path,
    span: Span,
) -> PResult<'a, ()> {
    check_file(sess, origin, &[], path, span, || false)?;
    if origin.last().is_some() {
        origin.opens_file(&[]);
    }
    Ok(())
}

/// Checks the attributes of an item that came out of a macro from elsewhere: some name files that are opened later. Those that
/// are refused go, or the compiler would open the files all the same.
pub(crate) fn check_attributes(ecx: &ExtCtxt<'_>, attrs: &mut ast::AttrVec) {
    attrs.retain(|attr| {
        let checked = match attr.name() {
            Some(sym::debugger_visualizer) => check_visualizer(ecx, attr),
            Some(sym::link) => check_library(ecx, attr),
            _ => Ok(()),
        };
        checked.map_err(|error| error.emit()).is_ok()
    });
}

fn check_visualizer<'a>(ecx: &ExtCtxt<'a>, attr: &ast::Attribute) -> PResult<'a, ()> {
    let values = attr.meta_item_list().unwrap_or_default();
    for path in values.iter().filter_map(|value| value.value_str()) {
        let path = base::resolve_path(ecx.sess, path.as_str(), attr.span)?;
        check_file(ecx.sess, &ecx.current_expansion.origin, &[], &path, attr.span, || false)?;
    }
    Ok(())
}

/// A library is looked for where the user says. By a path as its name the compiler would bundle any file, and the linker read
/// any as a script of its own; by the name of a file, any that lies where libraries do.
fn check_library<'a>(ecx: &ExtCtxt<'a>, attr: &ast::Attribute) -> PResult<'a, ()> {
    for value in attr.meta_item_list().unwrap_or_default() {
        let Some(text) = value.value_str() else { continue };
        let text = text.as_str();
        let is_file = text.contains(['/', '\\']) || text.starts_with(':');
        if is_file || value.has_name(sym::modifiers) && text.contains("verbatim") {
            let message = format!("a procedural macro names a library by its file: `{}`", text.escape_debug());
            return Err(ecx.dcx().struct_span_err(attr.span, message));
        }
    }
    Ok(())
}

/// Checks the variable that `env!` or `option_env!` names, whose invocation is at `span`.
///
/// # Errors
///
/// Where a macro named a variable that is set and not for it.
pub fn check_variable(
    ecx: &ExtCtxt<'_>,
    variable: Symbol,
    span: Span,
) -> Result<(), ErrorGuaranteed> {
    let named = Named::Variable(variable.as_str());
    let (origin, arguments) = (&ecx.current_expansion.origin, &ecx.remote.arguments);
    let checked = check(ecx.sess, origin, arguments, named, span, || is_written(ecx));
    checked.map_err(|error| error.emit())
}

/// Whether a macro from elsewhere put together what is being expanded, or a part of its arguments, and not the user.
pub fn is_of_macro(ecx: &ExtCtxt<'_>) -> bool {
    let is_somewhere = ecx.current_expansion.origin.last().is_some() || server::is_remote();
    !ecx.remote.arguments.is_empty() || is_somewhere && !is_written(ecx)
}

fn check_file<'a>(
    sess: &'a Session,
    origin: &Origin,
    arguments: &[RemoteMacro],
    path: &Path,
    span: Span,
    is_written: impl FnOnce() -> bool,
) -> PResult<'a, ()> {
    if origin.last().is_none() && arguments.is_empty() && !server::is_remote() {
        return Ok(());
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    check(sess, origin, arguments, Named::File(&absolute), span, is_written)?;
    if absolute.metadata().is_ok_and(|found| !found.is_file()) {
        let path = path.display().to_string();
        let message = format!("`{}` is not a regular file", path.escape_debug());
        return Err(sess.dcx().struct_span_err(span, message));
    }
    Ok(())
}

fn check<'a>(
    sess: &'a Session,
    origin: &Origin,
    arguments: &[RemoteMacro],
    named: Named<'_>,
    span: Span,
    is_written: impl FnOnce() -> bool,
) -> PResult<'a, ()> {
    if !server::may(named) {
        // The expansion ends with an error that says so.
        let mut error = sess.dcx().struct_span_err(span, "a procedural macro was refused something");
        error.downgrade_to_delayed_bug();
        return Err(error);
    }
    // Most of what is named may be had by whoever names it, and it takes longer to find out who that was.
    let could = |remote: RemoteMacro| (remote.could)(remote.id, named);
    if arguments.iter().copied().chain(origin.macros()).all(could) {
        return Ok(());
    }
    let refusal = |remote: RemoteMacro| (remote.refusal)(remote.id, named);
    let mut found = arguments.iter().copied().find_map(refusal);
    if found.is_none() && origin.last().is_some() && !is_written() {
        found = origin.macros().find_map(refusal);
    }
    found.map_or(Ok(()), |refusal| Err(refused(sess, span, refusal)))
}

fn refused(sess: &Session, span: Span, refusal: server::Refusal) -> Diag<'_> {
    sess.dcx().create_err(RemoteRefusal::new(span, refusal))
}

/// Whether the user wrote the invocation that is being expanded, or one of a `macro_rules!` of the crate that made it.
fn is_written(ecx: &ExtCtxt<'_>) -> bool {
    let origin = &ecx.current_expansion.origin;
    if origin.is_in_opened_file() {
        return false;
    }
    let names_something = |call: &&Call| {
        let name = call.path.segments.last().map(|segment| segment.ident.name);
        name.is_some_and(|name| INVOCATIONS.contains(&name))
    };
    [origin.call().filter(names_something), origin.local_call()]
        .into_iter()
        .flatten()
        .any(|call| is_written_at(ecx.source_map(), call))
}

/// Whether the invocation stands, token for token, at its own span.
fn is_written_at(source_map: &SourceMap, call: &Call) -> bool {
    let path = pprust::path_to_string(&call.path);
    let args = pprust::tts_to_string(&call.args);
    written_at(source_map, call.span).is_some_and(|text| {
        let (text, path, args) = (significant(&text), significant(&path), significant(&args));
        // What opens and closes is left out.
        text.strip_prefix(&path[..])
            .and_then(|rest| rest.strip_prefix(&["!"][..]))
            .is_some_and(|rest| rest.get(1..rest.len().saturating_sub(1)) == Some(&args[..]))
    })
}

/// The text at `span`, if the compiler parsed it as Rust of the crate that is compiled, and it begins and ends with a token
/// there. What names files relative to the span means the same file.
fn written_at(source_map: &SourceMap, span: Span) -> Option<String> {
    let file = source_map.lookup_source_file(span.lo());
    let is_here = |span: Span| file.start_pos <= span.lo() && span.hi() <= file.end_position();
    if !is_here(span) || !is_here(span.source_callsite()) || !source_map.is_own_rust(&file) {
        return None;
    }
    let text = file.src.as_ref()?;
    let (lo, hi) = (file.relative_position(span.lo()).0 as usize, file.relative_position(span.hi()).0 as usize);
    let (mut begins, mut ends, mut at) = (false, false, 0);
    for token in rustc_lexer::tokenize(text, FrontmatterAllowed::Yes) {
        begins |= at == lo;
        at += token.len as usize;
        ends |= at == hi;
    }
    (begins && ends && lo < hi).then(|| text[lo..hi].to_owned())
}

/// The tokens of `text`, without what stands between them.
fn significant(text: &str) -> Vec<&str> {
    let mut at = 0;
    let tokens = rustc_lexer::tokenize(text, FrontmatterAllowed::No).map(|token| {
        let begin = at;
        at += token.len as usize;
        (token.kind, &text[begin..at])
    });
    let is_between = |kind| {
        matches!(kind, TokenKind::Whitespace)
            || matches!(kind, TokenKind::LineComment { doc_style: None } | TokenKind::BlockComment { doc_style: None, .. })
    };
    tokens.filter(|(kind, _)| !is_between(*kind)).map(|(_, text)| text).collect()
}
