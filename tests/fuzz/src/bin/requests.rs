//! Sends the bridge's requests to the compiler of a toolchain.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use fuzz::requests::{self, Done, Run};

const USAGE: &str =
    "usage: requests --toolchain DIR --guest FILE --findings DIR [--for SECONDS] [--seed NUMBER] [--input FILE]";

fn main() -> ExitCode {
    let Some((run, input)) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let result = match input {
        Some(path) => requests::replay(&run, &[path]),
        None => requests::run(&run),
    };
    match result {
        Ok(Done { faults: 0, executions: 1.., .. }) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Option<(Run, Option<PathBuf>)> {
    let (mut toolchain, mut guest, mut findings, mut input) = (None, None, None, None);
    let (mut seconds, mut seed) = (60, 1);
    while let Some(option) = arguments.next() {
        let value = arguments.next()?;
        match &*option {
            "--toolchain" => toolchain = Some(value.into()),
            "--guest" => guest = Some(std::path::absolute(value).ok()?),
            "--findings" => findings = Some(value.into()),
            "--input" => input = Some(value.into()),
            "--for" => seconds = value.parse().ok()?,
            "--seed" => seed = value.parse().ok()?,
            _ => return None,
        }
    }
    let duration = Duration::from_secs(seconds);
    Some((Run { toolchain: toolchain?, guest: guest?, findings: findings?, seed, files: 1, duration }, input))
}
