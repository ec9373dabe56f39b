// A bad module is refused even if nobody uses it where it is bad at first sight, and not read any further.
//@ bad: ordinary
//@ error-in-other-file: not a procedural macro

fn main() {}
