//! The hosted compiler says and writes what the native one does, and keeps to its sandbox and its limits.

use std::fs;
use std::process::Command;

use hosted_tests::{both, cache, directory, hosted, hosted_with, module};
use tests::{Lab, RustcExt};

const CHECK: [&str; 3] = ["--crate-type=lib", "--emit=metadata", "lib.rs"];

/// [`CHECK`] with the macros of `ONE` and what `policy.toml` grants them.
const WITH_POLICY: [&str; 7] = [
    "--crate-type=lib",
    "--emit=metadata",
    "--wasm-proc-macro",
    "one.wasm",
    "--wasm-proc-macro-policy",
    "policy.toml",
    "lib.rs",
];

/// Without macros: the standard library's metadata is found, and crate metadata is what the native compiler writes.
#[test]
fn a_library_has_the_same_metadata() {
    let lab = Lab::new();
    lab.write(
        "lib.rs",
        "use std::collections::BTreeMap;\npub fn f(map: &BTreeMap<String, Vec<u8>>) -> usize { map.len() }\n",
    );
    both(&lab, &CHECK, Some("liblib.rmeta")).equal().same_output();
}

/// Errors, warnings and their places.
#[test]
fn diagnostics_are_the_same() {
    let lab = Lab::new();
    lab.write(
        "lib.rs",
        "pub fn f() -> String { let unused = 1; 5 }\npub fn g(v: Vec<u8>) { drop(v); v.len(); }\nfn h(&self) {}\npub fn i() { missing() }\n",
    );
    let both = both(&lab, &CHECK, None).equal();
    assert_eq!(both.native.code, Some(1), "{}", both.native);
}

/// A second call with the same output: on WASI every file seems to be read-only.
#[test]
fn an_output_that_exists_is_written() {
    let lab = Lab::new();
    lab.write("lib.rs", "pub fn f() {}\n");
    for _ in 0..2 {
        hosted(&lab).args(CHECK).args(["-o", "liblib.rmeta"]).outcome().success();
    }
}

/// Expansion through two guests: macro -> host -> compiler.
#[test]
fn a_macro_expands_to_the_same() {
    let lab = Lab::new();
    module(&lab, "describe");
    let case = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/derive/describes_its_type.rs");
    lab.write("main.rs", fs::read_to_string(case).expect("it is in the repository"));
    let both = both(&lab, &["-Zunpretty=expanded", "--wasm-proc-macro", "describe.wasm", "main.rs"], None).equal();
    assert!(both.hosted.stdout.contains("impl"), "{}", both.hosted);
}

/// Many sessions within one: each must leave nothing behind that the outer one, or the next, would take for its own.
#[test]
fn two_hundred_nested_sessions_leave_no_trace() {
    const SESSIONS: usize = 200;
    let lab = Lab::new();
    let module = fs::read(lab.module_from("one", ONE)).expect("it was just built");
    let mut arguments: Vec<String> = CHECK.map(str::to_owned).to_vec();
    let mut source = String::from("use std::collections::HashMap;\n");
    for number in 0..SESSIONS {
        // A custom section of its own makes it another module.
        let mut bytes = module.clone();
        bytes.extend([0, 5, 4, b'n', b'o', (number / 100) as u8, (number % 100) as u8]);
        let path = lab.write(&format!("m{number}.wasm"), bytes);
        arguments.extend(["--wasm-proc-macro".to_owned(), format!("m{number}={}", path.display())]);
        source += &format!(
            "pub fn f{number}(map: &HashMap<String, [u8; {number}]>) -> usize {{ m{number}::one!() + map.len() }}\n"
        );
    }
    lab.write("lib.rs", source);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    both(&lab, &arguments, Some("liblib.rmeta")).equal().same_output();
}

