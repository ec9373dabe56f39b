//! Stubs compile in every edition, whatever the macros are called, and say what they must.

mod common;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs, io};

use common::{ABI, test_module, with_decls};
use stubgen::module::{Declaration, Digest, Edition, ModuleInfo};
use stubgen::stub::{Body, emit, source};

fn info(decls: &str) -> ModuleInfo {
    ModuleInfo::parse(&with_decls(decls)).unwrap()
}

fn rustc() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

fn panic_body() -> Body {
    Body::Panic { file_name: "a {b}\"\\\n.wasm".into() }
}

/// Compiles a stub to crate metadata, with warnings denied, and returns the file.
fn compile(dir: &Path, info: &ModuleInfo, edition: Edition, body: Body) -> std::path::PathBuf {
    let (input, output) = (dir.join("lib.rs"), dir.join("libdemo_macros.rmeta"));
    let source = source(info, body);
    fs::write(&input, &source).unwrap();
    let result = rustc()
        .args(["--crate-type", "proc-macro", "--emit=metadata", "--crate-name", "demo_macros", "-Dwarnings"])
        .args(["--edition", edition.as_str(), &format!("-Cmetadata={}", info.digest), "-o"])
        .args([&output, &input])
        .output()
        .unwrap();
    assert!(result.status.success(), "edition {edition}:\n{}\n{source}", stderr(&result));
    output
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn compiles_everywhere(decls: &str) {
    let dir = tempfile::tempdir().unwrap();
    for edition in Edition::ALL {
        for body in [Body::Empty, panic_body()] {
            compile(dir.path(), &info(decls), edition, body);
        }
    }
}

#[test]
fn stubs_compile_in_every_edition() {
    compiles_everywhere(
        "derive:Demo:derive_demo:demo,other,demo\nderive:plain:derive_plain\nattr:wrap:wrap\nbang:make:make\n",
    );
    compiles_everywhere("");
}

/// Every word that is a keyword in some edition, and words that only look like one, as every kind of name.
#[test]
fn keywords_are_names() {
    const WORDS: &str = "abstract as async await become box break const continue do dyn else enum extern false final fn for \
        gen if impl in let loop macro match mod move mut override priv pub ref return static struct trait true try type \
        typeof unsafe unsized use virtual where while yield auto default macro_rules raw safe union pin builtin";
    let mut decls = String::new();
    for (index, word) in WORDS.split_whitespace().enumerate() {
        _ = match index % 3 {
            0 => writeln!(decls, "derive:{word}:{word}:{word}"),
            1 => writeln!(decls, "attr:{word}:{word}\nderive:D{index}:f{index}:{word},x"),
            _ => writeln!(decls, "bang:{word}:{word}"),
        };
    }
    compiles_everywhere(&decls);
}

/// Macros called like what a stub, or the compiler's own additions to it, are made of.
#[test]
fn macros_may_have_the_names_that_stubs_use() {
    let names = "TokenStream core std proc_macro panic new str alloc test derive doc inline main u8 demo_macros Option";
    for kind in ["bang", "attr"] {
        let line = |name| format!("{kind}:{name}:{name}\n");
        compiles_everywhere(&names.split_whitespace().map(line).collect::<String>());
    }
    let line = |(index, name): (usize, &str)| {
        format!("derive:{name}:{}\n", ["f", "TokenStream", "core", "std"][index % 4].repeat(1 + index / 4))
    };
    compiles_everywhere(&names.split_whitespace().enumerate().map(line).collect::<String>());
    // With this name there is no attribute left with which to allow warnings.
    compiles_everywhere("attr:allow:allow\n");
    compiles_everywhere("derive:allow:f\n");
    compiles_everywhere("bang:allow:allow\nbang:Allow:Allow\n");
    // A derive's function may have the name of another macro in a module for another guest.
    let mut info = info("derive:A:x\nderive:B:y\nbang:z:z\nattr:derive_0:w\nderive:C:c\nderive:D:derive_2\n");
    for declaration in &mut info.declarations[..2] {
        share(declaration, "z");
    }
    compile(tempfile::tempdir().unwrap().path(), &info, Edition::Edition2021, Body::Empty);
}

/// Gives a derive the function of another macro.
fn share(declaration: &mut Declaration, name: &str) {
    match declaration {
        Declaration::Derive { function, .. } => *function = name.to_owned(),
        other => panic!("{other:?}"),
    }
}

/// The names of a stub's functions.
fn functions(source: &str) -> Vec<&str> {
    source.split("pub fn ").skip(1).filter_map(|rest| Some(rest.split_once('(')?.0)).collect()
}

/// In a module for watt one function may do any number of derives. Each has a name of its own in the stub, and no long one.
#[test]
fn stubs_do_not_grow_with_the_derives_that_share_a_function() {
    let decls = |count| (0..count).map(|index| format!("derive:D{index}:d{index}\n")).collect::<String>();
    let mut info = info(&decls(3));
    info.declarations.iter_mut().for_each(|declaration| share(declaration, "derive_0"));
    assert_eq!(functions(&source(&info, Body::Empty)), ["derive_0", "derive_1", "derive_2"]);

    let mut info = self::info(&decls(4000));
    info.declarations.iter_mut().for_each(|declaration| share(declaration, "all"));
    let source = source(&info, Body::Empty);
    assert!(source.len() < 4000 * 200, "{} bytes", source.len());
    assert_eq!(functions(&source).into_iter().collect::<HashSet<_>>().len(), 4000);
}

/// The checks of names must be as wide as rustc's: these are its own limits, told by compiling natively.
#[test]
fn names_with_which_no_crate_compiles_are_those_that_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["cfg", "cfg_attr", "proc_macro_attribute", "proc_macro", "proc_macro_derive", "derive", "test"] {
        let path = dir.path().join("lib.rs");
        let source = format!(
            "extern crate proc_macro; #[proc_macro_attribute] pub fn {name}(_: ::proc_macro::TokenStream, _: ::proc_macro::TokenStream) \
             -> ::proc_macro::TokenStream {{ loop {{}} }}"
        );
        fs::write(&path, source).unwrap();
        let output = rustc()
            .args(["--crate-type=proc-macro", "--edition=2021", "--emit=metadata", "-o"])
            .args([&dir.path().join("x.rmeta"), &path])
            .output()
            .unwrap();
        let accepted = ModuleInfo::parse(&with_decls(&format!("attr:{name}:{name}\n"))).is_ok();
        assert_eq!(accepted, output.status.success(), "{name}: {}", stderr(&output));
    }
}

