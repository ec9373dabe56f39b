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
    lab.settings =
        json!({ "store": { "url": server.url(), "mode": "read-write", "signing-key": path, "timeout": "5s" } });
    (lab, public)
}

/// Another machine, which takes what `public` has signed.
fn receiver(server: &Server, public: &str) -> Lab {
    let mut lab = Lab::usual();
    lab.settings = json!({ "store": { "url": server.url(), "trusted-keys": [public], "timeout": "1s", "retries": 1 } });
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
    let (server, lab) = filled();
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
