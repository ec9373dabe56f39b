// A module without a section is a module, and has no macros.
//@ bad: header-only
//@ error-in-other-file: not a procedural macro

fn main() {
    plain::plain!();
}
