//! What the sandbox refused macros, as the compiler has written it down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::decision::Decision;
use crate::resolve::Resolver;

/// A line of the file.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "crate")]
    krate: String,
    version: String,
    #[serde(rename = "macro")]
    name: String,
    refused: String,
}

/// What macro packages were refused, by index of the macro. Each text once.
pub(crate) fn read(path: &Path, resolver: &Resolver<'_>) -> BTreeMap<usize, Vec<String>> {
    let mut refusals: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    // Without a file nothing was refused. A line that was cut off belongs to a compiler that was killed.
    let text = fs::read(path).unwrap_or_default();
    for line in text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok()) {
        let Line { krate, version, name, refused } = line;
        for (index, it) in resolver.macros.list.iter().enumerate() {
            let is_wasm = matches!(resolver.decisions.get(&index), Some(Decision::Wasm(_)));
            if is_wasm && it.krate == krate && it.version == version {
                let texts = refusals.entry(index).or_default();
                let text = format!("{refused} (`{name}`)");
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
        }
    }
    refusals
}
