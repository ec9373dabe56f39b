//! Types that serde 1.0.137 accepts, and a program that writes and reads values of them.

#![allow(dead_code)]

extern crate serde;

mod containers;
mod enums;
#[path = "../../differential/types/fields.rs"]
mod fields;
#[path = "../../differential/types/generics.rs"]
mod generics;
#[path = "../../differential/types/structs.rs"]
mod structs;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a value, reads it back, writes it again, and prints what comes of it.
fn show<T: Serialize + DeserializeOwned>(value: &T) {
    let text = serde_json::to_string(value).expect("it can be written");
    match serde_json::from_str::<T>(&text) {
        Ok(again) => assert_eq!(serde_json::to_string(&again).expect("it can be written again"), text),
        Err(error) => println!("  not read back: {error}"),
    }
    println!("{text}");
}

/// Reads a text that may not be acceptable and prints what comes of it.
fn read<T: Serialize + DeserializeOwned>(text: &str) {
    match serde_json::from_str::<T>(text) {
        Ok(value) => println!("{text} is {}", serde_json::to_string(&value).expect("it can be written")),
        Err(error) => println!("{text} is refused: {error}"),
    }
}

fn main() {
    structs::run();
    generics::run();
    fields::run();
    enums::run();
}
