//! One call of the compiler, and what is wrong with how it ended.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::generate::Invocation;
use super::texts::HEAD;
use crate::watt::operations;

/// What stands in every file that no macro may read, and in a variable that is for none.
pub(super) const SECRET: &str = "planted-secret-5d21c0";

/// Seconds of processor time that a call may take.
const SECONDS: u32 = 120;

/// Bytes of memory that it may need: 3 GiB.
const MEMORY: u64 = 3 << 30;

/// The longest file that is searched, in bytes. More than that is wrong in itself.
const LONGEST_OUTPUT: u64 = 256 << 20;

/// What the compiler says where something is nested too deep that has no limit of its own.
const OVERFLOW: &str = "error: the compiler's stack overflowed";

/// What a compiler is asked to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Metadata,
    Library,
    /// Prints what macros have made.
    Expanded,
    Json,
    /// As a program of tests.
    Test,
}

impl Mode {
    pub(super) const ALL: [Mode; 5] = [Mode::Metadata, Mode::Library, Mode::Expanded, Mode::Json, Mode::Test];

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Mode::Metadata => &["--crate-type=lib", "--emit=metadata,dep-info"],
            Mode::Library => &["--crate-type=lib", "--emit=link,dep-info", "-Ccodegen-units=1"],
            Mode::Expanded => &["--crate-type=lib", "-Zunpretty=expanded", "-o", "out/expanded.rs"],
            Mode::Json => &["--crate-type=lib", "--emit=metadata,dep-info", "--error-format=json"],
            Mode::Test => &["--test", "--emit=metadata,dep-info"],
        }
    }
}

/// The toolchain, and a directory to call it in.
pub(super) struct Compiler {
    rustc: PathBuf,
    _dir: tempfile::TempDir,
    /// The package's directory. What macros may not read lies beside it.
    package: PathBuf,
    pub(super) secrets: String,
}

/// What is wrong, in a line that is the same for the same fault.
pub(super) type Fault = String;

/// How a call ended.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What is wrong with that.
    pub(super) fault: Option<Fault>,
    /// Whether its stack has overflowed, which is an error that names no line.
    pub(super) is_overflow: bool,
    pub(super) is_success: bool,
    /// The lines of the file that its messages name, counted from 1.
    pub(super) named: BTreeSet<usize>,
}

/// The editions in which a path can begin with the guest's name.
const EDITIONS: [&str; 3] = ["--edition=2018", "--edition=2021", "--edition=2024"];

