//! What Cargo does for the decisions: it plans, builds macros, and does what the user wants with them.
//!
//! Cargo is called for each of these, or is this process.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use crate::failure::{ERROR_CODE, Failure, Result};
use crate::here::{Call, Here, Output};
use crate::messages;
use crate::plan::Plan;
use crate::request::{Event, Mode, Request};
use crate::shell::Shell;
use crate::split::CargoLine;
use crate::toolchain::Toolchain;

/// Names the request, for Cargo.
const REQUEST_VARIABLE: &str = "__CARGO_WASM_PROC_MACRO_REQUEST";
/// Names the compiler's cache.
const CACHE_VARIABLE: &str = "RUSTC_WASM_PROC_MACRO_CACHE";
/// Names the file in which the compiler writes what it refused macros.
const REFUSALS_VARIABLE: &str = "RUSTC_WASM_PROC_MACRO_REFUSALS";

/// Cargo, as this run calls it.
pub(crate) struct Cargo<'a> {
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) shell: &'a Shell,
    /// What the user typed.
    pub(crate) line: &'a CargoLine,
    /// For requests; goes when the run is over.
    pub(crate) temporary: &'a Path,
    /// The compiler's cache.
    pub(crate) compiled: PathBuf,
    /// Cargo, if this is its process.
    pub(crate) here: Option<&'a dyn Here>,
}

/// How a call in `build` mode ended.
pub(crate) struct Built {
    /// What Cargo wrote to standard error.
    pub(crate) stderr: String,
    pub(crate) success: bool,
}

impl<'a> Cargo<'a> {
    /// Where compilers write what they refuse macros, in the call that was the last.
    pub(crate) fn refusals(&self) -> PathBuf {
        self.temporary.join("refusals.jsonl")
    }

    /// Where Cargo writes that a macro was not in the plan.
    pub(crate) fn unplanned(&self) -> PathBuf {
        self.temporary.join("unplanned")
    }

    /// Asks for the plan of `command` in which the macro crates with these root modules are native. What Cargo says about downloads and
    /// locks is passed on, all else only if it fails.
    pub(crate) fn plan(&self, command: &OsStr, native: &BTreeSet<PathBuf>) -> Result<Plan> {
        let request = Request { native: native.iter().map(PathBuf::as_path).collect(), ..Request::new(Mode::Plan) };
        if let Some(here) = self.here {
            let plan = here.plan(&text(&request)?).map_err(Failure::Exit)?;
            return self.parsed(plan.as_bytes(), native);
        }
        let mut call = self.call(&request, &self.line.silent(command, &[]))?;
        call.env("CARGO_TERM_COLOR", if self.shell.has_color() { "always" } else { "never" });
        let (status, stdout, stderr) = self.captured(call, |reader| {
            let mut bytes = Vec::new();
            _ = reader.read_to_end(&mut bytes);
            bytes
        })?;
        if !status.success() {
            self.shell.coloured(&stderr.left);
            return Err(Failure::Exit(exit_code(status)));
        }
        self.parsed(&stdout, native)
    }

    fn parsed(&self, plan: &[u8], native: &BTreeSet<PathBuf>) -> Result<Plan> {
        let mut plan = Plan { native: native.clone(), ..Plan::parse(plan)? };
        // Where Cargo installs a package, its plan has those of the package's place.
        if let Some(settings) = &self.line.settings {
            plan.settings = settings.clone();
        }
        if let Some(store) = &plan.settings.store {
            store.check()?;
        }
        Ok(plan)
    }

    /// Builds the macros of `request`, and tells `on_event` how it goes on. `more` goes before the user's arguments, if Cargo is called.
    pub(crate) fn build(
        &self,
        command: &OsStr,
        request: &Request<'_>,
        more: &[OsString],
        mut on_event: impl FnMut(Event),
    ) -> Result<Built> {
        if let Some(here) = self.here {
            let (on_event, stderr) = (RefCell::new(on_event), RefCell::new(Stderr::default()));
            let on_line = |line: &[u8]| match messages::is_message(line) {
                true => self.message(line, &mut *on_event.borrow_mut()),
                false => stderr.borrow_mut().line(line, self.shell),
            };
            let request = text(request)?;
            let code = messages::read(&on_line, || self.compile_here(here, &request, None, Output::Messages));
            return Ok(Built { stderr: stderr.into_inner().text(), success: code == 0 });
        }
        let mut call = self.call(request, &self.line.silent(command, more))?;
        call.env("CARGO_TERM_COLOR", "never").env(REFUSALS_VARIABLE, self.refusals());
        let (status, (), stderr) = self.captured(call, |reader| {
            let lines = BufReader::new(reader).split(b'\n');
            lines.map_while(std::io::Result::ok).for_each(|line| self.message(&line, &mut on_event));
        })?;
        let stderr = stderr.text();
        if status.code().is_none() {
            // Whoever killed it wanted to stop us, not to have macros built natively.
            self.shell.plain(stderr.trim_end());
            return Err(Failure::Exit(exit_code(status)));
        }
        Ok(Built { stderr, success: status.success() })
    }

    fn message(&self, line: &[u8], on_event: &mut dyn FnMut(Event)) {
        match Event::parse(line) {
            Ok(Some(event)) => on_event(event),
            Ok(None) => {}
            // It can only be something that somebody debugs Cargo with.
            Err(_) => self.shell.verbose(String::from_utf8_lossy(line)),
        }
    }

