//! What Cargo and the command have said.

use std::collections::BTreeSet;

use ::tests::Outcome;

/// The line in which the command says what became of the macros.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub wasm: usize,
    /// Of these, how many were there already.
    pub cached: usize,
    /// Of these, how many the project brings along.
    pub pinned: usize,
    pub native: usize,
    /// What it says of the native ones: names and reasons.
    pub reasons: String,
}

/// How to read what Cargo wrote.
pub trait CargoOutcome {
    /// The names of the tests that passed, sorted. A name that stands in two programs stands here twice.
    fn passed(&self) -> Vec<String>;

    /// The names of the tests that failed, sorted.
    fn failed(&self) -> Vec<String>;

    /// What was compiled, as `NAME VERSION`.
    fn compiled(&self) -> BTreeSet<String>;

    /// What the command has compiled for its modules, as `NAME VERSION`, each as often as it says so.
    fn built_for_wasm(&self) -> Vec<String>;

    /// The summary.
    ///
    /// # Panics
    ///
    /// If there is none.
    fn summary(&self) -> Summary;

    /// The exit code must be this one.
    fn ends_with(self, code: i32) -> Self;

    /// The standard error output must not contain `text`.
    fn does_not_say(self, text: &str) -> Self;
}

impl CargoOutcome for Outcome {
    fn passed(&self) -> Vec<String> {
        tests_that(&self.stdout, " ... ok")
    }

    fn failed(&self) -> Vec<String> {
        tests_that(&self.stdout, " ... FAILED")
    }

    fn compiled(&self) -> BTreeSet<String> {
        let verbs = ["Compiling", "Checking", "Documenting"];
        self.stderr
            .lines()
            .filter_map(status)
            .filter(|(verb, _)| verbs.contains(verb))
            .map(|(_, text)| package(text))
            .collect()
    }

    fn built_for_wasm(&self) -> Vec<String> {
        let built = |(verb, text): &(&str, &str)| *verb == "Building" && text.ends_with("(wasm32-wasip1)");
        self.stderr.lines().filter_map(status).filter(built).map(|(_, text)| package(text)).collect()
    }

    #[track_caller]
    fn summary(&self) -> Summary {
        let mut lines = self.stderr.lines().skip_while(|line| status(line).is_none_or(|(verb, _)| verb != "Used"));
        let Some((_, first)) = lines.next().and_then(status) else { panic!("there is no summary:\n{self}") };
        let (counts, reasons) = first.split_once(" native:").unwrap_or((first, ""));
        let words: Vec<&str> = counts.split([' ', '(', ')', ',']).filter(|word| !word.is_empty()).collect();
        let count = |name: &str| {
            let position = words.iter().position(|word| word.trim_end_matches('s') == name)?;
            words[..position].last()?.parse().ok()
        };
        let native =
            if reasons.is_empty() && first == counts { None } else { words.last().and_then(|word| word.parse().ok()) };
        Summary {
            wasm: count("macro").unwrap_or_else(|| panic!("no count in `{first}`")),
            cached: count("cached").unwrap_or(0),
            pinned: count("pinned").unwrap_or(0),
            native: native.unwrap_or(0),
            reasons: [reasons].into_iter().chain(lines).map(str::trim).collect::<Vec<_>>().join("\n"),
        }
    }

    #[track_caller]
    fn ends_with(self, code: i32) -> Outcome {
        assert!(self.code == Some(code), "expected exit code {code}:\n{self}");
        self
    }

    #[track_caller]
    fn does_not_say(self, text: &str) -> Outcome {
        assert!(!self.stderr.contains(text), "`{text}` in the output:\n{self}");
        self
    }
}

fn tests_that(stdout: &str, end: &str) -> Vec<String> {
    let names = stdout.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(end));
    // Tests in the documentation of generated code have the place of that code in their name, which is another one each
    // time.
    let place =
        |name: &str| name.starts_with('/').then(|| name.split_once("/out/")).flatten().map(|(_, rest)| rest.to_owned());
    let mut names: Vec<String> = names.map(|name| place(name).unwrap_or_else(|| name.to_owned())).collect();
    names.sort();
    names
}

/// Verb and text of a line in Cargo's manner: the verb ends at the twelfth column.
fn status(line: &str) -> Option<(&str, &str)> {
    let (verb, text) = line.split_at_checked(12)?;
    let verb = verb.trim_start();
    let is_verb = verb.starts_with(|c: char| c.is_ascii_uppercase()) && !verb.contains(' ');
    is_verb.then_some(())?;
    Some((verb, text.strip_prefix(' ')?))
}

/// `NAME VERSION` of `NAME vVERSION (…)`.
fn package(text: &str) -> String {
    text.split(' ')
        .take(2)
        .map(|word| {
            word.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(word)
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(stdout: &str, stderr: &str) -> Outcome {
        Outcome { code: Some(0), stdout: stdout.to_owned(), stderr: stderr.to_owned(), command: String::new() }
    }

    #[test]
    fn the_summary_is_read() {
        // The tests of macros that run natively see them here only.
        let of = |text: &str| outcome("", &format!("   Compiling a v1.0.0\n        Used {text}\n")).summary();
        let all = Summary { wasm: 14, cached: 12, pinned: 1, ..Summary::default() };
        assert_eq!(of("14 macros from Wasm (12 cached, 1 pinned)"), all);
        let one =
            Summary { wasm: 1, native: 1, reasons: "ring-macro (links = \"ring\")".to_owned(), ..Summary::default() };
        assert_eq!(of("1 macro from Wasm, 1 native: ring-macro (links = \"ring\")"), one);
        let two =
            Summary { wasm: 2, cached: 2, native: 3, reasons: "\na (x)\nb, c (y)".to_owned(), ..Summary::default() };
        assert_eq!(of("2 macros from Wasm (2 cached), 3 native:\n             a (x)\n             b, c (y)"), two);
    }

    #[test]
    fn lines_are_read_as_cargo_writes_them() {
        // What is not recognized is not compared.
        let stderr = [
            "   Compiling a-b v1.0.0-rc.1 (/x)",
            "    Checking c v0.1.0",
            "warning: Compiling d v1.0.0",
            "    Building e v2.0.0 (wasm32-wasip1)",
        ];
        let stdout = [
            "running 5 tests",
            "test m::one ... ok",
            "test src/lib.rs - f (line 3) ... ok",
            "test /x/target/debug/build/a-0123456789abcdef/out/code.rs - g (line 1) ... ok",
            "test two ... FAILED",
            "test three ... ignored",
        ];
        let outcome = outcome(&stdout.join("\n"), &stderr.join("\n"));
        assert_eq!(outcome.compiled(), ["a-b 1.0.0-rc.1", "c 0.1.0"].map(str::to_owned).into());
        assert_eq!(outcome.built_for_wasm(), ["e 2.0.0"]);
        assert_eq!(outcome.passed(), ["code.rs - g (line 1)", "m::one", "src/lib.rs - f (line 3)"]);
        assert_eq!(outcome.failed(), ["two"]);
    }
}
