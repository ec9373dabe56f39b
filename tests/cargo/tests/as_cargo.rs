//! What Cargo promises on its command line the command keeps: lock files, exit codes, messages, arguments.

use std::collections::BTreeSet;
use std::fs;

use cargo_tests::{CargoOutcome as _, Kind, Site, Summary};
use serde_json::Value;
use tests::{Outcome, RustcExt as _};

/// Both kinds of run, in copies of their own, after the same change.
fn both(name: &str, change: impl Fn(&Site)) -> (Site, Site) {
    let sites = (Site::of(name), Site::of(name));
    change(&sites.0);
    change(&sites.1);
    sites
}

/// The error without what Cargo says before it, and without paths of the copy.
fn error(site: &Site, outcome: &Outcome) -> String {
    let text = outcome.stderr.replace(&site.tree.display().to_string(), "TREE");
    match text.find("error:") {
        Some(start) => text[start..].to_owned(),
        None => panic!("there is no error:\n{outcome}"),
    }
}

/// A lock file that does not fit is Cargo's error, word for word, and stays as it is.
#[test]
fn a_lock_file_that_does_not_fit_is_cargo_s_error() {
    for option in ["--locked", "--frozen"] {
        let (native, wasm) =
            both("packages/small", |site| site.edit("Cargo.toml", "paste = \"1\"", "paste = \"=1.0.14\""));
        let before = wasm.snapshot();
        let expected = native.plain(&["build", option]).ends_with(101);
        let outcome = wasm.command(&["build", option]).ends_with(101);
        assert_eq!(error(&wasm, &outcome), error(&native, &expected), "{option}");
        wasm.snapshot().assert_is(&before, option);
        assert!(!wasm.target.join("debug/deps").exists(), "{option}: something was built\n{outcome}");
    }
}

/// A package that is not there must not be fetched with `--offline`, and not replaced by another.
#[test]
fn offline_is_offline() {
    let missing = |site: &Site| {
        site.fetch();
        site.edit("Cargo.lock", "version = \"1.0.15\"", "version = \"1.0.3\"");
        let text = site.read("Cargo.lock");
        let checksums = text.lines().filter(|line| !line.starts_with("checksum")).map(|line| format!("{line}\n"));
        site.write("Cargo.lock", &checksums.collect::<String>());
    };
    let (native, wasm) = both("packages/small", missing);
    let expected = native.plain(&["build", "--offline"]).ends_with(101);
    let outcome = wasm.command(&["build", "--offline"]).ends_with(101);
    assert_eq!(error(&wasm, &outcome), error(&native, &expected));
}

/// With a lock file that fits, these options change nothing.
#[test]
fn all_three_options_work() {
    let site = Site::with_shared_store("packages/small");
    site.fetch();
    let before = site.snapshot();
    for option in ["--locked", "--offline", "--frozen"] {
        let outcome = site.command(&["build", option, "--forbid-native"]).success();
        assert_eq!(outcome.summary().wasm, 3, "{outcome}");
        site.snapshot().assert_is(&before, option);
    }
}

/// Without a lock file there is one afterwards: that of plain Cargo, to the byte, although macros depend on other
/// packages for Wasm.
#[test]
fn a_new_lock_file_is_cargo_s() {
    let unlocked = |site: &Site| {
        site.fetch();
        fs::remove_file(site.tree.join("Cargo.lock")).unwrap();
    };
    let (native, wasm) = both("packages/small", unlocked);
    native.plain(&["build", "--offline"]).success();
    wasm.command(&["build", "--offline"]).success();
    assert_eq!(wasm.read("Cargo.lock"), native.read("Cargo.lock"));
}

