//! What Cargo, compilers and tests have said, in a form in which two runs can be compared.

use std::collections::BTreeMap;
use std::path::Path;

use cargo_tests::CargoOutcome as _;
use serde_json::Value;

use crate::work::Ended;

/// What came of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// Names of tests, sorted; one that stands in two programs stands here twice.
    pub passed: Vec<String>,
    pub failed: Vec<String>,
    /// The compiler's messages about the package, sorted: what is compiled first is decided by chance.
    pub diagnostics: Vec<String>,
    /// The targets that do not compile, as Cargo names them: `lib`, `lib test`, `test "name"`; and as `dependency "name"` a package
    /// that they need.
    pub uncompiled: Vec<String>,
    /// Whether it was killed because its time was over.
    pub is_late: bool,
    /// Cargo's exit code.
    pub code: Option<i32>,
}

impl Transcript {
    /// What came of a call of Cargo for `package`. `places` are directories that have other names elsewhere, the longest first.
    pub fn of(ended: &Ended, package: &str, places: &[(&Path, &str)]) -> Transcript {
        let outcome = &ended.outcome;
        let mut transcript = Transcript {
            passed: outcome.passed(),
            failed: outcome.failed(),
            diagnostics: diagnostics(&outcome.stdout).map(|text| normalized(&text, places)).collect(),
            uncompiled: outcome.stderr.lines().filter_map(|line| uncompiled(line, package)).collect(),
            is_late: ended.is_late,
            code: outcome.code,
        };
        transcript.diagnostics.sort();
        transcript.uncompiled.sort();
        transcript
    }

    /// The first error among the messages.
    pub fn first_error(&self) -> Option<&str> {
        self.diagnostics
            .iter()
            .find_map(|text| text.split_once(": ").map(|(_, text)| text).filter(|text| text.starts_with("error")))
    }

    /// In what `wasm` differs from this native one, for people; nothing if it does not.
    pub fn differences(&self, wasm: &Transcript) -> Vec<String> {
        let mut found = Vec::new();
        if wasm.is_late {
            // The rest is what was not reached.
            return vec!["from Wasm it was not done in time".to_owned()];
        }
        for (what, native, wasm) in [
            ("passes", &self.passed, &wasm.passed),
            ("fails", &self.failed, &wasm.failed),
            ("does not compile", &self.uncompiled, &wasm.uncompiled),
            ("message", &self.diagnostics, &wasm.diagnostics),
        ] {
            found.extend(only_in(native, wasm).map(|text| format!("only natively, {what}: {text}")));
            found.extend(only_in(wasm, native).map(|text| format!("only from Wasm, {what}: {text}")));
        }
        if self.code != wasm.code {
            found.push(format!("exit code natively {:?}, from Wasm {:?}", self.code, wasm.code));
        }
        found
    }
}

/// What stands more often in `these` than in `those`.
fn only_in<'a>(these: &'a [String], those: &'a [String]) -> impl Iterator<Item = &'a String> {
    let mut left: BTreeMap<&String, usize> = BTreeMap::new();
    for one in those {
        *left.entry(one).or_default() += 1;
    }
    these.iter().filter(move |one| match left.get_mut(one) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    })
}

/// The messages in Cargo's JSON about packages that are no dependencies, as `KIND NAME: RENDERED`.
fn diagnostics(stdout: &str) -> impl Iterator<Item = String> {
    let messages = stdout.lines().filter(|line| line.starts_with("{\"reason\":\"compiler-message\""));
    messages.filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let target = &message["target"];
        // The library of a macro is another program for another platform. Cargo's messages do not tell it from the program with its
        // own tests.
        let is_macro = target["kind"][0] == "proc-macro";
        if is_macro || !message["package_id"].as_str()?.starts_with("path+") {
            return None;
        }
        let rendered = message["message"]["rendered"].as_str()?;
        Some(format!("{} {}: {rendered}", target["kind"][0].as_str()?, target["name"].as_str()?))
    })
}

/// The target in `error: could not compile `package` (lib test) due to 1 previous error`. Of another package there is only its name: its
/// library is not the one that is tested.
fn uncompiled(line: &str, package: &str) -> Option<String> {
    let (name, rest) = line.split_once("could not compile `")?.1.split_once("` (")?;
    let (target, _) = rest.split_once(')')?;
    Some(if name == package { target.to_owned() } else { format!("dependency \"{name}\"") })
}

/// A text in which directories, and hashes that Cargo gives to files, have names that are always the same.
fn normalized(text: &str, places: &[(&Path, &str)]) -> String {
    let mut text = text.to_owned();
    for (path, name) in places {
        text = text.replace(&path.display().to_string(), name);
    }
    let mut out = String::new();
    let mut rest = &*text;
    while let Some((before, after)) = rest.split_once('-') {
        out.push_str(before);
        out.push('-');
        let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
        rest = after;
        if digits == 16 {
            out.push_str("HASH");
            rest = &after[16..];
        }
    }
    out + rest
}

/// How much of a reason stands in the results.
const LONGEST_REASON_CHARACTERS: usize = 700;

