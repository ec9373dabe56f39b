//! The compiler in WebAssembly, compared with the native one on the same modules.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Bench, Measure};
use crate::macros::Build;
use crate::process;
use crate::program;
use crate::rounds::{interleaved, samples};
use crate::row::{Row, Unit};
use crate::toolchain::{command, variable};

pub const MEASURE: Measure =
    Measure { name: "hosted", what: "time and memory of the compiler in WebAssembly, hosted / native", run };

const AIM: f64 = 4.0;
const AIM_MB: f64 = 400.0;

fn run(bench: &mut Bench) -> Result<()> {
    let dir = variable("WASM_PROC_MACRO_BUILD")?.join("hosted");
    if !dir.join("rustc.wasm").exists() {
        bench.report.note("there is no compiler in WebAssembly; `./x.py build --hosted` builds it");
        return Ok(());
    }
    let size = std::fs::metadata(dir.join("rustc.wasm"))?.len() as f64 / 1e6;
    bench.report.row(Row::new("`rustc.wasm`", Unit::Megabytes, size).published());
    let cache = bench.scratch().join("warm");
    for structs in [1, 300] {
        for what in ["check", "expand"] {
            let mut native = match what {
                "check" => bench.compile(structs, Build::WasmO3, &cache)?,
                _ => bench.expand(structs, Build::WasmO3, &cache)?,
            };
            let module = bench.macros()?.file(Build::WasmO3);
            let mut hosted = hosted(&native, &dir, bench.scratch(), &module);
            let mut pair = [&mut native, &mut hosted];
            let rounds = bench.rounds(7);
            let usages = interleaved(rounds, &[0, 1], |&index| process::run(pair[index]))?;
            let walls: Vec<_> =
                usages.iter().map(|usages| samples(usages, |usage| usage.wall.as_secs_f64() * 1e3)).collect();
            let label = format!("{}, {what}", program::count(structs));
            bench.report.plain(format!("{label}, native"), Unit::Milliseconds, &walls[0]);
            let ratio = Row::compared(format!("{label}, hosted / native"), Unit::Ratio, walls[1].ratio(&walls[0]));
            bench.report.row(ratio.at_most(AIM).published());
            let peak = samples(&usages[1], |usage| usage.peak as f64 / 1e6);
            bench.report.row(
                Row::sampled(format!("{label}, memory, hosted"), Unit::Megabytes, &peak).at_most(AIM_MB).published(),
            );
        }
    }
    Ok(())
}

/// The same call of the compiler in WebAssembly.
fn hosted(native: &Command, dir: &Path, scratch: &Path, module: &Path) -> Command {
    let macros = module.ancestors().nth(2).unwrap_or(module);
    let mut hosted = command(dir.join("rustc-hosted"));
    hosted.arg("--cache").arg(dir.join("cache")).arg("--write").arg(scratch).arg("--read").arg(macros);
    hosted.arg("--read").arg(dir.join("sysroot")).args(["--env", "RUSTC_BOOTSTRAP=1"]).arg(dir.join("rustc.wasm"));
    hosted.arg("--sysroot").arg(dir.join("sysroot")).args(native.get_args());
    hosted
}