#[test]
fn the_exit_code_is_cargo_s() {
    let site = Site::with_shared_store("packages/small");
    for (words, code) in [(vec!["run"], 0), (vec!["run", "--", "7"], 7), (vec!["run", "-q", "--", "101"], 101)] {
        site.command(&words).ends_with(code);
    }
    // A test that fails, in which case the program must not be taken for one that does not compile, and run twice.
    site.edit("src/main.rs", "[1, 4, 9, 16]);", "[1, 4, 9, 17]);");
    let failing = site.command(&["test"]).ends_with(101);
    assert_eq!(
        (failing.passed().len(), failing.failed()),
        (2, vec!["tests::lines_are_repeated".to_owned()]),
        "{failing}"
    );
    assert_eq!(failing.stdout.matches("running 3 tests").count(), 1, "{failing}");
    assert_eq!(failing.summary().wasm, 3);
    site.edit("src/main.rs", "[1, 4, 9, 17]);", "[1, 4, 9, 16]");
    for words in [vec!["build"], vec!["check"], vec!["test"], vec!["run"]] {
        let broken = site.command(&words).ends_with(101).does_not_say("panicked");
        assert!(broken.stderr.contains("error: could not compile `small`"), "{broken}");
    }
    for words in [vec!["build", "--no-such-option"], vec!["build", "-p", "nobody"], vec!["build", "--features", "none"]]
    {
        let code = site.plain(&words).code.expect("Cargo ends by itself");
        assert_ne!(code, 0);
        site.command(&words).ends_with(code);
    }
}

/// Programs read standard output: it has Cargo's messages and nothing else, also while modules are built.
#[test]
fn messages_as_json_stay_clean() {
    let (native, wasm) = both("packages/small", |_| ());
    let words = ["build", "--locked", "--message-format", "json"];
    let names = |outcome: &Outcome| -> Vec<(String, String)> {
        let messages = outcome
            .stdout
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")));
        let names = messages.map(|it| (it["reason"].to_string(), it["target"]["name"].to_string()));
        // That of paste, which nothing needs that comes from a module.
        let of_script =
            |(reason, name): &(String, String)| reason.contains("build-script") || name.contains("build-script");
        let mut names: Vec<_> = names.filter(|it| !of_script(it)).collect();
        names.sort();
        names
    };
    let expected = names(&native.plain(&words).success());
    for state in ["cold", "warm"] {
        let outcome = wasm.command(&words).success();
        assert_eq!(names(&outcome), expected, "{state}");
        assert_eq!(outcome.summary().wasm, 3);
    }
    for format in ["--message-format=json-render-diagnostics", "--message-format=short"] {
        let outcome = wasm.command(&["check", format]).success();
        assert!(outcome.stdout.lines().all(|line| line.starts_with('{')), "{outcome}");
    }
}

#[test]
fn a_project_without_macros_is_cargo_s_alone() {
    let site = Site::of("packages/no-macros");
    let before = site.snapshot();
    let outcome = site.command(&["run", "--locked"]).success();
    assert_eq!(outcome.stdout, "nothing to expand\n");
    assert!(!outcome.stderr.contains("wasm32-wasip1") && !outcome.stderr.contains("Used"), "{outcome}");
    assert_eq!(site.command(&["test", "--locked", "--forbid-native"]).success().passed(), ["tests::one_and_one"]);
    assert_eq!(site.plain(&["build", "--locked"]).success().compiled().len(), 0, "plain Cargo has it all");
    site.snapshot().assert_is(&before, "the command");
}

/// What the command tells Cargo and the compiler is not for the programs that they start.
#[test]
fn programs_see_the_environment_that_plain_cargo_gives_them() {
    let print = "fn main() { for (name, value) in std::env::vars() { println!(\"{name}={value}\"); } }";
    let (native, wasm) = both("packages/no-macros", |site| {
        site.write("src/main.rs", print);
    });
    let variables = |site: &Site, outcome: Outcome| -> BTreeSet<String> {
        let text = outcome.success().stdout.replace(&site.tree.display().to_string(), "TREE");
        let text = text
            .replace(&site.target.display().to_string(), "TARGET")
            .replace(&site.store.display().to_string(), "STORE");
        text.lines().map(str::to_owned).collect()
    };
    let expected = variables(&native, native.plain(&["run", "-q"]));
    let found = variables(&wasm, wasm.command(&["run", "-q"]));
    // Set for the command's sake, and harmless: one tells a Cargo that a program starts whose project its workspace is part of. The
    // two compilers are set for plain Cargo too, by another path to the toolchain.
    let known = ["RUSTC=", "RUSTDOC=", "RUSTC_WASM_PROC_MACRO_CACHE=", "__CARGO_WASM_PROC_MACRO_OUTER="];
    let allowed = |line: &&String| known.iter().any(|start| line.starts_with(start));
    let more: Vec<&String> = found.difference(&expected).filter(|line| !allowed(line)).collect();
    let fewer: Vec<&String> = expected.difference(&found).filter(|line| !allowed(line)).collect();
    assert!(more.is_empty() && fewer.is_empty(), "more: {more:#?}\nfewer: {fewer:#?}");
}

