//! Asks Cargo for what it knows about the pinned sources of serde_derive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process;
use crate::toolchain::Toolchain;

/// One library that Cargo would compile, with everything that it would tell rustc about it.
#[derive(Debug)]
pub struct Package {
    /// The crate name.
    pub name: String,
    pub edition: String,
    pub version: String,
    pub source: PathBuf,
    pub is_macro: bool,
    pub features: Vec<String>,
    /// Names of the crates that it depends on.
    pub dependencies: Vec<String>,
    /// What its build script said.
    pub cfgs: Vec<String>,
    pub env: Vec<(String, String)>,
    pub out_dir: Option<PathBuf>,
}

/// What comes out of one native build of the program in `serde/`.
#[derive(Debug)]
pub struct Resolved {
    /// serde_derive and what it depends on, in an order in which they can be compiled.
    pub packages: Vec<Package>,
    /// The compiled library serde, which does not depend on serde_derive. Its dependencies lie beside it.
    pub serde: PathBuf,
}

/// The directory of the program with the pinned sources.
pub fn program_dir() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/serde"))
}

/// A Cargo command for the program, as pinned.
pub fn command(toolchain: &Toolchain, subcommand: &str) -> Command {
    let mut cargo = toolchain.cargo();
    cargo.args([subcommand, "--quiet", "--locked", "--manifest-path"]).arg(program_dir().join("Cargo.toml"));
    cargo
}

/// Builds the program natively into `target_dir`, for the answers of the build scripts, and collects what is known.
pub fn resolve(toolchain: &Toolchain, target_dir: &Path) -> Result<Resolved> {
    let mut metadata = command(toolchain, "metadata");
    metadata.args(["--format-version=1", "--features=native", "--filter-platform", &toolchain.host]);
    let metadata: Value = serde_json::from_str(&process::output(&mut metadata)?)?;

    let mut build = command(toolchain, "build");
    build.args(["--features=native", "--message-format=json", "--target-dir"]).arg(target_dir);
    let messages = process::output(&mut build)?;
    let messages: Vec<Value> = messages.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;

    let packages = list(&metadata["packages"]).map(|package| (text(&package["id"]), package)).collect();
    let nodes = list(&metadata["resolve"]["nodes"]).map(|node| (text(&node["id"]), node)).collect();
    let graph = Graph { packages, nodes, messages: &messages };
    let root = list(&metadata["packages"]).find(|package| package["name"] == "serde_derive");
    let root = root.context("the program does not depend on serde_derive")?;
    let mut order = Vec::new();
    graph.visit(text(&root["id"]), &mut order)?;

    let artifact = |message: &&Value| message["reason"] == "compiler-artifact" && message["target"]["name"] == "serde";
    let serde = messages.iter().find(artifact).context("Cargo did not build serde")?;
    let serde = list(&serde["filenames"]).map(text).find(|name| name.ends_with(".rlib"));
    let serde = PathBuf::from(serde.context("Cargo built no serde library")?);
    Ok(Resolved { packages: order, serde })
}

struct Graph<'a> {
    packages: BTreeMap<&'a str, &'a Value>,
    nodes: BTreeMap<&'a str, &'a Value>,
    messages: &'a [Value],
}

impl Graph<'_> {
    /// Adds the package `id` to `order`, after those that it depends on.
    fn visit(&self, id: &str, order: &mut Vec<Package>) -> Result<()> {
        let package = self.packages.get(id).with_context(|| format!("Cargo says nothing about `{id}`"))?;
        let node = self.nodes.get(id).with_context(|| format!("Cargo does not resolve `{id}`"))?;
        let is_library = |target: &&Value| {
            target["kind"] == "lib" || list(&target["kind"]).any(|kind| kind == "lib" || kind == "proc-macro")
        };
        let target = list(&package["targets"]).find(is_library).with_context(|| format!("`{id}` is no library"))?;
        let name = text(&target["name"]).replace('-', "_");
        if order.iter().any(|package| package.name == name) {
            return Ok(());
        }
        let mut dependencies = Vec::new();
        for dependency in list(&node["deps"]) {
            // The kind of an ordinary dependency is null.
            if list(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null()) {
                self.visit(text(&dependency["pkg"]), order)?;
                dependencies.push(text(&dependency["name"]).to_owned());
            }
        }
        let executed = |message: &&Value| message["reason"] == "build-script-executed" && message["package_id"] == id;
        let script = self.messages.iter().find(executed);
        let pair = |pair: &Value| (text(&pair[0]).to_owned(), text(&pair[1]).to_owned());
        order.push(Package {
            name,
            edition: text(&target["edition"]).to_owned(),
            version: text(&package["version"]).to_owned(),
            source: PathBuf::from(text(&target["src_path"])),
            is_macro: list(&target["kind"]).any(|kind| kind == "proc-macro"),
            features: list(&node["features"]).map(|feature| text(feature).to_owned()).collect(),
            dependencies,
            cfgs: script.into_iter().flat_map(|script| list(&script["cfgs"])).map(|cfg| text(cfg).to_owned()).collect(),
            env: script.into_iter().flat_map(|script| list(&script["env"])).map(pair).collect(),
            out_dir: script.map(|script| PathBuf::from(text(&script["out_dir"]))),
        });
        Ok(())
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
