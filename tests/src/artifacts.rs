//! Macro crates and libraries, built once per content and kept between runs.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use crate::command::RustcExt;
use crate::source::Source;
use crate::toolchain::Toolchain;

/// Where the auxiliary crates are, from the directory in which cargo runs tests.
const MACROS: &str = "ui/auxiliary/macros";
const LIBRARIES: &str = "ui/auxiliary/libraries";

/// How a macro crate is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// As a library of the host, as every rustc does it.
    Native,
    /// As a module for wasm32-wasip1.
    Wasm,
    /// As a module for wasm32-unknown-unknown.
    Bare,
}

impl Form {
    /// The target to compile for, if it is not the host.
    pub fn target(self) -> Option<&'static str> {
        match self {
            Form::Native => None,
            Form::Wasm => Some("wasm32-wasip1"),
            Form::Bare => Some("wasm32-unknown-unknown"),
        }
    }

    /// The name of a macro crate's file.
    pub fn file_name(self, crate_name: &str) -> String {
        match self {
            Form::Native => format!("{}{crate_name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX),
            Form::Wasm | Form::Bare => format!("{crate_name}.wasm"),
        }
    }
}

/// A library and what a crate that uses it needs.
#[derive(Clone, Debug)]
pub struct Library {
    pub crate_name: String,
    pub path: PathBuf,
    /// Directories of the libraries that it uses.
    pub search: Vec<PathBuf>,
    /// Directories of the macro crates that it and they use. A case names those itself.
    pub macros: Vec<PathBuf>,
}

impl Library {
    /// The arguments of a compilation that uses the library.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--extern".to_owned(), format!("{}={}", self.crate_name, self.path.display())];
        for dir in &self.search {
            arguments.extend(["-L".to_owned(), format!("dependency={}", dir.display())]);
        }
        arguments
    }
}

type Slot = Arc<OnceLock<Result<PathBuf, String>>>;

/// What has been built by this process or earlier ones.
#[derive(Debug, Default)]
pub struct Artifacts {
    slots: Mutex<HashMap<String, Slot>>,
}

