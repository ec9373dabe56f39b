//! What a macro may read, by itself or by what the compiler expands for it.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use stubgen::lexical;

/// The most links that are followed on the way to one place; the system has the same limit.
const LINK_LIMIT: u32 = 40;

/// The files and directories that may be read, directories with everything below.
#[derive(Debug)]
pub struct Readable {
    /// As they are written, and with links resolved.
    roots: Vec<PathBuf>,
    /// Where links lead is looked up on the way to them, and to the working directory: what stands on these ways.
    ways: HashSet<PathBuf>,
}

/// What to do with a link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Go where it leads.
    Follow,
    /// Stay at the link itself.
    Keep,
}

/// Why a path leads nowhere.
#[derive(Debug)]
pub enum Unresolved {
    /// To a place of which nothing may be known: this one.
    Denied(PathBuf),
    /// The system's error.
    Failed(io::Error),
}

impl Readable {
    /// A compiler's that runs in `working_dir`: its `own` directories, and what somebody has `granted`. All of them are absolute.
    pub fn new(
        own: impl IntoIterator<Item = PathBuf>,
        granted: impl IntoIterator<Item = PathBuf>,
        working_dir: &Path,
    ) -> Readable {
        // Everything is what somebody may grant, but nobody's package.
        let own = own.into_iter().filter(|root| lexical(root).parent().is_some());
        let mut places = way(working_dir);
        let mut roots = Vec::new();
        for root in own.chain(granted) {
            places.extend(way(&root));
            roots.extend([canonical(&root), lexical(&root)]);
        }
        roots.sort_unstable();
        roots.dedup();
        let ways = places.iter().flat_map(|place| place.ancestors()).map(Path::to_owned).collect();
        Readable { roots, ways }
    }

    /// Whether `path`, which has no links and no dots, may be read.
    pub fn allows(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    /// Whether it is on the way to what may be read, so that what kind of file it is and where it leads may be known.
    pub fn is_on_the_way(&self, path: &Path) -> bool {
        self.ways.contains(path)
    }

    /// Where `path` leads, an absolute one: to a place without links that [may be read](Readable::allows), or is [on the way
    /// there](Readable::is_on_the_way).
    ///
    /// Each component of the path is judged before the system is asked for it, so that nothing tells whether something is
    /// there that may not be known, and asking changes nothing (a directory may be one that is mounted when somebody looks
    /// at it). A link's target may lead through elsewhere, since whoever made the link has named it; if it ends there, it
    /// is denied like any such place.
    ///
    /// # Errors
    ///
    /// The place is denied, or the system has no such place.
    pub fn resolve(&self, path: &Path, link: Link) -> Result<PathBuf, Unresolved> {
        // What ends so is no link but the directory that the link leads to.
        let end = path.as_os_str().as_encoded_bytes();
        let must_be_dir = end.ends_with(b"/") || end.ends_with(b"/.");
        let link = if must_be_dir { Link::Follow } else { link };
        let here = self.walk(path, link)?;
        if must_be_dir && !fs::symlink_metadata(&here).map_err(Unresolved::Failed)?.is_dir() {
            return Err(not_a_directory());
        }
        Ok(here)
    }

    fn walk(&self, path: &Path, link: Link) -> Result<PathBuf, Unresolved> {
        let mut here = PathBuf::new();
        let mut pending = Pending::default();
        pending.push(path, false);
        let mut links = 0;
        // Whether `here` is where something may be known.
        let mut known = true;
        while let Some(Step { component, of_link }) = pending.0.pop() {
            if is_root(&component) {
                here.push(component);
                known = true;
                continue;
            }
            let back = component == "..";
            let next = match back {
                true => here.parent().unwrap_or(&here).to_owned(),
                false => here.join(&component),
            };
            let next_known = self.allows(&next) || self.is_on_the_way(&next);
            // Elsewhere, only a link's own target is followed; and not back, since what is there would decide where that is.
            let follows_blindly = of_link && !back;
            if (!known || !next_known) && !follows_blindly {
                return Err(Unresolved::Denied(pending.rest(next)));
            }
            if back {
                if !fs::symlink_metadata(&here).map_err(Unresolved::Failed)?.is_dir() {
                    return Err(not_a_directory());
                }
                here = next;
                continue;
            }
            if pending.0.is_empty() && link == Link::Keep {
                (here, known) = (next, next_known);
                break;
            }
            match fs::read_link(&next) {
                Ok(_) if links == LINK_LIMIT => {
                    return Err(match next_known {
                        true => Unresolved::Failed(too_many_links()),
                        false => Unresolved::Denied(pending.rest(next)),
                    });
                }
                Ok(target) => {
                    links += 1;
                    pending.push(&target, true);
                }
                Err(error) if error.kind() != io::ErrorKind::InvalidInput && next_known => {
                    return Err(Unresolved::Failed(error));
                }
                // It is no link; or it may not be known whether it is one.
                Err(_) => (here, known) = (next, next_known),
            }
        }
        if known { Ok(here) } else { Err(Unresolved::Denied(here)) }
    }

    /// Whether the compiler may read the file at `path`, an absolute one, on behalf of a macro. What is not there may be looked
    /// for if it might be read.
    pub fn allows_file(&self, path: &Path) -> bool {
        match self.resolve(path, Link::Follow) {
            Ok(place) => self.allows(&place),
            Err(Unresolved::Failed(_)) => true,
            Err(Unresolved::Denied(_)) => false,
        }
    }
}

fn not_a_directory() -> Unresolved {
    Unresolved::Failed(io::ErrorKind::NotADirectory.into())
}

#[cfg(unix)]
fn too_many_links() -> io::Error {
    // Its kind is not stable yet.
    io::Error::from_raw_os_error(if cfg!(target_os = "linux") { 40 } else { 62 })
}

#[cfg(not(unix))]
fn too_many_links() -> io::Error {
    io::Error::other("too many links")
}

/// One component of a path.
struct Step {
    component: OsString,
    /// Whether it stands in a link's target.
    of_link: bool,
}

/// The components that are still to come, the next one last.
#[derive(Default)]
struct Pending(Vec<Step>);

impl Pending {
    fn push(&mut self, path: &Path, of_link: bool) {
        let components = path.components().filter(|&component| component != Component::CurDir);
        self.0.extend(components.rev().map(|component| Step { component: component.as_os_str().to_owned(), of_link }));
    }

