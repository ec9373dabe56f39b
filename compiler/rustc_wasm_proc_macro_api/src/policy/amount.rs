//! Durations and sizes as people write them: a number and a unit.

use std::time::Duration;

/// Units of time, in milliseconds.
const TIME: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000)];

/// Units of memory, in bytes.
const MEMORY: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// The duration that `text` says, as in `2min`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    parse(text, &TIME)
        .map(Duration::from_millis)
        .ok_or_else(|| wrong("time", text, "`2min`: a number and `ms`, `s`, `min` or `h`"))
}

/// The bytes that `text` says, as in `2GiB`.
pub(super) fn memory(text: &str) -> Result<u64, String> {
    parse(text, &MEMORY).ok_or_else(|| wrong("memory", text, "`2GiB`: a number and `B`, `KiB`, `MiB` or `GiB`"))
}

fn wrong(what: &str, text: &str, example: &str) -> String {
    format!("`{}` is not an amount of {what}; write it as in {example}", super::escaped(text))
}

fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start_matches(' '))?;
    // No amount at all would be a limit that nothing keeps.
    number.parse::<u64>().ok()?.checked_mul(*factor).filter(|&amount| amount > 0)
}

/// A duration as it is written: in the largest unit that says it without a rest.
pub(super) fn show_time(time: Duration) -> String {
    show(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), &TIME)
}

/// A number of bytes as it is written: in the largest unit that says it without a rest.
pub(super) fn show_memory(bytes: u64) -> String {
    show(bytes, &MEMORY)
}

fn show(amount: u64, units: &[(&str, u64)]) -> String {
    let fitting = units.iter().rev().find(|(_, factor)| amount >= *factor && amount.is_multiple_of(*factor));
    let (unit, factor) = fitting.unwrap_or(&units[0]);
    format!("{}{unit}", amount / factor)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{memory, show_memory, show_time, time};

    #[test]
    fn amounts_are_a_number_and_a_unit() {
        assert_eq!(time("2min"), Ok(Duration::from_secs(120)));
        assert_eq!(time("1500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(time("1 h"), Ok(Duration::from_secs(3600)));
        assert_eq!(memory("2GiB"), Ok(2 << 30));
        assert_eq!(memory("65536B"), Ok(65536));
        for wrong in
            ["", "2", "min", "2 m", "-1s", "0s", "1.5s", "2MB", "2gib", "99999999999999999999s", "6000000000000h"]
        {
            assert!(time(wrong).is_err(), "{wrong}");
            assert!(memory(wrong).is_err(), "{wrong}");
        }
        let message = memory("2G\u{1b}").unwrap_err();
        assert!(message.starts_with("`2G\\u{1b}` is not an amount of memory; write it as in `2GiB`"), "{message}");
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        for (text, shown) in [("120s", "2min"), ("90s", "90s"), ("60min", "1h"), ("1ms", "1ms")] {
            assert_eq!(show_time(time(text).unwrap()), shown);
        }
        for (text, shown) in [("8192MiB", "8GiB"), ("1536MiB", "1536MiB"), ("1000B", "1000B")] {
            assert_eq!(show_memory(memory(text).unwrap()), shown);
        }
        assert_eq!(show_time(Duration::ZERO), "0ms");
    }
}
