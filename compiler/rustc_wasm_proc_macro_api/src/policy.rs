//! What the user grants to macros: the policy file, and what one module has by it.
//!
//! Without a file every module has the same: it reads the package that is being compiled and sees Cargo's, rustc's, the
//! terminal's and the locale's variables. See [`Policy::read`] for the file.

mod amount;
mod encode;
mod file;
mod locate_project;
mod variables;
mod wanted;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::readable::Readable;
pub use wanted::Wanted;

/// How long one expansion may take without a grant.
pub const DEFAULT_TIME: Duration = Duration::from_secs(60);

/// The memory that the guests of a compilation may have together without a grant, in bytes.
pub const DEFAULT_MEMORY: u64 = 4 << 30;

/// The exit code of Cargo's errors, those of the command line apart.
const CARGO_ERROR: u8 = 101;

/// All that the user grants in one compilation.
#[derive(Debug, Default)]
pub struct Policy {
    unit: Arc<Unit>,
    /// By the name of the crate.
    crates: BTreeMap<String, Permissions>,
    packages: Vec<PackageEntry>,
    largest_memory: u64,
}

/// What Cargo says of the compiled unit; nothing without it.
#[derive(Debug, Default)]
struct Unit {
    /// In order.
    variables: Vec<String>,
    read: Vec<PathBuf>,
    package_manifest: Option<PathBuf>,
    workspace_manifest: Option<PathBuf>,
    /// What Cargo says if it is asked for the workspace, and has none.
    workspace_error: Option<String>,
}

/// What somebody wrote for a crate or for a package.
#[derive(Clone, Debug, Default)]
struct Permissions {
    read: Vec<PathBuf>,
    env: Vec<String>,
    time: Option<Duration>,
    memory: Option<u64>,
}

/// A package of Cargo's.
#[derive(Debug)]
struct PackageEntry {
    id: String,
    name: String,
    version: String,
    modules: Vec<[u8; 32]>,
    permissions: Permissions,
}

impl Policy {
    /// Reads a policy file. Relative paths in it start at its directory.
    ///
    /// ```toml
    /// [permissions.NAME]          # the name of a crate
    /// read = ["dir", "file"]
    /// env = ["DATABASE_URL", "SQLX_*"]
    /// time = "2min"
    /// memory = "2GiB"
    /// ```
    ///
    /// or, as Cargo writes it, `[build]` with what it knows of the compiled unit, and a `[[package]]` for each macro package.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in one line that names the file's line but not the file.
    pub fn read(path: &Path) -> Result<Policy, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let path = std::path::absolute(path).map_err(|error| error.to_string())?;
        Policy::parse(&text, path.parent().unwrap_or(&path))
    }

    fn parse(text: &str, dir: &Path) -> Result<Policy, String> {
        let file = file::parse(text)?;
        let absolute =
            |paths: Vec<file::Absolute>| paths.into_iter().map(|file::Absolute(path)| path).collect::<Vec<_>>();
        let patterns =
            |patterns: Vec<file::Pattern>| patterns.into_iter().map(|file::Pattern(pattern)| pattern).collect();
        let crates = file.permissions.map(|permissions| permissions.into_inner()).unwrap_or_default();
        let crates: BTreeMap<_, _> = crates
            .into_iter()
            .map(|(name, given)| {
                let permissions = Permissions {
                    read: given.read.into_iter().map(|path| dir.join(path)).collect(),
                    env: patterns(given.env),
                    time: given.time.map(|file::Time(time)| time),
                    memory: given.memory.map(|file::Memory(memory)| memory),
                };
                (name.into_inner().normalized(), permissions)
            })
            .collect();
        let packages: Vec<_> = file
            .package
            .into_iter()
            .map(|package| {
                let package = package.into_inner();
                PackageEntry {
                    id: package.id,
                    name: package.name,
                    version: package.version,
                    modules: package.modules.into_iter().map(|file::Digest(digest)| digest).collect(),
                    permissions: Permissions {
                        read: absolute(package.read),
                        env: patterns(package.env),
                        time: package.time.map(|file::Time(time)| time),
                        memory: package.memory.map(|file::Memory(memory)| memory),
                    },
                }
            })
            .collect();
        let build = file.build.unwrap_or_default();
        let mut variables = build.variables;
        variables.sort_unstable();
        let unit = Unit {
            variables,
            read: absolute(build.read),
            package_manifest: build.package_manifest.map(|file::Absolute(path)| path),
            workspace_manifest: build.workspace_manifest.map(|file::Absolute(path)| path),
            workspace_error: build.workspace_error,
        };
        let all = crates.values().chain(packages.iter().map(|package| &package.permissions));
        let largest_memory = all.filter_map(|permissions| permissions.memory).max().unwrap_or_default();
        Ok(Policy { unit: Arc::new(unit), crates, packages, largest_memory })
    }

    /// The policy of a process that was given no file.
    pub fn of_process() -> Policy {
        Policy::default()
    }

    /// What the module with this SHA-256 has. A module of no package of Cargo's is called `crate_name` and `version`, as it
    /// says itself.
    ///
    /// What may be read is decided by environment and working directory, once and when somebody first asks. A process that
    /// changes them asks for [renewed](Grants::renewed) grants.
    pub fn grants(&self, digest: &[u8; 32], crate_name: &str, version: &str) -> Grants {
        let package = self.packages.iter().find(|package| package.modules.contains(digest));
        let permissions = match package {
            Some(package) => Some(&package.permissions),
            None => self.crates.get(crate_name),
        };
        let Permissions { read, env, time, memory } = permissions.cloned().unwrap_or_default();
        let (name, version, id) = match package {
            Some(package) => (&*package.name, &*package.version, Some(package.id.clone())),
            None => (crate_name, version, None),
        };
        Grants::of(Given {
            name: name.to_owned(),
            version: version.to_owned(),
            id,
            read,
            env,
            time,
            memory,
            memory_of_all: self.largest_memory.max(DEFAULT_MEMORY),
            unit: Arc::clone(&self.unit),
        })
    }
}

