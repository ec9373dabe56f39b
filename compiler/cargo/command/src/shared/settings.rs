//! The table `wasm-proc-macro.store` of Cargo's configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hex;
use crate::amount::Time;
use crate::failure::{Failure, Result};

const TABLE: &str = "wasm-proc-macro.store";

/// How the address of a directory begins. An absolute path follows, as it is.
pub(super) const FILES: &str = "file://";

/// How long a server may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// So many times that is what all that is asked of it may take together.
const ALL: u32 = 12;

const RETRIES: u32 = 2;

/// The most retries that somebody may want.
const MOST_RETRIES: u32 = 10;

/// What is allowed on this machine.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    /// Modules are taken.
    #[default]
    Read,
    /// Modules that are built here are sent, too.
    ReadWrite,
}

/// What the table says. Cargo has refused unknown keys, and has resolved paths.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct SharedSettings {
    pub(crate) url: Option<String>,
    pub(crate) mode: Mode,
    /// `NAME:PUBLIC KEY`, each.
    pub(crate) trusted_keys: Vec<String>,
    /// The file with the key that signs what is sent.
    pub(crate) signing_key: Option<PathBuf>,
    /// The program that prints credentials, and its arguments.
    pub(crate) credential_process: Vec<String>,
    /// Where the S3 server is, if it is not Amazon's.
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    pub(super) timeout: Option<String>,
    pub(super) retries: Option<u32>,
    /// Whether Cargo is told to use no network.
    pub(crate) offline: bool,
}

/// A key whose signatures count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrustedKey {
    /// What the user calls whoever has the other half.
    pub(crate) name: String,
    pub(crate) public: [u8; 32],
}

impl TrustedKey {
    /// Reads `NAME:PUBLIC KEY`.
    pub(crate) fn parse(text: &str) -> Option<TrustedKey> {
        let (name, public) = text.split_once(':')?;
        let public = hex::decode(public)?;
        is_name(name).then(|| TrustedKey { name: name.to_owned(), public })
    }

    /// What stands for it in addresses.
    pub(crate) fn id(&self) -> String {
        hex::encode(&self.public)
    }

    /// Where the entry of a module's key by this signer lies, below the store's address.
    pub(crate) fn path_of(&self, key: &str) -> String {
        format!("v1/{}/{key}", self.id())
    }
}

/// Whether a key may be called so: it stands in messages and in names of files.
pub(crate) fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    (1..=64).contains(&name.len()) && name.chars().all(is_plain) && !name.starts_with(['.', '-'])
}

impl SharedSettings {
    /// Those of a directory that is read. Nothing if its path is no text.
    pub(crate) fn of_directory(dir: &Path, trusted_keys: Vec<String>) -> Option<SharedSettings> {
        let url = Some(format!("{FILES}{}", dir.to_str()?));
        Some(SharedSettings { url, trusted_keys, ..SharedSettings::default() })
    }

    /// The address, if there is a store.
    pub(crate) fn address(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| !url.is_empty())
    }

    /// Says what is wrong with what the user wrote. This is no trouble of the store's, so it ends the command.
    ///
    /// # Errors
    ///
    /// If a value means nothing, or nothing could ever be taken.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(url) = self.address() else { return Ok(()) };
        check_address(&format!("{TABLE}.url"), url, &["https://", "http://", "s3://", "file:///"])?;
        if let Some(endpoint) = &self.endpoint {
            check_address(&format!("{TABLE}.endpoint"), endpoint, &["https://", "http://"])?;
        }
        if let Some(text) = self.trusted_keys.iter().find(|text| TrustedKey::parse(text).is_none()) {
            return Err(Failure::new(format!("`{TABLE}.trusted-keys` has `{text}`, which is not a key"))
                .help("a key is written `NAME:` and 64 digits, as `cargo wasm-proc-macro store keygen` prints it"));
        }
        if self.trusted_keys.is_empty() && self.mode == Mode::Read {
            return Err(Failure::new(format!(
                "`{TABLE}.trusted-keys` is empty, so nothing could be taken from the store"
            ))
            .help("add the public key of whoever uploads modules; `cargo wasm-proc-macro store keygen` makes a pair of keys"));
        }
        if let Some(text) = &self.timeout
            && let Err(error) = Time::try_from(text.clone())
        {
            return Err(Failure::new(format!("`{TABLE}.timeout`: {error}")));
        }
        if self.timeout().is_zero() || self.retries() > MOST_RETRIES {
            return Err(Failure::new(format!(
                "`{TABLE}.timeout` has to be more than nothing, and `{TABLE}.retries` at most {MOST_RETRIES}"
            )));
        }
        Ok(())
    }

    /// The keys whose signatures count, each once.
    pub(crate) fn trusted(&self) -> Vec<TrustedKey> {
        let mut trusted: Vec<TrustedKey> = Vec::new();
        for key in self.trusted_keys.iter().filter_map(|text| TrustedKey::parse(text)) {
            if !trusted.iter().any(|known| known.public == key.public) {
                trusted.push(key);
            }
        }
        trusted
    }

    /// How long an answer may take to come, or to go on.
    pub(crate) fn timeout(&self) -> Duration {
        let given = self.timeout.clone().and_then(|text| Time::try_from(text).ok());
        given.map_or(TIMEOUT, |time| Duration::from_millis(time.amount()))
    }

    /// How long everything together may take that is asked of the store at once.
    pub(crate) fn timeout_of_all(&self) -> Duration {
        self.timeout().saturating_mul(ALL)
    }

    pub(crate) fn retries(&self) -> u32 {
        self.retries.unwrap_or(RETRIES)
    }
}

