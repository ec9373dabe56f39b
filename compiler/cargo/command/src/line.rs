//! A line of `[permissions]`: one thing that a macro package may have.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::amount::{Memory, Time};
use crate::grants::{Grants, is_pattern, matches};
use crate::toml_string::string;

/// What a line grants.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Line {
    /// A path: below the workspace's root if it is relative.
    Read(PathBuf),
    Env(String),
    Time(Time),
    Memory(Memory),
    /// Everything: no other line gives what was asked for.
    Native,
}

impl Line {
    /// The line that the compiler proposes, as it is written in the workspace `root`. What cannot be understood is nothing that a line of
    /// its own grants.
    pub(crate) fn proposed(text: Option<&str>, roots: &[&Path]) -> Line {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Proposed {
            Read(Vec<PathBuf>),
            Env(Vec<String>),
            Time(Time),
            Memory(Memory),
        }
        let proposed = text.and_then(|text| toml::from_str::<Proposed>(text).ok());
        match &proposed {
            Some(Proposed::Read(paths))
                if let [path] = paths.as_slice()
                    && path.is_absolute() =>
            {
                let below = roots.iter().find_map(|root| path.strip_prefix(root).ok());
                let below = below.map(|below| if below.as_os_str().is_empty() { Path::new(".") } else { below });
                Line::Read(below.unwrap_or(path).to_owned())
            }
            Some(Proposed::Env(names))
                if let [name] = names.as_slice()
                    && is_pattern(name).is_ok()
                    && !name.ends_with('*') =>
            {
                Line::Env(name.clone())
            }
            Some(Proposed::Time(time)) => Line::Time(time.clone()),
            Some(Proposed::Memory(memory)) => Line::Memory(memory.clone()),
            Some(Proposed::Read(_) | Proposed::Env(_)) | None => Line::Native,
        }
    }

    /// Whether these grants have it already, by what is written in them.
    pub(crate) fn is_in(&self, grants: &Grants, root: &Path) -> bool {
        match self {
            Line::Read(path) => grants.read.iter().any(|granted| root.join(path).starts_with(granted)),
            Line::Env(name) => grants.env.iter().any(|pattern| matches(pattern, name)),
            Line::Time(time) => grants.time.as_ref().is_some_and(|granted| granted.amount() >= time.amount()),
            Line::Memory(memory) => grants.memory.as_ref().is_some_and(|granted| granted.amount() >= memory.amount()),
            Line::Native => false,
        }
    }
}

/// The lines for all of these, one for each key. Native code needs no other.
pub(crate) fn joined<'l>(lines: impl IntoIterator<Item = &'l Line>) -> Vec<String> {
    let (mut read, mut env) = (BTreeSet::new(), BTreeSet::new());
    let (mut time, mut memory): (Option<&Time>, Option<&Memory>) = (None, None);
    for line in lines {
        match line {
            Line::Read(path) => _ = read.insert(string(&path.to_string_lossy())),
            Line::Env(name) => _ = env.insert(string(name)),
            Line::Time(more) if time.is_none_or(|it| it.amount() < more.amount()) => time = Some(more),
            Line::Memory(more) if memory.is_none_or(|it| it.amount() < more.amount()) => memory = Some(more),
            Line::Time(_) | Line::Memory(_) => {}
            Line::Native => return vec![Line::Native.to_string()],
        }
    }
    let mut lines = Vec::new();
    for (key, values) in [("read", read), ("env", env)] {
        if !values.is_empty() {
            lines.push(format!("{key} = [{}]", values.into_iter().collect::<Vec<_>>().join(", ")));
        }
    }
    lines.extend(time.map(|time| format!("time = \"{time}\"")));
    lines.extend(memory.map(|memory| format!("memory = \"{memory}\"")));
    lines
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line::Read(path) => write!(f, "read = [{}]", string(&path.to_string_lossy())),
            Line::Env(name) => write!(f, "env = [{}]", string(name)),
            Line::Time(time) => write!(f, "time = \"{time}\""),
            Line::Memory(memory) => write!(f, "memory = \"{memory}\""),
            Line::Native => f.write_str("native = true"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_compiler_proposes_is_written_as_the_project_writes_it() {
        let line = |text: &str| Line::proposed(Some(text), &[Path::new("/w"), Path::new("/real/w")]).to_string();
        assert_eq!(line("read = [\"/w/.env\"]"), "read = [\".env\"]");
        assert_eq!(line("read = [\"/real/w\"]"), "read = [\".\"]");
        assert_eq!(line("read = [\"/etc/hosts\"]"), "read = [\"/etc/hosts\"]");
        assert_eq!(line("env = [\"DATABASE_URL\"]"), "env = [\"DATABASE_URL\"]");
        assert_eq!(line("time = \"2min\""), "time = \"2min\"");
        assert_eq!(line("memory = \"8GiB\""), "memory = \"8GiB\"");
    }

    #[test]
    fn what_is_no_single_line_grants_nothing_by_itself() {
        // A record is as far as it goes from a macro that means harm; a line must give one thing, and that to which it says yes.
        for text in [
            "",
            "native = true",
            "env = [\"A*\"]",
            "env = [\"A\", \"B\"]",
            "read = [\"relative\"]",
            "read = [\"/a\"]\nnative = true",
            "read = \"/a\"",
            "time = \"2\"",
        ] {
            assert_eq!(Line::proposed(Some(text), &[]), Line::Native, "{text}");
        }
        assert_eq!(Line::proposed(None, &[]), Line::Native);
    }

    #[test]
    fn lines_are_joined_by_key() {
        let lines = ["b", "a", "b"].map(|name| Line::Env(name.to_owned()));
        assert_eq!(joined(&lines), ["env = [\"a\", \"b\"]"]);
        let times = ["1min", "1h", "2s"].map(|time| Line::Time(Time::try_from(time.to_owned()).unwrap()));
        assert_eq!(joined(times.iter().chain([&Line::Read("x".into())])), ["read = [\"x\"]", "time = \"1h\""]);
        assert_eq!(joined(lines.iter().chain([&Line::Native])), ["native = true"]);
    }
}
