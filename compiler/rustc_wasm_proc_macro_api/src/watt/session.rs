//! The requests of a guest of watt, answered for the time of one expansion.

use super::decode::Decoder;
use super::encode::{Format, encode};
use super::tables::{Tables, add, index};
use super::{ENTRY, NONE, Request, Tokens};

/// What one byte of text or of wire format is counted as where tokens are made of it, in bytes: the shortest token has
/// nine bytes on the wire, and two as text.
const TOKENS: usize = 8;

/// One expansion.
pub struct Session<T: Tokens> {
    tables: Tables<T>,
    format: Format,
    streams: Vec<T::Stream>,
    reply: Vec<u8>,
}

impl<T: Tokens> Session<T> {
    /// Starts with the streams that the macro is given: two for an attribute, else one.
    pub fn new(tokens: T, format: Format, inputs: Vec<T::Stream>) -> Session<T> {
        Session { tables: Tables::new(tokens), format, streams: inputs, reply: Vec::new() }
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
                encode(&mut self.tables, self.format, stream, &mut bytes)?;
                self.reply = bytes;
            }
            Request::Deserialize => {
                self.tables.count(argument.len().saturating_mul(TOKENS))?;
                let stream = Decoder::new(&mut self.tables, argument).stream()?;
                self.reply_with_stream(Some(stream))?;
            }
            Request::Parse => {
                self.tables.count(argument.len().saturating_mul(TOKENS))?;
                let stream = str::from_utf8(argument).ok().and_then(|text| self.tables.tokens.parse(text));
                self.reply_with_stream(stream)?;
            }
            Request::LiteralText => {
                self.reply = self.tables.literal_text(number(argument)?)?.into_bytes();
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
                self.tables.count(ENTRY)?;
                add(&mut self.streams, stream)?
            }
            None => NONE,
        };
        self.reply.clear();
        self.reply.extend_from_slice(&number.to_le_bytes());
        Ok(())
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
