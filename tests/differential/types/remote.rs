//! Derives for types of another crate.

use serde_derive::{Deserialize, Serialize};

use crate::show;

/// Stands for a crate that knows nothing of serde.
pub mod foreign {
    #[derive(Debug, PartialEq)]
    pub struct Duration {
        pub secs: i64,
        pub nanos: i32,
    }

    pub struct Hidden {
        secret: u8,
        word: String,
    }

    impl Hidden {
        pub fn new(secret: u8, word: String) -> Hidden {
            Hidden { secret, word }
        }

        pub fn secret(&self) -> u8 {
            self.secret
        }

        pub fn word(&self) -> &String {
            &self.word
        }
    }

    pub struct Tuple(pub u8, pub u16);

    pub struct Unit;

    pub enum Choice<T> {
        A,
        B(T),
        C { field: T },
    }

    pub struct Generic<T> {
        pub value: T,
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "foreign::Duration")]
pub struct DurationDef {
    secs: i64,
    #[serde(rename = "nanoseconds")]
    nanos: i32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "foreign::Hidden")]
pub struct HiddenDef {
    #[serde(getter = "foreign::Hidden::secret")]
    secret: u8,
    #[serde(getter = "foreign::Hidden::word")]
    word: String,
}

impl From<HiddenDef> for foreign::Hidden {
    fn from(def: HiddenDef) -> foreign::Hidden {
        foreign::Hidden::new(def.secret, def.word)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "foreign::Tuple")]
pub struct TupleDef(u8, u16);

#[derive(Serialize, Deserialize)]
#[serde(remote = "foreign::Unit")]
pub struct UnitDef;

#[derive(Serialize, Deserialize)]
#[serde(remote = "foreign::Choice")]
pub enum ChoiceDef<T> {
    A,
    B(T),
    C { field: T },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "foreign::Generic<u8>")]
pub struct ConcreteDef {
    value: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "foreign::Generic")]
pub struct GenericDef<T> {
    value: T,
}

/// A type that is remote to itself: the derive becomes functions instead of implementations.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "UPPERCASE")]
pub struct OwnFunctions {
    field: u8,
}

#[derive(Serialize, Deserialize)]
pub struct Uses {
    #[serde(with = "DurationDef")]
    duration: foreign::Duration,
    #[serde(with = "HiddenDef")]
    hidden: foreign::Hidden,
    #[serde(with = "TupleDef")]
    tuple: foreign::Tuple,
    #[serde(with = "UnitDef")]
    unit: foreign::Unit,
    #[serde(with = "ChoiceDef::<u8>")]
    choice: foreign::Choice<u8>,
    #[serde(with = "ConcreteDef")]
    concrete: foreign::Generic<u8>,
    #[serde(with = "GenericDef")]
    generic: foreign::Generic<String>,
    #[serde(with = "OwnFunctions")]
    own: OwnFunctions,
}

pub fn run() {
    for choice in [foreign::Choice::A, foreign::Choice::B(1), foreign::Choice::C { field: 2 }] {
        show(&Uses {
            duration: foreign::Duration { secs: 1, nanos: 2 },
            hidden: foreign::Hidden::new(3, "word".into()),
            tuple: foreign::Tuple(4, 5),
            unit: foreign::Unit,
            choice,
            concrete: foreign::Generic { value: 6 },
            generic: foreign::Generic { value: "seven".into() },
            own: OwnFunctions { field: 8 },
        });
    }
}
