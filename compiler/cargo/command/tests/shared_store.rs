//! The shared store: what one machine has built another one takes, and nothing that its server does changes what comes out.

mod support;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::server::{Fault, Server};
use support::{Lab, Output};

/// A key that `store keygen` has made: the file, and the line for `trusted-keys`.
fn key(lab: &Lab, name: &str) -> (PathBuf, String) {
    let path = lab.path(&format!("{name}.key"));
    let output = lab.ok(&["store", "keygen", name, "-o", path.to_str().unwrap()]);
    (path, output.stdout.trim().to_owned())
}

/// A machine that fills a store.
fn sender(server: &Server) -> (Lab, String) {
    let mut lab = Lab::usual();
    let (path, public) = key(&lab, "ci");
    lab.settings = json!({ "store": { "url": server.url(), "mode": "read-write", "signing-key": path } });
    (lab, public)
}

/// Another machine, which takes what `public` has signed.
fn receiver(server: &Server, public: &str) -> Lab {
    let mut lab = Lab::usual();
    lab.settings = json!({ "store": { "url": server.url(), "trusted-keys": [public], "retries": 1 } });
    lab
}

/// A store that is filled, and a machine that has nothing yet.
fn filled() -> (Server, Lab) {
    let server = Server::start();
    let (lab, public) = sender(&server);
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("Uploaded 3 modules to `http://127.0.0.1:"), "{}", output.stderr);
    server.take_requests();
    let lab = receiver(&server, &public);
    (server, lab)
}

fn warnings(output: &Output) -> Vec<&str> {
    output.stderr.lines().filter(|line| line.starts_with("warning")).collect()
}

/// The machine has built its modules itself, and one line says why: with this text.
#[track_caller]
fn built_because(lab: &Lab, output: &Output, text: &str) {
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan", "build", "use"], "{}", output.stderr);
    assert!(output.stderr.contains("Used 2 macros from Wasm\n"), "{}", output.stderr);
    let said = warnings(output);
    assert!(said.len() == 1 && said[0].contains(text), "expected one line with `{text}`:\n{}", output.stderr);
}

/// A build on a machine that has nothing.
#[track_caller]
fn anew(lab: &Lab) -> Output {
    _ = fs::remove_dir_all(lab.store());
    _ = fs::remove_dir_all(lab.path("project/target"));
    lab.take_modes();
    lab.run(&["build"])
}

#[test]
fn a_second_machine_builds_nothing() {
    // What the store is for. What only a macro needs that is there is not even asked for.
    let (server, lab) = filled();
    let output = lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    assert!(output.stderr.contains("Downloaded 2 modules from `http://127.0.0.1:"), "{}", output.stderr);
    assert!(output.stderr.contains("signed by `ci`\n"), "{}", output.stderr);
    assert!(output.stderr.contains("Used 2 macros from Wasm (2 downloaded)"), "{}", output.stderr);
    let requests = server.take_requests();
    assert!(requests.len() == 2 && requests.iter().all(|request| request.method == "GET"), "{requests:?}");
    // Then they are as if they had been built there.
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("(2 cached)") && server.take_requests().is_empty(), "{}", output.stderr);
}

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
        (Fault::Says(b"<html>nothing of that name</html>".to_vec()), "(it is no entry of a store)"),
        (Fault::Says(Vec::new()), "(it is no entry of a store)"),
        (Fault::Says(vec![b'x'; 1 << 20]), "(it is no entry of a store)"),
        (Fault::CutsOff, " (it ends "),
        (Fault::Endless, " (it goes on after its "),
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
fn without_the_network_nobody_is_asked() {
    // `--offline` and `net.offline` are the user's word, and no trouble.
    let (server, mut lab) = filled();
    lab.settings["store"]["offline"] = json!(true);
    let output = anew(&lab);
    assert!(warnings(&output).is_empty() && output.stderr.contains("Used 2 macros from Wasm\n"), "{}", output.stderr);
    assert!(server.take_requests().is_empty());
}

