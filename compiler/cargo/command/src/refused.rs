//! One thing that a macro asked for and did not get.

use serde::{Deserialize, Serialize};

use crate::line::Line;

/// Something that a macro asked for and did not get.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The macro's name.
    #[serde(rename = "macro")]
    pub(crate) name: String,
    /// In one word: `read`, `env`, …
    pub(crate) kind: String,
    /// What it is, as the macro named it.
    pub(crate) what: String,
    /// The same in words.
    pub(crate) refused: String,
    /// What grants it.
    pub(crate) line: Line,
}

impl Refused {
    pub(crate) fn in_words(&self) -> String {
        format!("{} (`{}`)", self.refused, self.name)
    }
}
