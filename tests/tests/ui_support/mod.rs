//! What the cases in `ui/` can ask for beside what `ui_test` knows.

pub mod directives;
pub mod expansions;
