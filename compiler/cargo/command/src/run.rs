//! `check`, `build`, `run`, `test`, `bench` and `doc`: from the plan to the summary.

use std::path::Path;

use tempfile::TempDir;

use crate::args::Run;
use crate::cargo::{Cargo, exit_code};
use crate::decision::{Decision, Reason};
use crate::failure::{Failure, Result};
use crate::key::{Key, Keys};
use crate::macros::Macros;
use crate::pins::Pins;
use crate::plan::Plan;
use crate::refusals;
use crate::request::Mode;
use crate::resolve::{Choice, Resolver};
use crate::shell::Shell;
use crate::split::CargoLine;
use crate::store::{self, Note, NoteKind, Store};
use crate::summary;
use crate::toolchain::Toolchain;

/// What every command needs that asks Cargo for a plan.
pub(crate) struct Session {
    pub(crate) toolchain: Toolchain,
    pub(crate) store: Store,
    pub(crate) temporary: TempDir,
}

impl Session {
    pub(crate) fn new(shell: &Shell) -> Result<Session> {
        let toolchain = Toolchain::find()?;
        let opened = store::default_dir().ok_or_else(|| "there is no home directory".to_owned());
        let opened = opened.and_then(|dir| {
            Store::open(dir.clone()).map_err(|error| format!("`{}` cannot be used: {error}", dir.display()))
        });
        let (store, temporary) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                // A cache that does not work must not stop anybody from building.
                shell.warn_once(format_args!("no module is kept for the next run, because {error}"));
                let failed = |error| Failure::new(format!("there is no directory for temporary files: {error}"));
                let outer = tempfile::Builder::new().prefix("wasm-proc-macro-").tempdir().map_err(failed)?;
                let (store, _) = Store::open(outer.path().join("store")).map_err(failed)?;
                (store, outer)
            }
        };
        Ok(Session { toolchain, store, temporary })
    }

    pub(crate) fn cargo<'a>(&'a self, shell: &'a Shell, line: &'a CargoLine) -> Cargo<'a> {
        let (toolchain, temporary) = (&self.toolchain, self.temporary.path());
        Cargo { toolchain, shell, line, temporary, compiled: self.store.compiled_dir() }
    }

    /// The keys of a plan's macros.
    pub(crate) fn keys<'a>(&self, plan: &'a Plan) -> Result<Keys<'a>> {
        let identity = self.toolchain.identity(&self.store);
        let identity = identity.map_err(|error| Failure::new(format!("the toolchain cannot be read: {error}")))?;
        Ok(Keys::new(plan, identity))
    }
}

/// Runs one of Cargo's commands with the macros from Wasm, and returns the exit code.
pub(crate) fn run(shell: &Shell, options: &Run, line: &CargoLine) -> Result<i32> {
    let session = Session::new(shell)?;
    let cargo = session.cargo(shell, line);
    let plan = cargo.plan(&line.command)?;
    let macros = Macros::of(&plan, &mut session.keys(&plan)?);
    let pins = Pins::read(&plan.workspace_root)?;
    pins.unused(&macros).into_iter().for_each(|text| shell.warn(text));
    let choice = choice(options, &macros)?;
    let mut resolver = Resolver::new(&cargo, &macros, &session.store, &pins, choice);
    if !options.explain.is_empty() {
        crate::explain::explain(&resolver, &options.explain)?;
        return Ok(0);
    }
    resolver.need(&macros.starts())?;
    resolver.build_missing(&line.command, &[])?;
    let code = use_modules(&mut resolver, session.temporary.path())?;
    summary::say(&resolver);
    Ok(code)
}

fn choice(options: &Run, macros: &Macros<'_>) -> Result<Choice> {
    let all = |specs: &[String], option| -> Result<_> {
        let found: Result<Vec<Vec<usize>>> = specs.iter().map(|spec| macros.matching(spec, option)).collect();
        Ok(found?.into_iter().flatten().collect())
    };
    let only = all(&options.only, "--only")?;
    Ok(Choice {
        native: all(&options.native, "--native")?,
        only: (!options.only.is_empty()).then_some(only),
        forbid_native: options.forbid_native,
        retry: options.retry,
        ..Choice::default()
    })
}