#[test]
fn unicode_names_compile() {
    compiles_everywhere("derive:Größe:größe:höhe\nattr:名前:名前\nbang:ñandú:ñandú\nbang:Кот:Кот\n");
}

#[test]
fn three_thousand_macros_compile() {
    let mut decls = String::new();
    for index in 0..1000 {
        _ = writeln!(decls, "derive:D{index}:d{index}:h{index}\nattr:a{index}:a{index}\nbang:b{index}:b{index}");
    }
    let dir = tempfile::tempdir().unwrap();
    compile(dir.path(), &info(&decls), Edition::Edition2021, Body::Empty);
}

/// The source that the compiler uses must not change by itself: it goes into crate hashes.
#[test]
fn the_source_is_this() {
    let mut info = info("derive:Demo:derive_demo:demo,type\nattr:try:try\nbang:make:make\n");
    info.digest = Digest([0xab; 32]);
    let expected = format!(
        "#![allow(warnings)]\n\
         extern crate proc_macro;\n\
         const _: &str = \"{}\";\n\
         #[proc_macro_derive(Demo, attributes(demo, r#type))]\n\
         pub fn derive_demo(_: ::proc_macro::TokenStream) -> ::proc_macro::TokenStream {{ ::proc_macro::TokenStream::new() }}\n\
         #[proc_macro_attribute]\n\
         pub fn r#try(_: ::proc_macro::TokenStream, _: ::proc_macro::TokenStream) -> ::proc_macro::TokenStream {{ ::proc_macro::TokenStream::new() }}\n\
         #[proc_macro]\n\
         pub fn make(_: ::proc_macro::TokenStream) -> ::proc_macro::TokenStream {{ ::proc_macro::TokenStream::new() }}\n",
        "ab".repeat(32)
    );
    assert_eq!(source(&info, Body::Empty), expected);
}

