//! The lines of a text section, and how an error shows one.

use super::ModuleError;

/// The lines of a section; each ends in `\n`, the last one too.
pub(super) struct Lines<'a> {
    section: &'static str,
    rest: &'a str,
    number: usize,
}

/// One line, without its `\n`.
pub(super) struct Line<'a> {
    section: &'static str,
    /// The line's number, counted from 1.
    pub(super) number: usize,
    pub(super) text: &'a str,
}

impl<'a> Lines<'a> {
    /// # Errors
    ///
    /// Returns an error if `bytes` is not UTF-8.
    pub(super) fn new(section: &'static str, bytes: &'a [u8]) -> Result<Lines<'a>, ModuleError> {
        match str::from_utf8(bytes) {
            Ok(rest) => Ok(Lines { section, rest, number: 0 }),
            Err(error) => Err(ModuleError::NotUtf8 { section, offset: error.valid_up_to() }),
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, ModuleError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let (text, rest, complete) = match self.rest.split_once('\n') {
            Some((text, rest)) => (text, rest, true),
            None => (self.rest, "", false),
        };
        self.rest = rest;
        let line = Line { section: self.section, number: self.number, text };
        Some(if complete { Ok(line) } else { Err(line.malformed("the line does not end in a line feed")) })
    }
}

impl Line<'_> {
    /// The error that this line is not as `reason` says.
    pub(super) fn malformed(&self, reason: &'static str) -> ModuleError {
        ModuleError::MalformedLine { section: self.section, line: self.number, text: excerpt(self.text), reason }
    }
}

/// How many characters of a text from a module an error shows.
const EXCERPT_CHARS: usize = 80;

/// `text` with control and other unprintable characters escaped, and cut off if it is long: fit for a one-line message.
pub(super) fn excerpt(text: &str) -> String {
    let mut excerpt = String::new();
    for c in text.chars().take(EXCERPT_CHARS) {
        match c {
            // `escape_debug` escapes quotation marks too, as literals need it and messages do not.
            '\'' | '"' => excerpt.push(c),
            _ => excerpt.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(EXCERPT_CHARS).is_some() {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_short_and_printable() {
        assert_eq!(excerpt("a'b\"ü"), "a'b\"ü");
        assert_eq!(excerpt("\u{1b}[31m\r\n\u{202e}"), "\\u{1b}[31m\\r\\n\\u{202e}");
        assert_eq!(excerpt(&"x".repeat(EXCERPT_CHARS)), "x".repeat(EXCERPT_CHARS));
        assert_eq!(excerpt(&"x".repeat(EXCERPT_CHARS + 1)), "x".repeat(EXCERPT_CHARS) + "…");
    }

    #[test]
    fn the_last_line_must_end_too() {
        let lines = |bytes| {
            Lines::new("s", bytes).unwrap().map(|line| line.map(|line| line.text)).collect::<Result<Vec<_>, _>>()
        };
        assert_eq!(lines(b"").unwrap(), [""; 0]);
        assert_eq!(lines(b"a\n\nb\n").unwrap(), ["a", "", "b"]);
        assert!(matches!(lines(b"a\nb"), Err(ModuleError::MalformedLine { line: 2, .. })));
    }
}
