//! Cargo's plan: the units of the project's graph, with each macro's dependencies as they are built for Wasm.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::{Failure, Result};
use crate::on_refusal::OnRefusal;
use crate::profile::Optimize;
use crate::shared::settings::SharedSettings;

/// Names the project and the target directory of the build that has started this one.
const OUTER_VARIABLE: &str = "__CARGO_WASM_PROC_MACRO_OUTER";

/// The variable of [`Plan::outer`].
pub(crate) fn outer(project: &Path, target_dir: &Path) -> Option<(&'static str, OsString)> {
    Some((OUTER_VARIABLE, env::join_paths([project, target_dir]).ok()?))
}

/// What `plan` mode writes.
#[derive(Debug, Deserialize)]
pub(crate) struct Plan {
    pub(crate) workspace_root: PathBuf,
    /// The directory of the user's files, if that is another one.
    #[serde(default)]
    pub(crate) project: Option<PathBuf>,
    /// Whether a program of the project's made the workspace.
    #[serde(skip)]
    pub(crate) is_inner: bool,
    /// Whether Cargo has fetched what is built, or made its workspace up.
    #[serde(skip)]
    pub(crate) is_fetched: bool,
    pub(crate) target_dir: PathBuf,
    /// The text of `rustc -vV`.
    pub(crate) rustc: String,
    pub(crate) units: Vec<Unit>,
    pub(crate) roots: Vec<usize>,
    pub(crate) macros: Vec<usize>,
    #[serde(default)]
    pub(crate) settings: Settings,
    /// The variables that the table `env` of Cargo's configuration sets, and no environment does.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// The macro crates that are native in it, by their root modules.
    #[serde(skip)]
    pub(crate) native: BTreeSet<PathBuf>,
}

/// The table `wasm-proc-macro` of Cargo's configuration.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Settings {
    pub(crate) on_refusal: Option<OnRefusal>,
    #[serde(default)]
    pub(crate) forbid_native: bool,
    #[serde(default)]
    pub(crate) optimize: Optimize,
    pub(crate) store: Option<SharedSettings>,
}

/// One compilation, or one run of a build script.
#[derive(Debug, Deserialize)]
pub(crate) struct Unit {
    /// The package id, as Cargo writes it in its JSON messages.
    pub(crate) package: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// `registry`, `git` or `path`.
    pub(crate) source: String,
    /// The SHA-256 of the package, if it is from a registry.
    pub(crate) checksum: Option<String>,
    pub(crate) local: bool,
    /// The path of `Cargo.toml`.
    pub(crate) manifest: PathBuf,
    /// The path of the crate's root module. All but what Cargo makes up itself have one.
    pub(crate) src: Option<PathBuf>,
    #[serde(rename = "crate")]
    pub(crate) krate: String,
    pub(crate) kind: String,
    pub(crate) mode: String,
    pub(crate) platform: String,
    pub(crate) features: Vec<String>,
    pub(crate) edition: String,
    pub(crate) links: Option<String>,
    /// The flags of the user's that it is compiled with.
    pub(crate) cfgs: Vec<String>,
    pub(crate) deps: Vec<Dependency>,
}

/// An edge of the graph.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The index in [`Plan::units`].
    pub(crate) unit: usize,
    /// The name under which it is known.
    pub(crate) name: String,
}

/// `serde v1.0.0`, as Cargo writes a package.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a>(pub(crate) &'a str, pub(crate) &'a str);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.0, self.1)
    }
}

/// Whether a program that another build runs, or a build script of it, has started this one.
pub(crate) fn is_inside_another() -> bool {
    env::var_os(OUTER_VARIABLE).is_some()
}

impl Unit {
    /// Whether an event of Cargo's, about this package with these features, is about this unit.
    pub(crate) fn is(&self, package: &str, features: &[String]) -> bool {
        self.package == package
            && self.features.len() == features.len()
            && self.features.iter().all(|feature| features.contains(feature))
    }

    /// Whether this is a macro library as the compiler loads it, and not, say, its unit tests.
    pub(crate) fn is_macro(&self) -> bool {
        self.kind == "proc-macro" && self.mode == "build"
    }

    /// Whether this runs a build script for the Wasm target, in a package that says which native library it links.
    pub(crate) fn links_natively(&self) -> Option<&str> {
        // Cargo runs a build script under the platform of the library it is for.
        let runs = self.mode == "run-custom-build" && self.platform.starts_with("wasm32");
        self.links.as_deref().filter(|_| runs)
    }

