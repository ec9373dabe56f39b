//! Runs a process and says what it used.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// What a process used.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// From start to end.
    pub wall: Duration,
    /// On all cores, in the process and in the system, with the children that it waited for.
    pub cpu: Duration,
    /// The largest resident set, in bytes. With children: the largest of any one process.
    pub peak: u64,
}

/// What a process used, and wrote to standard error.
pub struct Recorded {
    pub usage: Usage,
    pub stderr: String,
}

/// Runs `command` to its end, without output. What it writes to stderr is the error if it fails.
pub fn run(command: &mut Command) -> Result<Usage> {
    command.stdout(Stdio::null());
    Ok(run_with_stderr(command)?.0)
}

/// As [`run`], but what it writes to standard error is kept.
pub fn record(command: &mut Command) -> Result<Recorded> {
    command.stdout(Stdio::null());
    let (usage, mut stderr) = run_with_stderr(command)?;
    Ok(Recorded { usage, stderr: content(&mut stderr)? })
}

fn run_with_stderr(command: &mut Command) -> Result<(Usage, File)> {
    // A file, which needs nobody who reads at the same time.
    let mut stderr = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stderr(stderr.try_clone()?);
    let start = Instant::now();
    let child = command.spawn().with_context(|| format!("cannot run `{}`", name(command)))?;
    let (success, usage) = wait(child.id())?;
    let wall = start.elapsed();
    if !success {
        bail!("this command failed:\n  {}\n{}", line(command), content(&mut stderr)?.trim_end());
    }
    let cpu = duration(usage.ru_utime) + duration(usage.ru_stime);
    // Linux counts kibibytes, macOS bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Ok((Usage { wall, cpu, peak: usage.ru_maxrss as u64 * unit }, stderr))
}

fn content(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The standard output of `command`, which has to succeed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run `{}`", name(command)))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        bail!("this command failed:\n  {}\n{}", line(command), message.trim_end());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The words of `command`, without its environment.
fn line(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// Waits for the child `pid`, which nobody else waits for.
fn wait(pid: u32) -> Result<(bool, libc::rusage)> {
    let mut status = 0;
    // SAFETY: `rusage` consists of integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to local variables of the right types.
    let waited = unsafe { libc::wait4(pid as libc::pid_t, &mut status, 0, &mut usage) };
    if waited < 0 {
        return Err(std::io::Error::last_os_error()).context("cannot wait for a process");
    }
    Ok((libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, usage))
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
}
