//! Macros that ask all that can be asked of spans.
#![feature(proc_macro_span, proc_macro_def_site, proc_macro_internals, proc_macro_quote, proc_macro_expand)]
#![allow(internal_features)]

extern crate proc_macro;
use proc_macro::{Group, Ident, Literal, Span, TokenStream, TokenTree};

fn show(title: &str, span: Span) {
    let range = span.byte_range();
    println!("{title}: {span:?} at {}:{} of {} in {range:?}", span.line(), span.column(), span.file());
    println!("  local file {:?}, text {:?}", span.local_file(), span.source_text());
    for (name, end) in [("start", span.start()), ("end", span.end())] {
        println!("  {name} {end:?} {}:{} {:?}", end.line(), end.column(), end.byte_range());
    }
}

fn flat(stream: TokenStream) -> Vec<TokenTree> {
    let mut trees = Vec::new();
    for tree in stream {
        let inner = if let TokenTree::Group(group) = &tree { flat(group.stream()) } else { Vec::new() };
        trees.push(tree);
        trees.extend(inner);
    }
    trees
}

/// Says all about each token.
#[proc_macro]
pub fn positions(input: TokenStream) -> TokenStream {
    for tree in flat(input) {
        show(&tree.to_string(), tree.span());
        if let TokenTree::Group(group) = tree {
            println!("  open {:?} close {:?}", group.span_open(), group.span_close());
        }
    }
    TokenStream::new()
}

/// Says where the call comes from, up to the outermost.
#[proc_macro]
pub fn parents(input: TokenStream) -> TokenStream {
    let firsts = input.into_iter().map(|tree| tree.span());
    for (index, start) in [Span::call_site(), Span::mixed_site()].into_iter().chain(firsts).enumerate() {
        let mut span = Some(start);
        let mut depth = 0;
        while let Some(found) = span {
            show(&format!("{index} parent {depth}"), found);
            show("  source", found.source());
            println!("  is its source: {}", found.eq(&found.source()));
            span = found.parent();
            depth += 1;
        }
    }
    TokenStream::new()
}

/// Says where the text comes from that the input expands to.
#[proc_macro]
pub fn expanded(input: TokenStream) -> TokenStream {
    show("expanded", input.expand_expr().unwrap().into_iter().next().unwrap().span());
    TokenStream::new()
}

/// Joins the first token with each other one.
#[proc_macro]
pub fn joins(input: TokenStream) -> TokenStream {
    let trees: Vec<_> = input.into_iter().collect();
    for tree in &trees {
        match trees[0].span().join(tree.span()) {
            Some(span) => show(&format!("{} with {tree}", trees[0]), span),
            None => println!("{} with {tree}: none", trees[0]),
        }
    }
    TokenStream::new()
}

/// Takes parts of each literal's span.
#[proc_macro]
pub fn subspans(input: TokenStream) -> TokenStream {
    for tree in flat(input) {
        let TokenTree::Literal(literal) = tree else { continue };
        let parts = [
            literal.subspan(..),
            literal.subspan(0..0),
            literal.subspan(1..3),
            literal.subspan(1..=3),
            literal.subspan(2..),
            literal.subspan(..1000),
            literal.subspan((std::ops::Bound::Excluded(0), std::ops::Bound::Unbounded)),
            literal.subspan(usize::MAX..),
        ];
        println!("{literal}: {parts:?} {:?}", parts.map(|part| part.and_then(|span| span.source_text())));
    }
    TokenStream::new()
}

/// Gives the second token with the place of the first and the hygiene of the second, and the other way round.
#[proc_macro]
pub fn exchanged(input: TokenStream) -> TokenStream {
    let trees: Vec<_> = input.into_iter().collect();
    let [first, second] = [trees[0].span(), trees[1].span()];
    show("resolved", first.resolved_at(second));
    show("located", first.located_at(second));
    println!("{} {}", first.resolved_at(second).eq(&second.located_at(first)), first.eq(&second));
    let mut out = trees[2].clone();
    out.set_span(first.resolved_at(Span::call_site()).located_at(second));
    out.into()
}

/// Gives a statement whose error points to the third token.
#[proc_macro]
pub fn blames(input: TokenStream) -> TokenStream {
    let trees: Vec<_> = input.into_iter().collect();
    let mut out: Vec<TokenTree> = "let _: u8 = \"\" ;".parse::<TokenStream>().unwrap().into_iter().collect();
    for tree in &mut out {
        tree.set_span(trees[2].span());
    }
    TokenStream::from_iter(out)
}

/// Sets the spans of each kind of token and of a group's inside.
#[proc_macro]
pub fn sets(input: TokenStream) -> TokenStream {
    let span = input.clone().into_iter().last().unwrap().span();
    let mut group = Group::new(proc_macro::Delimiter::Parenthesis, input);
    group.set_span(span);
    println!("{group:?} {:?} {:?}", group.span_open(), group.span_close());
    let mut ident = Ident::new("made", Span::call_site());
    ident.set_span(span.start());
    let mut literal = Literal::u8_suffixed(1);
    literal.set_span(span.end());
    let mut punct = proc_macro::Punct::new('+', proc_macro::Spacing::Alone);
    punct.set_span(span);
    println!("{ident:?} {literal:?} {punct:?}");
    TokenStream::new()
}

/// Keeps a span as a number, as `quote!` does.
#[proc_macro]
pub fn saves(input: TokenStream) -> TokenStream {
    for tree in input {
        println!("{}", tree.span().save_span());
    }
    TokenStream::new()
}

/// Says where the macro itself is defined, but for the numbers in `Debug`.
#[proc_macro]
pub fn definition(_input: TokenStream) -> TokenStream {
    let span = Span::def_site();
    println!("{}:{} of {}, local file {:?}", span.line(), span.column(), span.file(), span.local_file());
    println!("{:?} {:?}", span.source_text(), span.byte_range());
    TokenStream::new()
}

/// A span of the macro crate's own source, as `quote!` makes them.
#[proc_macro]
pub fn recovers(_input: TokenStream) -> TokenStream {
    let span = Span::recover_proc_macro_span(0);
    println!("{}:{} of {}, {:?}", span.line(), span.column(), span.file(), span.source_text());
    TokenStream::new()
}

/// Something that is quoted, so that there is a span to recover.
#[proc_macro]
pub fn quotes(_input: TokenStream) -> TokenStream {
    proc_macro::quote!(
        struct Quoted;
    )
}

/// Says all about the item and its inner tokens.
#[proc_macro_attribute]
pub fn item(arguments: TokenStream, item: TokenStream) -> TokenStream {
    show("call site", Span::call_site());
    for tree in flat(arguments).into_iter().chain(flat(item.clone())) {
        println!("{tree}: {:?} {:?}", tree.span(), tree.span().source_text());
    }
    item
}

/// Says all about the type and its inner tokens.
#[proc_macro_derive(Item, attributes(helper))]
pub fn derive(item: TokenStream) -> TokenStream {
    show("call site", Span::call_site());
    show("mixed site", Span::mixed_site());
    for tree in flat(item) {
        println!("{tree}: {:?} {:?}", tree.span(), tree.span().source_text());
    }
    TokenStream::new()
}
