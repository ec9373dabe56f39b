//! Keys that are doubled, of a type that has no hash, not literals, or not there.
//@ edition: 2021
//@ library: phf
//@ macros: phf_macros
//@ count: 9

use phf::{Map, Set, phf_map, phf_ordered_map, phf_set};

const KEY: &str = "key";

static TWICE: Map<&str, u8> = phf_map! { "a" => 1, "b" => 2, "a" => 3 };
static TWICE_IN_SET: Set<u8> = phf_set! { 1u8, 0x1u8 };
static FLOAT: Map<f64, u8> = phf_map! { 1.5 => 1 };
static NAMED: Map<&str, u8> = phf_map! { KEY => 1 };
static COLON: Map<&str, u8> = phf_map! { "a": 1 };
static NO_VALUE: Map<&str, u8> = phf_map! { "a" };
static MIXED: Map<&str, u8> = phf_map! { "a" => 1, 2u8 => 2 };
static LARGE: Set<u8> = phf_set! { 256u8 };
static ORDERED: phf::OrderedMap<&str, u8> = phf_ordered_map! { "x" | "y" | "x" => 1 };

fn main() {}
