//! The changes to the graph of units: macros without dependencies, or nothing but macros.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use cargo_util::paths;

use super::request::{self, MODULE_FLAG, Module, Request};
use super::{host, is_guest};
use crate::CargoResult;
use crate::core::Workspace;
use crate::core::compiler::unit_graph::{UnitDep, UnitGraph};
use crate::core::compiler::{CompileKind, RustcTargetData, Unit, UnitInterner};
use crate::core::profiles::{Profile, ProfileRoot};

/// The graph in which the macros of the request's modules depend on nothing.
///
/// Such a unit has the identity of its module among its flags, which tells it from the native one wherever Cargo
/// compares units; so artifacts of both lie in one target directory.
pub(super) fn with_modules(
    interner: &UnitInterner,
    request: &Request,
    roots: Vec<Unit>,
    graph: UnitGraph,
) -> (Vec<Unit>, UnitGraph) {
    let taken: HashMap<Unit, Unit> = graph
        .keys()
        .filter_map(|unit| Some((unit.clone(), from_module(interner, unit, request.module(unit)?))))
        .collect();
    replace(roots, graph, &taken, |unit| request.module(unit).is_some())
}

/// Whether the graph has a macro that nobody decided about, but would if the macros that are native now were so in the plan. That is then
/// noted where the request says.
///
/// # Errors
///
/// When it has one that would be in no plan, since nothing is native that nobody has named: where a crate of the host's depends on a macro
/// for WebAssembly only, Cargo chooses its features there for both, and has another macro here.
pub(super) fn has_unplanned(request: &Request, roots: &[Unit], graph: &UnitGraph) -> CargoResult<bool> {
    let is_known =
        |unit: &Unit| !request::is_macro(unit) || request.module(unit).is_some() || request.may_be_native(unit);
    let reached = behind(roots, graph, |unit| request.module(unit).is_some());
    let unknown: BTreeSet<(&str, String)> = reached
        .into_iter()
        .filter(|unit| !is_known(unit))
        .map(|unit| (unit.pkg.name().as_str(), described(&unit)))
        .collect();
    let Some((name, _)) = unknown.first() else { return Ok(false) };
    if let Some(file) = &request.unplanned {
        paths::write(file, "")?;
        return Ok(true);
    }
    let texts: Vec<&str> = unknown.iter().map(|(_, text)| text.as_str()).collect();
    anyhow::bail!(
        "no module was planned for {}\n\
         note: something depends on it for WebAssembly only, which gives it other features there\n\
         help: to run it natively, with all your rights, write in wasm-proc-macro.toml:\n\
         [permissions.{name}]\n\
         native = true",
        texts.join(", nor for ")
    );
}

/// Checks a graph of macros that are to be built, in which a macro is native by its source file.
///
/// # Errors
///
/// When one would run natively of whose package nobody has said so.
pub(super) fn check_native(request: &Request, roots: &[Unit], graph: &UnitGraph) -> CargoResult<()> {
    let is_wrong = |unit: &Unit| request::is_macro(unit) && !is_guest(unit.kind) && !request.may_be_native(unit);
    match reachable(roots, graph).iter().filter(|unit| is_wrong(unit)).map(|unit| unit.pkg.to_string()).min() {
        Some(package) => anyhow::bail!(
            "{package} has its source file in common with a package that runs natively, and nobody has said that it may"
        ),
        None => Ok(()),
    }
}

fn described(unit: &Unit) -> String {
    match unit.features.as_slice() {
        [] => format!("{} without features", unit.pkg),
        features => format!("{} with the features: {}", unit.pkg, features.join(", ")),
    }
}

/// The graph of the macros that are to be built, which are its roots.
pub(super) fn of_modules(
    ws: &Workspace<'_>,
    interner: &UnitInterner,
    request: &Request,
    target_data: &RustcTargetData<'_>,
    graph: &UnitGraph,
) -> CargoResult<(Vec<Unit>, UnitGraph)> {
    let (std_source, cfgs) = (std_source(target_data), host::cfgs(target_data));
    let mut roots = Vec::new();
    for wanted in &request.build {
        let found = graph.keys().filter(|unit| wanted.is(unit) && is_guest(unit.kind));
        let before = roots.len();
        roots.extend(found.cloned());
        if roots.len() == before {
            anyhow::bail!("no macro of this build is `{}` with these features", wanted.package());
        }
    }
    roots.sort();
    let changed: HashMap<Unit, Unit> = graph
        .keys()
        .map(|unit| {
            let new = match request.ready(unit) {
                Some(module) => from_module(interner, unit, module),
                None if is_guest(unit.kind) => for_guest(ws, interner, request.profile, &std_source, &cfgs, unit),
                // A build script. What it is compiled with goes into the names of symbols of the crate that it is for.
                None => intern(interner, unit, Profile::default(), unit.rustflags.to_vec()),
            };
            (unit.clone(), new)
        })
        .collect();
    Ok(replace(roots, graph.clone(), &changed, |unit| request.ready(unit).is_some()))
}

