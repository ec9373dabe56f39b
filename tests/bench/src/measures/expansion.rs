//! The time that macros take to expand, from Wasm and natively.

use anyhow::{Result, ensure};

use super::{Bench, Measure};
use crate::instructions::Counter;
use crate::macros::Build;
use crate::profile::Profile;
use crate::program;
use crate::rounds::{Samples, interleaved, samples};
use crate::row::{Row, Unit};

pub const MEASURE: Measure =
    Measure { name: "expansion", what: "expansion of serde's derives on structs of ten fields, Wasm / native", run };

const AIM_O3: f64 = 1.15;
const AIM_O0: f64 = 0.75;
const AIM_COUNTED: f64 = 1.2;

/// Numbers of structs, and how often each is usually repeated.
const SIZES: [(usize, usize); 3] = [(1, 21), (100, 11), (2000, 3)];

/// Numbers of structs whose difference in instructions is that of the expansion alone.
const COUNTED: (usize, usize) = (1, 51);

fn run(bench: &mut Bench) -> Result<()> {
    let cache = bench.scratch().join("warm");
    for (structs, rounds) in SIZES {
        let rounds = bench.rounds(rounds);
        let profiles = interleaved(rounds, &Build::ALL, |&build| {
            Profile::record(&mut bench.expand(structs, build, &cache)?, false)
        })?;
        for profile in profiles.iter().flatten() {
            let expansions = profile.count("expand_proc_macro");
            ensure!(expansions == 2 * structs, "{expansions} expansions instead of {}", 2 * structs);
        }
        let expansion: Vec<_> =
            profiles.iter().map(|profiles| samples(profiles, |it| it.expansion().as_secs_f64() * 1e3)).collect();
        let wall: Vec<_> = profiles
            .iter()
            .map(|profiles| samples(profiles, |profile| profile.usage.wall.as_secs_f64() * 1e3))
            .collect();
        compare(bench, structs, "expansion", &expansion, true);
        compare(bench, structs, "whole process", &wall, false);
    }
    count(bench)
}

fn compare(bench: &mut Bench, structs: usize, what: &str, times: &[Samples], is_expansion: bool) {
    let of = |build: Build| &times[Build::ALL.iter().position(|it| *it == build).expect("all builds are measured")];
    let label = format!("{}, {what}", program::count(structs));
    let native = of(Build::NativeO3);
    bench.report.plain(format!("{label}, native -O3"), Unit::Milliseconds, native);
    for build in Build::ALL {
        bench.report.keep(&format!("{label}, {}", build.name()), Unit::Milliseconds, of(build));
        if is_expansion {
            let ratio = of(build).ratio(native).median;
            bench.report.bar("expansion, relative to native -O3", program::count(structs), build.name(), ratio);
        }
        let aims = match build {
            Build::WasmO3 if is_expansion => (Some(AIM_O3), Some(AIM_O0)),
            _ => (None, None),
        };
        for (base, aim) in [(Build::NativeO3, aims.0), (Build::NativeO0, aims.1)] {
            if build.is_wasm() {
                let what = format!("{label}, {} / {}", build.name(), base.name());
                let row = Row::compared(what, Unit::Ratio, of(build).ratio(of(base))).at_most(aim);
                // One struct alone says more about the clock, and whole compilations are for the best builds.
                let is_told = structs > 1 && (is_expansion || (build, base) == (Build::WasmO3, Build::NativeO3));
                bench.report.row(if is_told { row.published() } else { row });
            }
        }
    }
}

/// Counts what one more struct costs a compilation in instructions.
fn count(bench: &mut Bench) -> Result<()> {
    let Some(counter) = Counter::find() else {
        bench.report.note("nothing here counts instructions; install valgrind");
        return Ok(());
    };
    let cache = bench.scratch().join("warm");
    let (few, many) = COUNTED;
    let mut native = None;
    for build in Build::ALL {
        counter.prepare(&bench.expand(few, build, &cache)?)?;
        let mut instructions = |structs| counter.count(&bench.expand(structs, build, &cache)?);
        let each = (instructions(many)? - instructions(few)?) / (many - few) as f64;
        let name = build.name();
        bench.report.row(Row::new(format!("one more struct, {name}"), Unit::Minstructions, each / 1e6));
        match native {
            None => native = Some(each),
            Some(native) => {
                let what = format!("one more struct, {name} / native -O3, instructions");
                let row = Row::new(what, Unit::CountedRatio, each / native);
                bench.report.row(if build == Build::WasmO3 { row.at_most(AIM_COUNTED).published() } else { row });
            }
        }
    }
    Ok(())
}
