//! Runs `rustc.wasm`, the compiler as a WebAssembly program, and procedural macros beside it.
//!
//! The compiler is one guest and each macro another one, with limits of its own. The compiler sees the directories that it is given and
//! the environment that it is given. It writes only below directories that are given for that.
//!
//! * `compiler`: the engine, compiled code from the cache, and one run with its limits;
//! * `wasi`: what the compiler may ask the system for; `wasi::files` is all that it has of the file system;
//! * `macros`: the runtime's table, as two imports and two exports of the compiler.
//!
//! **Invariant**: nothing that the compiler says is trusted, since it may have been led astray by what it compiles. Native code is loaded
//! only from a directory that it cannot write.

mod compiler;
mod macros;
mod wasi;

pub use compiler::{Compiler, Directory, Invocation, Limits, Stopped};
