//! How modules are compiled: so that they are there soon, or so that they run fast.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a module is compiled. What it expands to is the same.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    /// Not optimized.
    #[default]
    Quick,
    Optimized,
}

/// The setting `optimize`: when modules are optimized.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Optimize {
    /// When `cargo wasm-proc-macro optimize` says so.
    #[default]
    Later,
    /// In the background, after a build that has used others.
    Background,
    /// When they are built.
    First,
}

impl Profile {
    /// The profiles of modules that do where one of this profile is wanted, the best first.
    pub(crate) fn suitable(self) -> &'static [Profile] {
        match self {
            Profile::Quick => &[Profile::Optimized, Profile::Quick],
            Profile::Optimized => &[Profile::Optimized],
        }
    }
}

impl From<Optimize> for Profile {
    fn from(optimize: Optimize) -> Profile {
        match optimize {
            Optimize::Later | Optimize::Background => Profile::Quick,
            Optimize::First => Profile::Optimized,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Profile::Quick => "quick",
            Profile::Optimized => "optimized",
        })
    }
}
