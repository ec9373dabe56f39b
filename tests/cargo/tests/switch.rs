//! Plain Cargo with the switch on: it does what the command does, for whatever people type and whatever others start.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use cargo_tests::{CargoOutcome as _, Kind, Site};
use tests::{Outcome, RustcExt as _};

const ON: &str = "[wasm-proc-macro]\nenabled = true\n";

/// A project with the switch, as it is after `cargo wasm-proc-macro init`.
fn site() -> Site {
    let site = Site::with_shared_store("packages/small");
    site.write(".cargo/config.toml", ON);
    site
}

fn said(outcome: &Outcome) -> &str {
    outcome.stdout.trim_end()
}

/// Every command that compiles, and those that only other programs call.
#[test]
fn the_switch_reaches_every_command_that_compiles() {
    let site = site();
    let run = site.plain(&["run", "-q"]).success();
    assert_eq!(said(&run), "hello from wasm: 42 [1, 4, 9, 16]");
    // An alias of the user's, and what the program is given.
    site.write(".cargo/config.toml", &format!("{ON}[alias]\ngo = [\"run\", \"-q\", \"--\"]\n"));
    assert_eq!(site.plain(&["go", "3"]).code, Some(3));
    let commands: [&[&str]; 9] = [
        &["check"],
        &["build"],
        &["test"],
        &["bench", "--no-run"],
        &["doc", "--no-deps"],
        &["rustc", "--", "--cap-lints=warn"],
        &["rustdoc"],
        &["fix", "--allow-no-vcs"],
        &["install", "--path", ".", "--root", "../installed"],
    ];
    for words in commands {
        let outcome = site.plain(words).success();
        let summary = outcome.summary();
        assert_eq!((summary.wasm, summary.native), (3, 0), "{words:?}\n{outcome}");
    }
    let installed = Command::new(site.beside("installed/bin/small")).outcome().success();
    assert_eq!(said(&installed), "hello from wasm: 42 [1, 4, 9, 16]");
}

/// What says nothing about it is as ever, and so is what says no.
#[test]
fn without_the_switch_macros_are_native() {
    let site = site();
    let off = site.cargo(Kind::Plain, &["run"]).env("CARGO_WASM_PROC_MACRO_ENABLED", "false").outcome().success();
    assert_eq!(said(&off), "hello from native: 42 [1, 4, 9, 16]");
    fs::remove_file(site.tree.join(".cargo/config.toml")).expect("it was written");
    let native = site.plain(&["run"]).success().does_not_say("from Wasm");
    assert_eq!(said(&native), "hello from native: 42 [1, 4, 9, 16]");
    for on in [&["--config", "wasm-proc-macro.enabled=true", "run", "-q"][..], &["run", "-q"]] {
        let mut call = site.cargo(Kind::Plain, on);
        if on[0] == "run" {
            call.env("CARGO_WASM_PROC_MACRO_ENABLED", "true");
        }
        assert_eq!(said(&call.outcome().success()), "hello from wasm: 42 [1, 4, 9, 16]", "{on:?}");
    }
}

/// A slip would leave macros native without a word.
#[test]
fn a_key_that_does_not_exist_is_an_error() {
    let site = site();
    site.write(".cargo/config.toml", "[wasm-proc-macro]\nenable = true\n");
    let outcome = site.plain(&["check"]).ends_with(101);
    let expected = "unknown key `wasm-proc-macro.enable` in";
    assert!(outcome.stderr.contains(expected) && outcome.stderr.contains("`enabled`"), "{outcome}");
    site.write(".cargo/config.toml", "[wasm-proc-macro]\nenabled = \"yes\"\n");
    let outcome = site.plain(&["check"]).ends_with(101);
    assert!(outcome.stderr.contains("wasm-proc-macro.enabled"), "{outcome}");
}

