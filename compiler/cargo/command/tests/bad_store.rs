//! Nothing that a shared store's server does, or somebody who can write to it, changes what comes out of a build.

mod support;

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;
use support::Lab;
use support::server::{Fault, Server};
use support::sharing::{anew, built_because, entries, filled, key, receiver, sender, warnings};

#[test]
fn whatever_a_server_does_the_build_goes_on() {
    // Nobody's build may depend on a machine elsewhere. Each time one line says what happened.
    let (server, mut lab) = filled();
    for (fault, text) in [
        (Fault::Closes, "is not used: no connection"),
        (Fault::Silent, "is not used: it does not answer within 1s"),
        (Fault::Drips, "is not used: it is too slow"),
        (Fault::Babbles, "is not used: it does not speak HTTP"),
        (Fault::Status(500, None), "is not used: it fails (500 Internal Server Error), 2 times"),
        (Fault::Status(401, None), "is not used: it refuses the credentials (401 Unauthorized)"),
        (Fault::Status(403, None), "is not used: it refuses the credentials (403 Forbidden)"),
        (Fault::Redirects("http://127.0.0.1:1/".into()), "is not used: it answers with a redirect"),
        (Fault::Says(b"<html>nothing of that name</html>".to_vec()), "(it is not an entry of a store)"),
        (Fault::Says(Vec::new()), "(it is not an entry of a store)"),
        (Fault::Says(vec![b'x'; 1 << 20]), "(it is not an entry of a store)"),
        (Fault::CutsOff, " (it ends "),
        (Fault::Endless, " (it is longer than "),
    ] {
        server.set(fault.clone());
        // What does not wait for a time's end must not meet it, however busy this machine is.
        let is_slow = matches!(fault, Fault::Silent | Fault::Drips);
        lab.settings["store"]["timeout"] = json!(if is_slow { "1s" } else { "10s" });
        let start = Instant::now();
        let output = anew(&lab);
        built_because(&lab, &output, text);
        assert!(start.elapsed() < Duration::from_secs(30), "{fault:?}: {:?}", start.elapsed());
    }
    server.set(Fault::None);
    assert!(anew(&lab).stderr.contains("(2 downloaded)"));
}

#[test]
fn nobody_there_is_said_once() {
    let (_, mut lab) = filled();
    lab.settings["store"]["url"] = json!("http://127.0.0.1:1/modules");
    let output = anew(&lab);
    built_because(&lab, &output, "`http://127.0.0.1:1/modules` is not used: no connection");
    lab.settings["store"]["url"] = json!("https://nowhere.invalid/modules");
    let output = anew(&lab);
    built_because(&lab, &output, "`https://nowhere.invalid/modules` is not used: ");
}

#[test]
fn what_is_not_as_it_was_signed_is_refused_by_name() {
    // Who can write to the server must not be able to have others run something else.
    let (server, lab) = filled();
    let entries = entries(&server);
    let [(first, of_first), _, (second, of_second)] = &entries[..] else { panic!("{}", entries.len()) };
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = of_first.clone();
        change(&mut bytes);
        bytes
    };
    let line = |bytes: &[u8], number: usize| {
        bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(number).unwrap().0
    };
    let unsigned = [&of_first[..=line(of_first, 0)], b"\n", &of_first[line(of_first, 1) + 1..]].concat();
    for (bytes, text) in [
        (of_second.clone(), "it is second-derive v1.0.0 from a different build"),
        (changed(&|bytes| *bytes.last_mut().unwrap() ^= 1), "its module is not the one that was signed"),
        (changed(&|bytes| bytes.truncate(bytes.len() - 7)), "it ends after"),
        (changed(&|bytes| bytes.push(0)), "it is longer than"),
        (changed(&|bytes| bytes[line(of_first, 1) - 1] ^= 1), "its signature by `ci` is wrong"),
        (changed(&|bytes| bytes[line(of_first, 1) + 10] ^= 1), "its signature by `ci` is wrong"),
        (unsigned, "it is not signed"),
    ] {
        server.with(|state| state.files.insert(first.clone(), bytes));
        let output = anew(&lab);
        assert_eq!((output.code, lab.take_calls("build").len()), (0, 1), "{}", output.stderr);
        let said = warnings(&output);
        let expected =
            format!("warning: refused from the shared store `{}`: first-derive v1.0.0 ({text}", server.url());
        assert!(said.len() == 1 && said[0].contains(&expected), "`{expected}`:\n{}", output.stderr);
        assert!(output.stderr.contains("Used 2 macros from Wasm (1 downloaded)"), "{}", output.stderr);
    }
    server.with(|state| {
        state.files.insert(first.clone(), of_first.clone());
        state.files.remove(second);
    });
    let output = anew(&lab);
    assert!(warnings(&output).is_empty() && output.stderr.contains("(1 downloaded)"), "{}", output.stderr);
}

