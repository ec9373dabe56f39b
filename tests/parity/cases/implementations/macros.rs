//! Every implementation of a trait in `proc_macro`, each used once.
#![feature(proc_macro_diagnostic, proc_macro_expand, proc_macro_totokens)]

extern crate proc_macro;
use std::borrow::Cow;
use std::error::Error;
use std::ffi::{CStr, CString};
use std::fmt::{Debug, Display};
use std::rc::Rc;
use std::str::FromStr;

use proc_macro::token_stream::IntoIter;
use proc_macro::{
    Delimiter, Diagnostic, ExpandError, Group, Ident, Level, LexError, Literal, MultiSpan, Punct, Spacing, Span,
    ToTokens, TokenStream, TokenTree,
};

/// Says what comes of `$use`, a use of the implementation, which must exist.
macro_rules! implemented {
    ($say:ident, $trait:ident $(<$argument:ty>)? for $type:ty => $use:expr) => {{
        fn assert<T: $trait $(<$argument>)? + ?Sized>() {}
        assert::<$type>();
        $say(stringify!($trait $(<$argument>)? for $type), format!("{:?}", $use));
    }};
}

fn say(implementation: &str, result: String) {
    println!("{implementation}: {result}");
}

fn code(text: &str) -> TokenStream {
    text.parse().unwrap()
}

fn group() -> Group {
    Group::new(Delimiter::Bracket, code("a, \"b\""))
}

fn ident() -> Ident {
    Ident::new("name", Span::call_site())
}

fn literal() -> Literal {
    Literal::f64_suffixed(1.5)
}

fn punct() -> Punct {
    Punct::new('+', Spacing::Joint)
}

fn text<T: Display>(value: &T) -> (String, String) {
    (value.to_string(), format!("{value:>12}|{value:<3}|"))
}

fn debug<T: Debug>(value: &T) -> (String, String) {
    (format!("{value:?}"), format!("{value:#?}"))
}

fn extended<T>(item: T) -> String
where
    TokenStream: Extend<T>,
{
    let mut stream: TokenStream = ident().to_token_stream();
    stream.extend([item]);
    stream.to_string()
}

/// By all three methods of the trait.
fn tokens<T: ToTokens>(value: T) -> (String, usize, String) {
    let mut stream = punct().into_token_stream();
    value.to_tokens(&mut stream);
    (value.to_token_stream().to_string(), stream.into_iter().count(), value.into_token_stream().to_string())
}

fn of_streams(input: &TokenStream) {
    implemented!(say, Debug for TokenStream => debug(input));
    implemented!(say, Display for TokenStream => text(input));
    implemented!(say, Default for TokenStream => TokenStream::default().is_empty());
    implemented!(say, Extend<Group> for TokenStream => extended(group()));
    implemented!(say, Extend<Ident> for TokenStream => extended(ident()));
    implemented!(say, Extend<Literal> for TokenStream => extended(literal()));
    implemented!(say, Extend<Punct> for TokenStream => extended(punct()));
    implemented!(say, Extend<TokenStream> for TokenStream => extended(input.clone()));
    implemented!(say, Extend<TokenTree> for TokenStream => extended(TokenTree::from(ident())));
    implemented!(say, From<TokenTree> for TokenStream => TokenStream::from(TokenTree::from(group())));
    implemented!(say, FromIterator<TokenStream> for TokenStream => TokenStream::from_iter([input.clone(), code("x"), TokenStream::new()]));
    implemented!(say, FromIterator<TokenTree> for TokenStream => TokenStream::from_iter([TokenTree::from(ident()), punct().into()]));
    implemented!(say, FromStr for TokenStream => TokenStream::from_str("a + b"));
    implemented!(say, IntoIterator for TokenStream => input.clone().into_iter().map(|tree| tree.to_string()).collect::<Vec<_>>());
    let iterator: IntoIter = input.clone().into_iter();
    implemented!(say, Iterator for IntoIter => (iterator.size_hint(), iterator.clone().nth(1), iterator.skip(1).count()));
}

