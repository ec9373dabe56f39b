//! Expressions that expand: literals, built-in macros, macros by example, and macros of the same module at any depth.
//@ env: PARITY=environment
//@ flags: --wasm-proc-macro-policy policy.toml

macro_rules! by_example { ($x:expr) => { concat!("example ", $x) } }
macro_rules! through { ($x:expr) => { expand_expr::marked!($x) } }
const fn one() -> u8 { 1 }

fn main() {
    println!("{:?}", expand_expr::each!(
        1u8; -1; "text"; true; 'c'; b"bytes"; c"cstr"; (2); concat!("a", 1, 'b', true); stringify!(a + b); line!(); column!(); file!();
        env!("PARITY"); by_example!("x"); by_example!(by_example!(3)); cfg!(any()); module_path!();
    ));
    println!("{}", expand_expr::marked!(expand_expr::marked!(expand_expr::marked!("deep"))));
    println!("{}", expand_expr::marked!(by_example!(expand_expr::marked!(by_example!(expand_expr::marked!(stringify!(x)))))));
    println!("{} {}", through!(through!("in")), one());
}
