//! The macro crates that people use, and many types for serde: each source of `tests/parity/crates/users` and of
//! `tests/differential` has the same outcome, metadata and expansion by both compilers.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use hosted_tests::{Surroundings, both_in, directory};
use parity::directives::Directives;
use serde_json::Value;
use tests::{Lab, RustcExt, Toolchain};

/// The package that names the crates.
const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../parity/crates");

/// Many types with serde's derives, and what they refuse.
const DIFFERENTIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../differential");

/// What Cargo says of a package when it calls the compiler.
const VARIABLES: [(&str, &str); 10] = [
    ("CARGO_CRATE_NAME", "user"),
    ("CARGO_PKG_AUTHORS", "A. Author:B. Author"),
    ("CARGO_PKG_DESCRIPTION", "What the package says of itself"),
    ("CARGO_PKG_HOMEPAGE", ""),
    ("CARGO_PKG_NAME", "user"),
    ("CARGO_PKG_VERSION", "4.5.6-alpha.1"),
    ("CARGO_PKG_VERSION_MAJOR", "4"),
    ("CARGO_PKG_VERSION_MINOR", "5"),
    ("CARGO_PKG_VERSION_PATCH", "6"),
    ("CARGO_PKG_VERSION_PRE", "alpha.1"),
];

/// Crate metadata of libraries and modules of macros, which the toolchain's own Cargo has made.
struct Libraries {
    /// By crate name.
    files: HashMap<String, PathBuf>,
    /// Where those are that they use.
    directories: Vec<PathBuf>,
}

static LIBRARIES: LazyLock<Libraries> = LazyLock::new(|| {
    let rustc = Toolchain::get().rustc_path();
    let host = Toolchain::get().rustc().arg("--print=host-tuple").outcome().success();
    let mut cargo = std::process::Command::new(rustc.with_file_name("cargo"));
    for (name, _) in tests::toolchain::clean_environment() {
        cargo.env_remove(name);
    }
    cargo.current_dir(PACKAGE).env("RUSTC", &rustc).env("CARGO_TARGET_DIR", directory().join("crates"));
    cargo.env("RUSTFLAGS", format!("--sysroot={}", directory().join("sysroot").display()));
    cargo.args(["check", "--locked", "--message-format=json", "--config", "wasm-proc-macro.enabled=true"]);
    let outcome = cargo.args(["--target", host.stdout.trim()]).outcome().success();
    let mut libraries = Libraries { files: HashMap::new(), directories: Vec::new() };
    for line in outcome.stdout.lines() {
        let message: Value = serde_json::from_str(line).expect("Cargo writes JSON");
        let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let is_wanted = |file: &&str| file.ends_with(".rmeta") || file.ends_with(".so");
        let (Some(file), Some(name)) = (files.into_iter().find(is_wanted), message["target"]["name"].as_str()) else {
            continue;
        };
        let file = PathBuf::from(file);
        let directory = file.parent().expect("it is in a directory").to_owned();
        if !libraries.directories.contains(&directory) {
            libraries.directories.push(directory);
        }
        libraries.files.insert(name.replace('-', "_"), file);
    }
    libraries
});

/// The sources in a directory, sorted.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", directory.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    files
}

/// What differs, in one line, for a source of the package in `directory`.
fn compare(
    directory: &Path,
    file: &Path,
    crates: &[String],
    edition: &str,
    flags: &[String],
    more: &[(String, String)],
) -> Vec<String> {
    let lab = Lab::new();
    let path = |path: &Path| path.to_str().expect("it is UTF-8").to_owned();
    let mut arguments = vec![path(file), "--crate-name=user".to_owned(), format!("--edition={edition}")];
    arguments.extend_from_slice(flags);
    for name in crates {
        let file = LIBRARIES.files.get(name).unwrap_or_else(|| panic!("Cargo has built no `{name}`"));
        arguments.extend(["--extern".to_owned(), format!("{name}={}", file.display())]);
    }
    for directory in &LIBRARIES.directories {
        arguments.extend(["-L".to_owned(), format!("dependency={}", directory.display())]);
    }
    let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    let mut environment: Vec<_> = VARIABLES.iter().map(owned).collect();
    environment.push(("CARGO_MANIFEST_DIR".to_owned(), path(directory)));
    let out_dir = directory.join("out_dir");
    if out_dir.exists() {
        environment.push(("OUT_DIR".to_owned(), path(&out_dir)));
    }
    environment.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    environment.extend_from_slice(more);
    let mut read = LIBRARIES.directories.clone();
    read.push(directory.to_owned());
    let surroundings = Surroundings { read, environment };

    let mut differing = Vec::new();
    for (kind, output) in [("--emit=metadata", Some("user.rmeta")), ("-Zunpretty=expanded", None)] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain([kind]).collect();
        let both = both_in(&lab, &surroundings, &arguments, output);
        let [hosted, native] =
            [&both.hosted, &both.native].map(|outcome| (outcome.code, &outcome.stdout, &outcome.stderr));
        if hosted != native {
            differing.push(format!("{} {kind}:\n{}\n{}", file.display(), both.hosted, both.native));
        } else if both.outputs[0] != both.outputs[1] {
            differing.push(format!("{} {kind}: the metadata differs", file.display()));
        }
    }
    differing
}

#[track_caller]
fn none(differing: &[String], of: usize) {
    assert!(differing.is_empty(), "{} of {of} differ\n{}", differing.len(), differing.join("\n\n"));
}

#[test]
fn users_of_macro_crates_have_the_same_outcome() {
    let mut differing = Vec::new();
    let mut compared = 0;
    let users = fs::read_dir(Path::new(PACKAGE).join("users")).expect("it is in the repository");
    for user in users.map(|user| user.expect("it can be read").path()) {
        let user = user.canonicalize().expect("it is there");
        for file in [sources(&user), sources(&user.join("rejected"))].concat() {
            let Directives { edition, flags, environment, macros, libraries, .. } =
                Directives::read(&file).unwrap_or_else(|error| panic!("{error}"));
            let crates = [libraries, macros.unwrap_or_default()].concat();
            differing.extend(compare(&user, &file, &crates, &edition, &flags, &environment));
            compared += 1;
        }
    }
    none(&differing, compared);
    assert!(compared >= 32, "only {compared} sources");
}

#[test]
fn types_for_serde_have_the_same_outcome() {
    let package = Path::new(DIFFERENTIAL).canonicalize().expect("it is in the repository");
    let crates = ["serde", "serde_json", "serde_derive"].map(str::to_owned);
    let sources = [vec![package.join("types/main.rs")], sources(&package.join("rejected"))].concat();
    let library = ["--crate-type=lib".to_owned()];
    let differing: Vec<_> = sources
        .iter()
        .flat_map(|file| {
            let flags = if file.ends_with("main.rs") { &[][..] } else { &library };
            compare(&package, file, &crates, "2021", flags, &[])
        })
        .collect();
    none(&differing, sources.len());
}
