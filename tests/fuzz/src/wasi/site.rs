//! A directory with things that a guest may read and things that it may not.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustc_wasm_proc_macro_api::policy::{Grants, Policy};
use tempfile::TempDir;

use crate::place;

/// What stands in every file that a guest may not read, and in a variable that is not for it.
pub const SECRET: &str = "planted-secret-0c6f1d";

/// The variable with a secret.
const VARIABLE: &str = "FUZZ_NOT_GRANTED";

/// The guest's package, with all that is granted.
pub const PACKAGE: &str = "package";

/// Paths below the directory, as a guest may name them.
pub const NAMES: [&str; 30] = [
    "package",
    "package/",
    "package/file",
    "package/file/",
    "package/empty",
    "package/dir",
    "package/dir/nested",
    "package/dir/../file",
    "package/./dir//nested",
    "package/missing",
    "package/missing/../file",
    "package/pipe",
    "package/inside",
    "package/inside/",
    "package/outside",
    "package/outside-dir",
    "package/outside-dir/secret",
    "package/outside-dir/missing",
    "package/circle",
    "package/dangling",
    "package/../secrets/secret",
    "secrets",
    "secrets/secret",
    "secrets/missing",
    "secrets/back",
    "secrets/back/file",
    "granted",
    "granted/../secrets/secret",
    "alias/file",
    ".",
];

/// The directory.
pub struct Site {
    _dir: TempDir,
    pub root: PathBuf,
    pub grants: Grants,
    /// Every file and directory with its size and time, from the beginning.
    listing: Vec<(PathBuf, u64, std::time::SystemTime)>,
}

impl Site {
    pub fn new() -> std::io::Result<Site> {
        let dir = place::directory("wasi");
        let root = dir.path().canonicalize()?;
        for name in ["package/dir", "secrets/other"] {
            fs::create_dir_all(root.join(name))?;
        }
        for (name, text) in [
            ("package/file", "this may be read, and it has more than one buffer's worth of text in it. "),
            ("package/dir/nested", "nested"),
            ("package/empty", ""),
            ("granted", "by itself"),
            ("secrets/secret", SECRET),
            (concat!("secrets/", "planted-secret-0c6f1d", "-name"), ""),
        ] {
            fs::write(root.join(name), text)?;
        }
        for (target, name) in [
            ("file", "package/inside"),
            ("../secrets/secret", "package/outside"),
            ("../secrets", "package/outside-dir"),
            ("circle", "package/circle"),
            ("planted-secret-0c6f1d", "secrets/link"),
            ("nowhere", "package/dangling"),
            ("../package", "secrets/back"),
            ("package", "alias"),
        ] {
            symlink(target, root.join(name))?;
        }
        _ = Command::new("mkfifo").arg(root.join("package/pipe")).status();
        let policy = root.join("policy.toml");
        fs::write(&policy, "[permissions.guest]\nread = [\"package\", \"granted\"]\nenv = [\"FUZZ_GRANTED\"]\n")?;
        let grants = Policy::read(&policy).expect("the policy is right").grants(&[0; 32], "guest", "0.1.0");
        fs::remove_file(policy)?;
        let listing = listing(&root)?;
        Ok(Site { _dir: dir, root, grants, listing })
    }

    /// Whether nothing has changed.
    pub fn is_untouched(&self) -> bool {
        listing(&self.root).is_ok_and(|listing| listing == self.listing)
    }

    /// Whether a guest may read what is at that place, which has no links in it.
    pub fn may_read(&self, canonical: &Path) -> bool {
        canonical.starts_with(self.root.join(PACKAGE))
            || canonical == self.root.join("granted")
            || self.is_working(canonical)
    }

    /// Without Cargo, the working directory may be read.
    fn is_working(&self, canonical: &Path) -> bool {
        std::env::current_dir().is_ok_and(|dir| canonical.starts_with(dir))
    }

    /// Whether a guest may know that there is a directory or link at that place: on the way to what it may read.
    pub fn may_look(&self, place: &Path) -> bool {
        let ways = [self.root.join(PACKAGE), self.root.join("granted")];
        self.may_read(place)
            || ways.iter().any(|way| way.starts_with(place))
            || std::env::current_dir().is_ok_and(|dir| dir.starts_with(place))
    }
}

/// Sets variables for all guests of this process.
pub fn set_variables() {
    // SAFETY: nothing but Rust's own library looks at the environment in the processes of this crate, and that has a lock for it.
    unsafe {
        std::env::set_var(VARIABLE, SECRET);
        std::env::set_var("FUZZ_GRANTED", "granted");
        std::env::remove_var("CARGO_MANIFEST_DIR");
        std::env::remove_var("OUT_DIR");
    }
}

fn listing(dir: &Path) -> std::io::Result<Vec<(PathBuf, u64, std::time::SystemTime)>> {
    let mut found = Vec::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let metadata = entry.path().symlink_metadata()?;
            if metadata.is_dir() {
                pending.push(entry.path());
            }
            found.push((entry.path(), metadata.len(), metadata.modified()?));
        }
    }
    found.sort();
    Ok(found)
}
