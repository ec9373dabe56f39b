//! `Display` from doc comments of every form, with interpolation.
//@ edition: 2021
//@ macros: displaydoc

use displaydoc::Display;

/// a unit struct, said in its first line
#[derive(Display)]
struct Unit;

/// {0} and {1:?} and {0:>5} of {{braces}}
#[derive(Display)]
struct Tuple(u8, &'static str);

/// `{name}` has {len:#x} items, {name:?}
#[derive(Display)]
struct Named<'a, T: Clone> {
    name: &'a str,
    len: usize,
    _items: [T; 0],
}

/// The enum itself is not shown.
#[derive(Display, Debug)]
#[allow(dead_code)]
enum Reason {
    /// no reason
    None,
    ///without a space
    Spaceless,
    /// two lines are
    /// joined into one
    Two,
    /** in a block comment with {0} */
    Block(u8),
    #[doc = "as an attribute: {code:>4}|{code:<4}|{code:+}"]
    Attribute { code: i32 },
    /// first \"quoted\" ü – {0:.2}
    #[cfg(all())]
    Escapes(f64),
    /// last {letter}
    Last { letter: char },
}

/// the prefix
#[derive(Display)]
#[prefix_enum_doc_attributes]
enum Prefixed {
    /// of one
    One,
    /// of {0}
    Other(u8),
}

#[derive(Display)]
#[ignore_extra_doc_attributes]
/// only the first {0}
///
/// and this is for readers
struct First(bool);

/// generic {0} where {1}
#[derive(Display)]
struct Generic<T, U>(T, U)
where
    T: std::fmt::Display,
    U: std::fmt::Display;

macro_rules! documented {
    ($(#[$meta:meta])* $name:ident) => { $(#[$meta])* #[derive(Display)] struct $name; };
}
documented!(
    /// made by a macro
    Made
);

fn main() {
    println!("{Unit}\n{}\n{}", Tuple(7, "x"), Named::<u8> { name: "n", len: 255, _items: [] });
    let reasons = [
        Reason::None,
        Reason::Spaceless,
        Reason::Two,
        Reason::Block(3),
        Reason::Attribute { code: 12 },
        Reason::Escapes(1.0 / 3.0),
        Reason::Last { letter: 't' },
    ];
    for reason in reasons {
        println!("{reason} ({reason:?})");
    }
    println!("{} {}\n{}", Prefixed::One, Prefixed::Other(2), First(true));
    println!("{}\n{Made}", Generic(1, "2"));
}
