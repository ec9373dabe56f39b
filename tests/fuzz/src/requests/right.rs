//! Macro calls whose output compiles, although its tokens have spans of every sort.

use arbitrary::Result;

use super::code::{Code, Reply, Request, tag};
use super::generate::Writer;
use super::grammar::{self, Hole, NONE};

/// The span of the call.
const CALL_SITE: u8 = 0;

/// The span of the literal with the operations, or of an item's first token.
const GIVEN: u8 = 3;

/// Expressions that a guest may have expanded.
const EXPANDED: [&str; 6] =
    ["concat!(\"a\", 1)", "stringify!(a b)", "line!()", "1", "\"a\"", "concat!(-1, 1.5, 'c', true)"];

/// The longest text whose tokens are made one by one, in bytes: numbers of streams are bytes.
const LONGEST: usize = 1500;

impl Writer<'_, '_> {
    /// What compiles where it stands. If it is the `outer` one, it may call the guest as well.
    pub(super) fn right(&mut self, hole: Hole, outer: bool) -> Result<()> {
        let spans = self.more_spans()?;
        if outer && matches!(hole, Hole::Items | Hole::Statements) && self.input.ratio(1, 6)? {
            return self.nested(hole, &spans);
        }
        let text = grammar::text(self.input, hole)?;
        let stream = match text.parse() {
            Ok(tokens) if text.len() <= LONGEST => self.tokens(tokens, &spans)?,
            parsed => {
                debug_assert!(parsed.is_ok(), "{text}");
                self.source(&text.replace(NONE, ""))
            }
        };
        self.code.output(stream);
        self.looked_at(stream)
    }

    /// A call of the guest, which it expands once more.
    fn nested(&mut self, hole: Hole, spans: &[u8]) -> Result<()> {
        let mut inner =
            Writer { input: &mut *self.input, secrets: self.secrets, code: Code::default(), streams: 1, spans: 4 };
        inner.right(hole, false)?;
        let text = format!("ops::ops! {{ \"{}\" }}", inner.code.digits());
        let stream = match text.parse() {
            Ok(tokens) => self.tokens(tokens, spans)?,
            Err(_) => self.source(&text),
        };
        self.code.output(stream);
        Ok(())
    }

    /// Makes spans of those there are. Returns those by which names are found.
    fn more_spans(&mut self) -> Result<Vec<u8>> {
        let mut found = vec![CALL_SITE, GIVEN];
        for _ in 0..self.input.int_in_range(0..=4)? {
            let any = self.input.int_in_range(0..=self.spans - 1)?;
            let known = *self.input.choose(&found)?;
            let (request, reply, is_found) = match self.input.int_in_range(0..=5)? {
                0 => {
                    let (start, len) = (self.input.int_in_range(0..=9)?, self.input.int_in_range(0..=9)?);
                    let request = Request::new(tag::SPAN_SUBSPAN).span(GIVEN).byte(0).long(start).byte(1);
                    (request.long(start + len), Reply::MaybeSpan, true)
                }
                1 => (Request::new(tag::SPAN_JOIN).span(GIVEN).span(GIVEN), Reply::MaybeSpan, true),
                2 => {
                    let end = *self.input.choose(&[tag::SPAN_START, tag::SPAN_END])?;
                    (Request::new(end).span(known), Reply::Span, true)
                }
                3 => (Request::new(tag::SPAN_SOURCE).span(any), Reply::Span, false),
                // There as the first one, and what the other one means.
                4 => (Request::new(tag::SPAN_RESOLVED_AT).span(known).span(any), Reply::Span, false),
                _ => (Request::new(tag::SPAN_RESOLVED_AT).span(any).span(known), Reply::Span, true),
            };
            found.extend(is_found.then_some(self.spans));
            self.send(request, reply);
        }
        Ok(found)
    }

    /// Requests about a stream that change nothing.
    fn looked_at(&mut self, stream: u8) -> Result<()> {
        for _ in 0..self.input.int_in_range(0..=3)? {
            match self.input.int_in_range(0..=5)? {
                0 => self.send(Request::new(tag::STREAM_TO_STRING).stream(stream), Reply::Nothing),
                1 => {
                    let copy = self.streams;
                    self.send(Request::new(tag::STREAM_CLONE).stream(stream), Reply::Stream);
                    self.send(Request::new(tag::STREAM_INTO_TREES).stream(copy), Reply::Trees);
                }
                2 => {
                    let text = *self.input.choose(&EXPANDED)?;
                    let given = self.source(text);
                    self.send(Request::new(tag::STREAM_EXPAND_EXPR).stream(given), Reply::MaybeStream);
                }
                3 => {
                    let number = self.input.int_in_range(tag::SPAN_DEBUG..=tag::SPAN_DEBUG + 9)?;
                    let span = self.any_span()?;
                    self.send(Request::new(number).span(span), Reply::Nothing);
                }
                4 => {
                    // A warning, a note or help.
                    let level = self.input.int_in_range(1..=3)?;
                    let span = self.any_span()?;
                    let request =
                        Request::new(tag::EMIT_DIAGNOSTIC).byte(level).text("é".as_bytes()).long(1).span(span);
                    self.send(request.long(0), Reply::Nothing);
                }
                _ => {
                    let request = Request::new(tag::SPAN_SOURCE_TEXT).span(self.any_span()?);
                    self.send(request, Reply::Nothing);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use arbitrary::Unstructured;

    use super::super::generate::INPUT_BYTES;
    use super::{Code, Writer, grammar};
    use crate::random::Random;

    #[test]
    fn what_is_right_is_rust_and_all_streams_have_numbers() {
        for seed in 0..2000 {
            let mut random = Random::new(seed);
            let bytes: Vec<u8> = (0..INPUT_BYTES).map(|_| random.next() as u8).collect();
            let (_, hole) = grammar::CALLS[seed as usize % grammar::CALLS.len()];
            let text = grammar::text(&mut Unstructured::new(&bytes), hole).unwrap();
            let parsed = text.parse::<proc_macro2::TokenStream>();
            assert!(parsed.is_ok(), "{text}");
            let input = &mut Unstructured::new(&bytes);
            let mut writer = Writer { input, secrets: "", code: Code::default(), streams: 1, spans: 4 };
            writer.right(hole, true).unwrap();
            assert!(writer.streams < 250 && writer.spans < 250, "{text}");
        }
    }
}
