// A file without a byte, as an interrupted download leaves it.
//@ bad: empty
//@ error-in-other-file: the file is empty

fn main() {
    plain::plain!();
}
