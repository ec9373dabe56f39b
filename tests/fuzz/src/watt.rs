//! Watt's wire format and the tables behind it: whatever a guest sends is a stream or an error in words, and a stream that goes
//! to a guest and back is the same.

mod hosted;
pub(crate) mod operations;

use arbitrary::{Result, Unstructured};
use proc_macro2::TokenStream;
use rustc_wasm_proc_macro::peak_of;
use rustc_wasm_proc_macro_api::watt::{Format, NONE, Request, Session};

use crate::support::watt::Tokens;

/// How many requests an expansion makes at most.
const REQUESTS: usize = 40;

/// The most memory that a request may take for each byte of it and of those before: a token of two bytes is a structure of some 70, in vectors
/// that are copied as they grow. The tables have their own limit.
const BYTES_FOR_ONE: usize = 1024;

/// What a request may take however short it is.
const BYTES_FOR_NONE: usize = 4 << 20;

/// What macros are given.
const INPUTS: [&str; 5] = [
    "",
    "a + b",
    "#[derive(T)] struct S<'a, T: ?Sized> { r#fn: &'a T, b: [u8; 1_000] }",
    "f(\"text\\n\", b'x', r#\"raw\"#, c\"c\", -1.5e3, 0xffu8, 'c', größe) => { [ ( ) ] }",
    "((([[[{{{ a }}}]]])))",
];

/// Pieces of source texts.
const TEXTS: [&str; 24] = [
    "a", "r#fn", "größe", "$crate", "_", "'a", "''", "'", "\"", "\"text\"", "r#\"", "b'x'", "c\"\0\"", "1", "-1",
    "1.5", "0x", "1e", "//", "/*", "*/", "\n", "\\", "e\u{301}",
];

/// Runs the target: an input is an expansion's requests, or what a guest does that makes them.
pub fn run(data: &[u8]) -> bool {
    let mut input = Unstructured::new(data);
    let ran = match input.ratio(1, 4) {
        Ok(true) => hosted::run(&mut input),
        _ => Guest::run(&mut input),
    };
    // Else `proc_macro2` keeps what it has parsed.
    proc_macro2::extra::invalidate_current_thread_spans();
    ran.is_ok()
}

struct Guest<'a, 'b> {
    input: &'a mut Unstructured<'b>,
    session: Session<Tokens>,
    format: Format,
    /// How many streams there are. The guest may name others.
    streams: u32,
    /// The bytes of all requests and replies.
    said: usize,
}

impl Guest<'_, '_> {
    fn run(input: &mut Unstructured<'_>) -> Result<()> {
        let format = *input.choose(&[Format::Watt04, Format::Watt05])?;
        let mut inputs: Vec<TokenStream> = Vec::new();
        for _ in 0..=u8::from(input.arbitrary::<bool>()?) {
            inputs.push(input.choose(&INPUTS)?.parse().expect("it is Rust"));
        }
        let streams = inputs.len() as u32;
        let mut guest = Guest { session: Session::new(Tokens, format, inputs), format, input, streams, said: 0 };
        for _ in 0..REQUESTS {
            if guest.input.is_empty() || guest.request()?.is_none() {
                break;
            }
        }
        let output = guest.number(guest.streams)?;
        if let Err(message) = guest.session.finish(&output.to_le_bytes()) {
            check_message(&message);
        }
        Ok(())
    }

    /// Makes a request; none if it has ended the expansion.
    fn request(&mut self) -> Result<Option<()>> {
        let argument = match self.input.int_in_range(0..=9)? {
            0..=2 => return self.there_and_back(),
            3..=5 => {
                let mut wire = vec![Request::Deserialize as u8];
                self.stream(&mut wire, 0)?;
                wire
            }
            6 => {
                let mut text = vec![Request::Parse as u8];
                for _ in 0..self.input.int_in_range(0..=12)? {
                    text.extend_from_slice(self.input.choose(&TEXTS)?.as_bytes());
                    text.extend(if self.input.arbitrary()? { &b" "[..] } else { b"" });
                }
                text
            }
            7 => {
                let mut nested = vec![Request::Parse as u8];
                let open = *self.input.choose(b"([{\"/")?;
                nested.resize(1 + usize::from(self.input.int_in_range(0..=2000u16)?), open);
                nested
            }
            8 => [&[Request::LiteralText as u8][..], &self.number(4)?.to_le_bytes()].concat(),
            _ => {
                let len = self.input.int_in_range(0..=64usize)?.min(self.input.len());
                self.input.bytes(len)?.to_vec()
            }
        };
        Ok(self.ask(&argument).map(drop))
    }

    /// A stream goes to the guest and comes back.
    fn there_and_back(&mut self) -> Result<Option<()>> {
        let number = self.number(self.streams)?;
        let Some(mut wire) = self.ask(&[&[Request::Serialize as u8][..], &number.to_le_bytes()].concat()) else {
            return Ok(None);
        };
        // In the format of 0.5 groups have more spans on the way to the guest than back.
        if self.format == Format::Watt05 {
            return Ok(Some(()));
        }
        let changed = self.input.ratio(1, 2)? && !wire.is_empty();
        if changed {
            let at = self.input.int_in_range(0..=wire.len() - 1)?;
            wire[at] = self.input.arbitrary()?;
        }
        wire.insert(0, Request::Deserialize as u8);
        let Some(reply) = self.ask(&wire) else {
            assert!(changed, "a guest cannot send back what it got: {wire:?}");
            return Ok(None);
        };
        if !changed {
            let copy = u32::from_le_bytes(reply.try_into().expect("a number"));
            let [one, two] = [number, copy].map(|number| self.described(number));
            assert_eq!(one, two, "it came back as another one");
        }
        Ok(Some(()))
    }

