//! What the numbers stand for that a guest of watt knows things by, for the time of one expansion.

use super::{ENTRY, GroupSpans, LIMIT, NONE, Tokens};

/// A span, and where it is a group's, those of the delimiters.
#[derive(Clone, Copy)]
struct Place<S> {
    span: S,
    delimiters: Option<(S, S)>,
}

/// The spans and literals of one expansion. Numbers are indices.
pub(super) struct Tables<T: Tokens> {
    pub(super) tokens: T,
    literals: Vec<T::Literal>,
    spans: Vec<Place<T::Span>>,
    /// How much of [`LIMIT`] is left.
    left: usize,
}

impl<T: Tokens> Tables<T> {
    pub(super) fn new(tokens: T) -> Tables<T> {
        Tables { tokens, literals: Vec::new(), spans: Vec::new(), left: LIMIT }
    }

    /// Counts something that is kept until the end of the expansion.
    pub(super) fn count(&mut self, size: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(size).ok_or_else(full)?;
        Ok(())
    }

    pub(super) fn add_span(&mut self, span: T::Span) -> Result<u32, String> {
        self.count(ENTRY)?;
        add(&mut self.spans, Place { span, delimiters: None })
    }

    /// The number of a group's whole span, by which [`group_spans`](Tables::group_spans) finds the others again.
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

    /// The text of the literal of that number.
    pub(super) fn literal_text(&mut self, literal: u32) -> Result<String, String> {
        let index = index("literal", literal, self.literals.len())?;
        Ok(self.tokens.literal_text(&self.literals[index]))
    }
}

/// The index that a guest's number is, if there is something.
pub(super) fn index(what: &str, number: u32, len: usize) -> Result<usize, String> {
    match usize::try_from(number) {
        Ok(index) if index < len => Ok(index),
        _ => Err(format!("there is no {what} of number {number}")),
    }
}

/// Adds an entry, whose number is never [`NONE`].
pub(super) fn add<V>(table: &mut Vec<V>, value: V) -> Result<u32, String> {
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
