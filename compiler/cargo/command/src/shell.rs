//! What a person sees: lines in Cargo's manner on standard error, and the bar below them.

use std::ffi::OsStr;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indicatif::ProgressBar;

use crate::failure::{ERROR_CODE, Failure};
use crate::output::{escaped, escaped_but_colours};

const STATUS: Style = AnsiColor::BrightGreen.on_default().bold();
const WAITING: Style = AnsiColor::BrightCyan.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
const BOLD: Style = Style::new().bold();

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// Standard error. May be shared by threads.
pub(crate) struct Shell {
    verbosity: Verbosity,
    color: ColorChoice,
    /// The bar that has to make way for lines.
    bar: Mutex<Option<ProgressBar>>,
    /// Whether something was said that is to be said once only.
    said: AtomicBool,
}

impl Shell {
    /// `color` is the value of `--color`, if it was given.
    pub(crate) fn new(verbosity: Verbosity, color: Option<&OsStr>) -> Shell {
        // An option beats Cargo's variable, which beats what everybody's variables (`NO_COLOR` among them) and the terminal say.
        let asked = [color.map(OsStr::to_owned), std::env::var_os("CARGO_TERM_COLOR")];
        let asked = asked.into_iter().flatten().find_map(|value| match value.to_str() {
            Some("always") => Some(ColorChoice::Always),
            Some("never") => Some(ColorChoice::Never),
            _ => None,
        });
        let color = asked.unwrap_or_else(|| AutoStream::choice(&io::stderr()));
        Shell { verbosity, color, bar: Mutex::new(None), said: AtomicBool::new(false) }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// Whether text on standard error has colours.
    pub(crate) fn has_color(&self) -> bool {
        self.color != ColorChoice::Never
    }

    /// Whether a bar may be drawn.
    pub(crate) fn has_bar(&self) -> bool {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let never = std::env::var_os("CARGO_TERM_PROGRESS_WHEN").is_some_and(|when| when == "never");
        self.verbosity >= Verbosity::Normal && !dumb && !never && io::stderr().is_terminal()
    }

    /// From now on lines are written above `bar`; with `None`, as if there were none.
    pub(crate) fn set_bar(&self, bar: Option<ProgressBar>) {
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = bar;
    }

    /// `verb` as [`status`](Shell::status) writes it, for a bar.
    pub(crate) fn verb(&self, verb: &str) -> String {
        if self.has_color() { format!("{STATUS}{verb:>12}{STATUS:#}") } else { format!("{verb:>12}") }
    }

    /// A line that begins with what is being done, such as `Building`.
    pub(crate) fn status(&self, verb: &str, text: impl Display) {
        self.aligned(STATUS, verb, &text);
    }

    /// A line about something that is waited for.
    pub(crate) fn waiting(&self, text: impl Display) {
        self.aligned(WAITING, "Blocking", &text);
    }

    /// A further line that stands below a [`status`](Shell::status).
    pub(crate) fn continued(&self, text: impl Display) {
        self.aligned(STATUS, "", &text);
    }

    fn aligned(&self, style: Style, verb: &str, text: &dyn Display) {
        if !self.is_quiet() {
            self.line(&format!("{style}{:>12}{style:#} ", escaped(verb)), text);
        }
    }

    pub(crate) fn warn(&self, text: impl Display) {
        if !self.is_quiet() {
            self.line(&format!("{WARNING}warning{WARNING:#}{BOLD}:{BOLD:#} "), &text);
        }
    }

    /// A warning about the store, of which one is enough.
    pub(crate) fn warn_once(&self, text: impl Display) {
        if !self.said.swap(true, Ordering::Relaxed) {
            self.warn(text);
        }
    }

    /// What to do about the line before.
    pub(crate) fn help(&self, text: impl Display) {
        if !self.is_quiet() {
            self.line(&format!("  {BOLD}= help:{BOLD:#} "), &text);
        }
    }

    /// Only with `-v`.
    pub(crate) fn verbose(&self, text: impl Display) {
        if self.is_verbose() {
            self.line("", &text);
        }
    }

    /// Says why the command ends, and returns the exit code. Errors are said with `-q`, too.
    pub(crate) fn failure(&self, failure: Failure) -> i32 {
        match failure {
            Failure::Exit(code) => code,
            Failure::Error { message, notes, help } => {
                self.line(&format!("{ERROR}error{ERROR:#}{BOLD}:{BOLD:#} "), &message);
                for note in notes {
                    note.lines().for_each(|line| self.line("  ", &line));
                }
                if let Some(help) = help {
                    self.line(&format!("  {BOLD}= help:{BOLD:#} "), &help);
                }
                ERROR_CODE
            }
        }
    }

    /// Passes text of Cargo's on that has colours already.
    pub(crate) fn coloured(&self, bytes: &[u8]) {
        self.write(&escaped_but_colours(&String::from_utf8_lossy(bytes)));
    }

    /// Writes a line as it is, also with `-q`.
    pub(crate) fn plain(&self, text: impl Display) {
        self.line("", &text);
    }

    /// Writes a line's beginning that is to be in bold type, and waits for what somebody types behind it. Nothing at the end of the input.
    pub(crate) fn question(&self, text: &str) -> Option<String> {
        self.write(&format!("{BOLD}{}{BOLD:#} ", escaped(text)));
        let mut answer = String::new();
        let length = io::stdin().read_line(&mut answer).unwrap_or(0);
        (length > 0).then(|| answer.trim().to_ascii_lowercase())
    }

    /// A line whose beginning has a style. What follows may be from anybody.
    fn line(&self, start: &str, text: &dyn Display) {
        self.write(&format!("{start}{}\n", escaped(&text.to_string())));
    }

    fn write(&self, text: &str) {
        self.above_bar(|| {
            // Nobody can be told that standard error is closed.
            let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
            _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
        });
    }

    fn above_bar(&self, write: impl FnOnce()) {
        match &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}
