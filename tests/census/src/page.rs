//! `README.md`: the results, for people.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::list::Entry;
use crate::results::{Record, Results, Tests, Verdict};

const HEADER: &str = "\
# Macro crates from Wasm

Written by `./x.py census`. The crates are from crates.io, unmodified. Every macro in their graph runs from Wasm, and none
runs natively (`cargo wasm-proc-macro … --forbid-native`). How the census works stands in
[docs/census.md](../../docs/census.md).

* *loads*: a project that depends on the crate is checked. All macros of its graph are built for WebAssembly. The
  compiler loads those that the code names.
* *tests*: the published package's own tests and the examples in its documentation run twice: natively, and with every
  macro from Wasm. The tests are equal if four things are: the names of the tests that passed and of those that failed,
  which targets compile, the compiler's messages about the package, and its messages about programs in the package that
  must not compile.
";

/// The page.
pub fn render(list: &[Entry], results: &Results) -> String {
    let mut page = HEADER.to_owned();
    summary(&mut page, list, results);
    let mut kinds: Vec<&str> = list.iter().map(|entry| &*entry.kind).collect();
    kinds.dedup();
    exceptions(&mut page, list, results);
    for kind in kinds {
        _ = write!(
            page,
            "\n## {kind}\n\n| crate | loads | tests | natively passed, failed | messages |\n|---|---|---|---|---|\n"
        );
        for entry in list.iter().filter(|entry| entry.kind == kind) {
            page += &row(entry, record(entry, results));
        }
    }
    page
}

fn record<'a>(entry: &Entry, results: &'a Results) -> Option<&'a Record> {
    results.of(&entry.name, &entry.version)
}

fn summary(page: &mut String, list: &[Entry], results: &Results) {
    let records: Vec<&Record> = list.iter().filter_map(|entry| record(entry, results)).collect();
    let loads: Vec<_> = records.iter().filter_map(|record| record.load.as_ref()).collect();
    let tests: Vec<&Tests> = records.iter().filter_map(|record| record.tests.as_ref()).collect();
    let of = |verdict: Verdict| {
        let load = loads.iter().filter(|load| load.verdict == verdict).count();
        (load, tests.iter().filter(|tests| tests.verdict == verdict).count())
    };
    let (loaded, equal) = of(Verdict::Equal);
    let (not_loaded, different) = of(Verdict::Different);
    let (load_not_run, tests_not_run) = of(Verdict::NotRun);
    let macros: BTreeSet<&String> =
        loads.iter().filter(|load| load.verdict == Verdict::Equal).flat_map(|load| &load.macros).collect();
    let run: Vec<_> = tests.iter().filter(|tests| tests.verdict != Verdict::NotRun).collect();
    let passed: usize = run.iter().map(|tests| tests.passed).sum();
    let failed: usize = run.iter().map(|tests| tests.failed).sum();
    let programs: usize = run.iter().map(|tests| tests.programs).sum();
    let messages: usize = run.iter().map(|tests| tests.diagnostics).sum();
    _ = write!(
        page,
        "\n| {} crates | as natively | different | not run | no result yet |\n|---|---|---|---|---|\n\
        | load | {loaded} | {not_loaded} | {load_not_run} | {} |\n| own tests | {equal} | {different} | {tests_not_run} | {} |\n\n\
        {} macro packages are in the graphs of what loads. Of the tests that were compared, {passed} pass natively and {failed} fail.\n\
        {messages} messages were compared. Most of them are about {programs} programs that must not compile.\n",
        list.len(),
        list.len() - loads.len(),
        list.len() - tests.len(),
        macros.len(),
    );
}

fn exceptions(page: &mut String, list: &[Entry], results: &Results) {
    let mut lines = String::new();
    for entry in list {
        let record = record(entry, results);
        let load = record.and_then(|record| record.load.as_ref()).filter(|load| load.verdict == Verdict::Different);
        let tests = record.and_then(|record| record.tests.as_ref()).filter(|tests| tests.verdict == Verdict::Different);
        let reason = load.map(|load| &load.reason).or(tests.map(|tests| &tests.reason));
        let mut line = entry.needs.clone().unwrap_or_default();
        if !entry.permissions.is_empty() {
            _ = write!(line, " Granted: `{}`.", entry.permissions.to_string().trim().replace('\n', "; "));
        }
        if let (true, Some(reason)) = (entry.needs.is_none(), reason) {
            _ = write!(line, "{}", cell(reason));
        }
        if !line.is_empty() {
            _ = writeln!(lines, "* `{}` {}: {line}", entry.name, entry.version);
        }
    }
    if !lines.is_empty() {
        _ = write!(page, "\n## What differs, and what has a grant\n\n{lines}");
    }
}

