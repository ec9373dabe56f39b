//! Directories that are read while the macro expands, of the package and of what its build script has written.
//@ edition: 2021
//@ library: include_dir
//@ macros: include_dir_macros

use include_dir::{Dir, DirEntry, include_dir};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/files");
static NESTED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/files/nested");
static GENERATED: Dir<'_> = include_dir!("$OUT_DIR");

fn list(dir: &Dir<'_>, depth: usize) {
    for entry in dir.entries() {
        let indent = "  ".repeat(depth);
        match entry {
            DirEntry::Dir(dir) => {
                println!("{indent}{}/", dir.path().display());
                list(dir, depth + 1);
            }
            DirEntry::File(file) => match file.contents_utf8() {
                Some(text) => println!("{indent}{}: {text:?}", file.path().display()),
                None => println!("{indent}{}: {:?}", file.path().display(), file.contents()),
            },
        }
    }
}

fn main() {
    list(&FILES, 0);
    list(&NESTED, 0);
    list(&GENERATED, 0);
    println!("{:?}", FILES.get_file("nested/deeper/letters.txt").and_then(|file| file.contents_utf8()));
    println!("{:?} {}", FILES.get_file("missing.txt").map(|file| file.path()), FILES.contains("nested/deeper"));
    let found = FILES.find("**/*.txt").expect("the pattern is right");
    println!("{:?}", found.map(|entry| entry.path().display().to_string()).collect::<Vec<_>>());
}