/// A test that calls Cargo, as those of trybuild do, and a build script that does.
#[test]
fn cargos_that_others_start_have_the_switch() {
    let site = site();
    site.write(
        "tests/nested.rs",
        r#"
        #[test]
        fn calls_cargo() {
            let mut cargo = std::process::Command::new(env!("CARGO"));
            cargo.args(["run", "-q", "--offline", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
            let said = cargo.env("CARGO_TARGET_DIR", env!("CARGO_TARGET_TMPDIR")).output().unwrap();
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            assert_eq!(said.stdout, b"hello from wasm: 42 [1, 4, 9, 16]\n");
        }
        "#,
    );
    let outcome = site.plain(&["test", "--test", "nested"]).success();
    assert_eq!(outcome.passed(), ["calls_cargo"]);
}

/// A package that is packed is built from its archive, in a workspace that Cargo makes up.
#[test]
fn what_is_packed_is_verified_with_modules() {
    let site = Site::publishable();
    site.plain(&["generate-lockfile"]).success();
    site.write(".cargo/config.toml", ON);
    let outcome = site.plain(&["package", "--allow-dirty"]).success();
    assert_eq!((outcome.summary().wasm, outcome.summary().native), (2, 0), "{outcome}");
    let outcome = site.plain(&["package", "--allow-dirty", "--list"]).success().does_not_say("from Wasm");
    assert!(outcome.stdout.contains("src/main.rs"), "{outcome}");
    // Of the workspace, and not of the one that Cargo makes up.
    site.write("wasm-proc-macro.toml", "[permissions.paste]\nnative = true\n");
    let outcome = site.plain(&["package", "--allow-dirty"]).success();
    assert_eq!((outcome.summary().wasm, outcome.summary().native), (1, 1), "{outcome}");
}

/// Each has macros of its own, and one is a macro crate that the other one uses: Cargo takes it from a registry that it makes up.
#[test]
fn several_packages_are_packed_at_once() {
    let site = Site::of("packages/small");
    let version = "small-macros = { path = \"macros\", version = \"0.1.0\" }\n";
    site.edit("Cargo.toml", "small-macros = { path = \"macros\" }\n", version);
    let publishable = "description = \"x\"\nlicense = \"MIT\"\n";
    site.edit("Cargo.toml", "publish = false\n", publishable);
    site.edit("macros/Cargo.toml", "publish = false\n", publishable);
    site.edit("macros/Cargo.toml", "[lib]\n", "[dependencies]\npaste = \"1\"\n\n[lib]\n");
    site.plain(&["generate-lockfile"]).success();
    site.write(".cargo/config.toml", ON);
    let package = ["package", "--workspace", "--allow-dirty"];
    // The macro crate uses one, and so the program does not, which has three.
    site.plain(&package)
        .success()
        .says("Used 1 macro from Wasm")
        .says("Used 3 macros from Wasm")
        .does_not_say("native");
    // None of them is built again, but for those of which Cargo makes the source anew.
    site.plain(&package).success().does_not_say("Building seq-macro");
}

/// Else a package could let its macros run natively.
#[test]
fn what_an_installed_package_says_of_itself_means_nothing() {
    let site = site();
    site.write("wasm-proc-macro.toml", "[permissions.paste]\nnative = true\n");
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=x", "-c", "user.email=x@y"]).args(words).current_dir(&site.tree).outcome().success()
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "x"]);
    let elsewhere = site.beside("elsewhere");
    fs::create_dir(&elsewhere).expect("a directory");
    let url = format!("file://{}", site.tree.display());
    let install = || {
        let mut install = site.cargo(Kind::Plain, &["install", "--git", &url, "--root", "installed", "--force"]);
        install.env("CARGO_WASM_PROC_MACRO_ENABLED", "true").current_dir(&elsewhere).outcome().success()
    };
    let outcome = install();
    assert_eq!((outcome.summary().wasm, outcome.summary().native), (3, 0), "{outcome}");
    // The directory in which Cargo is started is the user's.
    fs::copy(site.tree.join("wasm-proc-macro.toml"), elsewhere.join("wasm-proc-macro.toml")).expect("a copy");
    let outcome = install();
    assert_eq!((outcome.summary().wasm, outcome.summary().native), (2, 1), "{outcome}");
}

/// The lines that `init` writes are all that is needed.
#[test]
fn init_is_all_that_is_needed() {
    let site = Site::with_shared_store("packages/small");
    site.command(&["init"]).success();
    assert_eq!(site.read(".cargo/config.toml"), ON);
    assert_eq!(said(&site.plain(&["run", "-q"]).success()), "hello from wasm: 42 [1, 4, 9, 16]");
}

