//! The channels on which a compilation speaks, and what it says on each.

use std::fs;
use std::path::Path;
use std::process::Command;

use tests::{Form, Outcome, RustcExt};

use crate::invocation::{Ends, Invocation};
use crate::normalize::{Normalizer, json_lines, renumbered};

/// A way in which a compilation can be told from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Exit code, stdout and stderr of an ordinary compilation.
    Build,
    /// The files that `--emit=dep-info` names.
    DepInfo,
    /// Exit code, stdout and stderr of the program.
    Program,
    /// `-Zunpretty=expanded`.
    Expanded,
    /// `-Zunpretty=expanded,hygiene`.
    Hygiene,
    /// `--error-format=json`.
    Json,
}

/// What a compilation says on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub channel: Channel,
    /// Which part of the channel: `exit code`, `stdout`, …
    pub what: &'static str,
    pub text: String,
}

impl Said {
    fn new(channel: Channel, what: &'static str, text: String) -> Said {
        Said { channel, what, text }
    }
}

/// Compiles with all channels open. What is made goes to `out`.
///
/// # Errors
///
/// If a compilation does not end as it is to end.
pub fn listen(user: &Invocation, form: Form, out: &Path) -> Result<Vec<Said>, String> {
    listen_until(user, form, out, |_| false)
}

/// As [`listen`], until `enough` says so of what has been said so far. Each further channel is a compilation.
///
/// # Errors
///
/// If a compilation does not end as it is to end.
pub fn listen_until(
    user: &Invocation,
    form: Form,
    out: &Path,
    enough: impl Fn(&[Said]) -> bool,
) -> Result<Vec<Said>, String> {
    let normalizer = Normalizer::new(user, out);
    let mut said = Vec::new();
    let program = out.join("program");
    let dep_info = out.join("program.d");

    let mut build = user.command(form);
    if !user.common.iter().any(|word| word.starts_with("--emit")) {
        build.arg(format!("--emit=link,dep-info={}", dep_info.display()));
    }
    build.arg("-o").arg(&program);
    let outcome = ended(build.outcome(), user.ends)?;
    outcome_said(Channel::Build, &outcome, &normalizer, &mut said);
    if enough(&said) {
        return Ok(said);
    }
    if let Ok(text) = fs::read_to_string(&dep_info) {
        said.push(Said::new(Channel::DepInfo, "files", normalizer.dep_info(&text)));
    }
    if user.ends == Ends::Success && is_program(user) {
        let outcome = Command::new(&program).current_dir(&user.dir).outcome();
        outcome_said(Channel::Program, &outcome, &normalizer, &mut said);
    }
    if enough(&said) {
        return Ok(said);
    }

    for (channel, flag) in [(Channel::Expanded, "expanded"), (Channel::Hygiene, "expanded,hygiene")] {
        let mut outcome = user.command(form).arg(format!("-Zunpretty={flag}")).outcome();
        if channel == Channel::Hygiene {
            outcome.stdout = renumbered(&outcome.stdout);
        }
        outcome_said(channel, &outcome, &normalizer, &mut said);
        if enough(&said) {
            return Ok(said);
        }
    }

    let mut json = user.command(form);
    json.args(["--error-format=json", "--emit=metadata", "-o"]).arg(out.join("program.rmeta"));
    let mut outcome = ended(json.outcome(), user.ends)?;
    outcome.stderr = json_lines(&outcome.stderr);
    outcome_said(Channel::Json, &outcome, &normalizer, &mut said);
    Ok(said)
}

fn outcome_said(channel: Channel, outcome: &Outcome, normalizer: &Normalizer, said: &mut Vec<Said>) {
    let code = outcome.code.map_or("a signal".to_owned(), |code| code.to_string());
    said.push(Said::new(channel, "exit code", code));
    said.push(Said::new(channel, "stdout", normalizer.text(&outcome.stdout)));
    said.push(Said::new(channel, "stderr", normalizer.text(&outcome.stderr)));
}

fn ended(outcome: Outcome, ends: Ends) -> Result<Outcome, String> {
    let expected = if ends == Ends::Success { 0 } else { 1 };
    if outcome.code == Some(expected) {
        return Ok(outcome);
    }
    // What macros print to stdout is long.
    let code = outcome.code.map_or("a signal".to_owned(), |code| code.to_string());
    Err(format!("{}\nended with {code} instead of {expected}:\n{}", outcome.command, outcome.stderr))
}

/// Whether the compilation makes something that runs here.
fn is_program(user: &Invocation) -> bool {
    let crate_type = user.common.iter().position(|word| word == "--crate-type").map(|at| &*user.common[at + 1]);
    crate_type.is_none_or(|kind| kind == "bin") && !user.common.iter().any(|word| word == "--target")
}