/// The crate hash must follow the module's content, even with equal declarations and `-Cmetadata`.
#[test]
fn the_digest_ends_in_the_crate_hash() {
    let dir = tempfile::tempdir().unwrap();
    let crate_hash = |info: &ModuleInfo| {
        let (input, output) = (dir.path().join("lib.rs"), dir.path().join("libx.rmeta"));
        fs::write(&input, source(info, Body::Empty)).unwrap();
        let compiled = rustc()
            .args(["--crate-type=proc-macro", "--emit=metadata", "--crate-name=x", "-Cmetadata=same", "-o"])
            .args([&output, &input])
            .output()
            .unwrap();
        assert!(compiled.status.success(), "{}", stderr(&compiled));
        let listed = rustc().env("RUSTC_BOOTSTRAP", "1").arg("-Zls=root").arg(&output).output().unwrap();
        let text = String::from_utf8(listed.stdout).unwrap();
        text.lines().find(|line| line.starts_with("hash ")).unwrap_or_else(|| panic!("no hash: {text}")).to_owned()
    };
    let mut info = info("bang:make:make\n");
    let first = crate_hash(&info);
    assert_eq!(first, crate_hash(&info));
    info.digest.0[31] ^= 1;
    assert_ne!(first, crate_hash(&info));
}

/// A stub that left the compiler must not expand to nothing.
#[test]
fn emitted_stubs_fail_loudly_and_name_the_module() {
    let dir = tempfile::tempdir().unwrap();
    let info = info("derive:Demo:derive_demo:demo\nattr:wrap:wrap\nbang:make:make\n");
    emit(&info, dir.path(), Body::Panic { file_name: "my {macros}.wasm".into() }).unwrap();
    let library = dir.path().join(format!("{}demo_macros{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX));
    let compiled = rustc()
        .args(["--crate-type=proc-macro", "--crate-name=demo_macros", "--edition=2021", "-o"])
        .args([&library, &dir.path().join("src/lib.rs")])
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", stderr(&compiled));
    for user in
        ["#[derive(demo_macros::Demo)] #[demo] struct S;", "#[demo_macros::wrap] struct S;", "demo_macros::make!();"]
    {
        let path = dir.path().join("user.rs");
        fs::write(&path, user).unwrap();
        let output = rustc()
            .args(["--crate-type=lib", "--edition=2021", "--emit=metadata", "--extern"])
            .arg(format!("demo_macros={}", library.display()))
            .args([Path::new("-o"), &dir.path().join("user.rmeta"), &path])
            .output()
            .unwrap();
        assert!(
            !output.status.success() && stderr(&output).contains("`my {macros}.wasm`"),
            "{user}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn emitted_packages_are_right_for_cargo() {
    let dir = tempfile::tempdir().unwrap();
    let package = dir.path().join("deep").join("package");
    for decls in ["bang:try:try\n", "derive:Other:other\n"] {
        // The second time replaces what the first has written.
        emit(&info(decls), &package, panic_body()).unwrap();
    }
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let metadata = String::from_utf8(output.stdout).unwrap();
    for part in
        ["\"name\":\"demo_macros\"", "\"version\":\"1.2.3\"", "\"kind\":[\"proc-macro\"]", "\"edition\":\"2021\""]
    {
        assert!(metadata.contains(part), "{part} in {metadata}");
    }
    assert!(fs::read_to_string(package.join("src/lib.rs")).unwrap().contains("proc_macro_derive(Other)"));
}

#[test]
fn emit_replaces_nothing_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let info = info("bang:make:make\n");
    for name in ["Cargo.toml", "src/lib.rs"] {
        let package = dir.path().join(name.replace('/', "-"));
        fs::create_dir_all(package.join("src")).unwrap();
        fs::write(package.join(name), "mine").unwrap();
        assert_eq!(emit(&info, &package, Body::Empty).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(package.join(name)).unwrap(), "mine");
        let files = [package.join("Cargo.toml"), package.join("src/lib.rs")];
        assert_eq!(files.iter().filter(|path| path.exists()).count(), 1);
    }
    let info = ModuleInfo::parse(&test_module("", &ABI.replace("1.2.3", "1.2")).build()).unwrap();
    let package = dir.path().join("version");
    assert_eq!(emit(&info, &package, Body::Empty).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    assert!(!package.exists());
}
