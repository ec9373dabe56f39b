// A module without a section is a module, and has no macros.
//@ bad: header-only
//@ error-in-other-file: the module has no custom section

fn main() {
    plain::plain!();
}