/// trybuild makes a workspace of its own below the target directory, and calls Cargo in it.
#[test]
fn trybuild_compiles_with_modules_and_with_what_the_project_grants() {
    let mut site = Site::with_shared_store("packages/tried");
    // Where the configuration of the project is found.
    site.target = site.tree.join("target");
    site.write(".cargo/config.toml", ON);
    let mut test = site.cargo(Kind::Plain, &["test", "--locked"]);
    let outcome = test.env("TRIED_WORD", "granted word").outcome().success();
    // What it expects to be said is what the macro says from Wasm, with the variable that is granted.
    assert_eq!(outcome.passed(), ["what_is_to_fail_fails"], "{outcome}");
    assert_eq!(outcome.summary().native, 0, "{outcome}");
}

/// An alias says what it says: what compiles nothing is not asked for a plan first, or it would be done for that.
#[test]
fn an_alias_for_what_compiles_nothing_is_left_alone() {
    let site = site();
    site.write(".cargo/config.toml", &format!("{ON}[alias]\nshow = [\"package\", \"--list\", \"--allow-dirty\"]\n"));
    let outcome = site.plain(&["show"]).success().does_not_say("from Wasm");
    assert_eq!(outcome.stdout.matches("src/main.rs").count(), 1, "{outcome}");
}

/// A package in one file is compiled as well.
#[test]
fn a_script_has_its_macros_from_wasm() {
    let site = site();
    let macros = site.tree.join("macros");
    let head = format!("---\n[dependencies]\nsmall-macros = {{ path = {macros:?} }}\n---\n");
    site.write("script.rs", &format!("{head}fn main() {{ println!(\"{{}}\", small_macros::built_for!()); }}\n"));
    let mut cargo = site.cargo(Kind::Plain, &["-Zscript", "-q", "./script.rs"]);
    let outcome = cargo.env("RUSTC_BOOTSTRAP", "1").outcome().success();
    assert_eq!(said(&outcome), "wasm", "{outcome}");
}

/// What was decided is remembered, and every change of what decided it is seen.
#[test]
fn what_is_remembered_is_what_would_be_decided() {
    let site = site();
    let says = |word: &str, wasm: usize, native: usize| {
        let outcome = site.plain(&["run"]).success();
        let built_for = if native == 3 { "native" } else { "wasm" };
        assert_eq!(said(&outcome), format!("{word} from {built_for}: 42 [1, 4, 9, 16]"), "{outcome}");
        assert_eq!((outcome.summary().wasm, outcome.summary().native), (wasm, native), "{outcome}");
        outcome
    };
    let kept = || fs::read_dir(site.target.join("wasm-proc-macro/decisions")).map_or(0, Iterator::count);
    let settled = |word: &str, wasm: usize, native: usize| {
        // A file that is written to while a run lasts counts as changed in the next one.
        thread::sleep(Duration::from_millis(200));
        for _ in 0..3 {
            says(word, wasm, native);
        }
        assert_eq!(kept(), 1);
    };
    settled("hello", 3, 0);
    site.edit("macros/src/lib.rs", "= \"hello\"", "= \"good day\"");
    says("good day", 3, 0);
    settled("good day", 3, 0);
    // What is granted, and what is not granted any more.
    site.write("wasm-proc-macro.toml", "[permissions.paste]\nnative = true\n");
    settled("good day", 2, 1);
    fs::remove_file(site.tree.join("wasm-proc-macro.toml")).expect("it was written");
    settled("good day", 3, 0);
    // A line that belongs to no macro is said each time.
    site.write("wasm-proc-macro.toml", "[permissions.nobody]\nenv = [\"X\"]\n");
    for _ in 0..3 {
        assert!(says("good day", 3, 0).stderr.contains("`nobody`"));
    }
    fs::remove_file(site.tree.join("wasm-proc-macro.toml")).expect("it was written");
    // A feature of a macro's, by its manifest, makes another module.
    site.edit("macros/Cargo.toml", "[lib]", "[features]\ndefault = [\"loud\"]\nloud = []\n\n[lib]");
    let greets = "format!(\"{:?}\", option_env!(\"WORD\").unwrap_or(if cfg!(feature = \"loud\") { \"HELLO\" } else { GREETING }))";
    site.edit("macros/src/lib.rs", "format!(\"{GREETING:?}\")", greets);
    settled("HELLO", 3, 0);
    // What is forgotten is found again.
    fs::remove_dir_all(site.target.join("wasm-proc-macro/stamps")).expect("what tells modules from others");
    says("HELLO", 3, 0);
    settled("HELLO", 3, 0);
    // A build script need not be named.
    site.write("macros/build.rs", "fn main() { println!(\"cargo::rustc-env=WORD=built\"); }");
    says("built", 3, 0);
}