fn of_trees() {
    implemented!(say, Debug for Group => debug(&group()));
    implemented!(say, Debug for Ident => debug(&ident()));
    implemented!(say, Debug for Literal => debug(&literal()));
    implemented!(say, Debug for Punct => debug(&punct()));
    implemented!(say, Debug for Span => debug(&Span::call_site()));
    implemented!(say, Debug for TokenTree => debug(&TokenTree::from(ident())));
    implemented!(say, Display for Group => text(&group()));
    implemented!(say, Display for Ident => text(&ident()));
    implemented!(say, Display for Literal => text(&literal()));
    implemented!(say, Display for Punct => text(&punct()));
    implemented!(say, Display for TokenTree => text(&TokenTree::from(group())));
    implemented!(say, From<Group> for TokenTree => TokenTree::from(group()).span());
    implemented!(say, From<Ident> for TokenTree => TokenTree::from(ident()));
    implemented!(say, From<Literal> for TokenTree => TokenTree::from(literal()));
    implemented!(say, From<Punct> for TokenTree => TokenTree::from(punct()));
    implemented!(say, FromStr for Literal => Literal::from_str("0x1fu8").map_err(|error| error.to_string()));
    implemented!(say, PartialEq<Punct> for char => ('+' == punct(), '-' != punct()));
    implemented!(say, PartialEq<char> for Punct => (punct() == '+', punct() != '-'));
}

fn of_errors() {
    let error = || TokenStream::from_str("(").unwrap_err();
    implemented!(say, Display for LexError => text(&error()));
    implemented!(say, Error for LexError => error().source().is_none());
    let error = || TokenStream::new().expand_expr().unwrap_err();
    implemented!(say, Display for ExpandError => text(&error()));
    implemented!(say, Error for ExpandError => error().source().is_none());
}

fn of_diagnostics<'a>(span: Span, spans: &'a [Span]) {
    implemented!(say, MultiSpan for Span => span.into_spans());
    implemented!(say, MultiSpan for Vec<Span> => spans.to_vec().into_spans());
    implemented!(say, MultiSpan for &'a [Span] => spans.into_spans());
    let diagnostic = Diagnostic::spanned(spans, Level::Help, "help").note("first").span_warning(span, "second");
    // The type has no name that can be written here.
    fn children(diagnostic: &Diagnostic) -> impl Iterator<Item = &Diagnostic> {
        diagnostic.children()
    }
    say("children", format!("{:?} {:?}", children(&diagnostic).count(), diagnostic.children()));
}

fn of_conversions() {
    type T = u8;
    let mut number = 7;
    implemented!(say, ToTokens for &T => tokens(&5u8));
    implemented!(say, ToTokens for &mut T => tokens(&mut number));
    implemented!(say, ToTokens for Box<T> => tokens(Box::new(5u8)));
    implemented!(say, ToTokens for CStr => tokens(c"c\"str"));
    implemented!(say, ToTokens for CString => tokens(CString::from(c"c\xffstr")));
    implemented!(say, ToTokens for Cow<'_, T> => tokens(Cow::Borrowed(&6u8)));
    implemented!(say, ToTokens for Group => tokens(group()));
    implemented!(say, ToTokens for Ident => tokens(ident()));
    implemented!(say, ToTokens for Literal => tokens(literal()));
    implemented!(say, ToTokens for Option<T> => (tokens(Some(1u8)), tokens(None::<u8>)));
    implemented!(say, ToTokens for Punct => tokens(punct()));
    implemented!(say, ToTokens for Rc<T> => tokens(Rc::new(3u8)));
    implemented!(say, ToTokens for String => tokens(String::from("te\"xt")));
    implemented!(say, ToTokens for TokenStream => tokens(code("a b")));
    implemented!(say, ToTokens for TokenTree => tokens(TokenTree::from(punct())));
    implemented!(say, ToTokens for bool => (tokens(true), tokens(false)));
    implemented!(say, ToTokens for char => tokens('\''));
    implemented!(say, ToTokens for f32 => tokens(1.5f32));
    implemented!(say, ToTokens for f64 => tokens(2.0f64));
    implemented!(say, ToTokens for i128 => tokens(i128::MAX));
    implemented!(say, ToTokens for i16 => tokens(1i16));
    implemented!(say, ToTokens for i32 => tokens(-1i32));
    implemented!(say, ToTokens for i64 => tokens(1i64));
    implemented!(say, ToTokens for i8 => tokens(i8::MIN));
    implemented!(say, ToTokens for isize => tokens(1isize));
    implemented!(say, ToTokens for str => tokens("te\nxt"));
    implemented!(say, ToTokens for u128 => tokens(u128::MAX));
    implemented!(say, ToTokens for u16 => tokens(1u16));
    implemented!(say, ToTokens for u32 => tokens(1u32));
    implemented!(say, ToTokens for u64 => tokens(u64::MAX));
    implemented!(say, ToTokens for u8 => tokens(1u8));
    implemented!(say, ToTokens for usize => tokens(1usize));
}

/// Uses all of them.
#[proc_macro]
pub fn all(input: TokenStream) -> TokenStream {
    let spans: Vec<Span> = input.clone().into_iter().map(|tree| tree.span()).collect();
    of_streams(&input);
    of_trees();
    of_errors();
    of_diagnostics(spans[0], &spans);
    of_conversions();
    input
}
