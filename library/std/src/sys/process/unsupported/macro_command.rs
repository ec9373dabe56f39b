//! Programs that a procedural macro runs: the few that its host runs for it, to their end.

use super::{Command, NonZero, Stdio};
use crate::io::{self, Write};
use crate::macro_host::{MacroHost, NOT_GRANTED};
use crate::os::wasi::ffi::OsStrExt;
use crate::process::StdioPipes;
use crate::sys::pipe::Pipe;
use crate::{env, fmt, path};

/// How a program has ended: always by itself.
#[derive(PartialEq, Eq, Clone, Copy, Debug, Default)]
pub struct ExitStatus(i32);

impl ExitStatus {
    pub fn exit_ok(&self) -> Result<(), ExitStatusError> {
        match NonZero::new(self.0) {
            None => Ok(()),
            Some(code) => Err(ExitStatusError(code)),
        }
    }

    pub fn code(&self) -> Option<i32> {
        Some(self.0)
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit status: {}", self.0)
    }
}

#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub struct ExitStatusError(NonZero<i32>);

impl ExitStatusError {
    pub fn code(self) -> Option<NonZero<i32>> {
        Some(self.0)
    }
}

impl From<ExitStatusError> for ExitStatus {
    fn from(error: ExitStatusError) -> ExitStatus {
        ExitStatus(error.0.get())
    }
}

/// A program that has run.
pub struct Process(ExitStatus);

impl Process {
    /// No process of the system has this number.
    pub fn id(&self) -> u32 {
        u32::MAX
    }

    pub fn kill(&mut self) -> io::Result<()> {
        Ok(())
    }

    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        Ok(self.0)
    }

    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        Ok(Some(self.0))
    }
}

/// Runs a program, and puts what it printed where its output and its errors belong. It reads nothing.
pub fn spawn(
    host: &MacroHost,
    command: &Command,
    default: Stdio,
    needs_stdin: bool,
) -> io::Result<(Process, StdioPipes)> {
    let (code, printed) = run(host, command)?;
    let (output, errors) = if code == 0 { (printed, Vec::new()) } else { (Vec::new(), printed) };
    let mut pipes = StdioPipes { stdin: None, stdout: None, stderr: None };
    if needs_stdin && matches!(command.stdin.as_ref().unwrap_or(&default), Stdio::MakePipe) {
        pipes.stdin = Some(Pipe::sink());
    }
    let stdout = command.stdout.as_ref().unwrap_or(&default);
    let stderr = command.stderr.as_ref().unwrap_or(&default);
    pipes.stdout = put(output, stdout, &mut io::stdout())?;
    pipes.stderr = put(errors, stderr, &mut io::stderr())?;
    Ok((Process(ExitStatus(code)), pipes))
}

/// Puts what was printed where it is to go: `own` is what the macro has itself in that place.
fn put(printed: Vec<u8>, place: &Stdio, own: &mut dyn Write) -> io::Result<Option<Pipe>> {
    match place {
        Stdio::MakePipe => return Ok(Some(Pipe::of(printed))),
        Stdio::Null => {}
        Stdio::Inherit => own.write_all(&printed)?,
        Stdio::ParentStdout => io::stdout().write_all(&printed)?,
        Stdio::ParentStderr => io::stderr().write_all(&printed)?,
        Stdio::InheritFile(file) => {
            file.write(&printed)?;
        }
    }
    Ok(None)
}

/// Runs a program and returns what it printed.
pub fn output(host: &MacroHost, command: &Command) -> io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let (process, pipes) = spawn(host, command, Stdio::MakePipe, false)?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    if let Some(pipe) = pipes.stdout {
        pipe.read_to_end(&mut stdout)?;
    }
    if let Some(pipe) = pipes.stderr {
        pipe.read_to_end(&mut stderr)?;
    }
    Ok((process.0, stdout, stderr))
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

fn run(host: &MacroHost, command: &Command) -> io::Result<(i32, Vec<u8>)> {
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