/// `check`, `doc` and `bench` exist, too; and every test of a documentation finds its macros.
#[test]
fn every_command_works() {
    let site = Site::with_shared_store("packages/small");
    for words in
        [&["check", "--all-targets"][..], &["doc", "--no-deps"], &["bench"], &["build", "--release"], &["c", "-q"]]
    {
        site.command(&[words, &["--forbid-native", "--locked"]].concat()).success();
    }
    assert!(site.target.join("doc/small/index.html").exists());
    // From elsewhere, by the manifest's path.
    let elsewhere = Site::of("packages/no-macros");
    let manifest = site.tree.join("Cargo.toml").display().to_string();
    let mut cargo = elsewhere.cargo(Kind::Command, &["run", "--quiet", "--manifest-path", &manifest]);
    cargo.env("CARGO_TARGET_DIR", &site.target);
    let outcome = cargo.outcome().success();
    assert_eq!(outcome.stdout, "hello from wasm: 42 [1, 4, 9, 16]\n");
    assert!(outcome.stderr.is_empty(), "{outcome}");
}

/// A target and flags of the user's are for the program. Macros are what they are without them, and come from the same
/// store.
#[test]
fn targets_and_flags_are_for_the_program() {
    let site = Site::with_shared_store("packages/small");
    site.command(&["build", "--locked"]).success();
    let uses_paste = "paste::paste! { fn [<a b>]() {} }";
    let main = "fn main() { ab(); println!(\"{} {}\", cfg!(marked), small_macros::built_for!()); }";
    site.write("src/main.rs", &[uses_paste, main].join("\n"));
    let host = host();
    for (target, flags, expected) in
        [(&[][..], "-C debuginfo=1 -A warnings", "false wasm\n"), (&["--target", &host], "--cfg marked", "true wasm\n")]
    {
        let mut cargo = site.cargo(Kind::Command, &["run", "--locked", "--forbid-native"]);
        let outcome = cargo.args(target).env("RUSTFLAGS", flags).outcome().success();
        assert_eq!(outcome.stdout, expected, "{outcome}");
        assert!(outcome.built_for_wasm().is_empty(), "{outcome}");
    }
    // A program for what macros are built for, too.
    let mut cargo = site.cargo(Kind::Command, &["build", "--locked", "--forbid-native", "--target", "wasm32-wasip1"]);
    let outcome = cargo.env("RUSTFLAGS", "--cfg marked").outcome().success();
    assert_eq!((outcome.summary().wasm, outcome.built_for_wasm()), (3, Vec::new()), "{outcome}");
    assert!(site.target.join("wasm32-wasip1/debug/small.wasm").exists(), "{outcome}");
}

