//! Puts a module where the compiler would have put a macro library, and tells compilers what macros may have.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use cargo_util::{ProcessBuilder, paths};
use serde::Serialize;

use super::request::{self, MODULE_FLAG};
use super::{along, policy};
use crate::CargoResult;
use crate::core::compiler::{BuildRunner, CompileMode, Executor, Unit};
use crate::core::{PackageId, Target};

/// A message, which begins like Cargo's.
#[derive(Serialize)]
struct Started {
    reason: &'static str,
    package_id: String,
    name: &'static str,
    version: String,
}

pub(super) struct Copier {
    compiler: Arc<dyn Executor>,
}

impl Copier {
    pub(super) fn new(compiler: Arc<dyn Executor>) -> Copier {
        Copier { compiler }
    }
}

impl Executor for Copier {
    fn init(&self, build_runner: &BuildRunner<'_, '_>, unit: &Unit) {
        self.compiler.init(build_runner, unit);
    }

    fn exec(
        &self,
        cmd: &ProcessBuilder,
        id: PackageId,
        target: &Target,
        mode: CompileMode,
        on_stdout_line: &mut dyn FnMut(&str) -> CargoResult<()>,
        on_stderr_line: &mut dyn FnMut(&str) -> CargoResult<()>,
    ) -> CargoResult<()> {
        match after(cmd, MODULE_FLAG) {
            Some(identity) => copy(cmd, &identity.to_string_lossy(), target),
            None => {
                policy::write(cmd)?;
                match super::mode() {
                    Some(super::Mode::Build) => {
                        on_stdout_line(&started(id)?)?;
                        // Messages are for who decides then, and a macro that runs must not be taken for one that sends some.
                        let mut on_stdout_line = |line: &str| on_stdout_line(&serde_json::to_string(line)?);
                        self.compiler.exec(cmd, id, target, mode, &mut on_stdout_line, on_stderr_line)
                    }
                    Some(super::Mode::Use) if super::builds_along() => {
                        // What is wrong with a macro is found out, and said, once more.
                        let is_said = after(cmd, "--target").is_none_or(|target| target != super::GUEST);
                        let mut on_stdout_line = |line: &str| if is_said { on_stdout_line(line) } else { Ok(()) };
                        let mut on_stderr_line =
                            |line: &str| if is_said || !is_diagnostic(line) { on_stderr_line(line) } else { Ok(()) };
                        self.compiler.exec(cmd, id, target, mode, &mut on_stdout_line, &mut on_stderr_line)?;
                        along::compiled(krate(cmd, target)?);
                        Ok(())
                    }
                    _ => self.compiler.exec(cmd, id, target, mode, on_stdout_line, on_stderr_line),
                }
            }
        }
    }

    fn force_rebuild(&self, unit: &Unit) -> bool {
        self.compiler.force_rebuild(unit) || policy::has_changed(unit)
    }
}

/// What says that a unit is being compiled. Cargo's own messages say that it was.
fn started(id: PackageId) -> CargoResult<String> {
    let (package_id, name, version) = (id.to_spec().to_string(), id.name().as_str(), id.version().to_string());
    Ok(serde_json::to_string(&Started { reason: "wasm-proc-macro-started", package_id, name, version })?)
}

/// Copies a module to the place that the arguments of `cmd` give the library, and writes the dep-info file
/// that the compiler would have written.
fn copy(cmd: &ProcessBuilder, identity: &str, target: &Target) -> CargoResult<()> {
    let module = request::get().and_then(|request| request.identified(identity));
    let module = module.ok_or_else(|| anyhow!("`{identity}` is no module of the request"))?;
    let path = match along::module(identity) {
        Some(path) => {
            policy::write_stamp(module, &path)?;
            path
        }
        None => module.path.clone(),
    };
    let krate = krate(cmd, target)?;
    let (directory, stem) = (krate.parent().unwrap_or(Path::new("")), krate.file_name().unwrap_or_default());
    let library = directory.join(file_name(cmd, &stem.to_string_lossy()));
    // A compiler that runs may have the old file open, so it is replaced and not written over.
    let aside = tempfile::Builder::new()
        .prefix(stem)
        .tempfile_in(directory)
        .with_context(|| format!("failed to create a file in `{}`", directory.display()))?;
    std::fs::copy(&path, aside.path())
        .and_then(|_| Ok(aside.persist(&library)?))
        .with_context(|| format!("failed to copy `{}` to `{}`", path.display(), library.display()))?;
    let dep_info = format!("{}: {}\n", escape(&library), escape(module.stamp.as_ref().unwrap_or(&path)));
    paths::write(krate.with_added_extension("d"), dep_info)
}

/// How the files begin that the compiler writes of a crate, with their directory.
fn krate(cmd: &ProcessBuilder, target: &Target) -> CargoResult<PathBuf> {
    let directory = after(cmd, "--out-dir").ok_or_else(|| anyhow!("no `--out-dir` in `{cmd}`"))?;
    Ok(Path::new(directory).join(format!("{}{}", target.crate_name(), extra_filename(cmd))))
}

/// Whether a line of the compiler's is a warning or an error.
fn is_diagnostic(line: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(line).is_ok_and(|line| line["$message_type"] == "diagnostic")
}

fn file_name(cmd: &ProcessBuilder, stem: &str) -> PathBuf {
    if after(cmd, "--target").is_some_and(|target| target == super::GUEST) {
        return PathBuf::from(format!("{stem}.wasm"));
    }
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    PathBuf::from(format!("{prefix}{stem}{suffix}"))
}

/// The argument that follows another one.
fn after<'a>(cmd: &'a ProcessBuilder, argument: &str) -> Option<&'a OsStr> {
    let mut arguments = cmd.get_args();
    arguments.find(|found| *found == argument)?;
    arguments.next().map(|found| found.as_ref())
}

fn extra_filename(cmd: &ProcessBuilder) -> String {
    let argument = cmd.get_args().filter_map(|argument| argument.to_str());
    argument.filter_map(|argument| argument.strip_prefix("extra-filename=")).last().unwrap_or_default().to_owned()
}

/// A path as it stands in a dep-info file.
fn escape(path: &Path) -> String {
    path.display().to_string().replace(' ', "\\ ")
}
