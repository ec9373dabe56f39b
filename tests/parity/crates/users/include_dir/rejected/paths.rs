//! Paths that do not exist, are no directory, use a variable that is not set, or are no text.
//@ edition: 2021
//@ library: include_dir
//@ macros: include_dir_macros
//@ count: 5

use include_dir::{Dir, include_dir};

static MISSING: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/missing");
static FILE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/main.rs");
static VARIABLE: Dir<'_> = include_dir!("$NOT_A_VARIABLE_OF_CARGO/files");
static NUMBER: Dir<'_> = include_dir!(5);
static NOTHING: Dir<'_> = include_dir!();

fn main() {}
