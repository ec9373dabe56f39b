// A module that has nothing to do with macros.
//@ bad: ordinary
//@ error-in-other-file: not a procedural macro: the module has no custom section `.rustc_proc_macro_abi`

fn main() {
    plain::plain!();
}
