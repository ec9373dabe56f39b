//! `check`, `build`, `run`, `test`, `bench` and `doc`: from the plan to the summary.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::ask::Answers;
use crate::background::{self, Work};
use crate::cargo::Cargo;
use crate::decision::{Decision, Trouble};
use crate::failure::{ERROR_CODE, Failure, Result};
use crate::here::{Here, Output};
use crate::later::Used;
use crate::macros::{Macro, Macros};
use crate::on_refusal::OnRefusal;
use crate::project::Project;
use crate::refusals;
use crate::remembered::Memory;
use crate::request::Mode;
use crate::resolve::{Choice, Resolver};
use crate::session::Session;
use crate::shell::Shell;
use crate::split::CargoLine;
use crate::summary::Summary;

/// The options of a run.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) forbid_native: bool,
    /// Macro packages that run natively, by `NAME`, `NAME@VERSION` or package id.
    pub(crate) native: Vec<String>,
    /// Those that alone run from Wasm, likewise.
    pub(crate) only: Vec<String>,
    pub(crate) on_refusal: Option<OnRefusal>,
    pub(crate) retry: bool,
    /// Those about which something is to be said, likewise; then nothing is built.
    pub(crate) explain: Vec<String>,
}

/// What is carried from one plan to the next.
#[derive(Default)]
struct Planned<'a> {
    /// The macro crates that are native in the plan, by their root modules.
    native: BTreeSet<PathBuf>,
    /// What became of macros, likewise.
    settled: BTreeMap<PathBuf, Trouble>,
    answers: Answers,
    /// The exit code of Cargo, if it has done what the user wants, with the decisions that will be made.
    done: Option<i32>,
    memory: Option<Memory<'a>>,
    used: Used,
    /// What can be optimized when all is done.
    work: Work,
}

/// Runs one of Cargo's commands with the macros from Wasm, and returns the exit code.
pub(crate) fn run(shell: &Shell, options: &Options, line: &CargoLine) -> Result<i32> {
    let session = Session::new(shell)?;
    background::end(&session.store);
    let cargo = session.cargo(shell, line);
    let mut planned = Planned::default();
    loop {
        if let Some(code) = run_planned(&session, &cargo, options, &mut planned)? {
            if code == 0 {
                background::start(&cargo, &session.store, &planned.work);
            }
            return Ok(code);
        }
    }
}

/// Decides in Cargo's own process, and has everything compiled. Nothing is planned if the decisions are known.
pub(crate) fn run_here(shell: &Shell, line: &CargoLine, session: &Session, here: &dyn Here) -> Result<Used> {
    background::end(&session.store);
    let cargo = Cargo { here: Some(here), ..session.cargo(shell, line) };
    let mut planned = Planned { memory: Memory::new(here, session, line), ..Planned::default() };
    if let Some(known) = planned.memory.as_ref().and_then(Memory::recall) {
        let request = known.request(cargo.unplanned()).to_string();
        let code = cargo.compile_here(here, &request, known.used.outer(), Output::Users);
        if !cargo.unplanned().exists() {
            if code == 0 || known.used.refused(&cargo.refusals(), line).is_none() {
                known.summary.say(shell);
                if code == 0 {
                    background::start(&cargo, &session.store, &known.work);
                }
                return Ok(known.used);
            }
            planned.done = Some(code);
        }
    }
    loop {
        if let Some(code) = run_planned(session, &cargo, &Options::default(), &mut planned)? {
            if code == 0 {
                background::start(&cargo, &session.store, &planned.work);
            }
            return Ok(planned.used);
        }
    }
}

