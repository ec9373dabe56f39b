//! Checks tokens that no lexer has seen: a macro from elsewhere need not make them by `proc_macro`.
//!
//! A token is what the lexer makes of its text, or it is refused: kind, text and suffix together, so that one does not hide
//! another. The panics are those of requests with wrong arguments, and reported as the macro's.

use rustc_ast::ast;
use rustc_ast::token::{self, Lit, LitKind, TokenKind};
use rustc_lexer::{Base, FrontmatterAllowed, LiteralKind};
use rustc_parse::lexer::nfc_normalize;
use rustc_proc_macro::bridge::server;
use rustc_session::parse::ParseSess;
use rustc_span::{Symbol, kw, sym};

use crate::base::ExtCtxt;

/// Interns a text that a macro may have sent.
pub(crate) fn intern(text: &str) -> Symbol {
    let symbol = Symbol::intern(text);
    server::hold_symbol(symbol.as_u32(), text.len());
    symbol
}

/// Checks the name of an identifier that a macro made.
///
/// # Panics
///
/// Where a macro from elsewhere made what the lexer would not, unless it did and there is an error about it.
#[inline]
pub(crate) fn check_ident(ecx: &mut ExtCtxt<'_>, name: Symbol, is_raw: bool) {
    // Macros say the same names again and again.
    let is_known = ecx.remote.idents.get(name.as_u32() as usize) == Some(&true);
    if (!is_known || is_raw) && server::is_remote() {
        look_at_ident(ecx, name, is_raw, is_known);
    }
}

#[cold]
fn look_at_ident(ecx: &mut ExtCtxt<'_>, name: Symbol, is_raw: bool, is_known: bool) {
    if !is_known && is_ident(name) {
        let (number, known) = (name.as_u32() as usize, &mut ecx.remote.idents);
        known.resize(known.len().max(number + 1), false);
        known[number] = true;
    } else if !is_known {
        let (text, psess) = (name.as_str(), ecx.psess());
        assert!(
            psess.bad_unicode_identifiers.borrow().contains_key(&name)
                || psess.dcx().has_errors().is_some() && is_near_ident(text),
            "`{}` is no identifier",
            shown(text)
        );
    }
    assert!(!is_raw || name.can_be_raw(), "`{}` cannot be a raw identifier", shown(name.as_str()));
}

/// Whether the lexer makes an identifier of this name.
fn is_ident(name: Symbol) -> bool {
    let text = name.as_str();
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_plain
        || name == kw::DollarCrate
        || (rustc_lexer::is_ident(text) && nfc_normalize(text) == name)
}

/// Whether the lexer, after an error, may have made an identifier of this text.
fn is_near_ident(text: &str) -> bool {
    let is_near = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || c == '_',
        false => !c.is_whitespace() && !c.is_control(),
    };
    text.starts_with(|first: char| !first.is_ascii_digit()) && text.chars().all(is_near)
}

/// The token of a literal that a macro made, without its sign.
///
/// # Panics
///
/// Where the lexer would make something else of it, or stands for an error and there is none.
pub(crate) fn literal(
    psess: &ParseSess,
    kind: LitKind,
    symbol: Symbol,
    suffix: Option<Symbol>,
) -> TokenKind {
    if server::is_remote() && !is_plain(kind, symbol, suffix) {
        let is_lexed = match kind {
            token::Err(_) => psess.dcx().has_errors().is_some() && !symbol.as_str().is_empty(),
            _ => is_lexed(kind, symbol, suffix),
        };
        assert!(
            is_lexed,
            "`{}` with the suffix `{}` is no literal of its kind",
            shown(symbol.as_str()),
            shown(suffix.as_ref().map_or("", |suffix| suffix.as_str()))
        );
    }
    TokenKind::lit(kind, symbol, suffix)
}

