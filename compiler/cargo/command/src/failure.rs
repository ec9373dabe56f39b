//! What ends the command early: an error with what to do next, or an exit code that somebody else has explained.

/// The exit code of Cargo's own errors.
pub(crate) const ERROR_CODE: i32 = 101;

/// Why the command ends.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error of ours.
    Error {
        message: String,
        /// Facts, each on lines of its own.
        notes: Vec<String>,
        /// What to do next.
        help: Option<String>,
    },
    /// Everything has been said; the process exits with this code.
    Exit(i32),
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// An error that says `message`: lower-case and without a final period.
    pub(crate) fn new(message: impl Into<String>) -> Failure {
        Failure::Error { message: message.into(), notes: Vec::new(), help: None }
    }

    /// Adds a fact.
    pub(crate) fn note(mut self, text: impl Into<String>) -> Failure {
        if let Failure::Error { notes, .. } = &mut self {
            notes.push(text.into());
        }
        self
    }

    /// Says what to do next.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Failure {
        if let Failure::Error { help, .. } = &mut self {
            *help = Some(text.into());
        }
        self
    }
}
