//! The table `wasm-proc-macro` of Cargo's configuration.

use serde::{Deserialize, Serialize};

use crate::util::context::ConfigValue;
use crate::{CargoResult, GlobalContext};

const TABLE: &str = "wasm-proc-macro";
const KEYS: [&str; 4] = ["enabled", "on-refusal", "forbid-native", "optimize"];

/// What the table has. What lets a macro run natively is none of them: that stands
/// in the project's file of permissions, and nowhere else.
#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Settings {
    /// Whether plain Cargo does what the subcommand does.
    pub(super) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_refusal: Option<OnRefusal>,
    forbid_native: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    optimize: Option<Optimize>,
}

/// When modules are optimized.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Optimize {
    Later,
    First,
}

/// What is done about a macro that was refused something.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OnRefusal {
    Ask,
    Fail,
    Native,
}

impl Settings {
    /// Cargo only warns of keys that nobody asks for, but one of these with a slip in it would let macros have more, or less, than
    /// the user wants.
    ///
    /// # Errors
    ///
    /// When there is such a key, or a value is of another type.
    pub(super) fn of(gctx: &GlobalContext) -> CargoResult<Settings> {
        if let Some(ConfigValue::Table(table, _)) = gctx.values()?.get(TABLE)
            && let Some((key, value)) = table.iter().find(|(key, _)| !KEYS.contains(&key.as_str()))
        {
            let keys = KEYS.map(|key| format!("`{key}`")).join(", ");
            anyhow::bail!("unknown key `{TABLE}.{key}` in {}; expected one of {keys}", value.definition());
        }
        Ok(gctx.get::<Option<Settings>>(TABLE)?.unwrap_or_default())
    }
}
