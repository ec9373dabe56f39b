// A bad module is refused even if nobody uses it where it is bad at first sight, and not read any further.
//@ bad: ordinary
//@ error-in-other-file: the module has no custom section

fn main() {}
