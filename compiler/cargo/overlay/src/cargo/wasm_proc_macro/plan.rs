//! The graph of units as JSON, for whoever decides which macros are built.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde::Serialize;

use super::request::is_macro;
use super::settings::Settings;
use super::{host, is_guest};
use crate::CargoResult;
use crate::core::compiler::unit_graph::UnitGraph;
use crate::core::compiler::{CompileMode, RustcTargetData, Unit};
use crate::core::{SourceId, TargetKind, Workspace};
use crate::util::important_paths::find_root_manifest_for_wd;

#[derive(Serialize)]
struct Plan<'a> {
    workspace_root: String,
    /// The directory of the user's files.
    project: String,
    target_dir: String,
    /// What `rustc -vV` prints.
    rustc: &'a str,
    units: Vec<PlannedUnit<'a>>,
    /// Indices into `units`.
    roots: Vec<usize>,
    macros: Vec<usize>,
    settings: Settings,
    /// What compilers see in their environment because of the configuration's table `env`.
    env: BTreeMap<&'a str, String>,
}

#[derive(Serialize)]
struct PlannedUnit<'a> {
    /// As in Cargo's other messages.
    package: String,
    name: &'a str,
    version: String,
    source: &'static str,
    /// The SHA-256 that the registry has for the package, since another one may stand in for it.
    checksum: Option<&'a str>,
    /// Whether the package's files may change.
    local: bool,
    manifest: String,
    src: Option<String>,
    #[serde(rename = "crate")]
    krate: String,
    kind: &'static str,
    mode: CompileMode,
    platform: &'a str,
    features: Vec<&'a str>,
    edition: String,
    links: Option<&'a str>,
    /// The flags of the user's that it is compiled with, if it is a macro's.
    cfgs: &'a [String],
    deps: Vec<PlannedDep<'a>>,
}

#[derive(Serialize)]
struct PlannedDep<'a> {
    unit: usize,
    name: &'a str,
}

/// The plan of a build, one line.
pub(super) fn plan(
    ws: &Workspace<'_>,
    target_data: &RustcTargetData<'_>,
    roots: &[Unit],
    graph: &UnitGraph,
) -> CargoResult<String> {
    let mut units: Vec<&Unit> = graph.keys().collect();
    units.sort();
    let index: HashMap<&Unit, usize> = units.iter().enumerate().map(|(index, unit)| (*unit, index)).collect();
    let cfgs = host::cfgs(target_data);
    let env = ws.gctx().env_config()?;
    let plan = Plan {
        workspace_root: ws.root().display().to_string(),
        project: project(ws).display().to_string(),
        target_dir: ws.target_dir().as_path_unlocked().display().to_string(),
        rustc: &target_data.rustc.verbose_version,
        roots: roots.iter().map(|unit| index[unit]).collect(),
        macros: units.iter().filter(|unit| is_macro(unit)).map(|unit| index[*unit]).collect(),
        units: units.iter().map(|unit| planned(unit, ws, target_data, graph, &index, &cfgs)).collect(),
        env: env.iter().map(|(name, value)| (name.as_str(), value.to_string_lossy().into_owned())).collect(),
        settings: Settings::of(ws.gctx())?,
    };
    Ok(serde_json::to_string(&plan)?)
}

/// The directory of the user's files for `ws`. Where Cargo has fetched the package that it compiles, or made its workspace up to verify it, what
/// comes with the package means nothing: it is the workspace in which Cargo was started, or else that directory.
pub(super) fn project(ws: &Workspace<'_>) -> PathBuf {
    let gctx = ws.gctx();
    let fetched = [gctx.git_checkouts_path(), gctx.registry_source_path()];
    let is_fetched = fetched.iter().any(|dir| ws.root().starts_with(dir.as_path_unlocked()));
    if !ws.is_ephemeral() && !is_fetched {
        return ws.root().to_owned();
    }
    let around = find_root_manifest_for_wd(gctx.cwd()).and_then(|manifest| Workspace::new(&manifest, gctx));
    around.map_or_else(|_| gctx.cwd().to_owned(), |ws| ws.root().to_owned())
}

fn planned<'a>(
    unit: &'a Unit,
    ws: &Workspace<'_>,
    target_data: &'a RustcTargetData<'_>,
    graph: &'a UnitGraph,
    index: &HashMap<&Unit, usize>,
    cfgs: &'a [String],
) -> PlannedUnit<'a> {
    let package = unit.pkg.package_id();
    let deps = graph[unit].iter();
    PlannedUnit {
        package: package.to_spec().to_string(),
        name: package.name().as_str(),
        version: package.version().to_string(),
        source: source(package.source_id()),
        checksum: unit.pkg.summary().checksum(),
        local: unit.is_local() || is_replaced(unit, ws),
        manifest: unit.pkg.manifest_path().display().to_string(),
        src: unit.target.src_path().path().map(|path| path.display().to_string()),
        krate: unit.target.crate_name(),
        kind: kind(unit),
        mode: unit.mode,
        platform: target_data.short_name(&unit.kind),
        features: unit.features.iter().map(|feature| feature.as_str()).collect(),
        edition: unit.target.edition().to_string(),
        links: unit.pkg.manifest().links(),
        cfgs: if is_guest(unit.kind) { cfgs } else { &[] },
        deps: deps.map(|dep| PlannedDep { unit: index[&dep.unit], name: dep.extern_crate_name.as_str() }).collect(),
    }
}

/// Whether a package of a registry lies where the user put it, in a directory that stands in for the registry.
fn is_replaced(unit: &Unit, ws: &Workspace<'_>) -> bool {
    let unpacked = ws.gctx().registry_source_path();
    source(unit.pkg.package_id().source_id()) == "registry" && !unit.pkg.root().starts_with(unpacked.as_path_unlocked())
}

fn source(id: SourceId) -> &'static str {
    if id.is_path() {
        "path"
    } else if id.is_git() {
        "git"
    } else {
        "registry"
    }
}

fn kind(unit: &Unit) -> &'static str {
    match unit.target.kind() {
        _ if unit.target.proc_macro() => "proc-macro",
        TargetKind::Lib(_) => "lib",
        TargetKind::Bin => "bin",
        TargetKind::Test => "test",
        TargetKind::Bench => "bench",
        TargetKind::ExampleLib(_) | TargetKind::ExampleBin => "example",
        TargetKind::CustomBuild => "custom-build",
    }
}
