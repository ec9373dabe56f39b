//! The wire format of diagnostics, which are nested once and no deeper.
//!
//! `proc_macro` makes no others, but what arrives need not come from it, and decoding a deeper one
//! would recurse as often as the sender likes.

use super::*;

fn decode_alone<'a, S, Span: for<'s> Decode<'a, 's, S>>(
    r: &mut &'a [u8],
    s: &mut S,
) -> Diagnostic<Span> {
    Diagnostic {
        level: Decode::decode(r, s),
        message: Decode::decode(r, s),
        spans: Decode::decode(r, s),
        children: Vec::new(),
    }
}

impl<S, Span: Encode<S>> Encode<S> for Diagnostic<Span> {
    fn encode(self, w: &mut Buffer, s: &mut S) {
        self.level.encode(w, s);
        self.message.encode(w, s);
        self.spans.encode(w, s);
        self.children.encode(w, s);
    }
}

impl<'a, S, Span: for<'s> Decode<'a, 's, S>> Decode<'a, '_, S> for Diagnostic<Span> {
    fn decode(r: &mut &'a [u8], s: &mut S) -> Self {
        let mut diagnostic = decode_alone(r, s);
        for _ in 0..usize::decode(r, s) {
            diagnostic.children.push(decode_alone(r, s));
            let grandchildren = usize::decode(r, s);
            assert_eq!(grandchildren, 0, "a diagnostic below one that is below one");
        }
        diagnostic
    }
}
