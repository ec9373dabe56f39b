// By `--extern` a file that is not there has rustc's own words.
//@ bad-extern: no-such-file

fn main() {
    plain::plain!();
    //~^ ERROR: extern location for plain does not exist
}
