//! The switch: where the configuration says so, Cargo decides itself what becomes of macros, or hands its command line over to the
//! subcommand, which calls Cargo with requests.

use std::env::{self, consts::EXE_SUFFIX};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::Context as _;
use cargo_util::{ProcessBuilder, ProcessError};
use clap::ArgMatches;
use clap::parser::ValueSource;

use super::settings::Settings;
use super::{end_early, request};
use crate::{CargoResult, GlobalContext};

/// The commands that build a package that they make themselves, and hold it while they do, so that no second process can build for
/// them; with the options with which they do not build. Where they publish without that, to be asked for a plan would have them do so.
const HANDED_OVER: [(&str, &[&str]); 2] = [("package", &["list", "no-verify"]), ("publish", &["no-verify"])];

/// Stands before a line that is handed over, with the command that is meant and the settings before the line itself. The line
/// may say an alias, and Cargo takes its configuration from elsewhere once it installs a package.
const OPTION: &str = "--handed-over";

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

    /// Ends this process by running the subcommand in its place.
    fn hand_over(&self, gctx: &GlobalContext) -> CargoResult<()> {
        let program = self.program("cargo-wasm-proc-macro");
        let mut subcommand = ProcessBuilder::new(&program);
        subcommand.arg(OPTION).args(&self.words()?);
        if let Some(client) = gctx.jobserver_from_env() {
            subcommand.inherit_jobserver(client);
        }
        let Err(error) = subcommand.exec_replace() else { end_early(0) };
        if let Some(ProcessError { code: Some(code), .. }) = error.downcast_ref() {
            end_early(*code);
        }
        Err(error).with_context(|| {
            format!("`wasm-proc-macro.enabled` is set, but there is no `{}`; is the toolchain complete?", program.display())
        })
    }
}

/// Looks whether the switch is on.
///
/// # Errors
///
/// When the configuration is wrong, or there is no subcommand beside this program that is needed.
pub fn begin(gctx: &GlobalContext, command: &str, args: &ArgMatches) -> CargoResult<()> {
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
    let switch = SWITCH.get_or_init(|| Switch { command: meant.to_owned(), settings, directory });
    let is_given = |option: &&str| args.value_source(option) == Some(ValueSource::CommandLine);
    let is_it = |(name, without): &(&str, &[&str])| *name == command && !without.iter().any(is_given);
    if HANDED_OVER.iter().any(is_it) { switch.hand_over(gctx) } else { Ok(()) }
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
