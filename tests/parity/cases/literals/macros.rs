//! Literals made, parsed and read.
#![feature(proc_macro_value)]

extern crate proc_macro;
use proc_macro::{ConversionErrorKind, Literal, TokenStream, TokenTree};

macro_rules! made {
    ($($literal:expr),* $(,)?) => { vec![$($literal),*] };
}

fn all() -> Vec<Literal> {
    made![
        Literal::u8_suffixed(u8::MAX),
        Literal::u16_suffixed(u16::MAX),
        Literal::u32_suffixed(u32::MAX),
        Literal::u64_suffixed(u64::MAX),
        Literal::u128_suffixed(u128::MAX),
        Literal::usize_suffixed(u32::MAX as usize),
        Literal::i8_suffixed(i8::MIN),
        Literal::i16_suffixed(i16::MIN),
        Literal::i32_suffixed(i32::MIN),
        Literal::i64_suffixed(i64::MIN),
        Literal::i128_suffixed(i128::MIN),
        Literal::isize_suffixed(-1),
        Literal::u8_unsuffixed(0),
        Literal::u16_unsuffixed(1),
        Literal::u32_unsuffixed(2),
        Literal::u64_unsuffixed(3),
        Literal::u128_unsuffixed(u128::MAX),
        Literal::usize_unsuffixed(5),
        Literal::i8_unsuffixed(-1),
        Literal::i16_unsuffixed(-2),
        Literal::i32_unsuffixed(-3),
        Literal::i64_unsuffixed(-4),
        Literal::i128_unsuffixed(-5),
        Literal::isize_unsuffixed(6),
        Literal::f32_suffixed(1.5),
        Literal::f64_suffixed(-0.0),
        Literal::f32_unsuffixed(1.0),
        Literal::f64_unsuffixed(1e300),
        Literal::f64_unsuffixed(f64::MIN_POSITIVE),
        Literal::f32_suffixed(f32::MAX),
        Literal::f64_suffixed(0.1 + 0.2),
        Literal::string(""),
        Literal::string("plain"),
        Literal::string("\"\\\n\r\t\0\u{7f}'ü日🦀\u{200b}"),
        Literal::character('a'),
        Literal::character('\''),
        Literal::character('"'),
        Literal::character('\u{1f980}'),
        Literal::byte_character(b'a'),
        Literal::byte_character(0xff),
        Literal::byte_character(b'\''),
        Literal::byte_string(b""),
        Literal::byte_string(b"\x00\xffab\"\\"),
        Literal::c_string(c"c\xff\"ü"),
        Literal::c_string(c""),
    ]
}

fn describe(literal: &Literal) {
    println!("{literal} {literal:?}");
    println!("  {:?} {:?}", literal.byte_character_value(), literal.character_value());
    println!("  {:?} {:?} {:?}", literal.str_value(), literal.cstr_value(), literal.byte_str_value());
}

/// Makes a literal of each kind, says all of each, and gives a tuple of them.
#[proc_macro]
pub fn make(_input: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    for literal in all() {
        describe(&literal);
        out.extend([TokenTree::from(literal), proc_macro::Punct::new(',', proc_macro::Spacing::Alone).into()]);
    }
    TokenTree::from(proc_macro::Group::new(proc_macro::Delimiter::Parenthesis, out)).into()
}

/// Says all of each literal that is given.
#[proc_macro]
pub fn read(input: TokenStream) -> TokenStream {
    for tree in input {
        if let TokenTree::Literal(literal) = tree {
            describe(&literal);
        }
    }
    TokenStream::new()
}

/// Parses texts, good ones and bad ones.
#[proc_macro]
pub fn parse(_input: TokenStream) -> TokenStream {
    let texts = [
        "1",
        "-1",
        "- 1",
        "1u8",
        "-1.5f32",
        "0xff",
        "1e3",
        "1_0",
        "'a'",
        "b'a'",
        "\"s\"",
        "r#\"raw\"#",
        "b\"b\"",
        "br\"b\"",
        "c\"c\"",
        "cr#\"c\"#",
        "\"s\"suffix",
        "1suffix",
        "",
        " ",
        " 1",
        "1 ",
        "1 2",
        "a",
        "true",
        "-",
        "--1",
        "- a",
        "'a",
        "\"open",
        "/*c*/1",
        "1//c",
        "(1)",
        "-'a'",
        "-\"s\"",
        "'ab'",
        "\"\\q\"",
        "b\"ü\"",
        "r#\"open\"",
        "0b2",
        "1e",
        "'\\u{110000}'",
        "c\"\\0\"",
        "ü",
        "\0",
    ];
    for text in texts {
        // Some of these are told by a panic.
        match std::panic::catch_unwind(|| text.parse::<Literal>().map(|literal| format!("{literal:?}"))) {
            Ok(Ok(literal)) => println!("{text:?}: {literal}"),
            Ok(Err(error)) => println!("{text:?}: error {error} {error:?}"),
            Err(_) => println!("{text:?}: panic"),
        }
    }
    let value = "'ab'".parse::<Literal>().map(|literal| literal.character_value());
    println!(
        "{:?} {}",
        value,
        value.as_ref().is_ok_and(|value| *value == Err(ConversionErrorKind::InvalidLiteralKind))
    );
    println!("{}", matches!(value, Ok(Err(ConversionErrorKind::FailedToUnescape(_)))));
    TokenStream::new()
}

/// Numbers that are none.
#[proc_macro]
pub fn refuse(_input: TokenStream) -> TokenStream {
    for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let makers: [fn(f32) -> Literal; 4] = [
            Literal::f32_unsuffixed,
            Literal::f32_suffixed,
            |n| Literal::f64_unsuffixed(n.into()),
            |n| Literal::f64_suffixed(n.into()),
        ];
        for make in makers {
            let refused = std::panic::catch_unwind(|| make(number).to_string()).unwrap_err();
            println!("{:?}", refused.downcast_ref::<String>());
        }
    }
    println!(
        "{:?}",
        std::panic::catch_unwind(|| proc_macro::Punct::new('a', proc_macro::Spacing::Alone).as_char()).is_err()
    );
    TokenStream::new()
}
