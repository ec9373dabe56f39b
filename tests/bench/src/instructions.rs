//! Counts the instructions of a process, which unlike time do not depend on what else the machine does.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::process;
use crate::toolchain::command;

/// What can count on this machine.
#[derive(Clone, Copy, Debug)]
pub enum Counter {
    /// The processor's own counter, of user code.
    Perf,
    /// Valgrind's simulation, some fifty times slower.
    Callgrind,
}

impl Counter {
    /// Finds what can count. Virtual machines often have no counter.
    pub fn find() -> Option<Counter> {
        [Counter::Perf, Counter::Callgrind].into_iter().find(|counter| counter.count(&command("true")).is_ok())
    }

    /// Runs `program` once where it will be counted, but without counting, which is ten times as fast. So it has in its caches what
    /// belongs to that processor: a simulated one is another than the machine's.
    pub fn prepare(self, program: &Command) -> Result<()> {
        let mut runner = match self {
            Counter::Perf => return process::run(&mut within(command("env"), program)).map(drop),
            Counter::Callgrind => command("valgrind"),
        };
        runner.args(["--tool=none", "--quiet"]);
        process::run(&mut within(runner, program)).map(drop)
    }

    /// Runs `program` to its end and returns how many instructions it took.
    pub fn count(self, program: &Command) -> Result<f64> {
        let report = tempfile::NamedTempFile::new()?;
        let runner = match self {
            Counter::Perf => {
                let mut perf = command("perf");
                perf.args(["stat", "-x,", "-e", "instructions:u", "-o"]).arg(report.path());
                perf
            }
            Counter::Callgrind => {
                let mut valgrind = command("valgrind");
                valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
                valgrind.arg(format!("--log-file={}", report.path().display()));
                valgrind
            }
        };
        process::run(&mut within(runner, program))?;
        let report = std::fs::read_to_string(report.path())?;
        let number = match self {
            Counter::Perf => {
                report.lines().find_map(|line| line.strip_suffix(',').unwrap_or(line).split(',').next()?.parse().ok())
            }
            Counter::Callgrind => {
                let collected = report.lines().find_map(|line| line.split_once("Collected : "));
                collected.and_then(|(_, number)| number.trim().parse().ok())
            }
        };
        let number: f64 = number.with_context(|| format!("{self:?} counted no instructions:\n{report}"))?;
        ensure!(number > 0.0, "{self:?} counted no instructions");
        Ok(number)
    }
}

/// The call of `program` by a `runner` that takes it as its last arguments.
fn within(mut runner: Command, program: &Command) -> Command {
    runner.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => runner.env(name, value),
            None => runner.env_remove(name),
        };
    }
    runner
}
