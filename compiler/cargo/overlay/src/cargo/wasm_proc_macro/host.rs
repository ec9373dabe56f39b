//! What a macro built for WebAssembly is told of the host all the same, since natively it is built for that.

use std::sync::OnceLock;

use cargo_util::ProcessBuilder;

use super::is_guest;
use crate::core::compiler::{CompileKind, RustcTargetData, Unit};

/// The options that say which `cfg`s there are.
const OPTIONS: [&str; 2] = ["--cfg", "--check-cfg"];

/// Those of the user's that reach macros.
static CFGS: OnceLock<Vec<String>> = OnceLock::new();

/// Keeps the user's `cfg`s for what the compiler is asked about the guest, once it has been asked about the host.
pub(super) fn keep_cfgs(target_data: &RustcTargetData<'_>) {
    _ = CFGS.set(cfgs(target_data));
}

/// The flags for the guest where Cargo would look for the user's.
pub(super) fn kept_cfgs() -> Vec<String> {
    CFGS.get().cloned().unwrap_or_default()
}

/// The flags of the user's that a macro is compiled with: of those that reach it natively, what sets a `cfg`. Without `--target` these
/// are those of `RUSTFLAGS` and `build.rustflags`. All others are about code generation, linkers and lints on the host.
pub(super) fn cfgs(target_data: &RustcTargetData<'_>) -> Vec<String> {
    let flags = &target_data.info(CompileKind::Host).rustflags;
    let mut found = Vec::new();
    let mut rest = flags.iter();
    while let Some(flag) = rest.next() {
        if OPTIONS.contains(&flag.as_str()) {
            found.push(flag.clone());
            found.extend(rest.next().cloned());
        } else if OPTIONS.iter().any(|option| flag.strip_prefix(option).is_some_and(|value| value.starts_with('='))) {
            found.push(flag.clone());
        }
    }
    found
}

/// Lets the build scripts of some packages see the host's TARGET although their package is compiled for the guest:
///
/// * That of `proc-macro2`. Up to 1.0.58 it leaves `proc_macro` out where TARGET contains `wasm32`. Later ones use TARGET only to ask the
///   compiler for unstable parts of `proc_macro`, and these are the same on both.
/// * Those of macro crates. Natively no macro is built for anything but the host. What a script keeps of TARGET is what the macro
///   says, and that must not be another thing without a word. One that builds C code fails with either answer.
///
/// All other packages are built for WebAssembly elsewhere, too, and their scripts are ready for it. With the host's TARGET `cc` would make code
/// for the wrong platform, and `autocfg` would ask the wrong standard library. CARGO_CFG_TARGET_* is the guest's everywhere, since it is what
/// `cfg` says in the crate itself.
pub(super) fn answer_target(cmd: &mut ProcessBuilder, unit: &Unit, host: &str) {
    if is_guest(unit.kind) && (unit.pkg.name() == "proc-macro2" || unit.pkg.proc_macro()) {
        cmd.env("TARGET", host);
    }
}
