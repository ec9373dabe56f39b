//! Collects results, holds them against the aims, and prints them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::rounds::Samples;
use crate::row::{Row, Unit, Verdict};

/// The numbers behind a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    what: String,
    unit: Unit,
    samples: Vec<f64>,
}

/// One bar of the plot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bar {
    /// The title of the panel that it stands in.
    pub panel: String,
    pub group: String,
    pub series: String,
    pub value: f64,
    /// Whether it is a part of its group's bar rather than a bar beside the others.
    pub is_step: bool,
}

/// What one measure has found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Results {
    /// What the compiler says of itself.
    compiler: String,
    /// When it was measured, in seconds since 1970.
    unix_time: u64,
    rows: Vec<Row>,
    /// What was not measured, and why.
    notes: Vec<String>,
    samples: Vec<Kept>,
    bars: Vec<Bar>,
}

/// The results of this run, and of measures that only earlier ones had; each measure's are from one run.
#[derive(Debug)]
pub struct Report {
    compiler: String,
    /// By the measures' names.
    results: BTreeMap<String, Results>,
    /// What this run measures, in its order; the last one now.
    measured: Vec<&'static str>,
}

impl Report {
    /// Starts from what earlier runs have left in the file `path`. One that cannot be read counts as none.
    pub fn beside(path: &Path, compiler: &str) -> Report {
        let results = fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Report { compiler: compiler.to_owned(), results, measured: Vec::new() }
    }

    /// What follows are results of `measure`, in place of earlier ones.
    pub fn begin(&mut self, measure: &'static str) {
        let unix_time = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs());
        let results = Results { compiler: self.compiler.clone(), unix_time, ..Results::default() };
        self.results.insert(measure.to_owned(), results);
        self.measured.push(measure);
    }

    fn now(&mut self) -> (&'static str, &mut Results) {
        let measure = *self.measured.last().expect("a measure has begun");
        (measure, self.results.get_mut(measure).expect("made when it began"))
    }

    /// Adds a line.
    pub fn row(&mut self, row: Row) {
        let (measure, results) = self.now();
        let verdict = row.verdict().map_or("", Verdict::name);
        eprintln!("[bench] {measure}: {}: {} {verdict}", row.what, row.unit.show(row.value));
        results.rows.push(row);
    }

    /// Adds a line for samples.
    pub fn plain(&mut self, what: String, unit: Unit, samples: &Samples) {
        self.row(Row::sampled(what, unit, samples));
    }

    /// Says why something is missing.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        let (measure, results) = self.now();
        eprintln!("[bench] {measure}: {note}");
        results.notes.push(note);
    }

    /// Keeps samples for the JSON file.
    pub fn keep(&mut self, what: &str, unit: Unit, samples: &Samples) {
        self.now().1.samples.push(Kept { what: what.to_owned(), unit, samples: samples.0.clone() });
    }

    /// Adds a bar to the plot.
    pub fn bar(&mut self, panel: &str, group: impl Into<String>, series: impl Into<String>, value: f64) {
        self.add(Bar { panel: panel.to_owned(), group: group.into(), series: series.into(), value, is_step: false });
    }

    /// Adds a part to the bar of `group`.
    pub fn step(&mut self, panel: &str, group: impl Into<String>, series: impl Into<String>, value: f64) {
        self.add(Bar { panel: panel.to_owned(), group: group.into(), series: series.into(), value, is_step: true });
    }

    fn add(&mut self, bar: Bar) {
        self.now().1.bars.push(bar);
    }

    /// What the plot shows, of the measures in the order of `names`.
    pub fn bars<'a>(&'a self, names: impl Iterator<Item = &'a str>) -> Vec<&'a Bar> {
        names.filter_map(|name| self.results.get(name)).flat_map(|results| &results.bars).collect()
    }

    /// The rows and notes of what is measured now.
    pub fn current(&mut self) -> (&[Row], &[String]) {
        let results = self.now().1;
        (&results.rows, &results.notes)
    }

    /// What this run has measured, as text.
    pub fn table(&self) -> String {
        let mut lines = vec![["measure", "what", "aim", "measured", "least", ""].map(str::to_owned)];
        let measured = || self.measured.iter().map(|&measure| (measure, &self.results[measure]));
        for (measure, row) in
            measured().flat_map(|(measure, results)| results.rows.iter().map(move |row| (measure, row)))
        {
            let min = row.least.map_or(String::new(), |least| row.unit.show(least));
            let value = row.unit.show(row.value);
            let verdict = row.verdict().map_or("", Verdict::name);
            lines.push([measure.to_owned(), row.what.clone(), row.aim(), value, min, verdict.to_owned()]);
        }
        let widths: [usize; 6] =
            std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0));
        let mut text = String::new();
        for line in &lines {
            for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
                let fill = " ".repeat(width - cell.chars().count());
                // Numbers to the right, words to the left.
                let _ = if (2..5).contains(&column) {
                    write!(text, "{fill}{cell}  ")
                } else {
                    write!(text, "{cell}{fill}  ")
                };
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        for (measure, note) in
            measured().flat_map(|(measure, results)| results.notes.iter().map(move |note| (measure, note)))
        {
            let _ = writeln!(text, "{measure}: {note}");
        }
        text
    }

    /// Writes everything to `path`.
    pub fn write_json(&self, path: &Path) -> Result<()> {
        fs::write(path, serde_json::to_string_pretty(&self.results)? + "\n")?;
        Ok(())
    }
}
