//! What becomes of a macro, and why.

use std::fmt;
use std::path::PathBuf;

use crate::store::Stored;

/// What becomes of a macro.
pub(crate) enum Decision {
    /// It runs from this module.
    Wasm(Module),
    /// Its module has to be built first.
    Build,
    /// It cannot run from Wasm, and nobody has said that it may run natively.
    Stuck(Trouble),
    /// It runs natively, because somebody said so.
    Native(Reason),
}

/// A module that is there.
pub(crate) struct Module {
    pub(crate) path: PathBuf,
    /// The SHA-256.
    pub(crate) digest: String,
    pub(crate) origin: Origin,
    /// Keeps the collector away from it.
    pub(crate) _stored: Option<Stored>,
}

/// Where a module is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    Pinned,
    /// It was there: in the store or, of a package whose source may change, in the target directory.
    Cached,
    /// It was in the shared store.
    Shared,
    /// It came with the toolchain.
    Toolchain,
    Built,
}

/// Who has said that a macro runs natively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// `--native`.
    Asked,
    /// `--only`, with other names.
    NotOnly,
    /// This line of the project's file.
    Granted(String),
    /// The setting `on-refusal`, after this.
    Setting(Trouble),
}

/// Why a macro does not run from Wasm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Its module could not be built.
    Failed { reason: String, known: bool },
    /// It was refused something.
    Refused { refused: String, known: bool },
}

impl Trouble {
    /// Without the advice to try again.
    pub(crate) fn of_last_time(mut self) -> Trouble {
        let (Trouble::Failed { known, .. } | Trouble::Refused { known, .. }) = &mut self;
        *known = false;
        self
    }
}

impl Reason {
    /// Whether the same command line says that it runs natively.
    pub(crate) fn is_on_command_line(&self) -> bool {
        matches!(self, Reason::Asked | Reason::NotOnly)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Asked => f.write_str("`--native`"),
            Reason::NotOnly => f.write_str("not in `--only`"),
            Reason::Granted(line) => f.write_str(line),
            Reason::Setting(trouble) => write!(f, "`on-refusal = \"native\"`; {trouble}"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = match self {
            Trouble::Failed { reason, known } => {
                f.write_str(reason)?;
                known
            }
            Trouble::Refused { refused, known } => {
                write!(f, "was refused {refused}")?;
                known
            }
        };
        if *known { f.write_str("; known from an earlier build, `--retry` tries again") } else { Ok(()) }
    }
}
