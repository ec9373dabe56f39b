//! `canonicalize` for WASI, which has no call for it and whose libc may lack `realpath`.

use crate::ffi::{CStr, OsString};
use crate::io;
use crate::os::wasi::ffi::OsStrExt;
use crate::path::{Component, Path, PathBuf};
use crate::{env, ffi, fs};

/// Links that are followed before they count as a loop; POSIX asks for 8 at least.
const LINK_LIMIT: u32 = 40;

/// The absolute path of `path` without links, `.` and `..`.
pub(super) fn canonicalize(path: &CStr) -> io::Result<PathBuf> {
    let path = Path::new(ffi::OsStr::from_bytes(path.to_bytes()));
    let mut resolved = PathBuf::from("/");
    // The components that are still to come, the next one last.
    let mut pending = Vec::new();
    push(&mut pending, &env::current_dir()?.join(path));
    let mut links = 0;
    while let Some(component) = pending.pop() {
        if component == ".." {
            resolved.pop();
            continue;
        }
        let next = resolved.join(&component);
        if !fs::symlink_metadata(&next)?.is_symlink() {
            resolved = next;
            continue;
        }
        links += 1;
        if links > LINK_LIMIT {
            return Err(io::Error::from(io::ErrorKind::FilesystemLoop));
        }
        let target = fs::read_link(&next)?;
        if target.is_absolute() {
            resolved = PathBuf::from("/");
        }
        push(&mut pending, &target);
    }
    Ok(resolved)
}

fn push(pending: &mut Vec<OsString>, path: &Path) {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_os_string()),
        Component::ParentDir => Some(OsString::from("..")),
        _ => None,
    });
    pending.extend(names.rev());
}
