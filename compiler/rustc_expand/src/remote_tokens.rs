//! Checks tokens that no lexer has seen: a macro from elsewhere need not make them by `proc_macro`.

use rustc_ast::ast;
use rustc_ast::token::{self, Lit, LitKind, TokenKind};
use rustc_proc_macro::bridge::server;
use rustc_session::parse::ParseSess;
use rustc_span::{Symbol, kw};

/// Checks the name of an identifier that a macro made.
///
/// # Panics
///
/// Where a macro from elsewhere made what the lexer would not, unless it did and there is an error about it. The panic
/// is one of the request, and reported as the macro's.
pub(crate) fn check_ident(psess: &ParseSess, name: Symbol, is_raw: bool) {
    if !server::is_remote() {
        return;
    }
    let text = name.as_str();
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    assert!(
        is_plain
            || name == kw::DollarCrate
            || rustc_lexer::is_ident(text)
            || psess.bad_unicode_identifiers.borrow().contains_key(&name)
            || psess.dcx().has_errors().is_some(),
        "`{text}` is no identifier"
    );
    assert!(!is_raw || name.can_be_raw(), "`{text}` cannot be a raw identifier");
}

/// The token of a literal that a macro made.
///
/// # Panics
///
/// Where the compiler would rely on what the lexer has checked: escapes, digits, and that the literal that stands for an
/// error has had one. Here the panic is one of the request, and reported as the macro's.
pub(crate) fn literal(
    psess: &ParseSess,
    kind: LitKind,
    symbol: Symbol,
    suffix: Option<Symbol>,
) -> TokenKind {
    // Native macros pass here as well, and nearly all literals are plain: those must cost nothing.
    let is_plain = match kind {
        token::StrRaw(_) | token::ByteStrRaw(_) | token::CStrRaw(_) => true,
        token::Str | token::ByteStr | token::CStr => {
            symbol.as_str().bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\')
        }
        token::Integer => !suffix.is_some_and(|suffix| suffix.as_str().starts_with('f')),
        _ => false,
    };
    if !is_plain {
        check(psess, kind, symbol, suffix);
    }
    TokenKind::lit(kind, symbol, suffix)
}

fn check(psess: &ParseSess, kind: LitKind, symbol: Symbol, suffix: Option<Symbol>) {
    if let token::Err(_) = kind {
        assert!(psess.dcx().has_errors().is_some(), "an erroneous literal without an error");
        return;
    }
    let is_number = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_digit()) && text.parse::<f64>().is_ok()
    };
    if let Ok(ast::LitKind::Float(text, _)) =
        ast::LitKind::from_token_lit(Lit::new(kind, symbol, suffix))
    {
        assert!(is_number(text.as_str()), "`{text}` is no number");
    }
}
