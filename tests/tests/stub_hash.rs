//! The stub's crate hash: it must depend on the module's content and its name, and on nothing else.

use std::fs;

use tests::{Lab, RustcExt};

/// A lab with a module, a library that hands on its macro, and a program that uses it.
fn lab_with_library(edition: &str, arguments: &[&str]) -> Lab {
    let lab = Lab::new();
    lab.module("speaker", "one/speaker");
    lab.write("lib.rs", "pub use speaker::speak;");
    lab.write("main.rs", "extern crate library; fn main() { println!(\"{}\", library::speak!()); }");
    let mut rustc = lab.rustc_for_edition(edition);
    rustc.args(["lib.rs", "--crate-type", "rlib", "--crate-name", "library", "--wasm-proc-macro", "one/speaker.wasm"]);
    rustc.args(arguments).outcome().success();
    lab
}

#[track_caller]
fn program_works(lab: &Lab, module: &[&str]) {
    lab.rustc().args(["main.rs", "--extern", "library=liblibrary.rlib"]).args(module).outcome().success();
    assert_eq!(lab.run("main").success().stdout, "the first speaker\n");
}

#[test]
fn the_module_may_move_between_library_and_program() {
    let lab = lab_with_library("2024", &[]);
    lab.module("speaker", "two/other_name");
    fs::remove_dir_all(lab.join("one")).unwrap();
    program_works(&lab, &["--wasm-proc-macro", "two/other_name.wasm"]);
    fs::create_dir(lab.join("three")).unwrap();
    fs::rename(lab.join("two/other_name.wasm"), lab.join("three/speaker.wasm")).unwrap();
    program_works(&lab, &["-L", "three"]);
    fs::rename(lab.join("three/speaker.wasm"), lab.join("three/speaker-0123456789abcdef.wasm")).unwrap();
    program_works(&lab, &["-L", "three"]);
    program_works(&lab, &["-L", "dependency=three"]);
}

/// The cache is cleared in between, so that the stub is compiled again, under other circumstances.
#[test]
fn flags_and_directory_do_not_enter_the_hash() {
    let variants: [&[&str]; 5] = [
        &["-O", "-C", "debuginfo=2"],
        &["--cfg", "feature=\"x\"", "-C", "link-dead-code"],
        &["-C", "metadata=abc", "--remap-path-prefix", "/=elsewhere"],
        &["-C", "target-cpu=native", "-C", "relocation-model=static"],
        &["-D", "warnings", "-F", "unsafe_code", "-C", "codegen-units=1"],
    ];
    for variant in variants {
        let lab = lab_with_library("2018", variant);
        fs::remove_dir_all(lab.join("cache")).unwrap();
        let elsewhere = lab.join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        let mut rustc = lab.rustc();
        rustc.current_dir(&elsewhere).args(["../main.rs", "-o", "../main", "--extern", "library=../liblibrary.rlib"]);
        rustc.args(["--wasm-proc-macro", "../one/speaker.wasm"]).outcome().success();
        assert_eq!(lab.run("main").success().stdout, "the first speaker\n", "{variant:?}");
    }
}

#[test]
fn the_environment_does_not_enter_the_hash() {
    let lab = lab_with_library("2024", &[]);
    fs::remove_dir_all(lab.join("cache")).unwrap();
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--extern", "library=liblibrary.rlib", "--wasm-proc-macro", "one/speaker.wasm"]);
    rustc
        .env("CARGO_PKG_VERSION", "9.9.9")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("SOURCE_DATE_EPOCH", "1")
        .outcome()
        .success();
}

/// A byte more in the module is another module, though its macros are the same.
#[test]
fn another_content_is_another_crate() {
    let lab = lab_with_library("2024", &[]);
    let mut module = fs::read(lab.join("one/speaker.wasm")).unwrap();
    // A custom section of one byte of name.
    module.extend_from_slice(&[0, 2, 1, b'x']);
    lab.write("one/speaker.wasm", &module);
    for option in [["--wasm-proc-macro", "one/speaker.wasm"], ["-L", "one"]] {
        let mut rustc = lab.rustc();
        rustc.args(["main.rs", "--extern", "library=liblibrary.rlib"]).args(option);
        rustc.outcome().one_error().says("speaker");
    }
}

/// Compiled on several threads, the stub is the same.
#[test]
fn threads_do_not_enter_the_hash() {
    let lab = lab_with_library("2024", &[]);
    fs::remove_dir_all(lab.join("cache")).unwrap();
    let mut rustc = lab.rustc();
    rustc.args([
        "main.rs",
        "-Zthreads=4",
        "--extern",
        "library=liblibrary.rlib",
        "--wasm-proc-macro",
        "one/speaker.wasm",
    ]);
    rustc.env("RUSTC_BOOTSTRAP", "1").outcome().success();
    assert_eq!(lab.run("main").success().stdout, "the first speaker\n");
}