impl Compiler {
    /// Compiles the guest, and plants secrets.
    pub(super) fn new(toolchain: &Path, guest: &Path) -> io::Result<Compiler> {
        let dir = tempfile::Builder::new().prefix("fuzz-requests-").tempdir()?;
        let root = dir.path().canonicalize()?;
        let (package, secrets) = (root.join("package"), root.join("secrets"));
        for dir in [&package, &package.join("out"), &secrets] {
            fs::create_dir(dir)?;
        }
        fs::write(package.join("inside.rs"), "\"inside\"")?;
        fs::write(secrets.join("secret.rs"), format!("pub const KEY: &str = \"{SECRET}\";\n"))?;
        fs::write(secrets.join("credentials.toml"), format!("api_key = \"{SECRET}\"\n"))?;
        let rustc = toolchain.join("bin/rustc");
        let output = Command::new(&rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .args([
                "--edition=2024",
                "--crate-name=ops",
                "--crate-type=proc-macro",
                "--target=wasm32-wasip1",
                "-O",
                "-o",
            ])
            .args([&package.join("ops.wasm"), guest])
            .output()?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        fs::write(package.join("watt.wasm"), wat::parse_str(operations::text()).map_err(io::Error::other)?)?;
        let secrets =
            secrets.to_str().ok_or_else(|| io::Error::other("the temporary directory has a strange name"))?.to_owned();
        let compiler = Compiler { rustc, package, secrets, _dir: dir };
        // Else a compiler that fails for another reason would look like one that takes everything.
        match compiler.compile("use {ops as _, watt as _};", Mode::Metadata)? {
            Outcome { fault: None, is_success: true, .. } => Ok(compiler),
            _ => Err(io::Error::other(compiler.said())),
        }
    }

    /// Compiles a file, and says how that ended.
    pub(super) fn compile(&self, text: &str, mode: Mode) -> io::Result<Outcome> {
        let out = self.package.join("out");
        fs::remove_dir_all(&out)?;
        fs::create_dir(&out)?;
        fs::write(self.package.join("main.rs"), text)?;
        let (stdout, stderr) = (out.join("stdout"), out.join("stderr"));
        let status = Command::new("sh")
            .args(["-c", &format!("ulimit -t {SECONDS}; ulimit -f {}; exec \"$@\"", LONGEST_OUTPUT >> 9), "sh"])
            .arg(&self.rustc)
            // Which one does not matter, but is the same for the same file.
            .arg(EDITIONS[text.len() % EDITIONS.len()])
            .args(["--out-dir=out", "--wasm-proc-macro=ops=ops.wasm", "--wasm-proc-macro=watt=watt.wasm"])
            .args(["--wasm-proc-macro-cache=../cache", "main.rs"])
            .args(mode.arguments())
            .current_dir(&self.package)
            .env_remove("CARGO_MANIFEST_DIR")
            .env_remove("OUT_DIR")
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC_ICE", "0")
            .env("FUZZ_SECRET", SECRET)
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?)
            .status()?;
        let said = self.said();
        let fault = match bug_in(&said) {
            // Then the compiler ends before it says its errors, and shows in their place what it relied on them for. It does so
            // for `#[repr($e)]` of a `macro_rules` macro with an expression as well.
            Some(_) if mode == Mode::Expanded && said.contains("delayed bugs") => None,
            Some(bug) => Some(bug),
            None if !matches!(status.code(), Some(0 | 1)) => Some(format!("it ended with {status}")),
            None if peak_memory() > MEMORY => Some(format!("it had more than {} MiB of memory", MEMORY >> 20)),
            None => self.fault_in_output(&out, &said)?,
        };
        let is_overflow = said.contains(OVERFLOW);
        Ok(Outcome { fault, is_overflow, is_success: status.success(), named: named(&said) })
    }

    /// What is wrong with what it has written.
    fn fault_in_output(&self, out: &Path, said: &str) -> io::Result<Option<Fault>> {
        if let Some(c) = control_in(said) {
            return Ok(Some(format!("a control character {c:?} among its messages")));
        }
        for entry in fs::read_dir(out)? {
            let path = entry?.path();
            if !path.is_file() {
                continue;
            }
            let bytes = fs::read(&path)?;
            let name = path.file_name().unwrap_or_default().display();
            if contains(&bytes, SECRET.as_bytes()) {
                return Ok(Some(format!("a secret is in `{name}`")));
            }
            let is_rule = |line: &[u8]| line.is_empty() || line.starts_with(b"#") || line.contains(&b':');
            if path.extension().is_some_and(|extension| extension == "d")
                && !bytes.split(|byte| *byte == b'\n').all(is_rule)
            {
                return Ok(Some(format!("a line in `{name}` is no rule")));
            }
        }
        Ok(None)
    }

    /// What the last call wrote to standard error.
    pub(super) fn said(&self) -> String {
        fs::read(self.package.join("out/stderr"))
            .map_or_else(|_| String::new(), |said| String::from_utf8_lossy(&said).into_owned())
    }
}

/// The text of a file with these invocations, one in each line that follows on the first [`first_line`].
pub(super) fn file(invocations: &[Invocation]) -> String {
    let calls: String = invocations.iter().enumerate().map(|(number, invocation)| invocation.text(number)).collect();
    [HEAD, &calls].concat()
}

/// The number of the line in which the first invocation stands.
pub(super) fn first_line() -> usize {
    1 + HEAD.matches('\n').count()
}

/// The lines of the file that messages name, as people or as programs read them. Warnings are not meant: they change nothing.
fn named(said: &str) -> BTreeSet<usize> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let mut lines = BTreeSet::new();
    let mut is_warning = false;
    for line in said.lines() {
        // What follows on it, up to the next one, belongs to it.
        is_warning = line.starts_with("warning") || is_warning && !line.starts_with("error");
        if is_warning || line.contains("\"level\":\"warning\"") {
            continue;
        }
        // Those that are shown: the call stands there where the error is in a macro that it has called.
        lines.extend(line.split_once(" |").and_then(|(shown, _)| shown.trim_start().parse::<usize>().ok()));
        for before in ["main.rs:", "\"line_start\":"] {
            let after = line.match_indices(before).map(|(at, _)| &line[at + before.len()..]);
            lines.extend(after.filter_map(|text| digits(text).parse::<usize>().ok()));
        }
    }
    lines
}

