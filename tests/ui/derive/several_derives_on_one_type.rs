// Derives of one module, of the language and in any order work on one type; two share an item with helper attributes.
//@ wasm: describe
//@ run

#[derive(Clone, describe::Describe, Debug, describe::Notes, PartialEq, describe::Silent)]
#[silent(whatever)]
struct Everything {
    #[note]
    #[silent]
    field: u8,
}

fn main() {
    let value = Everything { field: 1 };
    assert_eq!(value.clone(), value);
    println!("{value:?} {} {:?}", Everything::DESCRIPTION, Everything::NOTES);
}
