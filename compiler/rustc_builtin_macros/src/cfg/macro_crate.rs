//! `cfg!` in a macro crate that is compiled for WebAssembly: what it asks about the platform is answered for the host.
//!
//! Natively a macro is compiled for the host, and what it makes of `cfg!(windows)` or of `cfg!(target_arch = "x86_64")` is in the program.
//! With the guest's answer that would be another program without a word. Both sides of such an `if` compile on each platform, so the
//! host's answer breaks nothing; behind `#[cfg]` stands what may not compile elsewhere, so attributes say what the guest is. So do the
//! widths of pointers and atomics and all else that decides how values are represented, and all of it in crates that macros are built from.

use rustc_hir::attrs::CfgEntry;
use rustc_session::Session;
use rustc_session::config::CrateType;
use rustc_span::{Symbol, sym};

/// What `cfg` asks, with the answers of the host in it if this is such a crate.
pub(super) fn answer_for_host(sess: &Session, cfg: CfgEntry) -> CfgEntry {
    let is_macro = sess.opts.crate_types.contains(&CrateType::ProcMacro);
    if sess.target.is_like_wasm && is_macro { replace(sess, cfg) } else { cfg }
}

fn replace(sess: &Session, cfg: CfgEntry) -> CfgEntry {
    let all = |entries: thin_vec::ThinVec<CfgEntry>| {
        entries.into_iter().map(|entry| replace(sess, entry)).collect()
    };
    match cfg {
        CfgEntry::All(entries, span) => CfgEntry::All(all(entries), span),
        CfgEntry::Any(entries, span) => CfgEntry::Any(all(entries), span),
        CfgEntry::Not(entry, span) => CfgEntry::Not(Box::new(replace(sess, *entry)), span),
        CfgEntry::NameValue { name, value, span } => match is_of_host(sess, name, value) {
            Some(answer) => CfgEntry::Bool(answer, span),
            None => CfgEntry::NameValue { name, value, span },
        },
        CfgEntry::Bool(..) | CfgEntry::Version(..) => cfg,
    }
}

/// What the compiler would say if it compiled for the host. `None` for what is not about a platform's name.
fn is_of_host(sess: &Session, name: Symbol, value: Option<Symbol>) -> Option<bool> {
    let host = &sess.host;
    let is_family = |family: Symbol| host.families.iter().any(|known| known == family.as_str());
    Some(match (name, value) {
        (sym::unix | sym::windows, None) => is_family(name),
        (sym::target_family, Some(family)) => is_family(family),
        (sym::target_arch, Some(arch)) => arch == host.arch.desc_symbol(),
        (sym::target_env, Some(env)) => env == host.env.desc_symbol(),
        (sym::target_os, Some(os)) => os == host.os.desc_symbol(),
        (sym::target_vendor, Some(vendor)) => vendor == host.vendor_symbol(),
        _ => return None,
    })
}
