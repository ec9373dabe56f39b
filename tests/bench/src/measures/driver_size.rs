//! The size of the compiler's library, with and without our changes, and of the one that runs WebAssembly macros.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Bench, Measure};
use crate::process;
use crate::row::{Row, Unit};
use crate::toolchain::command;

pub const MEASURE: Measure = Measure { name: "driver-size", what: "size of the compiler's libraries, stripped", run };

const AIM_MB: f64 = 15.0;

fn run(bench: &mut Bench) -> Result<()> {
    let fork = stripped_size(&driver(bench.toolchain.root())?, bench.scratch())?;
    let row = |what: &str, value| Row::new(what, Unit::Megabytes, value);
    bench.report.row(row("the fork's", fork));
    let runtime = stripped_size(&runtime(bench.toolchain.root())?, bench.scratch())?;
    bench.report.row(row("the library that is opened for the first module", runtime).published());
    let Some(pristine) = bench.toolchain.pristine() else {
        bench.report.note("nothing to compare with; `./x.py build --pristine` builds it");
        return Ok(());
    };
    let pristine = stripped_size(&driver(pristine)?, bench.scratch())?;
    bench.report.row(row("upstream's", pristine));
    bench.report.row(row("librustc_driver, above upstream's", fork - pristine).at_most(AIM_MB).published());
    Ok(())
}

/// In millions of bytes.
fn stripped_size(library: &Path, scratch: &Path) -> Result<f64> {
    let stripped = scratch.join("stripped");
    process::run(command("strip").arg("-o").arg(&stripped).arg(library))?;
    Ok(fs::metadata(stripped)?.len() as f64 / 1e6)
}

fn runtime(toolchain: &Path) -> Result<PathBuf> {
    let hosts = fs::read_dir(toolchain.join("lib/rustlib"))?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files = hosts.filter_map(|host| fs::read_dir(host.join("wasm-proc-macro")).ok()).flatten();
    Ok(files.next().context("the toolchain lacks the library that runs WebAssembly macros")??.path())
}

fn driver(toolchain: &Path) -> Result<PathBuf> {
    let lib = toolchain.join("lib");
    let is_driver =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("librustc_driver"));
    let mut files = fs::read_dir(&lib)?.filter_map(|entry| Some(entry.ok()?.path()));
    files.find(is_driver).with_context(|| format!("there is no librustc_driver in `{}`", lib.display()))
}
