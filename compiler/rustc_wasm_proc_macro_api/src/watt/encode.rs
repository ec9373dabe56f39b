//! Writing token streams in watt's wire format, for the guest.
//!
//! A stream is its trees and a byte 0. Numbers of spans and literals, lengths and characters are four little-endian bytes,
//! a string is its length in bytes and its UTF-8.
//!
//! | tree | byte | then |
//! |---|---|---|
//! | group | 1 | delimiter (`(` 0, `{` 1, `[` 2, none 3), span, only towards guests of 0.5: spans of both delimiters; stream |
//! | identifier | 2 | span, string, with `r#` if it is raw |
//! | punctuation | 3 | character, whether joint (one byte), span |
//! | literal | 4 | span, then 1 and the number of a literal that the host knows, or 0 and a string |

use super::tables::Tables;
use super::{Delimiter, GroupSpans, Token, Tokens};

pub(super) const END: u8 = 0;
pub(super) const GROUP: u8 = 1;
pub(super) const IDENT: u8 = 2;
pub(super) const PUNCT: u8 = 3;
pub(super) const LITERAL: u8 = 4;

/// A literal's text follows.
pub(super) const TEXT: u8 = 0;
/// A literal's number follows.
pub(super) const NUMBER: u8 = 1;

/// The versions of watt's wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A group has one span.
    Watt04,
    /// A group has three spans on its way to the guest.
    Watt05,
}

/// Appends a stream to `bytes`. Groups may be nested in any depth.
pub(super) fn encode<T: Tokens>(
    tables: &mut Tables<T>,
    format: Format,
    stream: T::Stream,
    bytes: &mut Vec<u8>,
) -> Result<(), String> {
    let mut outer = Vec::new();
    let mut trees = stream.into_iter();
    loop {
        let Some(tree) = trees.next() else {
            bytes.push(END);
            match outer.pop() {
                Some(rest) => trees = rest,
                None => return Ok(()),
            }
            continue;
        };
        match tables.tokens.look(tree) {
            Token::Group { delimiter, stream, spans } => {
                bytes.extend([GROUP, delimiter_byte(delimiter)]);
                let GroupSpans { open, close, .. } = spans;
                put(bytes, tables.add_group(spans)?);
                if format == Format::Watt05 {
                    put(bytes, tables.add_span(open)?);
                    put(bytes, tables.add_span(close)?);
                }
                outer.push(std::mem::replace(&mut trees, stream.into_iter()));
            }
            Token::Ident { name, span } => {
                bytes.push(IDENT);
                put(bytes, tables.add_span(span)?);
                put(bytes, u32::try_from(name.len()).map_err(|_| too_long())?);
                bytes.extend_from_slice(name.as_bytes());
            }
            Token::Punct { character, joint, span } => {
                bytes.push(PUNCT);
                put(bytes, character.into());
                bytes.push(joint.into());
                put(bytes, tables.add_span(span)?);
            }
            Token::Literal { literal, span } => {
                bytes.push(LITERAL);
                put(bytes, tables.add_span(span)?);
                bytes.push(NUMBER);
                put(bytes, tables.add_literal(literal)?);
            }
        }
        if u32::try_from(bytes.len()).is_err() {
            return Err(too_long());
        }
    }
}

fn put(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend_from_slice(&number.to_le_bytes());
}

fn delimiter_byte(delimiter: Delimiter) -> u8 {
    match delimiter {
        Delimiter::Parenthesis => 0,
        Delimiter::Brace => 1,
        Delimiter::Bracket => 2,
        Delimiter::None => 3,
    }
}

fn too_long() -> String {
    "a token stream that takes more than 4 GiB, which the format cannot hold".to_owned()
}
