//! `pack` and `verify`: modules that a project brings along, and that the same sources give the same bytes everywhere.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use cargo_tests::projects::home;
use cargo_tests::site::of_these_programs;
use cargo_tests::{CargoOutcome as _, Kind, Site, Summary, copy, store};
use serde::{Deserialize, Serialize};
use stubgen::module::Digest;
use tests::{RustcExt as _, Toolchain};

/// Macro crates that people use, of the lock file of `tests/parity/crates`.
const PACKED: [&str; 10] = [
    "displaydoc",
    "futures-macro",
    "async-stream-impl",
    "async-trait",
    "clap_derive",
    "derive_more-impl",
    "pin-project-internal",
    "serde_derive",
    "thiserror-impl",
    "tokio-macros",
];

/// Packs macros in a copy of the package of `tests/parity/crates`; returns the modules by package.
fn pack<'a>(packages: &[&'a str], site: &Site, cargo_home: &Path) -> BTreeMap<&'a str, Vec<u8>> {
    let out = site.beside("out");
    let pack = |package: &&'a str| {
        let mut cargo = site.cargo(Kind::Command, &["pack", "--locked", "--offline", "-p", package, "-o"]);
        let outcome = cargo.arg(&out).env("CARGO_HOME", cargo_home).outcome().success();
        let lines: Vec<&str> = outcome.stdout.lines().collect();
        let [line] = lines[..] else { panic!("not one line on standard output:\n{outcome}") };
        let (file, digest) = pinned(line);
        let bytes =
            fs::read(site.tree.join(file)).unwrap_or_else(|error| panic!("cannot read `{file}`: {error}\n{outcome}"));
        assert_eq!(Digest::of(&bytes).to_string(), digest, "{outcome}");
        (*package, bytes)
    };
    packages.iter().map(pack).collect()
}

/// Path and digest in `NAME = { path = "…", sha256 = "…" }`.
fn pinned(line: &str) -> (&str, &str) {
    let mut words = line.split('"').skip(1).step_by(2);
    let words = if line.starts_with('"') { words.nth(1).zip(words.next()) } else { words.next().zip(words.next()) };
    words.unwrap_or_else(|| panic!("this is no line for `wasm-proc-macro.toml`: {line}"))
}

/// The copy of the parity crates, whose lock file has all that is packed.
fn parity_crates() -> Site {
    let site = Site::of("packages/no-macros");
    fs::remove_dir_all(&site.tree).unwrap();
    for file in ["Cargo.toml", "Cargo.lock", "lib.rs"] {
        let from = copy::own("../parity/crates").join(file);
        fs::create_dir_all(&site.tree).unwrap();
        fs::copy(&from, site.tree.join(file))
            .unwrap_or_else(|error| panic!("cannot copy `{}`: {error}", from.display()));
    }
    site
}

/// Another home for Cargo, with the packages of the usual one: the archives are linked, and unpacked there once more.
fn other_home(site: &Site) -> std::path::PathBuf {
    let other = site.beside("another-home");
    let registry = other.join("registry");
    fs::create_dir_all(&registry).unwrap();
    for name in ["cache", "index"] {
        symlink(home().join("registry").join(name), registry.join(name)).unwrap();
    }
    other
}

/// Modules that were packed, and the directories in which that was done.
#[derive(Serialize, Deserialize)]
struct Packed {
    modules: BTreeMap<String, Vec<u8>>,
    tree: PathBuf,
    home: PathBuf,
}

/// What an earlier run of the tests has packed with the same compiler, Cargo and command from the same lock file, else what is packed
/// now and kept for the next run.
fn packed_before(packages: &[&str]) -> Packed {
    let site = parity_crates();
    let key = Digest::of(format!("{packages:?} {}", site.read("Cargo.lock")).as_bytes());
    let kept = of_these_programs("packed").join(format!("{key}.json"));
    if let Ok(text) = fs::read(&kept) {
        return serde_json::from_slice(&text).unwrap_or_else(|error| panic!("`{}`: {error}", kept.display()));
    }
    site.fetch();
    let modules = pack(packages, &site, &home()).into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    let packed = Packed { modules, tree: site.tree.clone(), home: home() };
    let aside = site.beside("packed.json");
    fs::write(&aside, serde_json::to_vec(&packed).unwrap()).unwrap();
    fs::create_dir_all(kept.parent().unwrap()).and_then(|()| fs::rename(aside, &kept)).unwrap();
    packed
}

/// Neither project nor home nor target directory nor time are in a module, nor the place of the toolchain.
fn pack_twice(packages: &[&str]) {
    let (first, mut second) = (packed_before(packages), parity_crates());
    second.fetch();
    // Not only another name, but another length and depth.
    second.target = second.beside("a/much/deeper/place/for/the/target/directory");
    let other_home = other_home(&second);
    let twos = pack(packages, &second, &other_home);
    for package in packages {
        let (one, two) = (&first.modules[*package], &twos[package]);
        assert!(
            one == two,
            "`{package}` differs, {} and {} bytes, first at {:?}",
            one.len(),
            two.len(),
            difference(one, two)
        );
        let build = Toolchain::get().work().ancestors().nth(2).expect("BUILD/tests/IDENTITY");
        for path in [&first.tree, &second.tree, &first.home, &home(), &other_home, build] {
            let path = path.to_str().expect("paths are UTF-8").as_bytes();
            assert!(!one.windows(path.len()).any(|window| window == path), "`{package}` contains a path");
        }
    }
    assert!(other_home.join("registry/src").exists(), "the other home was not used");
}

#[test]
fn two_macros_packed_twice_are_the_same() {
    pack_twice(&PACKED[..2]);
}

