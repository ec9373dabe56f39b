//! A megabyte of tokens in and out, and texts of a megabyte.

const COLLECTED: &[u32] = &large::numbers!(collected 60000);
const EXTENDED: &[u32] = &large::numbers!(extended 3000);
const PARSED: &[u32] = &large::numbers!(parsed 60000);
const TEXT: &str = large::text!(1000000);

macro_rules! doubled { ($mac:ident $($t:tt)*) => { large::$mac!($($t)* $($t)*) } }
macro_rules! eightfold { ($mac:ident $($t:tt)*) => { doubled!($mac $($t)* $($t)* $($t)* $($t)*) } }
macro_rules! grown { ($mac:ident $($t:tt)*) => { eightfold!($mac $($t)* $($t)* $($t)* $($t)* $($t)* $($t)* $($t)* $($t)* ) } }

fn main() {
    println!("{:?} {:?} {:?}", COLLECTED.last(), EXTENDED.len(), PARSED.iter().map(|n| u64::from(*n)).sum::<u64>());
    println!("{} {:?}", TEXT.len(), TEXT.chars().last());
    println!("{:?}", grown!(counted a + b "text" (c, d, [e { 'f' }]) 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25
        a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a
        b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b));
}
