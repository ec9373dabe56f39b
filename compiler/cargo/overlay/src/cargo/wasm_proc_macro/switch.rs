//! The switch: where the configuration says so, Cargo decides itself what becomes of macros.

use std::env::{self, consts::EXE_SUFFIX};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::request;
use super::settings::Settings;
use crate::{CargoResult, GlobalContext};

static SWITCH: OnceLock<Switch> = OnceLock::new();

/// What a command was called with whose configuration has the switch on.
pub(super) struct Switch {
    command: String,
    settings: Settings,
    /// Where this program and the other ones of the toolchain are.
    directory: PathBuf,
}

impl Switch {
    pub(super) fn get() -> Option<&'static Switch> {
        SWITCH.get()
    }

    /// The command that is meant, the settings and the command line.
    pub(super) fn words(&self) -> CargoResult<Vec<OsString>> {
        let settings = serde_json::to_string(&self.settings)?;
        Ok([self.command.as_str().into(), settings.into()].into_iter().chain(words()).collect())
    }

    fn program(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}{EXE_SUFFIX}"))
    }
}

/// Looks whether the switch is on.
///
/// # Errors
///
/// When the configuration is wrong.
pub fn begin(gctx: &GlobalContext, command: &str) -> CargoResult<()> {
    if request::is_there() {
        return Ok(());
    }
    let settings = Settings::of(gctx)?;
    if !settings.enabled {
        return Ok(());
    }
    let program = env::current_exe().and_then(|own| own.canonicalize())?;
    let directory = program.parent().unwrap_or(Path::new("")).to_owned();
    let meant = if gctx.cli_unstable().script && is_script(command) { "run" } else { command };
    SWITCH.get_or_init(|| Switch { command: meant.to_owned(), settings, directory });
    Ok(())
}

/// The compiler or the rustdoc beside this program, if the switch is on: others cannot run macros from modules.
pub fn tool(name: &str) -> Option<PathBuf> {
    SWITCH.get().map(|switch| switch.program(name))
}

/// Whether a command is the path of a package in one file, which Cargo runs.
fn is_script(command: &str) -> bool {
    let path = Path::new(command);
    path.components().count() > 1 || path.extension().is_some_and(|extension| extension == "rs")
}

/// The command line without `-C`, which has been done.
fn words() -> Vec<OsString> {
    let mut words = Vec::new();
    let mut given = env::args_os().skip(1);
    while let Some(word) = given.next() {
        if word == "-C" {
            given.next();
            continue;
        }
        let is_option = word.as_encoded_bytes().starts_with(b"-");
        words.push(word);
        if !is_option {
            break;
        }
    }
    words.extend(given);
    words
}
