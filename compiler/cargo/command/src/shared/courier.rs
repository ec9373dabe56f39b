//! The courier: the process that talks to the store's server, and does nothing else.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::entry::{self, Unusable};
use super::errand::{Errand, Job, Parcel, Report};
use super::keys::{KEY_VARIABLE, SigningKey};
use super::remote::Remote;
use super::settings::{Mode, TrustedKey};
use super::transport::Trouble;

/// How many modules are on their way at once.
const AT_ONCE: usize = 4;

/// Does the errand on standard input, and returns the exit code.
pub(crate) fn run() -> i32 {
    let Ok(errand) = serde_json::from_reader::<_, Errand>(io::stdin().lock()) else { return 1 };
    let stdout = Mutex::new(io::stdout());
    let say = |report: &Report| {
        let text = serde_json::to_string(report).unwrap_or_default();
        let mut stdout = stdout.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can be told that nobody listens.
        _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    };
    let all = SigningKey::find(&errand.settings).map_err(Trouble).and_then(|signer| {
        let remote = Remote::new(&errand.settings)?;
        let bearer = Bearer { remote, trusted: trusted(&errand, signer.as_ref()), signer, errand: &errand };
        bearer.carry_all(&say)
    });
    if let Err(Trouble(reason)) = all {
        say(&Report::Trouble { reason });
    }
    0
}

/// Who can sign trusts what is signed so.
fn trusted(errand: &Errand, signer: Option<&SigningKey>) -> Vec<TrustedKey> {
    let mut trusted = errand.settings.trusted();
    let own = signer.map(SigningKey::trusted).filter(|own| !trusted.iter().any(|key| key.public == own.public));
    trusted.extend(own);
    trusted
}

struct Bearer<'a> {
    remote: Remote,
    trusted: Vec<TrustedKey>,
    signer: Option<SigningKey>,
    errand: &'a Errand,
}

impl Bearer<'_> {
    fn carry_all(&self, say: &(dyn Fn(&Report) + Sync)) -> Result<(), Trouble> {
        if self.errand.job == Job::Push && self.errand.settings.mode == Mode::Read {
            return Err(Trouble("`wasm-proc-macro.store.mode` is `read`".to_owned()));
        }
        if self.errand.job == Job::Push && self.signer.is_none() {
            let reason = format!(
                "there is no key to sign with: neither `wasm-proc-macro.store.signing-key` nor `{KEY_VARIABLE}` is set"
            );
            return Err(Trouble(reason));
        }
        if self.trusted.is_empty() {
            return Err(Trouble("no key is trusted".to_owned()));
        }
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(self.errand.parcels.len()) {
                scope.spawn(|| {
                    while let Some(parcel) = self.errand.parcels.get(next.fetch_add(1, Ordering::Relaxed)) {
                        match self.carry(parcel) {
                            Ok(report) => say(&report),
                            Err(_) => return,
                        }
                    }
                });
            }
        });
        self.remote.trouble().map_or(Ok(()), |trouble| Err(trouble.clone()))
    }

    fn carry(&self, parcel: &Parcel) -> Result<Report, Trouble> {
        match self.errand.job {
            Job::Pull => self.pull(parcel),
            Job::Push => self.push(parcel),
        }
    }

    /// Takes the first module that is as it should be, of all whom the user trusts.
    fn pull(&self, parcel: &Parcel) -> Result<Report, Trouble> {
        let key = parcel.key.clone();
        let mut refused = None;
        for signer in &self.trusted {
            let Some(body) = self.remote.get(&signer.path_of(&parcel.key))? else { continue };
            let file: PathBuf = self.errand.directory.join(format!("{key}.wasm"));
            match entry::receive(body, signer, parcel, self.errand, &file) {
                Ok(entry::Received { sha256, variables }) => {
                    let signer = signer.name.clone();
                    return Ok(Report::Taken { key, file, sha256, variables, signer });
                }
                Err(Unusable::Slow) => {
                    return Err(self.remote.give_up(Trouble("it is too slow".to_owned())));
                }
                Err(Unusable::Refused(reason)) => refused = Some(reason),
            }
        }
        Ok(match refused {
            Some(reason) => Report::Refused { key, reason },
            None => Report::Missing { key },
        })
    }

    fn push(&self, parcel: &Parcel) -> Result<Report, Trouble> {
        let (Some(signer), Some(module)) = (&self.signer, &parcel.module) else {
            return Ok(Report::Missing { key: parcel.key.clone() });
        };
        let (key, path) = (parcel.key.clone(), signer.trusted().path_of(&parcel.key));
        if !parcel.replaces && self.remote.has(&path)? {
            return Ok(Report::Present { key });
        }
        let failed =
            |error: io::Error| Report::Refused { key: key.clone(), reason: format!("it cannot be read: {error}") };
        let bytes = match fs::read(module).and_then(|bytes| entry::write(signer, parcel, self.errand, &bytes)) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(failed(error)),
        };
        self.remote.put(&path, &bytes)?;
        Ok(Report::Sent { bytes: bytes.len() as u64, key })
    }
}
