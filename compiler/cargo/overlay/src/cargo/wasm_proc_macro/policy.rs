//! What a compilation lets macros have: a file for each unit within whose reach macros from modules are.
//!
//! Only Cargo knows which variables it has set for a unit, so only it can write this file. It is complete when the process is,
//! just before that starts. rustc names it in its dep-info, so that a unit is compiled again when a grant has changed: therefore the
//! grants in the files of earlier builds are brought up to date before Cargo looks at what is fresh.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use cargo_util::{ProcessBuilder, paths};
use serde::{Deserialize, Serialize};

use super::request::{self, Grants, Module, Request};
use crate::core::compiler::unit_graph::UnitGraph;
use crate::core::compiler::{BuildRunner, Unit};
use crate::core::{Workspace, find_workspace_root_with_membership_check};
use crate::util::context::EnvConfig;
use crate::util::hex::hash_u64;
use crate::{CargoResult, GlobalContext};

/// Begins the argument of rustc or rustdoc that ends with the policy's file. It is one argument, since a program that stands before the
/// compiler and does not know the option takes a word after it for another source file; sccache would keep nothing.
const FLAG: &str = "--wasm-proc-macro-policy=";

/// How much older than this process a file is made that is written for a unit that is being compiled: older than all that Cargo
/// compares it with, whatever the clock of the file system is.
const BEFORE: Duration = Duration::from_secs(1);

/// The policies of this build.
static POLICIES: Mutex<Policies> = Mutex::new(Policies { by_argument: BTreeMap::new(), outdated: BTreeSet::new() });

struct Policies {
    by_argument: BTreeMap<OsString, Policy>,
    /// The units that Cargo would take for fresh although the file had other packages when they were compiled: by their hashes, which
    /// are good for one process.
    outdated: BTreeSet<u64>,
}

struct Policy {
    file: PathBuf,
    /// How the file ends: what the packages of macros have. Nothing if one of their modules is yet to be built.
    packages: Option<Arc<str>>,
    /// These modules, as indices.
    modules: Vec<usize>,
    /// What is known before the variables are.
    build: Build,
    /// When Cargo began to look at what is fresh.
    start: SystemTime,
}

/// How the file begins. What all of it means stands in `rustc_wasm_proc_macro_api::policy`.
#[derive(Serialize, Deserialize)]
struct Head {
    build: Build,
}

#[derive(Serialize, Deserialize, Clone, Default)]
#[serde(rename_all = "kebab-case")]
struct Build {
    variables: BTreeSet<String>,
    read: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_manifest: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_manifest: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_error: Option<String>,
}

#[derive(Serialize)]
struct Tail<'a> {
    package: Vec<Package<'a>>,
}

#[derive(Serialize)]
struct Package<'a> {
    id: &'a str,
    name: &'a str,
    version: &'a str,
    modules: BTreeSet<Cow<'a, str>>,
    #[serde(flatten)]
    grants: &'a Grants,
}

/// Below the directory of policies: of each module what its package is granted, by the SHA-256 of its contents, for who runs it without
/// a compilation.
const MODULES: &str = "modules";

/// Plans the policies of a graph, and brings the files of earlier builds up to date.
///
/// # Errors
///
/// When such a file cannot be written.
pub(super) fn plan(build_runner: &BuildRunner<'_, '_>, request: &Request, dir: &Path) -> CargoResult<()> {
    let start = SystemTime::now();
    for module in request.modules.iter().filter(|module| module.is_there()) {
        write_module(module, dir)?;
    }
    {
        let mut policies = policies();
        policies.by_argument.clear();
        policies.outdated.clear();
    }
    let graph = &build_runner.bcx.unit_graph;
    let mut reach = Reach { graph, request, modules: HashMap::new() };
    let mut known: BTreeMap<Rc<BTreeSet<usize>>, Option<Arc<str>>> = BTreeMap::new();
    for unit in graph.keys() {
        let modules = reach.of(unit);
        if modules.is_empty() || unit.mode.is_run_custom_build() || super::is_from_module(unit) {
            continue;
        }
        let packages = match known.get(&modules) {
            Some(packages) => packages.clone(),
            None => {
                let are_there = modules.iter().all(|index| request.modules[*index].is_there());
                let packages = are_there.then(|| packages(request, modules.iter().copied())).transpose()?;
                known.entry(Rc::clone(&modules)).or_insert(packages.map(Arc::from)).clone()
            }
        };
        let modules = modules.iter().copied().collect();
        let file = file(dir, build_runner, unit);
        match fs::read_to_string(&file) {
            // It is compiled again if the module is another one.
            Ok(_) if packages.is_none() => {}
            Ok(text) if packages.as_ref().is_some_and(|packages| has_packages(&text, packages)) => {}
            // It has no dep-info.
            Ok(_) if unit.mode.is_doc() => _ = policies().outdated.insert(hash_u64(unit)),
            Ok(text) => {
                // What cannot be read has the unit compiled again as well.
                let build = toml::from_str(&text).map_or_else(|_| Build::default(), |head: Head| head.build);
                write_file(&file, &text_of(build, packages.as_deref().unwrap_or_default())?, None)?;
            }
            // Not compiled yet with one, or Cargo misses it.
            Err(_) => {}
        }
        policies()
            .by_argument
            .insert(argument(&file), Policy { file, packages, modules, build: Build::default(), start });
    }
    Ok(())
}

