//! Where crates are built, with what, and for how long.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ::tests::Outcome;
use ::tests::toolchain::clean_environment;
use cargo_tests::Kind;
use cargo_tests::call::STORE_VARIABLE;
use stubgen::module::Digest;

/// Why the census ends before its end. None of these is a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The time that it was given is over.
    TimeIsUp,
    Interrupted,
    /// The toolchain is missing, or another one.
    Toolchain(String),
    /// Something that has nothing to do with the crate: the disk, the network.
    Machine(String),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stop::TimeIsUp => f.write_str("the time is up"),
            Stop::Interrupted => f.write_str("interrupted"),
            Stop::Toolchain(text) | Stop::Machine(text) => f.write_str(text),
        }
    }
}

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Ended {
    pub outcome: Outcome,
    pub time: Duration,
    /// Whether it was killed because its time was over.
    pub is_late: bool,
}

impl Ended {
    /// Whether it ended as programs do that have nothing to complain about.
    pub fn is_success(&self) -> bool {
        self.outcome.code == Some(0)
    }
}

/// A toolchain, and a directory for all that is built with it.
#[derive(Debug)]
pub struct Work {
    pub dir: PathBuf,
    toolchain: PathBuf,
    /// Tells one toolchain from another, wherever they lie.
    pub identity: String,
    stamp: Vec<(PathBuf, u64, SystemTime)>,
    jobs: usize,
    deadline: Option<Instant>,
    interrupted: Arc<AtomicBool>,
}

/// The target directory is removed when it is larger than this.
const LARGEST_TARGET_BYTES: u64 = 30 << 30;
/// What Cargo and rustc say when the machine is at fault.
const MACHINE: [&str; 6] = [
    "No space left on device",
    "Could not resolve host",
    "Couldn't resolve host",
    "Temporary failure resolving",
    "failed to download from",
    "Too many open files",
];

impl Work {
    /// A toolchain to work with in `dir`.
    ///
    /// # Errors
    ///
    /// If the toolchain is not whole.
    pub fn new(toolchain: PathBuf, dir: PathBuf, jobs: usize, time: Option<Duration>) -> Result<Work, Stop> {
        let missing = |error| Stop::Toolchain(format!("there is no toolchain: {error}"));
        let stamp = stamp(&toolchain).map_err(missing)?;
        let identity = identity(&toolchain, &stamp).map_err(missing)?;
        let deadline = time.map(|time| Instant::now() + time);
        Ok(Work { dir, toolchain, identity, stamp, jobs, deadline, interrupted: Arc::default() })
    }

    /// Is set when a program that is running is to end, and then the census.
    pub fn interruption(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupted)
    }

    /// Whether something new may be begun.
    ///
    /// # Errors
    ///
    /// If not.
    pub fn check(&self) -> Result<(), Stop> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Stop::Interrupted);
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Stop::TimeIsUp);
        }
        match stamp(&self.toolchain) {
            Ok(stamp) if stamp == self.stamp => Ok(()),
            Ok(_) => Err(Stop::Toolchain("the toolchain is another one now".to_owned())),
            Err(error) => Err(Stop::Toolchain(format!("the toolchain is gone: {error}"))),
        }
    }

    /// What Cargo builds into. Both sides share it: what no macro takes part in is built once.
    pub fn target(&self) -> PathBuf {
        self.dir.join("target")
    }

    /// A call of the toolchain's Cargo in `dir`.
    pub fn cargo(&self, kind: Kind, dir: &Path, words: &[&str]) -> Command {
        let bin = self.toolchain.join("bin");
        let mut command = Command::new(bin.join("cargo"));
        for (name, value) in clean_environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        // Half the time and a quarter of the space.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        command.env("CARGO_TERM_COLOR", "never").env("CARGO_TARGET_DIR", self.target());
        if self.jobs > 0 {
            command.env("CARGO_BUILD_JOBS", self.jobs.to_string());
        }
        match kind {
            Kind::Plain => command.env("RUSTC", bin.join("rustc")).env("RUSTDOC", bin.join("rustdoc")),
            Kind::Command => command.env(STORE_VARIABLE, self.dir.join("store")).arg("wasm-proc-macro"),
        };
        command.args(words).current_dir(dir);
        command
    }

    /// Runs a program to its end, or until its time is over.
    ///
    /// # Errors
    ///
    /// If what came of it is no result.
    pub fn run(&self, command: Command, limit: Duration) -> Result<Ended, Stop> {
        let ended = run(command, limit, &self.interrupted)?;
        // What tests say is a result, whatever it is about.
        if !ended.is_success() && !ended.outcome.stdout.contains("\ntest result: ") {
            let text = &ended.outcome.stderr;
            if let Some(line) = text.lines().find(|line| MACHINE.iter().any(|sign| line.contains(sign))) {
                return Err(Stop::Machine(line.trim().to_owned()));
            }
        }
        match self.check() {
            // What has been done has been done.
            Ok(()) | Err(Stop::TimeIsUp) => Ok(ended),
            Err(stop) => Err(stop),
        }
    }

    /// Makes room if too much has been built.
    pub fn tidy(&self) {
        if size(&self.target()) > LARGEST_TARGET_BYTES {
            _ = fs::remove_dir_all(self.target());
        }
    }
}

