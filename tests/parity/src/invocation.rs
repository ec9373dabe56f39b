//! One compilation of a user's crate, which differs between the two builds of its macros only in how these are passed.

use std::path::{Path, PathBuf};
use std::process::Command;

use tests::artifacts::use_macros;
use tests::{Form, RustcExt, Toolchain};

/// How a compilation is to end. Equality alone would let a case pass that does not compile for a reason nobody meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ends {
    /// It succeeds, and if a program comes of it, that runs and is compared too.
    #[default]
    Success,
    /// Exit code 1 with at least one error.
    Errors,
}

/// A macro crate in both builds.
#[derive(Clone, Debug)]
pub struct Macros {
    /// The name by which the user's crate knows it.
    pub name: String,
    pub native: PathBuf,
    pub wasm: PathBuf,
    /// Passed by `--extern` instead of `--wasm-proc-macro` when it is a module.
    pub by_extern: bool,
}

/// A compilation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The compiler's working directory.
    pub dir: PathBuf,
    /// The crate's root, as the compiler is told it.
    pub source: String,
    /// Arguments of both compilations.
    pub common: Vec<String>,
    /// Arguments with native macros only.
    pub native: Vec<String>,
    /// Arguments with macros from Wasm only.
    pub wasm: Vec<String>,
    pub macros: Vec<Macros>,
    pub environment: Vec<(String, String)>,
    pub ends: Ends,
    /// What has a name of its own in messages. Pairs of a path and its replacement.
    pub paths: Vec<(PathBuf, String)>,
}

impl Invocation {
    /// A compilation of `source` in `dir`; relative directories are those of the package `parity`.
    pub fn new(dir: impl AsRef<Path>, source: &str) -> Invocation {
        Invocation {
            dir: Path::new(env!("CARGO_MANIFEST_DIR")).join(dir),
            source: source.to_owned(),
            common: Vec::new(),
            native: Vec::new(),
            wasm: Vec::new(),
            macros: Vec::new(),
            environment: Vec::new(),
            ends: Ends::Success,
            paths: Vec::new(),
        }
    }

    /// Adds arguments for both compilations.
    pub fn arguments<S: Into<String>>(&mut self, arguments: impl IntoIterator<Item = S>) -> &mut Invocation {
        self.common.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds a macro crate, as `--wasm-proc-macro` or, natively, `--extern`.
    pub fn macros(&mut self, name: &str, native: &Path, wasm: &Path) -> &mut Invocation {
        let (native, wasm) = (native.to_owned(), wasm.to_owned());
        self.macros.push(Macros { name: name.to_owned(), native, wasm, by_extern: false });
        self
    }

    /// The same compilation with another module in place of the one of that name.
    #[must_use]
    pub fn with_module(&self, name: &str, wasm: &Path) -> Invocation {
        let mut other = self.clone();
        for macros in other.macros.iter_mut().filter(|macros| macros.name == name) {
            wasm.clone_into(&mut macros.wasm);
        }
        other
    }

    /// The command, still without anything that says what is to come of it.
    pub fn command(&self, form: Form) -> Command {
        let mut rustc = Toolchain::get().rustc();
        rustc.current_dir(&self.dir).cache(&Toolchain::get().work().join("cache"));
        // A panic in the compiler shall leave no file here, and no addresses in what is compared.
        rustc.env("RUSTC_BOOTSTRAP", "1").env("RUSTC_ICE", "0").env("RUST_BACKTRACE", "0");
        rustc.envs(self.environment.iter().map(|(name, value)| (name, value)));
        rustc.arg(&self.source).args(&self.common);
        rustc.args(if form == Form::Native { &self.native } else { &self.wasm });
        for macros in &self.macros {
            let path = if form == Form::Native { &macros.native } else { &macros.wasm };
            let by = if macros.by_extern { Form::Native } else { form };
            rustc.args(use_macros(by, &macros.name, path));
            // The flag makes a module known to libraries too; a native macro crate must be on the search path for that.
            rustc.arg("-L").arg(format!("dependency={}", path.parent().expect("it is in a directory").display()));
        }
        rustc
    }
}
