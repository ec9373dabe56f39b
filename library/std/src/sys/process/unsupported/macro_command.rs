//! Programs that a procedural macro runs: the few that its host runs for it, to their end.

use super::{Command, ExitStatus, Stdio};
use crate::io::{self, Write};
use crate::macro_host::{MacroHost, NOT_GRANTED};
use crate::os::wasi::ffi::OsStrExt;
use crate::process::StdioPipes;
use crate::sys::pipe::Pipe;
use crate::{env, path};

/// A program that has run. It succeeded.
pub struct Process(());

impl Process {
    /// No process of the system has this number.
    pub fn id(&self) -> u32 {
        u32::MAX
    }

    pub fn kill(&mut self) -> io::Result<()> {
        Ok(())
    }

    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        Ok(ExitStatus())
    }

    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        Ok(Some(ExitStatus()))
    }
}

/// Runs a program, and puts what it printed where its output belongs. It prints no errors, and reads nothing.
pub fn spawn(
    host: &MacroHost,
    command: &Command,
    default: Stdio,
    needs_stdin: bool,
) -> io::Result<(Process, StdioPipes)> {
    let printed = run(host, command)?;
    let piped =
        |stream: &Option<Stdio>| matches!(stream.as_ref().unwrap_or(&default), Stdio::MakePipe);
    let mut pipes = StdioPipes { stdin: None, stdout: None, stderr: None };
    if needs_stdin && piped(&command.stdin) {
        pipes.stdin = Some(Pipe::sink());
    }
    if piped(&command.stderr) {
        pipes.stderr = Some(Pipe::of(Vec::new()));
    }
    match command.stdout.as_ref().unwrap_or(&default) {
        Stdio::MakePipe => pipes.stdout = Some(Pipe::of(printed)),
        Stdio::Null => {}
        Stdio::Inherit | Stdio::ParentStdout => io::stdout().write_all(&printed)?,
        Stdio::ParentStderr => io::stderr().write_all(&printed)?,
        Stdio::InheritFile(file) => {
            file.write(&printed)?;
        }
    }
    Ok((Process(()), pipes))
}

/// Runs a program and returns what it printed.
pub fn output(host: &MacroHost, command: &Command) -> io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let (_, pipes) = spawn(host, command, Stdio::MakePipe, false)?;
    let mut printed = Vec::new();
    if let Some(stdout) = pipes.stdout {
        stdout.read_to_end(&mut printed)?;
    }
    Ok((ExitStatus(), printed, Vec::new()))
}

/// Reads both pipes to their ends.
pub fn read_output(
    out: Pipe,
    stdout: &mut Vec<u8>,
    err: Pipe,
    stderr: &mut Vec<u8>,
) -> io::Result<()> {
    out.read_to_end(stdout)?;
    err.read_to_end(stderr)?;
    Ok(())
}

/// The most bytes of a request that the host reads. One with more arguments is none that it grants, and tells their
/// program only.
const LIMIT: usize = 64 << 10;

fn run(host: &MacroHost, command: &Command) -> io::Result<Vec<u8>> {
    let dir = match command.get_current_dir() {
        Some(dir) => path::absolute(dir)?,
        None => env::current_dir()?,
    };
    let mut request = Vec::new();
    let mut short = 0;
    let fields = [dir.as_os_str(), command.get_program()].into_iter().chain(command.get_args());
    for (index, field) in fields.enumerate() {
        if field.as_bytes().contains(&0) {
            return Err(io::const_error!(
                io::ErrorKind::InvalidInput,
                "nul byte found in provided data"
            ));
        }
        request.extend_from_slice(field.as_bytes());
        request.push(0);
        if index == 1 {
            short = request.len();
        }
    }
    if request.len() > LIMIT {
        request.truncate(short);
    }
    (host.command)(&request).ok_or(NOT_GRANTED)
}
