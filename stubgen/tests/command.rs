//! The command: its outputs, its exit codes, and that it loses nothing.

#![cfg(feature = "cli")]

mod common;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use common::{I32, TestModule, command, demo, good, stubgen};
use serde_json::Value;
use stubgen::cache::{Cache, Key, Kind};
use stubgen::module::{Digest, ModuleInfo};

/// The standard error of a run that must fail with exit code 1.
fn bad(dir: &Path, args: &[&str]) -> String {
    let output = stubgen(dir, args);
    assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{args:?}: {output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("error: "), "{text}");
    text
}

#[test]
fn inspect_shows_a_module() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = demo().build();
    fs::write(dir.path().join("x.wasm"), &bytes).unwrap();
    let text = good(dir.path(), &["inspect", "x.wasm"]);
    for part in [
        &format!("sha256    {}\n", Digest::of(&bytes)) as &str,
        &format!("size      {} bytes\n", bytes.len()),
        "crate     demo_macros 1.2.3 (edition 2021)\n",
        "compiler  rustc 1.96.0 (test)\n",
        "  #[derive(Demo)] with #[demo] #[other] by derive_demo\n",
        "  #[wrap] by wrap\n",
        "  make! by make\n",
        "  rustc_proc_macro.take: function (i32) -> ()\n",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn inspect_writes_json() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = demo().build();
    fs::write(dir.path().join("x.wasm"), &bytes).unwrap();
    let json: Value = serde_json::from_str(&good(dir.path(), &["inspect", "--json", "x.wasm"])).unwrap();
    assert_eq!(json["sha256"], Digest::of(&bytes).to_string());
    assert_eq!(json["size"], bytes.len());
    assert_eq!(json["abi"], 1);
    assert_eq!(json["crate"], "demo_macros");
    assert_eq!(json["version"], "1.2.3");
    assert_eq!(json["edition"], "2021");
    assert_eq!(json["compiler"], "rustc 1.96.0 (test)");
    let macros = serde_json::json!([
        { "kind": "derive", "name": "Demo", "function": "derive_demo", "helpers": ["demo", "other"] },
        { "kind": "attr", "name": "wrap", "function": "wrap" },
        { "kind": "bang", "name": "make", "function": "make" },
    ]);
    assert_eq!(json["macros"], macros);
    assert_eq!(json["imports"].as_array().unwrap().len(), 4);
    assert_eq!(json["exports"][1], serde_json::json!({ "name": "memory", "type": "memory of 32-bit addresses" }));
}

#[test]
fn failures_say_what_is_wrong_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let text = bad(dir.path(), &["inspect", "none.wasm"]);
    assert!(text.starts_with("error: could not read `none.wasm`: "), "{text}");
    fs::write(dir.path().join("bare.wasm"), TestModule { sections: vec![], ..demo() }.build()).unwrap();
    assert_eq!(
        bad(dir.path(), &["inspect", "bare.wasm"]),
        "error: `bare.wasm` cannot be used as procedural macros\n\
         note: the module has no custom section `.rustc_proc_macro_decls`\n\
         help: build it with `rustc --crate-type proc-macro --target wasm32-wasip1`, or add the section with `stubgen annotate`\n"
    );
    assert_eq!(stubgen(dir.path(), &["inspect"]).status.code(), Some(2), "a wrong command line");
}

#[test]
fn emit_writes_a_package_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("my-macros.wasm"), demo().build()).unwrap();
    assert_eq!(good(dir.path(), &["emit", "my-macros.wasm", "-o", "stub"]), "");
    assert!(fs::read_to_string(dir.path().join("stub/src/lib.rs")).unwrap().contains("`my-macros.wasm`"));
    assert!(fs::read_to_string(dir.path().join("stub/Cargo.toml")).unwrap().contains("proc-macro = true"));

    fs::write(dir.path().join("cut.wasm"), &demo().build()[..100]).unwrap();
    bad(dir.path(), &["emit", "cut.wasm", "-o", "other"]);
    assert!(!dir.path().join("other").exists());
    fs::write(dir.path().join("file"), "mine").unwrap();
    bad(dir.path(), &["emit", "my-macros.wasm", "-o", "file"]);
    assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"mine");
}

