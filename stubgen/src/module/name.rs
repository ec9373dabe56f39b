//! Which names a macro, a helper attribute or a function may have, and how Rust source spells them.

use std::fmt;

/// Words that are keywords, strict or reserved, in some edition. As raw identifiers they are names in every edition.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Words that are not names even as raw identifiers (`Symbol::can_be_raw` in `rustc_span`).
const NEVER_NAMES: [&str; 5] = ["_", "self", "Self", "super", "crate"];

/// Why a word is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// It is not a Rust identifier.
    NotAnIdentifier,
    /// It is one of the keywords that cannot be a raw identifier.
    NeverAName,
    /// It starts with `r#`, which module sections do not write.
    Raw,
    /// It is not in Unicode's normalization form C, as the compiler writes every identifier.
    NotNormalized,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NameFault::NotAnIdentifier => "it is not a Rust identifier",
            NameFault::NeverAName => "it is a keyword that cannot be a raw identifier",
            NameFault::Raw => "names are written without `r#`",
            NameFault::NotNormalized => "it is not in Unicode normalization form C",
        })
    }
}

/// Checks that `name` can name a Rust item, raw or not.
///
/// # Errors
///
/// Returns what is wrong with the name.
pub(crate) fn check(name: &str) -> Result<(), NameFault> {
    if name.starts_with("r#") {
        return Err(NameFault::Raw);
    }
    let mut chars = name.chars();
    let starts_well = chars.next().is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first));
    if !starts_well || !chars.all(unicode_ident::is_xid_continue) {
        return Err(NameFault::NotAnIdentifier);
    }
    if NEVER_NAMES.contains(&name) {
        return Err(NameFault::NeverAName);
    }
    if !unicode_normalization::is_nfc(name) {
        return Err(NameFault::NotNormalized);
    }
    Ok(())
}

/// Whether `name` is an ASCII identifier that can name a crate.
pub(super) fn is_crate_name(name: &str) -> bool {
    name.is_ascii() && check(name).is_ok()
}

/// A name as Rust source of any edition spells it: with `r#` if it is a keyword somewhere.
pub(crate) fn in_source(name: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        if KEYWORDS.contains(&name) {
            f.write_str("r#")?;
        }
        f.write_str(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_rust_accepts_are_accepted() {
        for name in ["a", "_a", "__", "Serialize", "try", "gen", "fn", "true", "größe", "名前", "r", "union", "cfg"]
        {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_rust_refuses_are_refused() {
        for name in ["", "1a", "a-b", "a b", "a.b", "'a", "a\u{200b}", "a\r", "🦀", "$crate", "a#"] {
            assert_eq!(check(name), Err(NameFault::NotAnIdentifier), "{name:?}");
        }
        for name in NEVER_NAMES {
            assert_eq!(check(name), Err(NameFault::NeverAName), "{name}");
        }
        assert_eq!(check("r#try"), Err(NameFault::Raw));
        assert_eq!(check("e\u{301}"), Err(NameFault::NotNormalized));
    }

    #[test]
    fn crate_names_are_ascii() {
        assert!(is_crate_name("serde_derive") && !is_crate_name("r#a"));
        assert!(
            !is_crate_name("größe") && !is_crate_name("serde-derive") && !is_crate_name("") && !is_crate_name("crate")
        );
    }

    #[test]
    fn only_keywords_are_written_raw() {
        assert_eq!(in_source("try").to_string(), "r#try");
        assert_eq!(in_source("union").to_string(), "union");
    }
}
