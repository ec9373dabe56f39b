//! Where the cache is if nobody says.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{TAG_NAME, TAG_OWNER, TAG_SIGNATURE};
use crate::lexical;

/// The directory's name within a target directory.
const DIR_NAME: &str = "wasm-proc-macro";

/// The default directory of the cache: `wasm-proc-macro` in Cargo's target directory if `out_dir` (rustc's `--out-dir`)
/// lies in one, else in `out_dir` itself, and without that `target/wasm-proc-macro` in `cwd`.
///
/// A target directory is told by its `CACHEDIR.TAG`; the innermost one counts. Cargo leaves out the tag where somebody else
/// has made the directory. Then `cwd` would be the wrong place: for a dependency it is the directory of its sources, and what
/// lies in there is the dependency's choice.
pub fn default_dir(out_dir: Option<&Path>, cwd: &Path) -> PathBuf {
    let Some(out_dir) = out_dir else { return cwd.join("target").join(DIR_NAME) };
    let out_dir = lexical(&cwd.join(out_dir));
    let target = tagged_ancestor(&out_dir).or_else(|| tagged_ancestor(&out_dir.canonicalize().ok()?));
    target.unwrap_or(out_dir).join(DIR_NAME)
}

fn tagged_ancestor(dir: &Path) -> Option<PathBuf> {
    dir.ancestors().find(|dir| is_tagged(dir)).map(Path::to_owned)
}

/// Whether `dir` has a `CACHEDIR.TAG`, but not this cache's own.
fn is_tagged(dir: &Path) -> bool {
    let mut tag = Vec::new();
    let read = File::open(dir.join(TAG_NAME)).and_then(|file| file.take(1024).read_to_end(&mut tag));
    let contains = |text: &str| tag.windows(text.len()).any(|window| window == text.as_bytes());
    read.is_ok() && tag.starts_with(TAG_SIGNATURE.as_bytes()) && !contains(TAG_OWNER)
}
