//! The tests that a package has of its own, run natively and with its macros from Wasm.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::tests::command::files;
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
        // These compile natively on either side, whoever calls them.
        let callers = callers(&self.package());
        let mut left_out = callers.clone();
        let mut calls = if left_out.is_empty() { vec![self.words(&[])] } else { self.calls_without(&left_out)? };
        let mut tries = 0;
        let (native, native_reason) = loop {
            let (native, reason) = self.side(Kind::Plain, &calls)?;
            if native.is_late {
                tests.reason = format!("natively it {reason}");
                return Ok(tests);
            }
            if native.uncompiled.is_empty() || tries == TRIES {
                break (native, reason);
            }
            // These tell nothing, and the others would not be run.
            tries += 1;
            left_out.extend(native.uncompiled.iter().cloned());
            calls = self.calls_without(&left_out)?;
            if calls.is_empty() {
                break (native, reason);
            }
            self.unpack()?;
        };
        if !native.uncompiled.is_empty() {
            let error = native.first_error().unwrap_or(&native_reason);
            tests.reason = format!("does not compile natively: {}", shortened(error));
            return Ok(tests);
        }
        tests.left_out = left_out
            .iter()
            .map(|target| match callers.contains(target) {
                true => format!("{target}, which calls Cargo itself"),
                false => format!("{target}, which does not compile natively"),
            })
            .collect();
        self.unpack()?;
        let programs = self.add_programs()?;
        let (native_programs, _) = self.programs(Kind::Plain, programs)?;
        tests.programs = native_programs.uncompiled.len();
        tests.diagnostics = native.diagnostics.len() + native_programs.diagnostics.len();
        if native.passed.is_empty() && native.failed.is_empty() && tests.diagnostics == 0 {
            let is_quiet = native.codes.iter().all(|code| *code == Some(0));
            tests.reason = match is_quiet {
                true => "there are no tests in the package".to_owned(),
                false => format!("cannot be run natively: {native_reason}"),
            };
            return Ok(tests);
        }
        self.unpack()?;
        let (wasm, wasm_reason) = self.side(Kind::Command, &calls)?;
        self.add_programs()?;
        let (wasm_programs, programs_reason) = self.programs(Kind::Command, programs)?;
        (tests.passed, tests.failed) = (native.passed.len(), native.failed.len());
        let mut differences = native.differences(&wasm);
        differences.extend(native_programs.differences(&wasm_programs));
        _ = fs::remove_file(report);
        if differences.is_empty() {
            tests.verdict = Verdict::Equal;
        } else {
            tests.verdict = Verdict::Different;
            write(report, &format!("{}\n\n{wasm_reason}\n\n{programs_reason}\n", differences.join("\n")))?;
            let summary = format!("{} differences: {}", differences.len(), differences.join("\n"));
            let is_refused = wasm.passed.is_empty() && wasm.failed.is_empty() && !wasm_reason.is_empty();
            tests.reason = shortened(if is_refused { &wasm_reason } else { &summary });
        }
        Ok(tests)
    }

    /// Makes examples of the programs that the package has to show what its macros refuse, and returns how many there are. `trybuild` would
    /// have Cargo compile them natively.
    fn add_programs(&self) -> Result<usize, Stop> {
        let package = self.package();
        let programs = programs(&package);
        let path = package.join("Cargo.toml");
        let mut text = fs::read_to_string(&path).unwrap_or_default();
        for (number, program) in programs.iter().enumerate() {
            text += &format!("\n[[example]]\nname = \"census-{number}\"\npath = {:?}\n", program.display().to_string());
        }
        write(&path, &text)?;
        Ok(programs.len())
    }

    fn programs(&self, kind: Kind, count: usize) -> Result<(Transcript, String), Stop> {
        if count == 0 {
            return Ok(Default::default());
        }
        let mut words: Vec<String> = [
            "check",
            "--keep-going",
            "--message-format=json",
            "-p",
            &self.spec(),
            "-p",
            "widest",
            "--example",
            "census-*",
        ]
        .map(str::to_owned)
        .into();
        words.extend(self.features());
        self.side(kind, &[words])
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
        words.extend(self.features());
        words.extend(targets.iter().chain(&self.suite.arguments).cloned());
        words
    }

    fn features(&self) -> Vec<String> {
        let chosen = self.suite.features.iter().map(|feature| format!("--features={}/{feature}", self.suite.package));
        let only = (!self.suite.default_features).then(|| "--no-default-features".to_owned());
        chosen.chain(only).collect()
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

/// The test programs of a package that call Cargo to compile others, as Cargo names them when they do not compile.
fn callers(package: &Path) -> Vec<String> {
    let tests = package.join("tests");
    let mut found = Vec::new();
    for file in files(&tests) {
        let text = fs::read_to_string(tests.join(&file)).unwrap_or_default();
        let parts: Vec<String> = file.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let name = match &parts[..] {
            [name] => name.strip_suffix(".rs"),
            [name, main] if main == "main.rs" => Some(&**name),
            _ => None,
        };
        if let (Some(name), true) = (name, CALLERS.iter().any(|word| text.contains(word))) {
            found.push(format!("test \"{name}\""));
        }
    }
    found
}

/// What those say that call Cargo.
const CALLERS: [&str; 4] = ["trybuild::", "trybuild2::", "compiletest_rs", "macrotest::"];

/// The programs of a package whose messages it expects: beside them lie the messages.
fn programs(package: &Path) -> Vec<PathBuf> {
    let dir = Path::new("tests");
    let all = files(&package.join(dir)).into_iter().map(|file| dir.join(file));
    let is_program = |file: &PathBuf| {
        let is_rust = file.extension().is_some_and(|extension| extension == "rs");
        is_rust && package.join(file.with_extension("stderr")).exists()
    };
    all.filter(is_program).collect()
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
    fn programs_that_are_not_to_compile_are_found_by_their_messages() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("tests/compiletest.rs", "let t = trybuild::TestCases::new();"),
            ("tests/dir/main.rs", "let t = trybuild::TestCases::new();"),
            ("tests/usual.rs", "#[test] fn a() {}"),
            ("tests/ui/a.rs", ""),
            ("tests/ui/a.stderr", ""),
            ("tests/ui/b.rs", ""),
        ] {
            write(&dir.path().join(name), text).unwrap();
        }
        assert_eq!(callers(dir.path()), ["test \"compiletest\"", "test \"dir\""]);
        assert_eq!(programs(dir.path()), [Path::new("tests/ui/a.rs")]);
    }

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
