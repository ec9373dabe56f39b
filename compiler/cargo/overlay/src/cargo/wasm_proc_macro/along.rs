//! Macros that are built in the same graph as what uses them.
//!
//! The graph is the one in which macros depend on nothing, where what is not for macros is what it is natively. To a macro that has no module
//! an edge is added, to the macro as the plan has it for WebAssembly, and so on. So Cargo compiles both side by side, and the edge is the only
//! thing that tells such a build from the next one, in which the module is there: whatever identifies units does not see it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::request::{self, Request};
use super::{graph, is_from_module, is_guest};
use crate::CargoResult;
use crate::core::Workspace;
use crate::core::compiler::unit_graph::{UnitDep, UnitGraph};
use crate::core::compiler::{
    BuildRunner, BuildScriptOutputs, CompileMode, RustcTargetData, Unit, UnitHash, UnitInterner,
};
use crate::core::profiles::UnitFor;

thread_local! {
    /// The graph of the last plan. Its units are for this thread alone.
    static PLANNED: RefCell<Option<UnitGraph>> = const { RefCell::new(None) };
}

/// What is built along.
static ALONG: Mutex<Option<Along>> = Mutex::new(None);

#[derive(Default)]
struct Along {
    /// Where the modules will be, by the identity of the macro.
    modules: HashMap<String, PathBuf>,
    makers: Vec<Maker>,
    scripts: Vec<Script>,
    outputs: Option<Arc<Mutex<BuildScriptOutputs>>>,
    /// The crates that were compiled: how their files begin.
    compiled: HashSet<PathBuf>,
}

/// What a module is made by.
struct Maker {
    krate: PathBuf,
    /// What it is compiled from, with itself as the last, and the message that Cargo would write of each.
    crates: Vec<(PathBuf, Value)>,
}

/// A build script that runs for them.
struct Script {
    package: String,
    out_dir: PathBuf,
    hash: UnitHash,
}

/// Keeps the graph of a plan.
pub(super) fn keep(graph: &UnitGraph) {
    PLANNED.set(Some(graph.clone()));
}

/// Adds to a graph with modules what the macros are built from that the request wants built.
///
/// # Errors
///
/// When one of them is not in the plan, or one that they are built with would run natively of whose package nobody has said so.
pub(super) fn merge(
    ws: &Workspace<'_>,
    interner: &UnitInterner,
    request: &Request,
    target_data: &RustcTargetData<'_>,
    graph: &mut UnitGraph,
) -> CargoResult<()> {
    let planned = PLANNED.take().context("macros are to be built, and nothing was planned")?;
    let (makers, guests) = graph::of_modules(ws, interner, request, target_data, &planned)?;
    graph::check_native(request, &makers, &guests)?;
    for unit in graph::reachable(&makers, &guests) {
        graph.entry(unit.clone()).or_insert_with(|| guests[&unit].clone());
    }
    for (unit, deps) in graph.iter_mut().filter(|(unit, _)| is_from_module(unit)) {
        let wanted = request.build.iter().find(|wanted| wanted.is(unit));
        let maker = wanted.and_then(|wanted| makers.iter().find(|maker| wanted.is(maker)));
        deps.extend(maker.map(|maker| edge(maker.clone())));
    }
    Ok(())
}

fn edge(maker: Unit) -> UnitDep {
    let unit_for = UnitFor::new_compiler(maker.kind);
    UnitDep {
        extern_crate_name: maker.target.crate_name().into(),
        unit: maker,
        unit_for,
        dep_name: None,
        public: false,
        noprelude: false,
        nounused: true,
        manifest_deps: Default::default(),
    }
}

/// Whether an edge only says what a module is made by.
pub(super) fn is_maker(unit: &Unit, dep: &Unit) -> bool {
    is_from_module(unit) && is_guest(dep.kind)
}

/// Notes where everything will be of what is built along.
///
/// # Errors
///
/// When Cargo cannot tell what the compiler will write.
pub(super) fn prepare(build_runner: &BuildRunner<'_, '_>) -> CargoResult<()> {
    let graph = &build_runner.bcx.unit_graph;
    let mut along = Along { outputs: Some(Arc::clone(&build_runner.build_script_outputs)), ..Along::default() };
    let mut tops = Vec::new();
    for (unit, deps) in graph {
        let Some(maker) = deps.iter().map(|dep| &dep.unit).find(|dep| is_maker(unit, dep)) else { continue };
        let outputs = build_runner.outputs(maker)?;
        let module = outputs.iter().find(|output| output.path.extension().is_some_and(|it| it == "wasm"));
        let module = module.with_context(|| format!("no module is made of {}", maker.pkg))?;
        let identity = unit.rustflags.last().context("a macro without an identity")?;
        along.modules.insert(identity.clone(), module.path.clone());
        tops.push(maker.clone());
    }
    // Those that are only used by other macros are made as well. One comes after those that it is built with.
    let is_made = |unit: &Unit| request::is_macro(unit) && is_guest(unit.kind);
    let all = graph::reachable(&tops, graph).into_iter().filter(is_made);
    let mut all: Vec<_> = all.map(|maker| (graph::reachable(std::slice::from_ref(&maker), graph), maker)).collect();
    all.sort_by_key(|(below, _)| below.len());
    for (below, maker) in all {
        let (mut crates, own) = (Vec::new(), krate(build_runner, &maker));
        for unit in below {
            if unit.mode.is_run_custom_build() {
                along.scripts.push(Script::of(build_runner, &unit));
            } else if !request::is_macro(&unit) {
                crates.push((krate(build_runner, &unit), message(build_runner, &unit)?));
            }
        }
        crates.push((own.clone(), message(build_runner, &maker)?));
        along.makers.push(Maker { krate: own, crates });
    }
    *lock() = Some(along);
    Ok(())
}

