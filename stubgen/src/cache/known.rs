//! Digests of modules' files that were taken before: taking one again would be most of what it costs to look at a module.
//!
//! A file is known by what the system says of it: device, number, size, and the times of its last changes. A program can
//! set one of these times, but not the other.
//!
//! **Invariant**: a digest is written down only if the file had not changed for a while when it was read. A change of the
//! same moment, which would leave the times as they are, cannot come any more.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{Cache, Key, Kind};
use crate::module::{Digest, ModuleInfo, ReadError};
use crate::{Contents, contents};

/// The size in bytes from which on a file's digest is written down. That of a smaller one takes a quarter of a millisecond.
const WORTH_IT: usize = 512 << 10;

/// For how long a file must not have changed: more than the steps in which file systems count time.
const SETTLED: Duration = Duration::from_secs(2);

/// What the system says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    key: Key,
    changed: SystemTime,
}

impl Identity {
    #[cfg(unix)]
    fn of(file: &File) -> Option<Identity> {
        use std::os::unix::fs::MetadataExt as _;

        let metadata = file.metadata().ok()?;
        let [modified, changed] =
            [(metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec())];
        let key = Key::from_parts([
            metadata.dev().to_le_bytes(),
            metadata.ino().to_le_bytes(),
            metadata.size().to_le_bytes(),
            modified.0.to_le_bytes(),
            modified.1.to_le_bytes(),
            changed.0.to_le_bytes(),
            changed.1.to_le_bytes(),
        ]);
        let (seconds, nanoseconds) = modified.max(changed);
        let since = Duration::new(seconds.try_into().ok()?, nanoseconds.try_into().ok()?);
        Some(Identity { key, changed: SystemTime::UNIX_EPOCH.checked_add(since)? })
    }

    /// Elsewhere a program can set all times.
    #[cfg(not(unix))]
    fn of(_: &File) -> Option<Identity> {
        None
    }
}

impl Cache {
    /// Reads and checks the module at `path`, and returns the file's contents too. The digest is the one of the last time
    /// if the file has not changed since.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no valid module.
    pub fn read_module(&self, path: &Path) -> Result<(ModuleInfo, Contents), ReadError> {
        let now = SystemTime::now();
        let mut file = contents::open(path)?;
        let bytes = Contents::of(&mut file)?;
        let (digest, new) = self.digest(&file, &bytes, now);
        let info = ModuleInfo::parse_with_digest(&bytes, digest)?;
        // Nothing is kept of what is no module.
        self.remember(new, digest);
        Ok((info, bytes))
    }

    /// The digest of `file`, which has these `bytes` and was opened after `now`. If it is worth to be written down, also by
    /// what the file is known.
    fn digest(&self, file: &File, bytes: &[u8], now: SystemTime) -> (Digest, Option<Identity>) {
        let identity = if bytes.len() < WORTH_IT { None } else { Identity::of(file) };
        let known = identity.as_ref().and_then(|identity| self.lookup(Kind::Digest, &identity.key));
        if let Some(known) = known.and_then(|entry| entry.bytes().try_into().ok()) {
            return (Digest(known), None);
        }
        let digest = Digest::of(bytes);
        let is_settled = |identity: &Identity| {
            now.duration_since(identity.changed).is_ok_and(|age| age >= SETTLED)
                && Identity::of(file).as_ref() == Some(identity)
        };
        (digest, identity.filter(is_settled))
    }

    /// Writes a digest down. Where that cannot be, it is taken again the next time.
    fn remember(&self, new: Option<Identity>, digest: Digest) {
        if let Some(identity) = new {
            _ = self.publish(Kind::Digest, &identity.key, &digest.0);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::thread::sleep;

    use super::*;

    struct Lab {
        cache: Cache,
        path: PathBuf,
        _dir: tempfile::TempDir,
    }

    impl Lab {
        /// A cache, and a file of which it is worth to know the digest.
        fn new() -> Lab {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("file");
            fs::write(&path, vec![b'a'; WORTH_IT]).unwrap();
            Lab { cache: Cache::new(dir.path().join("cache")), path, _dir: dir }
        }

        /// The digest, so long after this moment.
        fn digest_in(&self, later: Duration) -> Digest {
            let bytes = fs::read(&self.path).unwrap();
            let file = File::open(&self.path).unwrap();
            let (digest, new) = self.cache.digest(&file, &bytes, SystemTime::now() + later);
            self.cache.remember(new, digest);
            digest
        }

        fn known(&self) -> usize {
            self.cache.list().unwrap().len()
        }
    }

    #[test]
    fn a_file_that_has_not_changed_for_a_while_is_known_the_next_time() {
        let lab = Lab::new();
        let digest = lab.digest_in(SETTLED);
        assert_eq!(digest, Digest::of(&vec![b'a'; WORTH_IT]));
        assert_eq!(lab.known(), 1);
        // What was written down is believed.
        let identity = Identity::of(&File::open(&lab.path).unwrap()).unwrap();
        lab.cache.publish(Kind::Digest, &identity.key, &[7; 32]).unwrap();
        assert_eq!(lab.digest_in(SETTLED), Digest([7; 32]));
    }

    #[test]
    fn a_file_that_has_just_changed_is_not_known() {
        let lab = Lab::new();
        lab.digest_in(Duration::ZERO);
        assert_eq!(lab.known(), 0);
    }

    #[test]
    fn a_file_with_other_contents_is_another_one_even_with_the_same_size_and_time() {
        let lab = Lab::new();
        let before = lab.digest_in(SETTLED);
        let modified = fs::metadata(&lab.path).unwrap().modified().unwrap();
        // Longer than the system's step of time.
        sleep(Duration::from_millis(50));
        fs::write(&lab.path, vec![b'b'; WORTH_IT]).unwrap();
        File::options().write(true).open(&lab.path).unwrap().set_modified(modified).unwrap();
        assert_eq!(fs::metadata(&lab.path).unwrap().modified().unwrap(), modified);
        assert_ne!(lab.digest_in(SETTLED), before);
        assert_eq!(lab.known(), 2);
    }

    #[test]
    fn nothing_is_known_of_what_is_no_module() {
        let lab = Lab::new();
        sleep(SETTLED);
        lab.cache.read_module(&lab.path).unwrap_err();
        assert_eq!(lab.known(), 0);
    }

    #[test]
    fn a_damaged_digest_is_taken_again() {
        let lab = Lab::new();
        let digest = lab.digest_in(SETTLED);
        let [entry] = &lab.cache.list().unwrap()[..] else { panic!("one digest is known") };
        fs::write(&entry.path, b"garbage").unwrap();
        assert_eq!(lab.digest_in(SETTLED), digest);
        let identity = Identity::of(&File::open(&lab.path).unwrap()).unwrap();
        lab.cache.publish(Kind::Digest, &identity.key, b"too short").unwrap();
        assert_eq!(lab.digest_in(SETTLED), digest);
    }
}
