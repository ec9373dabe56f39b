//! What is shown of Cargo's messages while it plans: what it says once only. The rest it says again when it compiles.

use std::io::{self, Write};

/// How such lines begin.
const VERBS: [&str; 9] =
    ["Blocking", "Updating", "Downloading", "Downloaded", "Locking", "Adding", "Removing", "Downgrading", "Upgrading"];

/// Passes such lines on to standard error.
#[derive(Default)]
pub(super) struct Once {
    line: Vec<u8>,
}

impl Write for Once {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.line.push(*byte);
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                let verb = line.trim_ascii_start().split(|byte| *byte == b' ').next().unwrap_or_default();
                if VERBS.iter().any(|passed| passed.as_bytes() == verb) {
                    io::stderr().write_all(&line)?;
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
