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
    /// It runs natively.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Pinned,
    /// It was there: in the store or, of a package whose source may change, in the target directory.
    Cached,
    Built,
}

/// Why a macro runs natively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// `--native`.
    Asked,
    /// `--only`, with other names.
    NotOnly,
    /// Its module could not be built.
    Failed { reason: String, known: bool },
    /// It needs what the sandbox refuses.
    Refused { refused: String, known: bool },
}

impl Reason {
    /// Without the advice to try again.
    pub(crate) fn of_last_time(mut self) -> Reason {
        if let Reason::Failed { known, .. } | Reason::Refused { known, .. } = &mut self {
            *known = false;
        }
        self
    }

    /// Whether it is not what the user asked for.
    pub(crate) fn is_fallback(&self) -> bool {
        !matches!(self, Reason::Asked | Reason::NotOnly)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = match self {
            Reason::Asked => return f.write_str("`--native`"),
            Reason::NotOnly => return f.write_str("not in `--only`"),
            Reason::Failed { reason, known } => {
                f.write_str(reason)?;
                known
            }
            Reason::Refused { refused, known } => {
                write!(f, "needs what the sandbox refuses: {refused}")?;
                known
            }
        };
        if *known { f.write_str("; known from before, `--retry` tries again") } else { Ok(()) }
    }
}
