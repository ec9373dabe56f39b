//! What the tests of `cargo wasm-proc-macro` have in common: projects, copies of them to run Cargo in, and what came of it.
//!
//! `projects.toml` lists the programs from crates.io, `workspace/` is the one made for this, and `packages/` holds small ones.

pub mod call;
pub mod copy;
pub mod graph;
pub mod interrupt;
pub mod outcome;
pub mod projects;
pub mod site;
pub mod snapshot;
pub mod store;

pub use call::Kind;
pub use graph::Graph;
pub use outcome::{CargoOutcome, Summary};
pub use projects::Project;
pub use site::Site;
pub use snapshot::Snapshot;
