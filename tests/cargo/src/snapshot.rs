//! What is in a directory, so that one can say that nothing has changed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use stubgen::module::Digest;

/// The name of the directory that may change.
const TARGET: &str = "target";

/// All entries of a tree outside `target`, by path.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<PathBuf, Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Directory,
    /// The mode, and the digest of the content.
    File(u32, Digest),
    Link(PathBuf),
}

impl Snapshot {
    /// Looks at everything in `root`.
    ///
    /// # Panics
    ///
    /// If something there cannot be read.
    pub fn of(root: &Path) -> Snapshot {
        let mut entries = BTreeMap::new();
        let mut open = vec![root.to_owned()];
        while let Some(dir) = open.pop() {
            let found = fs::read_dir(&dir).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", dir.display()));
            for entry in found {
                let path = entry.expect("a directory can be read").path();
                let below = path.strip_prefix(root).expect("it is below").to_owned();
                if below == Path::new(TARGET) {
                    continue;
                }
                let known = read(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()));
                if known == Entry::Directory {
                    open.push(path);
                }
                entries.insert(below, known);
            }
        }
        Snapshot(entries)
    }

    /// Nothing may be other than in `before`.
    #[track_caller]
    pub fn assert_is(&self, before: &Snapshot, what: &str) {
        let changes = self.changes(before);
        assert!(changes.is_empty(), "{what} has changed the tree:\n{}", changes.join("\n"));
    }

    /// A line for each entry that is other than in `before`.
    pub fn changes(&self, before: &Snapshot) -> Vec<String> {
        let say = |path: &Path, what: &str| format!("{what}: {}", path.display());
        let gone = before.0.keys().filter(|path| !self.0.contains_key(*path)).map(|path| say(path, "gone"));
        let other = self.0.iter().filter_map(|(path, entry)| match before.0.get(path) {
            None => Some(say(path, "new")),
            Some(old) if old != entry => Some(say(path, "changed")),
            Some(_) => None,
        });
        gone.chain(other).collect()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn read(path: &Path) -> std::io::Result<Entry> {
    let metadata = fs::symlink_metadata(path)?;
    Ok(if metadata.is_dir() {
        Entry::Directory
    } else if metadata.is_symlink() {
        Entry::Link(fs::read_link(path)?)
    } else {
        Entry::File(metadata.permissions().mode(), Digest::of(&fs::read(path)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_change_is_seen() {
        // All that other tests say about an unchanged tree rests on this.
        let lab = ::tests::Lab::new();
        for name in ["same", "other", "removed", "mode", "dir/deep", "target/debug/x"] {
            lab.write(name, "old");
        }
        let before = Snapshot::of(lab.path());
        assert!(Snapshot::of(lab.path()).changes(&before).is_empty());
        lab.write("other", "new");
        lab.write("dir/more", "");
        lab.write("target/debug/x", "new");
        lab.write("dir/target", "no target directory");
        fs::remove_file(lab.join("removed")).unwrap();
        fs::set_permissions(lab.join("mode"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(lab.join("empty")).unwrap();
        let mut changes = Snapshot::of(lab.path()).changes(&before);
        changes.sort();
        assert_eq!(
            changes,
            ["changed: mode", "changed: other", "gone: removed", "new: dir/more", "new: dir/target", "new: empty"]
        );
    }
}
