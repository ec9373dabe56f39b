//! Macros whose output or errors point somewhere on purpose.

extern crate proc_macro;
use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

fn spanned(text: &str, span: Span) -> TokenStream {
    fn respan(stream: TokenStream, span: Span) -> TokenStream {
        stream
            .into_iter()
            .map(|mut tree| {
                if let TokenTree::Group(group) = &tree {
                    tree = Group::new(group.delimiter(), respan(group.stream(), span)).into();
                }
                tree.set_span(span);
                tree
            })
            .collect()
    }
    respan(text.parse().unwrap(), span)
}

fn error(message: &str, span: Span) -> TokenStream {
    spanned(&format!("::core::compile_error!{{ {message:?} }}"), span)
}

/// An error at every identifier that starts with `bad`, wherever it stands.
#[proc_macro]
pub fn reject_bad(input: TokenStream) -> TokenStream {
    fn look(input: TokenStream, output: &mut TokenStream) {
        for tree in input {
            match tree {
                TokenTree::Group(group) => look(group.stream(), output),
                TokenTree::Ident(ident) if ident.to_string().starts_with("bad") => {
                    output.extend(error(&format!("`{ident}` is not allowed"), ident.span()));
                }
                _ => {}
            }
        }
    }
    let mut output = TokenStream::new();
    look(input, &mut output);
    output
}

/// An error at each field whose type is `f32`.
#[proc_macro_derive(NoFloats)]
pub fn no_floats(input: TokenStream) -> TokenStream {
    let mut output = TokenStream::new();
    for tree in input {
        let TokenTree::Group(group) = tree else { continue };
        if group.delimiter() == Delimiter::Brace {
            for tree in group.stream() {
                if tree.to_string() == "f32" {
                    output.extend(error("floats are not allowed here", tree.span()));
                }
            }
        }
    }
    output
}

/// An error at the whole invocation.
#[proc_macro]
pub fn fail(_input: TokenStream) -> TokenStream {
    error("this macro always fails", Span::call_site())
}

/// An error at a span that is joined from the first and the last token.
#[proc_macro]
pub fn fail_from_to(input: TokenStream) -> TokenStream {
    let trees: Vec<TokenTree> = input.into_iter().collect();
    let (first, last) = (trees.first().unwrap().span(), trees.last().unwrap().span());
    let mut output = TokenStream::from_iter(spanned("::core::compile_error!", first));
    let message = TokenTree::from(Literal::string("from the first to the last token"));
    let mut group = Group::new(Delimiter::Brace, message.into());
    group.set_span(last);
    output.extend([TokenTree::from(group)]);
    output
}

/// The input as a `u32`, whose type error is the input's.
#[proc_macro]
pub fn as_u32(input: TokenStream) -> TokenStream {
    let mut inner = "let number: u32 =".parse::<TokenStream>().unwrap();
    inner.extend(input);
    inner.extend("; number".parse::<TokenStream>().unwrap());
    TokenTree::from(Group::new(Delimiter::Brace, inner)).into()
}

/// A variable that only this macro can see, and one that its user can.
#[proc_macro]
pub fn variables(_input: TokenStream) -> TokenStream {
    let mut output = spanned("let hidden = 1;", Span::mixed_site());
    output.extend(spanned("let visible = 2;", Span::call_site()));
    output
}

/// Where each token stands: line, column and text.
#[proc_macro]
pub fn places(input: TokenStream) -> TokenStream {
    let places: Vec<String> = input
        .into_iter()
        .map(|tree| {
            let (start, end) = (tree.span().start(), tree.span().end());
            format!("{}:{}-{}:{} {:?}", start.line(), start.column(), end.line(), end.column(), tree.span().source_text())
        })
        .collect();
    format!("{:?}", places.join("\n")).parse().unwrap()
}

/// The file of the call, by both of its names.
#[proc_macro]
pub fn file(_input: TokenStream) -> TokenStream {
    let span = Span::call_site();
    format!("({:?}, {:?})", span.file(), span.local_file().map(|path| path.display().to_string())).parse().unwrap()
}

/// `fn NAME() -> TYPE { BODY }`, all made here but the three parts.
#[proc_macro]
pub fn function(input: TokenStream) -> TokenStream {
    let mut parts = input.into_iter();
    let (name, ty, body) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let arrow = [TokenTree::from(Punct::new('-', Spacing::Joint)), Punct::new('>', Spacing::Alone).into()];
    let mut output = TokenStream::from(TokenTree::from(Ident::new("fn", Span::call_site())));
    output.extend([name, Group::new(Delimiter::Parenthesis, TokenStream::new()).into()]);
    output.extend(arrow);
    output.extend([ty, Group::new(Delimiter::Brace, body.into()).into()]);
    output
}

/// An unused variable with the span of the input: the user's lints apply to it.
#[proc_macro]
pub fn unused_variable(input: TokenStream) -> TokenStream {
    let name = input.into_iter().next().unwrap();
    let mut output: TokenStream = TokenTree::from(Ident::new("let", name.span())).into();
    output.extend([name]);
    output.extend("= 1;".parse::<TokenStream>().unwrap());
    output
}
