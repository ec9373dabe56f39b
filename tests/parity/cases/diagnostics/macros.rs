//! Diagnostics that macros emit, on all levels, with children, and errors in what they give.
#![feature(proc_macro_diagnostic, proc_macro_span)]

extern crate proc_macro;
use proc_macro::{Diagnostic, Level, MultiSpan, Span, TokenStream, TokenTree};

/// Emits one of each level at each word, by the shorthands of `Span`.
#[proc_macro]
pub fn levels(input: TokenStream) -> TokenStream {
    for tree in input {
        let span = tree.span();
        span.warning("a warning by the span").emit();
        span.note("a note by the span").emit();
        span.help("a help by the span").emit();
        if tree.to_string() == "error" {
            span.error("an error by the span").emit();
        }
    }
    Diagnostic::new(Level::Warning, "without a place").emit();
    Diagnostic::new(Level::Note, "a note without a place\nin two lines").emit();
    TokenStream::new()
}

/// Emits one with children of all kinds, and says what it has been made of.
#[proc_macro]
pub fn children(input: TokenStream) -> TokenStream {
    let spans: Vec<Span> = input.into_iter().map(|tree| tree.span()).collect();
    let mut diagnostic = Diagnostic::spanned(spans.clone(), Level::Note, "it will be an error")
        .span_error(spans[0], "an error in it")
        .span_warning(&spans[1..], "a warning in it")
        .span_note(vec![spans[0], spans[1]], "a note in it")
        .span_help(spans[1], "help in it")
        .error("an error without a place")
        .warning("a warning without a place")
        .note("a note without a place")
        .help("help without a place: übergröße `日本`");
    diagnostic.set_level(Level::Error);
    diagnostic.set_message("it is an error");
    diagnostic.set_spans(spans[1]);
    println!("{:?} {} {:?}", diagnostic.level(), diagnostic.message(), diagnostic.spans());
    for child in diagnostic.children() {
        println!(
            "  {:?} {} {:?} {:?}",
            child.level(),
            child.message(),
            child.spans(),
            child.children().next().is_some()
        );
    }
    println!("{diagnostic:?} {:?}", spans[0].into_spans());
    diagnostic.clone().emit();
    diagnostic.emit();
    TokenStream::new()
}

/// Warns at the attribute, at its arguments and at the item, and gives the item.
#[proc_macro_attribute]
pub fn warns(arguments: TokenStream, item: TokenStream) -> TokenStream {
    Span::call_site().warning("at the attribute").emit();
    for tree in arguments {
        tree.span().warning("at an argument").emit();
    }
    let mut trees = item.clone().into_iter();
    if let (Some(first), Some(last)) = (trees.next(), trees.last()) {
        first.span().join(last.span()).unwrap_or_else(|| first.span()).warning("at the whole item").emit();
    }
    item
}

/// Gives code with an error of the type checker, the borrow checker and the resolver, at spans of the input.
#[proc_macro]
pub fn wrong_code(input: TokenStream) -> TokenStream {
    let spans: Vec<Span> = input.into_iter().map(|tree| tree.span()).collect();
    let text = "{ let mut values = vec ! [ 1u8 ] ; let first = & values [ 0 ] ; values . push ( 2 ) ; values . pusch ( 3 ) ; \
        let unused = first ; let _ : String = \"not owned\" ; HashMap :: new ( ) ; Strng :: new ( ) ; let x = 5 ; x = 6 ; }";
    fn place(stream: TokenStream, spans: &[Span], next: &mut usize) -> TokenStream {
        let each = |mut tree: TokenTree| {
            if let TokenTree::Group(group) = &tree {
                tree = proc_macro::Group::new(group.delimiter(), place(group.stream(), spans, next)).into();
            }
            tree.set_span(spans[*next % spans.len()]);
            *next += 1;
            tree
        };
        stream.into_iter().map(each).collect()
    }
    place(text.parse().unwrap(), &spans, &mut 0)
}

/// Gives code that lints warn about, all at the call.
#[proc_macro_derive(Lints)]
pub fn lints(_item: TokenStream) -> TokenStream {
    "fn Not_snake() { let unused = 1; let mut never_mutated = (1); if (true) { } while true { break } unsafe { } } \
     #[must_use] fn important() -> u8 { 1 } fn ignores() { important(); return; 5; } struct lower;"
        .parse()
        .unwrap()
}
