//! `docs/benchmarks.md`: the results, for people.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::measures::MEASURES;
use crate::results::{BY_HAND, Record, Results};
use crate::row::{Row, Verdict};

const HEADER: &str = "\
# Benchmarks

Written by `./x.py bench NAME --write` from `tests/bench/results.toml`. `./x.py bench list` names the measures.
[performance.md](performance.md) says where the time goes.

* Each measure compares things in one run, in rounds in which each has its turn.
* *measured* is the median over the rounds. *least* is the same number from the fastest runs. What has neither was
  counted once, or comes from a run that kept only the median.
* `native -O3`, `Wasm -O3`: with `-C opt-level=3 -C codegen-units=1`. `native -O0`: as Cargo builds macros by default.
  `Wasm -O0`: a quick module, as Cargo builds it when it is needed. `Wasm -Os`: an optimized module, as
  `cargo wasm-proc-macro optimize` builds it.
* `BUILD/bench` has all numbers of the last run as JSON, and plots.
";

/// A file of the repository.
pub fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// The file of the results.
pub fn results() -> PathBuf {
    repository("tests/bench/results.toml")
}

/// Writes the document.
pub fn write(results: &Results) -> Result<()> {
    let path = repository("docs/benchmarks.md");
    fs::write(&path, render(results)).with_context(|| format!("cannot write `{}`", path.display()))
}

/// The document.
pub fn render(results: &Results) -> String {
    let mut page = HEADER.to_owned();
    for measure in MEASURES {
        if let Some(record) = results.of(measure.name) {
            let machine = &record.machine;
            _ = write!(page, "\n## {}\n\n{}\n\n", measure.name, sentence(measure.what));
            _ = writeln!(page, "`{}`, {}, on: {machine}.\n", record.command, record.date);
            table(&mut page, record);
        }
    }
    if let Some(record) = results.of(BY_HAND) {
        _ = write!(page, "\n## By hand\n\nNo measure has these. On: {}.\n\n", record.machine);
        table(&mut page, record);
    }
    page
}

fn table(page: &mut String, record: &Record) {
    page.push_str("| what | measured | least | rounds | aim | |\n|---|---|---|---|---|---|\n");
    for row in &record.rows {
        let cells = [
            format!("{}{}", row.what, source(row)),
            row.unit.show(row.value),
            row.least.map_or(String::new(), |least| row.unit.show(least)),
            row.rounds.map_or(String::new(), |rounds| rounds.to_string()),
            row.aim(),
            row.verdict().map_or("", Verdict::name).to_owned(),
        ];
        _ = writeln!(page, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
    for note in &record.notes {
        _ = write!(page, "\n{}\n", sentence(note));
    }
}

/// Where a row comes from, if that is not where its measure's rows come from.
fn source(row: &Row) -> String {
    let parts: Vec<String> = row.command.iter().map(|it| format!("`{it}`")).chain(row.date.clone()).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Unit;

    fn committed() -> Results {
        Results::open(&results()).unwrap()
    }

    #[test]
    fn the_document_is_that_of_the_results() {
        let page = fs::read_to_string(repository("docs/benchmarks.md")).unwrap();
        assert!(page == render(&committed()), "the document is another one: `./x.py bench page` writes it");
    }

    #[test]
    fn each_result_belongs_to_a_measure_or_says_how_it_was_made() {
        let results = committed();
        for name in results.names() {
            assert!(name == BY_HAND || MEASURES.iter().any(|measure| measure.name == name), "`{name}`");
        }
        let by_hand = results.of(BY_HAND).map_or(&[][..], |record| &record.rows);
        assert!(by_hand.iter().all(|row| row.date.is_some() && row.command.is_some()));
    }

    /// Sentences of the README with numbers: the measure, the rows that hold the least and the greatest number, and the
    /// sentence, in which they stand for `{}`.
    const README: &[(&str, &[&str], &str)] = &[
        (
            "expansion",
            &["2000 structs, expansion, Wasm -O3 / native -O3", "2000 structs, expansion, Wasm -O3 / native -O0"],
            "in {} times the time of native macros with `-O`, and in {} times the time of native macros without `-O`",
        ),
        (
            "expansion",
            &["100 structs, expansion, Wasm -O0 / native -O0"],
            "take {} times as long as native macros without",
        ),
        ("load", &["Wasm -O3, cached: whole compilation above native -O3"], "Loading a cached module takes {},"),
        ("load", &["Wasm -O3, first use: whole compilation above native -O3"], "the first use of one {}."),
    ];

    /// Sentences with the least and the greatest number of the measure's rows whose names end so.
    const README_RANGES: &[(&str, &str, &str)] = &[
        ("cargo", "empty store / native: wall time", "A first build takes {} to {} times as long"),
        ("cargo", "filled store / native: wall time", "a later one {} to {} times"),
    ];

    /// `text` with these numbers, as the README writes them: two digits after the point for ratios.
    fn filled(text: &str, rows: &[&Row]) -> String {
        let mut text = text.to_owned();
        for row in rows {
            let shown = row.unit.show(row.value);
            text = text.replacen("{}", shown.trim_end_matches(" ×"), 1);
        }
        text
    }

    #[test]
    fn the_readmes_numbers_are_those_of_the_results() {
        let results = committed();
        let readme = fs::read_to_string(repository("README.md")).unwrap();
        let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
        let check = |sentence: String| assert!(readme.contains(&sentence), "README.md must say: {sentence}");
        for (measure, names, text) in README {
            let rows = &results.of(measure).unwrap().rows;
            let row = |name: &&str| rows.iter().find(|row| row.what == *name).unwrap_or_else(|| panic!("no `{name}`"));
            check(filled(text, &names.iter().map(row).collect::<Vec<_>>()));
        }
        for (measure, end, text) in README_RANGES {
            let mut rows: Vec<&Row> =
                results.of(measure).unwrap().rows.iter().filter(|row| row.what.ends_with(end)).collect();
            rows.sort_by(|one, other| one.value.total_cmp(&other.value));
            check(filled(text, &[rows[0], rows[rows.len() - 1]]));
        }
    }

    #[test]
    fn a_row_stands_under_its_measure_with_its_aim_and_verdict() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.toml");
        fs::write(&path, "").unwrap();
        let mut results = Results::open(&path).unwrap();
        let row = Row { rounds: Some(3), least: Some(1.0), ..Row::new("a | b", Unit::Ratio, 1.5) };
        let other =
            Row { date: Some("2026-01-02".into()), command: Some("x".into()), ..Row::new("c", Unit::Seconds, 1.0) };
        let record = Record {
            date: "2026-01-01".into(),
            machine: "2 cores".into(),
            command: "./x.py bench load".into(),
            notes: vec!["it was noisy".into()],
            rows: vec![row.at_most(1.2), other],
        };
        results.set("load", record.clone());
        results.set(BY_HAND, record);
        let page = render(&results);
        for line in [
            "## load",
            "`./x.py bench load`, 2026-01-01, on: 2 cores.",
            "| a \\| b | 1.50 × | 1.00 × | 3 | ≤ 1.20 × | missed |",
            "| c (`x`, 2026-01-02) | 1.00 s |  |  |  |  |",
            "It was noisy.",
            "## By hand",
        ] {
            assert!(page.lines().any(|it| it == line), "{line}\nin\n{page}");
        }
        assert!(!page.contains("## memory"), "{page}");
    }
}
