//! What the program stores.

use serde::{Deserialize, Serialize};

/// A place with a name.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub name: String,
    pub x: i32,
    pub y: i32,
}