impl Script {
    fn of(build_runner: &BuildRunner<'_, '_>, unit: &Unit) -> Script {
        Script {
            package: unit.pkg.package_id().to_spec().to_string(),
            out_dir: build_runner.files().build_script_out_dir(unit),
            hash: build_runner.get_run_build_script_metadata(unit),
        }
    }
}

/// How the files of a crate begin, with the directory in which the compiler writes them.
fn krate(build_runner: &BuildRunner<'_, '_>, unit: &Unit) -> PathBuf {
    let hash = build_runner.files().metadata(unit).c_extra_filename();
    let hash = hash.map(|hash| format!("-{hash}")).unwrap_or_default();
    build_runner.files().output_dir(unit).join(format!("{}{hash}", unit.target.crate_name()))
}

/// What Cargo would write about a crate that was compiled.
fn message(build_runner: &BuildRunner<'_, '_>, unit: &Unit) -> CargoResult<Value> {
    let outputs = build_runner.outputs(unit)?;
    let files: Vec<&PathBuf> = outputs.iter().map(|output| output.hardlink.as_ref().unwrap_or(&output.path)).collect();
    let features: Vec<&str> = unit.features.iter().map(|feature| feature.as_str()).collect();
    let kind = match () {
        () if unit.target.proc_macro() => "proc-macro",
        () if unit.target.is_custom_build() => "custom-build",
        () => "lib",
    };
    Ok(json!({
        "reason": "compiler-artifact", "package_id": unit.pkg.package_id().to_spec().to_string(),
        "target": { "kind": [kind] }, "features": features, "filenames": files,
    }))
}

/// Where the module of the macro with that identity is, if it was built along.
pub(super) fn module(identity: &str) -> Option<PathBuf> {
    lock().as_ref().and_then(|along| along.modules.get(identity).cloned())
}

/// Whether a module that is built along is made from a unit.
pub(super) fn is_below_a_macro(build_runner: &BuildRunner<'_, '_>, unit: &Unit) -> bool {
    let along = lock();
    let Some(along) = along.as_ref().filter(|_| unit.mode == CompileMode::Build) else { return false };
    let krate = krate(build_runner, unit);
    along.makers.iter().flat_map(|maker| &maker.crates).any(|(known, _)| *known == krate)
}

/// Takes note of a crate that was compiled, by the beginning of its files.
pub(super) fn compiled(krate: PathBuf) {
    if let Some(along) = &mut *lock() {
        along.compiled.insert(krate);
    }
}

/// What Cargo would have said of the modules that were built along, if it had built nothing else: a message for each crate and for each
/// build script. If the whole build has failed, nothing is known of modules for which there was nothing to do.
pub(super) fn messages(is_success: bool) -> Vec<String> {
    let Some(along) = lock().take() else { return Vec::new() };
    let mut messages = Vec::new();
    if let Some(outputs) = &along.outputs {
        let outputs = outputs.lock().unwrap_or_else(PoisonError::into_inner);
        messages.extend(along.scripts.iter().filter_map(|script| {
            let env = &outputs.get(script.hash)?.env;
            let (package, out_dir) = (&script.package, &script.out_dir);
            Some(json!({ "reason": "build-script-executed", "package_id": package, "env": env, "out_dir": out_dir }))
        }));
    }
    let mut said = HashSet::new();
    for maker in along.makers.iter().filter(|maker| is_success || along.compiled.contains(&maker.krate)) {
        for (krate, message) in maker.crates.iter().filter(|(krate, _)| said.insert(krate)) {
            let mut message = message.clone();
            message["fresh"] = (!along.compiled.contains(krate)).into();
            messages.push(message);
        }
    }
    messages.iter().map(Value::to_string).collect()
}

fn lock() -> MutexGuard<'static, Option<Along>> {
    ALONG.lock().unwrap_or_else(PoisonError::into_inner)
}
