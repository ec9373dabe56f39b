//! Which environment variables a macro sees without being granted them, and patterns of names.

/// What libraries ask for by themselves, or what says how the compiler was called. In none of it stands a secret. It is an error if a macro
/// asks for a variable that is set and not here, so whatever is here keeps builds going that work natively. `*` at the end stands for anything.
///
/// Not here is what says something of the user or of other programs (`HOME`, `USER`, `PATH`, `TMPDIR`), and what only one macro package knows.
const ALWAYS: &[&str] = &[
    // Cargo's and rustc's own, and rustup's. `TARGET` to `DEP_*` are what build scripts see.
    "CARGO",
    "CARGO_*",
    "RUSTC*",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "RUSTFMT",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "OUT_DIR",
    "TARGET",
    "HOST",
    "PROFILE",
    "OPT_LEVEL",
    "DEBUG",
    "NUM_JOBS",
    "DEP_*",
    // `std` asks for these.
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "RUST_MIN_STACK",
    // Libraries that log.
    "DEFMT_LOG",
    "RUST_LOG",
    "RUST_LOG_STYLE",
    // Pools of threads.
    "RAYON_NUM_THREADS",
    "RAYON_RS_NUM_CPUS",
    "TOKIO_WORKER_THREADS",
    // Who prints, or works otherwise where nobody watches.
    "BUILDKITE",
    "CI",
    "CIRCLECI",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "COLUMNS",
    "CONTINUOUS_INTEGRATION",
    "FORCE_COLOR",
    "FORCE_HYPERLINK",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "IGNORE_IS_TERMINAL",
    "KONSOLE_VERSION",
    "LINES",
    "NO_COLOR",
    "TERM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TF_BUILD",
    "TRAVIS",
    "VTE_VERSION",
    // Who writes documentation, or the same program every time.
    "DOCS_RS",
    "SOURCE_DATE_EPOCH",
    // The locale's.
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
];

/// What such a pattern means above, but not here: how Cargo gets at packages, where passwords can stand in addresses, and what the Cargo
/// command tells compilers. A macro that lists all variables would depend on the latter.
const NEVER: &[&str] = &["CARGO_HTTP_*", "CARGO_REGISTR*", "CARGO_SOURCE_*", "RUSTC_WASM_PROC_MACRO_*"];

/// What has such a word in its name can be a secret, whatever else it begins with. What Cargo itself sets for a compilation, like
/// `CARGO_BIN_EXE_keygen`, its policy names.
const SECRET: &[&str] = &["TOKEN", "SECRET", "PASS", "KEY", "CREDENTIAL", "PROXY"];

/// Whether every macro may read the variable `name`.
pub(super) fn always(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let is_in = |patterns: &[&str]| patterns.iter().any(|pattern| matches(pattern, name));
    is_in(ALWAYS) && !is_in(NEVER) && !SECRET.iter().any(|word| upper.contains(word))
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
    let wrong = |why| Err(format!("`{}` {why}", super::escaped(text)));
    if name.contains('*') {
        return wrong("is not a valid pattern: `*` is allowed only at the end");
    }
    if text.is_empty() || name.contains(['=', '\0']) {
        return wrong("is not a valid name: a name is not empty and has no `=`");
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
            // Libraries ask for these, and nobody is asked because of it.
            "RUST_MIN_STACK",
            "RAYON_NUM_THREADS",
            "CI",
            "DOCS_RS",
            "RUSTUP_TOOLCHAIN",
        ] {
            assert!(always(name), "{name}");
        }
        for name in [
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_MINE_TOKEN",
            "CARGO_REGISTRIES_mine_token",
            "CARGO_REGISTRIES_MINE_SECRET_KEY",
            "CARGO_REGISTRY_CREDENTIAL_PROVIDER",
            "CARGO_REGISTRIES_MINE_INDEX",
            "CARGO_HTTP_PROXY",
            "CARGO_SOURCE_MINE_REGISTRY",
            "RUSTC_WASM_PROC_MACRO_CACHE",
            "RUSTC_WASM_PROC_MACRO_REFUSALS",
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
