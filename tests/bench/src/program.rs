//! Generated programs with many derived implementations.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// The fields of each struct: names and types that give serde_derive its usual work, one with an attribute.
const FIELDS: [&str; 10] = [
    "pub id: u64",
    "pub name: String",
    "pub enabled: bool",
    "pub weight: f64",
    "pub tags: Vec<String>",
    "#[serde(default)] pub parent: Option<u32>",
    "pub position: (i32, i32)",
    "pub label: Option<String>",
    "pub counts: [u16; 4]",
    "pub children: Vec<Option<u8>>",
];

/// Writes a library with `structs` structs into `dir`, each with derived `Serialize` and `Deserialize`, and returns its path.
pub fn write(dir: &Path, structs: usize) -> Result<PathBuf> {
    let mut text = String::from("use serde_derive::{Deserialize, Serialize};\n");
    for number in 0..structs {
        write!(text, "\n#[derive(Serialize, Deserialize)]\npub struct Record{number} {{\n")?;
        for field in FIELDS {
            writeln!(text, "    {field},")?;
        }
        text.push_str("}\n");
    }
    let path = dir.join(format!("derive_{structs}.rs"));
    fs::write(&path, text)?;
    Ok(path)
}

/// How tables say that a program has `structs` structs.
pub fn count(structs: usize) -> String {
    format!("{structs} struct{}", if structs == 1 { "" } else { "s" })
}
