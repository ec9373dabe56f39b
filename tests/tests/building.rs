//! Building modules: the ways in which a macro crate may be compiled, and what a module must be whatever the way.

use std::fs;

use tests::{Lab, Outcome, RustcExt, wasm};

const MACROS: &str = r#"
extern crate proc_macro;
use proc_macro::TokenStream;

#[proc_macro]
pub fn length(input: TokenStream) -> TokenStream {
    format!("{}", input.into_iter().count()).parse().unwrap()
}

#[proc_macro]
pub fn panics(_input: TokenStream) -> TokenStream {
    panic!("said and {}", "done")
}

#[proc_macro_derive(Empty, attributes(empty))]
pub fn empty(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
"#;

/// Compiles the macro crate to `macros.wasm`.
fn build(lab: &Lab, arguments: &[&str]) -> Outcome {
    lab.write("macros.rs", MACROS);
    let mut rustc = lab.rustc_for_edition("2021");
    rustc.args(["macros.rs", "--crate-type", "proc-macro", "-o", "macros.wasm"]);
    rustc.args(arguments).outcome()
}

fn section(lab: &Lab, name: &str) -> String {
    let module = fs::read(lab.join("macros.wasm")).unwrap();
    let sections = wasm::sections(&module);
    let found: Vec<_> = sections.iter().filter(|section| section.name == Some(name)).collect();
    assert_eq!(found.len(), 1, "one section `{name}`");
    String::from_utf8(found[0].data.to_vec()).unwrap()
}

#[track_caller]
fn works(lab: &Lab, what: &str) {
    lab.write("main.rs", "#[derive(macros::Empty)] #[empty] pub struct S; fn main() { _ = S; println!(\"{}\", macros::length!(a b c)); }");
    let outcome = lab.rustc().args(["main.rs", "--wasm-proc-macro", "macros.wasm"]).outcome();
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{what}: {outcome}");
    assert_eq!(lab.run("main").success().stdout, "3\n", "{what}");
}

#[test]
fn sections_say_what_the_crate_declares() {
    let lab = Lab::new();
    build(&lab, &["--target", "wasm32-wasip1"]).success();
    assert_eq!(
        section(&lab, wasm::DECLS_SECTION),
        "bang:length:length\nbang:panics:panics\nderive:Empty:empty:empty\n"
    );
    let abi = section(&lab, wasm::ABI_SECTION);
    let lines: Vec<&str> = abi.lines().collect();
    assert_eq!(lines[..4], ["abi=1", "crate=macros", "version=0.0.0", "edition=2021"]);
    assert!(lines[4].starts_with("compiler=rustc 1."), "{abi}");
}

/// Cargo says the version by an environment variable.
#[test]
fn the_version_is_that_of_the_package() {
    let lab = Lab::new();
    lab.write("macros.rs", MACROS);
    let mut rustc = lab.rustc_for_edition("2018");
    rustc.args(["macros.rs", "--crate-type", "proc-macro", "--target", "wasm32-wasip1", "--emit=link,dep-info"]);
    rustc.args(["-o", "macros.wasm"]).env("CARGO_PKG_VERSION", "1.2.3-rc.1").outcome().success();
    assert!(section(&lab, wasm::ABI_SECTION).contains("version=1.2.3-rc.1\n"));
    assert!(section(&lab, wasm::ABI_SECTION).contains("edition=2018\n"));
    works(&lab, "with a version");
}

/// Optimized, stripped, small, with debug information, for both targets: the module works and has its sections.
#[test]
fn every_way_to_compile_a_macro_crate_gives_a_module_that_works() {
    let ways: [&[&str]; 9] = [
        &[],
        &["-O"],
        &["-C", "opt-level=s", "-C", "embed-bitcode=no"],
        &["-C", "strip=symbols"],
        &["-C", "strip=debuginfo", "-C", "codegen-units=1"],
        &["-g"],
        &["-C", "panic=abort"],
        &["-C", "panic=abort", "-O", "-C", "codegen-units=1", "-C", "strip=symbols"],
        &["-C", "incremental=incremental"],
    ];
    for target in ["wasm32-wasip1", "wasm32-unknown-unknown"] {
        for way in ways {
            let lab = Lab::new();
            let outcome = build(&lab, &[&["--target", target], way].concat());
            assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{outcome}");
            works(&lab, &format!("{target} {way:?}"));
        }
    }
}

/// A module whose panics abort cannot unwind, but the words come out.
#[test]
fn a_panic_that_aborts_has_its_message() {
    let lab = Lab::new();
    build(&lab, &["--target", "wasm32-wasip1", "-C", "panic=abort"]).success();
    lab.write("main.rs", "macros::panics!(); fn main() {}");
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--wasm-proc-macro", "macros.wasm"]).outcome().one_error().says("said and done");
}

/// A module can be rebuilt and compared: it depends on nothing but source and compiler.
#[test]
fn the_same_source_gives_the_same_module() {
    let modules = [Lab::new(), Lab::new()].map(|lab| {
        build(&lab, &["--target", "wasm32-wasip1", "-O"]).success();
        fs::read(lab.join("macros.wasm")).unwrap()
    });
    assert!(modules[0] == modules[1]);
}

/// `cargo check` and rustdoc do not link: then there is no module, and no error either.
#[test]
fn metadata_alone_is_no_error() {
    let lab = Lab::new();
    lab.write("macros.rs", MACROS);
    let mut rustc = lab.rustc();
    rustc.args(["macros.rs", "--crate-type", "proc-macro", "--target", "wasm32-wasip1", "--emit=metadata"]);
    rustc.outcome().success();
}

/// The sections are for macro crates only, and so is what the compiler would call.
#[test]
fn an_ordinary_module_has_nothing_of_a_macro_crate() {
    let lab = Lab::new();
    lab.write("lib.rs", "#[unsafe(no_mangle)] pub extern \"C\" fn f() -> i32 { println!(); 1 }");
    let mut rustc = lab.rustc();
    rustc.args(["lib.rs", "--crate-type", "cdylib", "--target", "wasm32-wasip1", "-o", "lib.wasm"]).outcome().success();
    let module = fs::read(lab.join("lib.wasm")).unwrap();
    let text = String::from_utf8_lossy(&module);
    assert!(!text.contains("rustc_proc_macro"), "an ordinary module says `rustc_proc_macro`");
}

/// A macro crate with an error of its own is refused as natively, and leaves no module.
#[test]
fn a_macro_crate_with_an_error_leaves_no_module() {
    let lab = Lab::new();
    lab.write("macros.rs", format!("{MACROS} pub fn not_a_macro() {{}}"));
    let mut rustc = lab.rustc();
    rustc.args(["macros.rs", "--crate-type", "proc-macro", "--target", "wasm32-wasip1", "-o", "macros.wasm"]);
    rustc.outcome().one_error().says("currently cannot export any items other than functions");
    assert!(!lab.join("macros.wasm").exists());
}

/// A macro crate may itself be written with macros from modules, and may become a module or a native library.
#[test]
fn a_macro_crate_may_use_macros_from_a_module() {
    let lab = Lab::new();
    build(&lab, &["--target", "wasm32-wasip1", "-O"]).success();
    let source = format!(
        "{} const THREE: usize = macros::length!(a b c);",
        MACROS.replace("input.into_iter().count()", "THREE + input.into_iter().count()")
    );
    lab.write("second.rs", source);
    lab.write("main.rs", "fn main() { println!(\"{}\", second::length!(a)); }");
    for (arguments, option) in [
        (&["--target", "wasm32-wasip1", "-o", "second.wasm"][..], ["--wasm-proc-macro", "second.wasm"]),
        (&["-o", "libsecond.so"][..], ["--extern", "second=libsecond.so"]),
    ] {
        let mut rustc = lab.rustc();
        rustc.args(["second.rs", "--crate-type", "proc-macro", "--wasm-proc-macro", "macros.wasm"]);
        rustc.args(arguments).outcome().success();
        lab.rustc().arg("main.rs").args(option).outcome().success();
        assert_eq!(lab.run("main").success().stdout, "4\n");
    }
}

/// Macros run on the host whatever the target of the program is.
#[test]
fn a_program_for_another_target_uses_the_same_module() {
    let lab = Lab::new();
    build(&lab, &["--target", "wasm32-wasip1"]).success();
    lab.write("main.rs", "fn main() { println!(\"{}\", macros::length!(a b)); }");
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--target", "wasm32-wasip1", "-o", "main.wasm", "--wasm-proc-macro", "macros.wasm"]);
    rustc.outcome().success();
}