/// What a toolchain consists of as far as results depend on it.
fn parts(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> =
        ["rustc", "rustdoc", "cargo", "cargo-wasm-proc-macro"].map(|name| root.join("bin").join(name)).into();
    for entry in fs::read_dir(root.join("lib"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("librustc_") && name.ends_with(".so") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn stamp(root: &Path) -> std::io::Result<Vec<(PathBuf, u64, SystemTime)>> {
    let stamped = |path: PathBuf| {
        let metadata = fs::metadata(&path)
            .map_err(|error| std::io::Error::new(error.kind(), format!("`{}`: {error}", path.display())))?;
        Ok((path, metadata.len(), metadata.modified()?))
    };
    parts(root)?.into_iter().map(stamped).collect()
}

/// A digest of the toolchain's programs and libraries.
fn identity(root: &Path, stamp: &[(PathBuf, u64, SystemTime)]) -> std::io::Result<String> {
    let mut text = String::new();
    for (path, ..) in stamp {
        let name = path.strip_prefix(root).unwrap_or(path);
        text += &format!("{} {}\n", name.display(), Digest::of(&fs::read(path)?));
    }
    Ok(Digest::of(text.as_bytes()).to_string()[..12].to_owned())
}

fn run(mut command: Command, limit: Duration, interrupted: &AtomicBool) -> Result<Ended, Stop> {
    let words: Vec<_> =
        [command.get_program()].into_iter().chain(command.get_args()).map(|word| word.to_string_lossy()).collect();
    let words = words.join(" ");
    let start = Instant::now();
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| Stop::Toolchain(format!("cannot run `{words}`: {error}")))?;
    let stdout = reader(child.stdout.take());
    let stderr = reader(child.stderr.take());
    let mut is_late = false;
    let status = loop {
        let status = child.try_wait().map_err(|error| Stop::Machine(format!("cannot wait for `{words}`: {error}")))?;
        if status.is_some() {
            break status;
        }
        is_late = start.elapsed() > limit;
        if is_late || interrupted.load(Ordering::Relaxed) {
            break None;
        }
        thread::sleep(Duration::from_millis(20));
    };
    // Also what it has left running, which would hold the pipes.
    kill(&child);
    if status.is_none() {
        _ = child.wait();
    }
    let [stdout, stderr] = [stdout, stderr].map(|reader| reader.join().unwrap_or_default());
    if interrupted.load(Ordering::Relaxed) {
        return Err(Stop::Interrupted);
    }
    let code = status.and_then(|status| status.code());
    Ok(Ended { outcome: Outcome { code, stdout, stderr, command: words }, time: start.elapsed(), is_late })
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until an error is what there is.
        _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Kills a process and all that it has started.
fn kill(child: &Child) {
    // SAFETY: this call touches no memory. The group is the child's own, for it was started as the leader of one.
    unsafe { libc::kill(-(child.id() as libc::pid_t), libc::SIGKILL) };
}

/// How many bytes the files below `dir` have.
fn size(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(of).sum()
}

/// Writes a file unless it is like that already, so that Cargo does not build again what did not change.
///
/// # Errors
///
/// If it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<(), Stop> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let dir = path.parent().expect("it is in a directory");
    fs::create_dir_all(dir)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| Stop::Machine(format!("cannot write `{}`: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    /// A directory that looks like a toolchain from outside.
    fn toolchain() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in ["bin/rustc", "bin/rustdoc", "bin/cargo", "bin/cargo-wasm-proc-macro", "lib/librustc_driver-1.so"] {
            write(&dir.path().join(name), name).unwrap();
        }
        dir
    }

    fn work(toolchain: &Path, time: Option<Duration>) -> Result<Work, Stop> {
        Work::new(toolchain.to_owned(), toolchain.join("work"), 1, time)
    }

    #[test]
    fn what_takes_too_long_is_killed_with_all_that_it_has_started() {
        // Otherwise a test that hangs would hold the census, and its pipes as well.
        let start = Instant::now();
        let ended = run(shell("echo a; sleep 100 & sleep 100"), Duration::from_millis(200), &AtomicBool::new(false));
        let ended = ended.unwrap();
        assert!(ended.is_late && ended.outcome.code.is_none());
        assert_eq!(ended.outcome.stdout, "a\n");
        let left =
            run(shell("sleep 100 & echo b >&2; exit 3"), Duration::from_secs(60), &AtomicBool::new(false)).unwrap();
        assert_eq!((left.outcome.code, &*left.outcome.stderr, left.is_late), (Some(3), "b\n", false));
        assert!(start.elapsed() < Duration::from_secs(50));
    }

    #[test]
    fn an_interruption_is_no_result() {
        let flag = Arc::new(AtomicBool::new(false));
        let other = Arc::clone(&flag);
        let thread = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            other.store(true, Ordering::Relaxed);
        });
        let ended = run(shell("sleep 100"), Duration::from_secs(60), &flag);
        thread.join().unwrap();
        assert_eq!(ended.unwrap_err(), Stop::Interrupted);
    }

    #[test]
    fn a_toolchain_that_goes_away_is_no_result() {
        // It is built anew while the census runs.
        let dir = toolchain();
        let work = work(dir.path(), None).unwrap();
        assert!(work.run(shell("exit 1"), Duration::from_secs(60)).is_ok());
        let rustc = dir.path().join("bin/rustc").display().to_string();
        let gone = work.run(shell(&format!("rm {rustc}; exit 101")), Duration::from_secs(60)).unwrap_err();
        assert!(matches!(gone, Stop::Toolchain(_)), "{gone}");
        assert!(matches!(super::tests::work(dir.path(), None), Err(Stop::Toolchain(_))));
        write(&dir.path().join("bin/rustc"), "another").unwrap();
        assert!(matches!(work.check(), Err(Stop::Toolchain(_))));
        assert_ne!(super::tests::work(dir.path(), None).unwrap().identity, work.identity);
    }

    #[test]
    fn a_full_disk_is_no_result() {
        let dir = toolchain();
        let work = work(dir.path(), None).unwrap();
        let full = shell("echo 'error: No space left on device (os error 28)' >&2; exit 101");
        assert!(matches!(work.run(full, Duration::from_secs(60)), Err(Stop::Machine(text)) if text.contains("space")));
        let failed = shell("echo; echo 'test result: FAILED.'; echo 'Could not resolve host' >&2; exit 101");
        assert!(work.run(failed, Duration::from_secs(60)).is_ok());
    }

    #[test]
    fn when_the_time_is_up_nothing_new_is_begun() {
        let dir = toolchain();
        let work = work(dir.path(), Some(Duration::ZERO)).unwrap();
        assert_eq!(work.check(), Err(Stop::TimeIsUp));
        assert!(work.run(shell("exit 0"), Duration::from_secs(60)).is_ok());
    }
}
