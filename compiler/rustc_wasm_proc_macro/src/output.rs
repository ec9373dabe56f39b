//! What a guest writes to the compiler's standard output and error.
//!
//! It comes there in whole lines, since what the compiler says next must begin a line: Cargo takes one that begins with `{` for a
//! message of rustc's. Characters that do something to a terminal, other than coloring text, are shown instead. And no line looks like a message
//! to a program: where rustc's output ends up in Cargo's, which tools read, Cargo may have taken the colors out before.
//!
//! **Invariant**: no line of a guest is an object or a list of JSON, not even without its colors and what stands before it is blank. Who reads
//! messages with serde takes a list for one as well, with its tag in the first place.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::fault::{FaultKind, OUTPUT_LIMIT, Stop};

/// What stands before a line that a program could take for a message.
const NO_MESSAGE: &str = "macro: ";

/// The longest escape sequence for colors, in bytes.
const COLORS_LIMIT: usize = 64;

/// Takes colors back.
const NO_COLORS: &str = "\x1b[0m";

/// Whether the process speaks with another one over its standard output.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Has what guests write to standard output go to standard error from now on, in the whole process.
pub(crate) fn keep_standard_output_clear() {
    IS_TAKEN.store(true, Relaxed);
}

/// One of the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Error,
}

impl Stream {
    fn write(self, text: &[u8]) -> io::Result<()> {
        let write = |stream: &mut dyn Write| {
            stream.write_all(text)?;
            stream.flush()
        };
        match self {
            Stream::Output if !IS_TAKEN.load(Relaxed) => write(&mut io::stdout().lock()),
            Stream::Output | Stream::Error => write(&mut io::stderr().lock()),
        }
    }
}

/// What a guest has written, and what of it is not shown yet.
#[derive(Debug, Default)]
pub(crate) struct Output {
    output: Line,
    error: Line,
    /// In this expansion, in bytes.
    written: usize,
}

/// A line without its end, as the guest wrote it.
#[derive(Debug, Default)]
struct Line {
    begun: Vec<u8>,
    /// Whether the colors of what was shown are not taken back yet.
    is_colored: bool,
}

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The expansion ends.
    Limit(Stop),
    Io(io::Error),
}

impl Output {
    /// Adds `bytes` to what the guest has written.
    ///
    /// # Errors
    ///
    /// It is too much, or the stream fails.
    pub(crate) fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Failed> {
        self.written = self.written.saturating_add(bytes.len());
        if self.written > OUTPUT_LIMIT {
            return Err(Failed::Limit(Stop(FaultKind::TooMuchOutput)));
        }
        match self.line(stream).add(bytes) {
            Some(shown) => stream.write(shown.as_bytes()).map_err(Failed::Io),
            None => Ok(()),
        }
    }

    /// Shows what is left at the end of an expansion. A stream that fails has said so before, or has nobody who reads it.
    pub(crate) fn finish(&mut self) {
        self.written = 0;
        for stream in [Stream::Output, Stream::Error] {
            if let Some(shown) = self.line(stream).finish() {
                _ = stream.write(shown.as_bytes());
            }
        }
    }

    /// How many bytes wait for the ends of their lines.
    pub(crate) fn kept(&self) -> usize {
        self.output.begun.len() + self.error.begun.len()
    }

    fn line(&mut self, stream: Stream) -> &mut Line {
        match stream {
            Stream::Output => &mut self.output,
            Stream::Error => &mut self.error,
        }
    }
}

/// A guest that ended in its constructors has written, too.
impl Drop for Output {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Line {
    /// Adds `bytes`, and returns what is to be shown now: whole lines.
    fn add(&mut self, bytes: &[u8]) -> Option<String> {
        let Some(end) = bytes.iter().rposition(|&byte| byte == b'\n') else {
            self.begun.extend_from_slice(bytes);
            return None;
        };
        let (now, later) = bytes.split_at(end + 1);
        self.begun.extend_from_slice(now);
        let shown = self.show();
        self.begun.extend_from_slice(later);
        Some(shown)
    }

    /// What is to be shown once nothing more comes. It ends a line, and colors.
    fn finish(&mut self) -> Option<String> {
        let mut shown = self.show();
        if self.is_colored {
            shown.push_str(NO_COLORS);
            self.is_colored = false;
        }
        if !shown.is_empty() {
            shown.push('\n');
        }
        Some(shown).filter(|shown| !shown.is_empty())
    }

