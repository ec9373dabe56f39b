//! Reads `data/colours.json` by a derived implementation and writes it as constants.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

use codec::Deserialize;

#[derive(Deserialize)]
#[serde(crate = "codec")]
struct Colour {
    name: String,
    #[serde(rename = "hex")]
    value: String,
    #[serde(default)]
    dark: bool,
}

fn main() {
    println!("cargo::rerun-if-changed=data/colours.json");
    let text = fs::read_to_string("data/colours.json").expect("the package has it");
    let colours: Vec<Colour> = serde_json::from_str(&text).expect("it is a list of colours");
    let mut code = String::new();
    for Colour { name, value, dark } in colours {
        let value = u32::from_str_radix(&value, 16).expect("colours are hexadecimal");
        writeln!(code, "pub const {}: (u32, bool) = ({value}, {dark});", name.to_uppercase()).expect("a string grows");
    }
    let out = env::var_os("OUT_DIR").expect("Cargo sets it");
    fs::write(Path::new(&out).join("colours.rs"), code).expect("that is what it is for");
}
