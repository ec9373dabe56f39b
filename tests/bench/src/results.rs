//! `results.toml`: what the repository's document says, one run for each measure.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::row::Row;

/// Names the rows that no measure makes. Each has its own date and command.
pub const BY_HAND: &str = "by-hand";

const HEADER: &str = "\
# What docs/benchmarks.md says. `./x.py bench NAME --write` replaces the results of a measure and writes the document.
# After an edit by hand `./x.py bench page` writes the document.

";

/// The last run of one measure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The day, as `2026-11-30`.
    pub date: String,
    /// Cores, processor, system.
    pub machine: String,
    /// What was typed.
    pub command: String,
    /// What a reader of the numbers has to know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    #[serde(default)]
    pub rows: Vec<Row>,
}

impl Record {
    /// What has been measured now: the rows that are to be published.
    pub fn now(command: String, rows: &[Row], notes: &[String]) -> Record {
        let rows = rows.iter().filter(|row| row.is_published);
        Record {
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            machine: machine(),
            command,
            notes: notes.to_vec(),
            rows: rows.map(rounded).collect(),
        }
    }
}

/// The row with numbers of four digits, which is more than is known.
fn rounded(row: &Row) -> Row {
    let round = |value: f64| format!("{value:.3e}").parse().unwrap_or(value);
    Row { value: round(row.value), least: row.least.map(round), ..row.clone() }
}

/// The file, by the measures' names.
#[derive(Debug)]
pub struct Results {
    path: PathBuf,
    records: BTreeMap<String, Record>,
}

impl Results {
    /// Reads the file.
    pub fn open(path: &Path) -> Result<Results> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let records = toml::from_str(&text).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(Results { path: path.to_owned(), records })
    }

    /// The last run of a measure.
    pub fn of(&self, measure: &str) -> Option<&Record> {
        self.records.get(measure)
    }

    /// The measures that have results.
    #[cfg(test)]
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// Puts a run in place of the measure's earlier one.
    pub fn set(&mut self, measure: &str, record: Record) {
        self.records.insert(measure.to_owned(), record);
    }

    /// Puts the rows of a run in place of those that say the same, and leaves the others with the day and the command of theirs.
    pub fn add(&mut self, measure: &str, record: Record) {
        let Some(old) = self.records.insert(measure.to_owned(), record) else { return };
        let new = self.records.get_mut(measure).expect("just put there");
        let others = old.rows.into_iter().filter(|row| new.rows.iter().all(|other| other.what != row.what));
        let others: Vec<_> = others
            .map(|row| Row {
                date: row.date.or_else(|| (old.date != new.date).then(|| old.date.clone())),
                command: row.command.or_else(|| (old.command != new.command).then(|| old.command.clone())),
                ..row
            })
            .collect();
        new.rows.extend(others);
        new.rows.sort_by(|a, b| a.what.cmp(&b.what));
        new.notes.extend(old.notes);
        new.notes.sort();
        new.notes.dedup();
    }

    /// Writes the file.
    pub fn save(&self) -> Result<()> {
        let text = format!("{HEADER}{}", toml::to_string(&self.records)?);
        fs::write(&self.path, text).with_context(|| format!("cannot write `{}`", self.path.display()))
    }
}

/// `2 cores, AMD EPYC, Linux on x86_64`.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let name = name.trim_start_matches([' ', '\t', ':']).trim();
    let system = match std::env::consts::OS {
        "linux" => "Linux",
        other => other,
    };
    format!("{cores} cores, {name}, {system} on {}", std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Unit;

    fn rows() -> [Row; 2] {
        let told = Row::new("told", Unit::Ratio, 1.234_567).at_most(1.2);
        [Row { least: Some(0.000_123_456), ..told }.published(), Row::new("not told", Unit::Seconds, 1.0)]
    }

    #[test]
    fn a_run_replaces_its_measures_rows_and_leaves_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.toml");
        fs::write(&path, "").unwrap();
        let mut results = Results::open(&path).unwrap();
        let old = Record::now("old".to_owned(), &rows(), &["a note".to_owned()]);
        results.set("one", old.clone());
        results.set("two", old.clone());
        results.save().unwrap();
        let mut results = Results::open(&path).unwrap();
        results.set("one", Record::now("new".to_owned(), &[], &[]));
        results.save().unwrap();
        let results = Results::open(&path).unwrap();
        let [one, two] = ["one", "two"].map(|name| results.of(name).unwrap());
        assert_eq!((&*one.command, one.rows.len(), one.notes.len()), ("new", 0, 0));
        assert_eq!((&*two.command, two.rows.len(), two.notes.len()), ("old", 1, 1));
        assert!(fs::read_to_string(&path).unwrap().starts_with(HEADER));
    }

    #[test]
    fn a_run_of_a_part_leaves_the_other_rows_as_what_they_are() {
        let mut results = Results { path: PathBuf::new(), records: BTreeMap::new() };
        let row = |what: &str, value| Row::new(what, Unit::Ratio, value).published();
        let mut old = Record::now("old".to_owned(), &[row("b", 1.0), row("a", 1.0)], &["of a".to_owned()]);
        old.date = "2026-01-02".to_owned();
        results.add("one", old);
        let mut new = Record::now("new".to_owned(), &[row("b", 2.0), row("c", 2.0)], &["of b".to_owned()]);
        new.date = "2026-01-03".to_owned();
        results.add("one", new);
        let record = results.of("one").unwrap();
        let rows: Vec<_> = record.rows.iter().map(|row| (&*row.what, row.value, row.date.as_deref())).collect();
        assert_eq!(rows, [("a", 1.0, Some("2026-01-02")), ("b", 2.0, None), ("c", 2.0, None)]);
        assert_eq!(record.rows[0].command.as_deref(), Some("old"));
        assert_eq!((&*record.date, &*record.command), ("2026-01-03", "new"));
        assert_eq!(record.notes, ["of a", "of b"]);
    }

    #[test]
    fn only_what_is_published_is_kept_and_with_few_digits() {
        let record = Record::now(String::new(), &rows(), &[]);
        let [row] = &record.rows[..] else { panic!("{record:?}") };
        assert_eq!((&*row.what, row.value, row.least), ("told", 1.235, Some(0.000_123_5)));
        assert_eq!(row.at_most, Some(1.2));
        assert!(record.date.len() == 10 && record.date.starts_with("20"), "{}", record.date);
    }
}
