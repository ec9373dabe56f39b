// A file that ends within the first eight bytes.
//@ bad: header-cut
//@ error-in-other-file: the file ends within the header

fn main() {
    plain::plain!();
}