/// What one module has in this compilation.
#[derive(Clone, Debug)]
pub struct Grants {
    given: Arc<Given>,
    /// Many modules never ask, and it takes some hundred calls of the system to find out.
    readable: Arc<OnceLock<Arc<Readable>>>,
}

/// [`Grants`], apart from what the process's environment says.
#[derive(Debug)]
struct Given {
    name: String,
    version: String,
    id: Option<String>,
    read: Vec<PathBuf>,
    env: Vec<String>,
    time: Option<Duration>,
    memory: Option<u64>,
    memory_of_all: u64,
    unit: Arc<Unit>,
}

/// How a command has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code.
    pub code: u8,
    /// What it wrote to standard output or, if its code is not 0, to standard error.
    pub printed: Vec<u8>,
}

/// What messages call a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Package<'a> {
    /// The package's name, or without Cargo the crate's.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Cargo's package id.
    pub id: Option<&'a str>,
}

impl Grants {
    fn of(given: Given) -> Grants {
        Grants { given: Arc::new(given), readable: Arc::default() }
    }

    /// The same for the process as it is now, which has changed its environment or its working directory.
    pub fn renewed(&self) -> Grants {
        Grants { given: Arc::clone(&self.given), readable: Arc::default() }
    }

    /// The same as far as a compiler may grant it that has only `directories` itself, which are absolute and without symbolic
    /// links, and so much `time` and `memory`.
    ///
    /// # Errors
    ///
    /// Something that is elsewhere may be read.
    pub fn within(&self, directories: &[PathBuf], time: Duration, memory: u64) -> Result<Grants, String> {
        let own = ["CARGO_MANIFEST_DIR", "OUT_DIR"].map(|name| env::var_os(name).map(PathBuf::from));
        let own = own.into_iter().flatten().chain(env::current_dir());
        let granted = self.given.read.iter().chain(&self.given.unit.read).cloned();
        // What is not there is nothing to read.
        for place in own.chain(granted).filter_map(|path| fs::canonicalize(path).ok()) {
            if !directories.iter().any(|directory| place.starts_with(directory)) {
                return Err(format!("the compiler has no access to `{}`, so neither have its macros", place.display()));
            }
        }
        let given = &*self.given;
        Ok(Grants::of(Given {
            name: given.name.clone(),
            version: given.version.clone(),
            id: given.id.clone(),
            read: given.read.clone(),
            env: given.env.clone(),
            time: Some(self.time().min(time)).filter(|_| given.time.is_some() || time < DEFAULT_TIME),
            memory: Some(self.memory().min(memory)).filter(|_| given.memory.is_some() || memory < DEFAULT_MEMORY),
            memory_of_all: given.memory_of_all.min(memory),
            unit: Arc::clone(&given.unit),
        }))
    }

