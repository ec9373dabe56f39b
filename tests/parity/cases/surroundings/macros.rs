//! Macros that use what is around them: files, the environment, output, clocks and hash maps.

extern crate proc_macro;
use std::collections::HashMap;
use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs, io};

use proc_macro::{Literal, TokenStream, TokenTree};

fn string(text: &str) -> TokenStream {
    TokenTree::from(Literal::string(text)).into()
}

/// The names and contents of all files below a directory.
#[proc_macro]
pub fn tree(input: TokenStream) -> TokenStream {
    fn collect(dir: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => collect(&path, found),
                false => found.push(format!("{}: {}", path.display(), fs::read_to_string(&path).unwrap())),
            }
        }
    }
    let mut found = Vec::new();
    collect(Path::new(input.to_string().trim_matches('"')), &mut found);
    found.sort();
    string(&found.join("\n"))
}

/// The errors of files that are not there or are not files, and of some numbers: kinds, numbers and texts.
#[proc_macro]
pub fn errors(_input: TokenStream) -> TokenStream {
    let long = "x".repeat(300);
    let of_files = [
        fs::read("files/missing").map(drop),
        fs::read("files/one/under").map(drop),
        fs::read("files").map(drop),
        fs::read_dir("files/one").map(drop),
        fs::read_to_string(Path::new("files").join(long)).map(drop),
    ];
    let mut lines: Vec<_> = of_files.into_iter().map(|result| describe(&result.unwrap_err())).collect();
    lines.extend(
        [2, 4, 11, 13, 17, 22, 32, 38, 41, 95, 110, 134].map(|code| describe(&io::Error::from_raw_os_error(code))),
    );
    lines.push(Path::new("files/missing").exists().to_string());
    string(&lines.join("\n"))
}

fn describe(error: &io::Error) -> String {
    format!("{error}; {error:?}; {:?} {:?}", error.kind(), error.raw_os_error())
}

/// A variable, whether others are there, and the working directory's last part.
#[proc_macro]
pub fn environment(_input: TokenStream) -> TokenStream {
    let set = env::var("CARGO_PARITY_SET");
    let unset = env::var("PARITY_UNSET");
    let listed = env::vars().any(|(name, _)| name == "CARGO_PARITY_SET");
    let dir = env::current_dir().unwrap();
    string(&format!("{set:?} {unset:?} {listed} {:?} {}", dir.file_name(), dir.is_absolute()))
}

/// What is asked of the environment about paths, and of the empty path.
#[proc_macro]
pub fn paths(_input: TokenStream) -> TokenStream {
    let list = env::var_os("CARGO_PARITY_LIST").unwrap();
    let split: Vec<_> = env::split_paths(&list).collect();
    let joined = env::join_paths(&split).unwrap() == list;
    let refused = env::join_paths(["a:b"]).unwrap_err();
    let directories = (env::temp_dir(), env::home_dir());
    let empty = Path::new("");
    let errors = [
        fs::metadata(empty).map(drop),
        fs::read_dir(empty).map(drop),
        fs::read(empty).map(drop),
        fs::canonicalize(empty).map(drop),
    ];
    let errors = errors.map(|result| result.map_err(|error| error.kind()));
    string(&format!("{split:?} {joined} {refused} {directories:?} {errors:?} {}", std::process::id() > 0))
}

/// Whether the streams are terminals, by which macros decide to write in colors.
#[proc_macro]
pub fn terminals(_input: TokenStream) -> TokenStream {
    let (input, output, errors) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    string(&format!("{} {} {}", input.is_terminal(), output.is_terminal(), errors.is_terminal()))
}

/// Writes to both streams, with and without a line's end.
#[proc_macro]
pub fn output(input: TokenStream) -> TokenStream {
    println!("printed: {input}");
    eprintln!("printed as an error");
    dbg!(input.to_string().len());
    print!("no end");
    println!();
    input
}

/// Clocks go forward, and a hash map has its own order each time it is made.
#[proc_macro]
pub fn clocks_and_maps(_input: TokenStream) -> TokenStream {
    let (begin, now) = (Instant::now(), SystemTime::now());
    std::thread::sleep(Duration::from_millis(2));
    let forward = begin.elapsed() >= Duration::from_millis(2) && now.elapsed().is_ok();
    let this_century = now.duration_since(SystemTime::UNIX_EPOCH).unwrap() > Duration::from_secs(1_700_000_000);
    let order = || {
        let map: HashMap<u32, ()> = (0..100).map(|key| (key, ())).collect();
        map.into_keys().collect::<Vec<_>>()
    };
    let (one, mut other) = (order(), order());
    let differs = one != other;
    other.sort();
    string(&format!("{forward} {this_century} {differs} {}", other == (0..100).collect::<Vec<_>>()))
}

/// Variables that a macro sets, changes and removes are its own, until the compilation ends.
#[proc_macro]
pub fn own_variables(_input: TokenStream) -> TokenStream {
    // SAFETY: natively no other thread of the compiler reads the environment now.
    unsafe {
        env::set_var("PARITY_OWN", "own");
        env::set_var("CARGO_PARITY_CHANGED", "changed");
        env::remove_var("CARGO_PARITY_REMOVED");
    }
    let names = ["PARITY_OWN", "CARGO_PARITY_CHANGED", "CARGO_PARITY_REMOVED"];
    let listed = names.map(|name| env::vars().any(|(listed, _)| listed == name));
    string(&format!("{:?} {listed:?} {:?} {:?}", names.map(env::var), env::var(""), env::var("A=B")))
}
