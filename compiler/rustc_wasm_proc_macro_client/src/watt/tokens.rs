//! The tokens that a guest of watt asks for, as those of `proc_macro`.
//!
//! Whoever includes this file says which crate that is: the runtime's tests, which are no macros, have `proc_macro2` instead.

use rustc_wasm_proc_macro_api::watt::{self, GroupSpans, Token};

use super::proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// The tokens of `proc_macro`, for whoever is its client at the moment.
pub(crate) struct Tokens;

impl watt::Tokens for Tokens {
    type Stream = TokenStream;
    type Tree = TokenTree;
    type Literal = Literal;
    type Span = Span;

    fn call_site(&mut self) -> Span {
        Span::call_site()
    }

    fn parse(&mut self, source: &str) -> Option<TokenStream> {
        source.parse().ok()
    }

    fn literal_text(&mut self, literal: &Literal) -> String {
        literal.to_string()
    }

    fn look(&mut self, tree: TokenTree) -> Token<Tokens> {
        match tree {
            TokenTree::Group(group) => Token::Group {
                delimiter: match group.delimiter() {
                    Delimiter::Parenthesis => watt::Delimiter::Parenthesis,
                    Delimiter::Brace => watt::Delimiter::Brace,
                    Delimiter::Bracket => watt::Delimiter::Bracket,
                    Delimiter::None => watt::Delimiter::None,
                },
                spans: GroupSpans { open: group.span_open(), close: group.span_close(), entire: group.span() },
                stream: group.stream(),
            },
            TokenTree::Ident(ident) => Token::Ident { name: ident.to_string(), span: ident.span() },
            TokenTree::Punct(punct) => Token::Punct {
                character: punct.as_char(),
                joint: punct.spacing() == Spacing::Joint,
                span: punct.span(),
            },
            TokenTree::Literal(literal) => Token::Literal { span: literal.span(), literal },
        }
    }

    fn group(
        &mut self,
        delimiter: watt::Delimiter,
        stream: TokenStream,
        GroupSpans { open, close, entire }: GroupSpans<Span>,
    ) -> TokenTree {
        let delimiter = match delimiter {
            watt::Delimiter::Parenthesis => Delimiter::Parenthesis,
            watt::Delimiter::Brace => Delimiter::Brace,
            watt::Delimiter::Bracket => Delimiter::Bracket,
            watt::Delimiter::None => Delimiter::None,
        };
        let mut group = Group::new(delimiter, stream);
        super::set_group_spans(&mut group, open, close, entire);
        group.into()
    }

    fn ident(&mut self, name: &str, raw: bool, span: Span) -> Option<TokenTree> {
        // The lexer says whether the name can be one, where `Ident::new` would panic.
        if !super::is_known_name(name) {
            let source = if raw { &*format!("r#{name}") } else { name };
            let mut trees = source.parse::<TokenStream>().ok()?.into_iter();
            return match (trees.next()?, trees.next()) {
                (TokenTree::Ident(mut ident), None) => {
                    ident.set_span(span);
                    Some(ident.into())
                }
                _ => None,
            };
        }
        let ident = if raw { Ident::new_raw(name, span) } else { Ident::new(name, span) };
        Some(ident.into())
    }

    fn punct(&mut self, character: char, joint: bool, span: Span) -> TokenTree {
        let spacing = if joint { Spacing::Joint } else { Spacing::Alone };
        let mut punct = Punct::new(character, spacing);
        punct.set_span(span);
        punct.into()
    }

    fn literal(&mut self, literal: &Literal, span: Span) -> TokenTree {
        let mut literal = literal.clone();
        literal.set_span(span);
        literal.into()
    }

    fn literal_from(&mut self, text: &str, span: Span) -> Option<TokenTree> {
        let mut literal = match plain_string(text) {
            Some(content) => Literal::string(content),
            None => text.parse().ok()?,
        };
        literal.set_span(span);
        Some(literal.into())
    }
}

/// The content of a string literal that needs no escapes. Most that a macro makes are such, and
/// making them needs no request.
fn plain_string(text: &str) -> Option<&str> {
    let content = text.strip_prefix('"')?.strip_suffix('"')?;
    let plain = |byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    content.bytes().all(plain).then_some(content)
}
