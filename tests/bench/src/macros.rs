//! The same sources of serde_derive, compiled natively and to Wasm.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result};

use crate::cargo::{self, Package};
use crate::process;
use crate::toolchain::Toolchain;

/// The crate that is measured.
pub const CRATE: &str = "serde_derive";

const WASM: &str = "wasm32-wasip1";

/// How a macro is compiled. All of its dependencies are compiled the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// What natively is the fastest.
    NativeO3,
    /// Cargo's default for macros.
    NativeO0,
    /// The fastest module, with the flags of the fastest native library.
    WasmO3,
    /// As Cargo compiles it for `optimize`.
    WasmOs,
    /// As Cargo compiles it when it is needed.
    WasmO0,
}

impl Build {
    pub const ALL: [Build; 5] = [Build::NativeO3, Build::NativeO0, Build::WasmO3, Build::WasmOs, Build::WasmO0];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Build::NativeO3 => "native -O3",
            Build::NativeO0 => "native -O0",
            Build::WasmO3 => "Wasm -O3",
            Build::WasmOs => "Wasm -Os",
            Build::WasmO0 => "Wasm -O0",
        }
    }

    pub fn is_wasm(self) -> bool {
        matches!(self, Build::WasmO3 | Build::WasmOs | Build::WasmO0)
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Build::NativeO3 => &["-Copt-level=3", "-Ccodegen-units=1"],
            // As Cargo's profile `dev` compiles build dependencies.
            Build::NativeO0 => &["-Copt-level=0", "-Ccodegen-units=256"],
            Build::WasmO3 => &["-Copt-level=3", "-Ccodegen-units=1", "--target", WASM],
            Build::WasmOs => &["-Copt-level=s", "-Ccodegen-units=4", "--target", WASM],
            Build::WasmO0 => &["-Copt-level=0", "-Ccodegen-units=4", "--target", WASM],
        }
    }
}

/// serde_derive in every build, and the library that its output needs.
#[derive(Debug)]
pub struct Macros {
    dir: PathBuf,
    serde: PathBuf,
}

impl Macros {
    /// Compiles whatever an earlier run with the same compiler has not left in `dir`.
    pub fn prepare(toolchain: &Toolchain, dir: &Path) -> Result<Macros> {
        let dir = dir.join(key(toolchain)?);
        fs::create_dir_all(&dir)?;
        eprintln!("[bench] preparing {CRATE} in {}", dir.display());
        let resolved = cargo::resolve(toolchain, &dir.join("target"))?;
        for build in Build::ALL {
            let macros = dir.join(directory(build));
            let finished = macros.join("finished");
            if finished.exists() {
                continue;
            }
            fs::create_dir_all(&macros)?;
            for package in &resolved.packages {
                eprintln!("[bench] compiling {} {}, {}", package.name, package.version, build.name());
                process::run(&mut rustc(toolchain, package, build, &macros))?;
            }
            fs::write(finished, "")?;
        }
        Ok(Macros { dir, serde: resolved.serde })
    }

    /// The file of one build.
    pub fn file(&self, build: Build) -> PathBuf {
        let file = if build.is_wasm() {
            format!("{CRATE}.wasm")
        } else {
            format!("{}{CRATE}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
        };
        self.dir.join(directory(build)).join(file)
    }

    /// Lets `rustc` find serde, and serde_derive in one of its builds.
    pub fn add_to(&self, rustc: &mut Command, build: Build) -> Result<()> {
        let dependencies = self.serde.parent().context("serde lies in no directory")?;
        rustc.arg("--extern").arg(format!("serde={}", self.serde.display()));
        rustc.arg("-L").arg(format!("dependency={}", dependencies.display()));
        if build.is_wasm() {
            rustc.arg("--wasm-proc-macro").arg(self.file(build));
        } else {
            rustc.arg("--extern").arg(format!("{CRATE}={}", self.file(build).display()));
        }
        Ok(())
    }
}

fn directory(build: Build) -> &'static str {
    match build {
        Build::NativeO3 => "native-O3",
        Build::NativeO0 => "native-O0",
        Build::WasmO3 => "wasm-O3",
        Build::WasmOs => "wasm-Os",
        Build::WasmO0 => "wasm-O0",
    }
}

/// Names what the macros were compiled with. A compiler that is built again has the same version but another file time.
fn key(toolchain: &Toolchain) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    toolchain.version.hash(&mut hasher);
    Build::ALL.map(Build::flags).hash(&mut hasher);
    fs::read(cargo::program_dir().join("Cargo.lock"))?.hash(&mut hasher);
    for entry in fs::read_dir(toolchain.root().join("lib"))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().contains("rustc_driver") {
            let file = entry.metadata()?;
            (file.len(), file.modified()?.duration_since(UNIX_EPOCH)?).hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// The command that compiles one package, as Cargo would.
fn rustc(toolchain: &Toolchain, package: &Package, build: Build, dir: &Path) -> Command {
    let mut rustc = toolchain.rustc();
    rustc.args(["--crate-name", &package.name, "--edition", &package.edition, "--cap-lints=allow"]);
    rustc.args(["--crate-type", if package.is_macro { "proc-macro" } else { "lib" }]);
    rustc.arg(&package.source).args(build.flags()).arg("--out-dir").arg(dir).arg("-L").arg(dir);
    for feature in &package.features {
        rustc.arg("--cfg").arg(format!("feature=\"{feature}\""));
    }
    for cfg in &package.cfgs {
        rustc.args(["--cfg", cfg]);
    }
    for dependency in &package.dependencies {
        rustc.arg("--extern").arg(format!("{dependency}={}", dir.join(format!("lib{dependency}.rlib")).display()));
    }
    if package.is_macro {
        rustc.args(["--extern", "proc_macro"]);
    }
    rustc.envs(package.env.iter().map(|(name, value)| (name, value)));
    if let Some(out_dir) = &package.out_dir {
        rustc.env("OUT_DIR", out_dir);
    }
    let mut numbers = package.version.split(['.', '-', '+']);
    rustc.env("CARGO_PKG_VERSION", &package.version).env("CARGO_PKG_NAME", package.name.replace('_', "-"));
    for part in ["MAJOR", "MINOR", "PATCH"] {
        rustc.env(format!("CARGO_PKG_VERSION_{part}"), numbers.next().unwrap_or("0"));
    }
    rustc
}
