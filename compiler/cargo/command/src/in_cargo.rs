//! The decisions in Cargo's own process.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::failure::Failure;
use crate::later;
use crate::run::{self, Session};
use crate::shell::Shell;
use crate::split::{self, CargoLine};

/// What Cargo does where it decides itself.
pub trait Here {
    /// What besides files, the environment and the toolchain decides what a plan says, as a text that is the same for the same. Nothing if
    /// that is more than can be said.
    fn facts(&self) -> Option<String>;

    /// When Cargo began to read files.
    fn start(&self) -> SystemTime;

    /// The files that Cargo has read, or looked for, to know what there is to build.
    fn files(&self) -> Vec<PathBuf>;

    /// The project's target directory.
    fn target_dir(&self) -> PathBuf;

    /// Cargo's plan, as JSON, for a request.
    ///
    /// # Errors
    ///
    /// The exit code. Cargo keeps the error itself.
    fn plan(&self, request: &str) -> Result<String, i32>;

    /// Compiles, and returns the exit code. Cargo keeps what comes out.
    fn compile(&self, call: &Call<'_>) -> i32;

    /// Whether macros that have no module can be built in the same graph as what uses them.
    fn can_build_along(&self) -> bool;

    /// What Cargo would have said of the modules that the last compilation has built besides, and has finished: its messages, as JSON.
    fn built_along(&self, is_success: bool) -> Vec<String>;

    /// Says the error that Cargo keeps, if it does, since another one follows.
    fn say_error(&self);
}

/// One compilation of everything that the user wants.
pub struct Call<'a> {
    /// As JSON.
    pub request: &'a str,
    pub output: Output,
    /// Variables that compilers see.
    pub compilers: Vec<(&'static str, OsString)>,
    /// Variables that compilers and programs see.
    pub all: Vec<(&'static str, OsString)>,
}

/// Where goes what Cargo says of a compilation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To the user, the error at its end as well.
    Users,
    Nobodys,
    /// To [`Messages`](crate::Messages), with the error.
    Messages,
}

/// How a compilation ended.
#[expect(clippy::large_enum_variant, reason = "there is one for each compilation")]
pub enum Ended {
    /// As Cargo knows. There may be more to say when the command is over.
    AsCompiled(Option<Later>),
    /// With an error that was said.
    Failed,
}

/// What a process of Cargo's decides with.
pub struct InCargo {
    shell: Shell,
    line: CargoLine,
}

/// What is looked at when the command is over.
pub struct Later {
    shell: Shell,
    line: CargoLine,
    session: Session,
    used: later::Used,
}

impl InCargo {
    /// `words` are the command that is meant, the settings as JSON, and the command line.
    pub fn new(words: Vec<OsString>) -> InCargo {
        let line = split::in_cargo(words);
        InCargo { shell: Shell::new(line.verbosity(), line.value_of("--color")), line }
    }

    /// Decides about the macros of a build, and has everything compiled.
    pub fn compile(self, here: &dyn Here) -> Ended {
        let InCargo { shell, line } = self;
        let result = Session::new(&shell).and_then(|session| {
            let used = run::run_here(&shell, &line, &session, here)?;
            Ok((session, used))
        });
        match result {
            Ok((session, used)) => Ended::AsCompiled(Some(Later { shell, line, session, used })),
            Err(Failure::Exit(_)) => Ended::AsCompiled(None),
            Err(failure) => {
                here.say_error();
                shell.failure(failure);
                Ended::Failed
            }
        }
    }
}

impl Later {
    /// Says what macros were refused since everything was compiled.
    pub fn end(self) {
        let cargo = self.session.cargo(&self.shell, &self.line);
        if let Some(failure) = self.used.refused(&cargo.refusals(), &self.line) {
            self.shell.failure(failure);
        }
    }
}