/// A panic of the compiler's, by its place and the first line of its message; guests panic in files of their own.
fn bug_in(said: &str) -> Option<Fault> {
    let mut lines = said.lines();
    while let Some(line) = lines.next() {
        let Some((_, place)) = line.split_once("panicked at ") else { continue };
        if ["compiler/", "library/", "/rustc/", "src/tools"].iter().any(|of| place.contains(of)) {
            let message = lines.next().unwrap_or_default();
            return Some(format!("a panic at {place} {}", message.chars().take(120).collect::<String>()));
        }
    }
    let is_bug = |line: &&str| {
        line.starts_with("error: internal compiler error") || line.contains("the compiler unexpectedly panicked")
    };
    said.lines().find(is_bug).map(str::to_owned)
}

/// A character that does something to a terminal, other than to end a line and to colour what follows.
fn control_in(said: &str) -> Option<char> {
    let mut rest = said;
    while let Some(at) = rest.find(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
        let control = rest[at..].chars().next()?;
        rest = &rest[at + control.len_utf8()..];
        if control == '\r' && rest.starts_with('\n') {
            continue;
        }
        let colors = rest.strip_prefix('[').filter(|_| control == '\u{1b}');
        rest = colors.unwrap_or_default().trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        if !rest.starts_with('m') {
            return Some(control);
        }
    }
    None
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// The most memory that a process which was waited for has had, in bytes.
fn peak_memory() -> u64 {
    unsafe extern "C" {
        fn getrusage(who: std::ffi::c_int, usage: *mut [i64; 18]) -> std::ffi::c_int;
    }
    const CHILDREN: std::ffi::c_int = -1;
    let mut usage = [0; 18];
    // SAFETY: on 64-bit Unix a `rusage` has 18 words: two times of two words each, and then the peak of memory in KiB.
    let result = unsafe { getrusage(CHILDREN, &raw mut usage) };
    if result == 0 { u64::try_from(usage[4]).unwrap_or_default() << 10 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{bug_in, control_in, named};

    #[test]
    fn colors_are_no_control_characters() {
        assert_eq!(control_in("a\tb\r\n\u{1b}[1;31mred\u{1b}[0m\n"), None);
        assert_eq!(control_in("\u{1b}[0m \u{1b}[2A"), Some('\u{1b}'));
        assert_eq!(control_in("\u{1b}]52;c;aa\u{7}m"), Some('\u{1b}'));
        assert_eq!(control_in("over\r"), Some('\r'));
    }

    #[test]
    fn a_guests_panic_is_not_the_compilers() {
        assert_eq!(bug_in("thread '<unnamed>' panicked at guest/lib.rs:5:1:\nas it was told\n"), None);
        let fault = bug_in("\nthread 'rustc' panicked at compiler/rustc_expand/src/a.rs:5:1:\nno entry\n");
        assert_eq!(fault.as_deref(), Some("a panic at compiler/rustc_expand/src/a.rs:5:1: no entry"));
        assert!(bug_in("error: internal compiler error: x\n").is_some());
    }

    #[test]
    fn lines_are_found_in_both_kinds_of_messages() {
        let said = " --> main.rs:12:5\n ::: main.rs:9:1\n   |\n31 | ...C: u8 |\n{\"line_start\":7,\"line_end\":8}";
        assert_eq!(named(said).into_iter().collect::<Vec<_>>(), [7, 9, 12, 31]);
    }
    #[test]
    fn calls_that_the_compiler_warns_of_are_kept() {
        let said = "warning: a\n --> main.rs:12:5\n31 | x\n  = note: b\nerror: c\n --> main.rs:9:1\n\
            {\"level\":\"warning\",\"line_start\":7}\n{\"level\":\"error\",\"line_start\":8}";
        assert_eq!(named(said).into_iter().collect::<Vec<_>>(), [8, 9]);
    }
}
