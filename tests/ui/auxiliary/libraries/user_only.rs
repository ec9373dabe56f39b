//! A library that uses a macro and does not hand it on.
//@ wasm: speaker

#[derive(speaker::Speak)]
pub struct Talker;
