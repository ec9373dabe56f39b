//! What the courier is told, what it tells, and how it is waited for.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::COURIER;
use super::settings::SharedSettings;
use crate::shell::Shell;
use crate::toolchain::Toolchain;

/// How much longer than all of the network's time the courier may take.
const GRACE: Duration = Duration::from_secs(2);

/// Everything that the courier is to do. It reads this from standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Errand {
    pub(crate) settings: SharedSettings,
    pub(crate) job: Job,
    /// The first line of `rustc -vV`.
    pub(crate) compiler: String,
    /// The digest of the toolchain's files.
    pub(crate) toolchain: String,
    /// Where modules are put that arrive.
    pub(crate) directory: PathBuf,
    pub(crate) parcels: Vec<Parcel>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) enum Job {
    Pull,
    Push,
}

/// A module, as this machine knows it by its own plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Parcel {
    /// The macro's key.
    pub(crate) key: String,
    pub(crate) package: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) features: Vec<String>,
    /// The registry's checksum of the package, or the repository and the commit.
    pub(crate) source: String,
    /// The module that is sent.
    pub(crate) module: Option<PathBuf>,
    /// The variables that had a say when it was made, none of which was set.
    pub(crate) variables: Vec<String>,
    /// Whether it is sent although something is there.
    pub(crate) replaces: bool,
}

/// What became of something. The courier writes one line of JSON each to standard output.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Report {
    /// A trusted key has signed it, and it is what was signed.
    Taken {
        key: String,
        file: PathBuf,
        sha256: String,
        variables: Vec<String>,
        signer: String,
    },
    /// Nobody has sent it.
    Missing {
        key: String,
    },
    /// Something is there that must not be used.
    Refused {
        key: String,
        reason: String,
    },
    Sent {
        key: String,
        bytes: u64,
    },
    /// It need not be sent.
    Present {
        key: String,
    },
    /// The store is of no use for now. What no other report names was not tried.
    Trouble {
        reason: String,
    },
}

/// The courier on its way.
pub(crate) struct Courier {
    child: Child,
    reports: Receiver<Report>,
    end: Instant,
    all: Duration,
}

impl Courier {
    /// Sends it off.
    pub(crate) fn start(shell: &Shell, toolchain: &Toolchain, errand: &Errand) -> io::Result<Courier> {
        let mut command = Command::new(toolchain.own()?);
        command.arg(COURIER).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(if shell.is_verbose() { Stdio::inherit() } else { Stdio::null() });
        let text = serde_json::to_vec(errand)?;
        let mut child = command.spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (sender, reports) = channel();
        thread::spawn(move || {
            // One that has ended already says nothing, and that is seen.
            _ = stdin.map(|mut stdin| stdin.write_all(&text));
            let lines = stdout.map(|stdout| BufReader::new(stdout).lines()).into_iter().flatten();
            for report in lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()) {
                if sender.send(report).is_err() {
                    return;
                }
            }
        });
        let all = errand.settings.timeout_of_all();
        Ok(Courier { child, reports, end: Instant::now() + all + GRACE, all })
    }

    /// Waits until it is back, or until its time is over.
    pub(crate) fn wait(mut self) -> Vec<Report> {
        let mut reports = Vec::new();
        loop {
            match self.reports.recv_timeout(self.end.saturating_duration_since(Instant::now())) {
                Ok(report) => reports.push(report),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    reports.push(Report::Trouble { reason: format!("it took more than {} s", self.all.as_secs_f32()) });
                    _ = self.child.kill();
                    break;
                }
            }
        }
        let is_well = self.child.wait().is_ok_and(|status| status.success());
        if !is_well && !reports.iter().any(|report| matches!(report, Report::Trouble { .. })) {
            reports.push(Report::Trouble { reason: "the process that was to ask it was ended".to_owned() });
        }
        reports
    }
}
