//! What the fork costs those who never use it: the compiler's start, counted in instructions.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Bench, Measure};
use crate::instructions::Counter;
use crate::row::{Row, Unit};
use crate::toolchain::{command, rustc_in};

pub const MEASURE: Measure =
    Measure { name: "start-up", what: "instructions of rustc without any module, the fork / upstream", run };

/// Makes the command for a rustc.
type Start<'a> = dyn Fn(&Path) -> Command + 'a;

/// Nothing, as far as two digits show it.
const AIM: f64 = 1.005;

fn run(bench: &mut Bench) -> Result<()> {
    let Some(counter) = Counter::find() else {
        bench.report.note("nothing here counts instructions; install valgrind");
        return Ok(());
    };
    let Some(pristine) = bench.toolchain.pristine().map(rustc_in) else {
        bench.report.note("nothing to compare with; `./x.py build --pristine` builds it");
        return Ok(());
    };
    let fork = rustc_in(bench.toolchain.root());
    let empty = bench.scratch().join("empty.rs");
    fs::write(&empty, "")?;
    let version = |rustc: &Path| {
        let mut command = command(rustc);
        command.arg("--version");
        command
    };
    let library = |rustc: &Path| {
        let mut command = command(rustc);
        command.args(["--crate-type=lib", "--emit=metadata", "--out-dir"]);
        command.arg(empty.with_file_name("")).arg(&empty);
        command
    };
    let cases: [(&str, &Start<'_>); 2] =
        [("`rustc --version`", &version), ("an empty library to crate metadata", &library)];
    for (what, rustc) in cases {
        let upstream = counter.count(&rustc(&pristine))?;
        let fork = counter.count(&rustc(&fork))?;
        bench.report.row(Row::new(format!("{what}, upstream"), Unit::Minstructions, upstream / 1e6));
        let what = format!("{what}, fork / upstream");
        bench.report.row(Row::new(what, Unit::CountedRatio, fork / upstream).at_most(AIM).published());
    }
    Ok(())
}
