//! Values, written and read.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a value, reads it back, writes it again, and prints what comes of it.
pub fn show<T: Serialize + DeserializeOwned>(value: &T) {
    let text = serde_json::to_string(value).expect("it can be written");
    match serde_json::from_str::<T>(&text) {
        Ok(again) => assert_eq!(serde_json::to_string(&again).expect("it can be written again"), text),
        Err(error) => println!("  not read back: {error}"),
    }
    println!("{text}");
}

/// Reads a text that may not be acceptable and prints what comes of it.
pub fn read<T: Serialize + DeserializeOwned>(text: &str) {
    match serde_json::from_str::<T>(text) {
        Ok(value) => println!("{text} is {}", serde_json::to_string(&value).expect("it can be written")),
        Err(error) => println!("{text} is refused: {error}"),
    }
}
