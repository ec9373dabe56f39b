// An ABI version that is no number.
//@ bad: abi-not-a-number
//@ error-in-other-file: bad value of key `abi`

fn main() {
    plain::plain!();
}
