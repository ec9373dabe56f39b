//! What can be measured, and what all measures share.

mod cargo_build;
mod driver_size;
mod expansion;
mod hosted;
mod load;
mod memory;
mod projects;
mod start_up;
mod switch;
mod watt;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::macros::{Build, Macros};
use crate::plot;
use crate::program;
use crate::report::Report;
use crate::toolchain::{Toolchain, variable};

/// One thing that `./x.py bench NAME` measures.
pub struct Measure {
    pub name: &'static str,
    /// What it measures, in a line.
    pub what: &'static str,
    pub run: fn(&mut Bench) -> Result<()>,
}

/// All measures, in the order in which they run.
pub const MEASURES: &[Measure] = &[
    driver_size::MEASURE,
    start_up::MEASURE,
    load::MEASURE,
    memory::MEASURE,
    cargo_build::MEASURE,
    projects::MEASURE,
    switch::MEASURE,
    expansion::MEASURE,
    watt::MEASURE,
    hosted::MEASURE,
];

/// The file of results, for those who draw their own pictures, and for later runs.
const RESULTS: &str = "bench.json";

/// What a run needs.
pub struct Bench {
    pub toolchain: Toolchain,
    /// Where results go.
    pub out: PathBuf,
    pub report: Report,
    rounds: Option<usize>,
    projects: Vec<String>,
    macros: Option<Macros>,
    /// For programs and whatever compilations write.
    scratch: tempfile::TempDir,
}

impl Bench {
    /// A run that repeats everything so often, and builds these projects, if that is said.
    pub fn new(rounds: Option<usize>, projects: Vec<String>) -> Result<Bench> {
        let toolchain = Toolchain::find()?;
        let out = variable("WASM_PROC_MACRO_BUILD")?.join("bench");
        fs::create_dir_all(&out)?;
        let report = Report::beside(&out.join(RESULTS), &toolchain.version);
        Ok(Bench { toolchain, out, report, rounds, projects, macros: None, scratch: tempfile::tempdir()? })
    }

    /// Writes the results to files, those of measures that earlier runs had with them.
    pub fn write(&self) -> Result<()> {
        self.report.write_json(&self.out.join(RESULTS))?;
        plot::write(&self.report.bars(MEASURES.iter().map(|measure| measure.name)), &self.out.join("bench.svg"))
    }

    /// How often to repeat what is usually repeated `usual` times.
    pub fn rounds(&self, usual: usize) -> usize {
        self.rounds.unwrap_or(usual)
    }

    /// Keeps the projects that are to be built, which have the names of the first places. Says whether they are all.
    ///
    /// # Errors
    ///
    /// Somebody has named a project that is not there.
    pub fn choose<T>(&self, projects: &mut Vec<(String, T)>) -> Result<bool> {
        if let Some(name) = self.projects.iter().find(|name| projects.iter().all(|(there, _)| there != *name)) {
            let names: Vec<_> = projects.iter().map(|(name, _)| name.as_str()).collect();
            bail!("there is no project `{name}`, but {}", names.join(", "));
        }
        let all = projects.len();
        projects.retain(|(name, _)| self.projects.is_empty() || self.projects.contains(name));
        Ok(projects.len() == all)
    }

    /// A directory that goes away with this run.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// serde_derive in every build.
    pub fn macros(&mut self) -> Result<&Macros> {
        if self.macros.is_none() {
            self.macros = Some(Macros::prepare(&self.toolchain, &self.out.join("macros"))?);
        }
        Ok(self.macros.as_ref().expect("just made"))
    }

    /// The command that compiles a program of `structs` structs to crate metadata.
    pub fn compile(&mut self, structs: usize, build: Build, cache: &Path) -> Result<Command> {
        let source = program::write(self.scratch.path(), structs)?;
        let mut rustc = self.toolchain.unstable_rustc();
        rustc.args(["--crate-type=lib", "--edition=2024", "--emit=metadata", "--crate-name=program"]).arg(source);
        rustc.arg("--out-dir").arg(self.scratch.path());
        if build.is_wasm() {
            rustc.arg("--wasm-proc-macro-cache").arg(cache);
        }
        self.macros()?.add_to(&mut rustc, build)?;
        Ok(rustc)
    }

    /// As [`Bench::compile`], but up to expansion and name resolution only, which is what macros take part in.
    pub fn expand(&mut self, structs: usize, build: Build, cache: &Path) -> Result<Command> {
        let mut rustc = self.compile(structs, build, cache)?;
        rustc.arg("-Zno-analysis");
        Ok(rustc)
    }
}
