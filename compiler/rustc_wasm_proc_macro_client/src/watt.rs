//! Macros of modules made for the crate `watt`: they work on token streams instead of the bridge's
//! bytes, so the compiler uses `proc_macro` for them.

use rustc_proc_macro::bridge::client::{run_local, set_group_spans};
use rustc_proc_macro::bridge::server::RemoteServer;
use rustc_proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use rustc_wasm_proc_macro_api::watt::{self, Format, GroupSpans, Session, Token};
use rustc_wasm_proc_macro_api::{CallError, Dispatch};
use stubgen::module::{Declaration, GuestAbi};

use crate::asking::Asking;
use crate::server::Server;

/// The wire format of a module's token streams; none if it is not made for watt.
pub(super) fn format(guest: GuestAbi) -> Option<Format> {
    match guest {
        GuestAbi::Watt04 => Some(Format::Watt04),
        GuestAbi::Watt05 => Some(Format::Watt05),
        _ => None,
    }
}

/// Runs a macro on `input`, which is the bridge's, as is the output. `call` runs the module's
/// function, whose requests are to be answered.
pub(super) fn expand(
    asking: &Asking<'_>,
    format: Format,
    input: &[u8],
    force_show_panics: bool,
    server: &mut dyn RemoteServer,
    call: impl FnOnce(&mut dyn Dispatch) -> Result<Vec<u8>, CallError>,
) -> Result<Vec<u8>, CallError> {
    let inputs = if let Declaration::Attr { .. } = asking.declaration { 2 } else { 1 };
    run_local(input, inputs, force_show_panics, server, |streams| {
        let mut answers = Answers(Session::new(Tokens, format, streams));
        let output = call(&mut Server { bridge: &mut answers, asking })?;
        answers
            .0
            .finish(&output)
            .map_err(|message| CallError::Fault(format!("the macro's module broke the protocol: {message}")))
    })
}

/// What answers the requests of a module for watt, in the bridge's place.
struct Answers(Session<Tokens>);

impl RemoteServer for Answers {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        self.0.answer(request)
    }
}

/// The tokens of `proc_macro`, for whoever is its client at the moment.
struct Tokens;

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
        set_group_spans(&mut group, open, close, entire);
        group.into()
    }

    fn ident(&mut self, name: &str, raw: bool, span: Span) -> Option<TokenTree> {
        if name.is_ascii() {
            let ident = if raw { Ident::new_raw(name, span) } else { Ident::new(name, span) };
            return Some(ident.into());
        }
        // The lexer says whether the name can be one, where `Ident::new` would panic.
        let source = if raw { &*format!("r#{name}") } else { name };
        let mut trees = source.parse::<TokenStream>().ok()?.into_iter();
        match (trees.next()?, trees.next()) {
            (TokenTree::Ident(mut ident), None) => {
                ident.set_span(span);
                Some(ident.into())
            }
            _ => None,
        }
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