/// Whether nearly all literals are like this one, so that it needs no lexer.
fn is_plain(kind: LitKind, symbol: Symbol, suffix: Option<Symbol>) -> bool {
    let text = symbol.as_str().as_bytes();
    match kind {
        token::Str | token::ByteStr | token::CStr => {
            suffix.is_none()
                && text.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'\\' | b'"'))
        }
        token::Integer => {
            suffix.is_none() && !text.is_empty() && text.iter().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// Whether the lexer makes this of the literal's text, as one token and without an error.
fn is_lexed(kind: LitKind, symbol: Symbol, suffix: Option<Symbol>) -> bool {
    let body = Lit::new(kind, symbol, None).to_string();
    let suffix_text = suffix.as_ref().map_or("", |suffix| suffix.as_str());
    let text = format!("{body}{suffix_text}");
    let mut tokens = rustc_lexer::tokenize(&text, FrontmatterAllowed::No);
    let Some(lexed) = tokens.next() else { return false };
    let rustc_lexer::TokenKind::Literal { kind: lexed_kind, suffix_start } = lexed.kind else {
        return false;
    };
    lexed.len as usize == text.len()
        && suffix_start as usize == body.len()
        && suffix_text != "_"
        && suffix.is_none_or(|suffix| !suffix.as_str().is_empty())
        && is_of_kind(lexed_kind, kind, symbol.as_str(), suffix)
        && has_no_escape_error(kind, symbol)
}

fn is_of_kind(lexed: LiteralKind, kind: LitKind, text: &str, suffix: Option<Symbol>) -> bool {
    match (kind, lexed) {
        (token::Byte, LiteralKind::Byte { terminated })
        | (token::Char, LiteralKind::Char { terminated })
        | (token::Str, LiteralKind::Str { terminated })
        | (token::ByteStr, LiteralKind::ByteStr { terminated })
        | (token::CStr, LiteralKind::CStr { terminated }) => terminated,
        (token::StrRaw(hashes), LiteralKind::RawStr { n_hashes })
        | (token::ByteStrRaw(hashes), LiteralKind::RawByteStr { n_hashes })
        | (token::CStrRaw(hashes), LiteralKind::RawCStr { n_hashes }) => n_hashes == Some(hashes),
        (token::Integer, LiteralKind::Int { base, empty_int: false }) => match base {
            Base::Binary | Base::Octal => {
                text[2..].chars().all(|digit| digit == '_' || digit.is_digit(base as u32))
            }
            Base::Decimal | Base::Hexadecimal => true,
        },
        (token::Float, LiteralKind::Float { base: Base::Decimal, empty_exponent: false }) => true,
        // `Literal::f32_suffixed(1.0)` makes this, where the lexer makes an integer with that suffix.
        (token::Float, LiteralKind::Int { base: Base::Decimal, empty_int: false }) => {
            matches!(suffix, Some(sym::f16 | sym::f32 | sym::f64 | sym::f128))
        }
        _ => false,
    }
}

/// Whether the lexer would find nothing wrong with what stands between the quotes.
fn has_no_escape_error(kind: LitKind, symbol: Symbol) -> bool {
    let text = symbol.as_str();
    let is_clean = match kind {
        token::Integer | token::Float => return true,
        token::ByteStr | token::ByteStrRaw(_) | token::Byte => text.is_ascii(),
        token::CStr | token::CStrRaw(_) => !text.contains('\0'),
        _ => true,
    };
    // What the parser makes of a literal panics where an escape is wrong, and does not look at it where a suffix is.
    is_clean
        && !text.contains('\r')
        && ast::LitKind::from_token_lit(Lit::new(kind, symbol, None)).is_ok()
}

/// Checks a path that a macro asks the compiler to note as one that its expansion depends on.
///
/// # Panics
///
/// Where it could be taken for more than one line of dep-info.
pub(crate) fn check_tracked(path: &str) {
    if server::is_remote() {
        assert!(!path.contains(char::is_control), "`{}` has control characters", shown(path));
    }
}

/// The beginning of `text`, for a message.
fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}
