//! What the numbers stand for that a guest of watt knows things by, for the time of one expansion.

use super::decode::Decoder;
use super::encode::{Format, encode};
use super::{ENTRY, GroupSpans, LIMIT, NONE, Request, Tokens};

/// What one byte of text or of wire format is counted as where tokens are made of it, in bytes: the shortest token has
/// nine bytes on the wire, and two as text.
const TOKENS: usize = 8;

/// A span, and where it is a group's, those of the delimiters.
#[derive(Clone, Copy)]
struct Place<S> {
    span: S,
    delimiters: Option<(S, S)>,
}

/// The tables of one expansion. Numbers are indices.
pub struct Session<T: Tokens> {
    pub(super) tokens: T,
    format: Format,
    streams: Vec<T::Stream>,
    literals: Vec<T::Literal>,
    spans: Vec<Place<T::Span>>,
    reply: Vec<u8>,
    /// How much of [`LIMIT`] is left.
    left: usize,
}

impl<T: Tokens> Session<T> {
    /// Starts with the streams that the macro is given: two for an attribute, else one.
    pub fn new(tokens: T, format: Format, inputs: Vec<T::Stream>) -> Session<T> {
        let (literals, spans, reply) = (Vec::new(), Vec::new(), Vec::new());
        Session { tokens, format, streams: inputs, literals, spans, reply, left: LIMIT }
    }

    /// Answers one request of the guest's. The reply stands until the next call.
    ///
    /// # Errors
    ///
    /// What is wrong with the request, in words. The expansion must end with it.
    pub fn answer(&mut self, request: &[u8]) -> Result<&[u8], String> {
        let Some((request, argument)) = request.split_first() else {
            return Err("an empty request".to_owned());
        };
        match Request::from_byte(*request).ok_or_else(|| format!("an unknown request {request}"))? {
            Request::Serialize => {
                let index = index("token stream", number(argument)?, self.streams.len())?;
                let stream = self.streams[index].clone();
                let mut bytes = std::mem::take(&mut self.reply);
                bytes.clear();
                encode(self, self.format, stream, &mut bytes)?;
                self.reply = bytes;
            }
            Request::Deserialize => {
                self.count(argument.len().saturating_mul(TOKENS))?;
                let stream = Decoder::new(self, argument).stream()?;
                self.reply_with_stream(Some(stream))?;
            }
            Request::Parse => {
                self.count(argument.len().saturating_mul(TOKENS))?;
                let stream = str::from_utf8(argument).ok().and_then(|text| self.tokens.parse(text));
                self.reply_with_stream(stream)?;
            }
            Request::LiteralText => {
                let index = index("literal", number(argument)?, self.literals.len())?;
                self.reply = self.tokens.literal_text(&self.literals[index]).into_bytes();
            }
        }
        Ok(&self.reply)
    }

    /// The stream that the macro returned, from the expansion's output.
    ///
    /// # Errors
    ///
    /// There is no such stream.
    pub fn finish(mut self, output: &[u8]) -> Result<T::Stream, String> {
        let index = index("token stream", number(output)?, self.streams.len())?;
        Ok(self.streams.swap_remove(index))
    }

    fn reply_with_stream(&mut self, stream: Option<T::Stream>) -> Result<(), String> {
        let number = match stream {
            Some(stream) => {
                self.count(ENTRY)?;
                add(&mut self.streams, stream)?
            }
            None => NONE,
        };
        self.reply.clear();
        self.reply.extend_from_slice(&number.to_le_bytes());
        Ok(())
    }

    /// Counts something that is kept until the end of the expansion.
    fn count(&mut self, size: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(size).ok_or_else(full)?;
        Ok(())
    }

    pub(super) fn add_span(&mut self, span: T::Span) -> Result<u32, String> {
        self.count(ENTRY)?;
        add(&mut self.spans, Place { span, delimiters: None })
    }

    /// The number of a group's whole span, by which [`Session::group_spans`] finds the others again.
    pub(super) fn add_group(&mut self, spans: GroupSpans<T::Span>) -> Result<u32, String> {
        self.count(ENTRY)?;
        add(&mut self.spans, Place { span: spans.entire, delimiters: Some((spans.open, spans.close)) })
    }

    pub(super) fn add_literal(&mut self, literal: T::Literal) -> Result<u32, String> {
        self.count(ENTRY)?;
        add(&mut self.literals, literal)
    }

    fn place(&mut self, span: u32) -> Result<Place<T::Span>, String> {
        if span == NONE {
            return Ok(Place { span: self.tokens.call_site(), delimiters: None });
        }
        Ok(self.spans[index("span", span, self.spans.len())?])
    }

    pub(super) fn span(&mut self, span: u32) -> Result<T::Span, String> {
        self.place(span).map(|place| place.span)
    }

    /// The spans of a group that a guest has made. The format carries only the whole group's, but where that is the one of
    /// a group that the guest was given, its delimiters are known.
    pub(super) fn group_spans(&mut self, span: u32) -> Result<GroupSpans<T::Span>, String> {
        let Place { span: entire, delimiters } = self.place(span)?;
        let (open, close) = delimiters.unwrap_or((entire, entire));
        Ok(GroupSpans { open, close, entire })
    }

    /// A token of the literal of that number.
    pub(super) fn literal(&mut self, literal: u32, span: T::Span) -> Result<T::Tree, String> {
        let index = index("literal", literal, self.literals.len())?;
        Ok(self.tokens.literal(&self.literals[index], span))
    }
}

impl<T: Tokens> std::fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("format", &self.format).finish_non_exhaustive()
    }
}

/// A number on the wire.
fn number(bytes: &[u8]) -> Result<u32, String> {
    match bytes.try_into() {
        Ok(bytes) => Ok(u32::from_le_bytes(bytes)),
        Err(_) => Err(format!("{} bytes in place of a number", bytes.len())),
    }
}

/// The index that a guest's number is, if there is something.
fn index(what: &str, number: u32, len: usize) -> Result<usize, String> {
    match usize::try_from(number) {
        Ok(index) if index < len => Ok(index),
        _ => Err(format!("there is no {what} of number {number}")),
    }
}

/// Adds an entry, whose number is never [`NONE`].
fn add<V>(table: &mut Vec<V>, value: V) -> Result<u32, String> {
    match u32::try_from(table.len()) {
        Ok(number) if number != NONE => {
            table.push(value);
            Ok(number)
        }
        _ => Err(full()),
    }
}

fn full() -> String {
    format!("it makes the compiler keep more than {} MiB of tokens", LIMIT >> 20)
}
