//! Serializes and deserializes with macros that ran from WebAssembly.

use std::collections::BTreeMap;

use serde_derive::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expedition<'a> {
    #[serde(borrow)]
    ship_name: &'a str,
    crew: Vec<Member>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    stores: BTreeMap<String, u32>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rank")]
enum Member {
    Captain { name: String },
    Sailor { name: String, watch: u8 },
}

fn main() -> Result<(), serde_json::Error> {
    let expedition = Expedition {
        ship_name: "Fram",
        crew: vec![
            Member::Captain { name: "Otto Sverdrup".into() },
            Member::Sailor { name: "Bernhard Nordahl".into(), watch: 2 },
        ],
        stores: BTreeMap::from([("lamp oil".into(), 16)]),
    };
    let text = serde_json::to_string(&expedition)?;
    println!("serialized:   {text}");
    let back: Expedition<'_> = serde_json::from_str(&text)?;
    assert_eq!(back, expedition);
    println!("deserialized: {back:?}");
    let error = serde_json::from_str::<Expedition<'_>>(r#"{"shipName":"Fram","crew":[],"sails":3}"#).unwrap_err();
    println!("refused:      {error}");
    Ok(())
}
