//! Running the compiler and looking at what came of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a program ended and what it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; none if a signal ended the program.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The command, for messages.
    pub command: String,
}

impl Outcome {
    /// The exit code must be 0.
    #[track_caller]
    pub fn success(self) -> Outcome {
        assert!(self.code == Some(0), "expected success:\n{self}");
        self
    }

    /// There must be one error as rustc words errors, exit code 1, and no sign of an internal compiler error.
    #[track_caller]
    pub fn one_error(self) -> Outcome {
        let this = self.errors();
        assert_eq!(this.error_lines().len(), 1, "expected one error:\n{this}");
        this
    }

    /// There must be errors, exit code 1, and no sign of an internal compiler error.
    #[track_caller]
    pub fn errors(self) -> Outcome {
        assert!(self.code == Some(1), "expected exit code 1:\n{self}");
        for sign in ["internal compiler error", "panicked at", "RUST_BACKTRACE"] {
            assert!(!self.stderr.contains(sign), "`{sign}` in the output:\n{self}");
        }
        assert!(!self.error_lines().is_empty(), "expected an error:\n{self}");
        self
    }

    /// The standard error output must contain `text`.
    #[track_caller]
    pub fn says(self, text: &str) -> Outcome {
        assert!(self.stderr.contains(text), "expected `{text}` in the output:\n{self}");
        self
    }

    /// The first lines of all errors but rustc's own count of them.
    pub fn error_lines(&self) -> Vec<&str> {
        error_lines(&self.stderr)
    }

    /// The first lines of all warnings but rustc's own count of them.
    pub fn warning_lines(&self) -> Vec<&str> {
        let is_count = |line: &&str| line.ends_with("emitted");
        self.stderr.lines().filter(|line| line.starts_with("warning:")).filter(|line| !is_count(line)).collect()
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or("a signal".to_owned(), |code| format!("code {code}"));
        write!(f, "{}\nended with {code}\n{}{}", self.command, shortened(&self.stdout), shortened(&self.stderr))
    }
}

/// The beginning of a text, for messages that people read.
fn shortened(text: &str) -> String {
    const LIMIT: usize = 20_000;
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}\n(and {} bytes more)\n", &text[..end], text.len() - end),
        None => text.to_owned(),
    }
}

/// Shorthands for calls of rustc.
pub trait RustcExt {
    /// Runs the command to its end.
    fn outcome(&mut self) -> Outcome;

    /// `--wasm-proc-macro PATH`.
    fn module(&mut self, path: &Path) -> &mut Command;

    /// `--wasm-proc-macro NAME=PATH`.
    fn module_as(&mut self, name: &str, path: &Path) -> &mut Command;

    /// `--wasm-proc-macro-cache DIR`.
    fn cache(&mut self, dir: &Path) -> &mut Command;
}

impl RustcExt for Command {
    fn outcome(&mut self) -> Outcome {
        let output = self.output().unwrap_or_else(|error| panic!("cannot run {self:?}: {error}"));
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            command: words(self),
        }
    }

    fn module(&mut self, path: &Path) -> &mut Command {
        self.arg("--wasm-proc-macro").arg(path)
    }

    fn module_as(&mut self, name: &str, path: &Path) -> &mut Command {
        self.arg("--wasm-proc-macro").arg(format!("{name}={}", path.display()))
    }

    fn cache(&mut self, dir: &Path) -> &mut Command {
        self.arg("--wasm-proc-macro-cache").arg(dir)
    }
}

/// The command as one would type it, near enough.
fn words(command: &Command) -> String {
    let mut words = command.get_program().display().to_string();
    for argument in command.get_args() {
        words.push(' ');
        words.push_str(&argument.to_string_lossy());
    }
    words
}

/// The first lines of all errors in what rustc says but its own count of them.
pub fn error_lines(stderr: &str) -> Vec<&str> {
    let is_error = |line: &&str| line.starts_with("error:") || line.starts_with("error[");
    let is_count = |line: &&str| line.starts_with("error: aborting due to");
    stderr.lines().filter(is_error).filter(|line| !is_count(line)).collect()
}

/// All files under `dir`, relative to it and sorted; none if it is not there.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(next) = todo.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.expect("a directory can be read").path();
            if path.is_dir() {
                todo.push(path);
            } else {
                found.push(path.strip_prefix(dir).expect("it is below `dir`").to_owned());
            }
        }
    }
    found.sort();
    found
}
