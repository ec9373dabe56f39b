//! Operations of the guest (`guest/lib.rs`), and the bridge's requests in them.

/// What a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Nothing = 0,
    Stream = 1,
    Span = 2,
    MaybeSpan = 3,
    MaybeStream = 4,
    Trees = 5,
}

/// The requests, by their numbers.
pub(super) mod tag {
    pub(crate) const INJECTED_ENV_VAR: u8 = 0;
    pub(crate) const TRACK_ENV_VAR: u8 = 1;
    pub(crate) const TRACK_PATH: u8 = 2;
    pub(crate) const LITERAL_FROM_STR: u8 = 3;
    pub(crate) const EMIT_DIAGNOSTIC: u8 = 4;
    pub(crate) const STREAM_DROP: u8 = 5;
    pub(crate) const STREAM_CLONE: u8 = 6;
    pub(crate) const STREAM_IS_EMPTY: u8 = 7;
    pub(crate) const STREAM_EXPAND_EXPR: u8 = 8;
    pub(crate) const STREAM_FROM_STR: u8 = 9;
    pub(crate) const STREAM_TO_STRING: u8 = 10;
    pub(crate) const STREAM_FROM_TREE: u8 = 11;
    pub(crate) const STREAM_CONCAT_TREES: u8 = 12;
    pub(crate) const STREAM_CONCAT_STREAMS: u8 = 13;
    pub(crate) const STREAM_INTO_TREES: u8 = 14;
    /// From here to [`SPAN_SOURCE_TEXT`] requests are of one span, but for the next three.
    pub(crate) const SPAN_DEBUG: u8 = 15;
    pub(crate) const SPAN_SOURCE: u8 = 17;
    pub(crate) const SPAN_START: u8 = 19;
    pub(crate) const SPAN_END: u8 = 20;
    pub(crate) const SPAN_JOIN: u8 = 25;
    pub(crate) const SPAN_SUBSPAN: u8 = 26;
    pub(crate) const SPAN_RESOLVED_AT: u8 = 27;
    pub(crate) const SPAN_SOURCE_TEXT: u8 = 28;
    pub(crate) const SPAN_SAVE: u8 = 29;
    pub(crate) const SPAN_RECOVER: u8 = 30;
    pub(crate) const SYMBOL_NORMALIZE: u8 = 31;
}

/// A list of operations, in parts that can be left out each by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) parts: Vec<Vec<u8>>,
}

impl Code {
    /// How many requests it makes.
    pub(super) fn requests(&self) -> usize {
        self.parts.iter().filter(|part| part.len() >= 2 && part[part.len() - 2] == 3).count()
    }

    /// The digits that the guest reads.
    pub(super) fn digits(&self) -> String {
        self.parts
            .iter()
            .flatten()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
            .collect()
    }

    /// A stream becomes part of the output.
    pub(super) fn output(&mut self, stream: u8) {
        self.parts.push(vec![5, stream]);
    }

    /// The last reply is written to standard error.
    pub(super) fn show(&mut self) {
        self.parts.push(vec![6]);
    }

    /// The macro panics.
    pub(super) fn panic(&mut self) {
        self.parts.push(vec![7]);
    }
}

/// A request that is being written.
#[derive(Clone, Debug, Default)]
pub(super) struct Request(Vec<u8>);

impl Request {
    pub(super) fn new(tag: u8) -> Request {
        Request::default().byte(tag)
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Request {
        for chunk in bytes.chunks(255) {
            self.0.extend([0, chunk.len() as u8]);
            self.0.extend_from_slice(chunk);
        }
        self
    }

    /// What stands in another one behind it.
    pub(super) fn and(mut self, other: &Request) -> Request {
        self.0.extend_from_slice(&other.0);
        self
    }

    pub(super) fn byte(self, byte: u8) -> Request {
        self.bytes(&[byte])
    }

    pub(super) fn long(self, number: u64) -> Request {
        self.bytes(&number.to_le_bytes())
    }

    pub(super) fn text(self, text: &[u8]) -> Request {
        self.long(text.len() as u64).bytes(text)
    }

    /// A text in which what stands before and behind `inner` is repeated.
    pub(super) fn nested(self, (before, inner, after): (&str, &str, &str), count: u16) -> Request {
        let len = usize::from(count) * (before.len() + after.len()) + inner.len();
        self.long(len as u64).repeated(before, count).bytes(inner.as_bytes()).repeated(after, count)
    }

    fn repeated(mut self, text: &str, count: u16) -> Request {
        self.0.push(4);
        self.0.extend(count.to_le_bytes());
        self.0.push(text.len() as u8);
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn some(self) -> Request {
        self.byte(0)
    }

    pub(super) fn none(self) -> Request {
        self.byte(1)
    }

    pub(super) fn stream(mut self, register: u8) -> Request {
        self.0.extend([1, register]);
        self
    }

    pub(super) fn span(mut self, register: u8) -> Request {
        self.0.extend([2, register]);
        self
    }

    /// Adds it to the code.
    pub(super) fn send(mut self, reply: Reply, code: &mut Code) {
        self.0.extend([3, reply as u8]);
        code.parts.push(self.0);
    }
}