/// Whoever asks for something says so however the decision came about, and in an example of the documentation.
#[test]
fn what_is_revoked_is_refused() {
    let mut site = Site::with_shared_store("packages/tried");
    site.target = site.tree.join("target");
    site.write(".cargo/config.toml", ON);
    // An item that is no error.
    site.edit(
        "macros/src/lib.rs",
        "compile_error!(\\\"{granted}, {BUILT_FOR}\\\");",
        "const _: &str = \\\"{granted}\\\";",
    );
    site.write("src/main.rs", "tried::refused!(); fn main() {}");
    let check = || site.cargo(Kind::Plain, &["check"]).env("TRIED_WORD", "word").outcome();
    for _ in 0..3 {
        check().success();
        thread::sleep(Duration::from_millis(200));
    }
    let granted = site.read("wasm-proc-macro.toml");
    fs::remove_file(site.tree.join("wasm-proc-macro.toml")).expect("it is there");
    for _ in 0..3 {
        let outcome = check().ends_with(101);
        assert!(outcome.stderr.contains("\n[permissions.tried-macros]\nenv = [\"TRIED_WORD\"]\n"), "{outcome}");
    }
    fs::remove_file(site.tree.join("src/main.rs")).expect("it was written");
    site.write("src/lib.rs", "/// ```\n/// tried::refused!();\n/// ```\npub use tried_macros::refused;\n");
    let test = || site.cargo(Kind::Plain, &["test", "--doc"]).env("TRIED_WORD", "word").outcome();
    for _ in 0..3 {
        let outcome = test().ends_with(101);
        assert!(outcome.stderr.contains("\n[permissions.tried-macros]\nenv = [\"TRIED_WORD\"]\n"), "{outcome}");
    }
    site.write("wasm-proc-macro.toml", &granted);
    test().success();
}

/// What a macro was made of last is not known where a file was written to while it was built, and nothing older may stand for it.
#[test]
fn what_is_not_known_is_not_remembered() {
    let site = site();
    let says = |word: &str| {
        thread::sleep(Duration::from_millis(200));
        let outcome = site.plain(&["run"]).success();
        assert_eq!(said(&outcome), format!("{word} from wasm: 42 [1, 4, 9, 16]"), "{outcome}");
    };
    for _ in 0..3 {
        says("hello");
    }
    site.edit("macros/src/lib.rs", "const GREETING: &str = \"hello\";", "mod words;\nuse words::GREETING;");
    let words = site.write("macros/src/words.rs", "pub const GREETING: &str = \"one\";\n");
    let tomorrow = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
    fs::File::options().append(true).open(words).and_then(|file| file.set_modified(tomorrow)).expect("a time is set");
    for _ in 0..3 {
        says("one");
    }
    site.write("macros/src/words.rs", "pub const GREETING: &str = \"two\";\n");
    says("two");
}

/// An example that is to fail may fail by what its macros are refused.
#[test]
fn an_example_that_is_to_fail_is_no_failure() {
    let mut site = Site::with_shared_store("packages/tried");
    site.target = site.tree.join("target");
    site.write(".cargo/config.toml", ON);
    fs::remove_file(site.tree.join("wasm-proc-macro.toml")).expect("it is there");
    site.write("src/lib.rs", "/// ```compile_fail\n/// tried::refused!();\n/// ```\npub use tried_macros::refused;\n");
    let mut test = site.cargo(Kind::Plain, &["test", "--doc"]);
    test.env("TRIED_WORD", "word").outcome().success().does_not_say("that is not granted");
}

/// What is installed is compiled in a place with a configuration of its own, but what the user has set counts.
#[test]
fn what_is_set_for_an_installed_package_is_not_remembered_otherwise() {
    let site = site();
    site.write("wasm-proc-macro.toml", "[permissions.paste]\nnative = true\n");
    let install = || site.plain(&["install", "--path", ".", "--root", "../installed", "--force"]);
    for _ in 0..3 {
        let outcome = install().success();
        assert_eq!((outcome.summary().wasm, outcome.summary().native), (2, 1), "{outcome}");
        thread::sleep(Duration::from_millis(200));
    }
    site.write(".cargo/config.toml", &format!("{ON}forbid-native = true\n"));
    install().ends_with(101).says("`--forbid-native` does not let it run natively");
}
