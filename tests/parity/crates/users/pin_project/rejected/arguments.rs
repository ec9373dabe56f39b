//! Arguments and attributes that are unknown, doubled or in the wrong place.
//@ edition: 2021
//@ library: pin_project
//@ macros: pin_project_internal
//@ count: 12

use pin_project::{pin_project, pinned_drop};

#[pin_project(Unknown)]
struct Unknown {
    #[pin]
    a: u8,
}

#[pin_project(PinnedDrop, PinnedDrop)]
struct Twice {
    #[pin]
    a: u8,
}

#[pin_project(!Unpin, UnsafeUnpin)]
struct Conflict {
    #[pin]
    a: u8,
}

#[pin_project(project)]
struct NoName {
    #[pin]
    a: u8,
}

#[pin_project]
struct Pins {
    #[pin]
    #[pin]
    twice: u8,
    #[pin(true)]
    argument: u8,
}

#[pin_project]
enum OnVariant {
    #[pin]
    A(u8),
}

#[pin_project(project_replace)]
enum Unnamed {
    A(#[pin] u8),
}

#[pin_project]
union Overlay {
    a: u8,
}

#[pin_project]
enum Empty {}

#[pinned_drop]
impl Drop for Unknown {
    fn drop(&mut self) {}
}

#[pinned_drop(argument)]
impl PinnedDrop for Twice {
    fn drop(self: Pin<&mut Self>) {}
}

#[pinned_drop]
impl PinnedDrop for Conflict {
    fn other(&self) {}
}

fn main() {}
