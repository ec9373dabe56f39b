//! What Cargo does where it decides itself.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

/// Cargo, in whose process this is.
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
