//! The cache of stubs and compiled modules: where it is, what is in it, and that nothing about it can fail a compilation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tests::command::files;
use tests::{Lab, RustcExt};

const MAIN: &str = "fn main() { println!(\"{}\", plain::plain!()); }";

fn lab() -> Lab {
    let lab = Lab::new();
    lab.module("plain", "plain");
    lab.write("main.rs", MAIN);
    lab
}

fn compile(lab: &Lab) -> Command {
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--emit=metadata", "--wasm-proc-macro", "plain.wasm"]);
    rustc
}

/// The one stub and the one module that are in a cache, relative to it.
#[track_caller]
fn entries(cache: &Path) -> [PathBuf; 2] {
    let files = files(cache);
    let named = |kind: &str, extension: &str| {
        let fits = |path: &&PathBuf| path.starts_with(kind) && path.extension().is_some_and(|found| found == extension);
        let found: Vec<&PathBuf> = files.iter().filter(fits).collect();
        assert_eq!(found.len(), 1, "one file in `{kind}`: {files:?}");
        found[0].clone()
    };
    assert!(files.contains(&PathBuf::from("CACHEDIR.TAG")), "{files:?}");
    assert_eq!(files.len(), 3, "nothing else: {files:?}");
    [named("stub", "rmeta"), named("module", "cwasm")]
}

fn modified(path: &Path) -> std::time::SystemTime {
    fs::metadata(path).and_then(|metadata| metadata.modified()).expect("the entry is there")
}

#[test]
fn one_compilation_leaves_a_stub_and_a_module() {
    let lab = lab();
    compile(&lab).outcome().success();
    entries(&lab.join("cache"));
}

#[test]
fn a_second_compilation_writes_nothing() {
    let lab = lab();
    compile(&lab).outcome().success();
    let before = entries(&lab.join("cache")).map(|entry| modified(&lab.join("cache").join(entry)));
    compile(&lab).outcome().success();
    assert_eq!(entries(&lab.join("cache")).map(|entry| modified(&lab.join("cache").join(entry))), before);
}

/// A compilation that does not run a macro has no need for compiled code.
#[test]
fn a_module_that_is_named_and_not_run_is_not_compiled() {
    let lab = lab();
    lab.write("main.rs", "#[allow(unused_imports)] use plain::plain; fn main() {}");
    compile(&lab).outcome().success();
    let files = files(&lab.join("cache"));
    assert!(!files.iter().any(|path| path.starts_with("module")), "{files:?}");
}

