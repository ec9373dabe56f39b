//! The bridge's requests, sent to a real compiler: files with many macro calls each, in a process of its own each.

mod code;
mod compiler;
mod generate;
mod grammar;
mod minimize;
mod right;
mod texts;
mod tokens;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use arbitrary::Unstructured;

use crate::random::Random;
use compiler::{Compiler, Fault, Mode, Outcome, file, first_line};
use generate::{INPUT_BYTES, Invocation};

/// How many macro calls a file has.
const CALLS: usize = 200;

/// How often the calls that are left of a file are compiled again, without those that are wrong or have errors: where there are
/// errors early, the compiler does not get to what comes late.
const TRIES: usize = 12;

/// What a run is to do.
pub struct Run {
    /// The toolchain's directory.
    pub toolchain: PathBuf,
    /// The guest's source.
    pub guest: PathBuf,
    /// Where files go with which something is wrong.
    pub findings: PathBuf,
    pub seed: u64,
    /// How many files are made at least, and for how long.
    pub files: u64,
    pub duration: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// How many requests were sent, or files compiled that were found before.
    pub executions: usize,
    pub faults: usize,
    /// How many macro calls there were, and how many were left that the compiler has taken to the end.
    pub calls: usize,
    pub clean: usize,
}

/// Calls the compiler until the time is over.
///
/// # Errors
///
/// The guest cannot be compiled, or a file cannot be written.
pub fn run(run: &Run) -> io::Result<Done> {
    let compiler = Compiler::new(&run.toolchain, &run.guest)?;
    let mut session = Session { compiler, run, requests: 0, calls: 0, files: 0, clean: 0, found: BTreeMap::new() };
    let start = Instant::now();
    let mut round = 0;
    while round < run.files || start.elapsed() < run.duration {
        let mut random = Random::new(run.seed.wrapping_add(round));
        // A call that is wrong can hide those beside it to the end.
        let right = round % 3 == 0;
        round += 1;
        let mode = Mode::ALL[(random.next() % 8).saturating_sub(3) as usize];
        let calls = (0..CALLS).filter_map(|_| {
            let input: Vec<u8> = (0..INPUT_BYTES).map(|_| random.next() as u8).collect();
            Invocation::of(&mut Unstructured::new(&input), &session.compiler.secrets, right).ok()
        });
        let calls: Vec<Invocation> = calls.collect();
        session.file(calls, mode)?;
        let Session { requests, calls, files, clean, found, .. } = &session;
        println!(
            "#{requests} requests by {calls} macro calls in {files} files, {clean} without errors, {} faults",
            found.len()
        );
    }
    for (fault, times) in &session.found {
        println!("{times} times: {fault}");
    }
    let Session { requests, calls, clean, found, .. } = session;
    Ok(Done { executions: requests, faults: found.len(), calls, clean })
}

/// Compiles files that were found before, and says what is wrong with them.
///
/// # Errors
///
/// As [`run`].
pub fn replay(run: &Run, paths: &[impl AsRef<Path>]) -> io::Result<Done> {
    let compiler = Compiler::new(&run.toolchain, &run.guest)?;
    let mut done = Done { executions: 0, faults: 0, calls: 0, clean: 0 };
    for path in paths {
        let text = fs::read_to_string(path)?.replace(SECRETS, &compiler.secrets);
        done.executions += 1;
        for mode in Mode::ALL {
            let fault = compiler.compile(&text, mode)?.fault;
            println!("{}", compiler.said());
            if let Some(fault) = fault {
                println!("{}, {mode:?}: {fault}", path.as_ref().display());
                done.faults += 1;
                break;
            }
        }
    }
    Ok(done)
}

/// Stands in files that were found for the directory of secrets, which is another one each time. Within digits it cannot stand.
const SECRETS: &str = "@SECRETS@";

struct Session<'a> {
    compiler: Compiler,
    run: &'a Run,
    requests: usize,
    calls: usize,
    /// How often the compiler was called.
    files: usize,
    /// How many macro calls were left that have no errors.
    clean: usize,
    /// How often there was each fault.
    found: BTreeMap<Fault, usize>,
}

impl Session<'_> {
    /// Compiles a file, and what is left of it without the calls that are wrong or have errors.
    fn file(&mut self, mut calls: Vec<Invocation>, mode: Mode) -> io::Result<()> {
        self.calls += calls.len();
        // What a guest of watt does besides counts for nothing.
        self.requests += calls.iter().map(|call| call.code.requests().max(1)).sum::<usize>();
        for _ in 0..TRIES {
            let outcome = self.compiler.compile(&file(&calls), mode)?;
            self.files += 1;
            let before = calls.len();
            if outcome.fault.is_some() || outcome.is_overflow {
                let wrong = self.minimized(&calls, mode, &outcome)?;
                if let Some(fault) = &outcome.fault {
                    let times = self.found.entry(fault.clone()).or_default();
                    *times += 1;
                    if *times == 1 {
                        self.save(&wrong, mode, &outcome, fault)?;
                    }
                }
                calls.retain(|call| !wrong.contains(call));
            } else if outcome.is_success {
                self.clean += calls.len();
                return Ok(());
            } else {
                let mut line = first_line();
                calls.retain(|_| {
                    line += 1;
                    !outcome.named.contains(&(line - 1))
                });
            }
            if calls.is_empty() || calls.len() == before {
                break;
            }
        }
        Ok(())
    }

    fn is_still(&self, calls: &[Invocation], mode: Mode, wrong: &Outcome) -> io::Result<bool> {
        let outcome = self.compiler.compile(&file(calls), mode)?;
        Ok(outcome.fault == wrong.fault && outcome.is_overflow == wrong.is_overflow)
    }

    /// The calls that are needed for what is wrong, as they are.
    fn minimized(&self, calls: &[Invocation], mode: Mode, wrong: &Outcome) -> io::Result<Vec<Invocation>> {
        minimize::minimize(calls.to_vec(), |calls| self.is_still(calls, mode, wrong))
    }

    /// Writes the least file with that fault.
    fn save(&self, calls: &[Invocation], mode: Mode, wrong: &Outcome, fault: &Fault) -> io::Result<()> {
        let mut calls = calls.to_vec();
        for at in 0..calls.len() {
            let parts = calls[at].code.parts.clone();
            if parts.is_empty() {
                continue;
            }
            let less = minimize::minimize(parts, |parts| {
                let mut changed = calls.clone();
                changed[at].code.parts = parts.to_vec();
                self.is_still(&changed, mode, wrong)
            })?;
            calls[at].code.parts = less;
        }
        self.compiler.compile(&file(&calls), mode)?;
        let said = self.compiler.said();
        let comment: String = said.lines().take(60).map(|line| format!("// {line}\n")).collect();
        let name: String = fault.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(90).collect();
        let path = self.run.findings.join(format!("{name}.rs"));
        let text = file(&calls).replace(&self.compiler.secrets, SECRETS);
        fs::create_dir_all(&self.run.findings)?;
        fs::write(&path, format!("// {mode:?}: {fault}\n{text}\n{comment}"))?;
        println!("Test unit written to {}", path.display());
        Ok(())
    }
}
