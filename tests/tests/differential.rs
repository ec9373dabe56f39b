//! serde_derive as it is on crates.io, built natively and to WebAssembly: what both expand to, refuse, and let a program do
//! must be the same to the last byte.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tests::artifacts::use_macros;
use tests::toolchain::clean_environment;
use tests::{Form, Lab, Outcome, RustcExt, Toolchain};

/// The package that pins the sources, from the directory in which cargo runs tests.
const PACKAGE: &str = "differential";

/// The two builds, and the libraries that the programs are linked with.
struct Builds {
    native: PathBuf,
    wasm: PathBuf,
    libraries: HashMap<String, PathBuf>,
}

static BUILDS: LazyLock<Builds> = LazyLock::new(|| {
    let native = cargo_build(&["-p", "serde", "-p", "serde_json", "-p", "serde_derive"]);
    let guest = cargo_build(&["-p", "syn", "-p", "quote", "-p", "proc-macro2", "--target", "wasm32-wasip1"]);
    let wasm = build_module(&guest);
    Builds { native: native["serde_derive"].clone(), wasm, libraries: native }
});

/// stage0's cargo with the fork as its compiler.
fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"));
    for (name, _) in clean_environment() {
        cargo.env_remove(name);
    }
    cargo.current_dir(PACKAGE).env("RUSTC", Toolchain::get().rustc_path());
    cargo.env("CARGO_TARGET_DIR", Toolchain::get().work().join("differential"));
    cargo
}

/// Builds packages and returns the library file of each crate.
fn cargo_build(arguments: &[&str]) -> HashMap<String, PathBuf> {
    let mut cargo = cargo();
    cargo.args(["build", "--release", "--locked", "--message-format", "json-render-diagnostics"]).args(arguments);
    let outcome = cargo.outcome().success();
    let mut libraries = HashMap::new();
    for line in outcome.stdout.lines() {
        let message: serde_json::Value = serde_json::from_str(line).expect("cargo writes JSON");
        if message["reason"] != "compiler-artifact" {
            continue;
        }
        let files = message["filenames"].as_array().expect("an artifact has files");
        let file =
            files.iter().filter_map(|file| file.as_str()).find(|file| file.ends_with(".rlib") || file.ends_with(".so"));
        if let (Some(name), Some(file)) = (message["target"]["name"].as_str(), file) {
            libraries.insert(name.replace('-', "_"), PathBuf::from(file));
        }
    }
    libraries
}

/// Compiles serde_derive itself to a module: cargo would build a macro crate for the host only.
fn build_module(guest: &HashMap<String, PathBuf>) -> PathBuf {
    let metadata = cargo().args(["metadata", "--format-version", "1", "--locked"]).outcome().success();
    let metadata: serde_json::Value = serde_json::from_str(&metadata.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let package = packages.iter().find(|package| package["name"] == "serde_derive").expect("it is a dependency");
    let version = package["version"].as_str().expect("a package has a version");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a package has a manifest"));
    let dir = manifest.parent().expect("a manifest is in a directory");

    // The toolchain has a directory of its own, and the sources are those of the lock file.
    let lock = fs::read(Path::new(PACKAGE).join("Cargo.lock")).expect("the package has a lock file");
    let mut hasher = DefaultHasher::new();
    lock.hash(&mut hasher);
    let module = Toolchain::get().work().join(format!("differential/serde_derive-{:016x}.wasm", hasher.finish()));
    if module.exists() {
        return module;
    }
    let aside = module.with_extension("partial");
    let mut rustc = Toolchain::get().rustc();
    rustc.arg(dir.join("src/lib.rs")).arg("-o").arg(&aside);
    rustc.args(["--crate-name", "serde_derive", "--edition", "2021", "--crate-type", "proc-macro"]);
    rustc.args([
        "--target",
        "wasm32-wasip1",
        "-O",
        "-C",
        "strip=debuginfo",
        "--cap-lints",
        "allow",
        "--cfg",
        "feature=\"default\"",
    ]);
    for name in ["proc_macro2", "quote", "syn"] {
        rustc.arg("--extern").arg(format!("{name}={}", guest[name].display()));
    }
    rustc.arg("-L").arg(dependencies_of(&guest["syn"]));
    // What cargo says to a crate; serde_derive names a module after the last part of its version.
    rustc.env("CARGO_PKG_NAME", "serde_derive").env("CARGO_PKG_VERSION", version).env("CARGO_MANIFEST_DIR", dir);
    for (part, value) in ["MAJOR", "MINOR", "PATCH"].into_iter().zip(version.split('.')) {
        rustc.env(format!("CARGO_PKG_VERSION_{part}"), value);
    }
    rustc.outcome().success();
    fs::rename(aside, &module).expect("the module was just written");
    module
}

/// A call of rustc on a file of the package, with serde_derive in one build or the other.
fn rustc(form: Form, file: &str) -> Command {
    let path = if form == Form::Native { &BUILDS.native } else { &BUILDS.wasm };
    let mut rustc = Toolchain::get().rustc();
    rustc.current_dir(PACKAGE).cache(&Toolchain::get().work().join("cache"));
    rustc.args([file, "--edition", "2021"]).args(use_macros(form, "serde_derive", path));
    for name in ["serde", "serde_json"] {
        rustc.arg("--extern").arg(format!("{name}={}", BUILDS.libraries[name].display()));
    }
    rustc.arg("-L").arg(dependencies_of(&BUILDS.libraries["serde"]));
    rustc
}

/// Where cargo puts what a library links: it stands beside them, or one directory above if it was asked for by name.
fn dependencies_of(library: &Path) -> String {
    let dir = library.parent().expect("it is in a directory");
    let deps = if dir.ends_with("deps") { dir.to_owned() } else { dir.join("deps") };
    format!("dependency={}", deps.display())
}

/// Panics with the first line in which the two texts differ.
#[track_caller]
fn equal(what: &str, wasm: &str, native: &str) {
    if wasm == native {
        return;
    }
    let mut lines = wasm.lines().zip(native.lines()).enumerate();
    match lines.find(|(_, (wasm, native))| wasm != native) {
        Some((index, (wasm, native))) => {
            panic!("{what} differ in line {}:\n  WebAssembly: {wasm}\n  native:      {native}", index + 1)
        }
        None => panic!("{what}: one is longer than the other: {} and {} bytes", wasm.len(), native.len()),
    }
}

fn expansion(form: Form) -> Outcome {
    let mut rustc = rustc(form, "types/main.rs");
    rustc.arg("-Zunpretty=expanded").env("RUSTC_BOOTSTRAP", "1").outcome().success()
}

#[test]
fn expansions_of_many_types_are_equal() {
    let [wasm, native] = [Form::Wasm, Form::Native].map(expansion);
    // Nothing would be easier to compare than nothing.
    let (implementations, bytes) = (native.stdout.matches("Deserialize<'de>").count(), native.stdout.len());
    assert!(implementations > 120 && bytes > 500_000, "{implementations} implementations in {bytes} bytes");
    equal("the expansions", &wasm.stdout, &native.stdout);
    equal("the diagnostics", &wasm.stderr, &native.stderr);
}

/// The text alone does not tell where a name belongs to. Of the numbers of symbols, which stand before `#`, there may be one
/// more or less.
#[test]
fn expansions_are_equal_with_their_hygiene() {
    let [wasm, native] = [Form::Wasm, Form::Native].map(|form| {
        let mut rustc = rustc(form, "types/main.rs");
        let text = rustc.arg("-Zunpretty=expanded,hygiene").env("RUSTC_BOOTSTRAP", "1").outcome().success().stdout;
        let parts = text.split('#').map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()));
        parts.collect::<Vec<_>>().join("#")
    });
    assert!(native.contains("SyntaxContexts:"), "{native}");
    equal("the expansions with hygiene", &wasm, &native);
}

