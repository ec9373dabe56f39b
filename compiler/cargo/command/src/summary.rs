//! The line at the end: how many macros ran from Wasm, and which did not.

use std::collections::BTreeMap;

use crate::decision::{Decision, Origin};
use crate::resolve::Resolver;

/// Says what became of the macros that were used. Says nothing if there were none.
pub(crate) fn say(resolver: &Resolver<'_>) {
    let lines = lines(resolver);
    let mut lines = lines.iter();
    if let Some(first) = lines.next() {
        resolver.shell.status("Used", first);
    }
    lines.for_each(|line| resolver.shell.continued(line));
}

fn lines(resolver: &Resolver<'_>) -> Vec<String> {
    let (mut wasm, mut cached, mut pinned) = (0, 0, 0);
    let mut native: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for index in resolver.used() {
        match resolver.decisions.get(&index) {
            Some(Decision::Wasm(module)) => {
                wasm += 1;
                cached += usize::from(module.origin == Origin::Cached);
                pinned += usize::from(module.origin == Origin::Pinned);
            }
            Some(Decision::Native(reason)) => {
                native.entry(reason.to_string()).or_default().push(resolver.macros.list[index].name);
            }
            Some(Decision::Build | Decision::Stuck(_)) | None => {}
        }
    }
    let natives: usize = native.values().map(Vec::len).sum();
    if wasm + natives == 0 {
        return Vec::new();
    }
    let mut first = format!("{wasm} macro{} from Wasm", if wasm == 1 { "" } else { "s" });
    let origins = [(cached, "cached"), (pinned, "pinned")].into_iter().filter(|(count, _)| *count > 0);
    let origins: Vec<String> = origins.map(|(count, word)| format!("{count} {word}")).collect();
    if !origins.is_empty() {
        first += &format!(" ({})", origins.join(", "));
    }
    let mut groups = native.iter().map(|(reason, names)| format!("{} ({reason})", names.join(", ")));
    match (natives, groups.len()) {
        (0, _) => vec![first],
        (_, 1) => vec![format!("{first}, {natives} native: {}", groups.next().unwrap_or_default())],
        _ => [format!("{first}, {natives} native:")].into_iter().chain(groups).collect(),
    }
}