/// The entries of a store, by the names of their macros.
fn entries(server: &Server) -> Vec<(String, Vec<u8>)> {
    let named = |bytes: &Vec<u8>| {
        let statement = bytes.split(|byte| *byte == b'\n').nth(2).unwrap();
        serde_json::from_slice::<Value>(statement).unwrap()["name"].as_str().unwrap().to_owned()
    };
    server.with(|state| {
        let mut entries: Vec<_> = state.files.iter().map(|(path, bytes)| (named(bytes), path.clone())).collect();
        entries.sort();
        entries.into_iter().map(|(_, path)| (path.clone(), state.files[&path].clone())).collect()
    })
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
        (of_second.clone(), "it is second-derive v1.0.0 of another build, in the place of this one"),
        (changed(&|bytes| *bytes.last_mut().unwrap() ^= 1), "its module is not the one that was signed"),
        (changed(&|bytes| bytes.truncate(bytes.len() - 7)), "it ends after"),
        (changed(&|bytes| bytes.push(0)), "it goes on after its"),
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
fn two_who_sign_do_not_write_over_each_other() {
    // Teams that do not trust each other may use the same server.
    let server = Server::start();
    let ((one, of_one), (other, of_other)) = (sender(&server), sender(&server));
    one.ok(&["build"]);
    other.ok(&["build"]);
    assert_eq!(server.paths().len(), 6);
    for public in [of_one, of_other] {
        let lab = receiver(&server, &public);
        let output = lab.ok(&["build"]);
        assert!(output.stderr.contains("(2 downloaded)") && warnings(&output).is_empty(), "{}", output.stderr);
    }
    // A stranger's are not even looked at.
    let lab = receiver(&server, &format!("ci:{}", "ab".repeat(32)));
    let output = lab.ok(&["build"]);
    assert!(warnings(&output).is_empty() && output.stderr.contains("Used 2 macros from Wasm\n"), "{}", output.stderr);
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
        let expected = format!("warning: not all is sent to the shared store `{}`: {text}", server.url());
        assert_eq!(warnings(&output), [expected], "{}", output.stderr);
        assert!(output.stderr.contains("Used 2 macros from Wasm\n"), "{}", output.stderr);
    }
}

#[test]
fn who_has_no_key_sends_nothing() {
    // An entry that nobody signed would be refused by everybody.
    let server = Server::start();
    let (mut lab, public) = sender(&server);
    lab.settings["store"].as_object_mut().unwrap().remove("signing-key");
    lab.settings["store"]["trusted-keys"] = json!([public]);
    let output = lab.ok(&["build"]);
    assert_eq!(warnings(&output).len(), 1, "{}", output.stderr);
    assert!(output.stderr.contains("there is no key to sign with"), "{}", output.stderr);
    assert!(server.take_requests().iter().all(|request| request.method == "GET"));
    // In CI the key is a variable.
    let (_, lab_with_key) = (0, sender(&server).0);
    let text = fs::read_to_string(lab_with_key.path("ci.key")).unwrap();
    _ = fs::remove_dir_all(lab.store());
    let mut command = lab.command(&["build"]);
    command.env("WASM_PROC_MACRO_STORE_SIGNING_KEY", text);
    let output = support::finish(command);
    assert!(output.stderr.contains("Uploaded 3 modules"), "{}", output.stderr);
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
fn what_a_variable_says_neither_goes_out_nor_counts_elsewhere() {
    // It may be a secret that the module has in it, and where it is set another module would be built.
    let server = Server::start();
    let (mut lab, public) = sender(&server);
    lab.control = json!({ "dep_infos": { "first-derive": "\n# env-dep:A_SECRET=hunter2\n" } });
    let set = |lab: &Lab| {
        _ = fs::remove_dir_all(lab.store());
        _ = fs::remove_dir_all(lab.path("project/target"));
        let mut command = lab.command(&["build"]);
        command.env("A_SECRET", "hunter2");
        support::finish(command)
    };
    let output = set(&lab);
    assert!(output.stderr.contains("Uploaded 2 modules"), "{}", output.stderr);
    lab.control = json!({ "dep_infos": { "first-derive": "\n# env-dep:A_SECRET\n" } });
    let output = anew(&lab);
    assert!(output.stderr.contains("Uploaded 1 module to"), "{}", output.stderr);
    let lab = receiver(&server, &public);
    assert!(set(&lab).stderr.contains("Used 2 macros from Wasm (1 downloaded)"));
    assert!(anew(&lab).stderr.contains("(2 downloaded)"));
    // The local store has learned that it counts, so what was taken without it is not used with it.
    lab.take_modes();
    let mut command = lab.command(&["build"]);
    command.env("A_SECRET", "hunter2");
    assert_eq!((support::finish(command).code, lab.take_calls("build").len()), (0, 1));
}

#[test]
fn what_only_this_project_knows_is_not_sent() {
    // Its paths, and its sources, are nobody else's business.
    let server = Server::start();
    let (mut lab, _) = sender(&server);
    lab.make_local(2);
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("Uploaded 2 modules"), "{}", output.stderr);
    for (_, bytes) in entries(&server) {
        assert!(!String::from_utf8_lossy(&bytes).contains("/project"));
    }
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
        command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
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

/// Kills the command and what it has started, so long after its start.
fn kill_after(mut command: std::process::Command, time: Duration) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(time);
    let group = format!("-{}", child.id());
    assert!(std::process::Command::new("kill").args(["-KILL", "--", &group]).status().unwrap().success());
    child.wait().unwrap();
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
    assert_eq!(other.ok(&["store", "verify"]).stdout.matches(": signed by `ci`\n").count(), 3);
}

