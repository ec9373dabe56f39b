//! serde_derive 1.0.137 as the module that the crate `wa-serde-derive` ships, made for watt years ago, and the same sources
//! built natively: a program compiled with either must do the same.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tests::artifacts::use_macros;
use tests::{Form, Lab, RustcExt, Toolchain, watt};

/// What a program is compiled with.
struct Build {
    native: PathBuf,
    annotated: PathBuf,
    libraries: HashMap<String, PathBuf>,
}

static BUILD: LazyLock<Build> = LazyLock::new(|| {
    let libraries = libraries();
    let dir = Toolchain::get().work().join("watt-package");
    let annotated = dir.join("serde_derive.wasm");
    annotate(&watt::serde_derive(), &annotated);
    Build { native: libraries["serde_derive"].clone(), annotated, libraries }
});

/// The command, as a user types it.
fn annotate(module: &Path, output: &Path) {
    let mut stubgen = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"));
    stubgen.args(["run", "--quiet", "--package", "stubgen", "--", "annotate"]).arg(module);
    stubgen.args(["--derive", "Serialize:derive_serialize:serde", "--derive", "Deserialize:derive_deserialize:serde"]);
    stubgen.args(["--crate-version", "1.0.137", "--edition", "2015", "-o"]).arg(output);
    stubgen.outcome().success();
}

/// Builds the libraries with the fork and returns the file of each crate.
fn libraries() -> HashMap<String, PathBuf> {
    let mut cargo = watt::cargo();
    cargo.args(["build", "--release", "--locked", "--message-format", "json-render-diagnostics"]);
    let outcome = cargo.args(["-p", "serde", "-p", "serde_json", "-p", "serde_derive"]).outcome().success();
    let messages = outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("cargo writes JSON"));
    let artifacts = messages.filter(|message: &serde_json::Value| message["reason"] == "compiler-artifact");
    let file = |artifact: serde_json::Value| {
        let files = artifact["filenames"].as_array().expect("an artifact has files");
        let mut files = files.iter().filter_map(|file| file.as_str());
        let file = files.find(|file| file.ends_with(".rlib") || file.ends_with(std::env::consts::DLL_SUFFIX))?;
        Some((artifact["target"]["name"].as_str()?.replace('-', "_"), PathBuf::from(file)))
    };
    artifacts.filter_map(file).collect()
}

/// A call of rustc with the derives in one build or the other.
fn rustc(form: Form, source: &Path) -> Command {
    let path = if form == Form::Native { &BUILD.native } else { &BUILD.annotated };
    let mut rustc = Toolchain::get().rustc();
    rustc.cache(&Toolchain::get().work().join("cache"));
    rustc.arg(source).args(["--edition", "2021"]).args(use_macros(form, "serde_derive", path));
    for name in ["serde", "serde_json"] {
        let library = &BUILD.libraries[name];
        rustc.arg("--extern").arg(format!("{name}={}", library.display()));
        rustc.arg("-L").arg(library.parent().expect("it is in a directory").join("deps"));
        rustc.arg("-L").arg(library.parent().expect("it is in a directory"));
    }
    rustc
}

/// Annotating is all that a user does to such a module.
#[test]
fn annotating_appends_and_changes_nothing() {
    let module = std::fs::read(watt::serde_derive()).expect("the crate ships it");
    let annotated = std::fs::read(&BUILD.annotated).expect("it was just written");
    assert!(annotated.starts_with(&module) && annotated.len() > module.len());
}

/// Types of every kind that serde 1.0.137 accepts, most of them those of the end-to-end check of our own ABI.
#[test]
fn programs_do_the_same_with_the_module_and_natively() {
    let lab = Lab::new();
    let [wasm, native] = [("wasm", Form::Wasm), ("native", Form::Native)].map(|(name, form)| {
        rustc(form, Path::new("watt/types/main.rs")).arg("-o").arg(lab.join(name)).outcome().success();
        lab.run(name).success()
    });
    assert!(native.stdout.lines().count() > 80, "{native}");
    assert_eq!(wasm.stdout, native.stdout);
}

/// Errors point where they point natively: spans survive the wire.
#[test]
fn errors_are_the_same_with_the_module_and_natively() {
    let lab = Lab::new();
    let source = lab.write(
        "main.rs",
        "extern crate serde;
        use serde_derive::{Deserialize, Serialize};
        #[derive(Serialize)]
        struct Unknown { #[serde(nonsense = \"1\")] a: u8 }
        #[derive(Deserialize)]
        struct NoDefault { r#type: u8, #[serde(skip)] x: std::num::NonZeroU8 }
        #[derive(Deserialize)]
        union Union { a: u8 }
        fn main() {}",
    );
    let errors = |form| rustc(form, &source).arg("-o").arg(lab.join("main")).outcome().stderr;
    let native = errors(Form::Native);
    assert!(
        native.contains("unknown serde field attribute `nonsense`") && native.contains("derive for unions"),
        "{native}"
    );
    assert_eq!(errors(Form::Wasm), native);
}

/// The module's own identifiers are ASCII, and it says so by a panic: an error, and the next derive works.
#[test]
fn a_panic_of_the_module_is_an_error_with_its_message() {
    let lab = Lab::new();
    let source = lab.write(
        "main.rs",
        "extern crate serde;
        #[derive(serde_derive::Serialize)]
        struct Größe;
        #[derive(serde_derive::Serialize)]
        struct Size;
        fn main() { let _: &dyn Fn() = &|| drop(serde_json::to_string(&Size)); }",
    );
    let stderr = rustc(Form::Wasm, &source).arg("-o").arg(lab.join("main")).outcome().stderr;
    assert!(stderr.contains("help: message: \"Größe\" is not a valid Ident"), "{stderr}");
    assert!(stderr.contains("aborting due to 1 previous error"), "{stderr}");
}
