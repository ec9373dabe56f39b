//! What is shown of Cargo's messages while it plans: what it says once only. The rest it says again when it compiles.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// How lines begin about what is fetched and waited for, which is so once in a process.
const FETCHED: [&str; 4] = ["Blocking", "Updating", "Downloading", "Downloaded"];
/// The same about the lock file, which is so once if it is written.
const LOCKED: [&str; 5] = ["Locking", "Adding", "Removing", "Downgrading", "Upgrading"];

/// Passes such lines on to standard error, and keeps the others.
pub(super) struct Once {
    has_no_lock_file: bool,
    line: Vec<u8>,
    left: Arc<Mutex<Vec<u8>>>,
}

impl Once {
    pub(super) fn new(has_no_lock_file: bool) -> Once {
        Once { has_no_lock_file, line: Vec::new(), left: Arc::default() }
    }

    /// What was not passed on, as long as it grows.
    pub(super) fn left(&self) -> Arc<Mutex<Vec<u8>>> {
        Arc::clone(&self.left)
    }

    fn end_line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let verb = line.trim_ascii_start().split(|byte| *byte == b' ').next().unwrap_or_default();
        let is_one = |verbs: &[&str]| verbs.iter().any(|passed| passed.as_bytes() == verb);
        if is_one(&FETCHED) || !self.has_no_lock_file && is_one(&LOCKED) {
            return io::stderr().write_all(&line);
        }
        self.left.lock().unwrap_or_else(PoisonError::into_inner).extend(line);
        Ok(())
    }
}

impl Write for Once {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.line.push(*byte);
            if *byte == b'\n' {
                self.end_line()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