/// Lets Cargo do what the user wants, a second time if the sandbox may have been the reason for its failure.
fn use_modules(resolver: &mut Resolver<'_>, temporary: &Path) -> Result<i32> {
    let path = temporary.join("refusals.jsonl");
    let status = resolver.cargo.use_modules(&resolver.request(Mode::Use), &path)?;
    let code = exit_code(status);
    let refusals = refusals::read(&path, resolver);
    if status.success() && resolver.choice.retry {
        // Whatever was refused was not needed.
        let keys = resolver.decisions.keys().filter_map(|index| resolver.refusal_key(*index));
        keys.for_each(|key| resolver.store.forget_note(NoteKind::Refused, &key));
    }
    if refusals.is_empty() {
        return Ok(code);
    }
    let names: Vec<&str> = refusals.keys().map(|index| resolver.macros.list[*index].name).collect();
    let options = names.iter().map(|name| format!("--native {name}")).collect::<Vec<_>>().join(" ");
    for (index, texts) in &refusals {
        let it = resolver.macros.list[*index].named();
        texts.iter().for_each(|text| resolver.shell.warn(format_args!("the sandbox refused {it}: {text}")));
    }
    if status.success() || !failed_to_compile(resolver, code)? {
        resolver.shell.help(format_args!("`{options}` runs {} natively", names.join(", ")));
        return Ok(code);
    }
    if resolver.choice.forbid_native {
        return Err(Failure::new("the build failed, the sandbox refused macros something, and `--forbid-native` forbids to run them natively")
            .help(format!("`{options}` allows it")));
    }
    resolver.shell.status("Retrying", format_args!("with {} running natively", names.join(", ")));
    let first = |texts: &Vec<String>| texts.first().cloned().unwrap_or_default();
    // Of the modules, which are given up now.
    let keys: Vec<Key> = refusals.keys().filter_map(|index| resolver.refusal_key(*index)).collect();
    resolver.refused.extend(refusals.iter().map(|(index, texts)| (*index, first(texts))));
    for (index, refused) in &resolver.refused {
        let reason = Reason::Refused { refused: refused.clone(), known: false };
        resolver.decisions.insert(*index, Decision::Native(reason));
    }
    // The macros with which they are built run from now on.
    let behind: Vec<usize> = refusals.keys().flat_map(|index| resolver.macros.below(*index)).collect();
    let behind: Vec<usize> = behind.into_iter().flat_map(|index| resolver.macros.list[index].units.clone()).collect();
    resolver.need(&behind)?;
    resolver.build_missing(&resolver.cargo.line.command, &[])?;
    let status = resolver.cargo.use_modules(&resolver.request(Mode::Use), &path)?;
    if status.success() || !failed_to_compile(resolver, exit_code(status))? {
        for ((index, texts), key) in refusals.iter().zip(keys) {
            remember(resolver, *index, texts, &key);
        }
    } else {
        resolver.shell.help("it fails natively as well, so the sandbox was not the reason");
    }
    Ok(exit_code(status))
}

/// Keeps in mind that a macro runs natively only.
fn remember(resolver: &Resolver<'_>, index: usize, texts: &[String], key: &Key) {
    let it = &resolver.macros.list[index];
    let note = Note {
        name: it.name.to_owned(),
        version: it.version.to_owned(),
        reason: texts.first().cloned().unwrap_or_default(),
        message: texts.join("\n"),
    };
    // The second key is for `--explain`, which has no module. If a note cannot be kept, it is found out again.
    for key in [key].into_iter().chain(it.changeable.map(|_| &it.key)) {
        _ = resolver.store.write_note(NoteKind::Refused, key, &note);
    }
}

/// Whether a failure was one of compilation. Programs and tests must not be run twice because they failed.
fn failed_to_compile(resolver: &Resolver<'_>, code: i32) -> Result<bool> {
    if code != crate::failure::ERROR_CODE {
        return Ok(false);
    }
    match resolver.cargo.line.command.to_str() {
        Some("run" | "r" | "test" | "t" | "bench") => Ok(!resolver.cargo.compiles(resolver.request(Mode::Use))?),
        _ => Ok(true),
    }
}
