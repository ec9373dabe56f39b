// A module that lacks the section about its crate.
//@ bad: no-abi
//@ error-in-other-file: the module has no custom section `.rustc_proc_macro_abi`

fn main() {
    plain::plain!();
}