    /// Where all of them lead from `here`, as if there were no links.
    fn rest(&self, here: PathBuf) -> PathBuf {
        lexical(&self.0.iter().rev().fold(here, |here, step| here.join(&step.component)))
    }
}

fn is_root(component: &OsString) -> bool {
    matches!(Path::new(component).components().next(), Some(Component::RootDir | Component::Prefix(_)))
}

/// All that stands on the way along `path`, an absolute one, from link to link: what `canonicalize` in a guest looks at.
fn way(path: &Path) -> Vec<PathBuf> {
    // As if there were no links is how people walk.
    let mut seen = vec![lexical(path)];
    let mut here = PathBuf::new();
    let mut pending = Pending::default();
    pending.push(path, false);
    let mut links = 0;
    while let Some(Step { component, .. }) = pending.0.pop() {
        if component == ".." {
            here.pop();
            continue;
        }
        here.push(component);
        seen.push(here.clone());
        if links < LINK_LIMIT
            && let Ok(target) = fs::read_link(&here)
        {
            links += 1;
            here.pop();
            pending.push(&target, true);
        }
    }
    seen
}

/// Where `path` leads, as far as it exists.
fn canonical(path: &Path) -> PathBuf {
    let path = lexical(path);
    for ancestor in path.ancestors() {
        if let (Ok(canonical), Ok(rest)) = (fs::canonicalize(ancestor), path.strip_prefix(ancestor)) {
            return if rest.as_os_str().is_empty() { canonical } else { canonical.join(rest) };
        }
    }
    path
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use super::{Link, Readable, Unresolved};

    /// A directory whose path has no links, with files at `paths`.
    fn directory(paths: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for path in paths {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "").unwrap();
        }
        (dir, root)
    }

    fn denied(readable: &Readable, path: &Path) -> PathBuf {
        match readable.resolve(path, Link::Follow) {
            Err(Unresolved::Denied(place)) => place,
            other => panic!("{}: {other:?}", path.display()),
        }
    }

