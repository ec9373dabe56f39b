//! The toolchain that this command is part of: its programs, and what tells it from other builds of itself.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};
use stubgen::module::Digest;

use crate::failure::{Failure, Result};
use crate::store::Store;

/// Says where the toolchain is, for tests of this command.
const OVERRIDE: &str = "WASM_PROC_MACRO_TOOLCHAIN";

/// The target for which macros are built.
pub(crate) const GUEST_TARGET: &str = "wasm32-wasip1";

/// A toolchain's directory.
pub(crate) struct Toolchain {
    root: PathBuf,
}

impl Toolchain {
    /// The toolchain in whose `bin` this program stands.
    pub(crate) fn find() -> Result<Toolchain> {
        let root = match env::var_os(OVERRIDE) {
            Some(root) => PathBuf::from(root),
            None => {
                // The true path: what is linked to from elsewhere still belongs to its own `cargo`.
                let own = env::current_exe().and_then(fs::canonicalize);
                let own =
                    own.map_err(|error| Failure::new(format!("cannot find the path of this command: {error}")))?;
                own.ancestors().nth(2).unwrap_or(Path::new("/")).to_owned()
            }
        };
        let toolchain = Toolchain { root: std::path::absolute(&root).unwrap_or(root) };
        for name in ["cargo", "rustc"] {
            let path = toolchain.program(name);
            if !path.exists() {
                return Err(Failure::new(format!("there is no `{}` beside this command", path.display()))
                    .help("the command must be in the toolchain's `bin` directory; `./x.py build` puts it there"));
            }
        }
        toolchain.check_environment()?;
        Ok(toolchain)
    }

    /// Its directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.root.join("bin").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// The command, which is this program where Cargo is not.
    pub(crate) fn own(&self) -> io::Result<PathBuf> {
        if cfg!(feature = "command") { env::current_exe() } else { Ok(self.program("cargo-wasm-proc-macro")) }
    }

    /// Only the fork's compiler takes modules, so another one must not be chosen silently, nor silently passed over.
    fn check_environment(&self) -> Result<()> {
        for (variable, name) in [("RUSTC", "rustc"), ("RUSTDOC", "rustdoc")] {
            let Some(asked) = env::var_os(variable).filter(|asked| !asked.is_empty()) else { continue };
            let ours = self.program(name);
            let is_ours = match (fs::canonicalize(&asked), fs::canonicalize(&ours)) {
                (Ok(asked), Ok(ours)) => asked == ours,
                _ => asked == ours.as_os_str(),
            };
            if !is_ours {
                let message = format!("`{variable}` says `{}`, which cannot run macros from Wasm", asked.display());
                return Err(Failure::new(message)
                    .note(format!("this command uses `{}`", ours.display()))
                    .help(format!("unset `{variable}`, or use plain `cargo`")));
            }
        }
        Ok(())
    }

    /// Cargo, with the fork's compiler.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(self.program("cargo"));
        command.env("RUSTC", self.program("rustc")).env("RUSTDOC", self.program("rustdoc"));
        // The Cargo that has called this command may be another, and Cargo believes what this says about itself.
        command.env_remove("CARGO");
        command
    }

    /// The value that a variable has for compilers because Cargo, or this command, says which toolchain it is.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        match name {
            "CARGO" => fs::canonicalize(self.program("cargo")).ok().map(PathBuf::into_os_string),
            "RUSTC" | "RUSTDOC" => Some(self.program(&name.to_ascii_lowercase()).into_os_string()),
            _ => None,
        }
    }

    /// A digest of everything in the toolchain that decides what a module is made of.
    ///
    /// `rustc -vV` tells releases apart, but not two builds of a fork that is being worked on, and neither do the names of its
    /// libraries. So their contents are digested: the compiler, LLVM, the linker, the guests' standard library, and Cargo, which
    /// has the flags for macros. Times and paths are no part of it, so that an installed copy of a toolchain shares its modules.
    /// They serve to remember the digest, because reading 200 MB on each run would take longer than all else.
    pub(crate) fn identity(&self, store: &Store) -> io::Result<Digest> {
        let files = self.compiler_files()?;
        let listing = listing(&files)?;
        if let Some(known) = store.compiler(&listing) {
            return Ok(known);
        }
        let mut contents = Sha256::new();
        for (path, metadata) in &files {
            let name = path.strip_prefix(&self.root).unwrap_or(path);
            contents.update(format!("{}\0{}\n", name.display(), metadata.len()));
            io::copy(&mut File::open(path)?, &mut contents)?;
        }
        let identity = Digest(contents.finalize().into());
        store.remember_compiler(&listing, &identity);
        Ok(identity)
    }

    /// A digest of the names, sizes and times of what [`identity`](Toolchain::identity) digests: the same only for the same.
    pub(crate) fn listing(&self) -> io::Result<Digest> {
        listing(&self.compiler_files()?)
    }

    /// The files that [`identity`](Toolchain::identity) is about, in the order of their paths.
    fn compiler_files(&self) -> io::Result<Vec<(PathBuf, fs::Metadata)>> {
        let lib = self.root.join("lib");
        let mut files = Vec::new();
        let cargo = self.program("cargo");
        files.push((cargo.clone(), fs::metadata(cargo)?));
        let starts = ["rustc", "librustc_driver", "rustc_driver", "libLLVM", "LLVM"];
        let is_compiler = |name: &str| starts.iter().any(|start| name.starts_with(start));
        // On Windows the compiler's libraries stand beside its program.
        add_files(&self.root.join("bin"), &mut files, is_compiler)?;
        add_files(&lib, &mut files, is_compiler)?;
        let rustlib = lib.join("rustlib");
        add_files(&rustlib.join(GUEST_TARGET).join("lib"), &mut files, |_| true)?;
        if let Ok(targets) = fs::read_dir(&rustlib) {
            for target in targets {
                let bin = target?.path().join("bin");
                add_files(&bin, &mut files, |_| true)?;
                add_files(&bin.join("gcc-ld"), &mut files, |_| true)?;
            }
        }
        files.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(files)
    }
}

fn listing(files: &[(PathBuf, fs::Metadata)]) -> io::Result<Digest> {
    let mut listing = Sha256::new();
    for (path, metadata) in files {
        let time = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        listing.update(format!("{}\0{}\0{time}\n", path.display(), metadata.len()));
    }
    Ok(Digest(listing.finalize().into()))
}

/// Adds the files in `dir`, if there is one, whose names `wanted` likes.
fn add_files(dir: &Path, files: &mut Vec<(PathBuf, fs::Metadata)>, wanted: impl Fn(&str) -> bool) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        // Beside the targets lies the list of the toolchain's components.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().map(OsString::from).unwrap_or_default();
        let metadata = fs::metadata(&path)?;
        if metadata.is_file() && wanted(&name.to_string_lossy()) {
            files.push((path, metadata));
        }
    }
    Ok(())
}
