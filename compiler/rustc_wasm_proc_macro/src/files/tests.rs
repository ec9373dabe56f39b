//! Tests of what a guest may open, and of what it is told.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use std::sync::Arc;

use super::at::At;
use super::{
    DESCRIPTOR_LIMIT, DIRECTORY, Files, Link, Open, REGULAR_FILE, ROOT, Readable, Refusal, SYMBOLIC_LINK, tidy,
};
use crate::errno::Errno;

/// A directory whose path has no links.
fn directory() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap();
    (dir, path)
}

fn files(root: &Path) -> Files {
    Files::new(Arc::new(Readable::new([root.to_owned()], [], Path::new("/"))))
}

/// Whether a guest may know what kind of file that is.
fn may_look(files: &Files, path: &Path) -> bool {
    match files.find_to_look(ROOT, path, Link::Keep) {
        Ok(_) => true,
        Err(Refusal::Denied(_)) => false,
        Err(Refusal::Failed(errno)) => panic!("{errno:?}"),
    }
}

#[test]
fn every_directory_between_two_links_may_be_looked_at() {
    // `canonicalize` in a guest asks for each component of each link on its way.
    let (_dir, dir) = directory();
    for name in ["home", "mnt/disk/other", "data/real", "aside"] {
        fs::create_dir_all(dir.join(name)).unwrap();
    }
    symlink(dir.join("mnt/disk/link"), dir.join("home/project")).unwrap();
    symlink("other/.././../../data/real", dir.join("mnt/disk/link")).unwrap();
    let files = files(&dir.join("home/project"));
    for name in ["", "home", "home/project", "mnt", "mnt/disk", "mnt/disk/link", "mnt/disk/other", "data"] {
        assert!(may_look(&files, &dir.join(name)), "{name}");
    }
    assert!(files.find(ROOT, &dir.join("home/project"), Link::Follow).is_ok());
    // To look at a directory is not to look into it, and what lies beside the way is nobody's business.
    for name in ["aside", "mnt/disk/other/.."] {
        assert!(files.find(ROOT, &dir.join(name), Link::Follow).is_err(), "{name}");
    }
    assert!(!may_look(&files, &dir.join("aside")));
}

#[test]
fn links_in_a_circle_have_an_end() {
    let (_dir, dir) = directory();
    symlink(dir.join("two"), dir.join("one")).unwrap();
    symlink(dir.join("one"), dir.join("two")).unwrap();
    assert!(may_look(&files(&dir.join("one")), &dir.join("two")));
}

#[test]
fn nothing_tells_whether_something_is_there_that_may_not_be_read() {
    // On a way there and back, by `..` or by a link, success would say as much as an error.
    let (_dir, dir) = directory();
    for name in ["package", "home/secret"] {
        fs::create_dir_all(dir.join(name)).unwrap();
    }
    for name in ["package/file", "home/file"] {
        fs::write(dir.join(name), "").unwrap();
    }
    symlink(dir.join("home"), dir.join("package/link")).unwrap();
    let files = files(&dir.join("package"));
    for name in ["secret", "file", "missing"] {
        for path in [format!("home/{name}/../../package/file"), format!("package/link/{name}")] {
            for link in [Link::Keep, Link::Follow] {
                let found = files.find_to_look(ROOT, &dir.join(&path), link);
                assert!(matches!(found, Err(Refusal::Denied(_))), "{path}");
            }
        }
    }
    // Within the package both are answered.
    assert!(may_look(&files, &dir.join("package/../package/file")));
    assert!(may_look(&files, &dir.join("package/./file")));
    let found = files.find(ROOT, &dir.join("package/missing/../file"), Link::Follow);
    assert!(matches!(found, Err(Refusal::Failed(Errno::NOENT))));
}

#[test]
fn a_link_with_a_slash_behind_it_is_the_directory_that_it_leads_to() {
    // As natively; and `link/.` is another way to say so.
    let (_dir, dir) = directory();
    fs::create_dir(dir.join("real")).unwrap();
    fs::write(dir.join("file"), "").unwrap();
    symlink("real", dir.join("link")).unwrap();
    let files = files(&dir);
    for (name, is_link) in [("link", true), ("link/", false), ("link//", false), ("link/.", false)] {
        let found = files.find_to_look(ROOT, &dir.join(name), Link::Keep).ok().unwrap();
        assert_eq!((found.metadata.is_symlink(), found.metadata.is_dir()), (is_link, !is_link), "{name}");
    }
    let found = files.find_to_look(ROOT, &dir.join("file/"), Link::Keep);
    assert!(matches!(found, Err(Refusal::Failed(Errno::NOTDIR))));
}