impl Artifacts {
    /// The one collection of this process.
    pub fn get() -> &'static Artifacts {
        static ARTIFACTS: LazyLock<Artifacts> = LazyLock::new(Artifacts::default);
        &ARTIFACTS
    }

    /// The directory of all artifacts; each has a directory of its own in it.
    pub fn dir() -> PathBuf {
        Toolchain::get().work().join("artifacts")
    }

    /// The macro crate `ui/auxiliary/macros/NAME.rs`.
    ///
    /// # Errors
    ///
    /// Says what the compiler said.
    pub fn macros(&self, name: &str, form: Form) -> Result<PathBuf, String> {
        self.macros_of(&Source::read(Path::new(MACROS), name)?, form)
    }

    /// A macro crate from a source of the test's own.
    ///
    /// # Panics
    ///
    /// If it does not compile.
    pub fn macros_from(&self, name: &str, text: &str, form: Form) -> PathBuf {
        Source::new(PathBuf::new(), name, text.to_owned())
            .and_then(|source| self.macros_of(&source, form))
            .unwrap_or_else(|error| panic!("{error}"))
    }

    fn macros_of(&self, source: &Source, form: Form) -> Result<PathBuf, String> {
        let mut arguments: Vec<String> =
            ["--crate-type", "proc-macro", "-O", "-C", "strip=debuginfo"].map(str::to_owned).into();
        // As Cargo does it: native crates of one name are told apart by this alone.
        let mut hasher = DefaultHasher::new();
        source.text.hash(&mut hasher);
        arguments.extend(["-C".to_owned(), format!("metadata={:016x}", hasher.finish())]);
        for dependency in &source.dependencies {
            arguments.extend(self.library_for(dependency, form, form.target())?.arguments());
        }
        self.compile(source, form.target(), arguments, &form.file_name(&source.crate_name))
    }

    /// The library `ui/auxiliary/libraries/NAME.rs` for the host, with the macros that it uses built as `form` says.
    ///
    /// # Errors
    ///
    /// Says what the compiler said.
    pub fn library(&self, name: &str, form: Form) -> Result<Library, String> {
        self.library_for(name, form, None)
    }

    fn library_for(&self, name: &str, form: Form, target: Option<&str>) -> Result<Library, String> {
        let source = Source::read(Path::new(LIBRARIES), name)?;
        let mut arguments: Vec<String> = ["--crate-type", "rlib"].map(str::to_owned).into();
        let (mut search, mut macros) = (Vec::new(), Vec::new());
        for name in &source.macros {
            let path = self.macros(name, form)?;
            let crate_name = Source::read(Path::new(MACROS), name)?.crate_name;
            arguments.extend(use_macros(form, &crate_name, &path));
            macros.extend(path.parent().map(Path::to_owned));
        }
        for dependency in &source.dependencies {
            let library = self.library_for(dependency, form, target)?;
            arguments.extend(library.arguments());
            search.extend(library.path.parent().map(Path::to_owned));
            search.extend(library.search);
            macros.extend(library.macros);
        }
        for dir in &macros {
            arguments.extend(["-L".to_owned(), format!("dependency={}", dir.display())]);
        }
        let path = self.compile(&source, target, arguments, &format!("lib{}.rlib", source.crate_name))?;
        Ok(Library { crate_name: source.crate_name, path, search, macros })
    }

    /// Compiles to a file of that name, unless that has been done.
    fn compile(
        &self,
        source: &Source,
        target: Option<&str>,
        mut arguments: Vec<String>,
        file_name: &str,
    ) -> Result<PathBuf, String> {
        arguments.extend(["--crate-name", &source.crate_name, "--edition", &source.edition].map(str::to_owned));
        arguments.extend(target.into_iter().flat_map(|target| ["--target".to_owned(), target.to_owned()]));
        arguments.extend(source.flags.iter().cloned());

        let mut hasher = DefaultHasher::new();
        (&source.text, &source.path, &source.environment, &arguments, file_name).hash(&mut hasher);
        let key = format!("{:016x}", hasher.finish());
        let slot =
            Arc::clone(self.slots.lock().expect("no test panics with the lock held").entry(key.clone()).or_default());
        slot.get_or_init(|| {
            let dir = Artifacts::dir().join(&key);
            let path = dir.join(file_name);
            if !path.exists() {
                compile_into(source, &arguments, file_name, &dir)?;
            }
            Ok(path)
        })
        .clone()
    }
}

/// The arguments by which a crate uses a macro crate.
pub fn use_macros(form: Form, name: &str, path: &Path) -> [String; 2] {
    let option = if form == Form::Native { "--extern" } else { "--wasm-proc-macro" };
    [option.to_owned(), format!("{name}={}", path.display())]
}

fn compile_into(source: &Source, arguments: &[String], file_name: &str, dir: &Path) -> Result<(), String> {
    let in_words = |error: std::io::Error| format!("cannot build `{file_name}`: {error}");
    let parent = dir.parent().expect("it is in a directory of ours");
    fs::create_dir_all(parent).map_err(in_words)?;
    let aside = tempfile::tempdir_in(parent).map_err(in_words)?;
    let input = if source.path.as_os_str().is_empty() {
        let input = aside.path().join(format!("{}.rs", source.crate_name));
        fs::write(&input, &source.text).map_err(in_words)?;
        input
    } else {
        source.path.clone()
    };
    let mut rustc = Toolchain::get().rustc();
    rustc.arg(input).arg("-o").arg(aside.path().join(file_name)).args(arguments);
    rustc.cache(&parent.with_file_name("cache")).envs(source.environment.iter().map(|(name, value)| (name, value)));
    let outcome = rustc.outcome();
    if outcome.code != Some(0) {
        return Err(format!("cannot build `{file_name}`:\n{outcome}"));
    }
    if !outcome.stderr.is_empty() {
        return Err(format!("`{file_name}` is not built without warnings:\n{outcome}"));
    }
    match fs::rename(aside.keep(), dir) {
        // Another process has built the same.
        Err(_) if dir.join(file_name).exists() => Ok(()),
        result => result.map_err(in_words),
    }
}
