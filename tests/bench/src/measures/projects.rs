//! A clean debug build of whole projects: natively, and with the switch and an empty or a filled module store.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use cargo_tests::{Kind, Project, Site};

use super::{Bench, Measure};
use crate::graph::{Graph, geometric_mean};
use crate::process::{self, Recorded};
use crate::rounds::{Samples, samples};
use crate::row::{Row, Unit};

pub const MEASURE: Measure =
    Measure { name: "cargo", what: "clean debug builds of projects, with the switch / without (native)", run };

/// What a build may take, relative to plain Cargo's: with a filled store, where macros are a part of `MANY` of what is
/// compiled, and elsewhere.
const AIM_MANY: f64 = 0.5;
const AIM: f64 = 0.85;
const MANY: f64 = 1.0 / 3.0;
/// With an empty store.
const AIM_EMPTY: f64 = 1.1;
const AIM_EMPTY_CPU: f64 = 1.3;
/// The same on so many cores, in the geometric mean of all projects.
const AIM_SIMULATED: f64 = 1.0;
const CORES: usize = 4;

/// How a project is built.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Variant {
    Native,
    /// Nothing is in the store.
    Cold,
    /// All modules are there, with their compiled code, as for the second project of a user.
    Warm,
}

impl Variant {
    const ALL: [Variant; 3] = [Variant::Native, Variant::Cold, Variant::Warm];

    fn name(self) -> &'static str {
        match self {
            Variant::Native => "native",
            Variant::Cold => "empty store",
            Variant::Warm => "filled store",
        }
    }
}

/// One build.
struct Build {
    /// Seconds.
    wall: f64,
    /// Seconds on all cores.
    cpu: f64,
    /// The packages that were compiled.
    packages: usize,
    /// The macros that ran from Wasm.
    modules: usize,
    /// Those of them that were not built now.
    cached: usize,
}

fn run(bench: &mut Bench) -> Result<()> {
    let mut projects: Vec<(String, Site)> =
        Project::all().iter().map(|project| (project.name.clone(), Site::of_project(project))).collect();
    projects.push(("workspace".to_owned(), Site::of("workspace")));
    let is_all = bench.choose(&mut projects)?;
    let mut ratios = Vec::new();
    for (name, mut site) in projects {
        measure(bench, &name, &mut site).with_context(|| format!("`{name}`"))?;
        ratios.push(simulate(bench, &name, &mut site).with_context(|| format!("`{name}`"))?);
    }
    if !is_all {
        return Ok(());
    }
    let what = format!("all of them, empty store / native on {CORES} cores, simulated: geometric mean");
    let mean = geometric_mean(&ratios);
    bench.report.row(Row::new(what, Unit::Ratio, mean).at_most(AIM_SIMULATED).published());
    Ok(())
}

fn measure(bench: &mut Bench, name: &str, site: &mut Site) -> Result<()> {
    process::output(&mut site.cargo(Kind::Plain, &["fetch", "--locked"]))?;
    let warm = site.beside("warm");
    // Fills the store, and the system's file cache.
    site.store.clone_from(&warm);
    build(site, Variant::Warm)?;
    let rounds = bench.rounds(1);
    let mut builds: [Vec<Build>; 3] = Default::default();
    for round in 0..rounds {
        let mut order = [0, 1, 2];
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            site.store = if Variant::ALL[index] == Variant::Cold { site.beside("cold") } else { warm.clone() };
            builds[index].push(build(site, Variant::ALL[index])?);
        }
    }
    let [native, cold, warm] = &builds;
    ensure!(native.iter().all(|build| build.modules == 0), "natively modules were used");
    ensure!(cold.iter().all(|build| build.modules > 0 && build.cached == 0), "the empty store had modules");
    ensure!(warm.iter().all(|build| build.modules == build.cached), "the filled store lacked some");
    say(bench, name, &builds);
    Ok(())
}

fn say(bench: &mut Bench, name: &str, builds: &[Vec<Build>; 3]) {
    let packages = |builds: &[Build]| samples(builds, |build| build.packages as f64).median();
    let saved = 1.0 - packages(&builds[2]) / packages(&builds[0]);
    let of = |number: fn(&Build) -> f64| builds.each_ref().map(|builds| samples(builds, number));
    let (walls, cpus) = (of(|build| build.wall), of(|build| build.cpu));
    for (index, variant) in Variant::ALL.into_iter().enumerate() {
        let what = |detail: &str| format!("{name}, {}: {detail}", variant.name());
        bench.report.keep(&what("wall"), Unit::Seconds, &walls[index]);
        bench.report.keep(&what("time on all cores"), Unit::Seconds, &cpus[index]);
        bench.report.bar("clean debug build of projects, s", name, variant.name(), walls[index].median());
        let count = packages(&builds[index]);
        bench.report.bar("clean debug build of projects, packages compiled", name, variant.name(), count);
        bench.report.plain(what("wall"), Unit::Seconds, &walls[index]);
        bench.report.plain(what("time on all cores"), Unit::Seconds, &cpus[index]);
        bench.report.row(Row::new(what("packages compiled"), Unit::Crates, count));
        if variant != Variant::Native {
            let ratio = |times: &[Samples; 3]| times[index].ratio(&times[0]);
            let (aim, cpu_aim) = match variant {
                Variant::Cold => (AIM_EMPTY, Some(AIM_EMPTY_CPU)),
                _ => (if saved >= MANY { AIM_MANY } else { AIM }, None),
            };
            let what = |detail: &str| format!("{name}, {} / native: {detail}", variant.name());
            bench.report.row(Row::compared(what("wall time"), Unit::Ratio, ratio(&walls)).at_most(aim).published());
            let row = Row::compared(what("processor time"), Unit::Ratio, ratio(&cpus)).at_most(cpu_aim);
            bench.report.row(row.published());
        }
    }
    let part = format!("{name}: {:.0} % of the packages are compiled for macros only", saved * 100.0);
    bench.report.note(part);
}

