//! What must be true of each call's result, told from the host's own file system.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::operations::{FIRST_REFUSED, LONG, Operation, SMALL};
use super::site::Site;

const BADF: u32 = 8;
const FAULT: u32 = 21;
const NOTCAPABLE: u32 = 76;

/// The first descriptor that `path_open` returns: behind the streams, the root and the working directory.
const FIRST: u32 = 5;

/// A descriptor that is open.
enum Open {
    /// Its content, and where it is read next, unless a call that failed may have moved that.
    File {
        content: Vec<u8>,
        at: Option<u64>,
    },
    Dir {
        path: PathBuf,
    },
}

/// What is known of a guest.
pub(super) struct Model<'a> {
    site: &'a Site,
    working_dir: PathBuf,
    open: BTreeMap<u32, Open>,
    /// The guest's memory when it was done, and where that begins.
    memory: &'a [u8],
    /// What the compiler must have been told.
    pub(super) read: BTreeSet<PathBuf>,
    /// Whether something was refused that the compiler must have been told.
    pub(super) is_refused: bool,
}

impl<'a> Model<'a> {
    pub(super) fn new(site: &'a Site, memory: &'a [u8]) -> Model<'a> {
        let working_dir = std::env::current_dir().unwrap_or_default();
        Model { site, working_dir, open: BTreeMap::new(), memory, read: BTreeSet::new(), is_refused: false }
    }

    fn bytes(&self, at: u32, len: u32) -> &'a [u8] {
        let start = at.checked_sub(crate::guest::CLEARED).expect("operations write to their parts") as usize;
        &self.memory[start..start + len as usize]
    }

    fn number(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().expect("four bytes"))
    }

    fn wide(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().expect("eight bytes"))
    }

    /// Checks the result of the next call.
    pub(super) fn check(&mut self, operation: &Operation, errno: u32) {
        let part = operation.part;
        assert!(errno <= 76, "{errno} is no error code");
        self.is_refused |= errno == NOTCAPABLE;
        if operation.function >= FIRST_REFUSED {
            assert_ne!(errno, 0, "nothing of that kind succeeds");
            return;
        }
        let fd = operation.arguments.first().map_or(0, |fd| *fd as u32);
        let is_known = fd < FIRST || self.open.contains_key(&fd);
        if operation.name().starts_with("fd_") && !is_known && !operation.is_wild {
            assert_eq!(errno, BADF, "{fd} is not open");
        }
        match operation.name() {
            "path_open" => self.path_open(operation, errno),
            "path_filestat_get" if errno == 0 => self.looked(operation, operation.arguments[1] & 1 == 1),
            "path_readlink" if errno == 0 => {
                self.looked(operation, false);
                let Some((_, place)) = self.place(operation, false) else { return };
                let target = fs::read_link(&place).expect("it is a link");
                let len = self.number(part + SMALL);
                assert_eq!(self.bytes(part + LONG, len), &target.as_os_str().as_bytes()[..len as usize]);
            }
            "fd_read" | "fd_pread" => self.read(operation, fd, errno),
            "fd_seek" | "fd_tell" => self.seek(operation, fd, errno),
            "fd_close" if errno == 0 => _ = self.open.remove(&fd),
            "fd_close" => assert!(!is_known, "what is open can be closed"),
            "fd_readdir" if errno == 0 => self.readdir(operation, fd),
            "fd_fdstat_get" if errno == 0 => {
                let (kind, rights) = (self.bytes(part + LONG, 1)[0], self.wide(part + LONG + 8));
                self.check_kind(fd, kind);
                assert_eq!(rights & (1 << 8 | 1 << 22), 0, "a right to allocate or to set the size");
                assert!(fd <= 2 || rights & 1 << 6 == 0, "a right to write");
            }
            "fd_filestat_get" if errno == 0 => {
                self.check_kind(fd, self.bytes(part + LONG + 16, 1)[0]);
                if let Some(Open::File { content, .. }) = self.open.get(&fd) {
                    assert_eq!(self.wide(part + LONG + 32), content.len() as u64);
                }
            }
            "fd_prestat_get" if errno == 0 => {
                let expected = if fd == 3 { 1 } else { self.working_dir.as_os_str().len() };
                assert!((3..FIRST).contains(&fd), "{fd} is not there from the beginning");
                assert_eq!((self.number(part + SMALL), self.number(part + SMALL + 4)), (0, expected as u32));
            }
            "fd_prestat_get" if (3..FIRST).contains(&fd) => assert_eq!(errno, FAULT),
            _ => {}
        }
    }

    fn check_kind(&self, fd: u32, kind: u8) {
        let expected = match (fd, self.open.get(&fd)) {
            (0..=2, _) => 2,
            (_, Some(Open::File { .. })) => 4,
            _ => 3,
        };
        assert_eq!(kind, expected, "{fd} is of another kind");
    }

    /// Where a call's path leads: as the guest means it, and with its links resolved, the last one only if it is followed.
    fn place(&self, operation: &Operation, follow: bool) -> Option<(PathBuf, PathBuf)> {
        let path = Path::new(OsStr::from_bytes(operation.path.as_ref()?));
        let base = match (operation.arguments[0] as u32, self.open.get(&(operation.arguments[0] as u32))) {
            (3, _) => Path::new("/"),
            (4, _) => &self.working_dir,
            (_, Some(Open::Dir { path })) => path,
            _ => return None,
        };
        let path = base.join(path);
        let text = path.as_os_str().as_bytes();
        let follow = follow || text.ends_with(b"/") || text.ends_with(b"/.");
        let place = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if !follow => parent.canonicalize().ok()?.join(name),
            _ => path.canonicalize().ok()?,
        };
        Some((path, place))
    }

    fn path_open(&mut self, operation: &Operation, errno: u32) {
        let [_, lookup, _, _, oflags, rights, ..] = operation.arguments[..] else { return };
        let place = self.place(operation, lookup & 1 == 1);
        if errno == 0 {
            let Some((path, place)) = place else {
                assert!(operation.path.is_none(), "what cannot be found was opened");
                // A path of bytes that happened to stand there.
                return self.opened(operation, Open::Dir { path: PathBuf::new() });
            };
            assert!(self.site.may_read(&place), "`{}` was opened", place.display());
            assert_eq!(oflags & 9, 0, "nothing is made or cut off");
            let open = if place.is_dir() {
                Open::Dir { path }
            } else {
                assert_eq!(rights & (1 << 6 | 1 << 8 | 1 << 22), 0, "a right to write");
                self.read.insert(place.clone());
                Open::File { content: fs::read(&place).expect("it can be read"), at: Some(0) }
            };
            return self.opened(operation, open);
        }
        let Some((path, place)) = place else { return };
        // What may be read is opened if nothing else is asked for, and the way there leads past nothing else.
        let is_plain = place.is_file() && !place.is_symlink() && rights == 2 && oflags == 0;
        let is_direct = self.site.may_read(&path) && !path.components().any(|component| component.as_os_str() == "..");
        assert!(
            !(is_plain && is_direct && self.site.may_read(&place) && !operation.is_wild),
            "`{}` was not opened: {errno}",
            path.display()
        );
    }

    fn opened(&mut self, operation: &Operation, open: Open) {
        let free = (FIRST..).find(|fd| !self.open.contains_key(fd)).expect("there are few");
        assert_eq!(self.number(operation.part + SMALL), free, "another descriptor than the first that is free");
        self.open.insert(free, open);
    }

    /// The guest was told something of what is at a path.
    fn looked(&self, operation: &Operation, follow: bool) {
        if let Some((path, place)) = self.place(operation, follow) {
            assert!(self.site.may_look(&place), "it is known what `{}` is: `{}`", path.display(), place.display());
        } else {
            assert!(operation.path.is_none(), "what cannot be found is known");
        }
    }

    fn read(&mut self, operation: &Operation, fd: u32, errno: u32) {
        let at_argument = (operation.name() == "fd_pread").then(|| operation.arguments[3]);
        let Some(Open::File { content, at }) = self.open.get_mut(&fd) else {
            return if fd != 0 {
                assert_ne!(errno, 0, "{fd} is no file")
            };
        };
        let Some(start) = at_argument.or(*at) else { return };
        if errno != 0 {
            // Some buffers may have been filled before.
            if at_argument.is_none() {
                *at = None;
            }
            assert!(operation.is_wild || i64::try_from(start).is_err(), "a file was not read: {errno}");
            return;
        }
        let content = content.get(start.min(content.len() as u64) as usize..).unwrap_or_default().to_vec();
        let Some(buffers) = operation.buffers else {
            *at = at_argument.and(*at);
            return;
        };
        let room: u32 = buffers.iter().map(|(_, len)| len).sum();
        let expected = (room as usize).min(content.len());
        if at_argument.is_none() {
            *at = Some(start + expected as u64);
        }
        assert_eq!(self.number(operation.part + SMALL) as usize, expected, "another number of bytes");
        let mut found = Vec::new();
        for (at, len) in buffers {
            found.extend_from_slice(self.bytes(at, len));
        }
        found.truncate(buffers[0].1 as usize + expected.saturating_sub(buffers[0].1 as usize));
        assert_eq!(&found[..expected], &content[..expected], "other bytes than the file's");
    }

    fn seek(&mut self, operation: &Operation, fd: u32, errno: u32) {
        let Some(Open::File { content, at }) = self.open.get_mut(&fd) else {
            return assert_ne!(errno, 0, "{fd} is no file");
        };
        let (offset, whence) = match operation.name() {
            "fd_tell" => (0, 1),
            _ => (operation.arguments[1].cast_signed(), operation.arguments[2]),
        };
        let from = match whence {
            0 => Some(0),
            1 => *at,
            2 => Some(content.len() as u64),
            _ => return assert_ne!(errno, 0, "there is no such way to seek"),
        };
        let Some(from) = from else { return };
        let to = i128::from(from) + i128::from(offset);
        match u64::try_from(to).ok().filter(|to| i64::try_from(*to).is_ok()) {
            None => assert_ne!(errno, 0, "before the beginning"),
            // Nothing moves if there is no place for the answer.
            Some(_) if errno == FAULT => {}
            Some(to) => {
                assert_eq!(errno, 0, "a file has that place");
                *at = Some(to);
                assert_eq!(self.wide(operation.part + SMALL), to);
            }
        }
    }

    fn readdir(&mut self, operation: &Operation, fd: u32) {
        let Some(Open::Dir { path }) = self.open.get(&fd) else { panic!("{fd} is no directory") };
        if path.as_os_str().is_empty() || operation.is_wild {
            return;
        }
        let mut known: BTreeSet<Vec<u8>> = [b".".to_vec(), b"..".to_vec()].into();
        let entries = fs::read_dir(path).expect("it can be listed");
        known.extend(entries.flatten().map(|entry| entry.file_name().as_bytes().to_vec()));
        let mut rest = self.bytes(operation.part + LONG, self.number(operation.part + SMALL));
        while let Some((head, names)) = rest.split_first_chunk::<24>() {
            let len = u32::from_le_bytes(head[16..20].try_into().expect("four bytes")) as usize;
            let Some((name, more)) = names.split_at_checked(len) else { break };
            assert!(known.contains(name), "`{}` has no entry {name:?}", path.display());
            rest = more;
        }
    }
}
