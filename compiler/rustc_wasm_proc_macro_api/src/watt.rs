//! Token streams for modules made for the crate `watt` 0.4 or 0.5: the compiler's side plays `proc_macro` for them.
//!
//! Such a guest knows nothing of the bridge. It has token streams of its own, and gets and returns them in watt's wire
//! format: `encode` writes it, `decode` reads it. Spans, literals of the input and streams are numbers to it, which a
//! [`Session`] resolves for the time of one expansion. What tokens really are stands behind [`Tokens`]:
//! `proc_macro` in the compiler.
//!
//! Such a guest's requests cross the border as those of the bridge do, through [`Dispatch`](crate::Dispatch), in a form of
//! their own: a byte that says which [`Request`] it is, and its argument. The numbers are four little-endian bytes. The
//! expansion's input is empty, since the streams that the macro is given have the numbers 0 and 1, and its output is the
//! number of the stream that it returns.

mod decode;
mod encode;
mod session;
mod tables;

pub use encode::Format;
pub use session::Session;

/// The number that stands for the call site's span, and for text that is no tokens.
pub const NONE: u32 = u32::MAX;

/// What an expansion may keep in the tables of each side of the border, in bytes, roughly counted. Guests never give anything
/// back before the expansion's end, since they have no way to.
pub const LIMIT: usize = 512 << 20;

/// What one entry of a table is counted as beside its content, in bytes.
pub const ENTRY: usize = 32;

/// What a guest can ask for. Everything else the library answers by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Request {
    /// A stream's number; the reply is its wire format.
    Serialize = 0,
    /// Wire format; the reply is the number of its stream.
    Deserialize = 1,
    /// Source text; the reply is the number of its stream, or [`NONE`] if the text is no tokens.
    Parse = 2,
    /// A literal's number; the reply is its text.
    LiteralText = 3,
}

impl Request {
    /// The request of that byte.
    pub const fn from_byte(byte: u8) -> Option<Request> {
        Some(match byte {
            0 => Request::Serialize,
            1 => Request::Deserialize,
            2 => Request::Parse,
            3 => Request::LiteralText,
            _ => return None,
        })
    }
}

/// What is needed of an implementation of token streams.
///
/// What a guest asks for reaches it checked as far as the wire format goes. A function that returns `None` has been asked
/// for something that cannot be, and the expansion ends in a fault or the guest is told.
pub trait Tokens {
    /// A sequence of tokens. Clones should be cheap.
    type Stream: Clone + IntoIterator<Item = Self::Tree> + FromIterator<Self::Tree>;
    /// One token, or a group of tokens.
    type Tree;
    /// A literal.
    type Literal: Clone;
    /// A place in the source, with its hygiene.
    type Span: Copy;

    /// The span of the macro's call.
    fn call_site(&mut self) -> Self::Span;

    /// The tokens of a source text.
    fn parse(&mut self, source: &str) -> Option<Self::Stream>;

    /// The text of a literal, as it stands in the source.
    fn literal_text(&mut self, literal: &Self::Literal) -> String;

    /// Looks into a tree.
    fn look(&mut self, tree: Self::Tree) -> Token<Self>;

    /// Makes a group.
    fn group(&mut self, delimiter: Delimiter, stream: Self::Stream, spans: GroupSpans<Self::Span>) -> Self::Tree;

    /// Makes an identifier of a `name` without `r#`. A name of ASCII characters is one that an identifier can have, and can
    /// be raw if `raw` is set; any other name is still to be checked.
    fn ident(&mut self, name: &str, raw: bool, span: Self::Span) -> Option<Self::Tree>;

    /// Makes a punctuation character, which is one that Rust has.
    fn punct(&mut self, character: char, joint: bool, span: Self::Span) -> Self::Tree;

    /// Makes a token of a literal that was looked into.
    fn literal(&mut self, literal: &Self::Literal, span: Self::Span) -> Self::Tree;

    /// Makes a literal of a text, which may be that of a negative number.
    fn literal_from(&mut self, text: &str, span: Self::Span) -> Option<Self::Tree>;
}

/// What a tree is.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Token<T: Tokens + ?Sized> {
    Group {
        delimiter: Delimiter,
        stream: T::Stream,
        spans: GroupSpans<T::Span>,
    },
    /// The name has `r#` before it if the identifier is raw.
    Ident {
        name: String,
        span: T::Span,
    },
    Punct {
        character: char,
        joint: bool,
        span: T::Span,
    },
    Literal {
        literal: T::Literal,
        span: T::Span,
    },
}

/// What stands around the tokens of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Delimiter {
    Parenthesis,
    Brace,
    Bracket,
    None,
}

/// The spans of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupSpans<S> {
    /// The span of the opening delimiter.
    pub open: S,
    /// The span of the closing delimiter.
    pub close: S,
    /// The span of the whole group.
    pub entire: S,
}
