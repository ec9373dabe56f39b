//! A project, a toolchain and a store, all of them made up.

// Each test binary uses a part of it.
#![allow(dead_code, unreachable_pub)]

pub mod server;
pub mod sharing;

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// All that a call of the command needs.
pub struct Lab {
    dir: TempDir,
    pub units: Vec<Value>,
    pub roots: Vec<usize>,
    pub control: Value,
    /// The table `wasm-proc-macro` of Cargo's configuration, and its table `env`.
    pub settings: Value,
    /// The workspace's root, if it is another directory than `project`.
    pub workspace: Option<PathBuf>,
    /// The directory of the user's files, if Cargo says so.
    pub project: Option<PathBuf>,
    pub env: Value,
}

/// What a call did.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Lab {
    pub fn new() -> Lab {
        let dir = tempfile::tempdir().unwrap();
        for name in ["toolchain/bin", "toolchain/lib/rustlib", "fake/modules", "project"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        fs::write(dir.path().join("toolchain/bin/rustc"), "the compiler").unwrap();
        // Every toolchain has files where it has its targets.
        fs::write(dir.path().join("toolchain/lib/rustlib/components"), "rustc\n").unwrap();
        let cargo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake/cargo");
        std::os::unix::fs::symlink(cargo, dir.path().join("toolchain/bin/cargo")).unwrap();
        Lab {
            dir,
            units: Vec::new(),
            roots: Vec::new(),
            control: json!({}),
            settings: json!({}),
            env: json!({}),
            workspace: None,
            project: None,
        }
    }

    /// A lab with two macros of which one is built with a third, as `syn` and others are in real projects.
    pub fn usual() -> Lab {
        let mut lab = Lab::new();
        let syn = lab.library("syn");
        let inner = lab.macros("inner-derive", &[syn]);
        let first = lab.macros("first-derive", &[syn]);
        let second = lab.macros("second-derive", &[syn, inner]);
        lab.root("app", &[first, second]);
        lab
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn store(&self) -> PathBuf {
        self.path("store")
    }

    /// Adds a unit of version 1.0.0 from a registry.
    pub fn unit(&mut self, name: &str, kind: &str, mode: &str, platform: &str, deps: &[usize]) -> usize {
        let deps: Vec<Value> =
            deps.iter().map(|dep| json!({ "unit": dep, "name": self.units[*dep]["crate"] })).collect();
        self.units.push(json!({
            "package": format!("registry+https://example.org/index#{name}@1.0.0"),
            "name": name, "version": "1.0.0", "source": "registry", "local": false,
            "manifest": format!("/registry/{name}-1.0.0/Cargo.toml"), "src": format!("/registry/{name}-1.0.0/src/lib.rs"),
            "crate": name.replace('-', "_"), "kind": kind, "mode": mode, "platform": platform, "features": ["default"],
            "edition": "2021", "links": null, "cfgs": [], "deps": deps,
        }));
        self.units.len() - 1
    }

    /// A library, built for Wasm.
    pub fn library(&mut self, name: &str) -> usize {
        self.unit(name, "lib", "build", "wasm32-wasip1", &[])
    }

    /// A macro package.
    pub fn macros(&mut self, name: &str, deps: &[usize]) -> usize {
        let index = self.unit(name, "proc-macro", "build", "wasm32-wasip1", deps);
        self.write_module(name, "1.0.0", b"");
        index
    }

    /// Makes a unit one of the project's own.
    pub fn make_local(&mut self, index: usize) {
        let unit = &mut self.units[index];
        let name = unit["name"].as_str().unwrap().to_owned();
        unit["package"] = json!(format!("path+file:///project/{name}#{name}@1.0.0"));
        unit["source"] = json!("path");
        unit["local"] = json!(true);
    }

    /// What the user builds.
    pub fn root(&mut self, name: &str, deps: &[usize]) -> usize {
        let index = self.unit(name, "bin", "build", "x86_64-unknown-linux-gnu", deps);
        self.make_local(index);
        self.roots.push(index);
        index
    }

    /// What the fake Cargo gives out as the module of a package.
    pub fn write_module(&self, name: &str, version: &str, more: &[u8]) {
        let krate = name.replace('-', "_");
        fs::write(self.path(&format!("fake/modules/{krate}-{version}.wasm")), module(&krate, version, more)).unwrap();
    }

    /// Writes the plan and says what goes wrong.
    pub fn write(&self) {
        let macros: Vec<usize> =
            (0..self.units.len()).filter(|index| self.units[*index]["kind"] == "proc-macro").collect();
        let plan = json!({
            "workspace_root": self.workspace.clone().unwrap_or_else(|| self.path("project")), "project": self.project, "target_dir": self.path("project/target"),
            "rustc": "rustc 1.96.0\n", "units": self.units, "roots": self.roots, "macros": macros,
            "settings": self.settings, "env": self.env,
        });
        fs::write(self.path("fake/plan.json"), plan.to_string()).unwrap();
        fs::write(self.path("fake/control.json"), self.control.to_string()).unwrap();
    }

    /// The command, ready to be started.
    pub fn command(&self, args: &[&str]) -> Command {
        self.write();
        self.command_as_written(args)
    }

    /// [`command`](Lab::command) with the plan that was written before.
    pub fn command_as_written(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-wasm-proc-macro"));
        command.args(args).current_dir(self.path("project")).stdin(Stdio::null());
        command.env("WASM_PROC_MACRO_TOOLCHAIN", self.path("toolchain")).env("WASM_PROC_MACRO_STORE", self.store());
        command.env("FAKE_DIR", self.path("fake")).env("FAKE_CARGO", fake_cargo());
        for variable in ["RUSTC", "RUSTDOC", "NO_COLOR", "CLICOLOR_FORCE", "CARGO_TERM_COLOR", "CARGO_TERM_QUIET"] {
            command.env_remove(variable);
        }
        command
    }

    /// A run that is to be killed. What it has started goes on for a while, and must not keep the tests' own output open.
    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// What the project says of its macros.
    pub fn permit(&self, text: &str) {
        fs::write(self.path("project/wasm-proc-macro.toml"), text).unwrap();
    }

    /// What the project says of its macros now.
    pub fn permissions(&self) -> String {
        fs::read_to_string(self.path("project/wasm-proc-macro.toml")).unwrap_or_default()
    }

    /// Runs the command to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        finish(self.command(args))
    }

    /// [`run`](Lab::run), which has to succeed.
    pub fn ok(&self, args: &[&str]) -> Output {
        let output = self.run(args);
        assert_eq!(output.code, 0, "{}", output.stderr);
        output
    }

    /// How Cargo was called so far.
    pub fn calls(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("fake/log.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The calls of one mode since the last time that this was asked.
    pub fn take_calls(&self, mode: &str) -> Vec<Value> {
        let calls = self.calls();
        _ = fs::remove_file(self.path("fake/log.jsonl"));
        calls.into_iter().filter(|call| call["mode"] == mode).collect()
    }

    /// Which modes Cargo was called in since the last time that this was asked.
    pub fn take_modes(&self) -> Vec<String> {
        let calls = self.calls();
        _ = fs::remove_file(self.path("fake/log.jsonl"));
        calls.iter().map(|call| call["mode"].as_str().unwrap().to_owned()).collect()
    }

    /// The paths in a directory of the store.
    pub fn stored(&self, dir: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.store().join(dir)) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }
}

/// What stands in for Cargo.
fn fake_cargo() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_cargo-wasm-proc-macro")).with_file_name("examples").join("fake-cargo");
    assert!(path.exists(), "`cargo test` builds what stands in for Cargo, but not with `--test`");
    path
}

