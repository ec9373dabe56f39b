//! Amounts of time and memory as people write them: a number and a unit. The compiler reads the same.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Units of time, in milliseconds.
const TIME: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000)];

/// Units of memory, in bytes.
const MEMORY: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// A duration, such as `2min`.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Time(String);

/// A number of bytes, such as `2GiB`.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Memory(String);

impl Time {
    /// In milliseconds.
    pub(crate) fn amount(&self) -> u64 {
        read(&self.0, &TIME).unwrap_or(0)
    }
}

impl Memory {
    /// In bytes.
    pub(crate) fn amount(&self) -> u64 {
        read(&self.0, &MEMORY).unwrap_or(0)
    }
}

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Time, String> {
        match read(&text, &TIME) {
            Some(_) => Ok(Time(text)),
            None => Err(format!("`{text}` is not a time; write a number and `ms`, `s`, `min` or `h`, such as `2min`")),
        }
    }
}

impl TryFrom<String> for Memory {
    type Error = String;

    fn try_from(text: String) -> Result<Memory, String> {
        match read(&text, &MEMORY) {
            Some(_) => Ok(Memory(text)),
            None => Err(format!(
                "`{text}` is not an amount of memory; write a number and `B`, `KiB`, `MiB` or `GiB`, such as `2GiB`"
            )),
        }
    }
}

impl From<Time> for String {
    fn from(time: Time) -> String {
        time.0
    }
}

impl From<Memory> for String {
    fn from(memory: Memory) -> String {
        memory.0
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The amount, unless it is nothing at all: that would be a limit which no macro keeps.
fn read(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start_matches(' '))?;
    number.parse::<u64>().ok()?.checked_mul(*factor).filter(|amount| *amount > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_number_and_a_unit() {
        // A wrong unit would end builds, or let a macro run for days.
        let time = |text: &str| Time::try_from(text.to_owned()).map(|time| time.amount()).ok();
        let memory = |text: &str| Memory::try_from(text.to_owned()).map(|memory| memory.amount()).ok();
        assert_eq!((time("90s"), time("2 min"), time("1h")), (Some(90_000), Some(120_000), Some(3_600_000)));
        assert_eq!((memory("512MiB"), memory("2GiB")), (Some(512 << 20), Some(2 << 30)));
        for wrong in ["", "2", "min", "0s", "-1s", "1.5s", "2MB", "2gib", "99999999999999999999s"] {
            assert_eq!((time(wrong), memory(wrong)), (None, None), "{wrong}");
        }
    }
}
