//! A macro of a package that only tests depend on.

use displaydoc::Display;

/// What can be wrong.
#[derive(Debug, Display)]
enum Wrong {
    /// {0} is too large
    Large(u32),
    /// nothing is there
    Nothing,
}

#[test]
fn documentation_is_the_message() {
    assert_eq!(Wrong::Large(9).to_string(), "9 is too large");
    assert_eq!(Wrong::Nothing.to_string(), "nothing is there");
}

#[test]
fn the_program_says_it() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_app")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, format!("{}; macros: {}; alpha beta gamma\n", app::GREETING, app::BUILT_FOR));
}
