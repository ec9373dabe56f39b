//! Stands in for the patched Cargo: speaks its three modes, builds nothing, and writes down how it was called.
//!
//! `FAKE_DIR` holds `plan.json`, `modules/CRATE-VERSION.wasm`, and `control.json`, which says what is to go wrong. It is an example
//! of the package because `cargo test` builds those, and nobody installs them.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Map, Value, json};

const VARIABLES: [&str; 6] = [
    "RUSTC",
    "RUSTDOC",
    "CARGO",
    "RUSTC_WASM_PROC_MACRO_CACHE",
    "__CARGO_WASM_PROC_MACRO_REQUEST",
    "__CARGO_WASM_PROC_MACRO_OUTER",
];

struct Fake {
    dir: PathBuf,
    args: Vec<String>,
    control: Value,
    request: Value,
    plan: Value,
}

fn main() {
    let dir = PathBuf::from(std::env::var("FAKE_DIR").unwrap());
    if std::env::args().nth(1).is_some_and(|command| command == "locate-project") {
        println!("{}", dir.with_file_name("project").join("Cargo.toml").display());
        return;
    }
    let read = |path: &Path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let request: Value = read(std::env::var("__CARGO_WASM_PROC_MACRO_REQUEST").unwrap().as_ref());
    let (control, plan) = (read(&dir.join("control.json")), read(&dir.join("plan.json")));
    let plan = if request["native"].as_array().unwrap().is_empty() { without(plan, &control["hidden"]) } else { plan };
    let fake = Fake { dir, args: std::env::args().skip(1).collect(), control, request, plan };
    let env: Map<String, Value> =
        VARIABLES.iter().map(|name| ((*name).to_owned(), json!(std::env::var(name).ok()))).collect();
    let call = json!({ "mode": fake.request["mode"], "args": fake.args, "request": fake.request, "env": env });
    append(&fake.dir.join("log.jsonl"), &call);
    exit(match fake.request["mode"].as_str().unwrap() {
        "plan" => fake.plan(),
        "build" => fake.build(),
        _ => fake.take_modules(),
    })
}

/// A plan without the macro of this name, which only native ones are built with.
fn without(mut plan: Value, name: &Value) -> Value {
    let units = plan["units"].as_array_mut().unwrap();
    let Some(hidden) = units.iter().position(|unit| unit["name"] == *name) else { return plan };
    for unit in units {
        unit["deps"].as_array_mut().unwrap().retain(|dep| dep["unit"] != json!(hidden));
    }
    plan["macros"].as_array_mut().unwrap().retain(|index| *index != json!(hidden));
    plan
}

impl Fake {
    fn text(&self, name: &str) -> &str {
        self.control[name].as_str().unwrap_or_default()
    }

    fn code(&self, name: &str) -> i32 {
        self.control[name].as_i64().unwrap_or_default() as i32
    }

    fn sleep(&self, name: &str) {
        sleep(Duration::from_secs_f64(self.control[name].as_f64().unwrap_or_default()));
    }

    /// Ends by the signal that the control asks for.
    fn die(&self, name: &str) {
        if let Some(signal) = self.control[name].as_i64() {
            let own = std::process::id().to_string();
            Command::new("kill").args([&format!("-{signal}"), &own]).status().unwrap();
            sleep(Duration::from_secs(10));
        }
    }

    fn plan(&self) -> i32 {
        eprint!("{}", self.text("plan_stderr"));
        if self.control["plan_code"].is_null() && self.control["compiles_nothing"].is_null() {
            println!("{}", self.plan);
        }
        self.code("plan_code")
    }

    /// Whether Cargo meets the macro that only native ones are built with, and nobody has said what it is to do with it.
    fn meets_unplanned(&self) -> bool {
        let Some(name) = self.control["hidden"].as_str() else { return false };
        let Some(unit) = self.plan["units"].as_array().unwrap().iter().find(|unit| unit["name"] == name) else {
            return false;
        };
        let (native, modules) = (self.request["native"].as_array().unwrap(), &self.request["modules"]);
        let is_it = |module: &Value| module["package"] == unit["package"];
        !native.is_empty() && !native.contains(&unit["src"]) && !modules.as_array().unwrap().iter().any(is_it)
    }

