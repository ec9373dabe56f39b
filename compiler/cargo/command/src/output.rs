//! What commands write to standard output: only what was asked for, so that programs can read it. And how text is shown that may be
//! from somebody who means harm.

use std::io::{self, Write as _};

use crate::failure::{Failure, Result};

/// Writes `text` to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(escaped(text).as_bytes()).and_then(|()| stdout.flush()) {
        // Who reads with `head` has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Text without anything that a terminal obeys or hides: what macros, their build scripts and records of them say must not pass for
/// something else.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_shown(c) { shown.push(c) } else { shown.extend(c.escape_unicode()) }
    }
    shown
}

/// As [`escaped`], but colours stay, for text of which Cargo has made some parts coloured.
pub(crate) fn escaped_but_colours(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match colour(rest) {
            Some(colour) => {
                shown.push_str(colour);
                colour.len()
            }
            None => {
                if is_shown(c) {
                    shown.push(c)
                } else {
                    shown.extend(c.escape_unicode())
                }
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    shown
}

fn is_shown(c: char) -> bool {
    // The marks that turn the direction of text, and the ends of lines and paragraphs that only Unicode knows.
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    matches!(c, '\n' | '\t') || !c.is_control() && !turns
}

/// The sequence at the beginning of `text` that sets a colour, if there is one.
fn colour(text: &str) -> Option<&str> {
    let arguments = text.strip_prefix("\u{1b}[")?;
    let end = arguments.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    arguments[end..].starts_with('m').then(|| &text[..2 + end + 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        // A path of a macro's could write the clipboard, or overwrite the line that says what it wants.
        let text = "a\u{1b}]52;c;x\u{7}\r\u{9b}2K\u{202e}b\n\tc";
        let shown = "a\\u{1b}]52;c;x\\u{7}\\u{d}\\u{9b}2K\\u{202e}b\n\tc";
        assert_eq!(escaped(text), shown);
        assert_eq!(escaped_but_colours(text), shown);
        assert_eq!(escaped("\u{1b}[31mred\u{1b}[0m"), "\\u{1b}[31mred\\u{1b}[0m");
    }

    #[test]
    fn colours_stay_where_they_may() {
        // But nothing that only begins like one.
        assert_eq!(escaped_but_colours("\u{1b}[1;31mred\u{1b}[0m"), "\u{1b}[1;31mred\u{1b}[0m");
        assert_eq!(escaped_but_colours("\u{1b}[2J\u{1b}[31\u{1b}[m"), "\\u{1b}[2J\\u{1b}[31\u{1b}[m");
    }
}
