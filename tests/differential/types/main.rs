//! Types for `serde_derive`, by topic, and a program that writes and reads values of them.

#![allow(dead_code, non_camel_case_types, non_snake_case, mixed_script_confusables, uncommon_codepoints, confusable_idents)]

extern crate serde;

mod containers;
mod enums;
mod fields;
mod generics;
mod names;
mod remote;
mod structs;
mod tagging;

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
    enums::run();
    tagging::run();
    containers::run();
    fields::run();
    remote::run();
    names::run();
}
