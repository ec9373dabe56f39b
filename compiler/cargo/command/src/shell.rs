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
            self.line(format_args!("{style}{verb:>12}{style:#} {text}"));
        }
    }

    pub(crate) fn warn(&self, text: impl Display) {
        if !self.is_quiet() {
            self.line(format_args!("{WARNING}warning{WARNING:#}{BOLD}:{BOLD:#} {text}"));
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
            self.line(format_args!("  {BOLD}= help:{BOLD:#} {text}"));
        }
    }

    /// Only with `-v`.
    pub(crate) fn verbose(&self, text: impl Display) {
        if self.is_verbose() {
            self.line(format_args!("{text}"));
        }
    }

    /// Says why the command ends, and returns the exit code. Errors are said with `-q`, too.
    pub(crate) fn failure(&self, failure: Failure) -> i32 {
        match failure {
            Failure::Exit(code) => code,
            Failure::Error { message, notes, help } => {
                self.line(format_args!("{ERROR}error{ERROR:#}{BOLD}:{BOLD:#} {message}"));
                for note in notes {
                    for line in note.lines() {
                        self.line(format_args!("  {line}"));
                    }
                }
                if let Some(help) = help {
                    self.line(format_args!("  {BOLD}= help:{BOLD:#} {help}"));
                }
                ERROR_CODE
            }
        }
    }

    /// Passes text on that has colours of its own already.
    pub(crate) fn raw(&self, bytes: &[u8]) {
        self.above_bar(|| {
            _ = AutoStream::new(io::stderr().lock(), self.color).write_all(bytes);
        });
    }

    fn line(&self, text: std::fmt::Arguments<'_>) {
        self.above_bar(|| {
            // Nobody can be told that standard error is closed.
            _ = writeln!(AutoStream::new(io::stderr().lock(), self.color), "{text}");
        });
    }

    fn above_bar(&self, write: impl FnOnce()) {
        match &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}
