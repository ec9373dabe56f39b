//! What is looked at.

use macros::Named;

#[derive(serde::Serialize)]
pub struct Sent {
    pub number: u32,
}

#[derive(Debug, thiserror::Error)]
#[error("no number but {text}")]
pub struct Wrong {
    pub text: String,
}

#[derive(Named)]
pub struct Thing;

pub fn name() -> &'static str {
    Thing::given_name()
}
