//! Invocations of the guest's macros, made of an input so that most requests have a meaning.

use arbitrary::{Result, Unstructured};

use super::code::{Code, Reply, Request, tag};
use super::grammar;
use super::texts::{CALLS, MESSAGES, NAMES, NESTED, NUMBERS, PLACES, SOURCES, STRINGS, SUFFIXES, WATT_CALLS};
use crate::watt::operations;

/// The bytes of input for one invocation.
pub(super) const INPUT_BYTES: usize = 1500;

/// One macro call in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invocation {
    /// With `@` in place of what the guest is given.
    pub(super) call: &'static str,
    pub(super) code: Code,
    /// What a guest of watt is given, if it is a call of that.
    pub(super) watt: Option<String>,
    /// Whether the compiler is to warn of what it makes.
    pub(super) has_warnings: bool,
}

impl Invocation {
    /// Makes an invocation, of those that compile if it must be `right`; `secrets` is the directory that no macro may read.
    pub(super) fn of(input: &mut Unstructured<'_>, secrets: &str, right: bool) -> Result<Invocation> {
        if !right && input.ratio(1, 12)? {
            let call = *input.choose(&WATT_CALLS)?;
            let watt = Some(operations::identifier(input)?);
            return Ok(Invocation { call, code: Code::default(), watt, has_warnings: false });
        }
        let kind = input.int_in_range(0..=19)?;
        if right || kind < 8 {
            let (call, hole) = *input.choose(&grammar::CALLS)?;
            let has_warnings = input.arbitrary()?;
            let mut writer = Writer { input, secrets, code: Code::default(), streams: 1, spans: spans(call) };
            writer.right(hole, true)?;
            return Ok(Invocation { call, code: writer.code, watt: None, has_warnings });
        }
        let call = *input.choose(&CALLS)?;
        let mut writer = Writer { input, secrets, code: Code::default(), streams: 1, spans: 6 };
        match kind {
            // One token that no lexer has seen, in a place of the language.
            8..=14 => writer.placed()?,
            _ => writer.wild()?,
        }
        Ok(Invocation { call, code: writer.code, watt: None, has_warnings: false })
    }

    /// The text in a file: a module of that number.
    pub(super) fn text(&self, number: usize) -> String {
        let call = match &self.watt {
            Some(given) => self.call.replace('@', given),
            None => self.call.replace('@', &format!("\"{}\"", self.code.digits())),
        };
        let warnings = if self.has_warnings { WARNINGS } else { "" };
        format!("mod m{number} {{ {warnings} use super::*; {call} }}\n")
    }
}

/// What has the compiler warn, although the file begins with the contrary.
const WARNINGS: &str =
    "#![warn(warnings, unused, nonstandard_style, future_incompatible, rust_2018_idioms, missing_docs)]";

/// How many spans the guest knows from the beginning: three, and those of what it is given up to its operations.
fn spans(call: &str) -> u8 {
    if call.starts_with("#[derive") { 12 } else { 4 }
}

pub(super) struct Writer<'a, 'b> {
    pub(super) input: &'a mut Unstructured<'b>,
    pub(super) secrets: &'a str,
    pub(super) code: Code,
    /// How many handles the guest will know at least, if all goes well.
    pub(super) streams: u8,
    pub(super) spans: u8,
}

impl Writer<'_, '_> {
    pub(super) fn send(&mut self, request: Request, reply: Reply) {
        match reply {
            Reply::Stream | Reply::MaybeStream => self.streams = self.streams.saturating_add(1),
            Reply::Span | Reply::MaybeSpan => self.spans = self.spans.saturating_add(1),
            Reply::Trees => {
                self.streams = self.streams.saturating_add(1);
                self.spans = self.spans.saturating_add(3);
            }
            Reply::Nothing => {}
        }
        request.send(reply, &mut self.code);
    }

