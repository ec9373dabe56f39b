//! rust-analyzer with macros from modules, on a workspace with serde, thiserror and macros of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use analyzer_tests::Editor;
use tests::{Lab, Toolchain};

/// The file that is looked at.
const FILE: &str = "app/src/lib.rs";

/// What is copied, from the directory in which Cargo runs tests.
const WORKSPACE: &str = "workspace";

fn workspace() -> Lab {
    let lab = Lab::new();
    for name in tests::command::files(Path::new(WORKSPACE)) {
        lab.write(name.to_str().unwrap(), fs::read(Path::new(WORKSPACE).join(&name)).unwrap());
    }
    lab
}

fn open(lab: &Lab) -> Editor {
    let mut editor = Editor::open(lab.path(), &Toolchain::get().work().join("analyzer-store"));
    editor.settle();
    editor.open_file(FILE);
    editor
}

/// The servers of macros that belong to an editor.
fn servers(editor: &Editor) -> Vec<u32> {
    let children = fs::read_dir(format!("/proc/{}/task", editor.process())).unwrap().flat_map(|task| {
        let children = fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        children.split_whitespace().map(|number| number.parse().unwrap()).collect::<Vec<u32>>()
    });
    let is_server = |number: &u32| {
        let command = fs::read_to_string(format!("/proc/{number}/cmdline")).unwrap_or_default();
        command.contains("rust-analyzer-proc-macro-srv")
    };
    children.filter(is_server).collect()
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
        let says = |messages: &[String]| messages.iter().filter(|message| message.contains(expected)).count() == 1;
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
    editor.reload();
    let expansion = editor.expansion(FILE, "Named)]");
    assert!(expansion.contains("Thing two"), "{expansion}");
}

#[test]
fn a_server_that_is_killed_is_one_message_and_the_editor_goes_on() {
    let lab = workspace();
    let mut editor = open(&lab);
    assert!(editor.expansion(FILE, "Named)]").contains("fn given_name"));
    let killed = servers(&editor);
    assert!(!killed.is_empty());
    for server in killed {
        assert!(Command::new("kill").args(["-KILL", &server.to_string()]).status().unwrap().success());
    }
    // Names are found as before, and what is expanded anew says what is wrong.
    let text = fs::read_to_string(lab.join(FILE)).unwrap();
    editor.edit(FILE, &format!("{text}\n#[derive(macros::Named)]\npub struct Other;\n"));
    let says = |messages: &[String]| messages.iter().any(|message| message.contains("proc-macro"));
    editor.diagnostics(FILE, says);
    assert!(editor.hover(FILE, "name() ->").contains("fn name"));
}
