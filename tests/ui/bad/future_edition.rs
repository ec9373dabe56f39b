// An edition that does not exist yet.
//@ bad: future-edition
//@ error-in-other-file: bad value of key `edition`

fn main() {
    plain::plain!();
}
