// What a macro can do with files: each macro returns what the operation said, as a string.

extern crate proc_macro;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use proc_macro::{Literal, TokenStream, TokenTree};

fn path(input: TokenStream) -> PathBuf {
    let literal = input.to_string();
    PathBuf::from(literal.trim_matches('"'))
}

fn string(text: impl std::fmt::Debug) -> TokenStream {
    TokenTree::from(Literal::string(&format!("{text:?}"))).into()
}

/// The error without its number, which every platform has its own of.
fn kind<T>(result: std::io::Result<T>) -> Result<T, std::io::ErrorKind> {
    result.map_err(|error| error.kind())
}

#[proc_macro]
pub fn read(input: TokenStream) -> TokenStream {
    string(kind(fs::read_to_string(path(input))))
}

#[proc_macro]
pub fn read_backwards(input: TokenStream) -> TokenStream {
    let read = || {
        let mut file = File::open(path(input))?;
        let len = file.seek(SeekFrom::End(0))?;
        let mut text = String::new();
        for at in (0..len).rev() {
            file.seek(SeekFrom::Start(at))?;
            let mut byte = [0];
            file.read_exact(&mut byte)?;
            text.push(byte[0].into());
        }
        Ok(text)
    };
    string(kind(read()))
}

#[proc_macro]
pub fn list(input: TokenStream) -> TokenStream {
    let list = || {
        let mut names = Vec::new();
        for entry in fs::read_dir(path(input))? {
            let entry = entry?;
            names.push((entry.file_name(), entry.file_type()?.is_dir(), entry.metadata()?.len() > 0));
        }
        names.sort();
        Ok(names)
    };
    string(kind(list()))
}

#[proc_macro]
pub fn canonical(input: TokenStream) -> TokenStream {
    string(kind(fs::canonicalize(path(input))))
}

#[proc_macro]
pub fn metadata(input: TokenStream) -> TokenStream {
    let path = path(input);
    let seen = |metadata: fs::Metadata| (metadata.is_file(), metadata.is_dir(), metadata.len(), metadata.modified().ok());
    string((kind(fs::metadata(&path).map(seen)), kind(fs::symlink_metadata(&path).map(|found| found.is_symlink()))))
}

#[proc_macro]
pub fn link(input: TokenStream) -> TokenStream {
    string(kind(fs::read_link(path(input))))
}

#[proc_macro]
pub fn working_dir(_: TokenStream) -> TokenStream {
    string(std::env::current_dir().unwrap())
}

#[proc_macro]
pub fn write(input: TokenStream) -> TokenStream {
    string(fs::write(path(input), "written").map_err(|error| error.to_string()))
}

#[proc_macro]
pub fn append(input: TokenStream) -> TokenStream {
    let opened = File::options().append(true).open(path(input));
    string(opened.map(drop).map_err(|error| error.to_string()))
}

#[proc_macro]
pub fn remove(input: TokenStream) -> TokenStream {
    string(fs::remove_file(path(input)).map_err(|error| error.to_string()))
}

#[proc_macro]
pub fn denied(input: TokenStream) -> TokenStream {
    string(fs::read(path(input)).map(drop).map_err(|error| error.to_string()))
}
