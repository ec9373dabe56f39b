//! How deep tokens from macros elsewhere are nested, and stack for them.
//!
//! The compiler recurses as deep as tokens are nested. Natively it takes 8 to 12 KiB of its stack of 8 MiB for each level of
//! an expression, so its parser overflows it at some 1,200 pairs of parentheses or 700 of braces, and its lexer at some
//! 10,000. Here it has the stack that it needs, up to a depth that is beyond what works natively, and there ends with an error.

use rustc_ast::token::{Delimiter, TokenKind};
use rustc_ast::tokenstream::{TokenStream, TokenTree};
use rustc_errors::ErrorGuaranteed;
use rustc_lexer::FrontmatterAllowed;
use rustc_proc_macro::bridge::server::{self, Extent, MAX_DEPTH, MAX_SYNTAX_DEPTH};
use rustc_span::Span;

use crate::base::ExtCtxt;
use crate::remote_fault;
use crate::remote_origin::Origin;

/// Bytes of stack for each level of syntax, and besides.
const LEVEL: usize = 16 << 10;
const BASE: usize = 1 << 20;

/// Up to here there is enough stack in any case.
const SHALLOW: u32 = 100;

/// Bytes of a token tree with what is around it, without the text of names and literals.
const TREE: u64 = 48;

/// The most token trees that are counted. Who shares parts often enough can have more without having them.
const MOST_TREES: u64 = 1 << 27;

/// How deep the groups of `stream` are nested, and what it takes.
pub(crate) fn extent(stream: &TokenStream) -> Extent {
    let mut extent = Extent::default();
    let mut trees = 0;
    let mut open = vec![stream.iter()];
    while let Some(innermost) = open.last_mut() {
        match innermost.next() {
            None => _ = open.pop(),
            Some(tree) => {
                trees += 1;
                extent.weight += TREE;
                match tree {
                    TokenTree::Delimited(.., inner) => {
                        extent.depth = extent.depth.max(open.len() as u32);
                        open.push(inner.iter());
                    }
                    TokenTree::Token(token, _) => extent.weight += text_len(&token.kind),
                }
            }
        }
        if trees > MOST_TREES {
            return Extent { weight: u64::MAX, ..extent };
        }
    }
    extent
}

fn text_len(token: &TokenKind) -> u64 {
    let text = match token {
        TokenKind::Literal(lit) => lit.symbol,
        TokenKind::Ident(name, _) | TokenKind::Lifetime(name, _) => *name,
        TokenKind::DocComment(.., text) => *text,
        _ => return 0,
    };
    text.as_str().len() as u64
}

/// How deep groups with delimiters are nested, or one more than may be.
fn syntax_depth(stream: &TokenStream) -> u32 {
    let mut deepest = 0;
    let mut open = vec![(stream.iter(), 0)];
    while let Some((innermost, depth)) = open.last_mut() {
        match innermost.next() {
            None => _ = open.pop(),
            Some(TokenTree::Token(..)) => {}
            Some(TokenTree::Delimited(_, _, delimiter, inner)) => {
                let depth = *depth + u32::from(!matches!(delimiter, Delimiter::Invisible(_)));
                if depth > MAX_SYNTAX_DEPTH {
                    return depth;
                }
                deepest = deepest.max(depth);
                open.push((inner.iter(), depth));
            }
        }
    }
    deepest
}

/// Checks tokens that a macro has the compiler parse as an expression.
///
/// # Errors
///
/// Where they are nested too deep for a macro from elsewhere, whose expansion ends then.
pub(crate) fn check_expression(stream: &TokenStream) -> Result<(), ()> {
    if server::is_remote() && syntax_depth(stream) > MAX_SYNTAX_DEPTH {
        server::stop(format!("it expands an expression nested more than {MAX_SYNTAX_DEPTH} deep"));
        return Err(());
    }
    Ok(())
}

/// Checks a text that a macro has the compiler read.
///
/// # Errors
///
/// As for [`check_expression`].
pub(crate) fn check_text(text: &str) -> Result<(), String> {
    let is_opening = |byte: &u8| matches!(byte, b'(' | b'[' | b'{');
    let is_fine = text.len() <= MAX_DEPTH as usize
        || text.as_bytes().iter().filter(|byte| is_opening(byte)).count() <= MAX_DEPTH as usize;
    if is_fine || !server::is_remote() {
        return Ok(());
    }
    // Brackets may stand in strings and comments.
    let mut depth = 0u32;
    for token in rustc_lexer::tokenize(text, FrontmatterAllowed::No) {
        use rustc_lexer::TokenKind::*;
        match token.kind {
            OpenParen | OpenBracket | OpenBrace => depth += 1,
            CloseParen | CloseBracket | CloseBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let reason = format!("it parses text nested more than {MAX_DEPTH} deep");
            server::stop(reason.clone());
            return Err(reason);
        }
    }
    Ok(())
}

/// Looks at what a macro has returned before it is parsed.
///
/// # Errors
///
/// Where it came from elsewhere and is nested too deep.
pub(crate) fn check_output(
    ecx: &mut ExtCtxt<'_>,
    output: &TokenStream,
    span: Span,
) -> Result<(), ErrorGuaranteed> {
    let is_shallow = server::take_output_depth().is_some_and(|depth| depth <= SHALLOW);
    if is_shallow || ecx.current_expansion.origin.last().is_none() {
        return Ok(());
    }
    let depth = syntax_depth(output);
    if depth > MAX_SYNTAX_DEPTH {
        let reason = format!("what it returned is nested more than {MAX_SYNTAX_DEPTH} deep");
        return Err(remote_fault::report_fault(ecx, span, &reason));
    }
    ecx.current_expansion.origin.is_as_deep_as(depth);
    Ok(())
}

/// Works on what came out of macros from elsewhere where there is stack enough.
pub(crate) fn on_stack<R>(origin: &Origin, f: impl FnOnce() -> R) -> R {
    match origin.last() {
        Some(remote) if origin.depth() > SHALLOW => {
            remote.on_stack(BASE + LEVEL * origin.depth() as usize, f)
        }
        _ => f(),
    }
}
