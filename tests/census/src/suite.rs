//! The tests that a package has of its own, run natively and with its macros from Wasm.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_tests::projects::home;
use cargo_tests::{Kind, copy};
use serde_json::Value;

use crate::list::{Entry, Plan, Suite};
use crate::load::{WIDEST, grants};
use crate::results::{Tests, Verdict};
use crate::transcript::{Transcript, reason, shortened};
use crate::work::{Ended, Stop, Work, write};

/// How often targets that do not compile are left out before the package is given up.
const TRIES: usize = 4;

/// Runs the tests of a crate both ways.
///
/// # Errors
///
/// If what came of it is no result.
pub fn compare(work: &Work, entry: &Entry, lock_file: &Path) -> Result<Tests, Stop> {
    let suite = match &entry.tests {
        Plan::None(why) => return Ok(Tests::not_run(why, &work.identity)),
        Plan::Run(suite) => suite,
    };
    let place = Place { work, suite, dir: work.dir.join("tests").join(&entry.name) };
    place.lay(entry, lock_file)?;
    let mut tests = place.compare(&work.dir.join("differences").join(format!("{}.txt", entry.name)))?;
    if suite.package != entry.package || suite.version != entry.version {
        tests.package = format!("{} {}", suite.package, suite.version);
    }
    place.leave();
    Ok(tests)
}

/// How much there is to build for the tests of a crate, roughly: those with the least come first.
pub fn cost(entry: &Entry) -> usize {
    let Plan::Run(suite) = &entry.tests else { return 0 };
    let text = unpacked(suite).and_then(|dir| fs::read_to_string(dir.join("Cargo.toml")).ok()).unwrap_or_default();
    let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    3 * count("[dependencies.") + 5 * count("[dev-dependencies.") + count("[[test]]")
}

/// The package as Cargo has unpacked it, if it has.
fn unpacked(suite: &Suite) -> Option<PathBuf> {
    let registries = fs::read_dir(home().join("registry/src")).ok()?;
    let dirs =
        registries.flatten().map(|registry| registry.path().join(format!("{}-{}", suite.package, suite.version)));
    dirs.into_iter().find(|dir| dir.join("Cargo.toml").exists())
}

/// A workspace with the unpacked package in it.
struct Place<'a> {
    work: &'a Work,
    suite: &'a Suite,
    dir: PathBuf,
}

