//! Machines that share a store, all of them made up.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::server::Server;
use super::{Lab, Output};

/// A key that `store keygen` has made: the file, and the line for `trusted-keys`.
pub fn key(lab: &Lab, name: &str) -> (PathBuf, String) {
    let path = lab.path(&format!("{name}.key"));
    let output = lab.ok(&["store", "keygen", name, "-o", path.to_str().unwrap()]);
    (path, output.stdout.trim().to_owned())
}

/// A machine that fills a store.
pub fn sender(server: &Server) -> (Lab, String) {
    let mut lab = Lab::usual();
    let (path, public) = key(&lab, "ci");
    lab.settings = json!({ "store": { "url": server.url(), "mode": "read-write", "signing-key": path } });
    (lab, public)
}

/// Another machine, which takes what `public` has signed.
pub fn receiver(server: &Server, public: &str) -> Lab {
    let mut lab = Lab::usual();
    lab.settings = json!({ "store": { "url": server.url(), "trusted-keys": [public], "retries": 1 } });
    lab
}

/// A store that is filled, and a machine that has nothing yet.
pub fn filled() -> (Server, Lab) {
    let server = Server::start();
    let (lab, public) = sender(&server);
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("Uploaded 3 modules to `http://127.0.0.1:"), "{}", output.stderr);
    server.take_requests();
    let lab = receiver(&server, &public);
    (server, lab)
}

pub fn warnings(output: &Output) -> Vec<&str> {
    output.stderr.lines().filter(|line| line.starts_with("warning")).collect()
}

/// The machine has built its modules itself, and one line says why: with this text.
#[track_caller]
pub fn built_because(lab: &Lab, output: &Output, text: &str) {
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan", "build", "use"], "{}", output.stderr);
    assert!(output.stderr.contains("Used 2 macros from Wasm\n"), "{}", output.stderr);
    let said = warnings(output);
    assert!(said.len() == 1 && said[0].contains(text), "expected one line with `{text}`:\n{}", output.stderr);
}

/// A build on a machine that has nothing.
#[track_caller]
pub fn anew(lab: &Lab) -> Output {
    _ = fs::remove_dir_all(lab.store());
    _ = fs::remove_dir_all(lab.path("project/target"));
    lab.take_modes();
    lab.run(&["build"])
}

/// The entries of a store, by the names of their macros.
pub fn entries(server: &Server) -> Vec<(String, Vec<u8>)> {
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
