//! The cases of `cases/`: reading, comparing, and listening to what they ask of the bridge.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tests::{Form, Outcome, RustcExt, Toolchain};

use crate::build;
use crate::channels::{Channel, Said};
use crate::compare::{both, equal, is_told_apart, natively};
use crate::directives::Directives;
use crate::instrument::{self, Change};
use crate::invocation::{Ends, Invocation, Macros};

/// A user's crate and its macros.
#[derive(Debug)]
pub struct Case {
    /// The directory of its topic.
    pub dir: PathBuf,
    /// The file's stem.
    pub file: String,
    directives: Directives,
    requests: OnceLock<BTreeSet<u8>>,
    /// What is said with native macros, once it is known.
    native: OnceLock<Result<Vec<Said>, String>>,
}

/// All cases, sorted by name.
///
/// # Errors
///
/// Says which file is wrong.
pub fn all() -> Result<Vec<Case>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut cases = Vec::new();
    for dir in entries(&root)? {
        for path in entries(&dir)? {
            let is_source = path.extension().is_some_and(|extension| extension == "rs");
            let file = path.file_stem().expect("it is a file").to_string_lossy().into_owned();
            if !is_source || file == "macros" {
                continue;
            }
            let directives = Directives::read(&path)?;
            if !directives.part {
                cases.push(Case {
                    dir: dir.clone(),
                    file,
                    directives,
                    requests: OnceLock::new(),
                    native: OnceLock::new(),
                });
            }
        }
    }
    Ok(cases)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let in_words = |error| format!("cannot read `{}`: {error}", dir.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(in_words)? {
        paths.push(entry.map_err(in_words)?.path());
    }
    paths.sort();
    Ok(paths)
}

impl Case {
    /// `TOPIC::FILE`.
    pub fn name(&self) -> String {
        format!("{}::{}", build::crate_name(&self.dir, "macros"), self.file)
    }

    /// The compilation that the case is.
    ///
    /// # Errors
    ///
    /// If one of its crates cannot be built.
    pub fn invocation(&self) -> Result<Invocation, String> {
        let directives = &self.directives;
        let mut user = Invocation::new(&self.dir, &format!("{}.rs", self.file));
        user.arguments(["--edition", &directives.edition]).arguments(&directives.flags);
        user.environment.clone_from(&directives.environment);
        user.ends = if directives.errors { Ends::Errors } else { Ends::Success };
        for file in directives.macros.as_deref().unwrap_or(&["macros".to_owned()]) {
            let [native, wasm] = [Form::Native, Form::Wasm].map(|form| build::macros(&self.dir, file, form));
            let name = build::crate_name(&self.dir, file);
            user.macros.push(Macros { name, native: native?, wasm: wasm?, by_extern: directives.by_extern });
        }
        for file in &directives.libraries {
            for form in [Form::Native, Form::Wasm] {
                let path = build::library(&self.dir, file, form)?;
                let words = ["--extern".to_owned(), format!("{file}={}", path.display())];
                if form == Form::Native {
                    user.native.extend(words)
                } else {
                    user.wasm.extend(words)
                }
                user.paths.push((path, format!("$LIBRARY/{file}")));
            }
        }
        Ok(user)
    }

    /// Does what the case asks for.
    ///
    /// # Errors
    ///
    /// Says what differs or is not as it has to be.
    pub fn check(&self) -> Result<(), String> {
        let user = self.invocation()?;
        if self.directives.native_dies {
            return self.check_deadly(&user);
        }
        let [native, wasm] = both(&user)?;
        let result = equal(&native, &wasm);
        _ = self.native.set(Ok(native));
        result?;
        if self.directives.says.is_empty() {
            return Ok(());
        }
        let outcome = self.expand(&user, Form::Native)?;
        self.says(&outcome)
    }

