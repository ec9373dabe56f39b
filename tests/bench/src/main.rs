//! `./x.py bench [NAME…]`: measures what macros from WebAssembly cost, in pairs with what they are compared to.
//!
//! Every measure compares things within one run, in rounds in which each has its turn, so that whatever else the machine
//! does falls on all of them. Results go to stdout as a table, and as JSON and a plot into `bench/` of the build directory, where
//! those of measures that a run does without stay from earlier ones. Only `--write` changes the repository: whoever measures on a
//! machine of their own wants to compare, and not to edit our document.

mod cargo;
mod graph;
mod instructions;
mod macros;
mod measures;
mod page;
mod plot;
mod process;
mod profile;
mod program;
mod report;
mod results;
mod rounds;
mod row;
mod toolchain;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::measures::{Bench, MEASURES, Measure};
use crate::results::{Record, Results};

const USAGE: &str = "usage: ./x.py bench [NAME…] [--rounds N] [--project NAME…] [--write]

Without a NAME everything is measured. --rounds sets how often each comparison is repeated (default: 1 to 31, by what a
repetition costs). --project has `cargo` build only that one, and leaves the results of the others. --write puts the results into tests/bench/results.toml and docs/benchmarks.md. `page` in place of
names only writes that document anew. NAME is one of";

/// In place of names: nothing is measured, and the document is written.
const PAGE: &str = "page";

struct Arguments {
    names: Vec<String>,
    rounds: Option<usize>,
    /// The projects that `cargo` builds; all of them if there are none.
    projects: Vec<String>,
    /// Whether the repository gets the results.
    write: bool,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| match arguments {
        Some(arguments) if arguments.names == [PAGE] => page::write(&Results::open(&page::results())?),
        Some(arguments) => run(&arguments),
        None => {
            println!("{}", usage());
            Ok(())
        }
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let names = MEASURES.iter().map(|measure| format!("  {:<12} {}", measure.name, measure.what));
    [USAGE.to_owned()].into_iter().chain(names).collect::<Vec<_>>().join("\n")
}

fn arguments() -> Result<Option<Arguments>> {
    let mut arguments = Arguments { names: Vec::new(), rounds: None, projects: Vec::new(), write: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--project" => match words.next() {
                Some(name) => arguments.projects.push(name),
                None => bail!("`--project` needs a name\n{}", usage()),
            },
            "-h" | "--help" => return Ok(None),
            "--write" => arguments.write = true,
            PAGE => arguments.names.push(word),
            "--rounds" => match words.next().map(|number| number.parse()) {
                Some(Ok(rounds)) if rounds > 0 => arguments.rounds = Some(rounds),
                _ => bail!("`--rounds` needs a number\n{}", usage()),
            },
            name if MEASURES.iter().any(|measure| measure.name == name) => arguments.names.push(word),
            _ => bail!("there is no measure `{word}`\n{}", usage()),
        }
    }
    if arguments.names.len() > 1 && arguments.names.iter().any(|name| name == PAGE) {
        bail!("`page` stands alone\n{}", usage());
    }
    Ok(Some(arguments))
}

fn run(arguments: &Arguments) -> Result<()> {
    let mut bench = Bench::new(arguments.rounds, arguments.projects.clone())?;
    let load = foreign_load();
    for measure in MEASURES {
        if arguments.names.is_empty() || arguments.names.iter().any(|name| name == measure.name) {
            eprintln!("[bench] {}: {}", measure.name, measure.what);
            bench.report.begin(measure.name);
            if let Some(load) = load {
                bench
                    .report
                    .note(format!("other processes kept {load:.1} cores busy at the start, so times are noisy"));
            }
            (measure.run)(&mut bench)?;
            // At once, for the next one may fail.
            bench.write()?;
            if arguments.write {
                publish(&mut bench, measure, arguments)?;
            }
        }
    }
    print!("{}", bench.report.table());
    eprintln!("[bench] written: {}/bench.json, bench.svg", bench.out.display());
    Ok(())
}

/// Puts what a measure has found into the repository.
fn publish(bench: &mut Bench, measure: &Measure, arguments: &Arguments) -> Result<()> {
    let rounds = arguments.rounds.map_or(String::new(), |rounds| format!(" --rounds {rounds}"));
    let (rows, notes) = bench.report.current();
    let record = Record::now(format!("./x.py bench {}{rounds}", measure.name), rows, notes);
    if record.rows.is_empty() {
        eprintln!("[bench] {}: nothing to write; what the repository has stays", measure.name);
        return Ok(());
    }
    // Anew, for it may have been edited while this one ran.
    let mut results = Results::open(&page::results())?;
    if arguments.projects.is_empty() {
        results.set(measure.name, record);
    } else {
        results.add(measure.name, record);
    }
    results.save()?;
    page::write(&results)?;
    eprintln!("[bench] {}: written to docs/benchmarks.md", measure.name);
    Ok(())
}

/// How many cores other processes have kept busy in the last minute, if that disturbs measurements.
fn foreign_load() -> Option<f64> {
    let load = std::fs::read_to_string("/proc/loadavg").ok()?;
    let load: f64 = load.split(' ').next()?.parse().ok()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (load > cores as f64 / 2.0).then_some(load)
}
