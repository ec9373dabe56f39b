//! A clean debug build of whole projects: natively, and with the switch and an empty or a filled module store.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use cargo_tests::{Kind, Project, Site};

use super::{Bench, Measure};
use crate::process::{self, Recorded};
use crate::report::{Row, Unit};
use crate::rounds::{Samples, samples};

pub const MEASURE: Measure =
    Measure { name: "cargo", what: "clean debug builds of projects, with the switch / without", run };

/// What a build with a filled store may take, relative to plain Cargo's: where macros are a part of `MANY` of what is
/// compiled, and elsewhere.
const AIM_MANY: f64 = 0.7;
const AIM: f64 = 1.05;
const MANY: f64 = 1.0 / 3.0;

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
            Variant::Cold => "Wasm, cold store",
            Variant::Warm => "Wasm, warm store",
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
    for (name, mut site) in projects {
        measure(bench, &name, &mut site).with_context(|| format!("`{name}`"))?;
    }
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
        let row = Row { what: what("packages compiled"), unit: Unit::Crates, value: count, min: None, aim: None };
        bench.report.row(row);
        if variant != Variant::Native {
            let ratio = |times: &[Samples; 3]| times[index].ratio(&times[0]);
            let aim = (variant == Variant::Warm).then_some(if saved >= MANY { AIM_MANY } else { AIM });
            bench.report.compare(what("wall / native"), Unit::Ratio, ratio(&walls), aim);
            bench.report.compare(what("time on all cores / native"), Unit::Ratio, ratio(&cpus), None);
        }
    }
    let part = format!("{name}: {:.0} % of the packages are compiled for macros only", saved * 100.0);
    bench.report.note(part);
}

/// Builds from nothing.
fn build(site: &Site, variant: Variant) -> Result<Build> {
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
    let Recorded { usage, stderr, .. } = process::record(&mut command)?;
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
