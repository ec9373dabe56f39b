//! Which packages of a project the host needs compiled, and which only macros need: by Cargo's own account.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use tests::{Outcome, RustcExt as _};

use crate::call::Kind;
use crate::outcome::CargoOutcome as _;
use crate::site::Site;

/// The packages of a project, as `NAME VERSION`, for `cargo test`.
#[derive(Debug)]
pub struct Graph {
    /// What programs, tests and build scripts are made of, macros apart.
    host: BTreeMap<String, Package>,
    /// All, macros and what they are made of included.
    all: BTreeMap<String, Package>,
}

#[derive(Clone, Debug)]
struct Package {
    /// The crate name of its library; empty if it has none.
    krate: String,
    is_macro: bool,
}

impl Graph {
    /// Asks Cargo. `words` choose packages and features, as for `cargo test`.
    pub fn of(site: &Site, words: &[&str]) -> Graph {
        let list = |kinds: &str| -> BTreeMap<String, Package> {
            let mut tree =
                site.cargo(Kind::Plain, &["tree", "--locked", "--prefix=none", "--no-dedupe", "--format={p}|{lib}"]);
            tree.args(["--edges", kinds]).args(words);
            tree.outcome().success().stdout.lines().filter_map(package).collect()
        };
        Graph { host: list("normal,build,dev,no-proc-macro"), all: list("normal,build,dev") }
    }

    /// The names of the macro crates.
    pub fn macros(&self) -> BTreeSet<String> {
        self.all.iter().filter(|(_, package)| package.is_macro).map(|(name, _)| name.clone()).collect()
    }

    /// What only macros need: not macros themselves, and not what the host needs as well.
    pub fn only_macros(&self) -> BTreeSet<String> {
        let of_macros = self.all.iter().filter(|(name, package)| !package.is_macro && !self.host.contains_key(*name));
        of_macros.map(|(name, _)| name.clone()).collect()
    }

    /// Nothing that only macros need was compiled, and the macros in the target directory are all modules. Returns how
    /// many there are.
    #[track_caller]
    pub fn assert_from_wasm(&self, site: &Site, outcome: &Outcome) -> usize {
        let needless: Vec<String> = outcome.compiled().intersection(&self.only_macros()).cloned().collect();
        assert!(needless.is_empty(), "compiled though only macros need it: {needless:?}\n{outcome}");
        let deps = site.target.join("debug/deps");
        let libraries = self.needless_libraries(&deps);
        assert!(libraries.is_empty(), "in `{}` though only macros need it: {libraries:?}\n{outcome}", deps.display());
        let found = self.macro_libraries(&deps);
        let native: Vec<&String> = found.iter().filter(|(_, is_module)| !*is_module).map(|(name, _)| name).collect();
        assert!(native.is_empty(), "native macros in `{}`: {native:?}\n{outcome}", deps.display());
        found.len()
    }

    /// The same checks must find what plain Cargo has built, or they check nothing.
    #[track_caller]
    pub fn assert_native(&self, site: &Site) {
        let deps = site.target.join("debug/deps");
        assert_eq!(self.needless_libraries(&deps).is_empty(), self.needless_crates().is_empty(), "{self:?}");
        let found = self.macro_libraries(&deps);
        assert!(!found.is_empty() && found.values().all(|is_module| !is_module), "plain Cargo uses modules: {found:?}");
    }

    /// Crate names of libraries that the host needs in no version.
    fn needless_crates(&self) -> BTreeSet<&str> {
        let of_macros = self.only_macros();
        let needed: BTreeSet<&str> = self.host.values().map(|package| &*package.krate).collect();
        let crates = of_macros.iter().map(|name| &*self.all[name].krate);
        crates.filter(|krate| !krate.is_empty() && !needed.contains(krate)).collect()
    }

    fn needless_libraries(&self, deps: &Path) -> BTreeSet<String> {
        let needless = self.needless_crates();
        let files = names(deps).into_iter().filter(|name| name.ends_with(".rlib") || name.ends_with(".rmeta"));
        files.filter(|name| krate(name).is_some_and(|krate| needless.contains(krate))).collect()
    }

    /// The macro libraries in `deps`, and whether each is a module.
    fn macro_libraries(&self, deps: &Path) -> BTreeMap<String, bool> {
        let crates: BTreeSet<&str> =
            self.all.values().filter(|package| package.is_macro).map(|package| &*package.krate).collect();
        let is_macro = |name: &String| name.ends_with(".so") && krate(name).is_some_and(|krate| crates.contains(krate));
        let files = names(deps).into_iter().filter(is_macro);
        files.map(|name| (name.clone(), is_module(&deps.join(name)))).collect()
    }
}

/// Reads `NAME vVERSION [(proc-macro)] [(PATH)]|CRATE`.
fn package(line: &str) -> Option<(String, Package)> {
    let (package, krate) = line.split_once('|')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    let is_macro = words.any(|word| word == "(proc-macro)");
    Some((format!("{name} {version}"), Package { krate: krate.trim().to_owned(), is_macro }))
}

/// The crate name in `libCRATE-HASH.EXTENSION`.
fn krate(file: &str) -> Option<&str> {
    Some(file.strip_prefix("lib")?.rsplit_once('-')?.0)
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", dir.display()));
    entries
        .map(|entry| entry.expect("a directory can be read").file_name().into_string().expect("names are UTF-8"))
        .collect()
}

fn is_module(path: &Path) -> bool {
    let mut start = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()));
    start == *b"\0asm"
}