fn check_address(key: &str, text: &str, schemes: &[&str]) -> Result<()> {
    let Some(rest) = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        let schemes = schemes.iter().map(|scheme| format!("`{scheme}`")).collect::<Vec<_>>().join(", ");
        return Err(Failure::new(format!("`{key}` must begin with one of {schemes}")));
    };
    if rest.split('/').any(|part| part.contains('@')) {
        // The text itself is not shown: this is where a password would stand.
        return Err(Failure::new(format!("`{key}` contains `@`; credentials are not allowed there"))
            .help("use `WASM_PROC_MACRO_STORE_TOKEN` or `credential-process` for credentials"));
    }
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '\\' | '%' | '"' | '<' | '>' | '`');
    let mut parts = rest.strip_suffix('/').unwrap_or(rest).split('/');
    if !rest.chars().all(is_plain) || parts.any(|part| matches!(part, "" | "." | "..")) {
        return Err(Failure::new(format!(
            "`{key}` must be the address of a directory: a host or bucket, and names below it"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ci:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn settings(url: &str) -> SharedSettings {
        SharedSettings { url: Some(url.into()), trusted_keys: vec![KEY.into()], ..SharedSettings::default() }
    }

    fn message(settings: &SharedSettings) -> String {
        match settings.check() {
            Err(Failure::Error { message, .. }) => message,
            _ => String::new(),
        }
    }

    #[test]
    fn addresses_are_plain() {
        // What is put together with one must mean what it looks like.
        for right in ["https://x.example/a/b/", "http://127.0.0.1:80", "s3://bucket/prefix", "file:///srv/modules", ""]
        {
            assert_eq!(message(&settings(right)), "", "{right}");
        }
        for wrong in [
            "ftp://x",
            "file://srv/modules",
            "file:////",
            "file:///a/../b",
            "https://",
            "https://x//y",
            "https://x/../y",
            "https://x/?a",
            "https://x/%2e",
            "s3:///x",
        ] {
            assert!(!message(&settings(wrong)).is_empty(), "{wrong}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        // Messages end in logs that others read.
        let message = message(&settings("https://me:hunter2@x.example/"));
        assert!(message.contains('@') && !message.contains("hunter2"), "{message}");
    }

    #[test]
    fn what_could_never_work_is_said_at_once() {
        // A slip in a key would else look like an empty store.
        let wrong = SharedSettings { trusted_keys: vec![KEY.to_uppercase()], ..settings("https://x") };
        assert!(message(&wrong).contains("is not a key"));
        let none = SharedSettings { trusted_keys: Vec::new(), ..settings("https://x") };
        assert!(message(&none).contains("is empty"));
        let own = SharedSettings { mode: Mode::ReadWrite, ..none };
        assert_eq!(message(&own), "");
        let slow = SharedSettings { timeout: Some("soon".into()), ..settings("https://x") };
        assert!(message(&slow).contains("`soon` is not a time"));
    }
}