/// The order of the options is the order of the macros, whatever their kinds.
#[test]
fn annotate_declares_macros_in_the_order_of_the_options() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("my-macros.wasm"), TestModule { sections: vec![], ..demo() }.build()).unwrap();
    let args = [
        "annotate",
        "my-macros.wasm",
        "--bang",
        "b:b",
        "--derive",
        "D:d:h,i",
        "--attr",
        "a:a",
        "--derive=E:e",
        "--bang",
        "c:c",
    ];
    assert_eq!(good(dir.path(), &[&args[..], &["-o", "out.wasm"]].concat()), "");
    let info = ModuleInfo::parse(&fs::read(dir.path().join("out.wasm")).unwrap()).unwrap();
    assert_eq!(info.declarations.iter().map(|macro_| macro_.name()).collect::<Vec<_>>(), ["b", "D", "a", "E", "c"]);
    assert_eq!(info.declarations[1].helpers(), ["h", "i"]);
    assert_eq!(
        (info.abi.krate.as_str(), info.abi.version.as_str(), info.abi.edition.as_str()),
        ("my_macros", "0.0.0", "2021")
    );

    let more = ["--crate-name", "n", "--crate-version", "3.2.1", "--edition", "2015", "-o", "my-macros.wasm"];
    good(dir.path(), &[&args[..], &more].concat());
    let info = ModuleInfo::parse(&fs::read(dir.path().join("my-macros.wasm")).unwrap()).unwrap();
    assert_eq!((info.abi.krate.as_str(), info.abi.version.as_str(), info.abi.edition.as_str()), ("n", "3.2.1", "2015"));
}

#[test]
fn annotate_that_fails_keeps_what_stood_there() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("whole.wasm"), demo().build()).unwrap();
    fs::write(dir.path().join("watt.wasm"), watt().build()).unwrap();
    fs::write(dir.path().join("out.wasm"), "mine").unwrap();
    let text = bad(dir.path(), &["annotate", "whole.wasm", "--bang", "a:a", "-o", "out.wasm"]);
    assert!(text.contains("has a custom section `.rustc_proc_macro_decls` already"), "{text}");
    let text = bad(dir.path(), &["annotate", "watt.wasm", "--bang", "a:absent", "-o", "out.wasm"]);
    assert!(text.contains("exports no function `absent`"), "{text}");
    bad(dir.path(), &["annotate", "watt.wasm", "--bang", "a-b:make", "-o", "out.wasm"]);
    bad(dir.path(), &["annotate", "watt.wasm", "--bang", "a:make", "-o", "no/such/dir.wasm"]);
    assert_eq!(fs::read(dir.path().join("out.wasm")).unwrap(), b"mine");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "a temporary file was left");
}

fn watt() -> TestModule {
    TestModule {
        imports: vec![("watt-0.5", "token_stream_parse", vec![I32, I32], vec![I32])],
        run: None,
        decls_global: None,
        functions: vec!["raw_to_token_stream", "token_stream_into_raw", "make"],
        sections: vec![],
        ..demo()
    }
}

/// A module for watt says nothing of its macros, so the command says what to type, and that works as it stands.
#[test]
fn inspect_proposes_what_to_declare_in_a_module_for_watt() {
    let dir = tempfile::tempdir().unwrap();
    let mut module = watt();
    module.functions.extend(["derive_deserialize_seed", "clone_derive", "derive_", "no-name", "__internal"]);
    fs::write(dir.path().join("it's.wasm"), module.build()).unwrap();
    let text = bad(dir.path(), &["inspect", "it's.wasm"]);
    assert!(text.contains("the module has no custom section"), "{text}");
    let line = text.trim_end().lines().last().unwrap();
    assert_eq!(
        line,
        "stubgen annotate 'it'\\''s.wasm' --bang make:make --derive DeserializeSeed:derive_deserialize_seed \
         --derive Clone:clone_derive --bang derive_:derive_ -o 'it'\\''s.annotated.wasm'"
    );
    let line = line.replacen("stubgen", env!("CARGO_BIN_EXE_stubgen"), 1);
    let line = format!("{line} --crate-name its");
    assert!(Command::new("sh").arg("-c").arg(line).current_dir(dir.path()).status().unwrap().success());
    let text = good(dir.path(), &["inspect", "it's.annotated.wasm"]);
    assert!(text.contains("abi       1 for watt-0.5\n") && text.contains("#[derive(Clone)] by clone_derive"), "{text}");

    // A module of another kind without declarations is one to build anew.
    fs::write(dir.path().join("bare.wasm"), TestModule { sections: vec![], ..demo() }.build()).unwrap();
    assert!(!bad(dir.path(), &["inspect", "bare.wasm"]).contains("stubgen annotate bare"));
    module.functions.truncate(2);
    fs::write(dir.path().join("none.wasm"), module.build()).unwrap();
    assert!(bad(dir.path(), &["inspect", "none.wasm"]).contains("exports no function that could be a macro"));
}

