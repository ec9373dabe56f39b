//! Optimizing in the background: after a build, a process of its own makes the modules that later builds run.
//!
//! ```text
//! STORE/background/permit-*   what one process is to do. It ends as soon as this is gone
//! STORE/background/lock       locked by the one that works
//! STORE/background/log        what they have said
//! STORE/background/target/    Cargo's target directory
//! ```
//!
//! Nobody sends a signal to a process by its number. Who wants the work to end removes its permit, and does not wait.

#[cfg(all(feature = "command", unix))]
mod process;
#[cfg(feature = "command")]
pub(crate) mod worker;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
#[cfg(feature = "command")]
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cargo::Cargo;
use crate::decision::Decision;
use crate::key::Key;
use crate::plan::is_inside_another;
use crate::profile::{Optimize, Profile};
use crate::resolve::Resolver;
use crate::split::CargoLine;
use crate::store::{self, Store, paths_in};

/// What this program's first word is where it works in the background.
pub(crate) const WORKER: &str = "--in-background";

/// Tells what is started in the background that it is.
const INSIDE_VARIABLE: &str = "__CARGO_WASM_PROC_MACRO_BACKGROUND";

/// The commands after which something is done. Others are for a package that is not the user's, or only look like Cargo's own.
const COMMANDS: &[&str] = &["check", "c", "build", "b", "run", "r", "test", "t", "bench", "doc", "d"];

/// What would have the compilers here count as those of another build.
const JOB_SERVERS: [&str; 3] = ["MAKEFLAGS", "MFLAGS", "CARGO_MAKEFLAGS"];

const PLACE: &str = "background";
const PERMIT: &str = "permit-";
const LOG: &str = "log";
#[cfg(feature = "command")]
const LOCK: &str = "lock";
#[cfg(feature = "command")]
const TARGET: &str = "target";

/// The log is begun anew when it has more bytes.
const LONG_LOG: u64 = 1 << 20;

/// What can be optimized.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Work {
    /// The keys of macros.
    keys: Vec<String>,
}

impl Work {
    /// The macros whose quick modules were used, if they are to be optimized in the background. A source that may change is not worth it.
    pub(crate) fn of(resolver: &Resolver<'_>) -> Work {
        if resolver.macros.plan.settings.optimize != Optimize::Background {
            return Work::default();
        }
        let is_quick = |index: &usize| match resolver.decisions.get(index) {
            Some(Decision::Wasm(module)) => {
                module._stored.as_ref().is_some_and(|stored| stored.meta.profile == Profile::Quick)
            }
            _ => false,
        };
        let macros = resolver.used().into_iter().filter(is_quick).map(|index| &resolver.macros.list[index]);
        let lasting = macros.filter(|it| it.changeable.is_none());
        Work { keys: lasting.map(|it| it.key.to_string()).collect() }
    }

    /// Without what was tried in vain.
    fn untried(&self, store: &Store) -> Work {
        let is_untried = |text: &&String| Key::from_text(text).is_some_and(|key| store.failure(&tried(&key)).is_none());
        Work { keys: self.keys.iter().filter(is_untried).cloned().collect() }
    }
}

/// What it is kept by that a macro could not be optimized here, whatever the reason.
fn tried(key: &Key) -> Key {
    key.with(&PLACE)
}

/// Whether this process belongs to what is done in the background.
fn is_inside() -> bool {
    std::env::var_os(INSIDE_VARIABLE).is_some()
}

/// Has what is done in the background end.
pub(crate) fn end(store: &Store) {
    if is_inside() {
        return;
    }
    for path in paths_in(&store.dir().join(PLACE)).unwrap_or_default() {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if name.starts_with(PERMIT.as_bytes()) {
            _ = fs::remove_file(path);
        }
    }
}

/// Removes what is left of work in the background, if none was begun for longer than `max_age`, and nobody works.
#[cfg(feature = "command")]
pub(crate) fn clean(store: &Store, max_age: Duration) {
    let dir = store.dir().join(PLACE);
    let begun = fs::metadata(dir.join(LOG)).and_then(|log| log.modified());
    let is_old = begun.is_ok_and(|begun| max_age.is_zero() || begun.elapsed().is_ok_and(|age| age > max_age));
    // Whoever ends at this moment is waited for by the next one only.
    if is_old
        && let Ok(lock) = File::open(dir.join(LOCK))
        && lock.try_lock().is_ok()
    {
        _ = fs::remove_dir_all(dir.join(TARGET));
        _ = fs::remove_file(dir.join(LOG));
    }
}

/// Has `work` done in the background, after a build.
pub(crate) fn start(cargo: &Cargo<'_>, store: &Store, work: &Work) {
    // What is measured is not disturbed: in Cargo's own process this is called before benchmarks run.
    let is_too_early = cargo.here.is_some() && cargo.line.meant() == "bench";
    let is_meant = cargo.line.meant().to_str().is_some_and(|meant| COMMANDS.contains(&meant)) && !is_too_early;
    if !cfg!(unix) || !is_meant || work.keys.is_empty() || is_inside() || is_inside_another() {
        return;
    }
    // One that is there for this run only keeps nothing.
    let work = work.untried(store);
    if work.keys.is_empty() || store::default_dir().as_deref() != Some(store.dir()) {
        return;
    }
    match start_worker(cargo, &store.dir().join(PLACE), &work) {
        Ok(log) => cargo.shell.verbose(format_args!(
            "{} modules are optimized in the background; `{}` says how it goes on",
            work.keys.len(),
            log.display()
        )),
        Err(error) => cargo.shell.verbose(format_args!("nothing is optimized in the background: {error}")),
    }
}

fn start_worker(cargo: &Cargo<'_>, dir: &Path, work: &Work) -> io::Result<PathBuf> {
    fs::create_dir_all(dir)?;
    let path = dir.join(LOG);
    let log = OpenOptions::new().create(true).append(true).open(&path)?;
    if log.metadata()?.len() > LONG_LOG {
        log.set_len(0)?;
    }
    let permit = tempfile::Builder::new().prefix(PERMIT).tempfile_in(dir)?;
    serde_json::to_writer(permit.as_file(), work)?;
    let mut command = std::process::Command::new(cargo.toolchain.own()?);
    command.arg(WORKER).arg(permit.path()).args(words(cargo.line)).env(INSIDE_VARIABLE, "1");
    JOB_SERVERS.iter().for_each(|variable| _ = command.env_remove(variable));
    command.stdin(Stdio::null()).stdout(duplicate(&log)?).stderr(duplicate(&log)?);
    // It leaves a child that goes on, and is no child of this process.
    let status = command.status()?;
    if !status.success() {
        return Err(io::Error::other(format!("the process for it ended with {status}")));
    }
    // From now on it is for others to remove it.
    permit.keep()?;
    Ok(path)
}

/// What [`split::in_cargo`](crate::split::in_cargo) reads.
fn words(line: &CargoLine) -> Vec<OsString> {
    [line.meant().to_owned(), OsString::new()].into_iter().chain(line.all()).collect()
}

fn duplicate(file: &File) -> io::Result<Stdio> {
    file.try_clone().map(Stdio::from)
}