    #[test]
    fn a_grant_is_a_file_or_a_directory_and_holds_where_links_lead() {
        let (_dir, dir) = directory(&["package/file", "data/a/b", "data/c", "real/deep/x", ".env", ".env2"]);
        symlink(dir.join("real"), dir.join("alias")).unwrap();
        symlink("../alias/deep", dir.join("package/link")).unwrap();
        symlink(dir.join("data/c"), dir.join("package/other")).unwrap();
        let granted = ["data/a", ".env", "alias/deep", "later/file"].map(|name| dir.join(name));
        let readable = Readable::new([dir.join("package")], granted, &dir);
        for name in [
            "package/file",
            "package/link/x",
            "data/a/b",
            ".env",
            "alias/deep/x",
            "real/deep/x",
            "package/missing",
            "later/file",
        ] {
            assert!(readable.allows_file(&dir.join(name)), "{name}");
        }
        // What has no other right than to begin alike, or to be linked to.
        for name in ["data/c", ".env2", ".envx", "real", "data/a/../c", "package/other", "package/../data/c"] {
            assert!(!readable.allows_file(&dir.join(name)), "{name}");
        }
        // A message says where it leads, and whoever grants that grants no more.
        assert_eq!(denied(&readable, &dir.join("package/other")), dir.join("data/c"));
        let granted = Readable::new([dir.join("package")], [dir.join("data/c")], &dir);
        assert!(granted.allows_file(&dir.join("package/other")));
        assert!(!granted.allows_file(&dir.join("data/a/b")));
    }

    #[test]
    fn a_link_may_lead_through_elsewhere_to_what_may_be_read() {
        let (_dir, dir) = directory(&["package/file", "granted/x", "hidden/y"]);
        symlink(dir.join("granted"), dir.join("hidden/middle")).unwrap();
        symlink(dir.join("hidden/middle"), dir.join("package/link")).unwrap();
        symlink(dir.join("hidden"), dir.join("package/out")).unwrap();
        let readable = Readable::new([dir.join("package")], [dir.join("granted")], &dir);
        assert_eq!(readable.resolve(&dir.join("package/link/x"), Link::Follow).unwrap(), dir.join("granted/x"));
        // But who names the place elsewhere himself learns nothing of it.
        for name in ["hidden/middle/x", "package/out/middle/x", "package/out/../package/file"] {
            denied(&readable, &dir.join(name));
        }
    }

    #[test]
    fn a_link_does_not_tell_whether_something_is_there() {
        // A package may come with links (from Git). Through what may not be known there is no way back.
        let (_dir, dir) = directory(&["package/file", "home/there/x"]);
        for name in ["there", "missing"] {
            symlink(dir.join(format!("home/{name}/../../package/file")), dir.join(format!("package/{name}"))).unwrap();
        }
        let readable = Readable::new([dir.join("package")], [], Path::new("/"));
        for name in ["there", "missing"] {
            assert_eq!(denied(&readable, &dir.join("package").join(name)), dir.join("package/file"), "{name}");
        }
    }

    #[test]
    fn everything_can_be_granted_but_is_nobodys_package() {
        assert!(!Readable::new([PathBuf::from("/")], [], Path::new("/")).allows_file(Path::new("/etc/hostname")));
        assert!(!Readable::new([PathBuf::from("/x/..")], [], Path::new("/")).allows_file(Path::new("/etc/hostname")));
        assert!(Readable::new([], [PathBuf::from("/")], Path::new("/")).allows_file(Path::new("/etc/hostname")));
    }

    #[test]
    fn links_in_a_circle_and_files_as_directories_fail_as_the_system_says() {
        let (_dir, dir) = directory(&["package/file"]);
        symlink("two", dir.join("package/one")).unwrap();
        symlink("one", dir.join("package/two")).unwrap();
        let readable = Readable::new([dir.join("package")], [], Path::new("/"));
        for name in ["one", "file/x", "file/..", "file/", "file/.", "missing", "missing/..", "one/x"] {
            let path = dir.join("package").join(name);
            let expected = fs::canonicalize(&path).unwrap_err().raw_os_error();
            match readable.resolve(&path, Link::Follow) {
                Err(Unresolved::Failed(error)) => {
                    let same = error.raw_os_error().map_or(expected == Some(20), |code| Some(code) == expected);
                    assert!(same, "{name}: {error}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
        let kept = readable.resolve(&dir.join("package/one"), Link::Keep).unwrap();
        assert_eq!(kept, dir.join("package/one"));
    }
}