    fn build(&self) -> i32 {
        let target = self.args.iter().position(|arg| arg == "--target-dir").map(|index| &self.args[index + 1]);
        let target =
            target.map_or_else(|| Path::new(self.plan["target_dir"].as_str().unwrap()).join("wasm"), PathBuf::from);
        fs::create_dir_all(&target).unwrap();
        // A unit stands behind what it depends on, so macros come before those that are built with them.
        let is_wanted = |unit: &&Value| {
            let is_it = |wish: &Value| wish["package"] == unit["package"] && wish["features"] == unit["features"];
            unit["kind"] == "proc-macro" && self.request["build"].as_array().unwrap().iter().any(is_it)
        };
        let wanted: Vec<&Value> = self.plan["units"].as_array().unwrap().iter().filter(is_wanted).collect();
        say("wasm-proc-macro-units", json!({ "total": wanted.len() }));
        let modules = self.request["modules"].as_array().unwrap();
        let mut done: BTreeSet<&str> = modules.iter().map(|module| module["package"].as_str().unwrap()).collect();
        let mut code = 0;
        for unit in wanted {
            let (package, name, version) = (&unit["package"], &unit["name"], &unit["version"]);
            self.build_below(unit, &target);
            say("wasm-proc-macro-started", json!({ "package_id": package, "name": name, "version": version }));
            self.sleep("build_seconds");
            self.die("build_signal");
            match self.trouble(unit, &done) {
                Ok(()) => {}
                Err(culprit) => {
                    if let Some(culprit) = culprit {
                        let text = &self.control["failing"][culprit["name"].as_str().unwrap()];
                        self.fail(culprit, text.as_str().unwrap_or("error: bad"));
                    }
                    code = 101;
                    continue;
                }
            }
            if self
                .is_refused(|module| self.macros_below(unit).iter().any(|below| below["package"] == module["package"]))
            {
                self.fail(unit, "error: the procedural macro was refused something");
                code = 101;
                continue;
            }
            if self.control["lost"].as_array().is_some_and(|lost| lost.contains(name)) {
                code = 101;
                continue;
            }
            let file = format!("{}-{}.wasm", unit["crate"].as_str().unwrap(), version.as_str().unwrap());
            let (source, path) = (fs::read(self.dir.join("modules").join(&file)).unwrap(), target.join(&file));
            let fresh = fs::read(&path).is_ok_and(|there| there == source);
            if !fresh {
                fs::write(&path, &source).unwrap();
                if let Some(file) = self.control["edits"].as_str() {
                    fs::write(file, "by somebody else, at this moment").unwrap();
                }
                self.write_dep_info(unit, &path.with_extension("d"));
            }
            done.insert(package.as_str().unwrap());
            artifact(unit, &path, fresh);
        }
        if code != 0 {
            eprint!("{}", self.control["build_stderr"].as_str().unwrap_or("error: could not compile\n"));
        }
        code
    }

    /// What a macro is made from, other macros apart.
    fn build_below(&self, unit: &Value, target: &Path) {
        for dep in unit["deps"].as_array().unwrap() {
            let index = dep["unit"].as_u64().unwrap();
            let below = &self.plan["units"][index as usize];
            let name = below["name"].as_str().unwrap();
            if below["kind"] == "proc-macro"
                || self.control["lost"].as_array().is_some_and(|lost| lost.contains(&json!(name)))
            {
                continue;
            }
            self.build_below(below, target);
            let dir = target.join(format!("build/{name}-{index}"));
            fs::create_dir_all(&dir).unwrap();
            if below["mode"] == "run-custom-build" {
                let output = self.control["scripts"][name].as_str().unwrap_or_default();
                if fs::read_to_string(dir.join("output")).ok().as_deref() != Some(output) {
                    fs::write(dir.join("output"), output).unwrap();
                }
                let env = json!([["SET_BY_SCRIPT", "x"]]);
                say(
                    "build-script-executed",
                    json!({ "package_id": below["package"], "env": env, "out_dir": dir.join("out") }),
                );
            } else if below["kind"] == "custom-build" {
                self.write_dep_info(below, &dir.join(format!("build_script_build-{index}.d")));
                artifact(below, &dir.join("build-script-build"), false);
            } else {
                let krate = below["crate"].as_str().unwrap();
                self.write_dep_info(below, &target.join(format!("{krate}-{index}.d")));
                artifact(below, &target.join(format!("lib{krate}-{index}.rlib")), false);
            }
        }
    }

    /// What the compiler writes of a crate: its root, if the control says nothing else.
    fn write_dep_info(&self, unit: &Value, path: &Path) {
        let root = format!("{}:\n", unit["src"].as_str().unwrap());
        if self.control["silent"].as_array().is_some_and(|silent| silent.contains(&unit["name"])) {
            return;
        }
        let more = self.control["dep_infos"][unit["name"].as_str().unwrap()].as_str();
        let text = match (&self.control["dep_info"], more) {
            (Value::String(text), _) if unit["kind"] == "proc-macro" => text.clone(),
            (_, more) => root + more.unwrap_or_default(),
        };
        // The command may be reading it already.
        if fs::read_to_string(path).ok().as_ref() != Some(&text) {
            fs::write(path, text).unwrap();
        }
    }

    fn fail(&self, unit: &Value, text: &str) {
        let message = json!({ "level": "error", "message": text, "rendered": text });
        say("compiler-message", json!({ "package_id": unit["package"], "message": message }));
    }