/// Something that a macro package is refused as long as it is not granted.
pub fn refusal(name: &str, kind: &str, what: &str) -> Value {
    let (refused, grant) = match kind {
        "read" => (format!("reading `{what}`"), format!("read = [{what:?}]")),
        "env" => (format!("the environment variable `{what}`"), format!("env = [{what:?}]")),
        _ => (format!("running the program `{what}`"), "native = true".to_owned()),
    };
    json!({ "name": name, "crate": name.replace('-', "_"), "macro": "it", "kind": kind, "what": what, "refused": refused, "grant": grant })
}

/// Runs a command below a terminal, by `script` of util-linux, and types `input` and the end of it at once.
pub fn on_terminal(command: Command, input: &str) -> Output {
    let mut child = start_on_terminal(command);
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    end_on_terminal(child, Vec::new())
}

/// [`on_terminal`], where `input` is typed when the command has said `prompt`, and nothing behind it.
pub fn on_terminal_after(prompt: &str, command: Command, input: &str) -> Output {
    let mut child = start_on_terminal(command);
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains(prompt) {
        let mut byte = [0];
        child.stdout.as_mut().unwrap().read_exact(&mut byte).expect("the prompt is said");
        said.extend(byte);
    }
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    end_on_terminal(child, said)
}

fn start_on_terminal(mut inner: Command) -> Child {
    let words: Vec<String> = std::iter::once(inner.get_program())
        .chain(inner.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let mut command = Command::new("script");
    command.args(["-qec", &words.join(" "), "/dev/null"]).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TERM", "xterm").env("NO_COLOR", "1").current_dir(inner.current_dir(".").get_current_dir().unwrap());
    command.spawn().expect("`script` of util-linux runs")
}

fn end_on_terminal(child: Child, mut said: Vec<u8>) -> Output {
    let output = child.wait_with_output().unwrap();
    said.extend(output.stdout);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    Output { code: output.status.code().unwrap_or(-1), stdout: text(said), stderr: text(output.stderr) }
}

/// Waits for a command's end.
pub fn finish(mut command: Command) -> Output {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Output { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The names in a list of a request, sorted.
pub fn names(list: &Value) -> Vec<String> {
    let name = |value: &Value| {
        let text = value["package"].as_str().or(value.as_str()).unwrap();
        text.rsplit(['#', '/']).next().unwrap().split('@').next().unwrap().to_owned()
    };
    let mut names: Vec<String> = list.as_array().unwrap().iter().map(name).collect();
    names.sort();
    names
}

/// A module that says it has one macro, and does nothing.
pub fn module(krate: &str, version: &str, more: &[u8]) -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 4], [ValType::I64]);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    let global = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
    globals.global(global, &ConstExpr::i32_const(0));
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("__rustc_proc_macro_decls", ExportKind::Global, 0);
    exports.export("__rustc_proc_macro_run", ExportKind::Func, 0);
    let mut code = CodeSection::new();
    let mut body = Function::new([]);
    body.instruction(&Instruction::I64Const(0));
    body.instruction(&Instruction::End);
    code.function(&body);
    module.section(&types).section(&functions).section(&memories).section(&globals).section(&exports).section(&code);
    let abi = format!("abi=1\ncrate={krate}\nversion={version}\nedition=2021\ncompiler=rustc 1.96.0\n");
    for (name, data) in [
        (".rustc_proc_macro_decls", b"bang:shout:shout\n".as_slice()),
        (".rustc_proc_macro_abi", abi.as_bytes()),
        ("more", more),
    ] {
        module.section(&CustomSection { name: name.into(), data: data.into() });
    }
    module.finish()
}
