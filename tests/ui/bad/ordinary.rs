// A module that has nothing to do with macros.
//@ bad: ordinary
//@ error-in-other-file: the module has no custom section `.rustc_proc_macro_abi`

fn main() {
    plain::plain!();
}
