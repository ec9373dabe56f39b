//! `store list`, `gc` and `clear`.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::{HumanBytes, HumanDuration};
use serde_json::json;

use crate::args::store::LocalCommand;
use crate::background;
use crate::failure::{Failure, Result};
use crate::output;
use crate::shell::Shell;
use crate::store::{self, Limits, Removed, Store};

const DAY: u64 = 24 * 60 * 60;

pub(crate) fn run(shell: &Shell, command: &LocalCommand) -> Result<i32> {
    let dir = store::default_dir().ok_or_else(|| {
        Failure::new("there is no home directory, so there is no store")
            .help("set `WASM_PROC_MACRO_STORE` to a directory for the store")
    })?;
    let failed = |error: io::Error| Failure::new(format!("cannot use the store `{}`: {error}", dir.display()));
    let store = Store::existing(dir.clone());
    match command {
        LocalCommand::List { json } => output::print(&list(&store, *json).map_err(failed)?)?,
        LocalCommand::Gc { max_age, max_size } => {
            let max_age = Duration::from_secs(max_age.saturating_mul(DAY));
            background::clean(&store, max_age);
            say(shell, store.gc(Limits { max_age, max_bytes: *max_size }).map_err(failed)?);
        }
        LocalCommand::Clear => {
            background::end(&store);
            background::clean(&store, Duration::ZERO);
            say(shell, store.clear().map_err(failed)?);
        }
    }
    Ok(0)
}

fn list(store: &Store, as_json: bool) -> io::Result<String> {
    let entries = store.list()?;
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if as_json {
        let entries = entries.iter().map(|entry| {
            json!({
                "key": entry.key.as_str(),
                "package": entry.meta.as_ref().map(|meta| &meta.package),
                "name": entry.meta.as_ref().map(|meta| &meta.name),
                "version": entry.meta.as_ref().map(|meta| &meta.version),
                "features": entry.meta.as_ref().map(|meta| &meta.features),
                "sha256": entry.meta.as_ref().map(|meta| &meta.sha256),
                "profile": entry.meta.as_ref().map(|meta| meta.profile),
                "prebuilt": entry.meta.as_ref().map(|meta| meta.prebuilt),
                "created": entry.meta.as_ref().map(|meta| meta.created),
                "last_used": seconds(entry.last_used),
                "size": entry.size,
                "path": store.module_path(&entry.key),
            })
        });
        return Ok(format!("{:#}\n", entries.collect::<serde_json::Value>()));
    }
    let ago = |time| SystemTime::now().duration_since(time).unwrap_or_default();
    let mut rows = vec![["PACKAGE", "FEATURES", "PROFILE", "SIZE", "LAST USED", "KEY"].map(str::to_owned)];
    rows.extend(entries.iter().map(|entry| {
        let (package, features, profile) = match &entry.meta {
            Some(meta) => {
                (format!("{} v{}", meta.name, meta.version), meta.features.join(","), meta.profile.to_string())
            }
            None => ("(damaged)".to_owned(), String::new(), String::new()),
        };
        let last_used = format!("{} ago", HumanDuration(ago(entry.last_used)));
        [package, features, profile, HumanBytes(entry.size).to_string(), last_used, entry.key.short().to_owned()]
    }));
    let widths: Vec<usize> =
        (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text += &format!("{}\n", cells.join("  ").trim_end());
    }
    let total = entries.iter().map(|entry| entry.size).sum();
    text += &format!("{} in `{}`\n", HumanBytes(total), store.dir().display());
    Ok(text)
}

fn say(shell: &Shell, removed: Removed) {
    let plural = if removed.modules == 1 { "" } else { "s" };
    let mut text = format!("{} module{plural}, {}", removed.modules, HumanBytes(removed.bytes));
    if removed.in_use > 0 {
        text += &format!("; left {} that a run is using", removed.in_use);
    }
    shell.status("Removed", text);
}