#[test]
fn what_was_refused_is_replaced_by_whoever_may() {
    // Else a damaged entry would be everybody's trouble for ever.
    let server = Server::start();
    let (lab, _) = sender(&server);
    lab.ok(&["build"]);
    let [(first, right), ..] = &entries(&server)[..] else { panic!("nothing was sent") };
    server.with(|state| state.files.insert(first.clone(), right[..right.len() - 1].to_vec()));
    let output = anew(&lab);
    assert!(
        output.stderr.contains("(it ends after") && output.stderr.contains("Uploaded 1 module to"),
        "{}",
        output.stderr
    );
    assert_eq!(server.with(|state| state.files[first].clone()), *right);
    // What is right is not sent twice.
    server.take_requests();
    let output = anew(&lab);
    assert!(output.stderr.contains("(2 downloaded)"), "{}", output.stderr);
    assert!(server.take_requests().iter().all(|request| request.method == "GET"));
}

#[test]
fn a_store_that_takes_nothing_stops_nobody() {
    // The modules are built by then, and the user waits for a program.
    for (fault, text) in [
        (Fault::Status(507, Some("PUT")), "it is full (507 Insufficient Storage)"),
        (Fault::Status(403, Some("PUT")), "it refuses the credentials (403 Forbidden)"),
        (Fault::Status(405, Some("PUT")), "it fails (405 Method Not Allowed)"),
        (Fault::Status(503, Some("PUT")), "it fails (503 Service Unavailable), 3 times"),
    ] {
        let server = Server::start();
        let (lab, _) = sender(&server);
        server.set(fault);
        let output = lab.ok(&["build"]);
        let expected = format!("warning: not all modules are uploaded to the shared store `{}`: {text}", server.url());
        assert_eq!(warnings(&output), [expected], "{}", output.stderr);
        assert!(output.stderr.contains("Used 2 macros from Wasm\n"), "{}", output.stderr);
    }
}

#[test]
fn credentials_go_to_their_server_only_and_into_no_message() {
    // A server that answers with another address must not choose who gets them.
    let (server, lab) = filled();
    server.with(|state| state.authorization = Some("Bearer hunter2".into()));
    let with_token = |token: &str| {
        _ = fs::remove_dir_all(lab.store());
        _ = fs::remove_dir_all(lab.path("project/target"));
        let mut command = lab.command(&["-v", "build"]);
        command.env("WASM_PROC_MACRO_STORE_TOKEN", token);
        let output = support::finish(command);
        assert!(!output.stderr.contains(token) && output.code == 0, "{}", output.stderr);
        output
    };
    assert!(with_token("hunter2").stderr.contains("(2 downloaded)"));
    let output = with_token("hunter3");
    assert!(output.stderr.contains("it refuses the credentials (401 Unauthorized)"), "{}", output.stderr);
    let elsewhere = Server::start();
    server.set(Fault::Redirects(elsewhere.url()));
    assert!(with_token("hunter2").stderr.contains("it answers with a redirect"));
    assert!(elsewhere.take_requests().is_empty());
    // A line break would be another header.
    let output = with_token("hunter2\nx: y");
    assert!(output.stderr.contains("cannot be put into a request"), "{}", output.stderr);
}

