//! Collects results, holds them against the aims, and prints them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use crate::rounds::{Comparison, Samples};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Ratio,
    Milliseconds,
    Seconds,
    Megabytes,
    /// Millions of instructions.
    Minstructions,
    Crates,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Unit::Ratio => format!("{value:.3} ×"),
            Unit::Milliseconds if value.abs() < 10.0 => format!("{value:.2} ms"),
            Unit::Milliseconds => format!("{value:.1} ms"),
            Unit::Seconds => format!("{value:.2} s"),
            Unit::Megabytes => format!("{value:.1} MB"),
            Unit::Minstructions => format!("{value:.1} Minstr"),
            Unit::Crates => format!("{value:.0} crates"),
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    pub measure: &'static str,
    pub what: String,
    pub unit: Unit,
    /// The number that the aim is held against; a median where there are several samples.
    pub value: f64,
    /// The same from the smallest samples.
    pub min: Option<f64>,
    /// What the number should not exceed.
    pub aim: Option<f64>,
}

impl Row {
    fn verdict(&self) -> &'static str {
        match self.aim {
            None => "",
            // What is equal as far as it is shown is equal.
            Some(aim) if self.value <= aim * 1.0005 => "ok",
            Some(_) => "short",
        }
    }
}

/// All results of one run.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<Row>,
    /// What was not measured, and why.
    notes: Vec<(&'static str, String)>,
    samples: Vec<Value>,
    /// What the plot shows.
    pub bars: Vec<Bar>,
}

/// One bar of the plot.
#[derive(Clone, Debug)]
pub struct Bar {
    /// The title of the panel that it stands in.
    pub panel: &'static str,
    pub group: String,
    pub series: String,
    pub value: f64,
    /// Whether it is a part of its group's bar rather than a bar beside the others.
    pub is_step: bool,
}

impl Report {
    /// Adds a line.
    pub fn row(&mut self, row: Row) {
        eprintln!("[bench] {}: {}: {} {}", row.measure, row.what, row.unit.show(row.value), row.verdict());
        self.rows.push(row);
    }

    /// Adds a line for a comparison.
    pub fn compare(&mut self, measure: &'static str, what: String, unit: Unit, value: Comparison, aim: Option<f64>) {
        self.row(Row { measure, what, unit, value: value.median, min: Some(value.min), aim });
    }

    /// Adds a line for samples, which have no aim.
    pub fn plain(&mut self, measure: &'static str, what: String, unit: Unit, samples: &Samples) {
        self.row(Row { measure, what, unit, value: samples.median(), min: Some(samples.min()), aim: None });
    }

    /// Says why something is missing.
    pub fn note(&mut self, measure: &'static str, note: impl Into<String>) {
        let note = note.into();
        eprintln!("[bench] {measure}: {note}");
        self.notes.push((measure, note));
    }

    /// Keeps samples for the JSON file.
    pub fn keep(&mut self, measure: &'static str, what: &str, unit: Unit, samples: &Samples) {
        self.samples
            .push(json!({ "measure": measure, "what": what, "unit": format!("{unit:?}"), "samples": samples.0 }));
    }

    /// Adds a bar to the plot.
    pub fn bar(&mut self, panel: &'static str, group: impl Into<String>, series: impl Into<String>, value: f64) {
        self.bars.push(Bar { panel, group: group.into(), series: series.into(), value, is_step: false });
    }

    /// Adds a part to the bar of `group`.
    pub fn step(&mut self, panel: &'static str, group: impl Into<String>, series: impl Into<String>, value: f64) {
        self.bars.push(Bar { panel, group: group.into(), series: series.into(), value, is_step: true });
    }

    /// The table as text.
    pub fn table(&self) -> String {
        let mut lines = vec![["measure", "what", "aim", "median", "min", ""].map(str::to_owned)];
        for row in &self.rows {
            let aim = row.aim.map_or(String::new(), |aim| format!("≤ {}", row.unit.show(aim)));
            let min = row.min.map_or(String::new(), |min| row.unit.show(min));
            let value = row.unit.show(row.value);
            lines.push([row.measure.to_owned(), row.what.clone(), aim, value, min, row.verdict().to_owned()]);
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
        for (measure, note) in &self.notes {
            let _ = writeln!(text, "{measure}: {note}");
        }
        text
    }

    /// Writes everything to `path`.
    pub fn write_json(&self, path: &Path, compiler: &str) -> Result<()> {
        let rows = self.rows.iter().map(|row| {
            json!({
                "measure": row.measure, "what": row.what, "unit": format!("{:?}", row.unit), "median": row.value,
                "min": row.min, "aim": row.aim, "verdict": row.verdict(),
            })
        });
        let notes = self.notes.iter().map(|(measure, note)| json!({ "measure": measure, "note": note }));
        let json = json!({
            "compiler": compiler, "rows": rows.collect::<Vec<_>>(), "notes": notes.collect::<Vec<_>>(),
            "samples": self.samples,
        });
        fs::write(path, serde_json::to_string_pretty(&json)? + "\n")?;
        Ok(())
    }
}