fn row(entry: &Entry, record: Option<&Record>) -> String {
    let load = record.and_then(|record| record.load.as_ref());
    let tests = record.and_then(|record| record.tests.as_ref());
    let loads = match load {
        None => String::new(),
        Some(load) if load.verdict == Verdict::Equal => "yes".to_owned(),
        Some(load) if load.verdict == Verdict::Different => "**no**".to_owned(),
        Some(load) => format!("not run: {}", cell(&load.reason)),
    };
    let (compared, counts, messages) = match tests {
        None => Default::default(),
        Some(tests) if tests.verdict == Verdict::NotRun => {
            (format!("not run: {}", cell(&tests.reason)), String::new(), String::new())
        }
        Some(tests) => {
            let mut text =
                if tests.verdict == Verdict::Equal { "equal".to_owned() } else { "**different**".to_owned() };
            if !tests.package.is_empty() {
                _ = write!(text, ", of {}", tests.package);
            }
            if !tests.left_out.is_empty() {
                _ = write!(text, ", without {}", tests.left_out.join("; "));
            }
            (text, format!("{}, {}", tests.passed, tests.failed), tests.diagnostics.to_string())
        }
    };
    format!("| {} {} | {loads} | {compared} | {counts} | {messages} |\n", entry.name, entry.version)
}

/// A text for a cell of a table: its beginning, in one line.
fn cell(text: &str) -> String {
    const LIMIT: usize = 160;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|").replace('<', "&lt;");
    match line.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::list;
    use crate::results::Load;

    fn own(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
    }

    #[test]
    fn the_page_is_that_of_the_list_and_the_results() {
        // Whoever edits one of them by hand also writes the page: `./x.py census --for 0`.
        let entries = list::read(&own("crates.toml")).unwrap();
        let results = Results::open(&own("results.toml")).unwrap();
        let page = std::fs::read_to_string(own("README.md")).unwrap();
        assert!(page == render(&entries, &results), "the page is another one: `./x.py census --for 0` writes it anew");
        for name in results.names() {
            assert!(entries.iter().any(|entry| entry.name == name), "`{name}` has a result and is not listed");
        }
    }

    #[test]
    fn the_list_is_as_long_as_it_is_to_be() {
        let entries = list::read(&own("crates.toml")).unwrap();
        assert!(entries.len() >= 220, "{}", entries.len());
    }

    #[test]
    fn each_result_stands_on_the_page() {
        let entries = list::parse(
            "[derive]\na = { version = '1.0.0' }\nb = { version = '2.0.0', needs = 'it asks.', permissions.b.env = ['U'] }\n\
            [test]\nc = { version = '3.0.0', tests.none = 'none' }",
        );
        let entries = entries.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut results = Results::open(&dir.path().join("none")).unwrap();
        let load = |verdict| Load {
            verdict,
            reason: "x".to_owned(),
            macros: vec!["m 1".to_owned()],
            toolchain: String::new(),
        };
        let tests =
            Tests { verdict: Verdict::Different, reason: "a|b\nc".to_owned(), passed: 7, ..Tests::not_run("", "") };
        results.set("a", "1.0.0", |record| {
            record.load = Some(load(Verdict::Equal));
            record.tests = Some(tests);
        });
        results.set("b", "2.0.0", |record| record.load = Some(load(Verdict::Different)));
        results.set("c", "2.9.0", |record| record.load = Some(load(Verdict::Equal)));
        let page = render(&entries, &results);
        for line in [
            "| 3 crates | as natively | different | not run | no result yet |",
            "| load | 1 | 1 | 0 | 1 |",
            "| own tests | 0 | 1 | 0 | 2 |",
            "1 macro packages are in the graphs of what loads. Of the tests that were compared, 7 pass natively and 0 fail.",
            "0 messages were compared. Most of them are about 0 programs that must not compile.",
            "* `a` 1.0.0: a\\|b c",
            "* `b` 2.0.0: it asks. Granted: `[b]; env = [\"U\"]`.",
            "| a 1.0.0 | yes | **different** | 7, 0 | 0 |",
            "| b 2.0.0 | **no** |  |  |  |",
            "| c 3.0.0 |  |  |  |  |",
        ] {
            assert!(page.lines().any(|it| it == line), "{line}\nin\n{page}");
        }
    }
}
