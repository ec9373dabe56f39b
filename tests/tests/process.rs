//! The compiler as a process while modules run in it: signals, limits, threads, its own command line.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::{Lab, RustcExt};

/// How long a compiler may take to end after a signal.
const PATIENCE: Duration = Duration::from_secs(20);

const ENDLESS: &str = r#"
extern crate proc_macro;
#[proc_macro]
pub fn endless(_input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    println!("running");
    loop {
        std::hint::spin_loop();
    }
}
"#;

/// Wasmtime's signal handler stands before rustc's. A crash of the compiler must still end it, and not go round in circles.
///
/// A real fault comes again when rustc's handler returns, for the instruction is the same. One that is sent from outside does
/// not, so it is sent twice: the first is reported, the second ends the process.
#[test]
fn a_fatal_signal_ends_a_compiler_that_runs_a_module() {
    // Each waits for seconds.
    std::thread::scope(|scope| {
        for signal in ["SEGV", "BUS", "ILL", "INT", "TERM"].map(libc_signal) {
            scope.spawn(move || ends_a_compiler(signal));
        }
    });
}

fn ends_a_compiler(signal: i32) {
    let lab = Lab::new();
    lab.module_from("endless", ENDLESS);
    lab.write("main.rs", "endless::endless!(); fn main() {}");
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--wasm-proc-macro", "endless.wasm"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = rustc.spawn().expect("rustc starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "running\n");
    let fatal = ["SEGV", "BUS", "ILL"].map(libc_signal).contains(&signal);
    kill(child.id(), signal);
    if fatal {
        std::thread::sleep(Duration::from_secs(2));
        kill(child.id(), signal);
    }
    let sent = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if sent.elapsed() > PATIENCE {
            kill(child.id(), libc_signal("KILL"));
            child.wait().unwrap();
            panic!("signal {signal} did not end the compiler");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(!status.success(), "signal {signal}: {status}");
    if fatal {
        assert_eq!(status.signal(), Some(signal), "{status}");
    }
}

fn libc_signal(name: &str) -> i32 {
    match name {
        "INT" => 2,
        "ILL" => 4,
        "BUS" => 7,
        "KILL" => 9,
        "SEGV" => 11,
        "TERM" => 15,
        _ => panic!("signal {name} is not used here"),
    }
}

fn kill(process: u32, signal: i32) {
    let status =
        Command::new("kill").arg(format!("-{signal}")).arg(process.to_string()).status().expect("`kill` is there");
    assert!(status.success());
}

/// Every memory of a module reserves 4 GiB of address space, where there is that much.
#[test]
fn modules_run_where_address_space_is_limited() {
    let lab = Lab::new();
    let names = ["words", "describe", "counter", "plain"];
    for name in names {
        lab.module(name, name);
    }
    lab.write("main.rs", "#[derive(describe::Describe)] struct S; fn main() { println!(\"{} {} {} {}\", words::answer!(), counter::next!(), plain::plain!(), S::DESCRIPTION); }");
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--emit=metadata"]);
    for name in names {
        rustc.module(&lab.join(&format!("{name}.wasm")));
    }
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 4000000 && exec \"$@\"", "sh"]).arg(rustc.get_program()).args(rustc.get_args());
    for (name, value) in rustc.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.current_dir(lab.path()).outcome().success();
}

/// The parallel front end runs on threads of its own, and so does everything that it asks for.
#[test]
fn modules_work_with_the_parallel_front_end() {
    let lab = Lab::new();
    lab.module("words", "words");
    lab.module("counter", "counter");
    let mut source = String::from("fn main() { assert_eq!(counter::peek!(), 0); }\n");
    for number in 0..50 {
        source += &format!("mod m{number} {{ pub fn f() -> usize {{ words::count!(a b c) + words::answer!() }} }}\n");
    }
    lab.write("main.rs", source);
    for threads in ["1", "2", "8"] {
        let mut rustc = lab.rustc();
        rustc.args(["main.rs", "--wasm-proc-macro", "words.wasm", "--wasm-proc-macro", "counter.wasm"]);
        rustc.arg(format!("-Zthreads={threads}")).env("RUSTC_BOOTSTRAP", "1").outcome().success();
        lab.run("main").success();
    }
}

#[test]
fn help_names_the_options() {
    let text = Lab::new().rustc().arg("--help").args(["-v"]).outcome().success().stdout;
    for option in ["--wasm-proc-macro ", "--wasm-proc-macro-cache", "--wasm-proc-macro-policy"] {
        assert!(text.contains(option), "{text}");
    }
}

/// The fork presents itself as the stable release, so that crates that probe for nightly behave as they do there.
#[test]
fn the_fork_is_stable_to_those_who_ask() {
    let lab = Lab::new();
    let version = lab.rustc_with_default_cache().arg("-vV").outcome().success().stdout;
    assert!(version.contains("release: 1.96.0\n"), "{version}");
    lab.write("main.rs", "#![feature(never_type)] fn main() {}");
    lab.rustc().args(["main.rs"]).outcome().one_error().says("E0554");
}

/// Without the options nothing is different: no cache, no word.
#[test]
fn without_a_module_no_cache_is_made() {
    let lab = Lab::new();
    lab.write("main.rs", "#[derive(Debug)] struct S; fn main() { println!(\"{S:?}\"); }");
    let outcome = lab.rustc_with_default_cache().args(["main.rs"]).outcome().success();
    assert_eq!(outcome.stderr, "");
    assert!(!lab.join("target").exists());
}
