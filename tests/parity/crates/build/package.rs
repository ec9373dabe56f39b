//! What cargo knows of the packages in a lock file, and the manifest of a macro crate that is built for a target.
//!
//! Cargo builds macro crates for the host, whatever the target. With this manifest a macro crate is an ordinary crate with
//! the name, version, features and dependencies that it has in the graph it was taken from, so that cargo builds it and
//! all that it is linked with for a target.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The only source of packages that is known here, as cargo names it.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What `cargo metadata` writes.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
    root: String,
}

/// A package in the graph.
#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
    features: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Debug, Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

/// A package by itself.
#[derive(Debug, Deserialize)]
pub struct Package {
    id: String,
    pub name: String,
    pub version: String,
    edition: String,
    manifest_path: PathBuf,
    authors: Vec<String>,
    description: Option<String>,
    homepage: Option<String>,
    license: Option<String>,
    repository: Option<String>,
    rust_version: Option<String>,
    links: Option<String>,
    features: BTreeMap<String, Vec<String>>,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    req: String,
    kind: Option<String>,
    rename: Option<String>,
    optional: bool,
    uses_default_features: bool,
    features: Vec<String>,
    target: Option<String>,
    source: Option<String>,
}

/// A macro crate in the graph, with what is resolved of it there.
#[derive(Clone, Copy, Debug)]
pub struct MacroCrate<'a> {
    pub package: &'a Package,
    node: &'a Node,
    target: &'a Target,
    metadata: &'a Metadata,
}

impl Metadata {
    /// The macro crates that are expanded in what the root package is linked with. Those that only other macro crates use are not
    /// among them, for it is the host that runs these.
    pub fn macro_crates(&self) -> Vec<MacroCrate<'_>> {
        let (mut found, mut seen, mut todo) = (Vec::new(), HashSet::new(), vec![&*self.resolve.root]);
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            let node = self.resolve.nodes.iter().find(|node| node.id == id).expect("the graph is complete");
            let package = self.package(id);
            match package.targets.iter().find(|target| target.is("proc-macro")) {
                Some(target) => found.push(MacroCrate { package, node, target, metadata: self }),
                None => todo.extend(node.deps.iter().filter(|edge| edge.is_linked()).map(|edge| &*edge.pkg)),
            }
        }
        found.sort_by_key(|krate| &*krate.package.name);
        found
    }

    fn package(&self, id: &str) -> &Package {
        self.packages.iter().find(|package| package.id == id).expect("each node is a package")
    }
}

impl Edge {
    fn is_linked(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.is_none())
    }
}

impl Target {
    fn is(&self, kind: &str) -> bool {
        self.kind.iter().any(|word| word == kind)
    }
}

impl Package {
    /// The directory of its sources.
    pub fn dir(&self) -> &Path {
        self.manifest_path.parent().expect("a manifest is in a directory")
    }
}