    /// Which version of a Git repository it is from: the two directories above the checkout's files.
    ///
    /// A package id names the branch or the tag and not the commit, but the directory of a checkout is called by the
    /// repository's digest and the commit.
    pub(crate) fn git_checkout(&self) -> Option<String> {
        let parts: Vec<_> = self.manifest.iter().map(|part| part.to_string_lossy()).collect();
        let at = parts.windows(2).position(|pair| pair[0] == "git" && pair[1] == "checkouts")?;
        Some([parts.get(at + 2)?.as_ref(), parts.get(at + 3)?.as_ref()].join("/"))
    }

    /// Whether the same package id may have other contents tomorrow.
    pub(crate) fn is_changeable(&self) -> bool {
        match self.source.as_str() {
            "registry" => self.local,
            "git" => self.local || self.git_checkout().is_none(),
            _ => true,
        }
    }

    pub(crate) fn named(&self) -> Named<'_> {
        Named(&self.name, &self.version)
    }
}

impl Plan {
    /// Where Cargo tells compilers what macros may have.
    pub(crate) fn policy_dir(&self) -> PathBuf {
        self.target_dir.join("wasm-proc-macro/policy")
    }

    /// Reads what Cargo wrote.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Plan> {
        let mut plan: Plan = serde_json::from_slice(bytes).map_err(|error| {
            Failure::new(format!("Cargo's plan cannot be read: {error}")).help(
                "this command and the `cargo` in its directory are from different builds; install the toolchain again",
            )
        })?;
        plan.check()?;
        // A checkout may lie below the target directory of the build that has started this one.
        plan.is_fetched = plan.project() != plan.workspace_root;
        Ok(plan.of_outer())
    }

    /// The directory in which stands what the user says of macros.
    pub(crate) fn project(&self) -> &Path {
        self.project.as_deref().unwrap_or(&self.workspace_root)
    }

    /// The variable that tells programs which a build of this plan runs whose project they are part of.
    pub(crate) fn outer(&self) -> Option<(&'static str, OsString)> {
        outer(self.project(), &self.target_dir)
    }

    /// A workspace that such a program makes below the target directory, as those of trybuild do, is part of the same project.
    fn of_outer(mut self) -> Plan {
        let paths = env::var_os(OUTER_VARIABLE).unwrap_or_default();
        let paths: Vec<PathBuf> = env::split_paths(&paths).collect();
        if let [project, target_dir] = &paths[..]
            && self.workspace_root.starts_with(target_dir)
        {
            self.project = Some(project.clone());
            self.is_inner = true;
        }
        self
    }

    /// Everything else relies on indices that are in range and on a graph without cycles.
    fn check(&self) -> Result<()> {
        let indices = self.units.iter().flat_map(|unit| unit.deps.iter().map(|dep| &dep.unit));
        if indices.chain(&self.roots).chain(&self.macros).any(|index| *index >= self.units.len()) {
            return Err(Failure::new("Cargo's plan names a unit that is not in it"));
        }
        // Units are taken away once all they depend on is gone; what is on a cycle never is.
        let mut waiting: Vec<usize> = self.units.iter().map(|unit| unit.deps.len()).collect();
        let mut dependents = vec![Vec::new(); self.units.len()];
        for (index, unit) in self.units.iter().enumerate() {
            unit.deps.iter().for_each(|dep| dependents[dep.unit].push(index));
        }
        let mut free: Vec<usize> = (0..waiting.len()).filter(|index| waiting[*index] == 0).collect();
        let mut gone = 0;
        while let Some(index) = free.pop() {
            gone += 1;
            for &dependent in &dependents[index] {
                waiting[dependent] -= 1;
                if waiting[dependent] == 0 {
                    free.push(dependent);
                }
            }
        }
        if gone < self.units.len() {
            return Err(Failure::new("Cargo's plan has a unit that depends on itself"));
        }
        Ok(())
    }

    /// All units reachable from `start`, with itself, but for those behind units at which `stop` says so.
    pub(crate) fn closure(&self, start: usize, stop: impl Fn(usize) -> bool) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([start]);
        let mut open = vec![start];
        while let Some(index) = open.pop() {
            if index != start && stop(index) {
                continue;
            }
            for dep in &self.units[index].deps {
                if reached.insert(dep.unit) {
                    open.push(dep.unit);
                }
            }
        }
        reached
    }

    /// Everything that a macro is built from, without the macros that it uses itself.
    pub(crate) fn own_closure(&self, start: usize) -> BTreeSet<usize> {
        let mut units = self.closure(start, |index| self.units[index].is_macro());
        units.retain(|index| *index == start || !self.units[*index].is_macro());
        units
    }

    /// The macros that a macro uses itself.
    pub(crate) fn macros_below(&self, start: usize) -> BTreeSet<usize> {
        let mut units = self.closure(start, |index| self.units[index].is_macro());
        units.retain(|index| *index != start && self.units[*index].is_macro());
        units
    }
}