impl Place<'_> {
    fn package(&self) -> PathBuf {
        self.dir.join("package")
    }

    fn spec(&self) -> String {
        format!("path+file://{}#{}@{}", self.package().display(), self.suite.package, self.suite.version)
    }

    fn lay(&self, entry: &Entry, lock_file: &Path) -> Result<(), Stop> {
        _ = fs::remove_dir_all(&self.dir);
        write(&self.dir.join("Cargo.toml"), "[workspace]\nmembers = [\"package\", \"widest\"]\nresolver = \"2\"\n")?;
        write(&self.dir.join("widest/Cargo.toml"), WIDEST)?;
        write(&self.dir.join("widest/src/lib.rs"), "")?;
        write(&self.dir.join("wasm-proc-macro.toml"), &grants(entry.permissions.clone()))?;
        // Cargo keeps of it what fits, so packages have the dependencies that were built already.
        let lock = fs::read_to_string(lock_file).unwrap_or_default();
        write(&self.dir.join("Cargo.lock"), &lock)?;
        self.unpack()
    }

    /// Lays the package as it was published.
    fn unpack(&self) -> Result<(), Stop> {
        let Suite { package, version, .. } = self.suite;
        if unpacked(self.suite).is_none() {
            let spec = format!("{package}@{version}");
            let info = ["info", &spec, "--registry", "crates-io"];
            self.work.run(self.work.cargo(Kind::Plain, &self.work.dir, &info), Duration::from_secs(120))?;
        }
        let from =
            unpacked(self.suite).ok_or_else(|| Stop::Machine(format!("cannot download `{package} {version}`")))?;
        _ = fs::remove_dir_all(self.package());
        copy::directory(&from, &self.package());
        for name in [".cargo-ok", "Cargo.lock"] {
            _ = fs::remove_file(self.package().join(name));
        }
        Ok(())
    }

    fn leave(&self) {
        // What is left of it in the target directory is of no use to others.
        let clean = self.work.cargo(Kind::Plain, &self.dir, &["clean", "-p", &self.spec()]);
        _ = self.work.run(clean, Duration::from_secs(60));
        _ = fs::remove_dir_all(&self.dir);
    }

    fn compare(&self, report: &Path) -> Result<Tests, Stop> {
        let mut tests = Tests::not_run("", &self.work.identity);
        let mut calls = vec![self.words(&[])];
        let (native, native_reason) = loop {
            let (native, reason) = self.side(Kind::Plain, &calls)?;
            if native.uncompiled.is_empty() || tests.left_out.len() == TRIES {
                break (native, reason);
            }
            // These tell nothing, and the others would not be run.
            tests.left_out.extend(native.uncompiled.iter().cloned());
            tests.left_out.sort();
            tests.left_out.dedup();
            calls = self.calls_without(&tests.left_out)?;
            if calls.is_empty() || tests.left_out.iter().any(|target| target == "build script") {
                break (native, reason);
            }
            self.unpack()?;
        };
        if !native.uncompiled.is_empty() {
            let error = native.first_error().unwrap_or(&native_reason);
            tests.reason = format!("does not compile natively: {}", shortened(error));
            tests.left_out.clear();
            return Ok(tests);
        }
        tests.diagnostics = native.diagnostics.len();
        if native.passed.is_empty() && native.failed.is_empty() && native.diagnostics.is_empty() {
            let is_quiet = native.codes.iter().all(|code| *code == Some(0));
            tests.reason = if is_quiet {
                "there are no tests in the package".to_owned()
            } else {
                format!("cannot be run natively: {native_reason}")
            };
            return Ok(tests);
        }
        self.unpack()?;
        let (wasm, wasm_reason) = self.side(Kind::Command, &calls)?;
        (tests.passed, tests.failed) = (native.passed.len(), native.failed.len());
        let differences = native.differences(&wasm);
        _ = fs::remove_file(report);
        if differences.is_empty() {
            tests.verdict = Verdict::Equal;
        } else {
            tests.verdict = Verdict::Different;
            write(report, &format!("{}\n\n{wasm_reason}\n", differences.join("\n")))?;
            let summary = format!("{} differences: {}", differences.len(), differences.join("\n"));
            let is_refused = wasm.passed.is_empty() && wasm.failed.is_empty() && !wasm_reason.is_empty();
            tests.reason = shortened(if is_refused { &wasm_reason } else { &summary });
        }
        Ok(tests)
    }

    /// Runs tests, and says why Cargo failed if it did.
    fn side(&self, kind: Kind, calls: &[Vec<String>]) -> Result<(Transcript, String), Stop> {
        let target = self.work.target();
        let package = self.package();
        let places = [(&*target, "TARGET"), (&*package, "PACKAGE")];
        let mut transcript = Transcript::default();
        let mut why = String::new();
        for call in calls {
            let ended = self.call(kind, call)?;
            transcript.add(&ended, &places);
            if !ended.is_success() && why.is_empty() {
                why = reason(&ended);
            }
        }
        Ok((transcript, why))
    }

    fn call(&self, kind: Kind, words: &[String]) -> Result<Ended, Stop> {
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        if kind == Kind::Command {
            words.insert(1, "--forbid-native");
        }
        let mut command = self.work.cargo(kind, &self.dir, &words);
        // The package's own oldest Rust says nothing about what is fit for the one at hand.
        command.env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "allow");
        command.envs(&self.suite.environment);
        self.work.run(command, Duration::from_secs(60 * self.suite.minutes))
    }

    /// A call of Cargo for these targets.
    fn words(&self, targets: &[String]) -> Vec<String> {
        let mut words: Vec<String> =
            ["test", "--no-fail-fast", "--message-format=json", "-p", &self.spec()].map(str::to_owned).into();
        if targets != ["--doc"] {
            words.extend(["-p", "widest"].map(str::to_owned));
        }
        for feature in &self.suite.features {
            words.extend(["--features".to_owned(), format!("{}/{feature}", self.suite.package)]);
        }
        if !self.suite.default_features {
            words.push("--no-default-features".to_owned());
        }
        words.extend(targets.iter().chain(&self.suite.arguments).cloned());
        words
    }

    /// Calls of Cargo for all targets but these; none if nothing is left.
    fn calls_without(&self, left_out: &[String]) -> Result<Vec<Vec<String>>, Stop> {
        let words = ["metadata", "--no-deps", "--format-version", "1"];
        let ended = self.work.run(self.work.cargo(Kind::Plain, &self.dir, &words), Duration::from_secs(120))?;
        let metadata: Value = serde_json::from_str(&ended.outcome.stdout).unwrap_or_default();
        let packages = metadata["packages"].as_array().into_iter().flatten();
        let own = packages.filter(|package| package["name"] == *self.suite.package);
        let targets: Vec<&Value> =
            own.flat_map(|package| package["targets"].as_array().into_iter().flatten()).collect();
        Ok(choices(&targets, left_out).iter().map(|choice| self.words(choice)).collect())
    }
}

