//! Exceptions find what they need: some thousand of them, thrown and caught wherever local variables live across calls.

fn main() {
    print!("{}", unwinding::run!(400));
}
