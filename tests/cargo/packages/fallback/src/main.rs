//! Says what came of the macros that are there.

fn main() {
    seq_macro::seq!(N in 1..=2 {
        println!("{}", N);
    });
    #[cfg(feature = "links")]
    println!("{}", links_macros::from_c!());
    #[cfg(feature = "target")]
    println!("{}", other_target::threads!());
    #[cfg(feature = "script")]
    println!("{}", script::from_script!());
    #[cfg(feature = "outside")]
    println!("{}", outside::first_word!());
}
