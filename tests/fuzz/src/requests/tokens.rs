//! The tokens of a text, made by requests: each with a span of its own.

use arbitrary::Result;
use proc_macro2::{Delimiter, Group, Literal, Spacing, TokenStream, TokenTree};

use super::code::{Reply, Request, tag};
use super::generate::Writer;
use super::grammar::NONE;

/// Words that mean the same whatever their span is.
#[rustfmt::skip]
const WORDS: [&str; 30] = [
    "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "extern", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move",
    "mut", "pub", "return", "static", "struct", "trait", "type", "unsafe", "use", "where",
];

/// Suffixes of numbers.
const SUFFIXES: [&str; 5] = ["u8", "i32", "usize", "f64", "f32"];

impl Writer<'_, '_> {
    /// The stream of these tokens. Names have one of those spans, for they are to be found.
    pub(super) fn tokens(&mut self, tokens: TokenStream, spans: &[u8]) -> Result<u8> {
        let text = tokens.to_string();
        if self.input.ratio(1, 5)? && !text.contains(NONE) {
            return Ok(self.source(&text));
        }
        let mut trees = Vec::new();
        let mut rest = tokens.into_iter().peekable();
        while let Some(tree) = rest.next() {
            trees.push(match (tree, rest.peek()) {
                (TokenTree::Ident(name), Some(TokenTree::Group(group))) if name == NONE => {
                    let group = group.clone();
                    rest.next();
                    self.group(&Group::new(Delimiter::None, group.stream()), spans)?
                }
                // Some macros make the sign a part of the number.
                (TokenTree::Punct(minus), Some(TokenTree::Literal(literal)))
                    if minus.as_char() == '-'
                        && literal.to_string().starts_with(|c: char| c.is_ascii_digit())
                        && self.input.arbitrary()? =>
                {
                    let literal = format!("-{literal}");
                    rest.next();
                    self.literal_of(&literal)?
                }
                (tree, _) => self.token(tree, spans)?,
            });
        }
        if let [tree] = &trees[..] {
            let request = Request::new(tag::STREAM_FROM_TREE).and(tree);
            return Ok(self.made(request));
        }
        let request = Request::new(tag::STREAM_CONCAT_TREES).none().long(trees.len() as u64);
        Ok(self.made(trees.iter().fold(request, Request::and)))
    }

    /// The stream that a request makes.
    fn made(&mut self, request: Request) -> u8 {
        let stream = self.streams;
        self.send(request, Reply::Stream);
        stream
    }

    fn token(&mut self, tree: TokenTree, spans: &[u8]) -> Result<Request> {
        let new = Request::default();
        Ok(match tree {
            TokenTree::Group(group) => self.group(&group, spans)?,
            TokenTree::Punct(punct) => {
                let is_joint = punct.spacing() == Spacing::Joint;
                // A lifetime's span is made of two.
                let span = if punct.as_char() == '\'' { *self.input.choose(spans)? } else { self.any_span()? };
                new.byte(1).byte(punct.as_char() as u8).byte(is_joint.into()).span(span)
            }
            TokenTree::Ident(name) => {
                let text = name.to_string();
                let span = if WORDS.contains(&&*text) { self.any_span()? } else { *self.input.choose(spans)? };
                let bare = text.strip_prefix("r#");
                new.byte(2).text(bare.unwrap_or(&text).as_bytes()).byte(bare.is_some().into()).span(span)
            }
            TokenTree::Literal(literal) => self.literal_of(&Literal::to_string(&literal))?,
        })
    }

    fn group(&mut self, group: &Group, spans: &[u8]) -> Result<Request> {
        let delimiter = match group.delimiter() {
            Delimiter::Parenthesis => 0,
            Delimiter::Brace => 1,
            Delimiter::Bracket => 2,
            Delimiter::None => 3,
        };
        let request = Request::default().byte(0).byte(delimiter);
        let request = if group.stream().is_empty() {
            request.none()
        } else {
            request.some().stream(self.tokens(group.stream(), spans)?)
        };
        Ok(request.span(self.any_span()?).span(self.any_span()?).span(self.any_span()?))
    }

    fn literal_of(&mut self, text: &str) -> Result<Request> {
        let (kind, hashes, body, suffix) = parts(text);
        let mut request = Request::default().byte(3).byte(kind);
        if [5, 7, 9].contains(&kind) {
            request = request.byte(hashes);
        }
        let request = request.text(body.as_bytes());
        let request = if suffix.is_empty() { request.none() } else { request.some().text(suffix.as_bytes()) };
        Ok(request.span(self.any_span()?))
    }

    /// One of the spans that the guest surely knows.
    pub(super) fn any_span(&mut self) -> Result<u8> {
        self.input.int_in_range(0..=self.spans - 1)
    }
}

/// Kind, number of `#`, body and suffix of a literal.
fn parts(text: &str) -> (u8, u8, &str, &str) {
    for (prefix, kind) in [("br", 7), ("cr", 9), ("r", 5), ("b'", 0), ("'", 1), ("b\"", 6), ("c\"", 8), ("\"", 4)] {
        let Some(rest) = text.strip_prefix(prefix) else { continue };
        if prefix.ends_with('r') {
            let body = rest.trim_matches('#');
            return (kind, ((rest.len() - body.len()) / 2) as u8, &body[1..body.len() - 1], "");
        }
        return (kind, 0, &rest[..rest.len() - 1], "");
    }
    let is_other = text.contains("0x");
    let suffix = SUFFIXES.into_iter().find(|suffix| text.ends_with(suffix)).unwrap_or_default();
    let body = text.strip_suffix(suffix).unwrap_or(text);
    let is_float = body.contains('.') || !is_other && body.contains(['e', 'E']);
    (if is_float { 3 } else { 2 }, 0, body, suffix)
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn literals_are_taken_apart() {
        assert_eq!(parts("r##\"\"#\"##"), (5, 2, "\"#", ""));
        assert_eq!(parts("b'\\''"), (0, 0, "\\'", ""));
        assert_eq!(parts("\"\""), (4, 0, "", ""));
        assert_eq!(parts("-0x1i32"), (2, 0, "-0x1", "i32"));
        assert_eq!(parts("0x7fff_ffff"), (2, 0, "0x7fff_ffff", ""));
        assert_eq!(parts("0.1e-1_f64"), (3, 0, "0.1e-1_", "f64"));
        assert_eq!(parts("1E+2"), (3, 0, "1E+2", ""));
    }
}