/// The units that the roots need, with the roots.
pub(super) fn reachable(roots: &[Unit], graph: &UnitGraph) -> HashSet<Unit> {
    behind(roots, graph, |_| false)
}

/// The units that the roots lead to, with the roots, but for those behind units at which `stop` says so.
fn behind(roots: &[Unit], graph: &UnitGraph, stop: impl Fn(&Unit) -> bool) -> HashSet<Unit> {
    let mut found = HashSet::new();
    let mut open = roots.to_vec();
    while let Some(unit) = open.pop() {
        if found.insert(unit.clone()) && !stop(&unit) {
            open.extend(graph[&unit].iter().map(|dep| dep.unit.clone()));
        }
    }
    found
}

fn replace(
    roots: Vec<Unit>,
    graph: UnitGraph,
    new: &HashMap<Unit, Unit>,
    is_leaf: impl Fn(&Unit) -> bool,
) -> (Vec<Unit>, UnitGraph) {
    let renew = |unit: Unit| new.get(&unit).cloned().unwrap_or(unit);
    let renew_dep = |dep: UnitDep| UnitDep { unit: renew(dep.unit), ..dep };
    let roots = roots.into_iter().map(renew).collect();
    let graph = graph
        .into_iter()
        .map(|(unit, deps)| {
            let mut deps: Vec<UnitDep> =
                if is_leaf(&unit) { Vec::new() } else { deps.into_iter().map(renew_dep).collect() };
            deps.sort();
            (renew(unit), deps)
        })
        .collect();
    (roots, graph)
}

fn from_module(interner: &UnitInterner, unit: &Unit, module: &Module) -> Unit {
    let flags = vec![MODULE_FLAG.to_owned(), module.identity()];
    // Nothing that the user sets for native macros makes a difference to one that is not compiled.
    intern(interner, unit, Profile::default(), flags)
}

/// A unit of a macro as it is built in every project: what it is built from says what it is, not where.
fn for_guest(
    ws: &Workspace<'_>,
    interner: &UnitInterner,
    profile: request::Profile,
    std_source: &Path,
    cfgs: &[String],
    unit: &Unit,
) -> Unit {
    let opt_level = match profile {
        request::Profile::Quick => "0",
        request::Profile::Optimized => "s",
    };
    let profile = Profile {
        name: "release".into(),
        root: ProfileRoot::Release,
        opt_level: opt_level.into(),
        // Of 16, rustc's default, each has its own copies of generic code.
        codegen_units: Some(4),
        ..Profile::default()
    };
    let package = unit.pkg.package_id();
    let root = unit.pkg.root().display();
    let mut flags = vec![
        format!("--remap-path-prefix={}=/rustc", std_source.display()),
        format!("--remap-path-prefix={}=/target", ws.build_dir().as_path_unlocked().display()),
        format!("--remap-path-prefix={}=/workspace", ws.root().display()),
        // The last that fits is taken.
        format!("--remap-path-prefix={root}=/{}-{}", package.name(), package.version()),
    ];
    flags.extend_from_slice(cfgs);
    intern(interner, unit, profile, flags)
}

/// Where rustc says that the standard library's source is, in code of it that is compiled with its users.
///
/// It follows one link, and no more, as rustc does.
fn std_source(target_data: &RustcTargetData<'_>) -> PathBuf {
    let component = target_data.info(CompileKind::Host).sysroot.join("lib/rustlib/src/rust");
    fs::read_link(&component).unwrap_or(component)
}

fn intern(interner: &UnitInterner, unit: &Unit, profile: Profile, flags: Vec<String>) -> Unit {
    debug_assert!(unit.target.proc_macro() || request::get().is_some());
    interner.intern(
        &unit.pkg,
        &unit.target,
        profile,
        unit.kind,
        unit.mode,
        unit.features.clone(),
        Rc::from(flags),
        unit.rustdocflags.clone(),
        unit.links_overrides.clone(),
        unit.is_std,
        unit.dep_hash,
        unit.artifact,
        unit.artifact_target_for_features,
        unit.skip_non_compile_time_dep,
    )
}
