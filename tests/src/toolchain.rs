//! The toolchain under test, and the directory for what the tests build with it.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

const TOOLCHAIN_VAR: &str = "RUSTC_WASM_TOOLCHAIN";
const BUILD_VAR: &str = "WASM_PROC_MACRO_BUILD";
const BLESS_VAR: &str = "RUSTC_BLESS";

/// The toolchain that `x.py test` names.
#[derive(Debug)]
pub struct Toolchain {
    root: PathBuf,
    /// Tells one build of the compiler from another.
    identity: String,
    work: PathBuf,
}

impl Toolchain {
    /// The toolchain under test.
    ///
    /// # Panics
    ///
    /// If there is none: no test may pass by not running.
    pub fn get() -> &'static Toolchain {
        static TOOLCHAIN: OnceLock<Toolchain> = OnceLock::new();
        TOOLCHAIN.get_or_init(|| {
            let root = required(TOOLCHAIN_VAR);
            let identity = identity(&root);
            let tests = required(BUILD_VAR).join("tests");
            forget_other_toolchains(&tests, &identity);
            let work = tests.join(&identity);
            fs::create_dir_all(&work).unwrap_or_else(|error| panic!("cannot make `{}`: {error}", work.display()));
            Toolchain { root, identity, work }
        })
    }

    /// A call of the fork's rustc, in an environment that says nothing of the cargo that runs the tests.
    pub fn rustc(&self) -> Command {
        let mut command = Command::new(self.rustc_path());
        for (name, value) in clean_environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Its directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The fork's rustc.
    pub fn rustc_path(&self) -> PathBuf {
        self.root.join("bin/rustc")
    }

    /// What tells this build of the compiler from others.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Where the tests keep what this toolchain has built. It goes when the toolchain changes.
    pub fn work(&self) -> &Path {
        &self.work
    }
}

/// Whether expectations are to be written instead of compared.
pub fn bless() -> bool {
    env::var_os(BLESS_VAR).is_some_and(|value| value != "0" && !value.is_empty())
}

/// What has to be set (`Some`) or removed in the environment of a compiler, since cargo and rustup leave it there.
pub fn clean_environment() -> Vec<(std::ffi::OsString, Option<std::ffi::OsString>)> {
    let foreign = |name: &OsStr| {
        let name = name.to_string_lossy();
        name == "LD_LIBRARY_PATH"
            || name == "RUSTFLAGS"
            || name == "RUSTDOC"
            || name.starts_with("RUSTC")
            || name.starts_with("RUST_")
            || name.starts_with("RUSTUP_")
            || name.starts_with("CARGO") && name != "CARGO_HOME"
    };
    env::vars_os().filter(|(name, _)| foreign(name)).map(|(name, _)| (name, None)).collect()
}

fn required(variable: &str) -> PathBuf {
    match env::var_os(variable) {
        Some(value) if Path::new(&value).is_absolute() => PathBuf::from(value),
        Some(value) => panic!("`{variable}` is `{}`, not an absolute path; run `./x.py test`", value.display()),
        None => panic!("`{variable}` is not set: these tests need the finished toolchain; run `./x.py test`"),
    }
}

/// A digest of what the compiler's own files look like from outside.
fn identity(root: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    let mut files = vec![root.join("bin/rustc")];
    let lib = root.join("lib");
    let entries = fs::read_dir(&lib).unwrap_or_else(|error| no_toolchain(&lib, &error));
    files.extend(entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        path.file_name()?.to_str()?.starts_with("librustc_driver").then_some(path)
    }));
    files.sort();
    for file in files {
        let metadata = fs::metadata(&file).unwrap_or_else(|error| no_toolchain(&file, &error));
        (file, metadata.len(), metadata.modified().ok()).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

fn no_toolchain(path: &Path, error: &std::io::Error) -> ! {
    panic!("there is no toolchain: cannot read `{}`: {error}; run `./x.py test`", path.display())
}

/// Keeps the directory from growing with every build of the compiler.
fn forget_other_toolchains(tests: &Path, identity: &str) {
    for entry in fs::read_dir(tests).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_identity = name.len() == 16 && name.to_string_lossy().bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_identity && name.to_str() != Some(identity) {
            _ = fs::remove_dir_all(entry.path());
        }
    }
}
