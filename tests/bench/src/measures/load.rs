//! What it costs to have a module instead of a native macro: at its first use, and from the cache.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::{Bench, Measure};
use crate::macros::{Build, CRATE};
use crate::profile::Profile;
use crate::rounds::{interleaved, samples};
use crate::row::{Row, Unit};

pub const MEASURE: Measure = Measure {
    name: "load",
    what: "a compilation with one struct: first use of serde_derive's module and a cached module, above the native library",
    run,
};

const CACHED_AIM_MS: f64 = 4.0;
const FIRST_USE_AIM_MS: f64 = 1500.0;

/// One way to come by a macro.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Way {
    build: Build,
    first_use: bool,
}

impl Way {
    fn name(self) -> String {
        match (self.build.is_wasm(), self.first_use) {
            (false, _) => self.build.name().to_owned(),
            (true, true) => format!("{}, first use", self.build.name()),
            (true, false) => format!("{}, cached", self.build.name()),
        }
    }
}

/// The steps of both worlds: the self-profile's activity, and what it is.
const STEPS: [(&str, &str); 7] = [
    ("wasm_proc_macro_read", "read, digest, sections"),
    ("wasm_proc_macro_stub", "stub session"),
    ("wasm_proc_macro_compile", "Cranelift"),
    ("wasm_proc_macro_wait", "wait for what is loaded ahead"),
    ("wasm_proc_macro_load", "deserialize"),
    ("wasm_proc_macro_instantiate", "instantiate"),
    ("metadata_register_crate", "register crate"),
];

fn run(bench: &mut Bench) -> Result<()> {
    let cached = |build| Way { build, first_use: false };
    let first = |build| Way { build, first_use: true };
    compare(
        bench,
        31,
        &[cached(Build::NativeO3), cached(Build::WasmO3), cached(Build::WasmOs), cached(Build::WasmO0)],
    )?;
    compare(bench, 5, &[cached(Build::NativeO3), first(Build::WasmO3), first(Build::WasmOs), first(Build::WasmO0)])
}

/// Compares `ways`, of which the first is the native one, in compilations with one derived struct.
fn compare(bench: &mut Bench, rounds: usize, ways: &[Way]) -> Result<()> {
    let warm = bench.scratch().join("warm");
    let cold = bench.scratch().join("cold");
    let rounds = bench.rounds(rounds);
    let profiles = interleaved(rounds, ways, |way| {
        if cold.exists() {
            fs::remove_dir_all(&cold)?;
        }
        let cache: &PathBuf = if way.first_use { &cold } else { &warm };
        // The steps come from a run of their own, since the profiler costs some of what is compared.
        let usage = crate::process::run(&mut bench.expand(1, way.build, cache)?)?;
        if cold.exists() {
            fs::remove_dir_all(&cold)?;
        }
        let profile = Profile::record(&mut bench.expand(1, way.build, cache)?, true)?;
        Ok((usage, profile))
    })?;

    let walls: Vec<_> =
        profiles.iter().map(|runs| samples(runs, |(usage, _)| usage.wall.as_secs_f64() * 1e3)).collect();
    let cpus: Vec<_> = profiles.iter().map(|runs| samples(runs, |(usage, _)| usage.cpu.as_secs_f64() * 1e3)).collect();
    for ((way, runs), (wall, cpu)) in ways.iter().zip(&profiles).zip(walls.iter().zip(&cpus)) {
        let name = way.name();
        bench.report.keep(&name, Unit::Milliseconds, wall);
        if way.build.is_wasm() {
            let compiles =
                runs.iter().all(|(_, profile)| profile.count("wasm_proc_macro_compile") == usize::from(way.first_use));
            ensure!(compiles, "the cache was not in the state that \"{name}\" means");
            let aim = if way.first_use { FIRST_USE_AIM_MS } else { CACHED_AIM_MS };
            let what = format!("{name}: whole compilation above native -O3");
            bench.report.row(Row::compared(what, Unit::Milliseconds, wall.above(&walls[0])).at_most(aim).published());
            let what = format!("{name}: the same, time on all cores");
            bench.report.row(Row::compared(what, Unit::Milliseconds, cpu.above(&cpus[0])));
        } else {
            bench.report.plain(format!("{name}: whole compilation"), Unit::Milliseconds, wall);
        }
        for (activity, step) in STEPS {
            let time = |(_, profile): &(_, Profile)| {
                let time = match activity {
                    "metadata_register_crate" => profile.time_about(activity, CRATE),
                    _ => profile.time(activity),
                };
                time.as_secs_f64() * 1e3
            };
            let time = samples(runs, time);
            if time.median() > 0.0 {
                bench.report.plain(format!("  {name}: {step}"), Unit::Milliseconds, &time);
                let panel = if way.first_use { "first use of a module, ms" } else { "load, ms" };
                if way.build.is_wasm() || !ways.iter().any(|way| way.first_use) {
                    bench.report.step(panel, way.build.name(), step, time.median());
                }
            }
        }
    }
    Ok(())
}
