//! A clean `cargo build` of a program that derives serde's traits: with the native macro, and with a prebuilt module.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{Bench, Measure};
use crate::macros::Build;
use crate::rounds::{interleaved, samples};
use crate::row::{Row, Unit};
use crate::{cargo, process};

pub const MEASURE: Measure = Measure {
    name: "cargo-build",
    what: "a clean `cargo build` of a program that needs little but serde's derives, with a prebuilt module",
    run,
};

/// What is built.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Variant {
    /// serde_derive and its dependencies, too.
    Native,
    /// The module, without anything cached.
    Module,
    /// The module, whose stub and code are cached, as for the second program on a machine.
    CachedModule,
}

impl Variant {
    const ALL: [Variant; 3] = [Variant::Native, Variant::Module, Variant::CachedModule];

    fn name(self) -> &'static str {
        match self {
            Variant::Native => "native",
            Variant::Module => "module, first use",
            Variant::CachedModule => "module, cached",
        }
    }
}

fn run(bench: &mut Bench) -> Result<()> {
    let module = bench.macros()?.file(Build::WasmO3);
    let target = bench.scratch().join("target");
    let warm = bench.scratch().join("warm");
    let command = |bench: &Bench, variant: Variant| -> Command {
        let mut cargo = cargo::command(&bench.toolchain, "build");
        cargo.arg("--offline").arg("--target-dir").arg(&target);
        if variant == Variant::Native {
            cargo.arg("--features=native");
        } else {
            let cache = if variant == Variant::Module { target.join("wasm-proc-macro") } else { warm.clone() };
            let flags = format!(
                "build.rustflags=[\"--wasm-proc-macro\", \"{}\", \"--wasm-proc-macro-cache\", \"{}\"]",
                module.display(),
                cache.display()
            );
            cargo.arg("--config").arg(flags);
        }
        cargo
    };
    let times = interleaved(bench.rounds(5), &Variant::ALL, |&variant| {
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        Ok(process::run(&mut command(bench, variant))?.wall.as_secs_f64())
    })?;
    let times: Vec<_> = times.iter().map(|times| samples(times, |time| *time)).collect();
    for (variant, time) in Variant::ALL.iter().zip(&times) {
        bench.report.keep(variant.name(), Unit::Seconds, time);
        bench.report.bar("clean cargo build, s", "", variant.name(), time.median());
        bench.report.plain(variant.name().to_owned(), Unit::Seconds, time);
        if *variant != Variant::Native {
            let what = format!("{} / native", variant.name());
            bench.report.row(Row::compared(what, Unit::Ratio, time.ratio(&times[0])).published());
        }
    }
    Ok(())
}