#[test]
fn there_are_as_many_types_as_promised() {
    let count: usize = fs::read_dir(Path::new(PACKAGE).join("types"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .map(|text| text.matches("#[derive(Serialize, Deserialize").count())
        .sum();
    assert!(count >= 60, "{count} derives");
}

#[test]
fn diagnostics_of_rejected_input_are_equal() {
    for file in ["attributes", "shapes", "resolution", "later", "syntax"] {
        let lab = Lab::new();
        let path = format!("rejected/{file}.rs");
        let [wasm, native] = [Form::Wasm, Form::Native].map(|form| {
            let mut rustc = rustc(form, &path);
            rustc
                .args(["--crate-type", "lib", "--emit=metadata", "--error-format=json", "-o"])
                .arg(lab.join("out.rmeta"));
            rustc.outcome()
        });
        assert_eq!(native.code, Some(1), "{native}");
        // A line for each diagnostic, and one that counts them. There is something to compare.
        assert!(native.stderr.lines().count() > 3, "{native}");
        let [wasm_diagnostics, native_diagnostics] = [&wasm, &native].map(|outcome| diagnostics(&outcome.stderr));
        equal(&format!("the diagnostics of `{path}`"), &wasm_diagnostics, &native_diagnostics);
        assert_eq!(wasm.code, native.code);
    }
}

/// Diagnostics in JSON, on lines that show well in what way two differ.
fn diagnostics(json: &str) -> String {
    let value = |line| serde_json::from_str::<serde_json::Value>(line).expect("rustc writes JSON");
    json.lines().map(|line| format!("{:#}\n", value(line))).collect()
}

#[test]
fn programs_do_the_same() {
    let lab = Lab::new();
    let [wasm, native] = [("wasm", Form::Wasm), ("native", Form::Native)].map(|(name, form)| {
        rustc(form, "types/main.rs").arg("-o").arg(lab.join(name)).outcome().success();
        lab.run(name).success()
    });
    assert!(native.stdout.lines().count() > 100, "{native}");
    equal("the output of the programs", &wasm.stdout, &native.stdout);
}

/// A crate that is compiled with one build may be used by one that is compiled with the other, for the derive is gone by then.
#[test]
fn a_library_built_with_the_module_is_the_same_library() {
    let lab = Lab::new();
    lab.write("lib.rs", "#[derive(serde_derive::Serialize)] pub struct Shared { pub field: u8 }");
    lab.write(
        "main.rs",
        "fn main() { println!(\"{}\", serde_json::to_string(&shared::Shared { field: 1 }).unwrap()); }",
    );
    for form in [Form::Wasm, Form::Native] {
        let library = lab.join("libshared.rlib");
        let source = lab.join("lib.rs").display().to_string();
        let mut rustc_lib = rustc(form, &source);
        rustc_lib.args(["--crate-type", "rlib", "--crate-name", "shared", "-o"]).arg(&library).outcome().success();
        let main = lab.join("main.rs").display().to_string();
        let mut rustc_main = rustc(form, &main);
        rustc_main
            .arg("--extern")
            .arg(format!("shared={}", library.display()))
            .arg("-o")
            .arg(lab.join("main"))
            .outcome()
            .success();
        assert_eq!(lab.run("main").success().stdout, "{\"field\":1}\n");
    }
}
