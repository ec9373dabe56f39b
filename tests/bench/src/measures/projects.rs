//! A clean debug build of whole projects: with plain Cargo, and with `cargo wasm-proc-macro` and an empty or a filled module store.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use cargo_tests::{Kind, Project, Site};
use serde_json::Value;

use super::{Bench, Measure};
use crate::process::{self, Recorded};
use crate::report::{Row, Unit};
use crate::rounds::{Samples, samples};

pub const MEASURE: Measure = Measure {
    name: "cargo",
    what: "clean debug builds of projects, `cargo wasm-proc-macro build` / `cargo build`",
    run,
};

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
    /// What rustc has compiled for the project.
    crates: usize,
    /// The packages that were compiled for modules.
    for_modules: usize,
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
    ensure!(native.iter().all(|build| build.for_modules == 0), "plain Cargo built modules");
    let least = cold.iter().map(|build| build.for_modules).min();
    ensure!(least > Some(0), "the empty store had modules");
    ensure!(warm.iter().all(|build| build.for_modules == 0), "the filled store lacked some");
    say(bench, name, &builds);
    Ok(())
}

fn say(bench: &mut Bench, name: &str, builds: &[Vec<Build>; 3]) {
    let crates = |builds: &[Build]| samples(builds, |build| build.crates as f64).median();
    let saved = 1.0 - crates(&builds[2]) / crates(&builds[0]);
    let of = |number: fn(&Build) -> f64| builds.each_ref().map(|builds| samples(builds, number));
    let (walls, cpus) = (of(|build| build.wall), of(|build| build.cpu));
    for (index, variant) in Variant::ALL.into_iter().enumerate() {
        let what = |detail: &str| format!("{name}, {}: {detail}", variant.name());
        bench.report.keep(&what("wall"), Unit::Seconds, &walls[index]);
        bench.report.keep(&what("time on all cores"), Unit::Seconds, &cpus[index]);
        bench.report.bar("clean debug build of projects, s", name, variant.name(), walls[index].median());
        bench.report.bar(
            "clean debug build of projects, crates compiled",
            name,
            variant.name(),
            crates(&builds[index]),
        );
        bench.report.plain(what("wall"), Unit::Seconds, &walls[index]);
        bench.report.plain(what("time on all cores"), Unit::Seconds, &cpus[index]);
        let mut row = |detail: &str, value| {
            let row = Row { what: what(detail), unit: Unit::Crates, value, min: None, aim: None };
            bench.report.row(row);
        };
        row("compiled for the host", crates(&builds[index]));
        let for_modules = samples(&builds[index], |build| build.for_modules as f64).median();
        if for_modules > 0.0 {
            row("packages compiled for modules", for_modules);
        }
        if variant != Variant::Native {
            let ratio = |times: &[Samples; 3]| times[index].ratio(&times[0]);
            let aim = (variant == Variant::Warm).then_some(if saved >= MANY { AIM_MANY } else { AIM });
            bench.report.compare(what("wall / native"), Unit::Ratio, ratio(&walls), aim);
            bench.report.compare(what("time on all cores / native"), Unit::Ratio, ratio(&cpus), None);
        }
    }
    let part = format!("{name}: {:.0} % of the crates are needed for macros only", saved * 100.0);
    bench.report.note(part);
}

/// Builds from nothing.
fn build(site: &Site, variant: Variant) -> Result<Build> {
    for dir in [&site.target, &site.beside("cold")] {
        if dir.exists() {
            fs::remove_dir_all(dir)?;
        }
    }
    let kind = if variant == Variant::Native { Kind::Plain } else { Kind::Command };
    let mut command = site.cargo(kind, &["build", "--locked", "--offline", "--message-format=json"]);
    // The tests' comparisons need no debug information; this is about what people wait for.
    command.env_remove("CARGO_PROFILE_DEV_DEBUG");
    if kind == Kind::Command {
        command.arg("--forbid-native");
    }
    let Recorded { usage, stdout, stderr } = process::record(&mut command)?;
    let for_modules = stderr.lines().filter_map(|line| line.trim_start().strip_prefix("Building "));
    let for_modules: BTreeSet<&str> = for_modules.filter(|line| line.ends_with("(wasm32-wasip1)")).collect();
    Ok(Build {
        wall: usage.wall.as_secs_f64(),
        cpu: usage.cpu.as_secs_f64(),
        crates: compiled(&stdout)?,
        for_modules: for_modules.len(),
    })
}

/// How many units Cargo's messages say were compiled. Modules were copied.
fn compiled(messages: &str) -> Result<usize> {
    let mut count = 0;
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line).with_context(|| format!("this is not Cargo's: {line}"))?;
        if message["reason"] == "compiler-artifact" && message["fresh"] == false && !is_module(&message)? {
            count += 1;
        }
    }
    Ok(count)
}

/// Whether an artifact is a macro library that is a module.
fn is_module(message: &Value) -> Result<bool> {
    let is_macro =
        message["target"]["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "proc-macro"));
    let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let Some(library) = files.filter(|_| is_macro).find(|file| file.ends_with(std::env::consts::DLL_SUFFIX)) else {
        return Ok(false);
    };
    Ok(fs::read(library)?.starts_with(b"\0asm"))
}