    /// A stream's wire format without the numbers of spans and literals, which are new each time.
    fn described(&mut self, number: u32) -> String {
        let request = [&[Request::Serialize as u8][..], &number.to_le_bytes()].concat();
        let wire = self.session.answer(&request).expect("it is a stream").to_vec();
        let mut described = String::new();
        let mut rest = &wire[..];
        let take = |rest: &mut &[u8], count: usize| {
            let (taken, later) = rest.split_at(count);
            *rest = later;
            taken.to_vec()
        };
        while !rest.is_empty() {
            let kind = take(&mut rest, 1)[0];
            let shown = match kind {
                0 => Vec::new(),
                1 => {
                    let delimiter = take(&mut rest, 1);
                    take(&mut rest, 4);
                    delimiter
                }
                2 => {
                    take(&mut rest, 4);
                    let len = u32::from_le_bytes(take(&mut rest, 4).try_into().expect("four bytes"));
                    take(&mut rest, len as usize)
                }
                3 => {
                    let shown = take(&mut rest, 5);
                    take(&mut rest, 4);
                    shown
                }
                4 => {
                    take(&mut rest, 4);
                    assert_eq!(take(&mut rest, 1), [1], "a literal goes to the guest as a number");
                    let literal = [&[Request::LiteralText as u8][..], &take(&mut rest, 4)].concat();
                    self.session.answer(&literal).expect("it is a literal").to_vec()
                }
                other => panic!("an unknown tree {other} on the way to the guest"),
            };
            described.push_str(&format!("{kind} {shown:?};"));
        }
        described
    }

    fn ask(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        let (reply, bytes) = peak_of(|| self.session.answer(request).map(<[u8]>::to_vec));
        // A table that is copied as it grows has what all requests before have left there.
        self.said += request.len() + reply.as_ref().map_or(0, Vec::len);
        assert!(
            bytes <= BYTES_FOR_NONE + BYTES_FOR_ONE * self.said,
            "{bytes} bytes for {} of a request, after {} in all",
            request.len(),
            self.said
        );
        match reply {
            Ok(reply) => {
                self.streams += u32::from(matches!(request[0], 1 | 2));
                Some(reply)
            }
            Err(message) => {
                check_message(&message);
                None
            }
        }
    }

    /// A number below `end`, or seldom any.
    fn number(&mut self, end: u32) -> Result<u32> {
        if self.input.ratio(1, 16)? { self.input.arbitrary() } else { self.input.int_in_range(0..=end.max(1) - 1) }
    }

    fn span(&mut self, wire: &mut Vec<u8>) -> Result<()> {
        let span = if self.input.ratio(1, 2)? { NONE } else { self.number(8)? };
        wire.extend(span.to_le_bytes());
        Ok(())
    }

    fn string(&mut self, wire: &mut Vec<u8>) -> Result<()> {
        let text = self.input.choose(&TEXTS)?;
        let len = if self.input.ratio(1, 32)? { self.input.arbitrary()? } else { text.len() as u32 };
        wire.extend(len.to_le_bytes());
        wire.extend_from_slice(text.as_bytes());
        Ok(())
    }

    /// Writes a stream that is mostly right.
    fn stream(&mut self, wire: &mut Vec<u8>, depth: u32) -> Result<()> {
        for _ in 0..self.input.int_in_range(0..=6)? {
            if self.input.is_empty() {
                break;
            }
            match self.input.int_in_range(0..=12)? {
                0..=2 if depth < 8 => {
                    wire.extend([1, self.input.int_in_range(0..=3)?]);
                    self.span(wire)?;
                    self.stream(wire, depth + 1)?;
                }
                3..=5 => {
                    wire.push(2);
                    self.span(wire)?;
                    self.string(wire)?;
                }
                6..=8 => {
                    wire.push(3);
                    let character = *self.input.choose(b"=<>!~+-*/%^&|@.,;:#$?'")?;
                    wire.extend(u32::from(character).to_le_bytes());
                    wire.push(self.input.int_in_range(0..=1)?);
                    self.span(wire)?;
                }
                9..=11 => {
                    wire.push(4);
                    self.span(wire)?;
                    if self.input.arbitrary()? {
                        wire.push(1);
                        wire.extend(self.number(4)?.to_le_bytes());
                    } else {
                        wire.push(0);
                        self.string(wire)?;
                    }
                }
                _ => wire.push(self.input.arbitrary()?),
            }
        }
        wire.push(0);
        Ok(())
    }
}

/// A message ends up in a diagnostic.
fn check_message(message: &str) {
    assert!(!message.contains(char::is_control), "{message:?}");
}