    /// The macros that a unit is built with.
    fn macros_below(&self, unit: &Value) -> Vec<&Value> {
        let mut found = Vec::new();
        for dep in unit["deps"].as_array().unwrap() {
            let below = &self.plan["units"][dep["unit"].as_u64().unwrap() as usize];
            if below["kind"] == "proc-macro" { found.push(below) } else { found.extend(self.macros_below(below)) }
        }
        found
    }

    /// Whether something is refused to one of these modules; then it is written down, as the compiler does it.
    fn is_refused(&self, is_used: impl Fn(&Value) -> bool) -> bool {
        let mut is_refused = false;
        let path = PathBuf::from(std::env::var("RUSTC_WASM_PROC_MACRO_REFUSALS").unwrap());
        for refusal in self.control["refusals"].as_array().into_iter().flatten() {
            let modules = self.request["modules"].as_array().unwrap().iter();
            for module in
                modules.filter(|module| module["name"] == refusal["name"] && is_there(module) && is_used(module))
            {
                let list = &module["grants"][refusal["kind"].as_str().unwrap()];
                let what = refusal["what"].as_str().unwrap();
                let gives = |granted: &Value| {
                    let granted = granted.as_str().unwrap();
                    granted == what || granted.strip_suffix('*').is_some_and(|start| what.starts_with(start))
                };
                if list.as_array().is_some_and(|list| list.iter().any(gives)) {
                    continue;
                }
                let mut record = refusal.clone();
                let (package, digest) = (record["package"].take(), record["digest"].take());
                record["package"] = if package.is_null() { module["id"].clone() } else { package };
                record["digest"] = if digest.is_null() { module["sha256"].clone() } else { digest };
                record["version"] = module["version"].clone();
                append(&path, &record);
                is_refused = true;
            }
        }
        is_refused
    }

    /// Whether a unit cannot be built: the one that fails, or none if a macro is missing with which it is built.
    fn trouble<'f>(&'f self, unit: &'f Value, done: &BTreeSet<&str>) -> Result<(), Option<&'f Value>> {
        let is_failing = !self.control["failing"][unit["name"].as_str().unwrap()].is_null();
        if is_failing || unit["package"] == self.control["failing_package"] {
            return Err(Some(unit));
        }
        for dep in unit["deps"].as_array().unwrap() {
            let below = &self.plan["units"][dep["unit"].as_u64().unwrap() as usize];
            if below["kind"] != "proc-macro" {
                self.trouble(below, done)?;
                continue;
            }
            let is_native = self.request["native"].as_array().unwrap().contains(&below["src"]);
            if !is_native && !done.contains(below["package"].as_str().unwrap()) {
                return Err(None);
            }
        }
        Ok(())
    }

    fn take_modules(&self) -> i32 {
        if self.meets_unplanned() {
            match self.request["unplanned"].as_str() {
                Some(file) => fs::write(file, "").unwrap(),
                None => eprintln!("error: no module was planned"),
            }
            return 101;
        }
        print!("{}", self.text("use_stdout"));
        for module in self.request["modules"].as_array().unwrap() {
            if !is_there(module) && self.request["runs_nothing"] != true {
                eprintln!("error: there is no {module}");
                return 101;
            }
        }
        // A crate that is compiled when the one before it can be, or if Cargo keeps going: whatever the command, it is told so by the request alone.
        let keeps_going = self.request["runs_nothing"] == true;
        let second = self.control["second_crate"].as_str();
        let mut is_refused = self.is_refused(|module| Some(module["name"].as_str().unwrap()) != second);
        if second.is_some() && (!is_refused || keeps_going) {
            is_refused |= self.is_refused(|module| module["name"].as_str() == second);
        }
        if is_refused && self.control["passes"] != true {
            return 101;
        }
        if self.request["runs_nothing"] == true {
            return self.code("compile_code");
        }
        if !self.control["use_seconds"].is_null() {
            fs::write(self.dir.join("using"), "").unwrap();
            self.sleep("use_seconds");
        }
        self.die("use_signal");
        self.code("use_code")
    }
}

fn is_there(module: &Value) -> bool {
    Path::new(module["path"].as_str().unwrap()).exists()
}

/// Says that a crate is compiled.
fn artifact(unit: &Value, path: &Path, fresh: bool) {
    let artifact = json!({
        "package_id": unit["package"], "target": { "kind": [unit["kind"]] }, "features": unit["features"],
        "filenames": [path], "fresh": fresh,
    });
    say("compiler-artifact", artifact);
}

/// Writes one of Cargo's messages.
fn say(reason: &str, mut message: Value) {
    message["reason"] = json!(reason);
    println!("{message}");
}

/// Adds a line to a file to which others may add theirs at the same time.
fn append(path: &Path, line: &Value) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}
