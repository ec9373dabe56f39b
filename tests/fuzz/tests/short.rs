//! A short run of every target: the committed inputs, and some made from seeds that stay.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fuzz::random::Random;
use fuzz::requests::{self, Run};

/// How many inputs of each target are made.
const INPUTS: u64 = 300;

/// How many bytes they have at most, in turn: what is changed a little may still be right.
const LENGTHS: [u64; 3] = [14, 40, 2000];

/// Of how many inputs that are made at least one has to lead to what the target is about.
const WASTED: usize = 50;

/// Bytes of stack: what is small to the compiler's threads is not to those of tests.
const STACK: usize = 16 << 20;

/// How many files with requests are made.
const FILES: u64 = 2;

/// Of how many macro calls at least one has to be without errors.
const CLEAN: usize = 4;

/// What stands in a directory of the committed inputs, if there are some.
fn corpus(name: &str) -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    if !corpus.exists() {
        return Vec::new();
    }
    let entries = corpus.read_dir().unwrap_or_else(|error| panic!("`{}`: {error}", corpus.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

#[test]
fn committed_inputs_are_those_of_a_target() {
    // Else nobody would run them.
    for path in corpus("").iter().filter(|path| path.is_dir()) {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(name == "requests" || fuzz::target(name).is_some(), "there is no target `{name}`");
        assert!(!corpus(name).is_empty(), "`{}` is empty", path.display());
    }
}

fn run(name: &'static str, inputs: u64) {
    let target = fuzz::target(name).expect("there is such a target");
    let all = move || {
        let paths = corpus(name);
        let mut executed = 0;
        for path in &paths {
            eprintln!("{}", path.display());
            target(&std::fs::read(path).expect("it can be read"));
        }
        for seed in 0..inputs {
            eprintln!("{name}, seed {seed}");
            let mut random = Random::new(seed);
            let len = random.next() % LENGTHS[seed as usize % LENGTHS.len()];
            let input: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
            executed += usize::from(target(&input));
        }
        assert!(executed * WASTED >= inputs as usize, "only {executed} of {inputs} inputs led to something");
        println!("{name}: {} committed inputs, {executed} of {inputs} others led to something", paths.len());
    };
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(all)
        .expect("a thread")
        .join()
        .expect("nothing should be wrong");
}

#[test]
fn sections_are_read_whatever_they_say() {
    run("sections", INPUTS);
}

#[test]
fn modules_are_run_whatever_they_do() {
    run("modules", INPUTS);
}

#[test]
fn wasi_does_what_the_model_says() {
    run("wasi", INPUTS);
}

#[test]
fn watts_guests_are_answered_whatever_they_send() {
    run("watt", INPUTS);
}

#[test]
fn policies_say_what_they_mean() {
    run("policy", INPUTS);
}

#[test]
fn a_damaged_cache_is_none() {
    run("store", INPUTS);
}

#[test]
fn handlers_find_what_they_need_in_optimized_code() {
    run("exceptions", INPUTS / 4);
}

#[test]
fn the_compiler_answers_whatever_is_requested() {
    let toolchain = std::env::var_os("RUSTC_WASM_TOOLCHAIN").expect("`./x.py test` says where the toolchain is");
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    let findings = Path::new(env!("CARGO_TARGET_TMPDIR")).join("findings");
    let (toolchain, guest) = (toolchain.into(), room.join("guest/lib.rs"));
    let run = Run { toolchain, guest, findings, seed: 1, files: FILES, duration: Duration::ZERO };
    let known = requests::replay(&run, &corpus("requests")).expect("the compiler can be called");
    let new = requests::run(&run).expect("the compiler can be called");
    println!("requests: {} committed files, {} requests", known.executions, new.executions);
    assert!(new.executions > 0, "no request was sent");
    // Else what comes late in the compiler would hardly be tried.
    let (clean, calls) = (new.clean, new.calls);
    assert!(clean * CLEAN >= calls, "only {clean} of {calls} calls were taken to the end");
    let findings = run.findings.display();
    assert_eq!((known.faults, new.faults), (0, 0), "see above, and what is in `{findings}`");
}
