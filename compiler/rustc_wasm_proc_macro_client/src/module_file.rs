//! The file of a module.

use std::path::{Path, PathBuf};

use stubgen::Contents;
use stubgen::cache::Cache;
use stubgen::module::{ModuleInfo, ReadError};

/// A module, read and checked, but not yet run.
pub struct ModuleFile {
    pub path: PathBuf,
    pub bytes: Contents,
    pub info: ModuleInfo,
}

impl ModuleFile {
    /// Reads the module at `path`. The cache may know its digest.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, and what to do about it, as one text.
    pub fn read(path: &Path, cache: &Cache) -> Result<ModuleFile, String> {
        let (info, bytes) = cache.read_module(path).map_err(|error| with_help(&error))?;
        Ok(ModuleFile { path: path.to_owned(), bytes, info })
    }
}

fn with_help(error: &ReadError) -> String {
    match error.help() {
        Some(help) => format!("{error}\n{help}"),
        None => error.to_string(),
    }
}