/// A `cfg` of the user's reaches macros where it does natively, and the store has a module of its own for it.
#[test]
fn a_cfg_reaches_macros_as_natively() {
    let (native, wasm) = both("packages/small", |site| {
        let is_marked = "#[proc_macro]\npub fn is_marked(_: TokenStream) -> TokenStream { cfg!(marked).to_string().parse().unwrap() }\n";
        site.write("macros/src/lib.rs", &(site.read("macros/src/lib.rs") + is_marked));
        site.write("src/main.rs", "fn main() { println!(\"{} {}\", cfg!(marked), small_macros::is_marked!()); }");
    });
    let host = host();
    let by_config = ["--config", "build.rustflags = [\"--cfg\", \"marked\", \"--check-cfg=cfg(marked)\"]"];
    for (more, flags, expected) in [
        (&[][..], "", "false false\n"),
        (&[], "-A warnings --cfg marked", "true true\n"),
        (&["--target", &host], "--cfg=marked", "true false\n"),
        (&by_config, "", "true true\n"),
    ] {
        for (site, kind) in [(&native, Kind::Plain), (&wasm, Kind::Command)] {
            let mut cargo = site.cargo(kind, &["run", "--locked"]);
            if !flags.is_empty() {
                cargo.env("RUSTFLAGS", flags);
            }
            let outcome = cargo.args(more).outcome().success();
            assert_eq!(outcome.stdout, expected, "{more:?} {flags}\n{outcome}");
            if kind == Kind::Command {
                assert_eq!(outcome.summary().native, 0, "{outcome}");
            }
        }
    }
}

/// What a macro's build script keeps of the TARGET that it sees is what the macro says, so it must be the host's.
#[test]
fn build_scripts_of_macros_see_the_host() {
    let (native, wasm) = both("packages/small", |site| {
        let script = "fn main() { println!(\"cargo::rustc-env=BUILT_FOR={}\", std::env::var(\"TARGET\").unwrap()); }";
        site.write("macros/build.rs", script);
        let target = "#[proc_macro]\npub fn target(_: TokenStream) -> TokenStream { \
                      format!(\"{:?}\", env!(\"BUILT_FOR\")).parse().unwrap() }\n";
        site.write("macros/src/lib.rs", &(site.read("macros/src/lib.rs") + target));
        site.write("src/main.rs", "fn main() { println!(\"{}\", small_macros::target!()); }");
    });
    let expected = native.plain(&["run", "--locked"]).success().stdout;
    assert_eq!(expected.trim(), host());
    let outcome = wasm.command(&["run", "--locked"]).success();
    assert_eq!((outcome.stdout.as_str(), outcome.summary().native), (expected.as_str(), 0), "{outcome}");
}

/// These leave all of `proc_macro` out where TARGET or `cfg` says that they are built for WebAssembly.
#[test]
fn old_versions_of_syn_and_proc_macro2_are_built_whole() {
    let site = Site::of("packages/old-bridges");
    let outcome = site.command(&["run", "--locked"]).success();
    assert_eq!(outcome.stdout, "Name Name\n", "{outcome}");
    assert_eq!(outcome.summary(), Summary { wasm: 2, ..Summary::default() }, "{outcome}");
}

/// rust-analyzer asks for what runs at compile time and for nothing else. A store that has no module yet gets it, too.
#[test]
fn what_runs_at_compile_time_is_built_alone() {
    let site = Site::of("packages/small");
    let mut cargo = site.cargo(Kind::Command, &["check", "--all-targets", "--compile-time-deps", "-Zunstable-options"]);
    let outcome = cargo.env("__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS", "nightly").outcome().success();
    assert_eq!(outcome.summary(), Summary { wasm: 3, ..Summary::default() }, "{outcome}");
    assert!(!outcome.compiled().contains("small 0.1.0"), "{outcome}");
}

/// Macros are linked as always, whatever links the program: a module is the same in every project.
#[test]
fn the_linker_is_for_the_program() {
    let site = Site::of("packages/small");
    site.write(".cargo/config.toml", "[target.wasm32-wasip1]\nlinker = \"/no/such/linker\"\n");
    let outcome = site.command(&["check", "--locked", "--forbid-native", "--target", "wasm32-wasip1"]).success();
    assert_eq!(outcome.summary().wasm, 3, "{outcome}");
}

