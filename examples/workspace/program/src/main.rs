//! Writes a place as JSON and reads it again.

use model::Place;

fn main() {
    let place = Place {
        name: "origin".to_owned(),
        x: 0,
        y: 0,
    };
    let text = serde_json::to_string(&place).expect("a place can be written");
    assert_eq!(
        serde_json::from_str::<Place>(&text).expect("it is what was written"),
        place
    );
    println!("{text}");
}
