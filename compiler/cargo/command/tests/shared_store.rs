//! The shared store: what one machine has built another one takes.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::Lab;
use support::server::{Fault, Server};
use support::sharing::{anew, entries, filled, key, receiver, sender, warnings};

#[test]
fn a_second_machine_builds_nothing() {
    // What the store is for. What only a macro needs that is there is not even asked for.
    let (server, lab) = filled();
    let output = lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    assert!(output.stderr.contains("Downloaded 2 modules from `http://127.0.0.1:"), "{}", output.stderr);
    assert!(output.stderr.contains("signed by `ci`\n"), "{}", output.stderr);
    assert!(output.stderr.contains("Used 2 macros from Wasm (2 downloaded)"), "{}", output.stderr);
    // Of each macro the optimized module would have been better.
    let requests = server.take_requests();
    assert!(requests.len() == 4 && requests.iter().all(|request| request.method == "GET"), "{requests:?}");
    // Then they are as if they had been built there.
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("(2 cached)") && server.take_requests().is_empty(), "{}", output.stderr);
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
    let expected = "first-derive v1.0.0, quick: signed by `ci`\ninner-derive v1.0.0: not there\nsecond-derive v1.0.0, quick: signed by `ci`\n";
    assert_eq!(verified, expected);

    let (first, right) = entries(&server)[0].clone();
    server.with(|state| state.files.insert(first, right[..100].to_vec()));
    let output = other.run(&["store", "verify"]);
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert!(
        output.stdout.contains("first-derive v1.0.0, quick: refused: it is not an entry of a store\n"),
        "{}",
        output.stdout
    );
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
    assert!(output.code == 101 && output.stderr.contains("`../ci` is not a name for a key"), "{}", output.stderr);
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
            "`wasm-proc-macro.store.url` must begin with one of `https://`, `http://`, `s3://`, `file:///`",
        ),
        (json!({ "url": "https://me:hunter2@example.org/" }), "credentials are not allowed there"),
        (json!({ "trusted-keys": ["ci"] }), "has `ci`, which is not a key"),
        (json!({ "trusted-keys": [] }), "`wasm-proc-macro.store.trusted-keys` is empty"),
        (json!({ "timeout": "soon" }), "`soon` is not a time"),
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
    assert!(output.stderr.contains("it stores nothing at this address (409 Conflict)"), "{}", output.stderr);
}

#[test]
fn a_bucket_is_a_store_as_well() {
    // What signs a request goes with it, and the secret stays here.
    let server = Server::start();
    let endpoint = server.url().replace("/modules", "");
    let of_bucket = |lab: &mut Lab| {
        lab.settings["store"]["url"] = json!("s3://bucket/team");
        lab.settings["store"]["endpoint"] = json!(endpoint);
    };
    let build = |lab: &Lab| {
        let mut command = lab.command(&["build"]);
        command.env("AWS_ACCESS_KEY_ID", "somebody").env("AWS_SECRET_ACCESS_KEY", "hunter2");
        let output = support::finish(command);
        assert!(output.code == 0 && !output.stderr.contains("hunter2"), "{}", output.stderr);
        output.stderr
    };
    let (mut lab, public) = sender(&server);
    of_bucket(&mut lab);
    let stderr = build(&lab);
    assert!(stderr.contains("Uploaded 3 modules to `s3://bucket/team`"), "{stderr}");
    assert!(server.paths().iter().all(|path| path.starts_with("/bucket/team/v1/")), "{:?}", server.paths());
    for request in server.take_requests() {
        assert!(request.query.contains("X-Amz-Signature=") && !request.query.contains("hunter2"), "{request:?}");
        assert!(request.authorization.is_none(), "{request:?}");
    }
    let mut lab = receiver(&server, &public);
    of_bucket(&mut lab);
    let stderr = build(&lab);
    assert!(stderr.contains("Downloaded 2 modules from `s3://bucket/team`, signed by `ci`"), "{stderr}");
    server.set(Fault::Expired);
    _ = fs::remove_dir_all(lab.store());
    _ = fs::remove_dir_all(lab.path("project/target"));
    let stderr = build(&lab);
    assert!(stderr.contains("is not used: it refuses the credentials (403 ExpiredToken)"), "{stderr}");
    assert!(!stderr.contains("X-Amz"), "{stderr}");
}

#[test]
fn a_directory_is_a_store_as_well() {
    // One that machines have mounted needs no server.
    let server = Server::start();
    let (mut lab, public) = sender(&server);
    let shelf = lab.path("shelf");
    let url = format!("file://{}", shelf.display());
    lab.settings["store"]["url"] = json!(url);
    // It is not made: whoever has not mounted it would fill something else.
    let output = lab.ok(&["build"]);
    assert!(
        warnings(&output).len() == 1 && output.stderr.contains("is not used: it cannot be read"),
        "{}",
        output.stderr
    );
    assert!(!shelf.exists());
    fs::create_dir(&shelf).unwrap();
    let output = anew(&lab);
    assert!(output.stderr.contains(&format!("Uploaded 3 modules to `{url}`")), "{}", output.stderr);
    assert!(!lab.ok(&["store", "push"]).stderr.contains("Uploaded"));
    let mut other = receiver(&server, &public);
    other.settings["store"]["url"] = json!(url);
    let output = other.ok(&["build"]);
    assert!(output.stderr.contains(&format!("Downloaded 2 modules from `{url}`, signed by `ci`")), "{}", output.stderr);
    assert!(server.take_requests().is_empty());
    // What lies there is believed as little as what a server says.
    let entries = fs::read_dir(shelf.join("v1")).unwrap().next().unwrap().unwrap().path();
    for entry in fs::read_dir(entries).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(path, bytes).unwrap();
    }
    let output = anew(&other);
    assert!(output.stderr.contains("its module is not the one that was signed"), "{}", output.stderr);
    assert!(output.stderr.contains("Used 2 macros from Wasm\n"), "{}", output.stderr);
}
