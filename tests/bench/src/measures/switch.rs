//! What the switch costs where nothing is to be done: `cargo check` of a project that is up to date.

use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use cargo_tests::{Kind, Project, Site};

use super::{Bench, Measure};
use crate::instructions::Counter;
use crate::process;
use crate::rounds::{interleaved, samples};
use crate::row::{Row, Unit};

pub const MEASURE: Measure =
    Measure { name: "switch", what: "`cargo check` with nothing to do, plain Cargo with the switch / without", run };

const AIM: f64 = 1.1;

/// A file that is younger counts as one that is being written to.
const FILE_TIMES: Duration = Duration::from_millis(200);

fn run(bench: &mut Bench) -> Result<()> {
    let mut sites = vec![("workspace".to_owned(), Site::of("workspace"))];
    sites.extend(Project::all().iter().take(1).map(|project| (project.name.clone(), Site::of_project(project))));
    for (name, site) in sites {
        measure(bench, &name, &site).with_context(|| format!("`{name}`"))?;
    }
    Ok(())
}

/// Each has a target directory of its own, for Cargo keeps in it what it asks the compiler once.
fn check(site: &Site, is_on: bool) -> Command {
    let mut cargo = site.cargo(Kind::Plain, &["check", "--locked", "--offline", "--quiet"]);
    cargo.env("CARGO_WASM_PROC_MACRO_ENABLED", is_on.to_string());
    cargo.env("CARGO_TARGET_DIR", site.beside(if is_on { "switched" } else { "plain" }));
    cargo
}

fn measure(bench: &mut Bench, name: &str, site: &Site) -> Result<()> {
    process::output(&mut site.cargo(Kind::Plain, &["fetch", "--locked"]))?;
    for is_on in [false, true] {
        // The second one keeps what the first has decided.
        for _ in 0..3 {
            process::run(&mut check(site, is_on))?;
            thread::sleep(FILE_TIMES);
        }
    }
    let times = interleaved(bench.rounds(31), &[false, true], |is_on| process::run(&mut check(site, *is_on)))?;
    let wall = |index: usize| samples(&times[index], |usage: &process::Usage| usage.wall.as_secs_f64() * 1e3);
    let (plain, switched) = (wall(0), wall(1));
    bench.report.plain(format!("{name}, without the switch"), Unit::Milliseconds, &plain);
    let what = format!("{name}, with / without");
    bench.report.row(Row::compared(what, Unit::Ratio, switched.ratio(&plain)).at_most(AIM).published());
    let Some(counter) = Counter::find() else {
        bench.report.note("nothing here counts instructions; install valgrind");
        return Ok(());
    };
    let count = |is_on| -> Result<f64> {
        // Where it is counted Cargo's surroundings are others, and it decides anew once.
        counter.count(&check(site, is_on))?;
        counter.count(&check(site, is_on))
    };
    let ratio = count(true)? / count(false)?;
    let what = format!("{name}, with / without, instructions");
    bench.report.row(Row::new(what, Unit::CountedRatio, ratio).at_most(AIM).published());
    Ok(())
}
