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
#[path = "../../differential/types/values.rs"]
mod values;

use values::{read, show};

fn main() {
    structs::run();
    generics::run();
    fields::run();
    enums::run();
}
