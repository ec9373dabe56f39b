// Several attributes work from the outside in, with what stands between them kept in its place.
//@ wasm: attributes
//@ run

mod outer_first {
    #[attributes::record(outer)]
    #[doc = "kept"]
    #[attributes::keep(inner)]
    pub fn item() {}
}

fn main() {
    outer_first::item();
    println!("{:?}", outer_first::RECORD);
}