#[test]
fn the_cache_is_in_cargos_target_directory_by_default() {
    let lab = lab();
    lab.write("elsewhere/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
    compile_as_cargo(&lab);
    entries(&lab.join("elsewhere/wasm-proc-macro"));
    assert!(!lab.join("target").exists());
}

/// Compiles into a target directory, with the default cache.
#[track_caller]
fn compile_as_cargo(lab: &Lab) {
    fs::create_dir_all(lab.join("elsewhere/debug/deps")).unwrap();
    let mut rustc = lab.rustc_with_default_cache();
    rustc.args(["main.rs", "--emit=metadata", "--out-dir", "elsewhere/debug/deps", "--wasm-proc-macro", "plain.wasm"]);
    rustc.outcome().success();
}

/// Cargo runs the compiler in a dependency's directory and marks only target directories that it has made itself.
#[test]
fn the_cache_is_not_in_the_directory_of_what_is_compiled_for_cargo() {
    let lab = lab();
    compile_as_cargo(&lab);
    entries(&lab.join("elsewhere/debug/deps/wasm-proc-macro"));
    assert!(!lab.join("target").exists());
}

/// A native macro's user needs no such directory.
#[test]
fn without_a_directory_for_temporary_files_everything_compiles() {
    let lab = lab();
    fs::create_dir(lab.join("out")).unwrap();
    let mut rustc = compile(&lab);
    rustc.args(["--out-dir", "out"]).env("TMPDIR", lab.join("missing")).outcome().success();
    entries(&lab.join("cache"));
    assert_eq!(files(&lab.join("out")), [Path::new("libmain.rmeta")]);
}

#[test]
fn without_a_target_directory_the_cache_is_in_one_of_the_working_directory() {
    let lab = lab();
    let mut rustc = lab.rustc_with_default_cache();
    rustc.args(["main.rs", "--emit=metadata", "--wasm-proc-macro", "plain.wasm"]).outcome().success();
    entries(&lab.join("target/wasm-proc-macro"));
}

/// Projects share a cache by an environment variable. The option beats it, and an empty one is none.
#[test]
fn an_environment_variable_names_the_default() {
    for (value, option, expected) in
        [("shared", None, "shared"), ("shared", Some("named"), "named"), ("", None, "target/wasm-proc-macro")]
    {
        let lab = lab();
        let mut rustc = lab.rustc_with_default_cache();
        rustc.args(["main.rs", "--emit=metadata", "--wasm-proc-macro", "plain.wasm"]);
        rustc.env("RUSTC_WASM_PROC_MACRO_CACHE", value);
        if let Some(dir) = option {
            rustc.cache(Path::new(dir));
        }
        rustc.outcome().success();
        entries(&lab.join(expected));
        let all = files(lab.path());
        assert_eq!(all.iter().filter(|path| path.ends_with("CACHEDIR.TAG")).count(), 1, "{all:?}");
    }
}

/// Half a file, an empty one, one of noise, and another module's: all are misses, and are made again.
#[test]
fn a_damaged_entry_is_a_miss_and_is_replaced() {
    type Damage = fn(&[u8]) -> Vec<u8>;
    let damages: [(&str, Damage); 6] = [
        ("cut in half", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("empty", |_| Vec::new()),
        ("noise", |bytes| bytes.iter().map(|byte| byte ^ 0x5a).collect()),
        ("one bit in the middle", |bytes| {
            let mut bytes = bytes.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        }),
        ("one bit at the end", |bytes| {
            let mut bytes = bytes.to_vec();
            *bytes.last_mut().unwrap() ^= 1;
            bytes
        }),
        ("longer", |bytes| [bytes, b"and more"].concat()),
    ];
    let lab = lab();
    compile(&lab).outcome().success();
    let cache = lab.join("cache");
    let entries_before = entries(&cache);
    for entry in &entries_before {
        let path = cache.join(entry);
        let whole = fs::read(&path).unwrap();
        for (what, damage) in damages {
            fs::remove_file(&path).unwrap();
            fs::write(&path, damage(&whole)).unwrap();
            let outcome = compile(&lab).outcome().success();
            assert_eq!(outcome.stderr, "", "{what}");
            assert_eq!(entries(&cache), entries_before, "{what}");
            let again = fs::read(&path).unwrap();
            assert_eq!(again.len(), whole.len(), "`{}` was {what} and is not whole again", entry.display());
        }
    }
}

/// Another crate's entry under this one's name is whole, and still not this one's.
#[test]
fn an_entry_of_another_module_in_its_place_does_no_harm() {
    let lab = lab();
    lab.module("words", "words");
    compile(&lab).outcome().success();
    let entry = entries(&lab.join("cache"))[0].clone();
    lab.write("other.rs", "fn main() { words::answer!(); }");
    let mut rustc = lab.rustc_with_default_cache();
    rustc.cache(&lab.join("cache-of-words")).args(["other.rs", "--emit=metadata", "--wasm-proc-macro", "words.wasm"]);
    rustc.outcome().success();
    let foreign = entries(&lab.join("cache-of-words"))[0].clone();
    fs::copy(lab.join("cache-of-words").join(foreign), lab.join("cache").join(entry)).unwrap();
    let outcome = compile(&lab).outcome();
    assert!(matches!(outcome.code, Some(0 | 1)), "{outcome}");
    assert!(!outcome.stderr.contains("internal compiler error"), "{outcome}");
}

/// Where the cache cannot be, the work is done every time, and said once. (A file instead of the directory: permissions do
/// not stop the superuser.)
#[test]
fn a_cache_that_cannot_be_written_warns_once_and_compiles() {
    let lab = lab();
    lab.module("words", "words");
    lab.write("a-file", "");
    lab.write("main.rs", "fn main() { println!(\"{} {} {}\", plain::plain!(), plain::plain!(), words::answer!()); }");
    let mut rustc = lab.rustc_with_default_cache();
    rustc.args(["main.rs", "--wasm-proc-macro-cache", "a-file/cache", "--wasm-proc-macro", "plain.wasm"]);
    let outcome = rustc.args(["--wasm-proc-macro", "words.wasm"]).outcome().success();
    assert_eq!(outcome.warning_lines().len(), 1, "{outcome}");
    assert_eq!(lab.run("main").success().stdout, "plain plain 42\n");
}

/// A cache that cannot even be read (an entry that is a directory) is no worse.
#[test]
fn an_entry_that_is_a_directory_does_no_harm() {
    let lab = lab();
    compile(&lab).outcome().success();
    let cache = lab.join("cache");
    for entry in entries(&cache) {
        fs::remove_file(cache.join(&entry)).unwrap();
        fs::create_dir(cache.join(&entry)).unwrap();
    }
    let outcome = compile(&lab).outcome().success();
    assert!(outcome.warning_lines().len() <= 1, "{outcome}");
}

/// Eight compilers at once on one empty cache: each succeeds, and one entry of each kind is left.
#[test]
fn eight_compilations_share_one_empty_cache() {
    let lab = lab();
    let children: Vec<_> = (0..8)
        .map(|number| {
            let mut rustc = compile(&lab);
            rustc.arg("-o").arg(lab.join(&format!("main-{number}.rmeta"))).stderr(Stdio::piped());
            rustc.spawn().expect("rustc starts")
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    entries(&lab.join("cache"));
}

/// While a compiler runs with an entry, the cache may be cleared under it, or be cleared between two uses.
#[test]
fn a_cache_that_is_cleared_is_filled_again() {
    let lab = lab();
    for _ in 0..2 {
        compile(&lab).outcome().success();
        entries(&lab.join("cache"));
        fs::remove_dir_all(lab.join("cache")).unwrap();
    }
}