/// What a build takes on another machine, and how that compares to the native one.
fn simulate(bench: &mut Bench, name: &str, site: &mut Site) -> Result<f64> {
    site.store = site.beside("cold");
    let variants = [Variant::Native, Variant::Cold];
    let mut times = [f64::INFINITY; 2];
    for _ in 0..bench.rounds(1) {
        for (time, variant) in times.iter_mut().zip(variants) {
            // Whatever else the machine does only makes units take longer.
            *time = time.min(simulated(site, variant)?);
        }
    }
    for (time, variant) in times.iter().zip(variants) {
        let what = format!("{name}, {} on {CORES} cores, simulated", variant.name());
        bench.report.row(Row::new(what, Unit::Seconds, *time).published());
    }
    let ratio = times[1] / times[0];
    let what = format!("{name}, empty store / native on {CORES} cores, simulated");
    bench.report.row(Row::new(what, Unit::Ratio, ratio).published());
    Ok(ratio)
}

/// Seconds of a build from nothing on `CORES` cores, by its graph of units. What Cargo does before and after its units
/// takes as long as here.
fn simulated(site: &Site, variant: Variant) -> Result<f64> {
    let mut command = command(site, variant)?;
    // Only Cargo reads this variable. `RUSTC_BOOTSTRAP` would reach build scripts, which choose other code with it.
    command.env("__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS", "nightly");
    command.args(["-j1", "-Zbuild-analysis", "--config", "build.analysis.enabled = true"]);
    let macros = macros(site)?;
    let earlier = logs()?;
    let start = Instant::now();
    process::output(&mut command)?;
    let wall = start.elapsed().as_secs_f64();
    let mut graphs = Vec::new();
    for path in logs()?.difference(&earlier) {
        let text = fs::read_to_string(path)?;
        // Another Cargo of this user may log at the same time.
        if text.lines().next().is_some_and(|line| names(line, &site.target)) {
            fs::remove_file(path)?;
            graphs.push(Graph::read(&text, &macros)?);
        }
    }
    ensure!(graphs.iter().any(|graph| graph.span() > 0.0), "Cargo has logged no units");
    let shorter: f64 = graphs.iter().map(|graph| graph.span() - graph.simulate(CORES)).sum();
    Ok(wall - shorter)
}

/// The identifiers of the packages with a macro. What is logged does not say that a target is one.
fn macros(site: &Site) -> Result<BTreeSet<String>> {
    let metadata =
        process::output(&mut site.cargo(Kind::Plain, &["metadata", "--locked", "--offline", "--format-version=1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let is_macro =
        |target: &serde_json::Value| target["kind"].as_array().into_iter().flatten().any(|kind| kind == "proc-macro");
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let with_macro = packages.filter(|package| package["targets"].as_array().into_iter().flatten().any(is_macro));
    Ok(with_macro.filter_map(|package| package["id"].as_str().map(str::to_owned)).collect())
}

/// The files in which Cargo logs builds.
fn logs() -> Result<BTreeSet<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))).context("no home directory")?;
    let Ok(entries) = fs::read_dir(home.join("log")) else { return Ok(BTreeSet::new()) };
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// Whether a log's first line is about builds in this target directory.
fn names(line: &str, target: &Path) -> bool {
    let message: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
    message["target_dir"].as_str().is_some_and(|dir| Path::new(dir) == target)
}

/// The command for a build from nothing.
fn command(site: &Site, variant: Variant) -> Result<Command> {
    for dir in [&site.target, &site.beside("cold")] {
        if dir.exists() {
            fs::remove_dir_all(dir)?;
        }
    }
    let mut command = site.cargo(Kind::Plain, &["build", "--locked", "--offline"]);
    // The tests' comparisons need no debug information; this is about what people wait for.
    command.env_remove("CARGO_PROFILE_DEV_DEBUG");
    if variant != Variant::Native {
        command.args([
            "--config",
            "wasm-proc-macro.enabled = true",
            "--config",
            "wasm-proc-macro.forbid-native = true",
        ]);
        // The tests' own calls name the compilers that those have who do not set the switch.
        command.env_remove("RUSTC").env_remove("RUSTDOC");
    }
    Ok(command)
}

/// Builds from nothing.
fn build(site: &Site, variant: Variant) -> Result<Build> {
    let Recorded { usage, stderr, .. } = process::record(&mut command(site, variant)?)?;
    let status: Vec<(&str, &str)> = stderr.lines().filter_map(|line| line.trim_start().split_once(' ')).collect();
    let packages: BTreeSet<&str> =
        status.iter().filter(|(verb, _)| *verb == "Compiling").map(|(_, package)| *package).collect();
    let used = status.iter().find(|(verb, _)| *verb == "Used");
    let (modules, cached) = used.map_or((0, 0), |(_, text)| counts(text));
    let (wall, cpu) = (usage.wall.as_secs_f64(), usage.cpu.as_secs_f64());
    Ok(Build { wall, cpu, packages: packages.len(), modules, cached })
}

/// Reads `3 macros from Wasm (2 cached)`.
fn counts(text: &str) -> (usize, usize) {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
