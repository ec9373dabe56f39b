//! Expressions that do not expand to a literal, and what is said about them.
//@ errors:

expand_expr::nothing!();

fn main() {
    let x = 1;
    println!("{:?}", expand_expr::each!(x; 1 + 1; { 1 }; fn f() {}; ; 1 2; missing!(); one(); concat!(x); [1, 2]; ));
    expand_expr::marked!(expand_expr::panics!());
    expand_expr::each!(expand_expr::panics!(););
    expand_expr::marked!(compile_error!("told while expanding"));
    println!("{:?}", expand_expr::each!(env!("PARITY_UNSET"); expand_expr::marked!(1);));
    macro_rules! endless { ($($x:tt)*) => { endless!($($x)* x) } }
    expand_expr::each!(endless!(););
}
