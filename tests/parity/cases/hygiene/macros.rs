//! Macros whose names resolve at the call, at the definition, or as those of macros by example do.
#![feature(proc_macro_def_site, proc_macro_quote, proc_macro_totokens)]

extern crate proc_macro;
use proc_macro::{Group, Ident, Literal, Span, ToTokens, TokenStream, TokenTree, quote, quote_span};

fn with_span(text: &str, span: Span) -> TokenStream {
    fn set(stream: TokenStream, span: Span) -> TokenStream {
        let each = |mut tree: TokenTree| {
            if let TokenTree::Group(group) = &tree {
                tree = Group::new(group.delimiter(), set(group.stream(), span)).into();
            }
            tree.set_span(span);
            tree
        };
        stream.into_iter().map(each).collect()
    }
    set(text.parse().unwrap(), span)
}

/// `let local = …;` which the caller can see.
#[proc_macro]
pub fn local_at_call(_input: TokenStream) -> TokenStream {
    with_span("let local = \"call site\";", Span::call_site())
}

/// `let local = …;` which the caller cannot see.
#[proc_macro]
pub fn local_mixed(_input: TokenStream) -> TokenStream {
    with_span("let local = \"mixed site\";", Span::mixed_site())
}

/// `let local = …;` which the caller cannot see.
#[proc_macro]
pub fn local_at_definition(_input: TokenStream) -> TokenStream {
    with_span("let local = \"def site\";", Span::def_site())
}

/// Uses a name with each of the three kinds of hygiene, in what the caller gives as the second word: call, mixed or def.
#[proc_macro]
pub fn uses(input: TokenStream) -> TokenStream {
    let words: Vec<_> = input.into_iter().collect();
    let span = match &*words[1].to_string() {
        "call" => Span::call_site(),
        "mixed" => Span::mixed_site(),
        "def" => Span::def_site(),
        other => panic!("what is `{other}`?"),
    };
    Ident::new(&words[0].to_string(), span).to_token_stream()
}

/// Items with mixed hygiene can be seen, locals and labels in them cannot.
#[proc_macro]
pub fn mixed_items(input: TokenStream) -> TokenStream {
    let text = "pub struct Made; impl Made { pub fn value(&self) -> u8 { let x = 3; 'a: loop { break 'a x } } }";
    let mut out = with_span(text, Span::mixed_site());
    out.extend(input);
    out
}

/// What `quote!` makes: locals, paths, repetitions, interpolated values.
#[proc_macro]
pub fn quoted(input: TokenStream) -> TokenStream {
    let words: Vec<TokenTree> = input.clone().into_iter().collect();
    let numbers = [1u8, 2, 3];
    let text = String::from("text");
    let name = Ident::new("quoted_function", Span::call_site());
    let optional = Some(Literal::i64_suffixed(-5));
    let nothing: Option<Ident> = None;
    let dollar = quote!($$ x);
    println!("{dollar} {}", dollar.clone().into_iter().count());
    quote! {
        fn $name() -> String {
            let local = [$($numbers),*];
            let pairs = [$(($numbers, stringify!($words))),*];
            let all = stringify!($input $nothing);
            format!("{local:?} {pairs:?} {all} {} {} {}", $text, $optional, 'c')
        }
        /// Documented.
        #[allow(dead_code)]
        struct Hidden<'a> { r#type: &'a str }
        pub const PAIR: (u8, &core::ffi::CStr) = (b'x', c"cstr");
    }
}

/// Names of the definition's own crate, by quoting: the compiler has none to offer.
#[proc_macro]
pub fn quoted_names(_input: TokenStream) -> TokenStream {
    let number = 5u32;
    quote!({ let unseen = $number; unseen + seen })
}

/// A quoted name for which there is a near one in the same quotation: the compiler suggests that in the macro's source.
#[proc_macro]
pub fn quoted_near(_input: TokenStream) -> TokenStream {
    quote!({
        let x = 1;
        y + x
    })
}

/// What `quote!` itself expands to.
#[proc_macro]
pub fn expands_quote(input: TokenStream) -> TokenStream {
    println!("{}", proc_macro::quote(input.clone()));
    println!("{}", quote_span(quote!(proc_macro), Span::call_site()).into_iter().count());
    input
}

/// Defines a macro by example that uses `$crate` and calls the next one.
#[proc_macro]
pub fn defines(_input: TokenStream) -> TokenStream {
    let text = "#[macro_export] macro_rules! made { ($x:expr) => { $crate::twice($x) } }";
    text.parse().unwrap()
}
