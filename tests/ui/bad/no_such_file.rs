// No file at that path.
//@ bad: no-such-file
//@ error-in-other-file: No such file or directory

fn main() {
    plain::plain!();
}
