//! What a macro package may have besides what all have.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::amount::{Memory, Time};
use crate::toml_string::string;

/// What is granted to a macro package. Paths are absolute.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Grants {
    pub(crate) read: BTreeSet<PathBuf>,
    pub(crate) env: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) time: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) memory: Option<Memory>,
}

impl Grants {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Grants::default()
    }
}

/// As lines of the file.
impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: Vec<String>| format!("[{}]", values.join(", "));
        let read = list(self.read.iter().map(|path| string(&path.to_string_lossy())).collect());
        let env = list(self.env.iter().map(|name| string(name)).collect());
        let parts = [
            (!self.read.is_empty()).then(|| format!("read = {read}")),
            (!self.env.is_empty()).then(|| format!("env = {env}")),
            self.time.as_ref().map(|time| format!("time = \"{time}\"")),
            self.memory.as_ref().map(|memory| format!("memory = \"{memory}\"")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// Whether a text names variables, and if not, why.
pub(crate) fn is_pattern(text: &str) -> std::result::Result<(), String> {
    let name = text.strip_suffix('*').unwrap_or(text);
    if name.contains('*') {
        return Err(format!("`{text}` is not a valid pattern: `*` is allowed only at the end"));
    }
    if text.is_empty() || name.contains(['=', '\0']) {
        return Err(format!("`{text}` is not a valid name: a name is not empty and has no `=`"));
    }
    Ok(())
}

/// Whether a pattern means the variable `name`.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}
