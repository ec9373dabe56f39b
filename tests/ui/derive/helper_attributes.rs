// Helper attributes stand in the module's declarations; the compiler must let them pass at every level of the item.
//@ wasm: describe
//@ run

use describe::Notes;

#[derive(Notes)]
#[note(on = "the type")]
#[allow(dead_code)]
struct Noted {
    #[note(field, 1 + 1)]
    #[remark = "a remark"]
    first: u8,
    #[remark { braces }]
    second: [u8; 2],
}

#[derive(Notes)]
#[allow(dead_code)]
enum Choice {
    #[note]
    One,
    Two(#[remark(in_a_tuple)] u8),
}

fn main() {
    println!("{:?}", Noted::NOTES);
    println!("{:?}", Choice::NOTES);
}
