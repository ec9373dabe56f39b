//! Commands that look at the macros of a build, and build nothing but modules.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::background;
use crate::failure::Result;
use crate::macros::Macros;
use crate::project::Project;
use crate::resolve::{Choice, Resolver};
use crate::session::Session;
use crate::shell::Shell;
use crate::split::CargoLine;

/// The command of Cargo's whose graph they are looked up in.
pub(crate) const LOOKED_UP_IN: &str = "build";

/// Plans the project's build, and calls `act` before anything is decided about the macros.
pub(crate) fn with_macros(
    shell: &Shell,
    line: &CargoLine,
    act: impl FnOnce(&mut Resolver<'_>) -> Result<i32>,
) -> Result<i32> {
    let session = Session::new(shell)?;
    background::end(&session.store);
    let cargo = session.cargo(shell, line);
    let plan = cargo.plan(OsStr::new(LOOKED_UP_IN), &BTreeSet::new())?;
    let macros = Macros::of(&plan, &mut session.keys(&plan)?);
    let project = Project::read(&plan)?;
    act(&mut Resolver::new(&cargo, &macros, &session.store, project, Choice::default()))
}

/// Options by which Cargo builds in `target` and nowhere else, whatever the user has set.
pub(crate) fn built_in(target: &Path) -> [OsString; 4] {
    let build_dir = toml::Value::String(target.display().to_string());
    ["--target-dir".into(), target.into(), "--config".into(), format!("build.build-dir={build_dir}").into()]
}
