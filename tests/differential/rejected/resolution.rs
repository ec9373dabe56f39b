//! What the derive accepts and name resolution refuses afterwards: the errors point through the expansion.

use serde_derive::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct MissingFunctions {
    #[serde(with = "nowhere")]
    first: u8,
    #[serde(default = "missing")]
    second: u8,
    #[serde(skip_serializing_if = "wrong_type")]
    third: u8,
}

fn wrong_type(_: u8) -> u8 {
    1
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "T: Missing")]
struct MissingTrait<T>(T);

#[derive(Serialize, Deserialize)]
struct TakenParameters<__S, __D>(__S, __D);

#[derive(Serialize, Serialize)]
struct Twice;