/// The macro of the tests here: `one!()` is `1`.
const ONE: &str = "\
extern crate proc_macro;
use proc_macro::{Literal, TokenStream, TokenTree};
#[proc_macro]
pub fn one(_: TokenStream) -> TokenStream { TokenTree::from(Literal::usize_unsuffixed(1)).into() }
#[proc_macro]
pub fn forever(_: TokenStream) -> TokenStream { loop { std::hint::black_box(()) } }
#[proc_macro]
pub fn panics(_: TokenStream) -> TokenStream { panic!(\"the message\") }
#[proc_macro]
pub fn reads(_: TokenStream) -> TokenStream {
    let read = std::fs::read_to_string(\"/etc/hostname\").is_ok();
    format!(\"{read}\").parse().unwrap()
}
";

/// A panic of a macro is an error at its place, and the compiler goes on.
#[test]
fn a_macro_that_panics_is_an_error() {
    let lab = Lab::new();
    lab.module_from("one", ONE);
    lab.write("lib.rs", "one::panics!();\npub const ONE: usize = one::one!();\n");
    let both =
        both(&lab, &["--crate-type=lib", "--emit=metadata", "--wasm-proc-macro", "one.wasm", "lib.rs"], None).equal();
    both.native.one_error().says("the message");
}

/// A macro's own limit: the policy says it, and the error is the native one.
#[test]
fn a_macro_that_does_not_end_is_stopped() {
    let lab = Lab::new();
    lab.module_from("one", ONE);
    lab.write("policy.toml", "[permissions.one]\ntime = \"1s\"\n");
    lab.write("lib.rs", "one::forever!();\n");
    both(&lab, &WITH_POLICY, None).equal().native.one_error();
}

/// A macro has no more than the compiler: what the compiler grants beyond its own directories is an error.
#[test]
fn a_policy_grants_nothing_that_the_compiler_lacks() {
    let lab = Lab::new();
    lab.module_from("one", ONE);
    lab.write("policy.toml", "[permissions.one]\nread = [\"/etc\"]\n");
    lab.write("lib.rs", "pub const READS: bool = one::reads!();\n");
    hosted(&lab).args(WITH_POLICY).outcome().one_error().says("the compiler has no access to `/etc`");
}

/// The compiler itself is in the sandbox.
#[test]
fn the_compiler_reads_nothing_else() {
    let lab = Lab::new();
    lab.write("lib.rs", "pub const TEXT: &str = include_str!(\"/etc/hostname\");\n");
    hosted(&lab).args(CHECK).outcome().one_error().says("couldn't read `/etc/hostname`");
    std::os::unix::fs::symlink("/etc/hostname", lab.join("link")).expect("the lab can be written");
    lab.write("lib.rs", "pub const TEXT: &str = include_str!(\"link\");\n");
    hosted(&lab).args(CHECK).outcome().one_error().says("couldn't read `link`");
    lab.write("lib.rs", "pub const TEXT: &str = include_str!(\"../../../../../../../../etc/hostname\");\n");
    hosted(&lab).args(CHECK).outcome().one_error();
}

/// It writes where it may alone.
#[test]
fn the_compiler_writes_nothing_else() {
    let (lab, other) = (Lab::new(), Lab::new());
    let source = other.write("lib.rs", "pub fn f() {}\n");
    let read = other.path().to_str().unwrap();
    let output = other.join("out.rmeta");
    let mut call = hosted_with(&lab, &["--read", read]);
    call.args(["--crate-type=lib", "--emit=metadata"]).arg(source).arg("-o").arg(&output);
    call.outcome().errors();
    assert!(!output.exists());
}

/// Its environment is what the command line says.
#[test]
fn the_compiler_sees_no_other_variables() {
    let lab = Lab::new();
    lab.write("lib.rs", "pub const A: Option<&str> = option_env!(\"HOME\");\npub const B: &str = env!(\"GIVEN\");\nconst _: () = assert!(A.is_none());\n");
    hosted_with(&lab, &["--env", "GIVEN=1"]).args(CHECK).outcome().success();
    hosted(&lab).args(CHECK).outcome().one_error().says("`GIVEN` not defined");
}

/// A cache that the compiler could write would be a way out: native code is loaded from it.
#[test]
fn the_cache_is_not_the_compilers() {
    let lab = Lab::new();
    for cache in [lab.join("cache"), lab.path().to_owned()] {
        let mut command = Command::new(directory().join("rustc-hosted"));
        command.arg("--cache").arg(cache).arg("--write").arg(lab.path()).arg(directory().join("rustc.wasm"));
        assert_eq!(command.outcome().says("the compiler could write the cache").code, Some(2));
    }
}

/// Its memory and its time end, with an error that says which.
#[test]
fn the_compiler_has_limits() {
    let lab = Lab::new();
    lab.write("lib.rs", "pub fn f() {}\n");
    let stopped = hosted_with(&lab, &["--memory", "48"]).args(CHECK).outcome().says("more than 48 MiB of memory");
    assert_eq!(stopped.code, Some(101));
    lab.write("lib.rs", "#![allow(long_running_const_eval)]\nconst _: () = loop {};\n");
    let stopped = hosted_with(&lab, &["--time", "2"]).args(CHECK).outcome().says("stopped after 2 s");
    assert_eq!(stopped.code, Some(101));
}

/// Text that is nested deeper than the compiler's stack is an error, and no crash.
#[test]
fn the_stack_ends_with_an_error() {
    const DEEP: usize = 200_000;
    let lab = Lab::new();
    lab.write("lib.rs", format!("pub const A: u8 = {}1{};\n", "(".repeat(DEEP), ")".repeat(DEEP)));
    let stopped = hosted(&lab).args(CHECK).outcome().says("error: the compiler has used up its stack");
    assert_eq!(stopped.code, Some(101));
}

/// Native macros and machine code are errors by name.
#[test]
fn what_it_does_not_do_is_an_error() {
    let lab = Lab::new();
    lab.write("main.rs", "fn main() {}\n");
    hosted(&lab).arg("main.rs").outcome().errors();
    assert!(cache().exists());
}
