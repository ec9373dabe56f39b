//! The switch: where the configuration says so, plain Cargo hands its command line over to the subcommand, which calls Cargo
//! with requests.

use std::env::{self, consts::EXE_SUFFIX};
use std::ffi::OsString;

use anyhow::Context as _;
use cargo_util::{ProcessBuilder, ProcessError};

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
    ("install", &["--list"]),
    ("package", &["--list", "-l", "--no-verify"]),
    ("publish", &["--no-verify"]),
    ("run", &[]),
    ("rustc", &["--print"]),
    ("rustdoc", &[]),
    ("test", &[]),
];

/// Stands before a line that is handed over, and the command that is meant before the line itself, which may say an alias.
const HANDED_OVER: &str = "--handed-over";

/// Ends this process by running the subcommand in its place, if the switch is on and `command` compiles.
///
/// # Errors
///
/// When the configuration is wrong, or there is no subcommand beside this program.
pub fn hand_over(gctx: &GlobalContext, command: &str) -> CargoResult<()> {
    let Some((_, compiling_nothing)) = COMPILE.iter().find(|(name, _)| *name == command) else { return Ok(()) };
    if request::is_there() || !Settings::of(gctx)?.enabled {
        return Ok(());
    }
    let words = words();
    let own = words.iter().take_while(|word| *word != "--").filter_map(|word| word.to_str());
    let names = own.map(|word| word.split_once('=').map_or(word, |(name, _)| name));
    if names.into_iter().any(|name| compiling_nothing.contains(&name)) {
        return Ok(());
    }
    let program = env::current_exe().and_then(|own| own.canonicalize())?;
    let program = program.with_file_name(format!("cargo-wasm-proc-macro{EXE_SUFFIX}"));
    let mut subcommand = ProcessBuilder::new(&program);
    subcommand.arg(HANDED_OVER).arg(command).args(&words);
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
