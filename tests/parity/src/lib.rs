//! No program can tell: macros from Wasm and the same macros built natively, compared in all that the compiler says and does.
//!
//! [`compare`] takes one [`Invocation`], the compilation of a user's crate, and does it with its macros in both builds. It
//! compares, on the channels that [`Channel`] names: exit code, stdout and stderr of the compiler; dep-info; what the program
//! prints when it runs; `-Zunpretty=expanded` and `expanded,hygiene`; diagnostics as JSON, with byte spans and suggestions.
//! Paths are normalised and nothing else is: what differs on purpose stands in `accepted.toml`. A difference is told as a
//! unified diff.
//!
//! ```ignore
//! let mut user = Invocation::new("crates/serde_derive", "src/main.rs");
//! user.arguments(["--edition", "2021", "--extern", "serde=…/libserde.rlib"]);
//! user.macros("serde_derive", native_path, wasm_path);
//! user.ends = Ends::Errors; // of input that the macro refuses; `Ends::Success` is the default, and runs the program
//! parity::compare(&user)?;  // Err(text to print) if anything differs
//! ```
//!
//! Three test targets share this library:
//!
//! * `api`: the cases in `cases/`, one directory a topic. `TOPIC/macros.rs` is a macro crate named TOPIC, each other file of the
//!   directory a user's crate, which begins with a sentence that says what it shows and may have the lines that [`directives`]
//!   explains. A case is named `TOPIC::FILE`. After the cases it checks the cases themselves: every request of the bridge is
//!   really sent by one (seen by a module that reports its requests, see [`instrument`]), every request that is answered wrongly
//!   turns one red, every public item of `proc_macro` is used by one, and every accepted difference is needed by one.
//! * `compile`: compilations in several steps, of other kinds of crates, and for other targets.
//! * `crates`: macro crates that people use, in `crates/`.

pub mod accepted;
pub mod build;
pub mod case;
pub mod channels;
pub mod compare;
pub mod directives;
pub mod harness;
pub mod instrument;
pub mod invocation;
pub mod normalize;
pub mod upstream;

pub use channels::Channel;
pub use compare::compare;
pub use invocation::{Ends, Invocation};
