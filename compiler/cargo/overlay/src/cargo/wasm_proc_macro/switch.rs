//! The switch: where the configuration says so, plain Cargo hands its command line over to the subcommand, which calls Cargo
//! with requests.

use std::env::{self, consts::EXE_SUFFIX};
use std::ffi::OsString;
use std::path::Path;

use anyhow::Context as _;
use cargo_util::{ProcessBuilder, ProcessError};
use clap::ArgMatches;
use clap::parser::ValueSource;

use super::settings::Settings;
use super::{end_early, request};
use crate::{CargoResult, GlobalContext};

/// The commands that compile, and the options with which they do not. Where they publish or install without that, to
/// be asked for a plan would have them do so.
const COMPILE: [(&str, &[&str]); 12] = [
    ("bench", &[]),
    ("build", &[]),
    ("check", &[]),
    ("doc", &[]),
    ("fix", &[]),
    ("install", &["list"]),
    ("package", &["list", "no-verify"]),
    ("publish", &["no-verify"]),
    ("run", &[]),
    ("rustc", &["print"]),
    ("rustdoc", &[]),
    ("test", &[]),
];

/// Stands before a line that is handed over, with the command that is meant and the settings before the line itself. The line
/// may say an alias, and Cargo takes its configuration from elsewhere once it installs a package.
const HANDED_OVER: &str = "--handed-over";

/// Ends this process by running the subcommand in its place, if the switch is on and `command` compiles.
///
/// # Errors
///
/// When the configuration is wrong, or there is no subcommand beside this program.
pub fn hand_over(gctx: &GlobalContext, command: &str, args: &ArgMatches) -> CargoResult<()> {
    let command = match COMPILE.iter().find(|(name, _)| *name == command) {
        Some((command, without)) if !without.iter().any(|option| is_given(args, option)) => command,
        None if gctx.cli_unstable().script && is_script(command) => "run",
        _ => return Ok(()),
    };
    if request::is_there() {
        return Ok(());
    }
    let settings = Settings::of(gctx)?;
    if !settings.enabled {
        return Ok(());
    }
    let program = env::current_exe().and_then(|own| own.canonicalize())?;
    let program = program.with_file_name(format!("cargo-wasm-proc-macro{EXE_SUFFIX}"));
    let mut subcommand = ProcessBuilder::new(&program);
    subcommand.arg(HANDED_OVER).arg(command).arg(serde_json::to_string(&settings)?).args(&words());
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

fn is_given(args: &ArgMatches, option: &str) -> bool {
    args.value_source(option) == Some(ValueSource::CommandLine)
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
