//! The size of the compiler's library, with and without Wasmtime and all the rest.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Bench, Measure};
use crate::process;
use crate::report::{Row, Unit};
use crate::toolchain::command;

pub const MEASURE: Measure =
    Measure { name: "driver-size", what: "librustc_driver, stripped: the fork's and upstream's", run };

const AIM_MB: f64 = 15.0;

fn run(bench: &mut Bench) -> Result<()> {
    let fork = stripped_size(bench.toolchain.root(), bench.scratch())?;
    let row = |what: &str, value, aim| Row {
        measure: MEASURE.name,
        what: what.to_owned(),
        unit: Unit::Megabytes,
        value,
        min: None,
        aim,
    };
    bench.report.row(row("the fork's", fork, None));
    let Some(pristine) = bench.toolchain.pristine() else {
        bench.report.note(MEASURE.name, "nothing to compare with; `./x.py build --pristine` builds it");
        return Ok(());
    };
    let pristine = stripped_size(pristine, bench.scratch())?;
    bench.report.row(row("upstream's", pristine, None));
    bench.report.row(row("growth", fork - pristine, Some(AIM_MB)));
    Ok(())
}

/// In millions of bytes.
fn stripped_size(toolchain: &Path, scratch: &Path) -> Result<f64> {
    let stripped = scratch.join("stripped");
    process::run(command("strip").arg("-o").arg(&stripped).arg(driver(toolchain)?))?;
    Ok(fs::metadata(stripped)?.len() as f64 / 1e6)
}

fn driver(toolchain: &Path) -> Result<PathBuf> {
    let lib = toolchain.join("lib");
    let is_driver =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("librustc_driver"));
    let mut files = fs::read_dir(&lib)?.filter_map(|entry| Some(entry.ok()?.path()));
    files.find(is_driver).with_context(|| format!("there is no librustc_driver in `{}`", lib.display()))
}