    fn choose<'c>(&mut self, texts: &[&'c str]) -> Result<&'c str> {
        self.input.choose(texts).copied()
    }

    /// The number of a stream: mostly one of the last.
    fn stream(&mut self) -> Result<u8> {
        self.register(self.streams)
    }

    fn span(&mut self) -> Result<u8> {
        self.register(self.spans)
    }

    fn register(&mut self, known: u8) -> Result<u8> {
        Ok(match self.input.int_in_range(0..=31)? {
            0 => self.input.arbitrary()?,
            1..=12 => self.input.int_in_range(0..=known)?,
            _ => known.saturating_sub(self.input.int_in_range(1..=3)?),
        })
    }

    /// A token or two between texts. Where delimiters stand around it, these are groups, made from the inside out.
    fn placed(&mut self) -> Result<()> {
        let (before, after) = *self.input.choose(&PLACES)?;
        let mut inner = self.streams;
        let tree = self.tree(0)?;
        self.send(tree, Reply::Stream);
        if self.input.ratio(1, 8)? {
            let (one, two) = (inner, self.streams);
            let tree = self.tree(0)?;
            self.send(tree, Reply::Stream);
            inner = self.streams;
            let both = Request::new(tag::STREAM_CONCAT_STREAMS).some().stream(one).long(1).stream(two);
            self.send(both, Reply::Stream);
        }
        let (opening, closing) = delimiters(before, after);
        let (mut left, mut right) = (before.len(), 0);
        for (&open, &close) in opening.iter().rev().zip(&closing) {
            inner = self.joined(&before[open + 1..left], inner, &after[right..close]);
            let delimiter = b"({[".iter().position(|known| *known == before.as_bytes()[open]).unwrap_or(3) as u8;
            let span = self.span()?;
            let group = Request::new(tag::STREAM_FROM_TREE).byte(0).byte(delimiter).some().stream(inner);
            inner = self.streams;
            self.send(group.span(span).span(span).span(span), Reply::Stream);
            (left, right) = (open, close + 1);
        }
        let whole = self.joined(&before[..left], inner, &after[right..]);
        if self.input.ratio(1, 8)? {
            self.send(Request::new(tag::STREAM_TO_STRING).stream(whole), Reply::Nothing);
        }
        self.code.output(whole);
        Ok(())
    }

    /// A stream with texts around another one.
    fn joined(&mut self, left: &str, inner: u8, right: &str) -> u8 {
        let mut parts = Vec::new();
        if !left.trim().is_empty() {
            parts.push(self.source(left));
        }
        parts.push(inner);
        if !right.trim().is_empty() {
            parts.push(self.source(right));
        }
        if parts.len() == 1 {
            return inner;
        }
        let request = Request::new(tag::STREAM_CONCAT_STREAMS).none().long(parts.len() as u64);
        let request = parts.into_iter().fold(request, Request::stream);
        let joined = self.streams;
        self.send(request, Reply::Stream);
        joined
    }

    /// The stream of a text.
    pub(super) fn source(&mut self, text: &str) -> u8 {
        let stream = self.streams;
        self.send(Request::new(tag::STREAM_FROM_STR).text(text.as_bytes()), Reply::MaybeStream);
        stream
    }

    fn source_text(&mut self) -> Result<String> {
        let mut text = self.choose(&SOURCES)?.replace("DIR", self.secrets);
        if self.input.ratio(1, 4)? {
            text.push(' ');
            text.push_str(self.choose(&SOURCES)?);
        }
        Ok(text)
    }

    /// Any number of requests of any kind.
    fn wild(&mut self) -> Result<()> {
        for _ in 0..self.input.int_in_range(1..=14)? {
            self.request()?;
            if self.input.ratio(1, 4)? {
                self.code.show();
            }
        }
        for _ in 0..self.input.int_in_range(0..=3)? {
            let stream = self.stream()?;
            self.code.output(stream);
        }
        if self.input.ratio(1, 60)? {
            self.code.panic();
        }
        Ok(())
    }

    fn request(&mut self) -> Result<()> {
        // What makes something comes more often.
        let number = match self.input.int_in_range(0..=9)? {
            0 => tag::STREAM_FROM_STR,
            1 | 2 => tag::STREAM_FROM_TREE,
            3 => tag::STREAM_EXPAND_EXPR,
            4 => tag::STREAM_INTO_TREES,
            5 => self.input.int_in_range(tag::SPAN_DEBUG..=tag::SPAN_RECOVER)?,
            6 => tag::EMIT_DIAGNOSTIC,
            7 => return self.malformed(),
            _ => self.input.int_in_range(0..=tag::SYMBOL_NORMALIZE)?,
        };
        let new = Request::new(number);
        let (request, reply) = match number {
            tag::INJECTED_ENV_VAR => (new.text(self.message()?.as_bytes()), Reply::Nothing),
            tag::TRACK_ENV_VAR => {
                let name = if self.input.arbitrary()? { "FUZZ_SECRET".to_owned() } else { self.message()? };
                let request = new.text(name.as_bytes());
                (
                    if self.input.arbitrary()? {
                        request.some().text(self.message()?.as_bytes())
                    } else {
                        request.none()
                    },
                    Reply::Nothing,
                )
            }
            tag::TRACK_PATH => {
                let path =
                    if self.input.arbitrary()? { format!("{}/secret.rs", self.secrets) } else { self.message()? };
                (new.text(path.as_bytes()), Reply::Nothing)
            }
            tag::LITERAL_FROM_STR => {
                let texts: &[&str] = if self.input.arbitrary()? { &NUMBERS } else { &SOURCES };
                (new.text(self.choose(texts)?.as_bytes()), Reply::Nothing)
            }
            tag::EMIT_DIAGNOSTIC => (self.diagnostic(new, 0)?, Reply::Nothing),
            tag::STREAM_FROM_STR => {
                if self.input.ratio(1, 20)? {
                    // Below the limits on depth, about them, and beyond.
                    let count = *self.input.choose(&[10, 100, 1000, 2000, 2500, 20_000, 65_535])?;
                    (new.nested(*self.input.choose(&NESTED)?, count), Reply::MaybeStream)
                } else {
                    (new.text(self.source_text()?.as_bytes()), Reply::MaybeStream)
                }
            }
            tag::STREAM_EXPAND_EXPR => {
                // Of something new, or of what is there.
                if self.input.ratio(2, 3)? {
                    let text = self.source_text()?;
                    let stream = self.source(&text);
                    (new.stream(stream), Reply::MaybeStream)
                } else {
                    (new.stream(self.stream()?), Reply::MaybeStream)
                }
            }
            tag::STREAM_DROP | tag::STREAM_IS_EMPTY | tag::STREAM_TO_STRING => {
                (new.stream(self.stream()?), Reply::Nothing)
            }
            tag::STREAM_CLONE => (new.stream(self.stream()?), Reply::Stream),
            tag::STREAM_FROM_TREE => (self.tree(0)?, Reply::Stream),
            tag::STREAM_INTO_TREES => (new.stream(self.stream()?), Reply::Trees),
            tag::STREAM_CONCAT_TREES | tag::STREAM_CONCAT_STREAMS => {
                let new = if self.input.arbitrary()? { new.some().stream(self.stream()?) } else { new.none() };
                let count = self.input.int_in_range(0..=3u64)?;
                let mut request = new.long(count);
                for _ in 0..count {
                    request = if number == tag::STREAM_CONCAT_TREES {
                        self.tree_in(request, 0)?
                    } else {
                        request.stream(self.stream()?)
                    };
                }
                (request, Reply::Stream)
            }
            tag::SPAN_JOIN | tag::SPAN_RESOLVED_AT => {
                let reply = if number == tag::SPAN_JOIN { Reply::MaybeSpan } else { Reply::Span };
                (new.span(self.span()?).span(self.span()?), reply)
            }
            tag::SPAN_SUBSPAN => {
                let mut request = new.span(self.span()?);
                for _ in 0..2 {
                    // Included, excluded, or no bound.
                    let bound = self.input.int_in_range(0..=2)?;
                    request = request.byte(bound);
                    request = if bound < 2 { request.long(self.offset()?) } else { request };
                }
                (request, Reply::MaybeSpan)
            }
            tag::SPAN_RECOVER => (new.long(self.offset()?), Reply::Span),
            tag::SYMBOL_NORMALIZE => (new.text(self.choose(&NAMES)?.as_bytes()), Reply::Nothing),
            // Parent, source, start and end are spans.
            _ => {
                let reply = match number - tag::SPAN_DEBUG {
                    1 => Reply::MaybeSpan,
                    2 | 4 | 5 => Reply::Span,
                    _ => Reply::Nothing,
                };
                debug_assert!((tag::SPAN_DEBUG..=tag::SPAN_SAVE).contains(&number) || number == tag::SPAN_SOURCE_TEXT);
                (new.span(self.span()?), reply)
            }
        };
        self.send(request, reply);
        Ok(())
    }

    fn message(&mut self) -> Result<String> {
        Ok(if self.input.ratio(1, 40)? { "long ".repeat(2000) } else { self.choose(&MESSAGES)?.to_owned() })
    }

    fn offset(&mut self) -> Result<u64> {
        Ok(match self.input.int_in_range(0..=7)? {
            0 => u64::MAX,
            1 => self.input.arbitrary()?,
            2 => self.input.int_in_range(0..=100_000)?,
            _ => self.input.int_in_range(0..=12)?,
        })
    }

    fn diagnostic(&mut self, request: Request, depth: u32) -> Result<Request> {
        let last = if self.input.ratio(1, 30)? { 4 } else { 3 };
        let level = self.input.int_in_range(0..=last)?;
        let mut request = request.byte(level).text(self.message()?.as_bytes());
        let spans = self.input.int_in_range(0..=2u64)?;
        request = request.long(spans);
        for _ in 0..spans {
            request = request.span(self.span()?);
        }
        let children = if depth < 3 { self.input.int_in_range(0..=2u64)? } else { 0 };
        request = request.long(children);
        for _ in 0..children {
            request = self.diagnostic(request, depth + 1)?;
        }
        Ok(request)
    }

    fn tree(&mut self, depth: u32) -> Result<Request> {
        self.tree_in(Request::new(tag::STREAM_FROM_TREE), depth)
    }

    fn tree_in(&mut self, request: Request, depth: u32) -> Result<Request> {
        Ok(match self.input.int_in_range(0..=9)? {
            0 | 1 if depth == 0 => {
                let request = request.byte(0).byte(self.input.int_in_range(0..=3)?);
                let request =
                    if self.input.ratio(3, 4)? { request.some().stream(self.stream()?) } else { request.none() };
                request.span(self.span()?).span(self.span()?).span(self.span()?)
            }
            0..=2 => {
                let character = if self.input.ratio(1, 8)? {
                    self.input.arbitrary()?
                } else {
                    *self.input.choose(b"=<>!~+-*/%^&|@.,;:#$?'")?
                };
                request.byte(1).byte(character).byte(self.input.int_in_range(0..=1)?).span(self.span()?)
            }
            3 | 4 => {
                let name = if self.input.ratio(1, 8)? { self.choose(&SOURCES)? } else { self.choose(&NAMES)? };
                request.byte(2).text(name.as_bytes()).byte(self.input.int_in_range(0..=1)?).span(self.span()?)
            }
            _ => self.literal(request.byte(3))?,
        })
    }

    fn literal(&mut self, request: Request) -> Result<Request> {
        let kind = self.input.int_in_range(0..=10)?;
        let mut request = request.byte(kind);
        if [5, 7, 9].contains(&kind) {
            request = request.byte(*self.input.choose(&[0, 1, 2, 255])?);
        }
        let is_number = matches!(kind, 2 | 3) != self.input.ratio(1, 8)?;
        let text = if is_number { self.choose(&NUMBERS)?.to_owned() } else { self.string()? };
        request = request.text(text.as_bytes());
        request = if self.input.ratio(1, 2)? {
            request.some().text(self.choose(&SUFFIXES)?.as_bytes())
        } else {
            request.none()
        };
        Ok(request.span(self.span()?))
    }

    /// The body of a string, which may be a secret's path.
    fn string(&mut self) -> Result<String> {
        Ok(if self.input.ratio(1, 6)? {
            let name = self.choose(&["secret.rs", "credentials.toml"])?;
            format!("{}/{name}", self.secrets)
        } else {
            self.choose(&STRINGS)?.to_owned()
        })
    }

    /// What is no request. It ends the expansion if that is noticed.
    fn malformed(&mut self) -> Result<()> {
        let request = match self.input.int_in_range(0..=5)? {
            0 => Request::default().bytes(self.input.bytes(self.input.len().min(20))?),
            1 => Request::new(self.input.arbitrary()?).stream(self.stream()?),
            2 => Request::new(tag::STREAM_CONCAT_STREAMS).none().long(self.offset()?).stream(self.stream()?),
            3 => Request::new(tag::STREAM_FROM_STR).long(self.offset()?).bytes(b"a"),
            4 => Request::new(tag::STREAM_CLONE).stream(self.stream()?).bytes(b"more"),
            _ => Request::new(tag::STREAM_FROM_STR).text(b"\xff\xfe"),
        };
        self.send(request, Reply::Nothing);
        Ok(())
    }
}

