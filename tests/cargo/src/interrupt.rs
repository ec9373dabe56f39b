//! Runs that are killed on the way.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// When a run is killed.
#[derive(Clone, Copy, Debug)]
pub enum Point {
    /// So long after its start.
    Start(Duration),
    /// So long after a line that contains this, on standard error.
    Line(&'static str, Duration),
}

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The process and all that it has started, as when a machine goes down.
    All,
    /// The command, not the Cargo and the compilers that it has started.
    Command,
}

/// Runs `command` up to `point` and kills it. Returns what it had said, and whether it was killed before its end.
///
/// # Panics
///
/// If it cannot be started.
pub fn run_until(mut command: Command, point: Point, whom: Whom) -> (String, bool) {
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let stderr = child.stderr.take().expect("it is piped");
    let mut lines = BufReader::new(stderr);
    let mut said = String::new();
    match point {
        Point::Start(time) => thread::sleep(time),
        Point::Line(text, time) => {
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
                let text_of_line = String::from_utf8_lossy(&line).into_owned();
                line.clear();
                said += &text_of_line;
                if text_of_line.contains(text) {
                    thread::sleep(time);
                    break;
                }
            }
        }
    }
    let id = child.id() as libc::pid_t;
    let id = if whom == Whom::All { -id } else { id };
    // SAFETY: the child was not waited for, so its number is no other process's.
    unsafe { libc::kill(id, libc::SIGKILL) };
    let status = child.wait().unwrap_or_else(|error| panic!("cannot wait for {command:?}: {error}"));
    // Until the last process that has the pipe is gone.
    let mut rest = Vec::new();
    _ = lines.read_to_end(&mut rest);
    said += &String::from_utf8_lossy(&rest);
    (said, status.code().is_none())
}
