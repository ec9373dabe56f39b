// A directory instead of a file.
//@ bad: directory
//@ error-in-other-file: irectory

fn main() {
    plain::plain!();
}
