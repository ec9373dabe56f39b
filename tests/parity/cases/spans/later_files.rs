//! Places in files that the compiler reads after it has read the macro crate, counted over all files.

mod later {
    spans::positions!(first);
}
spans::expanded!(include_str!("later_file.txt"));

fn main() {}
