//! Types without documentation, and documentation that does not fit.
//@ edition: 2021
//@ macros: displaydoc
//@ count: 5

use displaydoc::Display;

/// one paragraph
///
/// and another
#[derive(Display)]
struct Paragraphs;

#[derive(Display)]
enum Partly {
    /// documented
    A,
    B,
}

/// one paragraph
///
/// {0} and another
#[derive(Display)]
union Overlay {
    a: u8,
}

/// there is no {field}
#[derive(Display)]
struct Missing {
    other: u8,
}

struct Opaque;

/// {0}
#[derive(Display)]
struct Shown(Opaque);

/// documented
#[derive(Display)]
#[prefix_enum_doc_attributes]
#[displaydoc(unknown)]
enum Prefixed {
    /// {unclosed
    Unclosed,
}

fn main() {}
