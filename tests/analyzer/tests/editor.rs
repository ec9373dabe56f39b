//! rust-analyzer with macros from modules, on a workspace with serde, thiserror and macros of its own.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{fs, thread};

use analyzer_tests::Editor;
use tests::{Lab, Toolchain};

/// The file that is looked at.
const FILE: &str = "app/src/lib.rs";

/// What is copied, from the directory in which Cargo runs tests.
const WORKSPACE: &str = "workspace";

/// A server that has computed for more than that without a pause is in an endless loop, in the system's ticks of a hundredth of a second.
const BUSY: u64 = 500;

fn workspace() -> Lab {
    let lab = Lab::new();
    lab.write(".cargo/config.toml", "[wasm-proc-macro]\nenabled = true\n");
    for name in tests::command::files(Path::new(WORKSPACE)) {
        lab.write(name.to_str().unwrap(), fs::read(Path::new(WORKSPACE).join(&name)).unwrap());
    }
    lab
}

fn open(lab: &Lab) -> Editor {
    open_with(lab, &[])
}

fn open_with(lab: &Lab, variables: &[(&str, &str)]) -> Editor {
    let mut editor = Editor::open(lab.path(), &Toolchain::get().work().join("analyzer-store"), variables);
    editor.settle();
    editor.open_file(FILE);
    editor
}

/// The servers of macros that belong to the process of that number.
fn servers(editor: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{editor}/task")).into_iter().flatten().flatten();
    let children = tasks.flat_map(|task| {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        children.split_whitespace().map(|number| number.parse().unwrap()).collect::<Vec<u32>>()
    });
    let is_server = |number: &u32| {
        let command = fs::read_to_string(format!("/proc/{number}/cmdline")).unwrap_or_default();
        command.contains("rust-analyzer-proc-macro-srv")
    };
    children.filter(is_server).collect()
}

/// The time that a process has computed, in the system's ticks.
fn time_of(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Its name stands in brackets, and may have anything in it.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().nth(11).and_then(|ticks| ticks.parse().ok()).unwrap_or(0)
}

/// Kills the server of that editor that computes for as long as no macro should.
fn kill_busy_server(editor: u32) {
    let mut before = HashMap::new();
    loop {
        for server in servers(editor) {
            let time = time_of(server);
            if time - *before.entry(server).or_insert(time) > BUSY {
                assert!(Command::new("kill").args(["-KILL", &server.to_string()]).status().unwrap().success());
                return;
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_editor_shows_what_macros_from_modules_generate() {
    let lab = workspace();
    let mut editor = open(&lab);
    // The macros of Cargo's graph are modules, and no native library of them was built.
    let modules = tests::command::files(&lab.join("target/debug/deps"));
    let is_library = |path: &&std::path::PathBuf| path.extension().is_some_and(|extension| extension == "so");
    for library in modules.iter().filter(is_library) {
        let bytes = fs::read(lab.join("target/debug/deps").join(library)).unwrap();
        assert!(bytes.starts_with(b"\0asm"), "{library:?}");
    }
    assert!(modules.iter().filter(is_library).count() >= 3, "{modules:?}");

    let expansion = editor.expansion(FILE, "serde::Serialize");
    assert!(expansion.contains("impl _serde::Serialize for Sent"), "{expansion}");
    let expansion = editor.expansion(FILE, "thiserror::Error");
    assert!(expansion.contains("no number but "), "{expansion}");
    assert!(editor.expansion(FILE, "Named)]").contains("fn given_name"));
    let hover = editor.hover(FILE, "given_name()");
    assert!(hover.contains("pub fn given_name() -> &'static str"), "{hover}");
    let definitions = editor.definitions(FILE, "given_name()");
    assert!(definitions.iter().all(|(file, _)| file == "lib.rs") && !definitions.is_empty(), "{definitions:?}");
}

#[test]
fn in_the_other_protocol_macros_expand_to_the_same() {
    // In that the server asks for what it wants to know of spans.
    let lab = workspace();
    let mut editor = open_with(&lab, &[("RUST_ANALYZER_USE_POSTCARD", "1")]);
    assert!(editor.expansion(FILE, "serde::Serialize").contains("impl _serde::Serialize for Sent"));
    assert!(editor.expansion(FILE, "thiserror::Error").contains("no number but "));
    assert!(editor.expansion(FILE, "Named)]").contains("fn given_name"));
    let commands =
        servers(editor.process()).into_iter().map(|server| fs::read_to_string(format!("/proc/{server}/cmdline")));
    let commands: Vec<_> = commands.map(Result::unwrap_or_default).collect();
    assert!(commands.iter().any(|command| command.contains("bidirectional-postcard-prototype")), "{commands:?}");
}

#[test]
fn what_macros_do_wrong_is_one_message_and_the_editor_goes_on() {
    let lab = workspace();
    let mut editor = open(&lab);
    let text = fs::read_to_string(lab.join(FILE)).unwrap();
    let cases = [
        ("macros::fails! {}", "there is nothing to be had"),
        ("macros::ends! {}", "procedural macro stopped: "),
        ("macros::loops! {}", "was refused more than 1s for one expansion"),
    ];
    for (call, expected) in cases {
        editor.edit(FILE, &format!("{text}\n{call}\n"));
        // rust-analyzer may expand a call twice, and says the same twice then.
        let says = |messages: &[String]| {
            messages.iter().filter(|message| message.contains(expected)).collect::<BTreeSet<_>>().len() == 1
        };
        editor.diagnostics(FILE, says);
        assert!(editor.expansion(FILE, "Named)]").contains("fn given_name"), "after {call}");
    }
    editor.edit(FILE, &text);
    editor.diagnostics(FILE, <[String]>::is_empty);
}

#[test]
fn a_macro_that_was_edited_expands_anew() {
    let lab = workspace();
    let mut editor = open(&lab);
    assert!(editor.expansion(FILE, "Named)]").contains("Thing one"));
    let source = fs::read_to_string(lab.join("macros/src/lib.rs")).unwrap();
    lab.write("macros/src/lib.rs", source.replace("{name} one", "{name} two"));
    editor.rebuild_macros();
    let expansion = editor.expansion(FILE, "Named)]");
    assert!(expansion.contains("Thing two"), "{expansion}");
}

#[test]
fn a_server_that_is_killed_is_a_message_and_the_editor_goes_on() {
    // While it works, for rust-analyzer itself ends by the signal when it writes to a server that is gone, as it does with native macros.
    let lab = workspace();
    lab.write("wasm-proc-macro.toml", "[permissions.macros]\ntime = '10min'\n");
    let mut editor = open(&lab);
    assert!(editor.expansion(FILE, "Named)]").contains("fn given_name"));
    let process = editor.process();
    let killer = thread::spawn(move || kill_busy_server(process));
    let text = fs::read_to_string(lab.join(FILE)).unwrap();
    editor.edit(FILE, &format!("{text}\nmacros::loops! {{}}\n"));
    let says = |messages: &[String]| messages.iter().any(|message| message.contains("proc-macro server"));
    let messages = editor.diagnostics(FILE, says);
    killer.join().unwrap();
    assert!(messages.len() < 3, "{messages:#?}");
    assert!(editor.hover(FILE, "name() ->").contains("fn name"));
}
