//! `stubgen cache`.

use std::env;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use stubgen::cache::{Cache, Limits, ListedEntry, Removed, default_dir};

use crate::args::CacheCommand;
use crate::{Failure, print};

const DAY: u64 = 24 * 60 * 60;

/// The environment variable with the default of `--dir`, as the compiler has it for `--wasm-proc-macro-cache`.
const DIR: &str = "RUSTC_WASM_PROC_MACRO_CACHE";

pub(crate) fn run(command: CacheCommand, dir: Option<PathBuf>) -> Result<(), Failure> {
    // An empty variable is none.
    let variable = || env::var_os(DIR).filter(|value| !value.is_empty()).map(PathBuf::from);
    let dir = match dir.or_else(variable) {
        Some(dir) => dir,
        None => {
            let cwd = env::current_dir()
                .map_err(|error| Failure::new(format!("could not find out the working directory: {error}")))?;
            default_dir(None, &cwd)
        }
    };
    let cache = Cache::new(dir);
    let failed = |action: &str| {
        let dir = cache.dir().to_owned();
        let action = format!("{action} the cache in");
        move |error| Failure::at(&action, &dir, &error)
    };
    match command {
        CacheCommand::List => {
            let entries = cache.list().map_err(failed("list"))?;
            let total: u64 = entries.iter().map(|entry| entry.size).sum();
            let mut text: String = entries.iter().map(as_line).collect();
            _ = writeln!(text, "{}, {total} bytes in `{}`", count(entries.len()), cache.dir().display());
            print(&text)
        }
        CacheCommand::Verify => {
            let damaged = cache.verify().map_err(failed("verify"))?;
            if damaged.is_empty() {
                let entries = cache.list().map_err(failed("list"))?;
                return print(&format!("{} in `{}`, none damaged\n", count(entries.len()), cache.dir().display()));
            }
            let verb = if damaged.len() == 1 { "is" } else { "are" };
            let paths: Vec<String> = damaged.iter().map(|entry| format!("`{}`", entry.path.display())).collect();
            Err(Failure {
                error: format!("{} of the cache {verb} damaged: {}", count(damaged.len()), paths.join(", ")),
                note: Some("the compiler ignores damaged entries and replaces them".to_owned()),
                help: Some("`stubgen cache clear` removes all entries".to_owned()),
            })
        }
        CacheCommand::Gc { max_age, max_bytes } => {
            let max_age = Duration::from_secs(max_age.saturating_mul(DAY));
            let removed = cache.gc(Limits { max_age: Some(max_age), max_bytes }).map_err(failed("collect"))?;
            print(&as_report(removed))
        }
        CacheCommand::Clear => print(&as_report(cache.clear().map_err(failed("clear"))?)),
    }
}

fn count(entries: usize) -> String {
    format!("{entries} {}", if entries == 1 { "entry" } else { "entries" })
}

fn as_report(removed: Removed) -> String {
    format!("removed {}, {} bytes\n", count(removed.entries), removed.bytes)
}

fn as_line(entry: &ListedEntry) -> String {
    let age = SystemTime::now().duration_since(entry.last_used).unwrap_or_default();
    let state = if entry.is_whole() { "" } else { "  damaged" };
    format!(
        "{:6}  {}  {:>10} bytes  used {} days ago{state}\n",
        entry.kind.dir_name(),
        entry.key,
        entry.size,
        age.as_secs() / DAY
    )
}
