//! The differences that are accepted: `accepted.toml`.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use regex::Regex;

use crate::channels::Channel;

/// How many differences may be accepted. More would be another kind of macro.
const LIMIT: usize = 5;

/// One entry of the file.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    channels: Vec<Channel>,
    /// What is taken out of both texts. It may span lines.
    #[serde(default)]
    pattern: String,
    /// Cases in which everything that is compared may differ, and something must.
    #[serde(default)]
    cases: Vec<String>,
    reason: String,
    #[serde(skip)]
    used: AtomicBool,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accepted: Vec<Entry>,
}

/// All entries.
#[derive(Debug)]
pub struct Accepted {
    entries: Vec<(Entry, Regex)>,
}

impl Accepted {
    /// The file's entries.
    ///
    /// # Panics
    ///
    /// If the file is not as it has to be.
    pub fn get() -> &'static Accepted {
        static ACCEPTED: LazyLock<Accepted> = LazyLock::new(|| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("accepted.toml");
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()));
            Accepted::parse(&text).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
        });
        &ACCEPTED
    }

    fn parse(text: &str) -> Result<Accepted, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        if file.accepted.len() > LIMIT {
            return Err(format!("{} differences are accepted, at most {LIMIT} may be", file.accepted.len()));
        }
        let mut entries = Vec::new();
        for entry in file.accepted {
            let pattern = Regex::new(&entry.pattern).map_err(|error| error.to_string())?;
            let takes_out = !entry.pattern.is_empty();
            if entry.reason.len() < 20 || takes_out == entry.channels.is_empty() || takes_out && pattern.is_match("") {
                return Err(format!(
                    "`{}`: a reason is needed, and a pattern that does not match everything",
                    entry.pattern
                ));
            }
            if takes_out == entry.cases.is_empty() {
                entries.push((entry, pattern));
            } else {
                return Err(format!("`{}`: either a pattern or cases are needed", entry.reason));
            }
        }
        Ok(Accepted { entries })
    }

    /// Whether a case must differ. One that does not any more is no exception and makes its test fail.
    pub fn differs(&self, case: &str) -> bool {
        self.entries.iter().any(|(entry, _)| entry.cases.iter().any(|name| name == case))
    }

    /// The cases that must differ.
    pub fn cases(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().flat_map(|(entry, _)| &entry.cases).map(String::as_str)
    }

    /// Both texts without what may differ on that channel. Entries that make a difference are remembered as used.
    pub fn without(&self, channel: Channel, native: &str, wasm: &str) -> (String, String) {
        let applicable: Vec<_> = self.entries.iter().filter(|(entry, _)| entry.channels.contains(&channel)).collect();
        let apply = |left_out: Option<usize>| {
            let mut texts = [native.to_owned(), wasm.to_owned()];
            for (index, (_, pattern)) in applicable.iter().enumerate() {
                if left_out != Some(index) {
                    texts = texts.map(|text| pattern.replace_all(&text, "").into_owned());
                }
            }
            texts
        };
        let [native, wasm] = apply(None);
        if native == wasm {
            for (index, (entry, _)) in applicable.iter().enumerate() {
                let [native, wasm] = apply(Some(index));
                if native != wasm {
                    entry.used.store(true, Ordering::Relaxed);
                }
            }
        }
        (native, wasm)
    }

    /// The reasons of the entries that no comparison of this process has needed.
    pub fn stale(&self) -> Vec<&str> {
        let stale =
            self.entries.iter().filter(|(entry, _)| entry.cases.is_empty() && !entry.used.load(Ordering::Relaxed));
        stale.map(|(entry, _)| &*entry.reason).collect()
    }
}