/// [`run`] with one plan. Returns nothing if another one is needed.
///
/// In the plan each macro is as it is built for Wasm. What a native one is built with may be something else: a macro that it depends on
/// for the host only, or one with other features. That is rare, so it is planned so only once somebody has met such a macro.
fn run_planned(
    session: &Session,
    cargo: &Cargo<'_>,
    options: &Options,
    planned: &mut Planned<'_>,
) -> Result<Option<i32>> {
    let plan = cargo.plan(&cargo.line.command, &planned.native)?;
    let macros = Macros::of(&plan, &mut session.keys(&plan)?);
    let project = Project::read(&plan)?;
    let (choice, unused) = (choice(options, &macros), project.unused(&macros)?);
    if choice.is_err() || !unused.is_empty() {
        let native = native_by_word(options, &project, &macros);
        if !native.is_subset(&planned.native) {
            planned.native.extend(native);
            return Ok(None);
        }
    }
    // What a program of the project's builds has some of its macros.
    if !plan.is_inner && !unused.is_empty() {
        unused.into_iter().for_each(|text| cargo.shell.warn(text));
        // It is said in each run.
        planned.memory = None;
    }
    let choice = Choice { settled: std::mem::take(&mut planned.settled), ..choice? };
    let mut resolver = Resolver::new(cargo, &macros, &session.store, project, choice);
    if !options.explain.is_empty() {
        crate::explain::explain(&resolver, &options.explain)?;
        return Ok(Some(0));
    }
    loop {
        resolver.need(&macros.starts())?;
        if planned.done.is_none() {
            planned.done = resolver.build_along()?;
        }
        resolver.build_missing(&cargo.line.command, &[])?;
        let mut wants = resolver.wants();
        let mut used = None;
        if wants.is_empty() {
            resolver.check_shared()?;
            let after = use_modules(&mut resolver, planned.done.take())?;
            if cargo.unplanned().exists() {
                let native: BTreeSet<PathBuf> = resolver.native().collect();
                // Another plan would be this one.
                if native.is_subset(&planned.native) {
                    return Err(Failure::new("Cargo compiles a macro that is not in its plan"));
                }
                planned.native.extend(native);
                planned.settled = resolver.settled();
                return Ok(None);
            }
            if after.is_retried {
                continue;
            }
            used = Some(after);
            wants = resolver.wants();
        }
        if wants.is_empty() || used.as_ref().is_some_and(|used| used.code != ERROR_CODE) {
            if let Some(memory) = &planned.memory {
                memory.keep(&resolver);
            }
            planned.used = Used::of(&resolver);
            planned.work = Work::of(&resolver);
            resolver.finish_sending();
            Summary::of(&resolver).say(cargo.shell);
            return Ok(Some(used.map_or(0, |used| used.code)));
        }
        if resolver.choice.on_refusal != OnRefusal::Ask {
            return Err(resolver.missing(&wants));
        }
        if used.is_none() {
            // Those that can run may ask for something, and nobody wants to be asked twice.
            collect(&mut resolver)?;
            wants = resolver.wants();
        }
        if !planned.answers.ask(&mut resolver, &wants)? {
            return Err(Failure::new("macros asked for more than was granted"));
        }
        if used.is_some_and(|used| used.has_run) {
            return Err(Failure::new("programs or tests have already run; run the command again"));
        }
    }
}

/// The macro crates of a plan that are native because the command line or the project says so, by their root modules.
pub(crate) fn native_by_word(options: &Options, project: &Project, macros: &Macros<'_>) -> BTreeSet<PathBuf> {
    let is_native = |it: &&Macro<'_>| {
        let names = |specs: &[String]| specs.iter().any(|spec| it.is_named(spec));
        let is_left_out = !options.only.is_empty() && !names(&options.only);
        is_left_out || names(&options.native) || project.permissions.native(it).is_some()
    };
    macros.list.iter().filter(is_native).filter_map(|it| it.src.map(Path::to_owned)).collect()
}

