//! Items and arguments that the macro does not take, and links to what it has never seen.
//@ edition: 2021
//@ macros: enum_dispatch
//@ count: 6

use enum_dispatch::enum_dispatch;

#[enum_dispatch]
struct Struct;

#[enum_dispatch(5)]
trait Number {
    fn number(&self);
}

#[enum_dispatch]
trait Known {
    fn known(&self) -> u8;
}

#[enum_dispatch(Known)]
enum Named {
    A { field: u8 },
}

#[enum_dispatch(Known)]
enum Several {
    A(u8, u16),
}

#[enum_dispatch(Known)]
enum Missing {
    Absent,
}

#[enum_dispatch(NeverSeen)]
enum Unlinked {
    String(String),
}

fn call(unlinked: Unlinked) {
    unlinked.anything();
}

fn main() {}
