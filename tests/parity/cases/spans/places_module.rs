//! A file of another crate's module.
//@ part: of `places.rs`

spans::positions!(in another file);
spans::joins!(in another file);
