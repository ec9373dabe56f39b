//! The tests that a package has of its own, run natively and with its macros from Wasm.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_tests::projects::home;
use cargo_tests::{Kind, copy};

use crate::list::{Entry, Plan, Suite};
use crate::load::{WIDEST, grants};
use crate::package;
use crate::results::{Tests, Verdict};
use crate::transcript::{Transcript, reason, shortened};
use crate::work::{Stop, Work, write};

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
    // One place for all, one after the other: a macro's dependencies are compiled with the name of their workspace, so in another they
    // would be built anew.
    let place = Place { work, suite, dir: work.dir.join("tests") };
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

/// Why there is nothing to compare, when natively all went well as far as it went.
fn nothing(native: &Transcript, reason: &str, left_out: &[String]) -> String {
    match (native.code, left_out) {
        (Some(0), []) => "there are no tests in the package".to_owned(),
        (Some(0), _) => format!("there are no tests without {}", left_out.join("; ")),
        _ => format!("cannot be run natively: {reason}"),
    }
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
        package::leave_out_calling(&self.package())
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
        let callers = package::callers(&self.package());
        let mut left_out = callers.clone();
        let mut tries = 0;
        let (native, native_reason) = loop {
            package::leave_out(&self.package(), &left_out)?;
            let (native, reason) = self.tests(Kind::Plain)?;
            if native.is_late {
                tests.reason = format!("natively it {reason}");
                return Ok(tests);
            }
            // Nothing if all compile, and what cannot be left out is there again.
            if native.uncompiled.iter().all(|target| left_out.contains(target)) || tries == TRIES {
                break (native, reason);
            }
            // These tell nothing, and the others would not be run.
            tries += 1;
            left_out.extend(native.uncompiled.iter().cloned());
            if left_out.iter().any(|target| target == "lib") {
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
        let missing: Vec<String> =
            left_out.iter().filter(|target| target.starts_with(package::DEPENDENCY)).cloned().collect();
        self.unpack()?;
        package::leave_out(&self.package(), &missing)?;
        let (native_programs, _) = self.programs(Kind::Plain)?;
        tests.programs = native_programs.uncompiled.len();
        tests.diagnostics = native.diagnostics.len() + native_programs.diagnostics.len();
        if native.passed.is_empty() && native.failed.is_empty() && tests.diagnostics == 0 {
            tests.reason = nothing(&native, &native_reason, &tests.left_out);
            return Ok(tests);
        }
        self.unpack()?;
        package::leave_out(&self.package(), &left_out)?;
        let (wasm, wasm_reason) = self.tests(Kind::Command)?;
        self.unpack()?;
        package::leave_out(&self.package(), &missing)?;
        let (wasm_programs, programs_reason) = self.programs(Kind::Command)?;
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

    /// Runs the tests, and says why Cargo failed if it did.
    fn tests(&self, kind: Kind) -> Result<(Transcript, String), Stop> {
        let mut words = vec!["test".to_owned(), "--no-fail-fast".to_owned()];
        words.extend(self.choice());
        words.extend(self.suite.arguments.iter().cloned());
        self.call(kind, &words)
    }

    /// Checks the programs that are not to compile.
    fn programs(&self, kind: Kind) -> Result<(Transcript, String), Stop> {
        if package::add_programs(&self.package())? == 0 {
            return Ok(Default::default());
        }
        let mut words = ["check", "--keep-going", "--example", package::PROGRAMS].map(str::to_owned).to_vec();
        words.extend(self.choice());
        self.call(kind, &words)
    }

    fn call(&self, kind: Kind, words: &[String]) -> Result<(Transcript, String), Stop> {
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        if kind == Kind::Command {
            words.insert(1, "--forbid-native");
        }
        let mut command = self.work.cargo(kind, &self.dir, &words);
        // The package's own oldest Rust says nothing about what is fit for the one at hand.
        command.env("CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS", "allow");
        command.envs(&self.suite.environment);
        let ended = self.work.run(command, Duration::from_secs(60 * self.suite.minutes))?;
        let places = [(&*self.work.target(), "TARGET"), (&*self.package(), "PACKAGE")];
        let transcript = Transcript::of(&ended, &self.suite.package, &places);
        Ok((transcript, if ended.is_success() { String::new() } else { reason(&ended) }))
    }

    /// The words that say which package, with which features.
    fn choice(&self) -> Vec<String> {
        let mut words = ["--message-format=json", "-p", &self.spec(), "-p", "widest"].map(str::to_owned).to_vec();
        words.extend(self.features());
        words
    }

    fn features(&self) -> Vec<String> {
        let chosen = self.suite.features.iter().map(|feature| format!("--features={}/{feature}", self.suite.package));
        let only = (!self.suite.default_features).then(|| "--no-default-features".to_owned());
        chosen.chain(only).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_were_all_left_out_are_not_said_to_be_missing() {
        // Some need a file that was not published, so they do not compile.
        let quiet = Transcript { code: Some(0), ..Transcript::default() };
        assert_eq!(nothing(&quiet, "", &[]), "there are no tests in the package");
        assert_eq!(
            nothing(&quiet, "", &["test \"a\", and why".to_owned()]),
            "there are no tests without test \"a\", and why"
        );
        let failed = Transcript { code: Some(101), ..Transcript::default() };
        assert_eq!(nothing(&failed, "x", &[]), "cannot be run natively: x");
    }
}
