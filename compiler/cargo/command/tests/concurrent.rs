//! Runs at the same time, and runs that are killed.

mod support;

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;
use support::{Lab, names};

const RUNS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(60);

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < PATIENCE, "{what} does not happen");
        sleep(Duration::from_millis(10));
    }
}

#[test]
fn sixteen_runs_build_each_module_once() {
    // Continuous integration starts many jobs on one empty cache.
    let mut lab = Lab::usual();
    lab.control = json!({ "build_seconds": 0.2 });
    lab.write();
    let runs: Vec<_> = (0..RUNS)
        .map(|_| lab.command_as_written(&["build"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert!(stderr.contains("Used 2 macros from Wasm"), "{stderr}");
    }
    let built: Vec<String> = lab.take_calls("build").iter().flat_map(|call| names(&call["request"]["build"])).collect();
    assert_eq!(built.len(), 3, "{built:?}");
    assert_eq!(lab.stored("modules").len(), 3);
}

#[test]
fn a_run_that_waits_says_so_and_goes_on_when_the_other_is_killed() {
    // A lock must not outlive its process, and nobody likes to wait without a word.
    let mut lab = Lab::usual();
    lab.control = json!({ "build_seconds": 60 });
    let mut killed = lab.start(&["build", "-q"]);
    wait_until("a build", || lab.calls().iter().any(|call| call["mode"] == "build"));
    lab.control = json!({});
    let waiting = lab.command(&["build"]).stderr(fs::File::create(lab.path("stderr")).unwrap()).spawn().unwrap();
    let stderr = || fs::read_to_string(lab.path("stderr")).unwrap();
    wait_until("waiting", || stderr().contains("    Blocking waiting for another run to build "));
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(waiting.wait_with_output().unwrap().status.success(), "{}", stderr());
    assert!(stderr().ends_with("Used 2 macros from Wasm\n"), "{}", stderr());
}

#[test]
fn a_run_that_is_killed_at_any_moment_leaves_nothing_to_trip_over() {
    // Whatever it was doing.
    let mut lab = Lab::usual();
    lab.control = json!({ "build_seconds": 0.05 });
    for step in 0..12 {
        let mut run = lab.start(&["build", "-q"]);
        sleep(Duration::from_millis(step * 50));
        run.kill().unwrap();
        run.wait().unwrap();
        if step % 4 == 3 {
            lab.ok(&["build"]);
            lab.ok(&["store", "clear"]);
        }
    }
    assert!(lab.ok(&["build"]).stderr.contains("Used 2 macros from Wasm"));
}

#[test]
fn an_interrupt_is_for_the_program_that_runs() {
    // A terminal sends Ctrl-C to all of a pipeline; a program may go on, and must keep the terminal to itself then.
    let mut lab = Lab::usual();
    lab.control = json!({ "use_seconds": 2, "use_code": 5 });
    let mut run = lab.start(&["run", "-q"]);
    wait_until("a program", || lab.path("fake/using").exists());
    let status = std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert_eq!(run.wait().unwrap().code(), Some(5));
}

#[test]
fn collecting_beside_runs_harms_none() {
    // A cron job does not ask who is working.
    let lab = Lab::usual();
    lab.write();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..3 {
                        // Not `lab.ok`: that would write the plan anew while others read it.
                        let mut command = lab.command_as_written(&["build"]);
                        let output = command.output().unwrap();
                        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                    }
                })
            })
            .collect();
        while !runs.iter().all(|run| run.is_finished()) {
            let output = lab.command_as_written(&["store", "clear"]).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    });
}
