//! The cases themselves: each says why it exists, each expectation belongs to one, and there are as many as promised. And of the
//! files beside this one, none is left out.

use std::fs;
use std::path::{Path, PathBuf};

use tests::command::files;

/// From the directory in which cargo runs tests.
const CASES: &str = "ui";

fn cases() -> Vec<PathBuf> {
    let is_case =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs") && !path.starts_with("auxiliary");
    files(Path::new(CASES)).into_iter().filter(is_case).collect()
}

#[test]
fn there_are_as_many_cases_as_promised() {
    let count = cases().len();
    assert!(count >= 40, "{count} cases");
}

#[test]
fn every_case_begins_by_saying_why_it_exists() {
    for case in cases() {
        let text = fs::read_to_string(Path::new(CASES).join(&case)).unwrap();
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("// ") && first.ends_with('.'), "`{}` begins with `{first}`", case.display());
    }
}

/// An expectation without a case is left over from one that is gone.
#[test]
fn every_expectation_belongs_to_a_case() {
    let cases = cases();
    for file in files(Path::new(CASES)) {
        if file.extension().is_some_and(|extension| extension == "rs") || file.starts_with("auxiliary") {
            continue;
        }
        let name = file.file_name().unwrap().to_string_lossy();
        let case = file.with_file_name(format!("{}.rs", name.split('.').next().unwrap()));
        assert!(cases.contains(&case), "`{}` belongs to no case", file.display());
    }
}

#[test]
fn every_auxiliary_crate_is_used() {
    let mut texts = String::new();
    for dir in [CASES, "tests"].map(Path::new) {
        for file in files(dir) {
            texts += &fs::read_to_string(dir.join(file)).unwrap_or_default();
        }
    }
    texts += &fs::read_to_string("src/bad.rs").unwrap();
    for file in files(&Path::new(CASES).join("auxiliary")) {
        let name = file.file_stem().unwrap().to_string_lossy();
        let uses = [format!(": {name}"), format!("={name}"), format!("\"{name}\""), format!("copies: {name}")];
        assert!(uses.iter().any(|used| texts.contains(used)), "`{}` is used by nothing", file.display());
    }
}

/// One that is not a module is compiled by nobody, and none of its tests runs.
#[test]
fn every_file_of_tests_is_a_module_of_its_program() {
    for (dir, program) in
        [("tests", "fork.rs"), ("cargo/tests", "command.rs")].map(|(dir, program)| (Path::new(dir), program))
    {
        let modules = fs::read_to_string(dir.join(program)).unwrap();
        let programs = ["ui.rs", program].map(Path::new);
        let single = |file: &PathBuf| file.components().count() == 1 && !programs.contains(&file.as_path());
        for file in files(dir).into_iter().filter(single) {
            let name = file.file_stem().unwrap().to_string_lossy();
            let line = format!("mod {name};");
            assert!(
                modules.lines().any(|found| found == line),
                "`{line}` is missing in `{}`",
                dir.join(program).display()
            );
        }
    }
}