#[test]
#[ignore = "it takes minutes: `./x.py test cargo --all`"]
fn ten_macros_packed_twice_are_the_same() {
    pack_twice(&PACKED);
}

fn difference(one: &[u8], two: &[u8]) -> Option<usize> {
    one.iter().zip(two).position(|(one, two)| one != two)
}

/// A project with a pinned module of paste.
fn with_pin() -> (Site, String) {
    let site = Site::of("packages/small");
    let outcome = site.command(&["pack", "-p", "paste", "--out-dir", "modules", "--locked"]).success();
    assert!(site.tree.join("modules/paste-1.0.15.wasm").exists(), "{outcome}");
    let line = outcome.stdout.trim_end().to_owned();
    assert_eq!(pinned(&line).0, "modules/paste-1.0.15.wasm", "{outcome}");
    site.write("wasm-proc-macro.toml", &format!("[modules]\n{line}\n"));
    (site, line)
}

#[test]
fn a_pinned_module_is_used_and_not_built() {
    let (mut site, _) = with_pin();
    // Elsewhere than where it was built.
    (site.store, site.target) = (site.beside("other-store"), site.beside("other-target"));
    let before = site.snapshot();
    let outcome = site.command(&["test", "--locked", "--forbid-native"]).success();
    assert_eq!(outcome.passed().len(), 3);
    assert_eq!(outcome.summary(), Summary { wasm: 3, pinned: 1, ..Summary::default() }, "{outcome}");
    assert!(!outcome.built_for_wasm().contains(&"paste 1.0.15".to_owned()), "{outcome}");
    assert_eq!(store::packages(&site.store), ["seq-macro 0.3.6"]);
    site.snapshot().assert_is(&before, "the command");
    // From the source, `verify` makes the same.
    let verified = site.command(&["verify", "--locked"]).success();
    assert!(verified.stdout.contains("paste v1.0.15: identical"), "{verified}");
    site.snapshot().assert_is(&before, "verify");
}

/// The error shows both digests, and nothing is built.
#[test]
fn a_pinned_module_of_another_digest_is_an_error() {
    let (mut site, line) = with_pin();
    (site.store, site.target) = (site.beside("other-store"), site.beside("other-target"));
    let digest = pinned(&line).1;
    let wrong = digest.chars().rev().collect::<String>();
    site.edit("wasm-proc-macro.toml", digest, &wrong);
    let outcome = site.command(&["build", "--locked"]).ends_with(101);
    assert!(outcome.stderr.contains(digest) && outcome.stderr.contains(&wrong), "{outcome}");
    assert!(!site.target.join("debug/deps").exists() && store::modules(&site.store).is_empty(), "{outcome}");

    // A changed module is the same thing.
    site.edit("wasm-proc-macro.toml", &wrong, digest);
    let module = site.tree.join("modules/paste-1.0.15.wasm");
    let good = fs::read(&module).unwrap();
    let mut bad = good.clone();
    bad.push(0);
    fs::write(&module, &bad).unwrap();
    let outcome = site.command(&["build", "--locked"]).ends_with(101);
    assert!(outcome.stderr.contains(digest) && outcome.stderr.contains(&Digest::of(&bad).to_string()), "{outcome}");
    fs::write(&module, good).unwrap();
    site.command(&["build", "--locked"]).success();
}

/// Wherever the user has Cargo build: what lies there is not what is compared.
#[test]
fn verify_builds_where_nothing_was_built_before() {
    let (site, line) = with_pin();
    let verified = site.command(&["verify", "--locked", "--target-dir", "elsewhere"]).success();
    assert!(verified.stdout.contains("paste v1.0.15: identical"), "{verified}");

    let build_dir = site.beside("build-dir");
    let run = |words: &[&str]| site.cargo(Kind::Command, words).env("CARGO_BUILD_BUILD_DIR", &build_dir).outcome();
    fs::remove_dir_all(&site.store).unwrap();
    run(&["pack", "-p", "paste", "--out-dir", "modules", "--locked"]).success();
    let mut bytes = fs::read(site.tree.join("modules/paste-1.0.15.wasm")).unwrap();
    bytes.extend([0, 5, 4, b'm', b'o', b'r', b'e']);
    let mut built = tests::command::files(&build_dir);
    built.retain(|path| path.extension().is_some_and(|it| it == "wasm"));
    let [module] = &built[..] else { panic!("not one module was built: {built:?}") };
    for path in [build_dir.join(module), site.tree.join("modules/paste-1.0.15.wasm")] {
        fs::write(path, &bytes).unwrap();
    }
    site.edit("wasm-proc-macro.toml", pinned(&line).1, &Digest::of(&bytes).to_string());
    let verified = run(&["verify", "--locked"]).ends_with(1);
    assert!(verified.stdout.contains("paste v1.0.15: different"), "{verified}");
}

/// A module that is pinned, but not made from that source, is found out by `verify` only.
#[test]
fn verify_finds_a_module_that_is_made_of_something_else() {
    let (site, line) = with_pin();
    let verified = site.command(&["verify", "--locked"]).success();
    assert!(verified.stdout.contains("paste v1.0.15: identical"), "{verified}");

    let module = site.tree.join("modules/paste-1.0.15.wasm");
    let mut bytes = fs::read(&module).unwrap();
    // Another custom section at the end: still a module.
    bytes.extend([0, 5, 4, b'm', b'o', b'r', b'e']);
    fs::write(&module, &bytes).unwrap();
    site.edit("wasm-proc-macro.toml", pinned(&line).1, &Digest::of(&bytes).to_string());
    site.command(&["test", "--locked", "--forbid-native"]).success();
    let verified = site.command(&["verify", "--locked"]).ends_with(1);
    assert!(verified.stdout.contains("paste v1.0.15: different"), "{verified}");
}
