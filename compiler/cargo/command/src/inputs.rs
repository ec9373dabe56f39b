//! What decides what becomes of a macro, besides its key.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Files and environment variables: whatever is in them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Inputs {
    pub(crate) files: BTreeSet<PathBuf>,
    pub(crate) variables: BTreeSet<String>,
}
