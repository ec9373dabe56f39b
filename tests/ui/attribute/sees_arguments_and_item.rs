// An attribute macro gets its arguments and its item apart, and what it returns takes the item's place.
//@ wasm: attributes
//@ run

mod on_function {
    #[attributes::record(level = 3, "text", nested(a, b))]
    pub fn double(n: u32) -> u32 {
        n * 2
    }
}

mod on_struct {
    #[attributes::record]
    #[derive(Debug)]
    pub struct Point<'a, T: Clone> {
        #[allow(dead_code)]
        pub x: &'a T,
    }
}

mod with_braces {
    #[attributes::record{ in braces }]
    pub const UNIT: () = ();
}

fn main() {
    println!("{} {:?}", on_function::double(4), on_function::RECORD);
    println!("{:?} {:?}", on_struct::Point { x: &1 }, on_struct::RECORD);
    println!("{:?} {:?}", with_braces::UNIT, with_braces::RECORD);
}