/// Options that choose all of the `targets`, as `cargo metadata` names them, but those that are left out. The tests of the documentation need a
/// call of their own.
fn choices(targets: &[&Value], left_out: &[String]) -> Vec<Vec<String>> {
    let is_left_out = |name: &str| left_out.iter().any(|other| other == name);
    let mut words = Vec::new();
    let mut documentation = Vec::new();
    if is_left_out("lib") {
        return Vec::new();
    }
    for target in targets {
        let (kind, name) =
            (target["kind"][0].as_str().unwrap_or_default(), target["name"].as_str().unwrap_or_default());
        let is_tested = target["test"] == true;
        match kind {
            "lib" | "rlib" | "dylib" | "cdylib" | "staticlib" | "proc-macro" => {
                if is_tested && !is_left_out("lib test") {
                    words.push("--lib".to_owned());
                }
                if target["doctest"] == true {
                    documentation.push("--doc".to_owned());
                }
            }
            "test" | "bin" | "example" if is_tested || kind == "example" => {
                let own = [format!("{kind} \"{name}\""), format!("{kind} \"{name}\" test")];
                if !own.iter().any(|own| is_left_out(own)) {
                    words.extend([format!("--{kind}"), name.to_owned()]);
                }
            }
            _ => {}
        }
    }
    [words, documentation].into_iter().filter(|words| !words.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_compile_is_left_out_and_the_rest_is_run() {
        let targets = [
            json!({"kind": ["lib"], "name": "p", "test": true, "doctest": true}),
            json!({"kind": ["test"], "name": "a", "test": true}),
            json!({"kind": ["test"], "name": "b", "test": true}),
            json!({"kind": ["bench"], "name": "c", "test": false}),
            json!({"kind": ["example"], "name": "d", "test": false}),
            json!({"kind": ["custom-build"], "name": "build-script-build", "test": false}),
        ];
        let targets: Vec<&Value> = targets.iter().collect();
        let without = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            choices(&targets, &names).iter().map(|words| words.join(" ")).collect::<Vec<_>>()
        };
        assert_eq!(without(&["test \"a\""]), ["--lib --test b --example d", "--doc"]);
        assert_eq!(without(&["lib test", "example \"d\""]), ["--test a --test b", "--doc"]);
        // All of them use it.
        assert_eq!(without(&["lib"]), [""; 0]);
    }
}
