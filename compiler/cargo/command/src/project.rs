//! `wasm-proc-macro.toml`, in the root of the workspace: what a project says of its macros. Those of other packages mean nothing.

mod permissions;
pub(crate) mod pins;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use self::permissions::{Permissions, Sections};
use self::pins::{Pin, Pins};
use crate::failure::{Failure, Result};
use crate::macros::Macros;
use crate::plan::Plan;
use crate::shell::Shell;

/// The file's name.
pub(crate) const FILE_NAME: &str = "wasm-proc-macro.toml";

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    modules: BTreeMap<String, Pin>,
    #[serde(default)]
    permissions: Sections,
}

/// What the file says.
#[derive(Default)]
pub(crate) struct Project {
    pub(crate) pins: Pins,
    pub(crate) permissions: Permissions,
}

impl Project {
    /// Reads the file of a plan's project, if there is one.
    pub(crate) fn read(plan: &Plan) -> Result<Project> {
        Project::parse(plan, &text(plan.project())?)
    }

    /// Reads what stands in the file, or would.
    pub(crate) fn parse(plan: &Plan, text: &str) -> Result<Project> {
        let root = plan.project();
        let file: File = toml::from_str(text).map_err(|error| {
            Failure::new(format!("`{}` is not valid", root.join(FILE_NAME).display()))
                .note(error.to_string())
                .help("`cargo wasm-proc-macro pack` prints the line for `[modules]`, and an error about a refusal prints those for `[permissions]`")
        })?;
        let permissions = Permissions::new(plan, text, file.permissions);
        Ok(Project { pins: Pins::new(root, file.modules), permissions })
    }

    /// Warns of what it says of no macro.
    pub(crate) fn warn_of_unused(&self, shell: &Shell, macros: &Macros<'_>) -> Result<()> {
        self.unused(macros)?.into_iter().for_each(|text| shell.warn(text));
        Ok(())
    }

    /// A sentence about each of its lines that belongs to no macro.
    ///
    /// # Errors
    ///
    /// See [`Permissions::check`].
    pub(crate) fn unused(&self, macros: &Macros<'_>) -> Result<Vec<String>> {
        let mut unused = self.pins.unused(macros);
        unused.extend(self.permissions.check(macros)?);
        Ok(unused)
    }
}

/// The file's text. Nothing is in one that is not there.
pub(crate) fn text(root: &Path) -> Result<String> {
    let path = root.join(FILE_NAME);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Failure::new(format!("cannot read `{}`: {error}", path.display()))),
        Ok(text) => Ok(text),
    }
}
