//! `optimize`: modules that run faster, for all later builds.

use std::ffi::OsStr;

use crate::decision::Decision;
use crate::failure::Result;
use crate::look_up::{LOOKED_UP_IN, with_macros};
use crate::profile::Profile;
use crate::resolve::Choice;
use crate::shell::Shell;
use crate::split::CargoLine;

/// Builds an optimized module of each macro of the plan that has none, but for those whose source may change.
pub(crate) fn run(shell: &Shell, line: &CargoLine) -> Result<i32> {
    with_macros(shell, line, |resolver| {
        let macros = resolver.macros;
        resolver.project.warn_of_unused(shell, macros)?;
        resolver.choice = Choice { retry: true, profile: Profile::Optimized, ..Choice::default() };
        let lasting = macros.list.iter().filter(|it| it.changeable.is_none());
        let units: Vec<usize> = lasting.flat_map(|it| it.units.iter().copied()).collect();
        resolver.need(&units)?;
        let missing = resolver.to_build().len();
        resolver.build_missing(OsStr::new(LOOKED_UP_IN), &[])?;
        let wants = resolver.wants();
        if !wants.is_empty() {
            return Err(resolver.missing(&wants));
        }
        let modules = resolver.decisions.values().filter(|decision| matches!(decision, Decision::Wasm(_))).count();
        let plural = if missing == 1 { "module" } else { "modules" };
        shell.status("Optimized", format_args!("{missing} {plural}; {} were optimized before", modules - missing));
        Ok(0)
    })
}
