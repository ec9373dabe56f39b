//! What docs/guide.md says that macros from Wasm do otherwise than native ones ("All limits"), so that it stays true, and is told when it is
//! not any more.

use tests::{Lab, RustcExt};

const MACROS: &str = "
//@ rustc-env: RUSTC_BOOTSTRAP=1
#![feature(proc_macro_expand)]
extern crate proc_macro;
use proc_macro::{Literal, TokenStream, TokenTree};
use std::cell::Cell;

fn literal(text: impl std::fmt::Debug) -> TokenStream { TokenTree::from(Literal::string(&format!(\"{text:?}\"))).into() }

#[proc_macro] pub fn platform(_: TokenStream) -> TokenStream {
    #[cfg(target_arch = \"wasm32\")] const IS_COMPILED_FOR_IT: bool = true;
    #[cfg(not(target_arch = \"wasm32\"))] const IS_COMPILED_FOR_IT: bool = false;
    literal((IS_COMPILED_FOR_IT, cfg!(target_arch = \"wasm32\"), cfg!(unix), usize::BITS, std::env::consts::OS))
}
#[proc_macro] pub fn read_only(_: TokenStream) -> TokenStream {
    literal(std::fs::metadata(\"main.rs\").unwrap().permissions().readonly())
}
#[proc_macro] pub fn change(_: TokenStream) -> TokenStream {
    unsafe { std::env::set_var(\"CARGO_CHANGED\", \"by a macro\") };
    std::env::set_current_dir(\"below\").unwrap();
    look(TokenStream::new())
}
#[proc_macro] pub fn look(_: TokenStream) -> TokenStream {
    literal((std::env::var(\"CARGO_CHANGED\").ok(), std::fs::read_to_string(\"here.txt\").ok()))
}
#[proc_macro] pub fn list(_: TokenStream) -> TokenStream {
    literal(std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(|name| name.contains(\"STATED\"))).collect::<Vec<_>>())
}
#[proc_macro] pub fn deep(_: TokenStream) -> TokenStream {
    fn deep(left: u32) -> u64 {
        let frame = std::hint::black_box([u64::from(left); 16]);
        if left == 0 { frame[3] } else { deep(left - 1) + frame[5] }
    }
    literal(deep(30_000) > 0)
}
thread_local! { static COUNT: Cell<u32> = const { Cell::new(0) } }
#[proc_macro] pub fn count(input: TokenStream) -> TokenStream {
    let count = COUNT.replace(COUNT.get() + 1) + 1;
    match input.is_empty() {
        true => literal(count),
        false => literal((count, \"stated::count!()\".parse::<TokenStream>().unwrap().expand_expr().unwrap().to_string())),
    }
}
";

/// What the macro, called in a program, makes; with what the caller does to the compiler.
fn what(call: &str, prepare: impl FnOnce(&mut std::process::Command)) -> String {
    let lab = Lab::new();
    lab.write("here.txt", "above");
    lab.write("below/here.txt", "below");
    let module = lab.module_from("stated", MACROS);
    lab.write("main.rs", format!("fn main() {{ print!({:?}, {call}); }}", "{:?}"));
    let mut rustc = lab.rustc();
    rustc.arg("main.rs").module(&module);
    prepare(&mut rustc);
    rustc.outcome().success();
    lab.run("main").success().stdout
}

fn nothing(_: &mut std::process::Command) {}

/// Only `cfg!` in the macro crate itself is answered for the host, as the users of the macro expect.
#[test]
fn the_platform_is_webassembly() {
    let expected = format!(r#""(true, false, {}, 32, \"\")""#, cfg!(unix));
    assert_eq!(what("stated::platform!()", nothing), expected);
}

#[test]
fn files_are_read_only() {
    assert_eq!(what("stated::read_only!()", nothing), r#""true""#);
}

/// As long as its instance lives, and for nobody else.
#[test]
fn variables_and_the_working_directory_are_changed_for_the_macro_alone() {
    let changed = r#"(Some(\"by a macro\"), Some(\"below\"))"#;
    let both = what(
        "(stated::change!(), stated::look!(), option_env!(\"CARGO_CHANGED\"), include_str!(\"here.txt\"))",
        nothing,
    );
    assert_eq!(both, format!(r#"("{changed}", "{changed}", None, "above")"#));
}

#[test]
fn a_list_of_variables_says_nothing_of_what_is_not_granted() {
    let set =
        |rustc: &mut std::process::Command| _ = rustc.env("CARGO_STATED", "told").env("STATED_SECRET", "not told");
    assert_eq!(what("stated::list!()", set), r#""[(\"CARGO_STATED\", \"told\")]""#);
}

#[test]
fn the_stack_is_the_same_whatever_the_environment_says() {
    // rustc takes it for its own stack, so little is out of the question.
    for size in ["16777216", "1073741824"] {
        assert_eq!(what("stated::deep!()", |rustc| _ = rustc.env("RUST_MIN_STACK", size)), r#""true""#, "{size}");
    }
}

#[test]
fn a_macro_within_its_own_expansion_has_state_of_its_own() {
    let counts = "(stated::count!(), stated::count!(inner), stated::count!())";
    assert_eq!(what(counts, nothing), r#"("1", "(2, \"\\\"1\\\"\")", "3")"#);
}

/// The sandbox begins when a macro runs, and not when it is compiled.
#[test]
fn what_the_source_of_a_macro_crate_embeds_is_in_it() {
    let lab = Lab::new();
    let text = lab.write("outside/text.txt", "embedded");
    let source = format!(
        "extern crate proc_macro;
        #[proc_macro] pub fn text(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{
            format!(\"{{:?}}\", (include_str!({text:?}), env!(\"CARGO_PKG_VERSION\"))).parse().unwrap()
        }}"
    );
    lab.write("embedding.rs", source);
    let mut rustc = lab.rustc();
    rustc.args(["embedding.rs", "--crate-type=proc-macro", "--target=wasm32-wasip1"]).env("CARGO_PKG_VERSION", "1.2.3");
    rustc.outcome().success();
    lab.write("package/main.rs", "fn main() { print!(\"{:?}\", embedding::text!()); }");
    let mut rustc = lab.rustc();
    rustc.current_dir(lab.join("package")).args(["main.rs", "-o", "../main"]).module(&lab.join("embedding.wasm"));
    rustc.outcome().success();
    assert_eq!(lab.run("main").success().stdout, "(\"embedded\", \"1.2.3\")");
}

/// What is granted to one macro, others that call it have by it.
#[test]
fn a_macro_may_call_another_one_which_has_more() {
    let lab = Lab::new();
    let lender = lab.module_from(
        "lender",
        "extern crate proc_macro;
        #[proc_macro] pub fn word(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
            format!(\"{:?}\", std::env::var(\"LENT_WORD\").unwrap()).parse().unwrap()
        }",
    );
    let borrower = lab.module_from("borrower", "extern crate proc_macro;
        #[proc_macro] pub fn word(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \"lender::word!()\".parse().unwrap() }");
    lab.write("policy.toml", "[permissions.lender]\nenv = [\"LENT_WORD\"]\n");
    lab.write("main.rs", "fn main() { print!(\"{}\", borrower::word!()); }");
    let mut rustc = lab.rustc();
    rustc.arg("main.rs").module(&lender).env("LENT_WORD", "lent").args(["--wasm-proc-macro-policy", "policy.toml"]);
    rustc.module(&borrower).outcome().success();
    assert_eq!(lab.run("main").success().stdout, "lent");
}
