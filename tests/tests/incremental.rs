//! Incremental compilation: a changed macro must be seen, an unchanged one must not be run in vain.

use tests::{Lab, RustcExt};

/// A macro crate whose function-like macro and derive say WORD.
const TALK: &str = r##"
extern crate proc_macro;
use proc_macro::TokenStream;

#[proc_macro]
pub fn say(_input: TokenStream) -> TokenStream {
    r#""WORD""#.parse().unwrap()
}

#[proc_macro_derive(Say)]
pub fn derive_say(input: TokenStream) -> TokenStream {
    let name = input.into_iter().nth(1).unwrap();
    format!(r#"impl {name} {{ pub fn say() -> &'static str {{ "WORD" }} }}"#).parse().unwrap()
}
"##;

fn says(word: &str) -> String {
    TALK.replace("WORD", word)
}

const MAIN: &str = r#"
#[derive(talk::Say)]
struct Talker;
fn main() { println!("{} {}", talk::say!(), Talker::say()); }
"#;

/// Compiles `main.rs` incrementally and returns what the program prints.
fn build(lab: &Lab, arguments: &[&str]) -> String {
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "-C", "incremental=incremental"]).args(arguments);
    rustc.outcome().success();
    lab.run("main").success().stdout
}

/// Were the module not part of what the session depends on, the second build would print the first words again.
#[test]
fn a_changed_module_is_seen_by_an_incremental_build() {
    let lab = Lab::new();
    lab.write("main.rs", MAIN);
    lab.module_from("talk", &says("first"));
    assert_eq!(build(&lab, &["--wasm-proc-macro", "talk.wasm"]), "first first\n");
    lab.module_from("talk", &says("second"));
    assert_eq!(build(&lab, &["--wasm-proc-macro", "talk.wasm"]), "second second\n");
    lab.module_from("talk", &says("first"));
    assert_eq!(build(&lab, &["--wasm-proc-macro", "talk.wasm"]), "first first\n");
}

/// The flag is a part of the session like `--extern`: another path is another macro.
#[test]
fn another_path_is_seen_by_an_incremental_build() {
    let lab = Lab::new();
    lab.write("main.rs", MAIN);
    let talk = lab.module_from("talk", &says("first"));
    std::fs::rename(talk, lab.join("talk_1.wasm")).unwrap();
    lab.module_from("talk", &says("second"));
    assert_eq!(build(&lab, &["--wasm-proc-macro", "talk_1.wasm"]), "first first\n");
    assert_eq!(build(&lab, &["--wasm-proc-macro", "talk.wasm"]), "second second\n");
    assert_eq!(build(&lab, &["--extern", "talk=talk_1.wasm"]), "first first\n");
}

/// With `-Zcache-proc-macros` the expansions of derives are kept between builds; they must go with their module.
#[test]
fn cached_derives_go_with_their_module() {
    let lab = Lab::new();
    lab.write("main.rs", MAIN);
    let build = || {
        let mut rustc = lab.rustc();
        rustc.args([
            "main.rs",
            "-C",
            "incremental=incremental",
            "-Zcache-proc-macros",
            "--wasm-proc-macro",
            "talk.wasm",
        ]);
        rustc.env("RUSTC_BOOTSTRAP", "1").outcome().success();
        lab.run("main").success().stdout
    };
    lab.module_from("talk", &says("first"));
    assert_eq!(build(), "first first\n");
    assert_eq!(build(), "first first\n");
    lab.module_from("talk", &says("second"));
    assert_eq!(build(), "second second\n");
}

/// What is kept would not say whose it is, and the file that a derive names would be read with the user's rights.
#[test]
fn cached_derives_read_what_is_granted_now() {
    let lab = Lab::new();
    lab.write("package/main.rs", MAIN.replace("talk::say!()", "\"\""));
    lab.write("outside.txt", "outside");
    let include = format!("include_str!({:?})", lab.join("outside.txt"));
    lab.module_from("talk", &TALK.replace("{{ \"WORD\" }}", &format!("{{{{ {include} }}}}")));
    let build = |grant: &str| {
        lab.write("package/policy.toml", format!("[permissions.talk]\n{grant}\n"));
        let mut rustc = lab.rustc();
        rustc.current_dir(lab.join("package")).env("RUSTC_BOOTSTRAP", "1");
        rustc.args(["main.rs", "-C", "incremental=incremental", "-Zcache-proc-macros"]);
        rustc.args(["--wasm-proc-macro", "../talk.wasm", "--wasm-proc-macro-policy", "policy.toml"]).outcome()
    };
    build("read = [\"../outside.txt\"]").success();
    build("").one_error().says("outside.txt");
}

/// A user's edit is compiled with the modules of the build before, and errors come back as well.
#[test]
fn edits_of_the_program_are_seen_with_an_unchanged_module() {
    let lab = Lab::new();
    lab.module_from("talk", &says("word"));
    let flags = ["--wasm-proc-macro", "talk.wasm"];
    lab.write("main.rs", r#"fn main() { println!("1 {}", talk::say!()); }"#);
    assert_eq!(build(&lab, &flags), "1 word\n");
    lab.write("main.rs", r#"fn main() { println!("2 {}", talk::unsay!()); }"#);
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "-C", "incremental=incremental"]).args(flags).outcome().one_error().says("unsay");
    lab.write("main.rs", r#"fn main() { println!("2 {}", talk::say!()); }"#);
    assert_eq!(build(&lab, &flags), "2 word\n");
}

/// A module that was found through a library, on the search path, changes too, with its library.
#[test]
fn a_changed_module_behind_a_library_is_seen() {
    let lab = Lab::new();
    lab.write("lib.rs", "pub use talk::say;");
    lab.write("main.rs", r#"fn main() { println!("{}", library::say!()); }"#);
    let build_all = || {
        let mut rustc = lab.rustc();
        rustc.args(["lib.rs", "--crate-type", "rlib", "--crate-name", "library", "-C", "incremental=incremental"]);
        rustc.args(["--wasm-proc-macro", "talk.wasm"]).outcome().success();
        build(&lab, &["--extern", "library=liblibrary.rlib", "-L", "."])
    };
    lab.module_from("talk", &says("first"));
    assert_eq!(build_all(), "first\n");
    lab.module_from("talk", &says("second"));
    assert_eq!(build_all(), "second\n");
}
