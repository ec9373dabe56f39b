//! Macros that cannot run from Wasm run natively, and the summary says why; and what the user may choose about that.

use std::collections::BTreeSet;

use cargo_tests::{CargoOutcome as _, Site, store};

/// Runs the program with one of the macros in four ways: it works, and the summary has a reason that contains `reason`.
/// Returns what is compiled when it is run once more.
fn check(feature: &str, package: &str, says: &str, reason: &str) -> BTreeSet<String> {
    let site = Site::with_shared_store("packages/fallback");
    let before = site.snapshot();
    let features = format!("--features={feature}");
    let run = ["run", "--locked", &features];
    let outcome = site.command(&run).success();
    assert_eq!(outcome.stdout, format!("1\n2\n{says}\n"), "{outcome}");
    let summary = outcome.summary();
    assert_eq!((summary.wasm, summary.native), (1, 1), "{outcome}");
    assert!(
        summary.reasons.starts_with(package) && summary.reasons.contains(reason),
        "no `{reason}` in the reasons\n{outcome}"
    );

    // Once more: it is still said.
    let again = site.command(&run).success();
    assert_eq!((&again.stdout, again.summary().native), (&outcome.stdout, 1), "{again}");

    // It does not keep others from Wasm, and is an error only for those who want it so.
    let forbidden = site.command(&["build", "--locked", &features, "--forbid-native"]).ends_with(101);
    assert!(forbidden.stderr.contains(&format!("--native {package}")), "{forbidden}");
    let chosen = site.command(&["run", "--locked", &features, "--forbid-native", "--native", package]).success();
    assert_eq!(chosen.stdout, outcome.stdout);
    assert!(chosen.summary().reasons.contains("`--native`"), "{chosen}");
    site.snapshot().assert_is(&before, "the command");
    again.compiled()
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

/// The build fails first: only then is it known that the macro needs the file.
#[test]
fn a_file_that_the_sandbox_refuses() {
    let again = check("outside", "outside", "Linux", "/proc/version");
    assert!(again.is_empty(), "{again:?}");
}

/// What CI calls first, and what has words that Cargo takes once only.
#[test]
fn tests_that_are_only_compiled_fall_back_too() {
    let site = Site::of("packages/fallback");
    let outcome = site.command(&["test", "--no-run", "--locked", "--features=outside"]).success();
    assert!(outcome.stderr.contains("Retrying with outside running natively"), "{outcome}");
}

/// One bad macro does not make others native.
#[test]
fn all_at_once() {
    let site = Site::of("packages/fallback");
    let outcome = site.command(&["run", "--locked", "--all-features"]).success();
    assert_eq!(outcome.stdout, "1\n2\n42\n7\n9\nLinux\n");
    let summary = outcome.summary();
    assert_eq!((summary.wasm, summary.native), (1, 4), "{outcome}");
    assert_eq!(store::packages(&site.store), ["seq-macro 0.3.6"]);
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
    assert!(explain("outside").contains("its source may change"));
    assert!(!site.target.join("debug/deps").exists() && store::modules(&site.store).is_empty());
    site.command(&["build", "--features=links"]).success();
    assert!(explain("seq-macro").contains("the module in the store"));
    assert!(explain("links-macros").contains("last time it ran natively: links = \"c_code\" in c-code v0.5.0"));
}
