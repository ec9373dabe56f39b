//! The process that works in the background.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::thread::{self, sleep};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{LOCK, TARGET, Work, tried};
use crate::decision::Decision;
use crate::failure::{Failure, Result};
use crate::look_up::built_in;
use crate::macros::Macros;
use crate::profile::Profile;
use crate::project::Project;
use crate::resolve::{Choice, Resolver};
use crate::session::Session;
use crate::shell::{Shell, Verbosity};
use crate::split::{self, CargoLine};
use crate::store::Note;

/// How long it may take. What was done until then is kept.
const BOUND: Duration = Duration::from_secs(10 * 60);

/// Another bound in seconds, for tests.
const BOUND_VARIABLE: &str = "__CARGO_WASM_PROC_MACRO_BACKGROUND_SECONDS";

/// How often it is looked whether there still is a permit.
const PACE: Duration = Duration::from_millis(50);

/// How long one waits for another one that was told to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Does what the permit says that `args` begin with, in another process. This one ends at once.
pub(crate) fn run(mut args: impl Iterator<Item = OsString>) -> i32 {
    let Some(permit) = args.next().map(PathBuf::from) else { return 1 };
    #[cfg(unix)]
    {
        if super::process::detach().is_err() {
            return 1;
        }
        super::process::step_back();
    }
    let shell = Shell::new(Verbosity::Normal, Some("never".as_ref()));
    let line = split::in_cargo(args);
    let code = work(&shell, &line, &permit).unwrap_or_else(|failure| shell.failure(failure));
    _ = fs::remove_file(permit);
    code
}

fn work(shell: &Shell, line: &CargoLine, permit: &Path) -> Result<i32> {
    // Without it there is nothing to do.
    let Some(work) = fs::read(permit).ok().and_then(|text| serde_json::from_slice::<Work>(&text).ok()) else {
        return Ok(0);
    };
    watch(permit.to_owned());
    let dir = permit.parent().unwrap_or(Path::new(""));
    let failed = |error| Failure::new(format!("cannot lock `{}`: {error}", dir.join(LOCK).display()));
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join(LOCK)).map_err(failed)?;
    let start = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => sleep(PACE),
            Err(TryLockError::WouldBlock) => {
                shell.status("Leaving", "this to another one, which is at work");
                return Ok(0);
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    say_start(shell, line);
    let session = Session::new(shell)?;
    let is_done = optimize(shell, &session, line, &work, &dir.join(TARGET))?;
    // It is of use to one that goes on where this one was ended.
    _ = fs::remove_dir_all(dir.join(TARGET));
    Ok(i32::from(!is_done))
}

fn say_start(shell: &Shell, line: &CargoLine) {
    let words: Vec<String> = line.all().iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let dir = std::env::current_dir().unwrap_or_default();
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    shell.status("Starting", format_args!("after `cargo {}` in `{}`, at {time}", words.join(" "), dir.display()));
}

/// Ends everything when the permit is gone, or when the time is over.
fn watch(permit: PathBuf) {
    let seconds = std::env::var(BOUND_VARIABLE).ok().and_then(|text| text.parse().ok());
    let bound = seconds.map_or(BOUND, Duration::from_secs_f64);
    let start = Instant::now();
    thread::spawn(move || {
        let shell = Shell::new(Verbosity::Normal, Some("never".as_ref()));
        loop {
            sleep(PACE);
            if !permit.exists() {
                shell.status("Ended", "by another run");
                break;
            }
            if start.elapsed() > bound {
                shell.status("Ended", format_args!("after {} s; the next one goes on", bound.as_secs_f32()));
                _ = fs::remove_file(&permit);
                break;
            }
        }
        #[cfg(unix)]
        super::process::end_all();
    });
}

/// Builds optimized modules, and says whether all of them are there. What could not be built is not tried again.
fn optimize(shell: &Shell, session: &Session, line: &CargoLine, work: &Work, target: &Path) -> Result<bool> {
    let cargo = session.cargo(shell, line);
    let plan = cargo.plan(&line.command, &BTreeSet::new())?;
    let macros = Macros::of(&plan, &mut session.keys(&plan)?);
    let project = Project::read(&plan)?;
    let choice = Choice { profile: Profile::Optimized, ..Choice::default() };
    let mut resolver = Resolver::new(&cargo, &macros, &session.store, project, choice);
    let is_wanted = |index: &usize| {
        let it = &macros.list[*index];
        it.changeable.is_none() && work.keys.iter().any(|key| key == it.key.as_str())
    };
    let wanted: Vec<usize> = (0..macros.list.len()).filter(is_wanted).collect();
    let units: Vec<usize> = wanted.iter().flat_map(|index| macros.list[*index].units.iter().copied()).collect();
    resolver.need(&units)?;
    let missing = resolver.to_build().len();
    // The project's own directory is for builds that somebody waits for.
    let built = resolver.build_missing(&line.command, &built_in(target));
    if let Err(Failure::Exit(code)) = built {
        // Somebody has killed it.
        return Err(Failure::Exit(code));
    }
    let is_there = |index: &usize| matches!(resolver.decisions.get(index), Some(Decision::Wasm(_)));
    let failed: Vec<usize> = wanted.into_iter().filter(|index| !is_there(index)).collect();
    for index in &failed {
        let it = &macros.list[*index];
        let reason = match resolver.decisions.get(index) {
            Some(Decision::Stuck(trouble)) => trouble.to_string(),
            _ => "something that it is built with is not there".to_owned(),
        };
        shell.status("Failed", format_args!("{}: {reason}; it is not tried again", it.named()));
        let (name, version) = (it.name.to_owned(), it.version.to_owned());
        let note = Note { name, version, reason, message: String::new() };
        _ = session.store.write_failure(&tried(&it.key), &note);
    }
    built?;
    let plural = if missing == 1 { "module" } else { "modules" };
    shell.status("Optimized", format_args!("{} of {missing} {plural}", missing.saturating_sub(failed.len())));
    Ok(failed.is_empty())
}
