//! Has the crates between macros and `proc_macro` compile for WebAssembly as they do for the host.
//!
//! `proc_macro` was once missing from WebAssembly's targets, and Cargo compiled a dependency once for macros and for
//! programs. So four crates leave out there all that has to do with it, `parse_macro_input!` and
//! `From<proc_macro::TokenStream>` included. How they decide, as their sources say:
//!
//! | crate | versions | what it asks |
//! |---|---|---|
//! | `syn` | to 2.0.16 | whether `target_arch` is `wasm32` and `target_os` is `unknown` or (since 0.15) `wasi` |
//! | `quote` | to 1.0.27 | whether `target_arch` is `wasm32` and `target_os` is `unknown` |
//! | `synstructure` | 0.12.2 to 0.13.2 and later | as `syn` |
//! | `proc_macro2` | 0.4.10 to 1.0.58 | its build script, whether `TARGET` has `wasm32` in it; if not, it sets `use_proc_macro` and `wrap_proc_macro` |
//!
//! All of it is behind their feature `proc-macro`, too. So for crates of these names with that feature `target_os` has no value, and
//! `proc_macro2` has what its build script did not set. They ask for `target_os` for no other reason, and later versions
//! for neither. Everybody else sees the system that there is: `std`, `libc` and `getrandom` need it.
//!
//! What was weighed against it: another `target_os` for all that macros are made of, with which nothing would find WASI;
//! the host's `TARGET` for the build script of `proc_macro2`, which helps under Cargo only and not `syn`; and changed copies of
//! the crates, which are not those that a `Cargo.lock` names.
//!
//! All four go together: `syn` does not compile without the conversions of `proc_macro2`. It is the same for programs, since rustc
//! cannot know what a library will be linked into. There `proc_macro2` finds out that no compiler runs it, in its early versions by
//! a panic that it catches. So where panics abort nothing is changed.

use rustc_session::Session;
use rustc_session::config::Cfg;
use rustc_span::{Symbol, sym};

/// Their feature, and what the build script of `proc_macro2` sets or reads.
const FEATURE: &str = "proc-macro";
const USE: &str = "use_proc_macro";
const WRAP: &str = "wrap_proc_macro";
const EXEMPT: &str = "procmacro2_semver_exempt";

/// The targets for which modules are compiled.
const TARGETS: [&str; 2] = ["wasm32-wasip1", "wasm32-unknown-unknown"];

/// Adapts the configuration of a crate, if it is one of them.
pub(crate) fn configure(sess: &Session, cfg: &mut Cfg) {
    if !sess.target.is_like_wasm || !TARGETS.contains(&sess.opts.target_triple.tuple()) {
        return;
    }
    let Some(name @ ("syn" | "quote" | "synstructure" | "proc_macro2")) =
        sess.opts.crate_name.as_deref()
    else {
        return;
    };
    let feature = (sym::feature, Some(Symbol::intern(FEATURE)));
    if !cfg.contains(&feature) || !sess.panic_strategy().unwinds() {
        return;
    }
    if name == "proc_macro2" {
        cfg.insert((Symbol::intern(USE), None));
        // With this, what is stable is not enough for it to wrap `proc_macro`.
        if !cfg.contains(&(Symbol::intern(EXEMPT), None)) {
            cfg.insert((Symbol::intern(WRAP), None));
        }
    } else {
        cfg.retain(|(name, _)| *name != sym::target_os);
    }
}
