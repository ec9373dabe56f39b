//! A library from before, whose macros are of another version than those of its users.

/// An error by thiserror 1.
#[derive(Debug, thiserror::Error)]
#[error("code {code}")]
pub struct Old {
    pub code: i32,
}
