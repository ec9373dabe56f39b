//! Macros that cannot run from Wasm: an error that says what to write, and natively only for those who say so.

use std::collections::BTreeSet;

use cargo_tests::{CargoOutcome as _, Kind, Site, store};
use tests::RustcExt as _;

const FILE: &str = "wasm-proc-macro.toml";

/// Runs the program with one of the macros. It is an error whose text contains `reason`, and works for those who want it native.
/// Returns what is compiled when it is run once more.
fn check(feature: &str, package: &str, says: &str, reason: &str) -> BTreeSet<String> {
    let site = Site::with_shared_store("packages/fallback");
    let before = site.snapshot();
    let features = format!("--features={feature}");
    let run = ["run", "--locked", &features];
    let lines = format!("[permissions.{package}]\nnative = true\n");
    // Once more: it is still said, whether it is known or tried again.
    for more in [&[][..], &[], &["--retry"]] {
        let outcome = site.command(&[&run, more].concat()).ends_with(101);
        assert!(outcome.stderr.contains(reason), "no `{reason}`\n{outcome}");
        assert!(outcome.stderr.contains(&format!("\n{lines}")), "{outcome}");
        assert!(outcome.stderr.contains(&format!("`--native {package}`")), "{outcome}");
    }
    let works = |more: &[&str], why: &str| {
        let outcome = site.command(&[&run, more].concat()).success();
        assert_eq!(outcome.stdout, format!("1\n2\n{says}\n"), "{outcome}");
        let summary = outcome.summary();
        assert_eq!((summary.wasm, summary.native), (1, 1), "{outcome}");
        assert!(summary.reasons.starts_with(package) && summary.reasons.contains(why), "no `{why}`\n{outcome}");
        outcome.compiled()
    };
    works(&["--on-refusal", "native"], reason);
    works(&["--forbid-native", "--native", package], "`--native`");
    site.snapshot().assert_is(&before, "the command");
    let forbidden = |site: &Site| site.command(&[&run, &["--forbid-native"][..]].concat()).ends_with(101);
    assert!(forbidden(&site).stderr.contains(&format!("--native {package}")));
    site.write(FILE, &lines);
    let again = works(&[], "`native = true` in `wasm-proc-macro.toml`, line 2");
    assert!(forbidden(&site).stderr.contains("`native = true` in `wasm-proc-macro.toml`, line 2"));
    again
}