#[test]
fn credentials_are_not_sent_in_the_clear() {
    // Whoever listens would have them.
    let (server, mut lab) = filled();
    lab.settings["store"]["url"] = json!("http://store.invalid/modules");
    let mut command = lab.command(&["build"]);
    command.env("WASM_PROC_MACRO_STORE_USER", "me").env("WASM_PROC_MACRO_STORE_PASSWORD", "hunter2");
    let output = support::finish(command);
    assert!(output.stderr.contains("credentials are sent by `https` only") && output.code == 0, "{}", output.stderr);
    // From a program they come likewise.
    server.with(|state| state.authorization = Some("Basic bWU6aHVudGVyMg==".into()));
    lab.settings["store"]["url"] = json!(server.url());
    let print = r#"echo '{"username":"me","password":"hunter2"}'"#;
    lab.settings["store"]["credential-process"] = json!(["sh", "-c", print]);
    assert!(anew(&lab).stderr.contains("(2 downloaded)"));
    lab.settings["store"]["credential-process"] = json!(["sh", "-c", "exit 1"]);
    let output = anew(&lab);
    built_because(&lab, &output, "is not used: the credential process `sh` failed");
}

#[test]
fn a_store_that_hangs_costs_no_more_than_its_time() {
    // Whatever the process that asks is doing, the build goes on.
    let (server, mut lab) = filled();
    lab.settings["store"]["timeout"] = json!("100ms");
    lab.settings["store"]["credential-process"] = json!(["sleep", "60"]);
    let start = Instant::now();
    let output = anew(&lab);
    built_because(&lab, &output, "the credential process `sleep` takes more than 100ms");
    assert!(start.elapsed() < Duration::from_secs(10) && server.take_requests().is_empty());
}

#[test]
fn whoever_is_killed_leaves_nothing_wrong() {
    // A machine may go down at any moment, and the next one takes what is there.
    let server = Server::start();
    let (lab, public) = sender(&server);
    let other = receiver(&server, &public);
    server.set(Fault::Takes(Duration::from_millis(20)));
    for step in 0..24 {
        let time = Duration::from_millis(step * 10);
        for lab in [&lab, &other] {
            _ = fs::remove_dir_all(lab.path("project/target"));
            // What a killed run has left is there for the next one.
            if step % 3 == 0 {
                _ = fs::remove_dir_all(lab.store());
            }
            kill_after(lab.command(&["build"]), time);
        }
    }
    server.set(Fault::None);
    let output = other.ok(&["build"]);
    assert!(warnings(&output).is_empty() && output.stderr.contains("Used 2 macros from Wasm"), "{}", output.stderr);
    let verified = other.ok(&["store", "verify"]);
    assert!(!verified.stdout.contains("refused"), "{}", verified.stdout);
    // And it can still be filled.
    lab.ok(&["build"]);
    lab.ok(&["store", "push"]);
    let verified = other.ok(&["store", "verify"]).stdout;
    // The third is built for the second one only.
    for name in ["first-derive", "second-derive"] {
        assert!(verified.contains(&format!("{name} v1.0.0, quick: signed by `ci`\n")), "{verified}");
    }
}

/// Kills the command and what it has started, so long after its start.
fn kill_after(mut command: Command, time: Duration) {
    command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    sleep(time);
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-KILL", "--", &group]).status().unwrap().success());
    child.wait().unwrap();
}

#[test]
fn sixteen_at_once_do_not_hurt_each_other() {
    // As when a new version of a dependency meets all jobs of a CI.
    let server = Server::start();
    let lab = Lab::new();
    let (path, public) = key(&lab, "ci");
    let text = fs::read_to_string(path).unwrap();
    server.set(Fault::Takes(Duration::from_millis(5)));
    let labs: Vec<Lab> = (0..16).map(|_| Lab::usual()).collect();
    let start = |(index, mut lab): (usize, Lab)| {
        lab.settings = json!({ "store": {
            "url": server.url(), "mode": if index % 2 == 0 { "read-write" } else { "read" }, "trusted-keys": [public],
        } });
        let mut command = lab.command(&["build"]);
        command.env("WASM_PROC_MACRO_STORE_SIGNING_KEY", &text);
        command.stderr(Stdio::piped()).stdout(Stdio::null());
        (command.spawn().unwrap(), lab)
    };
    let running: Vec<_> = labs.into_iter().enumerate().map(start).collect();
    for (child, lab) in running {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && stderr.contains("Used 2 macros from Wasm"), "{stderr}");
        assert!(!stderr.contains("warning"), "{stderr}");
        drop(lab);
    }
    let lab = receiver(&server, &public);
    assert_eq!(lab.ok(&["store", "verify"]).stdout.matches(": signed by `ci`\n").count(), 3);
    assert_eq!(server.paths().len(), 3);
}