#[test]
fn the_commands_do_by_hand_what_builds_do() {
    // CI may fill a store in a job of its own.
    let server = Server::start();
    let (mut lab, public) = sender(&server);
    lab.settings["store"]["mode"] = json!("read");
    lab.settings["store"]["trusted-keys"] = json!([public]);
    lab.ok(&["build"]);
    let output = lab.run(&["store", "push"]);
    assert!(
        output.code == 101 && output.stderr.contains("`wasm-proc-macro.store.mode` is `read`"),
        "{}",
        output.stderr
    );
    lab.settings["store"]["mode"] = json!("read-write");
    assert_eq!(lab.ok(&["store", "verify"]).stdout.matches(": not there\n").count(), 3);
    // What only another macro is built with is none of the project's once that is a module.
    assert!(lab.ok(&["store", "push"]).stderr.contains("Uploaded 2 modules"));
    let text = lab.ok(&["store", "push"]).stderr;
    assert!(!text.contains("Uploaded"), "{text}");
    assert!(lab.ok(&["store", "push", "--replace"]).stderr.contains("Uploaded 2 modules"));

    let other = receiver(&server, &public);
    let output = other.ok(&["store", "pull"]);
    assert!(output.stderr.contains("Downloaded 2 modules"), "{}", output.stderr);
    assert!(other.ok(&["store", "pull"]).stderr.contains("Found everything in the local store"));
    assert!(other.ok(&["build"]).stderr.contains("(2 cached)"));
    let verified = other.ok(&["store", "verify"]).stdout;
    let expected =
        "first-derive v1.0.0: signed by `ci`\ninner-derive v1.0.0: not there\nsecond-derive v1.0.0: signed by `ci`\n";
    assert_eq!(verified, expected);

    let (first, right) = entries(&server)[0].clone();
    server.with(|state| state.files.insert(first, right[..100].to_vec()));
    let output = other.run(&["store", "verify"]);
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert!(output.stdout.contains("first-derive v1.0.0: refused: it is no entry of a store\n"), "{}", output.stdout);
    server.set(Fault::Closes);
    for words in [&["store", "verify"], &["store", "push"]] {
        let output = if words[1] == "push" { lab.run(words) } else { other.run(words) };
        assert!(output.code == 101 && output.stderr.contains("no connection"), "{}", output.stderr);
    }
}

#[test]
fn a_key_is_made_once() {
    // One that is written over is lost, and everybody trusts its other half.
    let lab = Lab::new();
    let (path, public) = key(&lab, "ci");
    assert!(public.starts_with("ci:") && public.len() == 3 + 64, "{public}");
    let secret = fs::read_to_string(&path).unwrap();
    let output = lab.run(&["store", "keygen", "ci", "-o", path.to_str().unwrap()]);
    assert!(output.code == 101 && output.stderr.contains("cannot write"), "{}", output.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap(), secret);
    let output = lab.run(&["store", "keygen", "../ci"]);
    assert!(output.code == 101 && output.stderr.contains("`../ci` is no name for a key"), "{}", output.stderr);
}

#[test]
fn settings_that_mean_nothing_are_errors() {
    // A store that is down stops nobody, but one that nobody could ever reach is a slip.
    let server = Server::start();
    let lab = |change: Value| {
        let mut lab = receiver(&server, &format!("ci:{}", "ab".repeat(32)));
        lab.settings["store"].as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        lab.run(&["build"])
    };
    for (change, text) in [
        (
            json!({ "url": "ftp://example.org" }),
            "`wasm-proc-macro.store.url` begins with none of `https://`, `http://`, `s3://`",
        ),
        (json!({ "url": "https://me:hunter2@example.org/" }), "credentials do not belong there"),
        (json!({ "trusted-keys": ["ci"] }), "has `ci`, which is no key"),
        (json!({ "trusted-keys": [] }), "`wasm-proc-macro.store.trusted-keys` is empty"),
        (json!({ "timeout": "soon" }), "`soon` is no time"),
    ] {
        let output = lab(change);
        assert!(output.code == 101 && output.stderr.contains(text), "`{text}`:\n{}", output.stderr);
        assert!(!output.stderr.contains("hunter2"));
    }
    // Without an address there is none, so that one machine can do without.
    assert_eq!(lab(json!({ "url": "" })).code, 0);
    assert!(server.take_requests().is_empty());
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
fn directories_are_made_where_a_server_makes_none() {
    // nginx can be told to, and Apache cannot.
    let server = Server::start();
    let (lab, _) = sender(&server);
    server.set(Fault::Plain);
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("Uploaded 3 modules") && warnings(&output).is_empty(), "{}", output.stderr);
    // One that has none at the address itself is named.
    server.with(|state| state.files.clear());
    server.set(Fault::Status(409, Some("PUT")));
    let output = lab.run(&["store", "push"]);
    assert!(output.stderr.contains("no directory for modules at its address (409 Conflict)"), "{}", output.stderr);
}