/// Why a call of Cargo failed, in a few lines.
pub fn reason(ended: &Ended) -> String {
    if ended.is_late {
        return format!("was not done after {} s", ended.time.as_secs());
    }
    let is_error = |line: &&str| line.trim_start().starts_with("error");
    let is_first =
        |line: &&str| is_error(line) && !line.contains("could not compile") && !line.contains("build failed");
    let mut lines = ended.outcome.stderr.lines().skip_while(|line| !is_first(line)).peekable();
    if lines.peek().is_none() {
        let last: Vec<&str> = ended.outcome.stderr.lines().rev().take(3).collect();
        return shortened(&last.into_iter().rev().collect::<Vec<_>>().join("\n"));
    }
    shortened(&lines.take(12).collect::<Vec<_>>().join("\n"))
}

/// The beginning of a text.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_REASON_CHARACTERS) {
        Some((end, _)) => format!("{} …", text[..end].trim_end()),
        None => text.trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ::tests::Outcome;

    use super::*;

    fn ended(code: i32, stdout: &str, stderr: &str) -> Ended {
        let outcome =
            Outcome { code: Some(code), stdout: stdout.to_owned(), stderr: stderr.to_owned(), command: String::new() };
        Ended { outcome, time: Duration::from_secs(1), is_late: false }
    }

    fn transcript(code: i32, stdout: &str, stderr: &str) -> Transcript {
        Transcript::of(&ended(code, stdout, stderr), "p", &[(Path::new("/w/target"), "TARGET"), (Path::new("/w"), "")])
    }

    fn message(package: &str, kind: &str, name: &str, rendered: &str) -> String {
        let value = serde_json::json!({
            "reason": "compiler-message", "package_id": package,
            "target": {"kind": [kind], "name": name, "test": true}, "message": {"rendered": rendered},
        });
        // Cargo writes the reason first.
        let text = value.to_string().replace(",\"reason\":\"compiler-message\"", "");
        format!("{{\"reason\":\"compiler-message\",{}", &text[1..])
    }

    #[test]
    fn two_runs_that_differ_by_chance_only_are_equal() {
        let of = |dir: &str, hash: &str, order: [usize; 2]| {
            let messages = [
                message("path+file:///w/p#1.0.0", "lib", "p", "warning: unused\n --> src/lib.rs:1:1"),
                message(
                    "path+file:///w/p#1.0.0",
                    "test",
                    "t",
                    &format!("warning: x\n --> {dir}/build/p-{hash}/out/a.rs"),
                ),
            ];
            let tests = ["test b ... ok", "test a ... ok"];
            let lines = order.map(|number| format!("{}\n{}\n", messages[number], tests[number]));
            transcript(0, &lines.concat(), "")
        };
        let native = of("/w/target/debug", "0123456789abcdef", [0, 1]);
        let wasm = of("/w/target/debug", "fedcba9876543210", [1, 0]);
        assert_eq!(native.differences(&wasm), [""; 0]);
        assert_eq!(native.diagnostics.len(), 2);
        assert!(native.diagnostics[1].contains("TARGET/debug/build/p-HASH/out/a.rs"), "{native:?}");
    }

    #[test]
    fn every_kind_of_difference_is_seen() {
        let own = "path+file:///w/p#1.0.0";
        let native =
            transcript(0, &format!("test a ... ok\ntest b ... ok\n{}", message(own, "lib", "p", "warning: y")), "");
        for (code, stdout, stderr, difference) in [
            (101, "test a ... ok\ntest b ... FAILED", "", "only from Wasm, fails: b"),
            (0, "test a ... ok", "", "only natively, passes: b"),
            (0, "test a ... ok\ntest b ... ok\ntest b ... ok", "", "only from Wasm, passes: b"),
            (0, "test a ... ok\ntest b ... ok", "", "only natively, message: lib p: warning: y"),
            (
                101,
                "",
                "error: could not compile `p` (test \"t\") due to 1",
                "only from Wasm, does not compile: test \"t\"",
            ),
            (101, "", "", "exit code natively Some(0), from Wasm Some(101)"),
        ] {
            let found = native.differences(&transcript(code, stdout, stderr));
            assert!(found.iter().any(|line| line == difference), "{difference}: {found:?}");
        }
    }

    #[test]
    fn a_dependency_that_does_not_compile_is_not_the_package() {
        // Where it were taken for the library that is tested, nothing would be tested.
        let stderr =
            "error: could not compile `q` (lib) due to 1 previous error\nerror: could not compile `p` (lib test)";
        assert_eq!(transcript(101, "", stderr).uncompiled, ["dependency \"q\"", "lib test"]);
    }

    #[test]
    fn messages_about_dependencies_and_about_the_macro_itself_do_not_count() {
        let registry = message("registry+x#a@1.0.0", "lib", "a", "warning: y");
        let library = message("path+file:///w/p#1.0.0", "proc-macro", "p", "warning: y");
        assert_eq!(transcript(0, &format!("{registry}\n{library}"), "").diagnostics, [""; 0]);
    }

    #[test]
    fn a_reason_is_the_first_error() {
        let stderr = "warning: x\nerror: the macro `m` asked for `URL`\n  note: it\nerror: could not compile `p` (lib)";
        assert!(reason(&ended(101, "", stderr)).starts_with("error: the macro `m` asked for `URL`\n  note: it"));
        let late = Ended { is_late: true, ..ended(101, "", stderr) };
        assert_eq!(
            Transcript::default().differences(&Transcript::of(&late, "p", &[])),
            ["from Wasm it was not done in time"]
        );
        assert_eq!(reason(&late), "was not done after 1 s");
        assert_eq!(reason(&ended(101, "", "a\nb")), "a\nb");
        assert!(shortened(&"x".repeat(5000)).len() < 1000);
    }
}
