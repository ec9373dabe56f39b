//! One line of a table: what was measured, and what it is held against.

use serde::{Deserialize, Serialize};

use crate::rounds::{Comparison, Samples};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Of times.
    Ratio,
    /// Of what was counted, such as instructions, which is steady to the third digit.
    CountedRatio,
    Milliseconds,
    Seconds,
    Minutes,
    Megabytes,
    /// Millions of instructions.
    Minstructions,
    Crates,
}

impl Unit {
    /// The number with as many digits as are worth reading.
    pub fn show(self, value: f64) -> String {
        match self {
            Unit::Ratio if value.abs() < 10.0 => format!("{value:.2} ×"),
            Unit::Ratio => format!("{value:.0} ×"),
            Unit::CountedRatio => format!("{value:.3} ×"),
            Unit::Milliseconds if value.abs() < 1.0 => format!("{value:.2} ms"),
            Unit::Milliseconds if value.abs() < 100.0 => format!("{value:.1} ms"),
            Unit::Milliseconds => format!("{value:.0} ms"),
            Unit::Seconds => format!("{value:.2} s"),
            Unit::Minutes => format!("{value:.1} min"),
            Unit::Megabytes => format!("{value:.1} MB"),
            Unit::Minstructions => format!("{value:.1} Minstr"),
            Unit::Crates => format!("{value:.0} crates"),
        }
    }
}

/// How a number stands to its aim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Reached,
    Missed,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Reached => "reached",
            Verdict::Missed => "missed",
        }
    }
}

/// One line of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    pub what: String,
    pub unit: Unit,
    /// The number that the aim is held against; a median where there are several samples.
    pub value: f64,
    /// The same from the smallest samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<f64>,
    /// How many samples or pairs of them there are. None: it was counted once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<usize>,
    /// The aim, where less is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// The aim, where more is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// When it was measured, if that was another day than that of its measure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// What was typed, if that was something else than for its measure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Whether it stands in the repository's document.
    #[serde(skip)]
    pub is_published: bool,
}

impl Row {
    /// A number that was counted once.
    pub fn new(what: impl Into<String>, unit: Unit, value: f64) -> Row {
        Row {
            what: what.into(),
            unit,
            value,
            least: None,
            rounds: None,
            at_most: None,
            at_least: None,
            date: None,
            command: None,
            is_published: false,
        }
    }

    /// The median and the least of samples.
    pub fn sampled(what: impl Into<String>, unit: Unit, samples: &Samples) -> Row {
        let row = Row::new(what, unit, samples.median());
        Row { least: Some(samples.min()), rounds: Some(samples.0.len()), ..row }
    }

    /// How one thing compares to another.
    pub fn compared(what: impl Into<String>, unit: Unit, comparison: Comparison) -> Row {
        let row = Row::new(what, unit, comparison.median);
        Row { least: Some(comparison.min), rounds: Some(comparison.rounds), ..row }
    }

    /// What the number should not exceed, if there is an aim.
    pub fn at_most(self, aim: impl Into<Option<f64>>) -> Row {
        Row { at_most: aim.into(), ..self }
    }

    /// What the number should not stay below.
    pub fn at_least(self, aim: f64) -> Row {
        Row { at_least: Some(aim), ..self }
    }

    /// The row stands in the repository's document, too.
    pub fn published(self) -> Row {
        Row { is_published: true, ..self }
    }

    /// The aim in words.
    pub fn aim(&self) -> String {
        match (self.at_most, self.at_least) {
            (Some(aim), _) => format!("≤ {}", self.unit.show(aim)),
            (None, Some(aim)) => format!("≥ {}", self.unit.show(aim)),
            (None, None) => String::new(),
        }
    }

    /// Whether the aim is reached, if there is one.
    pub fn verdict(&self) -> Option<Verdict> {
        // What is equal as far as it is shown is equal.
        const SLACK: f64 = 1.0005;
        let is_reached = match (self.at_most, self.at_least) {
            (Some(aim), _) => self.value <= aim * SLACK,
            (None, Some(aim)) => self.value * SLACK >= aim,
            (None, None) => return None,
        };
        Some(if is_reached { Verdict::Reached } else { Verdict::Missed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_has_a_direction() {
        let row = |value| Row::new("", Unit::Ratio, value);
        assert_eq!(row(1.0).verdict(), None);
        assert_eq!(row(1.1).at_most(1.1).verdict(), Some(Verdict::Reached));
        assert_eq!(row(1.12).at_most(1.1).verdict(), Some(Verdict::Missed));
        assert_eq!(row(29.0).at_least(20.0).verdict(), Some(Verdict::Reached));
        assert_eq!(row(19.0).at_least(20.0).verdict(), Some(Verdict::Missed));
        assert_eq!((row(1.0).at_most(1.15).aim(), row(1.0).at_least(20.0).aim()), ("≤ 1.15 ×".into(), "≥ 20 ×".into()));
    }

    #[test]
    fn a_comparison_keeps_how_many_pairs_it_has() {
        let comparison = Samples(vec![2.0, 4.0, 9.0]).ratio(&Samples(vec![1.0, 4.0, 3.0]));
        let row = Row::compared("x", Unit::Ratio, comparison);
        assert_eq!((row.value, row.least, row.rounds), (2.0, Some(2.0), Some(3)));
    }
}
