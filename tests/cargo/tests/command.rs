//! All tests of the Cargo command as one program: each file is a module of it.

mod along;
mod as_cargo;
mod attacks;
mod background;
mod by_hand;
mod cases;
mod examples;
mod fallback;
mod interrupted;
mod others;
mod permissions;
mod policies;
mod prebuilt;
mod projects;
mod shared_store;
mod switch;
mod switching;
mod tools;