/// Where delimiters that are closed after a token open before it, and where they close: as many, the outermost first and last.
fn delimiters(before: &str, after: &str) -> (Vec<usize>, Vec<usize>) {
    let mut opening = Vec::new();
    for (at, byte) in before.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => opening.push(at),
            b')' | b']' | b'}' => _ = opening.pop(),
            _ => {}
        }
    }
    let mut closing = Vec::new();
    let mut depth = 0;
    for (at, byte) in after.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth > 0 => depth -= 1,
            b')' | b']' | b'}' => closing.push(at),
            _ => {}
        }
    }
    (opening, closing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_language_is_balanced() {
        // Else the compiler would see an error of ours in place of the guest's token.
        for (before, after) in PLACES {
            let (opening, closing) = delimiters(before, after);
            assert_eq!(opening.len(), closing.len(), "{before} {after}");
        }
    }

    #[test]
    fn an_input_makes_requests_or_is_given_to_a_guest_of_watt() {
        let mut random = crate::random::Random::new(1);
        let mut made = |_| {
            let bytes: Vec<u8> = (0..INPUT_BYTES).map(|_| random.next() as u8).collect();
            Invocation::of(&mut Unstructured::new(&bytes), "/secrets", false).unwrap()
        };
        let (watt, bridge): (Vec<_>, Vec<_>) = (0..100).map(&mut made).partition(|call| call.watt.is_some());
        assert!((1..30).contains(&watt.len()), "{}", watt.len());
        assert!(bridge.iter().map(|call| call.code.requests()).sum::<usize>() > 200);
        assert!(bridge.iter().chain(&watt).all(|call| call.text(3).starts_with("mod m3 {")));
    }
}
