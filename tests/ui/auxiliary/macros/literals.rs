//! Every way in which `proc_macro` makes a literal.

extern crate proc_macro;
use proc_macro::{Delimiter, Group, Literal, Punct, Spacing, TokenStream, TokenTree};

fn tuple(literals: Vec<Literal>) -> TokenStream {
    let mut inner = TokenStream::new();
    for literal in literals {
        inner.extend([TokenTree::from(literal), Punct::new(',', Spacing::Alone).into()]);
    }
    TokenTree::from(Group::new(Delimiter::Parenthesis, inner)).into()
}

#[proc_macro]
pub fn suffixed_integers(_input: TokenStream) -> TokenStream {
    tuple(vec![
        Literal::u8_suffixed(u8::MAX),
        Literal::u16_suffixed(u16::MAX),
        Literal::u32_suffixed(u32::MAX),
        Literal::u64_suffixed(u64::MAX),
        Literal::u128_suffixed(u128::MAX),
        Literal::i8_suffixed(i8::MAX),
        Literal::i16_suffixed(i16::MAX),
        Literal::i32_suffixed(i32::MAX),
        Literal::i64_suffixed(i64::MAX),
        Literal::i128_suffixed(i128::MAX),
        // In the guest these two have 32 bits.
        Literal::usize_suffixed(4_000_000_000),
        Literal::isize_suffixed(2_000_000_000),
    ])
}

#[proc_macro]
pub fn unsuffixed(_input: TokenStream) -> TokenStream {
    tuple(vec![
        Literal::u8_unsuffixed(7),
        Literal::i128_unsuffixed(1 << 30),
        Literal::f32_unsuffixed(0.1),
        Literal::f64_unsuffixed(1e300),
        Literal::f64_unsuffixed(3.0),
        Literal::f64_suffixed(2.5),
        Literal::f32_suffixed(1.0),
    ])
}

#[proc_macro]
pub fn negative(_input: TokenStream) -> TokenStream {
    // A negative literal is one token here and two for the compiler.
    let literals = [Literal::i32_suffixed(-1), Literal::i64_unsuffixed(-2), Literal::f64_suffixed(-0.5)];
    tuple(literals.into())
}

#[proc_macro]
pub fn texts(_input: TokenStream) -> TokenStream {
    tuple(vec![
        Literal::string("quotes \" backslash \\ newline \n tab \t null \0 accent é crab 🦀 escape \u{1b} combining e\u{301}"),
        Literal::character('\''),
        Literal::character('🦀'),
        Literal::byte_character(b'\''),
        Literal::byte_string(b"\0\x01\x7f\x80\xff\"\\"),
        Literal::c_string(c"c \xff \"text\""),
    ])
}

/// Text that is parsed in the guest: by `Literal::from_str`.
#[proc_macro]
pub fn parsed(_input: TokenStream) -> TokenStream {
    let texts = ["0x_ff_u8", "1_000", "0b1010", "0o17i64", "1e-3f32", "r#\"raw \"text\"\"#", "b'x'", "br\"raw bytes\"", "-12"];
    tuple(texts.iter().map(|text| text.parse().unwrap()).collect())
}

/// Text that is no literal.
#[proc_macro]
pub fn refused(_input: TokenStream) -> TokenStream {
    let texts = ["", "x", "1 2", "-x", "/* c */ 1", "- 1"];
    let refused: Vec<bool> = texts.iter().map(|text| text.parse::<Literal>().is_err()).collect();
    format!("{refused:?}").parse().unwrap()
}

/// Text that is no token: the compiler's own lexer complains, and `parse` fails.
#[proc_macro]
pub fn unfinished(_input: TokenStream) -> TokenStream {
    format!("{}", "\"open".parse::<Literal>().is_err()).parse().unwrap()
}
