//! rustc's self-profile of one compilation.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use analyzeme::{EventPayload, ProfilingData};
use anyhow::{Result, anyhow, ensure};

use crate::process::{self, Usage};

/// The activities that take time, and how much.
pub struct Profile {
    activities: Vec<Activity>,
    /// What the process used.
    pub usage: Usage,
}

struct Activity {
    label: String,
    arguments: Vec<String>,
    duration: Duration,
}

impl Profile {
    /// Runs `rustc`, which must allow unstable options, with the profiler on. Only activities are recorded, and no queries,
    /// so that the profiler costs little. With `arguments` it records what each activity was about, which costs more.
    pub fn record(rustc: &mut Command, arguments: bool) -> Result<Profile> {
        let dir = tempfile::tempdir()?;
        let events = if arguments { "generic-activity,args" } else { "generic-activity" };
        rustc.arg(format!("-Zself-profile={}", dir.path().display())).arg(format!("-Zself-profile-events={events}"));
        let usage = process::run(rustc)?;
        Ok(Profile { activities: read(dir.path())?, usage })
    }

    /// The time in all activities called `label`, with everything that they contain.
    pub fn time(&self, label: &str) -> Duration {
        self.activities.iter().filter(|activity| activity.label == label).map(|activity| activity.duration).sum()
    }

    /// The time in the activities called `label` that were about `argument`.
    pub fn time_about(&self, label: &str, argument: &str) -> Duration {
        let about =
            |activity: &&Activity| activity.label == label && activity.arguments.iter().any(|it| it == argument);
        self.activities.iter().filter(about).map(|activity| activity.duration).sum()
    }

    /// The time in the expansion of macros, with the making of instances but without compiling or loading a module, which
    /// happens once a compilation whatever it expands.
    pub fn expansion(&self) -> Duration {
        let once = ["wasm_proc_macro_wait", "wasm_proc_macro_load", "wasm_proc_macro_compile"];
        self.time("expand_proc_macro").saturating_sub(once.iter().map(|label| self.time(label)).sum())
    }

    /// How many activities are called `label`.
    pub fn count(&self, label: &str) -> usize {
        self.activities.iter().filter(|activity| activity.label == label).count()
    }
}

fn read(dir: &Path) -> Result<Vec<Activity>> {
    let files: Vec<_> = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    let mut profiles = files.iter().filter(|path| path.extension().is_some_and(|it| it == "mm_profdata"));
    let (Some(path), None) = (profiles.next(), profiles.next()) else {
        return Err(anyhow!("rustc left {} files instead of one profile", files.len()));
    };
    let data = ProfilingData::new(&path.with_extension(""))
        .map_err(|error| anyhow!("cannot read rustc's self-profile, `{}`: {error}", path.display()))?;
    let activities: Vec<_> = data
        .iter_full()
        .filter_map(|event| match event.payload {
            EventPayload::Timestamp(time) if !time.is_instant() => Some(Activity {
                duration: event.duration()?,
                arguments: event.additional_data.iter().map(|argument| argument.to_string()).collect(),
                label: event.label.into_owned(),
            }),
            _ => None,
        })
        .collect();
    ensure!(!activities.is_empty(), "rustc's self-profile is empty");
    Ok(activities)
}