    fn says(&self, outcome: &Outcome) -> Result<(), String> {
        let missing: Vec<_> = self.directives.says.iter().filter(|text| !outcome.stderr.contains(*text)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("expected {missing:?} in the output:\n{outcome}")) }
    }

    /// Natively the compiler must die, from Wasm there must be errors.
    fn check_deadly(&self, user: &Invocation) -> Result<(), String> {
        let native = self.compile(user, Form::Native)?;
        // What ends the process ends it without anybody counting errors.
        let counted = native.stderr.lines().any(|line| line.starts_with("error: aborting due to"));
        if native.code == Some(1) && counted {
            return Err(format!("the compiler survives the native macro, so the two can be compared:\n{native}"));
        }
        let wasm = self.compile(user, Form::Wasm)?;
        if wasm.code != Some(1) || wasm.stderr.contains("internal compiler error") {
            return Err(format!("expected exit code 1:\n{wasm}"));
        }
        let expected = self.directives.count.unwrap_or(self.directives.says.len());
        if wasm.error_lines().len() != expected {
            return Err(format!("expected {expected} errors:\n{wasm}"));
        }
        self.says(&wasm)
    }

    fn compile(&self, user: &Invocation, form: Form) -> Result<Outcome, String> {
        let lab = tempfile::tempdir_in(Toolchain::get().work())
            .map_err(|error| format!("no temporary directory: {error}"))?;
        let program = lab.path().join("program");
        let outcome = user.command(form).arg("-o").arg(&program).outcome();
        if program.exists() && self.directives.native_dies {
            return Err(format!("it compiles:\n{outcome}"));
        }
        Ok(outcome)
    }

    fn expand(&self, user: &Invocation, form: Form) -> Result<Outcome, String> {
        let lab = tempfile::tempdir_in(Toolchain::get().work())
            .map_err(|error| format!("no temporary directory: {error}"))?;
        Ok(user.command(form).arg("--emit=metadata").arg("-o").arg(lab.path().join("program.rmeta")).outcome())
    }

    /// The numbers of the bridge requests that the case sends, as a module reports them that is changed to do so.
    ///
    /// # Errors
    ///
    /// If the macros cannot be built.
    pub fn requests(&self) -> Result<&BTreeSet<u8>, String> {
        if let Some(requests) = self.requests.get() {
            return Ok(requests);
        }
        let outcome = self.expand(&self.changed(Change::Report)?, Form::Wasm)?;
        Ok(self.requests.get_or_init(|| instrument::reported(&outcome.stderr)))
    }

    /// The case with a change in all of its modules.
    fn changed(&self, change: Change) -> Result<Invocation, String> {
        let mut user = self.invocation()?;
        for macros in &mut user.macros {
            macros.wasm = instrument::changed(&macros.wasm, change)?;
        }
        Ok(user)
    }

    /// Whether the case sees that request number `request` is answered wrongly.
    ///
    /// # Errors
    ///
    /// If it does not, or if the macros cannot be built.
    pub fn notices(&self, request: u8) -> Result<(), String> {
        let user = self.changed(Change::Falsify(request))?;
        match is_told_apart(&user, self.native()?)? {
            true => Ok(()),
            false => Err(format!("`{}` stays green with wrong answers", self.name())),
        }
    }

    /// What is said with native macros, which wrong answers do not change: the case has compared it already, unless it was not
    /// asked to.
    fn native(&self) -> Result<&[Said], String> {
        let native = self.native.get_or_init(|| natively(&self.invocation()?));
        native.as_deref().map_err(String::clone)
    }

    /// Whether wrong answers can be seen in the case at all.
    pub fn compares(&self) -> bool {
        !self.directives.native_dies
    }

    /// Which channels tell the macros of the case apart, for the cases that are made to be told apart.
    ///
    /// # Errors
    ///
    /// If a compilation does not end as it is to end.
    pub fn differing_channels(&self) -> Result<Vec<(Channel, &'static str)>, String> {
        let [native, wasm] = both(&self.invocation()?)?;
        let pairs = native.iter().zip(&wasm).filter(|(native, wasm)| native.text != wasm.text);
        Ok(pairs.map(|(native, _)| (native.channel, native.what)).collect())
    }
}