impl MacroCrate<'_> {
    /// The name by which a crate uses it.
    pub fn crate_name(&self) -> String {
        self.target.name.replace('-', "_")
    }

    /// The features that are on, as cargo takes them on its command line for one package of many.
    pub fn features(&self) -> impl Iterator<Item = String> {
        self.node.features.iter().map(|feature| format!("{}/{feature}", self.package.name))
    }

    /// A manifest that makes an ordinary crate of it, for a directory with the same sources.
    ///
    /// # Errors
    ///
    /// If a dependency comes from somewhere that is not known here.
    pub fn manifest(&self) -> Result<String, String> {
        let package = self.package;
        let mut text = String::from("[package]\n");
        for (key, value) in [
            ("name", Some(&package.name)),
            ("version", Some(&package.version)),
            ("edition", Some(&package.edition)),
            ("description", package.description.as_ref()),
            ("homepage", package.homepage.as_ref()),
            ("license", package.license.as_ref()),
            ("repository", package.repository.as_ref()),
            ("rust-version", package.rust_version.as_ref()),
            ("links", package.links.as_ref()),
        ] {
            if let Some(value) = value {
                line(&mut text, key, value);
            }
        }
        let authors: Vec<String> = package.authors.iter().map(|author| quoted(author)).collect();
        _ = writeln!(text, "authors = [{}]", authors.join(", "));
        text += "autobins = false\nautoexamples = false\nautotests = false\nautobenches = false\n";
        if let Some(script) = package.targets.iter().find(|target| target.is("custom-build")) {
            line(&mut text, "build", &self.within(&script.src_path)?);
        } else {
            text += "build = false\n";
        }

        text += "\n[lib]\ncrate-type = [\"cdylib\"]\n";
        line(&mut text, "name", &self.target.name);
        line(&mut text, "path", &self.within(&self.target.src_path)?);

        for dependency in package.dependencies.iter().filter(|dependency| self.is_resolved(dependency)) {
            dependency.write(&mut text)?;
        }

        // Features that are off might name dependencies that are not in the lock file.
        text += "\n[features]\n";
        for feature in &self.node.features {
            let entails =
                package.features.get(feature).into_iter().flatten().filter(|entailed| self.is_known(entailed));
            let entails: Vec<String> = entails.map(|entailed| quoted(entailed)).collect();
            _ = writeln!(text, "{} = [{}]", quoted(feature), entails.join(", "));
        }
        Ok(text)
    }

    fn within(&self, path: &Path) -> Result<String, String> {
        let inside =
            path.strip_prefix(self.package.dir()).map_err(|_| format!("`{}` is not in its package", path.display()))?;
        Ok(inside.display().to_string())
    }

    /// Whether the dependency is needed at all, or an optional one that is in use.
    fn is_resolved(&self, dependency: &Dependency) -> bool {
        let in_use = |edge: &Edge| {
            self.metadata.package(&edge.pkg).name == dependency.name
                && edge.dep_kinds.iter().any(|kind| kind.kind == dependency.kind)
        };
        dependency.kind.as_deref() != Some("dev") && (!dependency.optional || self.node.deps.iter().any(in_use))
    }

    /// Whether what a feature entails is there: another feature that is on, or something of a dependency.
    fn is_known(&self, entailed: &str) -> bool {
        let (dependency, of_dependency) = match entailed.strip_prefix("dep:") {
            Some(dependency) => (dependency, true),
            None => entailed
                .split_once('/')
                .map_or((entailed, false), |(dependency, _)| (dependency.trim_end_matches('?'), true)),
        };
        let is_it = |found: &&Dependency| found.rename.as_ref().unwrap_or(&found.name) == dependency;
        match of_dependency {
            true => self.package.dependencies.iter().filter(is_it).any(|found| self.is_resolved(found)),
            false => self.node.features.iter().any(|feature| feature == entailed),
        }
    }
}

impl Dependency {
    fn write(&self, text: &mut String) -> Result<(), String> {
        if self.source.as_deref() != Some(CRATES_IO) {
            return Err(format!("`{}` comes from {:?}, which is not supported", self.name, self.source));
        }
        let table = if self.kind.as_deref() == Some("build") { "build-dependencies" } else { "dependencies" };
        let name = self.rename.as_ref().unwrap_or(&self.name);
        let target = self.target.as_ref().map_or(String::new(), |target| format!("target.{}.", quoted(target)));
        _ = writeln!(text, "\n[{target}{table}.{}]", quoted(name));
        line(text, "package", &self.name);
        line(text, "version", &self.req);
        let features: Vec<String> = self.features.iter().map(|feature| quoted(feature)).collect();
        _ = writeln!(text, "optional = {}\ndefault-features = {}", self.optional, self.uses_default_features);
        _ = writeln!(text, "features = [{}]", features.join(", "));
        Ok(())
    }
}

fn line(text: &mut String, key: &str, value: &str) {
    _ = writeln!(text, "{key} = {}", quoted(value));
}

/// A string of TOML, which what JSON has for strings is too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
