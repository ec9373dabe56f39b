//! Reading token streams in watt's wire format, from the guest. The format stands in `encode`.

use super::encode::{END, GROUP, IDENT, LITERAL, NUMBER, PUNCT, TEXT};
use super::tables::Tables;
use super::{Delimiter, GroupSpans, Tokens};

/// How deep groups may be nested, at most. Trees that are deeper could overflow the stack of a compiler that drops or
/// prints them, where a group takes a few frames.
const MAX_DEPTH: usize = 4096;

/// Characters of a name or literal that an error shows.
const SHOWN: usize = 40;

/// The punctuation characters of Rust, as `proc_macro::Punct` knows them.
const PUNCTUATION: &str = "=<>!~+-*/%^&|@.,;:#$?'";

/// Reads one stream.
pub(super) struct Decoder<'a, T: Tokens> {
    tables: &'a mut Tables<T>,
    bytes: &'a [u8],
    rest: &'a [u8],
}

/// A group whose end has not been read.
struct Outer<T: Tokens> {
    trees: Vec<T::Tree>,
    delimiter: Delimiter,
    spans: GroupSpans<T::Span>,
}

impl<'a, T: Tokens> Decoder<'a, T> {
    pub(super) fn new(tables: &'a mut Tables<T>, bytes: &'a [u8]) -> Decoder<'a, T> {
        Decoder { tables, bytes, rest: bytes }
    }

    /// Reads all of the bytes.
    pub(super) fn stream(mut self) -> Result<T::Stream, String> {
        let mut outer: Vec<Outer<T>> = Vec::new();
        let mut trees = Vec::new();
        loop {
            match self.byte()? {
                END => {
                    let stream: T::Stream = std::mem::take(&mut trees).into_iter().collect();
                    let Some(Outer { trees: before, delimiter, spans }) = outer.pop() else {
                        return if self.rest.is_empty() { Ok(stream) } else { Err(self.bad("bytes after its end")) };
                    };
                    trees = before;
                    trees.push(self.tables.tokens.group(delimiter, stream, spans));
                }
                GROUP => {
                    if outer.len() == MAX_DEPTH {
                        return Err(format!("it nests groups deeper than {MAX_DEPTH}"));
                    }
                    let delimiter = self.delimiter()?;
                    let span = self.number()?;
                    let spans = self.tables.group_spans(span)?;
                    outer.push(Outer { trees: std::mem::take(&mut trees), delimiter, spans });
                }
                IDENT => trees.push(self.ident()?),
                PUNCT => trees.push(self.punct()?),
                LITERAL => trees.push(self.literal()?),
                other => return Err(self.bad(&format!("a tree of unknown kind {other}"))),
            }
        }
    }

    fn ident(&mut self) -> Result<T::Tree, String> {
        let span = self.span()?;
        let text = self.string()?;
        let (name, raw) = match text.strip_prefix("r#") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let tree = if can_be_named(name, raw) { self.tables.tokens.ident(name, raw, span) } else { None };
        tree.ok_or_else(|| format!("`{}` is not an identifier", shown(text)))
    }

    fn punct(&mut self) -> Result<T::Tree, String> {
        let number = self.number()?;
        let joint = match self.byte()? {
            0 => false,
            1 => true,
            other => return Err(self.bad(&format!("unknown spacing {other}"))),
        };
        let span = self.span()?;
        match char::from_u32(number) {
            Some(character) if PUNCTUATION.contains(character) => Ok(self.tables.tokens.punct(character, joint, span)),
            Some(character) => Err(format!("`{}` is not a punctuation character", character.escape_debug())),
            None => Err(self.bad(&format!("{number:#x} in place of a character"))),
        }
    }

    fn literal(&mut self) -> Result<T::Tree, String> {
        let span = self.span()?;
        match self.byte()? {
            NUMBER => {
                let number = self.number()?;
                self.tables.literal(number, span)
            }
            TEXT => {
                let text = self.string()?;
                let tree = self.tables.tokens.literal_from(text, span);
                tree.ok_or_else(|| format!("`{}` is not a literal", shown(text)))
            }
            other => Err(self.bad(&format!("a literal of unknown kind {other}"))),
        }
    }

    fn delimiter(&mut self) -> Result<Delimiter, String> {
        Ok(match self.byte()? {
            0 => Delimiter::Parenthesis,
            1 => Delimiter::Brace,
            2 => Delimiter::Bracket,
            3 => Delimiter::None,
            other => return Err(self.bad(&format!("unknown delimiter {other}"))),
        })
    }

    fn span(&mut self) -> Result<T::Span, String> {
        let number = self.number()?;
        self.tables.span(number)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Result<u32, String> {
        match self.rest.split_first_chunk() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(u32::from_le_bytes(*bytes))
            }
            None => Err(self.bad("an early end")),
        }
    }

    fn string(&mut self) -> Result<&'a str, String> {
        let len = self.number()?;
        let bytes = self.take(usize::try_from(len).unwrap_or(usize::MAX))?;
        str::from_utf8(bytes).map_err(|_| self.bad("a string that is not UTF-8"))
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], String> {
        match self.rest.split_at_checked(len) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => Err(self.bad("an early end")),
        }
    }

    fn bad(&self, what: &str) -> String {
        let at = self.bytes.len() - self.rest.len();
        format!("a malformed token stream: {what} (before byte {at} of {})", self.bytes.len())
    }
}

/// Whether an identifier of ASCII characters can have that name. Others are for the implementation of tokens to judge.
fn can_be_named(name: &str, raw: bool) -> bool {
    if !name.is_ascii() {
        return true;
    }
    // `$crate` comes with the expansion of a macro by example, and a macro may pass it on.
    let word = name == "$crate" || {
        let continues = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
        !name.is_empty() && name.bytes().all(continues) && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    word && !(raw && ["_", "super", "self", "Self", "crate", "$crate"].contains(&name))
}

fn shown(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() { format!("{shown}…") } else { shown }
}
