//! Sections of `KEY=VALUE` lines whose order is fixed.

use super::ModuleError;
use super::lines::{Line, Lines};

/// A key and what is wrong with a line that should have it.
pub(super) struct Key {
    pub(super) text: &'static str,
    pub(super) expected: &'static str,
}

/// The section's `KEY=VALUE` lines, whose order is fixed.
pub(super) struct Reader<'a> {
    section: &'static str,
    lines: Lines<'a>,
    next: Option<Line<'a>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(section: &'static str, bytes: &'a [u8]) -> Result<Reader<'a>, ModuleError> {
        let mut lines = Lines::new(section, bytes)?;
        let next = lines.next().transpose()?;
        Ok(Reader { section, lines, next })
    }

    /// The next line and its value, if it has that key.
    pub(super) fn optional(&mut self, key: &Key) -> Result<Option<(Line<'a>, &'a str)>, ModuleError> {
        let value = self.next.as_ref().and_then(|line| line.text.strip_prefix(key.text)?.strip_prefix('='));
        let Some((value, line)) = value.zip(self.next.take_if(|_| value.is_some())) else { return Ok(None) };
        self.next = self.lines.next().transpose()?;
        Ok(Some((line, value)))
    }

    /// The next line, which must have that key, and its value.
    pub(super) fn required(&mut self, key: &Key) -> Result<(Line<'a>, &'a str), ModuleError> {
        match self.optional(key)? {
            Some(found) => Ok(found),
            None => Err(match &self.next {
                Some(line) => line.malformed(key.expected),
                None => ModuleError::MissingLine { section: self.section, key: key.text },
            }),
        }
    }

    /// Checks that there are no more lines. If there is one, what is wrong with it is that it has not that key.
    pub(super) fn finish(self, key: &Key) -> Result<(), ModuleError> {
        self.next.map_or(Ok(()), |line| Err(line.malformed(key.expected)))
    }
}

/// A decimal number, without signs and needless zeros.
pub(super) fn number(text: &str) -> Option<u32> {
    let canonical = text == "0" || !text.starts_with('0');
    if canonical && text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}
