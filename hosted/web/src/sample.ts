/** What the editor shows at first. */
export const SAMPLE = `use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ship {
    name: String,
    crew_size: u32,
    #[serde(default)]
    home_port: Option<String>,
}

fn main() {
    let ship = Ship { name: "Fram".into(), crew_size: 13, home_port: None };
    println!("{ship:?}");
}
`;
