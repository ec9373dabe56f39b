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
mod values;

use values::{read, show};

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
