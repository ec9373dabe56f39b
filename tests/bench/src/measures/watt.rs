//! A module made for watt: in watt's interpreter, here, and the same sources natively.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::{Bench, Measure};
use crate::process;
use crate::profile::Profile;
use crate::program;
use crate::rounds::{interleaved, samples};
use crate::row::{Row, Unit};
use crate::toolchain::Toolchain;

pub const MEASURE: Measure =
    Measure { name: "watt", what: "derives of a module made for watt: here, and in watt's interpreter", run };

/// How many times faster than the interpreter it is to be.
const AIM: f64 = 20.0;

/// Numbers of structs, and how often each is usually repeated.
const SIZES: [(usize, usize); 2] = [(1, 11), (50, 5)];

/// How the derives of serde_derive 1.0.137 are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runner {
    /// Compiled natively at opt-level 3.
    Native,
    /// The module of `wa-serde-derive` in this compiler.
    Here,
    /// The same module in the interpreter of the crate `watt`, compiled natively at opt-level 3.
    Interpreter,
}

const RUNNERS: [Runner; 3] = [Runner::Native, Runner::Here, Runner::Interpreter];

impl Runner {
    fn name(self) -> &'static str {
        match self {
            Runner::Native => "native -O3",
            Runner::Here => "the module here",
            Runner::Interpreter => "the module in watt's interpreter",
        }
    }
}

/// What `tests/watt/` pins, built with the fork.
struct Derives {
    serde: PathBuf,
    native: PathBuf,
    interpreter: PathBuf,
    annotated: PathBuf,
}

fn run(bench: &mut Bench) -> Result<()> {
    let derives = prepare(&bench.toolchain, &bench.out.join("watt"))?;
    let cache = bench.scratch().join("watt-cache");
    for (structs, rounds) in SIZES {
        let source = program::write(bench.scratch(), structs)?;
        let rounds = bench.rounds(rounds);
        let profiles = interleaved(rounds, &RUNNERS, |&runner| {
            let mut rustc = bench.toolchain.unstable_rustc();
            rustc.args([
                "--crate-type=lib",
                "--edition=2021",
                "--emit=metadata",
                "--crate-name=program",
                "-Zno-analysis",
            ]);
            rustc.arg(&source).arg("--out-dir").arg(bench.scratch());
            derives.add_to(&mut rustc, runner, &cache)?;
            Profile::record(&mut rustc, false)
        })?;
        for profile in profiles.iter().flatten() {
            let expansions = profile.count("expand_proc_macro");
            ensure!(expansions == 2 * structs, "{expansions} expansions instead of {}", 2 * structs);
        }
        // The interpreter decodes the module in its first expansion of each compilation, and that is part of what it costs.
        let times: Vec<_> =
            profiles.iter().map(|profiles| samples(profiles, |it| it.expansion().as_secs_f64() * 1e3)).collect();
        let [native, here, interpreter] = &times[..] else {
            unreachable!("each runner has its samples");
        };
        for (runner, times) in RUNNERS.iter().zip(&times) {
            let what = format!("{}, {}", program::count(structs), runner.name());
            bench.report.keep(&what, Unit::Milliseconds, times);
            bench.report.plain(what, Unit::Milliseconds, times);
        }
        let what = |name: &str| format!("{}, {name}", program::count(structs));
        let row = Row::compared(what("the module here / native -O3"), Unit::Ratio, here.ratio(native));
        bench.report.row(row);
        let ratio = interpreter.ratio(here);
        let row = Row::compared(what("watt's interpreter / the module here"), Unit::Ratio, ratio).at_least(AIM);
        bench.report.row(if structs > 1 { row.published() } else { row });
    }
    Ok(())
}

impl Derives {
    fn add_to(&self, rustc: &mut Command, runner: Runner, cache: &Path) -> Result<()> {
        let dir = self.serde.parent().context("serde lies in no directory")?;
        rustc.arg("--extern").arg(format!("serde={}", self.serde.display()));
        rustc.arg("-L").arg(format!("dependency={}", dir.display()));
        match runner {
            Runner::Here => {
                rustc.arg("--wasm-proc-macro").arg(&self.annotated).arg("--wasm-proc-macro-cache").arg(cache);
            }
            Runner::Native => _ = rustc.arg("--extern").arg(format!("serde_derive={}", self.native.display())),
            Runner::Interpreter => {
                _ = rustc.arg("--extern").arg(format!("serde_derive={}", self.interpreter.display()))
            }
        }
        Ok(())
    }
}

fn prepare(toolchain: &Toolchain, dir: &Path) -> Result<Derives> {
    eprintln!("[bench] preparing serde_derive 1.0.137 in {}", dir.display());
    let cargo = |subcommand: &str| {
        let mut cargo = toolchain.cargo();
        cargo.args([subcommand, "--quiet", "--locked", "--manifest-path"]);
        cargo.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../watt/Cargo.toml"));
        cargo
    };
    let metadata: Value = serde_json::from_str(&process::output(cargo("metadata").arg("--format-version=1"))?)?;
    let packages = metadata["packages"].as_array().context("Cargo names no packages")?;
    let package = packages.iter().find(|package| package["name"] == "wa-serde-derive");
    let manifest = package.and_then(|package| package["manifest_path"].as_str()).context("no `wa-serde-derive`")?;
    let module = Path::new(manifest).with_file_name("src").join("serde_derive.wasm");

    // The macros of both kinds at opt-level 3: the package's profile says so.
    let mut build = cargo("build");
    build.args(["--release", "--message-format=json", "-p", "serde", "-p", "serde_derive", "-p", "wa-serde-derive"]);
    let messages = process::output(build.arg("--target-dir").arg(dir.join("target")))?;
    let messages = messages.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let file = |name: &str| {
        let built = messages.iter().filter(|message| message["reason"] == "compiler-artifact");
        let mut built = built.filter(|message| {
            message["target"]["name"].as_str().map(|it| it.replace('-', "_")).as_deref() == Some(name)
        });
        let files = built.find_map(|message| message["filenames"].as_array());
        let mut files = files.into_iter().flatten().filter_map(Value::as_str);
        let file = files.find(|file| file.ends_with(".rlib") || file.ends_with(std::env::consts::DLL_SUFFIX));
        file.map(PathBuf::from).with_context(|| format!("Cargo did not build {name}"))
    };

    let annotated = dir.join("serde_derive.wasm");
    let mut annotate = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    annotate.args(["run", "--quiet", "--package", "stubgen", "--manifest-path"]);
    annotate.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml")).args(["--", "annotate"]).arg(&module);
    annotate.args(["--derive", "Serialize:derive_serialize:serde", "--derive", "Deserialize:derive_deserialize:serde"]);
    annotate.args(["--crate-version", "1.0.137", "--edition", "2015", "-o"]).arg(&annotated);
    process::run(&mut annotate)?;
    Ok(Derives {
        serde: file("serde")?,
        native: file("serde_derive")?,
        interpreter: file("wa_serde_derive")?,
        annotated,
    })
}