/// The arguments that name a unit's policy, if it has one.
pub(super) fn arguments(build_runner: &BuildRunner<'_, '_>, unit: &Unit) -> Vec<OsString> {
    let Some(dir) = request::get().and_then(|request| request.policy_dir.as_deref()) else { return Vec::new() };
    let argument = argument(&file(dir, build_runner, unit));
    if !policies().by_argument.contains_key(&argument) {
        return Vec::new();
    }
    let ws = build_runner.bcx.ws;
    let package = unit.pkg.manifest_path().to_path_buf();
    let (workspace_manifest, workspace_error) = match workspace_manifest(ws, unit) {
        Ok(manifest) => (Some(manifest), None),
        Err(error) => (None, Some(message_of(&error))),
    };
    let mut read = vec![package.clone()];
    read.extend(workspace_manifest.clone());
    read.dedup();
    let variables = configured(ws.gctx());
    let build = Build { variables, read, package_manifest: Some(package), workspace_manifest, workspace_error };
    policies().by_argument.entry(argument.clone()).and_modify(|policy| policy.build = build);
    vec![argument]
}

fn argument(file: &Path) -> OsString {
    let mut argument = OsString::from(FLAG);
    argument.push(file);
    argument
}

/// Whether a unit is to be compiled again because its policy has changed, although Cargo does not see that.
pub(super) fn has_changed(unit: &Unit) -> bool {
    policies().outdated.contains(&hash_u64(unit))
}

/// Writes the policy of a process that is about to start, if its arguments name one.
///
/// # Errors
///
/// When the file cannot be written.
pub(super) fn write(cmd: &ProcessBuilder) -> CargoResult<()> {
    let (file, text, start) = {
        let policies = policies();
        // The user's own is none of them.
        let mut arguments = cmd.get_args();
        let Some(policy) = arguments.find_map(|found| policies.by_argument.get(found)) else { return Ok(()) };
        let mut build = policy.build.clone();
        let set = cmd.get_envs().iter().filter(|(name, value)| value.is_some() && !request::is_ours(name));
        build.variables.extend(set.map(|(name, _)| name.clone()));
        let packages = match (&policy.packages, request::get()) {
            (None, Some(request)) => Arc::from(packages(request, policy.modules.iter().copied())?),
            (packages, _) => packages.clone().unwrap_or_default(),
        };
        (policy.file.clone(), text_of(build, &packages)?, policy.start)
    };
    if fs::read_to_string(&file).is_ok_and(|there| there == text) {
        return Ok(());
    }
    write_file(&file, &text, Some(start - BEFORE))
}

/// Writes what the package of a module is granted, for who runs it without a compilation.
fn write_module(module: &Module, dir: &Path) -> CargoResult<()> {
    let file = dir.join(MODULES).join(format!("{}.toml", module.sha256()));
    // Nobody compiles a unit then, and packages stand beside one.
    let text = format!("[build]\n{}", packages_of([module].into_iter())?);
    let is_there = fs::read_to_string(&file).is_ok_and(|there| there == text);
    if is_there { Ok(()) } else { write_file(&file, &text, None) }
}

/// Writes the stamp of a module that was just built, unless it is the one that was there.
///
/// # Errors
///
/// When the module cannot be read or a file not be written.
pub(super) fn write_stamp(module: &Module, path: &Path) -> CargoResult<()> {
    let stamp = module.stamp.as_deref().context("a macro that is built has a stamp")?;
    let digest = cargo_util::Sha256::new().update_path(path)?.finish_hex();
    if fs::read_to_string(stamp).is_ok_and(|there| there == digest) {
        return Ok(());
    }
    // The first one, so nothing is older that was made of another module.
    write_file(stamp, &digest, Some(SystemTime::now() - BEFORE))?;
    match request::get().and_then(|request| request.policy_dir.as_deref()) {
        Some(dir) => write_module(module, dir),
        None => Ok(()),
    }
}

/// The part of the file about the packages of these modules.
fn packages(request: &Request, modules: impl IntoIterator<Item = usize>) -> CargoResult<String> {
    packages_of(modules.into_iter().map(|index| &request.modules[index]))
}

