//! The command line.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hosted::{Directory, Invocation, Limits};

pub(crate) const USAGE: &str = "\
Runs rustc.wasm, and procedural macros beside it, in a sandbox.

Usage: rustc-hosted [OPTIONS] --cache DIR RUSTC.WASM [ARGUMENTS OF RUSTC]...

  --cache DIR         where compiled code is kept; the compiler has no access to it
  --read DIR          a directory that may be read; the first directory is the working directory
  --write DIR         a directory that may be read and written
  --env NAME[=VALUE]  a variable of the environment, which is empty without
  --memory MIB        the compiler's memory (default: 2048)
  --time SECONDS      how long the compiler may take (default: 600)
";

/// What the command line says.
pub(crate) struct Options {
    pub(crate) compiler: PathBuf,
    pub(crate) cache: PathBuf,
    pub(crate) invocation: Invocation,
}

/// Reads the command line. `None`: it asks for help.
pub(crate) fn parse(words: &[OsString]) -> Result<Option<Options>, String> {
    let text =
        |word: &OsString| word.to_str().map(str::to_owned).ok_or_else(|| format!("`{}` is not UTF-8", word.display()));
    let mut words = words.iter();
    let mut cache = None;
    let mut invocation = Invocation::default();
    let Limits { memory, time } = &mut invocation.limits;
    let compiler = loop {
        let word = text(words.next().ok_or("the compiler's file is missing")?)?;
        let mut value = || text(words.next().ok_or_else(|| format!("`{word}` needs a value"))?);
        match &*word {
            "--help" | "-h" => return Ok(None),
            "--cache" => cache = Some(value()?),
            "--read" => invocation.directories.push(directory(&value()?, false)?),
            "--write" => invocation.directories.push(directory(&value()?, true)?),
            "--env" => invocation.environment.extend(variable(&value()?)?),
            "--memory" => *memory = number(&value()?)?.checked_mul(1 << 20).ok_or("that is too much memory")?,
            "--time" => *time = Duration::from_secs(number(&value()?)? as u64),
            option if option.starts_with('-') => return Err(format!("there is no option `{option}`")),
            _ => break word,
        }
    };
    let cache = PathBuf::from(cache.ok_or("`--cache DIR` is missing")?);
    fs::create_dir_all(&cache).map_err(|error| format!("`{}`: {error}", cache.display()))?;
    let cache = canonical(&cache)?;
    if invocation.directories.is_empty() {
        return Err("the compiler has no directory: `--read DIR` or `--write DIR`".to_owned());
    }
    // Native code comes from there, so it must be this program's own.
    if let Some(directory) =
        invocation.directories.iter().find(|directory| directory.writes && overlap(&cache, &directory.path))
    {
        return Err(format!("the compiler could write the cache, for it may write `{}`", directory.path.display()));
    }
    invocation.arguments = vec![compiler.clone()];
    for word in words {
        invocation.arguments.push(text(word)?);
    }
    Ok(Some(Options { compiler: canonical(Path::new(&compiler))?, cache, invocation }))
}

fn overlap(one: &Path, other: &Path) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

fn canonical(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|error| format!("`{}`: {error}", path.display()))
}

fn directory(path: &str, writes: bool) -> Result<Directory, String> {
    let path = canonical(Path::new(path))?;
    if path.is_dir() { Ok(Directory { path, writes }) } else { Err(format!("`{}` is not a directory", path.display())) }
}

/// A variable with its value, or with that of this process if it is set.
fn variable(text: &str) -> Result<Option<(String, String)>, String> {
    match text.split_once('=') {
        Some(("", _)) => Err(format!("`{text}` names no variable")),
        Some((name, value)) => Ok(Some((name.to_owned(), value.to_owned()))),
        None => match env::var(text) {
            Ok(value) => Ok(Some((text.to_owned(), value))),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(error) => Err(format!("`{text}`: {error}")),
        },
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}
