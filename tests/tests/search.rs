//! Search directories: which of the files in them are taken for a macro crate, and which are not.

use std::fs;

use tests::{Artifacts, Form, Lab, RustcExt, bad};

/// A lab with a library that hands on a macro of `speaker`, and a program that uses it.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.module("speaker", "home/speaker");
    lab.write("lib.rs", "pub use speaker::speak;");
    lab.write("main.rs", "extern crate library; fn main() { println!(\"{}\", library::speak!()); }");
    let mut rustc = lab.rustc();
    rustc.args(["lib.rs", "--crate-type", "rlib", "--crate-name", "library", "--wasm-proc-macro", "home/speaker.wasm"]);
    rustc.outcome().success();
    lab
}

/// Compiles and runs the program with that directory on the search path.
#[track_caller]
fn works(lab: &Lab, search: &str) {
    lab.rustc().args(["main.rs", "--extern", "library=liblibrary.rlib", "-L", search]).outcome().success();
    assert_eq!(lab.run("main").success().stdout, "the first speaker\n");
}

#[test]
fn a_module_is_found_with_and_without_an_extra_name() {
    for name in ["speaker", "speaker-0123456789abcdef", "speaker-extra"] {
        let lab = lab();
        lab.module("speaker", &format!("there/{name}"));
        works(&lab, "there");
        works(&lab, "dependency=there");
        works(&lab, "all=there");
    }
}

/// Cargo keeps every build of a crate in one directory.
#[test]
fn what_is_no_module_or_another_one_does_not_disturb() {
    let lab = lab();
    let plain = fs::read(Artifacts::get().macros("plain", Form::Wasm).unwrap()).unwrap();
    for kind in ["empty", "noise", "text", "cut-in-code", "ordinary", "no-declarations", "wrong-abi", "unknown-import"]
    {
        lab.write(&format!("home/speaker-{kind}.wasm"), bad::make(kind, &plain).unwrap());
    }
    fs::create_dir(lab.join("home/speaker-directory.wasm")).unwrap();
    lab.module("speaker_changed", "home/speaker-changed");
    lab.module("plain", "home/speaker-of-another-name");
    lab.write("home/libspeaker.so", "not a library");
    works(&lab, "home");
}

/// A native build and a module of one crate are two crates; which one a library was built with is found out by the hash.
#[test]
fn a_native_build_beside_the_module_does_not_disturb() {
    let lab = lab();
    let native = Artifacts::get().macros("speaker", Form::Native).unwrap();
    fs::copy(native, lab.join("home/libspeaker.so")).unwrap();
    works(&lab, "home");
}

/// `extern crate` finds a module by its name alone, as it finds a library.
#[test]
fn extern_crate_finds_a_module_that_nobody_named() {
    let lab = Lab::new();
    lab.module("speaker", "there/speaker");
    lab.write("main.rs", "extern crate speaker; fn main() { println!(\"{}\", speaker::speak!()); }");
    lab.rustc().args(["main.rs", "-L", "there"]).outcome().success();
    assert_eq!(lab.run("main").success().stdout, "the first speaker\n");
}

/// Two that fit are one too many, as with libraries.
#[test]
fn extern_crate_refuses_to_choose_between_two() {
    let lab = Lab::new();
    lab.module("speaker", "there/speaker");
    lab.module("speaker_changed", "there/speaker-changed");
    lab.write("main.rs", "extern crate speaker; fn main() { println!(\"{}\", speaker::speak!()); }");
    lab.rustc().args(["main.rs", "-L", "there"]).outcome().one_error().says("speaker");
}
