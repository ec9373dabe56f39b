//! Names that collide with what the derive itself writes, or that are spelled unusually.

use serde_derive::{Deserialize, Serialize};

use crate::{read, show};

#[derive(Serialize, Deserialize)]
pub struct r#struct {
    r#type: u8,
    r#fn: u8,
    r#self_: u8,
    r#async: u8,
    r#gen: u8,
    union: u8,
    auto: u8,
}

#[derive(Serialize, Deserialize)]
pub enum r#enum {
    r#true,
    r#Struct { r#in: u8 },
    #[serde(rename_all = "UPPERCASE")]
    r#move { r#loop: u8 },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Größe {
    länge: u8,
    höhe_über_null: u8,
    ß: u8,
    名前: String,
    Δx: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ünïcode {
    ÄrgerMitÜmlauten,
    名前,
    ΣίσυφοςX,
}

/// Types that hide everything of the prelude which the derive might lean on.
pub mod shadowed {
    use super::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    pub struct Option;
    #[derive(Serialize, Deserialize)]
    pub struct Some(pub u8);
    #[derive(Serialize, Deserialize)]
    pub struct Result {
        pub ok: u8,
    }
    #[derive(Serialize, Deserialize)]
    pub enum Ok {
        Err,
        None(Some),
    }
    #[derive(Serialize, Deserialize)]
    pub struct Vec<T>(pub T);
    #[derive(Serialize, Deserialize)]
    pub struct String {
        pub default: Option,
        pub into: Vec<Ok>,
    }
    pub mod std {}
    pub mod core {}
    pub trait Default {}
    pub trait Into {}
}

#[derive(Serialize, Deserialize)]
pub struct ConfusingFields {
    __field0: u8,
    __ignore: u8,
    __Field: u8,
    serializer: u8,
    deserializer: u8,
    serde: u8,
    _serde: u8,
    de: u8,
    value: u8,
    error: u8,
    r#match: u8,
    _0: u8,
}

#[derive(Serialize, Deserialize)]
pub enum ConfusingVariants {
    __Field,
    __Visitor,
    Ok(u8),
    Err { error: u8 },
    Some,
    None,
    Self_,
}

#[derive(Serialize, Deserialize)]
pub struct __Wrap2<'de_, T> {
    __phantom: T,
    lifetime: std::marker::PhantomData<&'de_ ()>,
}

#[derive(Serialize, Deserialize)]
pub struct AVeryLongNameThatGoesOnAndOnUntilNobodyRemembersHowItBeganAndStillHasSomeMoreWordsToSayBeforeItComesToAnEnd {
    a_field_that_is_no_shorter_than_its_struct_and_repeats_itself_and_repeats_itself_and_repeats_itself: u8,
}

pub fn run() {
    show(&r#struct { r#type: 1, r#fn: 2, r#self_: 3, r#async: 4, r#gen: 5, union: 6, auto: 7 });
    show(&vec![r#enum::r#true, r#enum::r#Struct { r#in: 1 }, r#enum::r#move { r#loop: 2 }]);
    show(&Größe { länge: 1, höhe_über_null: 2, ß: 3, 名前: "名".into(), Δx: 4 });
    show(&vec![Ünïcode::ÄrgerMitÜmlauten, Ünïcode::名前, Ünïcode::ΣίσυφοςX]);
    show(&shadowed::Result { ok: 1 });
    show(&shadowed::String { default: shadowed::Option, into: shadowed::Vec(shadowed::Ok::None(shadowed::Some(1))) });
    show(&shadowed::Ok::Err);
    read::<ConfusingFields>(r#"{"__field0":1,"__ignore":2,"__Field":3,"serializer":4,"deserializer":5,"serde":6,"_serde":7,"de":8,"value":9,"error":10,"match":11,"_0":12,"x":13}"#);
    show(&vec![ConfusingVariants::__Field, ConfusingVariants::Ok(1), ConfusingVariants::Err { error: 2 }, ConfusingVariants::None]);
    show(&__Wrap2 { __phantom: 1, lifetime: std::marker::PhantomData });
    show(&AVeryLongNameThatGoesOnAndOnUntilNobodyRemembersHowItBeganAndStillHasSomeMoreWordsToSayBeforeItComesToAnEnd {
        a_field_that_is_no_shorter_than_its_struct_and_repeats_itself_and_repeats_itself_and_repeats_itself: 1,
    });
}