    /// What messages call the module.
    pub fn package(&self) -> Package<'_> {
        Package { name: &self.given.name, version: &self.given.version, id: self.given.id.as_deref() }
    }

    /// The files and directories that it may read.
    pub fn readable(&self) -> &Arc<Readable> {
        self.readable.get_or_init(|| self.given.readable())
    }

    /// Whether it may read the environment variable `name`.
    pub fn variable(&self, name: &str) -> bool {
        self.given.env.iter().any(|pattern| variables::matches(pattern, name))
            || self.given.unit.variables.binary_search_by(|variable| (**variable).cmp(name)).is_ok()
            || variables::always(name)
    }

    /// The variables that it may read and that are set now.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        env::vars_os().filter(|(name, _)| name.to_str().is_some_and(|name| self.variable(name))).collect()
    }

    /// How long one of its expansions may take.
    pub fn time(&self) -> Duration {
        self.given.time.unwrap_or(DEFAULT_TIME)
    }

    /// Whether nobody wrote a time for it.
    pub fn time_is_default(&self) -> bool {
        self.given.time.is_none()
    }

    /// The bytes of memory that its guests may have together.
    pub fn memory(&self) -> u64 {
        self.given.memory.unwrap_or(DEFAULT_MEMORY)
    }

    /// Whether nobody wrote a memory for it.
    pub fn memory_is_default(&self) -> bool {
        self.given.memory.is_none()
    }

    /// The bytes of memory that the guests of all modules may have together.
    pub fn memory_of_all(&self) -> u64 {
        self.given.memory_of_all
    }

    /// How a command ends, `arguments` being its program and what follows, run in `cwd`. Only the value of the
    /// variable `CARGO` with `locate-project` is ever answered, as Cargo does it; `None`: it is not to be had.
    pub fn command(&self, arguments: &[OsString], cwd: &Path) -> Option<Ended> {
        let (program, arguments) = arguments.split_first()?;
        if program.is_empty() || env::var_os("CARGO").as_ref() != Some(program) {
            return None;
        }
        let unit = &self.given.unit;
        let workspace = match &unit.workspace_manifest {
            Some(manifest) => Some(Ok(manifest.as_path())),
            None => unit.workspace_error.as_deref().map(Err),
        };
        let manifests = locate_project::Manifests { package: unit.package_manifest.as_deref()?, workspace };
        Some(match manifests.locate(arguments, cwd)? {
            Ok(text) => Ended { code: 0, printed: text.into_bytes() },
            Err(message) => Ended { code: CARGO_ERROR, printed: format!("error: {message}\n").into_bytes() },
        })
    }

    /// The grants for the other side of the border.
    pub fn encode(&self) -> Vec<u8> {
        encode::encode(&self.given)
    }

    /// What [`Grants::encode`] wrote. `None` for what it cannot have written.
    pub fn decode(bytes: &[u8]) -> Option<Grants> {
        encode::decode(bytes).map(Grants::of)
    }
}

impl Given {
    /// By what Cargo says of the package being compiled; without Cargo, by the working directory.
    fn readable(&self) -> Arc<Readable> {
        let working_dir = env::current_dir().unwrap_or_default();
        let package = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| working_dir.clone(), PathBuf::from);
        let out_dir = env::var_os("OUT_DIR").map(PathBuf::from);
        let own = [Some(package), out_dir].into_iter().flatten().map(|root| working_dir.join(root));
        let granted = self.unit.read.iter().chain(&self.read).cloned();
        Arc::new(Readable::new(own, granted, &working_dir))
    }
}

/// `text` with what cannot be seen, or changes how the rest is seen, escaped as in Rust's literals.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match is_hidden(c) {
            true => escaped.extend(c.escape_default()),
            false => escaped.push(c),
        }
    }
    escaped
}

/// Control characters, and those that turn the direction of text or part lines.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