#[test]
fn a_guest_that_closes_nothing_leaves_descriptors_to_the_compiler() {
    // Of 1024, which is the usual limit for all that a compiler has open.
    let (_dir, dir) = directory();
    fs::write(dir.join("file"), "").unwrap();
    let mut files = files(&dir);
    let found = files.find(ROOT, &dir.join("file"), Link::Follow).ok().unwrap();
    let opened = (0..1024).map_while(|_| files.open(&found).ok()).collect::<Vec<_>>();
    assert_eq!(opened.len(), DESCRIPTOR_LIMIT);
    assert!(opened.len() <= 256);
    assert_eq!(files.open(&found), Err(Errno::MFILE));
    files.close(opened[7]).unwrap();
    assert_eq!(files.open(&found), Ok(opened[7]));
}

#[test]
fn a_link_that_is_put_in_a_paths_way_after_it_was_judged_opens_nothing_else() {
    let (_dir, dir) = directory();
    for name in ["package/sub", "home/sub"] {
        fs::create_dir_all(dir.join(name)).unwrap();
        fs::write(dir.join(name).join("file"), name).unwrap();
    }
    let mut files = files(&dir.join("package"));
    let read = |files: &mut Files, fd| match files.get(fd) {
        Ok(Open::File(file)) => std::io::read_to_string(file).unwrap(),
        _ => panic!("no file"),
    };
    let path = dir.join("package/sub/file");
    let found = files.find(ROOT, &path, Link::Follow).ok().unwrap();
    fs::rename(dir.join("package/sub"), dir.join("package/old")).unwrap();
    symlink(dir.join("home/sub"), dir.join("package/sub")).unwrap();
    // The directory is the one that was judged, whatever it is called now.
    let opened = files.open(&found).unwrap();
    assert_eq!(read(&mut files, opened), "package/sub");
    // Judged before, and found after.
    assert!(At::find(&path).is_err());
    // At the end of the path.
    let path = dir.join("package/old/file");
    let found = files.find(ROOT, &path, Link::Follow).ok().unwrap();
    fs::remove_file(&path).unwrap();
    symlink(dir.join("home/sub/file"), &path).unwrap();
    assert!(files.open(&found).is_err());
    assert!(At::find(&path).unwrap().metadata().unwrap().is_symlink());
}

#[test]
fn a_pipe_or_a_socket_is_neither_opened_nor_waited_for() {
    // Opening one waits for its other end, for ever.
    let (_dir, dir) = directory();
    let path = dir.join("file");
    fs::write(&path, "").unwrap();
    let mut files = files(&dir);
    let found = files.find(ROOT, &path, Link::Follow).ok().unwrap();
    fs::remove_file(&path).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(files.open(&found), Err(Errno::NOTCAPABLE), "it has become one in between");
    let found = files.find(ROOT, &path, Link::Follow).ok().unwrap();
    assert_eq!(files.open(&found), Err(Errno::NOTCAPABLE));
    // The system would say something else of a socket, if it were asked to open one.
    let path = dir.join("socket");
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let found = files.find(ROOT, &path, Link::Follow).ok().unwrap();
    assert_eq!(files.open(&found), Err(Errno::NOTCAPABLE));
    assert!(files.open.iter().all(Option::is_none));
}

#[test]
fn an_open_directory_stays_the_one_that_was_opened() {
    let (_dir, dir) = directory();
    for name in ["package/dir", "home"] {
        fs::create_dir_all(dir.join(name)).unwrap();
        fs::write(dir.join(name).join("file"), name).unwrap();
    }
    symlink("file", dir.join("package/dir/link")).unwrap();
    fs::create_dir(dir.join("package/dir/sub")).unwrap();
    let mut files = files(&dir.join("package"));
    let found = files.find(ROOT, &dir.join("package/dir"), Link::Follow).ok().unwrap();
    let fd = files.open(&found).unwrap();
    let inside = files.find(fd, Path::new("file"), Link::Follow).ok().unwrap();
    assert_eq!([inside.path, inside.place], [dir.join("package/dir/file"), dir.join("package/dir/file")]);
    fs::rename(dir.join("package/dir"), dir.join("package/old")).unwrap();
    symlink(dir.join("home"), dir.join("package/dir")).unwrap();
    let Ok(Open::Dir(opened)) = files.get(fd) else { panic!("no directory") };
    let mut entries: Vec<_> = opened.entries().unwrap().iter().map(|entry| (&*entry.name, entry.kind)).collect();
    entries.sort_unstable();
    let expected: [(&[u8], u8); 5] =
        [(b".", DIRECTORY), (b"..", DIRECTORY), (b"file", REGULAR_FILE), (b"link", SYMBOLIC_LINK), (b"sub", DIRECTORY)];
    assert_eq!(entries, expected);
    // What is opened in it is judged as any path is.
    assert!(matches!(files.find(fd, Path::new("file"), Link::Follow), Err(Refusal::Denied(_))));
}

#[test]
fn the_compiler_hears_a_name_for_a_file_that_people_know() {
    for (path, expected) in
        [("/p/./a//b", "/p/a/b"), ("/p/link/b", "/p/link/b"), ("/p/x/../a/b", "/p/a/b"), ("/p/link/../b", "/p/a/b")]
    {
        assert_eq!(tidy(Path::new(path), Path::new("/p/a/b")), Path::new(expected), "{path}");
    }
}
