//! Which environment variables a macro sees without being granted them, and patterns of names.

/// Cargo's and rustc's own, those of the terminal and of the locale. `*` at the end stands for anything.
const ALWAYS: &[&str] = &[
    "CARGO",
    "CARGO_*",
    "RUSTC*",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "RUST_LOG",
    "OUT_DIR",
    "TARGET",
    "HOST",
    "PROFILE",
    "OPT_LEVEL",
    "DEBUG",
    "NUM_JOBS",
    "DEP_*",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "COLUMNS",
    "LINES",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
];

/// What has such a word in its name is a secret, like `CARGO_REGISTRY_TOKEN`, or may hold one, like the addresses of proxies and
/// registries, whatever else it begins with.
const SECRET: [&str; 7] = ["TOKEN", "SECRET", "PASS", "KEY", "CREDENTIAL", "PROXY", "_INDEX"];

/// Whether every macro may read the variable `name`.
pub(super) fn always(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ALWAYS.iter().any(|pattern| matches(pattern, name)) && !SECRET.iter().any(|word| upper.contains(word))
}

/// Whether `name` is what `pattern` says: itself, or with `*` at the end whatever begins so.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// Checks that `text` is a pattern.
pub(super) fn check(text: &str) -> Result<(), String> {
    let name = text.strip_suffix('*').unwrap_or(text);
    let wrong = |why| Err(format!("`{}` names no environment variable: {why}", super::escaped(text)));
    if name.contains('*') {
        return wrong("`*` may stand at the end only");
    }
    if text.is_empty() || name.contains(['=', '\0']) {
        return wrong("no name is empty or has `=` in it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{always, check, matches};

    #[test]
    fn secrets_of_cargo_are_not_for_everybody() {
        for name in [
            "CARGO",
            "CARGO_PKG_VERSION",
            "CARGO_PKG_AUTHORS",
            "RUSTC",
            "RUSTC_WORKSPACE_WRAPPER",
            "OUT_DIR",
            "DEP_Z_ROOT",
            "TERM",
            "LC_ALL",
            "TZ",
        ] {
            assert!(always(name), "{name}");
        }
        for name in [
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_MINE_TOKEN",
            "CARGO_REGISTRIES_mine_token",
            "CARGO_REGISTRIES_MINE_SECRET_KEY",
            "CARGO_REGISTRY_CREDENTIAL_PROVIDER",
            "CARGO_HTTP_PROXY",
            "CARGO_REGISTRIES_MINE_INDEX",
            "DEP_X_PASSWORD",
            "DEP_X_PASSPHRASE",
            "PATH",
            "HOME",
            "USER",
            "TMPDIR",
            "LD_PRELOAD",
            "CARGOX",
            "TERMINFO",
            "cargo",
            "",
        ] {
            assert!(!always(name), "{name}");
        }
    }

    #[test]
    fn a_star_stands_at_the_end_only() {
        assert!(matches("SQLX_*", "SQLX_OFFLINE") && matches("SQLX_*", "SQLX_") && matches("*", "ANY"));
        assert!(!matches("SQLX_*", "SQLX") && !matches("SQLX", "SQLX_OFFLINE"));
        for pattern in ["A", "A*", "*", "with space"] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
        for pattern in ["", "*A", "A*B", "**", "A=B", "A\0"] {
            assert!(check(pattern).is_err(), "{pattern}");
        }
    }
}