    /// Does what the user wants done, by the plan, and returns the exit code. In Cargo's own process that is to compile: programs and
    /// tests run later.
    pub(crate) fn use_modules(&self, request: &Request<'_>, plan: &Plan) -> Result<i32> {
        if let Some(here) = self.here {
            return Ok(self.compile_here(here, &text(request)?, plan.outer(), Output::Users));
        }
        let mut call = self.call(request, &self.line.all())?;
        call.env(REFUSALS_VARIABLE, self.refusals()).envs(plan.outer());
        // From now on Ctrl-C is for Cargo and the program that it runs: only they know whether it ends them. An error means that
        // it was set up before.
        #[cfg(feature = "command")]
        let _ = ctrlc::set_handler(crate::interrupt::interrupted);
        call.status().map(exit_code).map_err(|error| not_started(&call, &error))
    }

    /// Whether the compiler finds no error if nothing of what was built is run. Says nothing. Cargo goes on after errors, whatever the
    /// command, so that macros ask for all that they want.
    pub(crate) fn compiles(&self, request: Request<'_>, plan: &Plan) -> Result<bool> {
        let request = Request { runs_nothing: true, ..request };
        if let Some(here) = self.here {
            return Ok(self.compile_here(here, &text(&request)?, plan.outer(), Output::Nobodys) != ERROR_CODE);
        }
        let mut call = self.call(&request, &self.line.silent(&self.line.command, &[]))?;
        call.env(REFUSALS_VARIABLE, self.refusals());
        call.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = call.status().map_err(|error| not_started(&call, &error))?;
        Ok(status.code() != Some(ERROR_CODE))
    }

    /// Has Cargo, which this process is, compile by a request, and returns the exit code.
    pub(crate) fn compile_here(
        &self,
        here: &dyn Here,
        request: &str,
        outer: Option<(&'static str, OsString)>,
        output: Output,
    ) -> i32 {
        self.forget();
        let mut compilers = vec![(REFUSALS_VARIABLE, self.refusals().into_os_string())];
        if is_cache_ours() {
            compilers.push((CACHE_VARIABLE, self.compiled.clone().into_os_string()));
        }
        here.compile(&Call { request, output, compilers, all: outer.into_iter().collect() })
    }

    fn call(&self, request: &Request<'_>, args: &[OsString]) -> Result<Command> {
        let path = self.temporary.join("request.json");
        let failed = |error| Failure::new(format!("cannot write `{}`: {error}", path.display()));
        fs::write(&path, text(request)?).map_err(failed)?;
        self.forget();
        let mut call = self.toolchain.cargo();
        call.args(args).env(REQUEST_VARIABLE, path);
        if is_cache_ours() {
            call.env(CACHE_VARIABLE, &self.compiled);
        }
        Ok(call)
    }

    /// What was refused in an earlier call may have been granted since.
    fn forget(&self) {
        _ = fs::remove_file(self.refusals());
        _ = fs::remove_file(self.unplanned());
    }

    /// Runs a call and reads its output with `read_stdout`, and its standard error beside that.
    fn captured<T>(
        &self,
        mut call: Command,
        read_stdout: impl FnOnce(&mut dyn Read) -> T,
    ) -> Result<(ExitStatus, T, Stderr)> {
        call.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = call.spawn().map_err(|error| not_started(&call, &error))?;
        let (mut stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (stdout, stderr) = thread::scope(|scope| {
            let reader = scope.spawn(|| read_stderr(stderr, self.shell));
            let stdout = match &mut stdout {
                Some(stdout) => read_stdout(stdout),
                None => read_stdout(&mut std::io::empty()),
            };
            (stdout, reader.join().unwrap_or_default())
        });
        let status = child.wait().map_err(|error| not_started(&call, &error))?;
        Ok((status, stdout, stderr))
    }
}

/// A request, as Cargo reads it.
pub(crate) fn text(request: &Request<'_>) -> Result<String> {
    serde_json::to_string(request)
        .map_err(|error| Failure::new(format!("cannot pass a path to Cargo that is not UTF-8: {error}")))
}

/// Whether the user has named no other cache for the compiler.
fn is_cache_ours() -> bool {
    std::env::var_os(CACHE_VARIABLE).is_none_or(|dir| dir.is_empty())
}

/// What a call wrote to standard error.
#[derive(Default)]
struct Stderr {
    all: Vec<u8>,
    /// What was not passed on.
    left: Vec<u8>,
}

/// What Cargo says once only, so that the user would not see it if this command kept it.
const PASSED_ON: &[&str] =
    &["Blocking", "Updating", "Downloading", "Downloaded", "Locking", "Adding", "Removing", "Downgrading", "Upgrading"];

fn read_stderr(stderr: Option<impl Read>, shell: &Shell) -> Stderr {
    let mut read = Stderr::default();
    let Some(stderr) = stderr else { return read };
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    while stderr.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
        read.line(&line, shell);
        line.clear();
    }
    read
}

impl Stderr {
    /// Takes a line, with its end.
    fn line(&mut self, line: &[u8], shell: &Shell) {
        let plain = anstream::adapter::strip_bytes(line).into_vec();
        let text = String::from_utf8_lossy(&plain);
        self.all.extend_from_slice(&plain);
        let status = text.trim().split_once(' ').filter(|(verb, _)| PASSED_ON.contains(verb));
        match status {
            Some(("Blocking", text)) => shell.waiting(text.trim()),
            Some((verb, text)) => shell.status(verb, text.trim()),
            None => self.left.extend_from_slice(line),
        }
    }

    fn text(self) -> String {
        String::from_utf8_lossy(&self.all).into_owned()
    }
}

/// The code with which to end as `status` did.
pub(crate) fn exit_code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(ERROR_CODE)
}

fn not_started(call: &Command, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot run `{}`: {error}", call.get_program().display()))
}
