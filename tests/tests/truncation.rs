//! Modules that end too early, or are damaged anywhere: one error, no crash, nothing cached.

use std::fs;
use std::path::Path;

use tests::command::files;
use tests::{Artifacts, Form, Lab, Outcome, RustcExt, bad, wasm};

const MAIN: &str =
    "#[derive(plain::Plain)] struct S; #[plain::plain_attr] fn main() { println!(\"{}\", plain::plain!()); }";

fn good() -> Vec<u8> {
    fs::read(Artifacts::get().macros("plain", Form::Wasm).unwrap()).unwrap()
}

/// Compiles a program with the module as `plain`, and an empty cache.
fn compile(lab: &Lab, module: &[u8], cache: &Path) -> Outcome {
    lab.write("plain.wasm", module);
    _ = fs::remove_dir_all(cache);
    let mut rustc = lab.rustc_with_default_cache();
    rustc.cache(cache).args(["main.rs", "--emit=metadata", "--wasm-proc-macro", "plain=plain.wasm"]);
    rustc.outcome()
}

/// Were this not so, all other cases here would prove nothing.
#[test]
fn the_whole_module_is_accepted() {
    let lab = Lab::new();
    lab.write("main.rs", MAIN);
    compile(&lab, &good(), &lab.join("cache")).success();
}

#[test]
fn a_module_that_is_cut_at_a_section_boundary_is_one_error() {
    let lab = Lab::new();
    lab.write("main.rs", MAIN);
    let (module, cache) = (good(), lab.join("cache"));
    let boundaries = bad::boundaries(&module);
    assert!(boundaries.len() > 8, "{boundaries:?}");
    let ours = [wasm::DECLS_SECTION, wasm::ABI_SECTION];
    let sections = wasm::sections(&module);
    let needed = sections.iter().filter(|section| section.name.is_some_and(|name| ours.contains(&name)));
    let needed = needed.map(|section| section.range(&module).end).max().expect("the module has the sections");
    for &end in &boundaries[..boundaries.len() - 1] {
        let outcome = compile(&lab, &module[..end], &cache);
        // Without the last sections, names and the like, a module is still whole as far as macros go.
        if end >= needed {
            outcome.success();
            continue;
        }
        let outcome = outcome.one_error();
        assert!(outcome.stderr.contains("plain.wasm"), "the error names the file, cut at {end}:\n{outcome}");
        assert_eq!(files(&cache), [""; 0].map(std::path::PathBuf::from), "cut at {end}");
    }
}

#[test]
fn a_module_that_is_cut_within_a_section_is_one_error() {
    let lab = Lab::new();
    lab.write("main.rs", MAIN);
    let (module, cache) = (good(), lab.join("cache"));
    for pair in bad::boundaries(&module).windows(2) {
        for end in [pair[0] + 1, (pair[0] + pair[1]) / 2, pair[1] - 1] {
            compile(&lab, &module[..end], &cache).one_error();
            assert_eq!(files(&cache), [""; 0].map(std::path::PathBuf::from), "cut at {end}");
        }
    }
}

/// A changed byte may do no harm, or make the module bad, or make its macros fail, but never the compiler.
#[test]
fn a_changed_byte_never_crashes_the_compiler() {
    let lab = Lab::new();
    lab.write("main.rs", MAIN);
    let (module, cache) = (good(), lab.join("cache"));
    // A generator of Lehmer's kind: the same places every time.
    let mut random = 48_271u64;
    let mut next = |below: usize| {
        random = random * 48_271 % 2_147_483_647;
        random as usize % below
    };
    for _ in 0..24 {
        let mut damaged = module.clone();
        let at = next(damaged.len());
        damaged[at] ^= 1 << next(8);
        never_crashes(compile(&lab, &damaged, &cache), &format!("byte {at}"));
    }
    // The sections with structure are small against the code, so they get their own share.
    for section in wasm::sections(&module).iter().filter(|section| section.id != 10 && section.id != 11) {
        let range = section.range(&module);
        for _ in 0..4 {
            let mut damaged = module.clone();
            let at = range.start + next(range.len());
            damaged[at] ^= 1 << next(8);
            never_crashes(compile(&lab, &damaged, &cache), &format!("byte {at} in section {}", section.id));
        }
    }
}

/// What a module declares are only words. One that lies about the kinds of its macros gets input that it cannot read; what it
/// then does to itself, and what it writes about that, is its own affair.
#[test]
fn a_module_that_lies_about_its_macros_never_crashes_the_compiler() {
    let swap = |text: &str| {
        let text = text.replace("attr:plain_attr:plain_attr", "bang:plain_attr:plain_attr");
        text.replace("bang:plain:plain", "attr:plain:plain")
            .replace("derive:Plain:plain_derive:plain_helper", "attr:Plain:plain_derive")
    };
    let lying = wasm::rewrite_text(&good(), wasm::DECLS_SECTION, swap);
    let lab = Lab::new();
    for source in [
        "plain::plain_attr!(one stream); fn main() {}",
        "#[plain::plain(two streams)] fn main() {}",
        "#[plain::Plain] fn main() {}",
    ] {
        lab.write("main.rs", source);
        let outcome = compile(&lab, &lying, &lab.join("cache"));
        assert!(matches!(outcome.code, Some(0 | 1)), "{outcome}");
        assert!(!outcome.stderr.contains("internal compiler error"), "{outcome}");
        println!("{source}: {:?}", outcome.error_lines());
    }
}

#[track_caller]
fn never_crashes(outcome: Outcome, what: &str) {
    if outcome.code == Some(0) {
        return;
    }
    println!("{what}: {:?}", outcome.error_lines());
    outcome.errors();
}
