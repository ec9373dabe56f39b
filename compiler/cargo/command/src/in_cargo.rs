//! The decisions in Cargo's own process.

use std::ffi::OsString;

use crate::failure::Failure;
use crate::here::Here;
use crate::later;
use crate::run;
use crate::session::Session;
use crate::shell::Shell;
use crate::split::{self, CargoLine};

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
