//! What becomes of the procedural macros of a project: decisions, permissions, the store, and what a person sees of it.
//!
//! Cargo asks in its own process ([`InCargo`]), where its configuration has the switch on. Else `cargo wasm-proc-macro` does ([`command`]), and
//! calls Cargo.

// What Cargo does not need.
#![cfg_attr(not(feature = "command"), allow(dead_code))]

mod amount;
#[cfg(feature = "command")]
mod args;
mod ask;
mod asked;
mod background;
mod building;
mod cargo;
#[cfg(feature = "command")]
mod command;
mod decision;
mod dep_info;
mod explain;
mod failure;
mod failures;
mod grant;
mod grants;
mod here;
mod in_cargo;
#[cfg(feature = "command")]
mod init;
mod inputs;
mod interrupt;
mod key;
mod later;
mod line;
#[cfg(feature = "command")]
mod look_up;
mod macros;
mod messages;
mod on_refusal;
#[cfg(feature = "command")]
mod optimize;
mod output;
#[cfg(feature = "command")]
mod pack;
#[cfg(feature = "command")]
mod permissions_command;
mod plan;
mod prebuilt;
mod profile;
mod progress;
mod project;
mod reasons;
#[cfg(feature = "command")]
mod reference;
mod refusals;
mod refused;
mod remembered;
mod request;
mod resolve;
mod run;
mod session;
mod shared;
#[cfg(feature = "command")]
mod shared_command;
mod sharing;
mod shell;
mod sources;
mod split;
mod store;
#[cfg(feature = "command")]
mod store_command;
mod summary;
mod toml_string;
mod toolchain;
mod wants;

#[cfg(feature = "command")]
pub use crate::command::command;
pub use crate::here::{Call, Here, Output};
pub use crate::in_cargo::{Ended, InCargo, Later};
pub use crate::messages::Messages;
