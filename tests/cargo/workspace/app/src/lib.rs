//! What the tests of the workspace look at: the work of each macro.

use std::ffi::CStr;

use codec::{Deserialize, Serialize};
use older::Old;
use shapes::Fields;

/// Made by the build script.
pub mod colours {
    include!(concat!(env!("OUT_DIR"), "/colours.rs"));
}

/// A shape with fields of three kinds.
///
/// ```
/// use app::Shape;
///
/// let shape: Shape = serde_json::from_str(r#"{"sides":3,"name":"triangle"}"#).unwrap();
/// assert_eq!(shape, Shape { sides: 3, name: "triangle".to_owned(), hidden: None });
/// assert_eq!(Shape::FIELDS, ["sides", "name", "hidden"]);
/// ```
#[derive(Clone, Debug, Deserialize, Fields, PartialEq, Serialize)]
#[serde(crate = "codec")]
pub struct Shape {
    pub sides: u8,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
}

/// An error by thiserror 2.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no shape has {0} sides")]
    Sides(u8),
    #[error("it is no shape")]
    Json(#[from] serde_json::Error),
    #[error("from before: {}", .0.code)]
    Old(#[from] Old),
}

/// Reads a shape.
pub fn read(text: &str) -> Result<Shape, Error> {
    let shape: Shape = serde_json::from_str(text)?;
    match shape.sides {
        0 => Err(Old { code: 7 })?,
        1 | 2 => Err(Error::Sides(shape.sides)),
        _ => Ok(shape),
    }
}

/// What the local macro crate was built for.
pub const BUILT_FOR: &str = shapes::built_for!();

/// What it says.
pub const GREETING: &str = shapes::greeting!();

/// A file of this package, read by a macro.
pub const NOTICE: &str = shapes::file_text!("data/notice.txt");

/// Words from a file of the macro's own package.
pub const WORDS: &[&str] = &shapes::words!();

/// Only indoc 2 takes such literals.
pub const POEM: &CStr = indoc::indoc! {c"
    one
      two
"};

/// The same by indoc 1, which drops the last line's end.
pub const OLD_POEM: &str = old_indoc::indoc! {"
    one
      two
"};

/// By a macro crate whose own code uses macros.
pub fn answer() -> i32 {
    outer::sum!(1 + 2 + 39)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derive_of_a_renamed_library() {
        let text = serde_json::to_string(&read(r#"{"sides":4,"name":"square"}"#).unwrap()).unwrap();
        assert_eq!(text, r#"{"sides":4,"name":"square"}"#);
    }

    #[test]
    fn a_renamed_macro_crate_of_the_workspace() {
        assert_eq!(Shape::FIELDS, ["sides", "name", "hidden"]);
    }

    #[test]
    fn two_versions_of_one_macro_crate() {
        let error = |text| read(text).unwrap_err().to_string();
        assert_eq!(error(r#"{"sides":1,"name":"line"}"#), "no shape has 1 sides");
        assert_eq!(error(r#"{"sides":0,"name":"point"}"#), "from before: 7");
        assert_eq!(Old { code: 8 }.to_string(), "code 8");
        assert_eq!(error("[]"), "it is no shape");
        assert_eq!(POEM, c"one\n  two\n");
        assert_eq!(OLD_POEM, "one\n  two");
    }

    #[test]
    fn a_build_script_with_a_derive() {
        assert_eq!(colours::TEAL, (0x008080, true));
        assert_eq!(colours::IVORY, (0xfffff0, false));
    }

    #[test]
    fn files_of_both_packages() {
        assert_eq!(NOTICE, "This file is in the package that uses the macro.\n");
        assert_eq!(WORDS, ["alpha", "beta", "gamma"]);
    }

    #[test]
    fn a_macro_made_with_macros() {
        assert_eq!(answer(), 42);
    }

    #[test]
    fn built_for_one_of_two() {
        assert!(["native", "wasm"].contains(&BUILT_FOR), "{BUILT_FOR}");
    }
}
