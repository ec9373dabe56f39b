//! What a macro may read, by itself or by what the compiler expands for it.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// The most links that are followed on the way to one directory; the system has the same limit.
const LINK_LIMIT: u32 = 40;

/// The directories that may be read, and with them everything below.
#[derive(Debug)]
pub struct Readable {
    /// As they are written, and with links resolved.
    roots: Vec<PathBuf>,
    /// Where links lead is looked up on the way to them, and to the working directory: what stands on these ways.
    ways: Vec<PathBuf>,
}

impl Readable {
    /// What Cargo says of the package being compiled; without Cargo, the working directory.
    pub fn of_process() -> &'static Readable {
        static READABLE: OnceLock<Readable> = OnceLock::new();
        READABLE.get_or_init(Readable::from_environment)
    }

    fn from_environment() -> Readable {
        let working_dir = std::env::current_dir().unwrap_or_default();
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| working_dir.clone(), PathBuf::from);
        let out_dir = std::env::var_os("OUT_DIR").map(PathBuf::from);
        let roots = [Some(package), out_dir].into_iter().flatten().map(|root| working_dir.join(root));
        Readable::new(roots, &working_dir)
    }

    /// Those `roots`, which are absolute, for a compiler that runs in `working_dir`.
    pub fn new(roots: impl Iterator<Item = PathBuf>, working_dir: &Path) -> Readable {
        let mut ways = way(working_dir);
        let both = |path: PathBuf| {
            ways.extend(way(&path));
            let canonical = fs::canonicalize(&path).ok();
            [Some(lexical(&path)), canonical].into_iter().flatten()
        };
        // A root of no components would be everything.
        let roots: Vec<PathBuf> = roots.flat_map(both).filter(|root| root.parent().is_some()).collect();
        Readable { roots, ways }
    }

    /// Whether `path`, which has no links and no dots, may be read.
    pub fn allows(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    /// Whether it is on the way to what may be read, so that what kind of file it is and where it leads may be known.
    pub fn is_on_the_way(&self, path: &Path) -> bool {
        self.ways.iter().any(|way| way.starts_with(path))
    }

    /// Whether what stands along `path`, from link to link, may be read or is on the way to that. If not, it must not be told
    /// whether something is there.
    pub fn allows_way(&self, path: &Path) -> bool {
        way(path).iter().all(|place| self.allows(place) || self.is_on_the_way(place))
    }

    /// Whether the compiler may read the file at `path`, an absolute one, on behalf of a macro.
    pub fn allows_file(&self, path: &Path) -> bool {
        self.allows(&fs::canonicalize(path).unwrap_or_else(|_| lexical(path)))
    }
}

/// All that stands on the way along `path`, an absolute one, from link to link: what `canonicalize` in a guest looks at.
fn way(path: &Path) -> Vec<PathBuf> {
    // As if there were no links is how people walk.
    let mut seen = vec![lexical(path)];
    let mut here = PathBuf::new();
    // The components that are still to come, the next one last.
    let mut pending = Vec::new();
    let push = |pending: &mut Vec<OsString>, path: &Path| {
        let components = path.components().filter(|&component| component != Component::CurDir);
        pending.extend(components.rev().map(|component| component.as_os_str().to_owned()));
    };
    push(&mut pending, path);
    let mut links = 0;
    while let Some(component) = pending.pop() {
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
            push(&mut pending, &target);
        }
    }
    seen
}

/// The path without `.` and `..`, as if there were no links.
fn lexical(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = result.pop(),
            other => result.push(other),
        }
    }
    result
}