/// What a crate depends on for WebAssembly must not give macros features that they do not have in the project.
#[test]
fn dependencies_for_wasm_alone_choose_no_features() {
    let more = "[target.'cfg(target_family = \"wasm\")'.dependencies]\nsmall-macros = { path = \"PATH\", features = [\"more\"] }\n";
    let with_feature = |site: &Site| {
        site.write("macros/Cargo.toml", &(site.read("macros/Cargo.toml") + "\n[features]\nmore = []\n"));
    };
    let site = Site::with_shared_store("packages/small");
    with_feature(&site);
    site.write("Cargo.toml", &(site.read("Cargo.toml") + &more.replace("PATH", "macros")));
    let outcome = site.command(&["run", "--locked", "--forbid-native"]).success();
    assert!(outcome.stdout.starts_with("hello from wasm"), "{outcome}");
    assert_eq!(outcome.summary().wasm, 3, "{outcome}");

    // Crates for the host share their features with what macros are built from, so here there is no module, and nothing native for it.
    let site = Site::with_shared_store("packages/small");
    with_feature(&site);
    let helper = "[package]\nname = \"helper\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    site.write("helper/Cargo.toml", &[helper, &more.replace("PATH", "../macros")].concat());
    site.write("helper/src/lib.rs", "");
    site.write("build.rs", "fn main() {}");
    site.write("Cargo.toml", &(site.read("Cargo.toml") + "[build-dependencies]\nhelper = { path = \"helper\" }\n"));
    let outcome = site.command(&["run"]).ends_with(101);
    assert!(outcome.stderr.contains("error: no module was planned for small-macros v0.1.0"), "{outcome}");
    assert!(outcome.stderr.contains("[permissions.small-macros]\nnative = true\n"), "{outcome}");
    let outcome = site.command(&["run", "--native", "small-macros"]).success();
    assert!(outcome.stdout.starts_with("hello from native"), "{outcome}");
}

/// What stands in for a registry may have been changed, and changes again. Cargo itself looks at it once in a target directory.
#[test]
fn vendored_sources_are_the_project_s_own() {
    let site = Site::of("packages/small");
    site.command(&["build", "--locked"]).success();
    let outcome = site.plain(&["vendor", "--locked"]).success();
    site.write(".cargo/config.toml", &outcome.stdout);
    let source = site.read("vendor/seq-macro/src/lib.rs");
    let sums = site.read("vendor/seq-macro/.cargo-checksum.json");
    let sums: Value = serde_json::from_str(&sums).expect("Cargo wrote it");
    let sums = serde_json::json!({ "files": {}, "package": sums["package"] });
    site.write("vendor/seq-macro/.cargo-checksum.json", &sums.to_string());
    site.write("src/main.rs", "fn main() { println!(\"{}\", seq_macro::vendored!()); }");
    for number in ["1", "2"] {
        let more = "#[proc_macro]\npub fn vendored(_: TokenStream) -> TokenStream { \"NUMBER\".parse().unwrap() }\n";
        site.write("vendor/seq-macro/src/lib.rs", &[&source, &*more.replace("NUMBER", number)].concat());
        fs::remove_dir_all(&site.target).unwrap();
        let outcome = site.command(&["run", "--locked", "--offline", "--forbid-native"]).success();
        assert_eq!(outcome.stdout.trim(), number, "{outcome}");
    }
}

fn host() -> String {
    let outcome = tests::Toolchain::get().rustc().arg("-vV").outcome().success();
    let host = outcome.stdout.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("the compiler names its host").to_owned()
}

/// `-q` says nothing, `-v` says more; a summary stands at the end otherwise.
#[test]
fn as_much_is_said_as_asked_for() {
    let site = Site::with_shared_store("packages/small");
    let quiet = site.command(&["build", "-q"]).success();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let normal = site.command(&["build"]).success();
    assert_eq!(normal.summary(), Summary { wasm: 3, cached: 3, ..Summary::default() });
    // Another test may hold Cargo's locks.
    let lines: Vec<&str> = normal.stderr.lines().filter(|line| !line.contains("Blocking")).collect();
    assert!(lines.len() <= 2, "{normal}");
    let verbose = site.command(&["build", "-v"]).success();
    assert!(verbose.stderr.contains("Fresh paste"), "{verbose}");
    assert!(!quiet.stderr.contains('\u{1b}') && !normal.stderr.contains('\u{1b}'), "colours without a terminal");
}
