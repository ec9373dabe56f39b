//! The `//@` lines at the start of auxiliary crates: how they are to be built.

use std::fs;
use std::path::{Path, PathBuf};

/// An auxiliary crate: a macro crate or a library.
#[derive(Clone, Debug)]
pub struct Source {
    pub path: PathBuf,
    pub text: String,
    /// `//@ crate-name: NAME`, else the file's stem.
    pub crate_name: String,
    /// `//@ edition: YEAR`, else 2024.
    pub edition: String,
    /// `//@ flags: WORD…`: for rustc.
    pub flags: Vec<String>,
    /// `//@ rustc-env: NAME=VALUE`.
    pub environment: Vec<(String, String)>,
    /// `//@ dependency: LIBRARY`: a library that this crate is built with.
    pub dependencies: Vec<String>,
    /// `//@ wasm: MACROS`: a macro crate that this library uses.
    pub macros: Vec<String>,
}

impl Source {
    /// Reads `DIR/NAME.rs`.
    ///
    /// # Errors
    ///
    /// Says what is wrong, in words.
    pub fn read(dir: &Path, name: &str) -> Result<Source, String> {
        let path = dir.join(format!("{name}.rs"));
        let text = fs::read_to_string(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        Source::new(path, name, text)
    }

    /// A source that need not be in a file yet.
    ///
    /// # Errors
    ///
    /// Says which line is not known.
    pub fn new(path: PathBuf, name: &str, text: String) -> Result<Source, String> {
        let mut source = Source {
            path,
            crate_name: name.to_owned(),
            edition: "2024".to_owned(),
            flags: Vec::new(),
            environment: Vec::new(),
            dependencies: Vec::new(),
            macros: Vec::new(),
            text: String::new(),
        };
        for line in text.lines().filter_map(|line| line.strip_prefix("//@ ")) {
            let unknown = || format!("`{}`: unknown line `//@ {line}`", source.path.display());
            let (key, value) = line.split_once(':').ok_or_else(unknown)?;
            let value = value.trim();
            match key {
                "crate-name" => source.crate_name = value.to_owned(),
                "edition" => source.edition = value.to_owned(),
                "flags" => source.flags.extend(value.split_whitespace().map(str::to_owned)),
                "rustc-env" => {
                    let (name, value) = value.split_once('=').ok_or_else(unknown)?;
                    source.environment.push((name.to_owned(), value.to_owned()));
                }
                "dependency" => source.dependencies.push(value.to_owned()),
                "wasm" => source.macros.push(value.to_owned()),
                _ => return Err(unknown()),
            }
        }
        source.text = text;
        Ok(source)
    }
}
