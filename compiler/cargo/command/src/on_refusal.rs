//! What is done when a macro was refused something, or cannot run from Wasm at all.

use std::io::{self, IsTerminal as _};

use serde::Deserialize;

/// The setting `on-refusal`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[cfg_attr(feature = "command", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnRefusal {
    /// Ask at a terminal, fail elsewhere
    Ask,
    /// Fail, and print the lines to write
    Fail,
    /// Run the macro natively, with all your rights
    Native,
}

impl OnRefusal {
    /// What the option says, else what Cargo's configuration says. Nobody is asked but at a terminal.
    pub(crate) fn choose(option: Option<OnRefusal>, setting: Option<OnRefusal>) -> OnRefusal {
        match option.or(setting).unwrap_or(OnRefusal::Ask) {
            OnRefusal::Ask if !(io::stdin().is_terminal() && io::stderr().is_terminal()) => OnRefusal::Fail,
            chosen => chosen,
        }
    }
}
