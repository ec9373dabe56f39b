//! Modules under the file names of native macro libraries: where a build system puts the one, it may put the other.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;

use tests::{Artifacts, Form, Lab, RustcExt, bad};

/// The name of a macro library as Cargo gives it.
fn library_name(krate: &str, extra: &str) -> String {
    format!("{DLL_PREFIX}{krate}{extra}{DLL_SUFFIX}")
}

/// Copies `there/libKRATEEXTRA.so` to the lab, and returns its path there.
fn place(lab: &Lab, source: &str, krate: &str, form: Form, extra: &str) -> String {
    let built = Artifacts::get().macros(source, form).unwrap();
    let path = format!("there/{}", library_name(krate, extra));
    lab.write(&path, fs::read(built).unwrap());
    path
}

/// Compiles a library of that name which hands on the macro of the `speaker` at `path`.
fn hand_on(lab: &Lab, name: &str, path: &str) {
    lab.write("library.rs", "pub use speaker::speak;");
    let mut rustc = lab.rustc();
    rustc.args(["library.rs", "--crate-type", "rlib", "--crate-name", name, "--extern", &format!("speaker={path}")]);
    assert_eq!(rustc.outcome().success().stderr, "");
}

/// Compiles and runs a program that prints what the macros of these libraries say; their macros are in `there`.
#[track_caller]
fn program_says(lab: &Lab, libraries: &[&str], said: &str) {
    let main = libraries.iter().map(|name| format!("println!(\"{{}}\", {name}::speak!());")).collect::<String>();
    lab.write("main.rs", format!("fn main() {{ {main} }}"));
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "-L", "dependency=there"]);
    for name in libraries {
        rustc.args(["--extern", &format!("{name}=lib{name}.rlib")]);
    }
    assert_eq!(rustc.outcome().success().stderr, "");
    assert_eq!(lab.run("main").success().stdout, said);
}

/// What `rustc --extern` is given is taken under any crate name.
#[test]
fn extern_takes_a_module_that_is_called_as_a_library() {
    for krate in ["speaker", "other"] {
        let lab = Lab::new();
        let path = place(&lab, "speaker", "speaker", Form::Wasm, "-0123456789abcdef");
        lab.write("main.rs", format!("fn main() {{ println!(\"{{}}\", {krate}::speak!()); }}"));
        lab.rustc().args(["main.rs", "--extern", &format!("{krate}={path}")]).outcome().success();
        assert_eq!(lab.run("main").success().stdout, "the first speaker\n");
    }
}

/// Build systems with a store of artifacts link to it, and what is in the store has no name to speak of.
#[cfg(unix)]
#[test]
fn a_link_to_a_module_without_a_name_of_its_own_is_taken() {
    for link in [&*library_name("speaker", ""), "speaker.wasm"] {
        let lab = Lab::new();
        let stored = place(&lab, "speaker", "speaker", Form::Wasm, "");
        fs::rename(lab.join(&stored), lab.join("there/9f86d081")).unwrap();
        std::os::unix::fs::symlink("there/9f86d081", lab.join(link)).unwrap();
        lab.write("main.rs", "fn main() { println!(\"{}\", speaker::speak!()); }");
        lab.rustc().args(["main.rs", "--extern", &format!("speaker={link}")]).outcome().success();
        assert_eq!(lab.run("main").success().stdout, "the first speaker\n", "{link}");
    }
}

/// `serde` hands on the macros of `serde_derive`, which its users find in `-L`.
#[test]
fn a_macro_that_a_library_hands_on_is_found() {
    let lab = Lab::new();
    let path = place(&lab, "speaker", "speaker", Form::Wasm, "-0123456789abcdef");
    hand_on(&lab, "first", &path);
    program_says(&lab, &["first"], "the first speaker\n");
}

/// Cargo keeps all versions of a crate in one directory, and only crate hashes tell which of them a library means.
#[test]
fn versions_in_one_directory_are_told_apart() {
    let lab = Lab::new();
    let first = place(&lab, "speaker", "speaker", Form::Wasm, "-aaa");
    let second = place(&lab, "speaker_changed", "speaker", Form::Wasm, "-bbb");
    hand_on(&lab, "first", &first);
    hand_on(&lab, "second", &second);
    program_says(&lab, &["first", "second"], "the first speaker\nthe changed speaker\n");
}

/// As above, where one of them is native, and with a crate beside them whose name starts in the same way.
#[test]
fn a_native_library_and_a_module_in_one_directory_are_told_apart() {
    let lab = Lab::new();
    let native = place(&lab, "speaker_changed", "speaker", Form::Native, "-aaa");
    let module = place(&lab, "speaker", "speaker", Form::Wasm, "-bbb");
    place(&lab, "plain", "speaker_plain", Form::Wasm, "-ccc");
    hand_on(&lab, "first", &module);
    hand_on(&lab, "second", &native);
    program_says(&lab, &["first", "second"], "the first speaker\nthe changed speaker\n");
}

/// What is in `-L` and cannot be read matters to nobody who does not need it.
#[test]
fn bad_modules_in_the_directory_do_not_disturb() {
    let lab = Lab::new();
    let path = place(&lab, "speaker", "speaker", Form::Wasm, "-aaa");
    let plain = fs::read(Artifacts::get().macros("plain", Form::Wasm).unwrap()).unwrap();
    for kind in ["empty", "noise", "header-cut", "cut-in-code", "ordinary", "no-declarations", "wrong-abi"] {
        lab.write(&format!("there/{}", library_name("speaker", kind)), bad::make(kind, &plain).unwrap());
    }
    hand_on(&lab, "first", &path);
    program_says(&lab, &["first"], "the first speaker\n");
}

/// A module that is named and cannot be used is refused with the reason, whatever it is called.
#[test]
fn a_bad_module_that_is_named_is_refused_with_the_reason() {
    let plain = fs::read(Artifacts::get().macros("plain", Form::Wasm).unwrap()).unwrap();
    for (kind, reason) in [
        ("ordinary", "the module has no custom section `.rustc_proc_macro_decls`"),
        ("wrong-abi", "module ABI"),
        ("noise", "metadata"),
    ] {
        let lab = Lab::new();
        let path = library_name("plain", "");
        lab.write(&path, bad::make(kind, &plain).unwrap());
        lab.write("main.rs", "plain::plain!(); fn main() {}");
        let mut rustc = lab.rustc();
        rustc.args(["main.rs", "--extern", &format!("plain={path}")]).outcome().errors().says(reason);
    }
}

/// What is no library by its name stays none: a module has to be called as one, or `.wasm`.
#[test]
fn other_file_names_are_refused() {
    let lab = Lab::new();
    let path = place(&lab, "speaker", "speaker", Form::Wasm, "");
    fs::rename(lab.join(&path), lab.join("speaker.bin")).unwrap();
    lab.write("main.rs", "fn main() { speaker::speak!(); }");
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--extern", "speaker=speaker.bin"]).outcome().errors().says("speaker.bin");
}
