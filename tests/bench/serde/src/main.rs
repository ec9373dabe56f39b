//! Writes a small document as JSON and reads it back, with derived implementations.

use serde_derive::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Library {
    name: String,
    founded: u16,
    shelves: Vec<Shelf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    motto: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shelf {
    room_number: u32,
    items: Vec<Item>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Item {
    Book { title: String, pages: u32, binding: Binding },
    Record { title: String, tracks: Vec<(String, f32)> },
    Map { region: String, scale: f64 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Binding {
    Hard,
    Soft,
}

fn main() -> Result<(), serde_json::Error> {
    let library = Library {
        name: "Stacks".to_owned(),
        founded: 1877,
        shelves: vec![Shelf {
            room_number: 3,
            items: vec![
                Item::Book { title: "On Growth".to_owned(), pages: 793, binding: Binding::Hard },
                Item::Record { title: "Tides".to_owned(), tracks: vec![("Ebb".to_owned(), 4.5)] },
                Item::Map { region: "Skye".to_owned(), scale: 50_000.0 },
                Item::Book { title: "Errata".to_owned(), pages: 12, binding: Binding::Soft },
            ],
        }],
        motto: None,
    };
    let text = serde_json::to_string(&library)?;
    assert_eq!(serde_json::from_str::<Library>(&text)?, library);
    println!("{text}");
    Ok(())
}
