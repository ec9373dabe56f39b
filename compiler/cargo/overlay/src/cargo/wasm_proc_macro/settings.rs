//! The table `wasm-proc-macro` of Cargo's configuration.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::util::context::{ConfigRelativePath, ConfigValue, StringList};
use crate::{CargoResult, GlobalContext};

const TABLE: &str = "wasm-proc-macro";
const KEYS: [&str; 5] = ["enabled", "on-refusal", "forbid-native", "optimize", STORE];
const STORE: &str = "store";
const STORE_KEYS: [&str; 9] =
    ["url", "mode", "trusted-keys", "signing-key", "credential-process", "endpoint", "region", "timeout", "retries"];

/// What the table has. What lets a macro run natively is none of them: that stands
/// in the project's file of permissions, and nowhere else.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Settings {
    /// Whether plain Cargo does what the subcommand does.
    pub(super) enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_refusal: Option<OnRefusal>,
    forbid_native: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    optimize: Option<Optimize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<Store>,
}

/// [`Settings`] as they are written.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Written {
    enabled: bool,
    on_refusal: Option<OnRefusal>,
    forbid_native: bool,
    optimize: Option<Optimize>,
    store: Option<WrittenStore>,
}

/// When modules are optimized.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Optimize {
    Later,
    Background,
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

/// The table `store`: where modules are that machines share. The subcommand knows what the values mean.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Store {
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    trusted_keys: Vec<String>,
    signing_key: Option<PathBuf>,
    credential_process: Vec<String>,
    endpoint: Option<String>,
    region: Option<String>,
    timeout: Option<String>,
    retries: Option<u32>,
    /// Whether Cargo may not use the network.
    offline: bool,
}

/// [`Store`] as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct WrittenStore {
    url: Option<String>,
    mode: Option<Mode>,
    trusted_keys: Option<StringList>,
    signing_key: Option<ConfigRelativePath>,
    credential_process: Option<StringList>,
    endpoint: Option<String>,
    region: Option<String>,
    timeout: Option<String>,
    retries: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    Read,
    ReadWrite,
}

impl Settings {
    /// Cargo only warns of keys that nobody asks for, but one of these with a slip in it would let macros have more, or less, than
    /// the user wants.
    ///
    /// # Errors
    ///
    /// When there is such a key, or a value is of another type.
    pub(super) fn of(gctx: &GlobalContext) -> CargoResult<Settings> {
        if let Some(table) = gctx.values()?.get(TABLE) {
            check_keys(TABLE, table, &KEYS)?;
            if let ConfigValue::Table(keys, _) = table
                && let Some(store) = keys.get(STORE)
            {
                check_keys(&format!("{TABLE}.{STORE}"), store, &STORE_KEYS)?;
            }
        }
        let Written { enabled, on_refusal, forbid_native, optimize, store } =
            gctx.get::<Option<Written>>(TABLE)?.unwrap_or_default();
        let store = store.map(|store| Store::of(gctx, store));
        Ok(Settings { enabled, on_refusal, forbid_native, optimize, store })
    }
}

impl Store {
    fn of(gctx: &GlobalContext, written: WrittenStore) -> Store {
        let list = |list: Option<StringList>| list.map(|list| list.as_slice().to_vec()).unwrap_or_default();
        Store {
            url: written.url,
            mode: written.mode,
            trusted_keys: list(written.trusted_keys),
            signing_key: written.signing_key.map(|path| path.resolve_path(gctx)),
            credential_process: list(written.credential_process),
            endpoint: written.endpoint,
            region: written.region,
            timeout: written.timeout,
            retries: written.retries,
            offline: !gctx.network_allowed(),
        }
    }
}

/// Fails if there is another key in a table than these.
fn check_keys(name: &str, table: &ConfigValue, keys: &[&str]) -> CargoResult<()> {
    if let ConfigValue::Table(table, _) = table
        && let Some((key, value)) = table.iter().find(|(key, _)| !keys.contains(&key.as_str()))
    {
        let keys = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        anyhow::bail!("unknown key `{name}.{key}` in {}; expected one of {keys}", value.definition());
    }
    Ok(())
}
