//! The server of macros that rust-analyzer starts, as a client sees it.
//!
//! `editor` is rust-analyzer as a whole. `server` speaks with the process over lines of JSON, `tree` says tokens as the protocol does,
//! `project` is a directory in which macro crates lie where Cargo puts them.

pub mod editor;
pub mod project;
pub mod server;
pub mod tree;

pub use editor::Editor;
pub use project::Project;
pub use server::{Server, Spans};