/// Annotating checks functions, and not yet what else a module lacks.
#[test]
fn annotate_warns_of_what_the_compiler_will_refuse() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("watt.wasm"), watt().build()).unwrap();
    let output = stubgen(dir.path(), &["annotate", "watt.wasm", "--attr", "a:make", "-o", "out.wasm"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && text.starts_with("warning: ") && text.contains("`make` has the wrong type"),
        "{text}"
    );
    assert_eq!(good(dir.path(), &["annotate", "watt.wasm", "--bang", "a:make", "-o", "out.wasm"]), "");
}

#[test]
fn the_cache_is_tended() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("target/wasm-proc-macro"));
    let path = cache.publish(Kind::Stub, &Key::from_parts(["a"]), b"abc").unwrap();
    cache.publish(Kind::Module, &Key::from_parts(["a"]), b"abc").unwrap();
    let list = good(dir.path(), &["cache", "list"]);
    assert!(
        list.contains(&format!("stub    {}", Key::from_parts(["a"]))) && list.contains("2 entries, 54 bytes"),
        "{list}"
    );
    assert!(good(dir.path(), &["cache", "verify"]).contains("2 entries"));
    fs::write(&path, "damage").unwrap();
    let text = bad(dir.path(), &["cache", "verify"]);
    assert!(text.contains("1 entry of the cache is damaged") && text.contains("stub"), "{text}");
    assert!(good(dir.path(), &["cache", "list"]).contains("damaged"));
    assert_eq!(good(dir.path(), &["cache", "gc", "--max-age", "1"]), "removed 0 entries, 0 bytes\n");
    assert_eq!(good(dir.path(), &["cache", "gc", "--max-bytes", "20"]), "removed 1 entry, 27 bytes\n");
    cache.publish(Kind::Stub, &Key::from_parts(["a"]), b"abc").unwrap();
    assert_eq!(good(dir.path(), &["cache", "clear", "--dir", "target/wasm-proc-macro"]), "removed 1 entry, 27 bytes\n");
    assert!(!cache.dir().exists());
    fs::write(dir.path().join("mine"), "").unwrap();
    bad(dir.path(), &["cache", "clear", "--dir", "."]);
}

/// As in `cargo wasm-proc-macro store gc`: thirty days, unless something else is said.
#[test]
fn the_collector_goes_by_thirty_days_if_nobody_says() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("target/wasm-proc-macro"));
    for (name, days) in [("new", 0), ("good", 29), ("old", 31)] {
        let path = cache.publish(Kind::Stub, &Key::from_parts([name]), b"abc").unwrap();
        let used = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
        File::options().append(true).open(path).unwrap().set_modified(used).unwrap();
    }
    assert_eq!(good(dir.path(), &["cache", "gc", "--max-age", "40"]), "removed 0 entries, 0 bytes\n");
    assert_eq!(good(dir.path(), &["cache", "gc"]), "removed 1 entry, 27 bytes\n");
    assert!(!cache.path(Kind::Stub, &Key::from_parts(["old"])).exists());
    assert_eq!(good(dir.path(), &["cache", "gc", "--max-bytes", "27"]), "removed 1 entry, 27 bytes\n");
    assert!(cache.path(Kind::Stub, &Key::from_parts(["new"])).exists());
    let help = good(dir.path(), &["cache", "gc", "--help"]);
    assert!(help.contains("[default: 30]"), "{help}");
}

/// The compiler takes the variable for the default of its option, and an empty one for none.
#[test]
fn an_environment_variable_names_the_default_directory() {
    let dir = tempfile::tempdir().unwrap();
    for (name, entries) in [("shared", 1), ("named", 2), ("target/wasm-proc-macro", 3)] {
        for entry in 0..entries {
            Cache::new(dir.path().join(name)).publish(Kind::Stub, &Key::from_parts([[entry]]), b"abc").unwrap();
        }
    }
    let list = |value: &str, args: &[&str]| {
        let args = [&["cache", "list"], args].concat();
        let output = command(dir.path(), &args).env("RUSTC_WASM_PROC_MACRO_CACHE", value).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for (text, expected) in [
        (list("shared", &[]), "1 entry, 27 bytes in `shared`\n"),
        (list("shared", &["--dir", "named"]), "2 entries, 54 bytes in `named`\n"),
        (list("", &[]), "3 entries, 81 bytes in `"),
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}
