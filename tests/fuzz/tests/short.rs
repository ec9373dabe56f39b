//! A short run of every target that needs no compiler: the committed inputs, and some made from seeds that stay.

use std::path::Path;

use fuzz::random::Random;

/// How many inputs of each target are made.
const INPUTS: u64 = 300;

/// Bytes of stack: what is small to the compiler's threads is not to those of tests.
const STACK: usize = 16 << 20;

fn run(name: &'static str, inputs: u64) {
    let target = fuzz::target(name).expect("there is such a target");
    let all = move || {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut paths: Vec<_> = corpus.read_dir().into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            eprintln!("{}", path.display());
            target(&std::fs::read(path).expect("it can be read"));
        }
        for seed in 0..inputs {
            eprintln!("{name}, seed {seed}");
            let mut random = Random::new(seed);
            let len = random.next() % 2000;
            let input: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
            target(&input);
        }
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
