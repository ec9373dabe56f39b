//! What macros have asked for in a project and did not get, kept in its target directory: by package id and module.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::grants::Grants;
use crate::key::Key;
use crate::refused::Refused;

/// Below the target directory.
const PLACE: &str = "wasm-proc-macro/asked";

/// How much is kept of one module. Whoever asks for more says nothing more by it.
const MOST: usize = 256;

/// What a module has asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) package: String,
    pub(crate) sha256: String,
    /// What it had when it last asked.
    pub(crate) grants: Grants,
    pub(crate) wanted: Vec<Wanted>,
}

/// Something that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Wanted {
    #[serde(flatten)]
    pub(crate) refused: Refused,
    /// When, in seconds since 1970.
    pub(crate) when: u64,
}

/// The records of a target directory.
pub(crate) struct Records {
    dir: PathBuf,
}

impl Records {
    pub(crate) fn of(target_dir: &Path) -> Records {
        Records { dir: target_dir.join(PLACE) }
    }

    fn path(&self, package: &str, sha256: &str) -> PathBuf {
        self.dir.join(format!("{}.json", Key::of(&(package, sha256))))
    }

    /// What a module has asked for.
    pub(crate) fn get(&self, package: &str, sha256: &str) -> Option<Asked> {
        let asked: Asked = serde_json::from_slice(&fs::read(self.path(package, sha256)).ok()?).ok()?;
        (asked.package == package && asked.sha256 == sha256).then_some(asked)
    }

    /// Everything that modules of a package have asked for, what was asked last first.
    pub(crate) fn of_package(&self, package: &str) -> Vec<Asked> {
        let files = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let records = files.filter_map(|file| serde_json::from_slice::<Asked>(&fs::read(file.path()).ok()?).ok());
        let mut records: Vec<Asked> = records.filter(|asked| asked.package == package).collect();
        records.sort_by_key(|asked| std::cmp::Reverse(asked.wanted.iter().map(|wanted| wanted.when).max()));
        records
    }

    /// Adds what a module has asked for now.
    pub(crate) fn add(&self, package: &str, sha256: &str, grants: Grants, refused: &[Refused]) -> io::Result<()> {
        let when = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut wanted = self.get(package, sha256).map(|asked| asked.wanted).unwrap_or_default();
        let is_new =
            |old: &Wanted| !refused.iter().any(|new| (&new.kind, &new.what) == (&old.refused.kind, &old.refused.what));
        wanted.retain(is_new);
        wanted.splice(0..0, refused.iter().map(|refused| Wanted { refused: refused.clone(), when }));
        wanted.truncate(MOST);
        let asked = Asked { package: package.to_owned(), sha256: sha256.to_owned(), grants, wanted };
        fs::create_dir_all(&self.dir)?;
        stubgen::write_atomically(&self.path(package, sha256), &serde_json::to_vec_pretty(&asked)?)
    }

    /// Forgets what a module has asked for.
    pub(crate) fn forget(&self, package: &str, sha256: &str) {
        _ = fs::remove_file(self.path(package, sha256));
    }
}
