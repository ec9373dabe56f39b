// A deprecated macro is one to its users, with what is to be said about it.
//@ check-pass
//@ wasm: documented

#[documented::older]
#[derive(documented::Documented)]
pub struct Type {
    #[helper]
    pub field: u8,
}

documented::old! {
    fn main() {}
}