/// Native code does not link for Wasm, and the manifest says what it is.
#[test]
fn a_package_that_links_native_code() {
    let again = check("links", "links-macros", "42", "links = \"c_code\" in c-code v0.5.0");
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn a_source_that_does_not_compile() {
    let again = check("target", "other-target", "7", "this macro needs threads");
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn a_build_script_that_fails() {
    let again = check("script", "script", "9", "this build script knows nothing of Wasm");
    assert!(again.is_empty(), "{again:?}");
}

/// A file of the system: the grant for it is enough.
#[test]
fn a_file_that_is_refused() {
    let site = Site::with_shared_store("packages/fallback");
    let run = ["run", "--locked", "--features=outside"];
    let lines = "[permissions.outside]\nread = [\"/proc/version\"]\n";
    for _ in 0..2 {
        let outcome = site.command(&run).ends_with(101);
        assert!(outcome.stderr.contains("reading `/proc/version`"), "{outcome}");
        assert!(outcome.stderr.contains(&format!("\n{lines}")), "{outcome}");
    }
    let outcome = site.command(&[&run[..], &["--on-refusal", "native"]].concat()).success();
    assert_eq!((outcome.stdout.as_str(), outcome.summary().native), ("1\n2\nLinux\n", 1), "{outcome}");
    assert!(outcome.summary().reasons.contains("was refused reading `/proc/version`"), "{outcome}");
    site.write(FILE, lines);
    let outcome = site.command(&[&run[..], &["--forbid-native"]].concat()).success();
    assert_eq!((outcome.stdout.as_str(), outcome.summary().native), ("1\n2\nLinux\n", 0), "{outcome}");
}

/// What CI calls first, and what has words that Cargo takes once only.
#[test]
fn tests_that_are_only_compiled_are_tried_again_too() {
    let site = Site::of("packages/fallback");
    let test = ["test", "--no-run", "--locked", "--features=outside", "--on-refusal", "native"];
    let outcome = site.command(&test).success();
    assert!(outcome.stderr.contains("Retrying with outside running natively"), "{outcome}");
}

/// One bad macro does not make others native, and all of them are named at once.
#[test]
fn all_at_once() {
    let site = Site::of("packages/fallback");
    let run = ["run", "--locked", "--all-features"];
    let outcome = site.command(&run).ends_with(101);
    for package in ["links-macros", "other-target", "script"] {
        assert!(outcome.stderr.contains(&format!("\n[permissions.{package}]\nnative = true\n")), "{outcome}");
    }
    let outcome = site.command(&[&run[..], &["--on-refusal", "native"]].concat()).success();
    assert_eq!(outcome.stdout, "1\n2\n42\n7\n9\nLinux\n");
    let summary = outcome.summary();
    assert_eq!((summary.wasm, summary.native), (1, 4), "{outcome}");
    assert!(store::packages(&site.store).contains(&"seq-macro 0.3.6".to_owned()));
    assert!(!site.tree.join(FILE).exists());
}

#[test]
fn what_the_user_chooses() {
    let site = Site::with_shared_store("packages/small");
    let said = |words: &[&str]| {
        let outcome = site.command(&[&["run", "--locked", "--forbid-native"], words].concat()).success();
        let summary = outcome.summary();
        (outcome.stdout.contains("from wasm"), summary.wasm, summary.native)
    };
    assert_eq!(said(&["--native", "small-macros"]), (false, 2, 1));
    assert_eq!(said(&["--native=paste@1", "--native", "seq-macro@0.3.6"]), (true, 1, 2));
    assert_eq!(said(&["--only", "small-macros"]), (true, 1, 2));
    assert_eq!(said(&["--only=paste"]), (false, 1, 2));
    assert_eq!(said(&[]), (true, 3, 0));
    let unknown = site.command(&["run", "--native", "small-macro"]).ends_with(101);
    assert!(unknown.stderr.contains("did you mean `small-macros`?"), "{unknown}");
}

/// `--explain` says what would be done, and does nothing.
#[test]
fn a_decision_is_explained() {
    let site = Site::of("packages/fallback");
    let explain = |package: &str| site.command(&["build", "--all-features", "--explain", package]).success().stdout;
    assert!(explain("seq-macro").contains("runs from Wasm, once it is built"));
    assert!(explain("outside").contains("its source can change"));
    assert!(!site.target.join("debug/deps").exists() && store::modules(&site.store).is_empty());
    site.command(&["build", "--features=links"]).ends_with(101);
    assert!(explain("seq-macro").contains("the module in the store"));
    assert!(explain("links-macros").contains("last time it failed: links = \"c_code\" in c-code v0.5.0"));
}

/// A macro that a native one depends on for the host only is in no plan for WebAssembly. Nobody has said that it is native.
#[test]
fn a_macro_behind_a_native_one_runs_from_wasm() {
    let site = Site::with_shared_store("packages/small");
    let manifest = |name: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\nproc-macro = true\n")
    };
    let source = |body: &str| {
        format!(
            "use proc_macro::TokenStream;\n#[proc_macro]\npub fn it(_: TokenStream) -> TokenStream {{\n    {body}\n}}\n"
        )
    };
    site.write("inner/Cargo.toml", &manifest("inner"));
    let asks = "let is_guest = usize::BITS == 32;\n    format!(\"{:?}\", (is_guest, std::env::var(\"GREETING\").is_ok())).parse().unwrap()";
    site.write("inner/src/lib.rs", &source(asks));
    let dependency = "[target.\"cfg(unix)\".dependencies]\ninner = { path = \"../inner\" }\n";
    site.write("outer/Cargo.toml", &(manifest("outer") + dependency));
    let outer = "#[cfg(unix)]\n    return format!(\"{:?}\", format!(\"{:?}\", inner::it!())).parse().unwrap();\n    \
        #[cfg(not(unix))]\n    \"\\\"no host\\\"\".parse().unwrap()";
    site.write("outer/src/lib.rs", &source(outer));
    site.edit("Cargo.toml", "paste = \"1\"\n", "paste = \"1\"\nouter = { path = \"outer\" }\n");
    site.write("src/main.rs", "fn main() {\n    println!(\"{}\", outer::it!());\n}\n");
    let run = |more: &[&str]| site.command(&[&["run"], more].concat()).success();
    assert_eq!(run(&[]).stdout, "no host\n");
    let native = ["--forbid-native", "--native", "outer"];
    for _ in 0..2 {
        let outcome = run(&native);
        assert_eq!((outcome.stdout.as_str(), outcome.summary().native), ("(true, false)\n", 1), "{outcome}");
        assert!(!outcome.stderr.contains("runs natively, since"), "{outcome}");
    }
    // It is granted what it asks for, and native rights of its own, by its name.
    let greeted = |more: &[&str]| {
        let words = [&["run"], &native[..], more].concat();
        site.cargo(Kind::Command, &words).env("GREETING", "good day").outcome()
    };
    let outcome = greeted(&[]).ends_with(101);
    assert!(outcome.stderr.contains("\n[permissions.inner]\nenv = [\"GREETING\"]\n"), "{outcome}");
    let outcome = greeted(&["--native", "inner"]).success();
    assert_eq!((outcome.stdout.as_str(), outcome.summary().native), ("(false, true)\n", 2), "{outcome}");
    site.write(FILE, "[permissions.outer]\nnative = true\n[permissions.inner]\nenv = [\"GREETING\"]\n");
    let outcome = site.cargo(Kind::Command, &["run"]).env("GREETING", "good day").outcome().success();
    assert_eq!((outcome.stdout.as_str(), outcome.summary().native), ("(true, true)\n", 1), "{outcome}");
    assert!(!outcome.stderr.contains("names no macro package"), "{outcome}");
}
