//! The compilers that are compared, and how their commands start.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

/// Variables of the surrounding `cargo run` and of the user's shell that would change what is measured.
const FOREIGN: &[&str] = &[
    "LD_LIBRARY_PATH",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET",
    "CARGO_INCREMENTAL",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_BOOTSTRAP",
    "RUSTUP_TOOLCHAIN",
];

/// The fork, what it is compared with, and the Cargo that drives it.
pub struct Toolchain {
    root: PathBuf,
    pristine: Option<PathBuf>,
    cargo: PathBuf,
    /// `rustc -vV`.
    pub version: String,
    /// The host triple.
    pub host: String,
}

impl Toolchain {
    /// Finds everything through the variables that x.py sets.
    pub fn find() -> Result<Toolchain> {
        let root = variable("RUSTC_WASM_TOOLCHAIN")?;
        ensure!(rustc_in(&root).exists(), "there is no toolchain in `{}`\n  next: ./x.py build", root.display());
        let pristine = variable("RUSTC_PRISTINE").ok().filter(|root| rustc_in(root).exists());
        let cargo = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
        let mut toolchain = Toolchain { root, pristine, cargo, version: String::new(), host: String::new() };
        let output = toolchain.rustc().arg("-vV").output().context("cannot run the fork's rustc")?;
        toolchain.version = String::from_utf8(output.stdout)?;
        match toolchain.version.lines().find_map(|line| line.strip_prefix("host: ")) {
            Some(host) => toolchain.host = host.to_owned(),
            None => bail!("`rustc -vV` of the fork names no host"),
        }
        Ok(toolchain)
    }

    /// The directory of the fork's toolchain.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of upstream's toolchain without hooks, if it has been built.
    pub fn pristine(&self) -> Option<&Path> {
        self.pristine.as_deref()
    }

    /// The fork's rustc.
    pub fn rustc(&self) -> Command {
        command(rustc_in(&self.root))
    }

    /// The fork's rustc with unstable options.
    pub fn unstable_rustc(&self) -> Command {
        let mut rustc = self.rustc();
        rustc.env("RUSTC_BOOTSTRAP", "1");
        rustc
    }

    /// The Cargo that runs this bench, with the fork's rustc.
    pub fn cargo(&self) -> Command {
        let mut cargo = command(&self.cargo);
        cargo.env("RUSTC", rustc_in(&self.root));
        cargo
    }
}

/// The rustc of the toolchain in `root`.
pub fn rustc_in(root: &Path) -> PathBuf {
    root.join("bin").join(format!("rustc{}", env::consts::EXE_SUFFIX))
}

/// `program`, without the variables that would change what is measured.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in FOREIGN {
        command.env_remove(name);
    }
    command
}

/// The value of an environment variable that x.py sets.
pub fn variable(name: &str) -> Result<PathBuf> {
    env::var_os(name).map(PathBuf::from).with_context(|| format!("`{name}` is not set\n  next: ./x.py bench"))
}
