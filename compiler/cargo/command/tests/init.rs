//! `init`, which turns the switch on.

mod support;

use std::fs;

use support::Lab;

#[test]
fn init_turns_the_switch_on_and_leaves_the_rest_alone() {
    // It is a file that people write.
    let lab = Lab::usual();
    let path = lab.path("project/.cargo/config.toml");
    let output = lab.ok(&["init"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "[wasm-proc-macro]\nenabled = true\n");
    assert!(output.stderr.contains("       Wrote `enabled = true` to "), "{}", output.stderr);
    assert!(!lab.path("project/rust-toolchain.toml").exists());
    let mine = "# mine\n[build] # so\njobs = 2\n\n[wasm-proc-macro]\non-refusal = \"fail\" # why\nenabled = false\n";
    fs::write(&path, mine).unwrap();
    lab.ok(&["init"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), mine.replace("false", "true"));
    let output = lab.ok(&["init"]);
    assert!(output.stderr.contains("Unchanged"), "{}", output.stderr);
    fs::write(&path, "[build\n").unwrap();
    let output = lab.run(&["init"]);
    assert_eq!(output.code, 101, "{output:?}");
    assert!(output.stderr.contains("cannot change") && output.stderr.contains("config.toml"), "{}", output.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap(), "[build\n");
}

#[test]
fn init_names_the_toolchain_if_that_is_wanted() {
    // rustup takes a path or a channel.
    let lab = Lab::usual();
    let path = lab.path("project/rust-toolchain.toml");
    fs::write(&path, "[toolchain]\nchannel = \"stable\" # old\ncomponents = [\"clippy\"]\n").unwrap();
    lab.ok(&["init", "--toolchain"]);
    let expected = format!("[toolchain]\ncomponents = [\"clippy\"]\npath = {:?}\n", lab.path("toolchain"));
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
}
