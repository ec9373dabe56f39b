//! Perfect hash maps and sets with keys of every type, whose tables the macros compute while they expand.
//@ edition: 2021
//@ library: phf
//@ macros: phf_macros

use phf::{Map, OrderedMap, OrderedSet, Set, phf_map, phf_ordered_map, phf_ordered_set, phf_set};

static KEYWORDS: Map<&'static str, Keyword> = phf_map! {
    "as" => Keyword::As, "break" => Keyword::Break, "const" => Keyword::Const, "continue" => Keyword::Continue,
    "crate" => Keyword::Other(5), "else" => Keyword::Other(4), "enum" => Keyword::Other(4), "extern" => Keyword::Other(6),
    "false" => Keyword::Other(5), "fn" => Keyword::Other(2), "for" => Keyword::Other(3), "if" => Keyword::Other(2),
    "impl" => Keyword::Other(4), "in" => Keyword::Other(2), "let" => Keyword::Other(3), "loop" => Keyword::Other(4),
    "match" => Keyword::Other(5), "mod" => Keyword::Other(3), "move" => Keyword::Other(4), "mut" => Keyword::Other(3),
    "größe" => Keyword::Other("größe".len()), "" => Keyword::Other(0), "with\nescape\u{1F980}" => Keyword::Other(1),
    r#"raw "string""# => Keyword::Other(2),
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Keyword {
    As,
    Break,
    Const,
    Continue,
    Other(usize),
}

static BYTES: Map<&'static [u8], char> = phf_map! { b"GET" => 'g', b"PUT" => 'p', b"\x00\xff" => 'b', b"" => 'e' };
static NUMBERS: Map<u32, &str> = phf_map! { 0u32 => "zero", 1u32 => "one", 4_294_967_295u32 => "max", 0x10u32 => "sixteen" };
static WIDE: Map<u128, u8> = phf_map! { 0u128 => 1, 340282366920938463463374607431768211455u128 => 2 };
static SIGNED: OrderedMap<i64, i8> = phf_ordered_map! { -1i64 => -1, 1i64 => 1, 9223372036854775807i64 => 9 };
static LETTERS: OrderedSet<char> = phf_ordered_set! { 'z', 'a', 'ß', '\u{0}', '\'', '🦀' };
static FLAGS: Map<bool, u8> = phf_map! { true => 1, false => 0 };
static EMPTY: Set<&str> = phf_set! {};
static ARRAYS: Set<[u8; 2]> = phf_set! { [0u8, 1u8], [1u8, 0u8], [255u8, 255u8] };
static PAIRS: Map<(u8, &str), i8> = phf_map! { (1u8, "one") => 1, (1u8, "uno") => 2, (2u8, "one") => 3 };

/// Several keys for one value, and arms that are compiled conditionally.
static PATTERNS: Map<&str, u8> = phf_map! {
    "red" | "rot" | "rouge" => 1,
    "green" | "vert" => 2,
    #[cfg(any())]
    "left out" => 3,
    #[cfg(all())]
    "kept" => 4,
};

mod nested {
    macro_rules! table {
        ($($key:literal: $value:expr),* $(,)?) => { phf::phf_map! { $($key => $value),* } };
    }
    pub const TABLE: phf::Map<&str, fn(i32) -> i32> = table! {
        "negate": |n| -n,
        "square": |n| n * n,
        "zero": |_| 0,
    };
}

fn numbers() -> Set<u16> {
    phf_set! {
        1u16, 2u16, 3u16, 5u16, 8u16, 13u16, 21u16, 34u16, 55u16, 89u16, 144u16, 233u16, 377u16, 610u16, 987u16, 1597u16, 2584u16,
        4181u16, 6765u16, 10946u16, 17711u16, 28657u16, 46368u16,
    }
}

fn main() {
    let keys = ["as", "continue", "größe", "", "with\nescape\u{1F980}", "raw \"string\"", "yield"];
    println!("{:?}", keys.map(|key| KEYWORDS.get(key)));
    println!("{:?}", KEYWORDS.entries().collect::<Vec<_>>());
    println!("{:?} {:?}", BYTES.get(&b"GET"[..]), BYTES.keys().collect::<Vec<_>>());
    println!("{:?} {:?}", NUMBERS.entries().collect::<Vec<_>>(), NUMBERS.get_key(&16));
    println!("{:?} {:?}", WIDE.get(&u128::MAX), WIDE.get(&1));
    println!("{:?} {:?}", SIGNED.entries().collect::<Vec<_>>(), SIGNED.get_index(&1));
    println!("{:?} {:?}", LETTERS.iter().collect::<String>(), LETTERS.get_index(&'🦀'));
    println!("{} {} {}", FLAGS[&true], FLAGS[&false], EMPTY.is_empty());
    println!("{} {:?}", ARRAYS.contains(&[1, 0]), ARRAYS.iter().collect::<Vec<_>>());
    println!("{:?}", PAIRS.get(&(1, "uno")));
    println!("{:?} {}", PATTERNS.entries().collect::<Vec<_>>(), PATTERNS.len());
    println!("{:?}", nested::TABLE.entries().map(|(name, function)| (name, function(5))).collect::<Vec<_>>());
    println!("{:?}", numbers().iter().collect::<Vec<_>>());
}
