//! Macro crates and libraries of `cases/`, built once per content and kept between runs.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use tests::artifacts::use_macros;
use tests::{Form, RustcExt, Toolchain};

use crate::directives::Directives;

/// What a crate of `cases/` is built as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Macros,
    Library,
}

/// What has been asked for in this process, by the key of its content.
type Slots = Mutex<HashMap<String, Arc<OnceLock<Result<PathBuf, String>>>>>;

/// The name of the crate that is made of `FILE.rs` in the directory of a topic.
pub fn crate_name(dir: &Path, file: &str) -> String {
    if file == "macros" {
        dir.file_name().expect("it is a topic").to_string_lossy().into_owned()
    } else {
        file.to_owned()
    }
}

/// The macro crate of `DIR/FILE.rs`.
///
/// # Errors
///
/// Says what the compiler said.
pub fn macros(dir: &Path, file: &str, form: Form) -> Result<PathBuf, String> {
    build(dir, file, Kind::Macros, form)
}

/// The library of `DIR/FILE.rs`, whose macros are built in that form.
///
/// # Errors
///
/// Says what the compiler said.
pub fn library(dir: &Path, file: &str, form: Form) -> Result<PathBuf, String> {
    build(dir, file, Kind::Library, form)
}

fn build(dir: &Path, file: &str, kind: Kind, form: Form) -> Result<PathBuf, String> {
    static SLOTS: LazyLock<Slots> = LazyLock::new(Slots::default);
    let source = format!("{file}.rs");
    let directives = Directives::read(&dir.join(&source))?;
    let name = crate_name(dir, file);
    let mut arguments: Vec<String> =
        vec![source.clone(), "--edition".into(), directives.edition, "--crate-name".into(), name.clone()];
    let file_name = match kind {
        Kind::Macros => {
            arguments.extend(["--crate-type", "proc-macro", "-O", "-Cstrip=debuginfo"].map(str::to_owned));
            arguments.extend(form.target().into_iter().flat_map(|target| ["--target".to_owned(), target.to_owned()]));
            // A macro crate may use macros too, which the host runs.
            form.file_name(&name)
        }
        Kind::Library => {
            arguments.extend(["--crate-type", "rlib"].map(str::to_owned));
            format!("lib{name}.rlib")
        }
    };
    for used in directives.macros.unwrap_or_default() {
        let path = macros(dir, &used, form)?;
        arguments.extend(use_macros(form, &crate_name(dir, &used), &path));
    }
    arguments.extend(directives.flags);

    let text = fs::read(dir.join(&source)).map_err(|error| format!("cannot read `{source}`: {error}"))?;
    let mut hasher = DefaultHasher::new();
    (&text, dir, &arguments, &directives.environment, &file_name).hash(&mut hasher);
    let key = format!("{:016x}", hasher.finish());
    let slot = Arc::clone(SLOTS.lock().expect("nothing panics with the lock held").entry(key.clone()).or_default());
    slot.get_or_init(|| {
        let place = Toolchain::get().work().join("parity").join(&key);
        let path = place.join(&file_name);
        if path.exists() {
            return Ok(path);
        }
        let in_words = |error: std::io::Error| format!("cannot build `{file_name}`: {error}");
        fs::create_dir_all(&place).map_err(in_words)?;
        let aside = tempfile::tempdir_in(&place).map_err(in_words)?;
        let mut rustc = Toolchain::get().rustc();
        rustc.current_dir(dir).args(&arguments).arg("-o").arg(aside.path().join(&file_name));
        rustc.cache(&Toolchain::get().work().join("cache")).env("RUSTC_BOOTSTRAP", "1");
        rustc.envs(directives.environment.iter().map(|(name, value)| (name, value)));
        let outcome = rustc.outcome();
        // A warning is a difference in waiting: it could stand in one of the two builds only.
        if outcome.code != Some(0) || !outcome.stderr.is_empty() {
            return Err(format!("cannot build `{file_name}` of `{}` without warnings:\n{outcome}", dir.display()));
        }
        fs::rename(aside.path().join(&file_name), &path).map_err(in_words)?;
        Ok(path)
    })
    .clone()
}