fn choice(options: &Options, macros: &Macros<'_>) -> Result<Choice> {
    let all = |specs: &[String], option| -> Result<_> {
        let found: Result<Vec<Vec<usize>>> = specs.iter().map(|spec| macros.matching(spec, option)).collect();
        Ok(found?.into_iter().flatten().collect())
    };
    let only = all(&options.only, "--only")?;
    let settings = &macros.plan.settings;
    let forbid_native = options.forbid_native || settings.forbid_native;
    let on_refusal = match OnRefusal::choose(options.on_refusal, settings.on_refusal) {
        OnRefusal::Native if forbid_native => OnRefusal::Fail,
        chosen => chosen,
    };
    Ok(Choice {
        native: all(&options.native, "--native")?,
        only: (!options.only.is_empty()).then_some(only),
        forbid_native,
        retry: options.retry,
        on_refusal,
        profile: settings.optimize.into(),
        ..Choice::default()
    })
}

/// How Cargo ended.
struct After {
    code: i32,
    /// Whether it failed although everything is compiled, so that programs or tests have run.
    has_run: bool,
    /// Whether macros that were refused something run natively from now on, so that it is to be called again.
    is_retried: bool,
}

/// Lets Cargo do what the user wants, unless it has `done` that, and reads what was refused to macros.
fn use_modules(resolver: &mut Resolver<'_>, done: Option<i32>) -> Result<After> {
    let plan = resolver.macros.plan;
    let code = match done {
        Some(code) => code,
        None => resolver.cargo.use_modules(&resolver.request(Mode::Use), plan)?,
    };
    let used = |has_run, is_retried| Ok(After { code, has_run, is_retried });
    let refusals = refusals::read(&resolver.cargo.refusals(), resolver);
    if code == 0 && resolver.choice.retry {
        // Whatever was asked for once is not needed.
        for (index, decision) in &resolver.decisions {
            if let Decision::Wasm(module) = decision {
                resolver.records.forget(resolver.macros.list[*index].package, &module.digest);
            }
        }
    }
    if refusals.is_empty() {
        return used(false, false);
    }
    resolver.note_refusals(refusals);
    if code != ERROR_CODE {
        // Nothing needed it.
        resolver.refusals.clear();
        return used(false, false);
    }
    let has_run = !failed_to_compile(resolver)?;
    let more = refusals::read(&resolver.cargo.refusals(), resolver);
    resolver.note_refusals(more);
    if resolver.choice.on_refusal != OnRefusal::Native || has_run {
        return used(has_run, false);
    }
    let names: BTreeSet<&str> = resolver.refusals.iter().map(|(index, _)| resolver.macros.list[*index].name).collect();
    let names: Vec<&str> = names.into_iter().collect();
    resolver.shell.status("Retrying", format_args!("with {} running natively", names.join(", ")));
    resolver.make_refused_native()?;
    used(false, true)
}

/// Has macros ask for what they want although others cannot run yet.
fn collect(resolver: &mut Resolver<'_>) -> Result<()> {
    resolver.shell.status("Checking", "what else macros ask for");
    resolver.cargo.compiles(resolver.request_without_stuck(), resolver.macros.plan)?;
    let refusals = refusals::read(&resolver.cargo.refusals(), resolver);
    resolver.note_refusals(refusals);
    Ok(())
}

/// Whether a failure was one of compilation, for programs and tests must not be run twice because they failed. This also collects what
/// macros ask for in crates to which Cargo did not get, so that nobody is told of it bit by bit.
fn failed_to_compile(resolver: &Resolver<'_>) -> Result<bool> {
    let has_programs = resolver.cargo.here.is_none()
        && matches!(resolver.cargo.line.meant().to_str(), Some("run" | "r" | "test" | "t" | "bench"));
    // Who is to run natively is known bit by bit as well, and nobody is told.
    if !has_programs && resolver.choice.on_refusal == OnRefusal::Native {
        return Ok(true);
    }
    resolver.shell.status("Checking", "what else macros ask for");
    let compiles = resolver.cargo.compiles(resolver.request(Mode::Use), resolver.macros.plan)?;
    Ok(!compiles || !has_programs)
}