    /// Takes all that was written.
    fn show(&mut self) -> String {
        let mut shown = String::with_capacity(self.begun.len());
        for line in self.begun.split_inclusive(|&byte| byte == b'\n') {
            let start = shown.len();
            for chunk in line.utf8_chunks() {
                self.is_colored = show(chunk.valid(), &mut shown, self.is_colored);
                for byte in chunk.invalid() {
                    shown.push_str(&format!("\\x{byte:02x}"));
                }
            }
            if looks_like_a_message(&shown[start..]) {
                shown.insert_str(start, NO_MESSAGE);
            }
        }
        // A line of many megabytes is rare, and its memory is not kept for the next one.
        self.begun = Vec::new();
        shown
    }
}

/// Adds `text`, with what must not come to a terminal escaped as in Rust's literals. Returns whether it ends in colors.
fn show(mut text: &str, shown: &mut String, mut is_colored: bool) -> bool {
    while let Some(c) = text.chars().next() {
        if let Some(colors) = colors(text) {
            // Without a parameter, or with 0 as the last one, all colors are taken back.
            let last = colors[2..colors.len() - 1].rsplit(';').next().unwrap_or_default();
            is_colored = last.bytes().any(|digit| digit != b'0');
            shown.push_str(colors);
            text = &text[colors.len()..];
            continue;
        }
        text = &text[c.len_utf8()..];
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' if text.starts_with('\n') => shown.push(c),
            c if must_be_escaped(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    is_colored
}

/// Control characters, and those that turn the direction of text or end a line for some.
fn must_be_escaped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The escape sequence for colors that `text` begins with.
fn colors(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\x1b[")?;
    let end = parameters.bytes().take(COLORS_LIMIT).position(|byte| !byte.is_ascii_digit() && byte != b';')?;
    parameters[end..].starts_with('m').then(|| &text[.."\x1b[".len() + end + 1])
}

/// Whether a line begins and ends as an object or a list of JSON does, if nobody looks at colors and blanks. Macros print tokens, and
/// a line of those may begin with a brace.
fn looks_like_a_message(mut line: &str) -> bool {
    if !line.contains(['{', '[']) {
        return false;
    }
    let mut seen = String::new();
    while let Some(c) = line.chars().next() {
        let colors = colors(line).map_or(0, str::len);
        if colors == 0 && !c.is_whitespace() && c != '\u{feff}' {
            seen.push(c);
        }
        line = &line[colors.max(c.len_utf8())..];
    }
    let is_object = (seen.starts_with("{\"") || seen == "{}") && seen.ends_with('}');
    is_object || seen.starts_with('[') && seen.ends_with(']')
}

#[cfg(test)]
mod tests {
    use super::{Failed, Line, OUTPUT_LIMIT, Output, Stream};
    use crate::fault::{FaultKind, Stop};

    /// What is shown of `writes`, and then at the end.
    fn shown(writes: &[&[u8]]) -> String {
        let mut line = Line::default();
        let mut shown: String = writes.iter().filter_map(|bytes| line.add(bytes)).collect();
        shown.extend(line.finish());
        shown
    }

    #[test]
    fn text_and_colors_stay_as_they_are() {
        for text in [
            "",
            "\n",
            "a\tb\n\nc\n",
            "\x1b[1;38;5;9merror\x1b[0m: \x1b[mx\n",
            "Ünïcödé \u{1f980}\u{200d}\n",
            "a\r\nb\r\n",
        ] {
            assert_eq!(shown(&[text.as_bytes()]), text);
        }
    }

    #[test]
    fn what_does_something_to_a_terminal_is_shown() {
        // Among them: the clipboard, the cursor, the title, a hidden character, another order of the text.
        for (text, expected) in [
            ("\x1b]52;c;cm0gLXJm\x07\n", "\\u{1b}]52;c;cm0gLXJm\\u{7}\n"),
            ("\x1b[2A\x1b[2K\x1b[?25l\n", "\\u{1b}[2A\\u{1b}[2K\\u{1b}[?25l\n"),
            ("\u{9b}31m\u{85}\u{7f}\n", "\\u{9b}31m\\u{85}\\u{7f}\n"),
            ("a\rb\x08c\0\n", "a\\rb\\u{8}c\\u{0}\n"),
            ("\u{202e}\u{2066}\u{2069}\u{2028}\n", "\\u{202e}\\u{2066}\\u{2069}\\u{2028}\n"),
            ("\x1b[m\x1b[\n", "\x1b[m\\u{1b}[\n"),
            ("\x1b", "\\u{1b}\n"),
        ] {
            assert_eq!(shown(&[text.as_bytes()]), expected, "{text:?}");
        }
        let long = format!("\x1b[{}m\n", "1;".repeat(40));
        assert!(shown(&[long.as_bytes()]).starts_with("\\u{1b}"));
        assert_eq!(shown(&[b"\xffa\xc3(\xf0\x9f\n"]), "\\xffa\\xc3(\\xf0\\x9f\n");
    }

    #[test]
    fn how_it_is_cut_into_writes_makes_no_difference() {
        let text = "{\"a\":1}\n\x1b[31m\u{1f980}\x1b]0;t\x07\r\n\x1b[0m {é\u{202e}\nend".as_bytes();
        let whole = shown(&[text]);
        for size in 1..text.len() {
            assert_eq!(shown(&text.chunks(size).collect::<Vec<_>>()), whole, "{size}");
        }
    }

    #[test]
    fn no_line_is_a_message_to_a_program() {
        // With Cargo's colors taken out, or blanks, or a byte order mark.
        for before in ["", " ", "\t", "\x1b[0m", " \x1b[31m\x1b[m ", "\u{feff}", "\u{a0}\u{3000}"] {
            let line = format!("{before}{{\"$message_type\":\"diagnostic\"}}\x1b[0m\n");
            assert_eq!(shown(&[line.as_bytes()]), format!("macro: {line}"));
            assert_eq!(shown(&[b"first\n", line.as_bytes()]), format!("first\nmacro: {line}"));
        }
        // The tag of a list is a text or a number.
        for list in ["[\"compiler-artifact\",\"p\",[]]\n", " [ 2, \"p\" ] \n", "\x1b[0m[]\n"] {
            assert_eq!(shown(&[list.as_bytes()]), format!("macro: {list}"));
        }
        // Nor does one become one by what is escaped.
        assert_eq!(shown(b"\r{}\n".chunks(1).collect::<Vec<_>>().as_slice()), "\\r{}\n");
        assert_eq!(shown(&[b"x {}\n"]), "x {}\n");
        // Tokens are none.
        for tokens in ["{\n", "{ lit }\n", "{ #[seen] fn f() {} }\n", "{}: bytes(1..2)\n", "{ \"a\" } b\n"] {
            assert_eq!(shown(&[tokens.as_bytes()]), tokens);
        }
        assert_eq!(shown(&[b" { \"a\" : 1 } \n"]), "macro:  { \"a\" : 1 } \n");
        assert_eq!(shown(&[b"{}\n"]), "macro: {}\n");
    }

    #[test]
    fn what_comes_next_begins_a_line_without_colors() {
        assert_eq!(shown(&[b"a", b"b"]), "ab\n");
        assert_eq!(shown(&[b"\x1b[8mhidden"]), "\x1b[8mhidden\x1b[0m\n");
        assert_eq!(shown(&[b"\x1b[8mhidden\n"]), "\x1b[8mhidden\n\x1b[0m\n");
        assert_eq!(shown(&[b"\x1b[8mhidden\x1b[00m\n"]), "\x1b[8mhidden\x1b[00m\n");
    }

    #[test]
    fn lines_are_shown_as_soon_as_they_end() {
        let mut line = Line::default();
        assert_eq!(line.add(b"one"), None);
        assert_eq!(line.add(b" line\nand "), Some("one line\n".to_owned()));
        assert_eq!(line.add(b"another\n"), Some("and another\n".to_owned()));
        assert_eq!(line.finish(), None);
    }

    #[test]
    fn output_is_limited() {
        // In an expansion, so that a compilation with many may have as much as it likes.
        let mut output = Output::default();
        let half = vec![b'x'; OUTPUT_LIMIT / 2];
        output.write(Stream::Error, &half).unwrap();
        output.write(Stream::Output, &half).unwrap();
        let failed = output.write(Stream::Error, b"x").unwrap_err();
        assert!(matches!(failed, Failed::Limit(Stop(FaultKind::TooMuchOutput))), "{failed:?}");
    }
}
