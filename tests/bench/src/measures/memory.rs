//! The largest resident set of a compilation, with the module and with the native macro.

use anyhow::Result;

use super::{Bench, Measure};
use crate::macros::Build;
use crate::process;
use crate::program;
use crate::rounds::{interleaved, samples};
use crate::row::{Row, Unit};

pub const MEASURE: Measure = Measure { name: "memory", what: "peak memory of a compilation, Wasm above native", run };

const AIM_MB: f64 = 25.0;
const BUILDS: [Build; 3] = [Build::NativeO3, Build::WasmO3, Build::WasmOs];

fn run(bench: &mut Bench) -> Result<()> {
    let cache = bench.scratch().join("cache");
    for structs in [1, 100] {
        let commands = BUILDS.iter().map(|&build| bench.compile(structs, build, &cache)).collect::<Result<Vec<_>>>()?;
        let rounds = bench.rounds(5);
        let order: Vec<usize> = (0..commands.len()).collect();
        let mut commands = commands;
        let peaks = interleaved(rounds, &order, |&index| Ok(process::run(&mut commands[index])?.peak as f64 / 1e6))?;
        let peaks: Vec<_> = peaks.iter().map(|peaks| samples(peaks, |peak| *peak)).collect();
        for (build, peak) in BUILDS.iter().zip(&peaks) {
            let what = format!("{}, {}", program::count(structs), build.name());
            bench.report.keep(&what, Unit::Megabytes, peak);
            bench.report.bar("peak memory of a compilation, MB", program::count(structs), build.name(), peak.median());
            if *build == Build::NativeO3 {
                bench.report.plain(what, Unit::Megabytes, peak);
            } else {
                let above = peak.above(&peaks[0]);
                let what = what + " above native -O3";
                bench.report.row(Row::compared(what, Unit::Megabytes, above).at_most(AIM_MB).published());
            }
        }
    }
    Ok(())
}