fn packages_of<'m>(modules: impl Iterator<Item = &'m Module>) -> CargoResult<String> {
    let mut packages: BTreeMap<&str, Package<'_>> = BTreeMap::new();
    for module in modules {
        let package = packages.entry(&module.id).or_insert_with(|| Package {
            id: &module.id,
            name: &module.name,
            version: &module.version,
            modules: BTreeSet::new(),
            grants: &module.grants,
        });
        package.modules.insert(module.sha256());
    }
    Ok(format!("\n{}", toml::to_string(&Tail { package: packages.into_values().collect() })?))
}

/// Whether these packages, and no others, are in a file with that text.
fn has_packages(text: &str, packages: &str) -> bool {
    text.strip_suffix(packages).is_some_and(|head| !head.contains("[[package]]"))
}

/// Which modules the compiler may load for a unit: those of the macros that it depends on, or that are exported again by what it
/// depends on. Nothing is loaded of what a build script or a macro is built from.
struct Reach<'a> {
    graph: &'a UnitGraph,
    request: &'a Request,
    /// By unit, as indices.
    modules: HashMap<&'a Unit, Rc<BTreeSet<usize>>>,
}

impl<'a> Reach<'a> {
    fn of(&mut self, unit: &'a Unit) -> Rc<BTreeSet<usize>> {
        if let Some(known) = self.modules.get(unit) {
            return Rc::clone(known);
        }
        let mut found = BTreeSet::new();
        for dep in self.graph[unit].iter().map(|dep| &dep.unit) {
            if request::is_macro(dep) {
                // One for WebAssembly that is built with others has no module yet, and what it may have is what everybody has.
                let is_known = |index: &usize| self.request.modules[*index].is_there() || !super::is_guest(dep.kind);
                found.extend(self.request.module_index(dep).filter(is_known));
            } else if !dep.target.is_custom_build() {
                found.extend(self.of(dep).iter());
            }
        }
        let found = Rc::new(found);
        self.modules.insert(unit, Rc::clone(&found));
        found
    }
}

/// The variables of the configuration's table `env`, those as well that the user's environment has already, which Cargo leaves
/// as they are.
fn configured(gctx: &GlobalContext) -> BTreeSet<String> {
    gctx.get::<EnvConfig>("env").map(|table| table.into_keys().collect()).unwrap_or_default()
}

/// What `cargo locate-project --workspace` would print in a package's directory, or the error.
fn workspace_manifest(ws: &Workspace<'_>, unit: &Unit) -> CargoResult<PathBuf> {
    let manifest = unit.pkg.manifest_path();
    if ws.is_member(&unit.pkg) {
        return Ok(ws.root_manifest().to_path_buf());
    }
    if unit.pkg.package_id().source_id().is_registry() {
        return Ok(manifest.to_path_buf());
    }
    // This process knows workspaces by now, and would believe that everything below them is a member.
    let gctx = GlobalContext::default()?;
    match find_workspace_root_with_membership_check(manifest, &gctx)? {
        Some(root) => Ok(root),
        None => Ok(Workspace::new(manifest, &gctx)?.root_manifest().to_path_buf()),
    }
}

/// What Cargo prints of an error behind `error: `.
fn message_of(error: &anyhow::Error) -> String {
    let mut message = error.to_string();
    for cause in error.chain().skip(1) {
        message += "\n\nCaused by:";
        for line in cause.to_string().lines() {
            message += if line.is_empty() { "\n" } else { "\n  " };
            message += line;
        }
    }
    message
}

/// Where the policy of a unit is, in every build in which it is the same unit.
fn file(dir: &Path, build_runner: &BuildRunner<'_, '_>, unit: &Unit) -> PathBuf {
    dir.join(format!("{}-{}.toml", unit.target.crate_name(), build_runner.files().metadata(unit).unit_id()))
}

fn text_of(build: Build, packages: &str) -> CargoResult<String> {
    Ok(toml::to_string(&Head { build })? + packages)
}

/// Exchanges a file at once, so that no compiler sees half of it.
fn write_file(file: &Path, text: &str, time: Option<SystemTime>) -> CargoResult<()> {
    let dir = file.parent().expect("a file in the directory of policies");
    paths::create_dir_all(dir)?;
    let write = || -> std::io::Result<()> {
        let mut aside = tempfile::NamedTempFile::new_in(dir)?;
        aside.write_all(text.as_bytes())?;
        if let Some(time) = time {
            aside.as_file().set_modified(time)?;
        }
        aside.persist(file)?;
        Ok(())
    };
    write().with_context(|| format!("failed to write `{}`", file.display()))
}

fn policies() -> MutexGuard<'static, Policies> {
    POLICIES.lock().unwrap_or_else(PoisonError::into_inner)
}
