//! The page says and shows in a browser what the native compiler says and writes.

use std::time::Duration;

use hosted_tests::browser::Server;
use hosted_tests::page::{Page, built, by_native, packs, with_module};
use serde_json::Value;
use tests::Lab;

const DEMO: &str = include_str!("../../demo/src/main.rs");

const ERRORS: &str = "\
use serde::Serialize;
// An umlaut before the place: ü
#[derive(Serialize)]
struct One { field: Missing }
fn main() { let number: u8 = \"text\"; }
";

/// Macros for what no macro of the page does.
const ODD: &str = "\
extern crate proc_macro;
use proc_macro::TokenStream;
#[proc_macro]
pub fn forever(_: TokenStream) -> TokenStream { loop { std::hint::black_box(()) } }
#[proc_macro]
pub fn panics(_: TokenStream) -> TokenStream { panic!(\"the message\") }
#[proc_macro]
pub fn reads(_: TokenStream) -> TokenStream {
    let read = std::fs::read_to_string(\"/sysroot/lib\").is_ok();
    format!(\"{read}\").parse().unwrap()
}
#[proc_macro]
pub fn one(_: TokenStream) -> TokenStream { \"1\".parse().unwrap() }
";

/// The demonstration, with the module of serde_derive.
#[test]
fn the_demonstration_is_checked_and_expanded_as_natively() {
    let source = DEMO.replace("use serde_derive::", "use serde::");
    let server = Server::start(&built());
    let page = Page::open(&server, &source);
    page.choose(&["serde"]);
    let checked = page.press("check");
    assert_eq!((&checked["code"], &checked["stderr"]), (&0.into(), &"".into()), "{}", page.messages());
    let expanded = page.press("expand");
    assert_eq!(expanded["code"], 0, "{}", page.messages());
    let packs = packs(&built());
    let serde = packs.iter().find(|pack| pack.name == "serde").expect("the page has it");
    let lab = Lab::new();
    let native = by_native(&lab, &source, &[serde], &["-Zunpretty=expanded"]).success();
    assert!(native.stdout.contains("impl"), "{native}");
    assert!(expanded["stdout"] == native.stdout, "{}\n{native}", expanded["stdout"]);
}

/// Each pack has what its crates need.
#[test]
fn every_pack_works() {
    let source = "\
use std::fmt::Debug;
#[derive(Debug, serde::Deserialize)]
struct One { #[serde(default)] field: u8 }
#[derive(Debug, thiserror::Error)]
#[error(\"number {0}\")]
struct Two(u8);
#[derive(Debug, clap::Parser)]
struct Three { #[arg(long)] number: Option<u8> }
fn main() {
    let all: [&dyn Debug; 3] = [
        &serde_json::from_str::<One>(\"{}\").unwrap(),
        &Two(1).to_string(),
        &<Three as clap::Parser>::parse(),
    ];
    println!(\"{all:?}\");
}
";
    let server = Server::start(&built());
    let page = Page::open(&server, source);
    page.choose(&["serde", "thiserror", "clap"]);
    let checked = page.press("check");
    assert_eq!(checked["code"], 0, "{}", page.messages());
}

/// Messages are those of the native compiler, and their places are marked.
#[test]
fn errors_are_shown_at_their_places() {
    let server = Server::start(&built());
    let page = Page::open(&server, ERRORS);
    page.choose(&["serde"]);
    assert_eq!(page.press("check")["code"], 1);
    let packs = packs(&built());
    let serde = packs.iter().find(|pack| pack.name == "serde").expect("the page has it");
    let native = by_native(&Lab::new(), ERRORS, &[serde], &["--emit=metadata"]);
    assert_eq!(page.messages().trim_end(), native.stderr.trim_end());
    let marked = "return [...document.querySelectorAll('#source .cm-lintRange-error')].map((mark) => mark.textContent)";
    assert_eq!(page.browser.run(marked, &[]), Value::from(vec!["Missing", "\"text\""]));
}

/// What a macro does wrong is an error, and the page goes on.
#[test]
fn macros_have_limits() {
    let lab = Lab::new();
    lab.module_from("odd", ODD);
    let server = Server::start(&with_module(&lab, "odd"));
    let page = Page::open(&server, "odd::forever!(); fn main() {}");
    page.choose(&["odd"]);
    assert_eq!(page.press("check"), Value::Null);
    assert_eq!(page.messages(), "error: the macro `forever` was stopped after 10 s");

    for (source, message) in [
        ("odd::panics!(); fn main() {}", "the message"),
        ("fn main() { odd::reads!(); }", "was refused reading `/sysroot/lib`"),
    ] {
        page.show(source);
        page.choose(&["odd"]);
        assert_eq!(page.press("check")["code"], 1, "{source}\n{}", page.messages());
        assert!(page.messages().contains(message), "{}", page.messages());
    }
    page.show("fn main() { let _: u8 = odd::one!(); }");
    page.choose(&["odd"]);
    assert_eq!(page.press("check")["code"], 0, "{}", page.messages());
}

/// What was loaded once is there without a network.
#[test]
fn the_page_works_offline() {
    let server = Server::start(&built());
    let page = Page::open(&server, "fn main() { missing() }");
    assert_eq!(page.press("check")["code"], 1);
    // What is kept is written while it is read.
    let assets = "caches.open('page').then(async (cache) => (await cache.keys()).filter(({ url }) => url.includes('/assets/')).length >= 2)";
    page.browser.wait(&format!("await {assets}"), Duration::from_secs(30));
    drop(server);
    page.browser.reload();
    page.wait_until_ready();
    assert_eq!(page.press("check")["code"], 1);
    assert!(page.messages().contains("cannot find function `missing`"), "{}", page.messages());
    assert_eq!(page.marks(), 1);
}
