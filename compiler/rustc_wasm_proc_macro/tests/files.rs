//! Files and directories as a guest sees them through WASI, and what it may not do to them.
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustc_wasm_proc_macro_api::policy::{Grants, Policy, Wanted};
use support::{load_with, server, wat};

const SUCCESS: u32 = 0;
const EXIST: u32 = 20;
const INVAL: u32 = 28;
const FAULT: u32 = 21;
const NAMETOOLONG: u32 = 37;
const NOENT: u32 = 44;
const NOTDIR: u32 = 54;
const NOTCAPABLE: u32 = 76;

/// A directory whose path has no links, with `granted` and `other` in it, and what reads the first of them.
struct Place {
    _dir: tempfile::TempDir,
    dir: PathBuf,
    grants: Grants,
}

impl Place {
    fn new() -> Place {
        let tempdir = tempfile::tempdir().unwrap();
        let dir = tempdir.path().canonicalize().unwrap();
        for name in ["granted/dir", "other"] {
            fs::create_dir_all(dir.join(name)).unwrap();
            fs::write(dir.join(name).join("file"), name).unwrap();
        }
        let policy = dir.join("policy.toml");
        fs::write(&policy, "[permissions.guest]\nread = ['granted']\n").unwrap();
        let grants = Policy::read(&policy).unwrap().grants(&[0; 32], "guest", "0.1.0");
        Place { _dir: tempdir, dir, grants }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Runs a guest that imports `name` as `$f`, with `paths` 4096 bytes apart from 8192 on. `run` leaves four bytes.
    fn run(&self, name: &str, ty: &str, paths: &[&Path], run: &str) -> (u32, Vec<Wanted>, Vec<PathBuf>) {
        let data = paths.iter().zip(2..).map(|(path, page)| {
            format!(r#"(data (i32.const {}) "{}")"#, page * 4096, path.to_str().unwrap().escape_default())
        });
        let text = wat(
            &format!(r#"(import "wasi_snapshot_preview1" "{name}" (func $f {ty} (result i32)))"#),
            &data.collect::<String>(),
            &format!("(i32.store (i32.const 1024) {run}) (call $output (i32.const 1024) (i32.const 4))"),
        );
        let module = load_with(&text, &self.grants);
        let mut server = server(|_| unreachable!());
        let output = module.expand(0, b"", false, &mut server, &()).unwrap();
        (u32::from_le_bytes(output.try_into().unwrap()), server.refused, server.read)
    }

    /// Calls a function of some directories and paths, each of which stands for its parameters.
    fn call(&self, name: &str, arguments: &[&str], paths: &[PathBuf]) -> (u32, Vec<Wanted>) {
        let mut number = 0;
        let arguments = arguments.iter().map(|argument| match *argument {
            "path" => {
                number += 1;
                let path = &paths[number - 1];
                format!("(i32.const {}) (i32.const {})", (number + 1) * 4096, path.as_os_str().len())
            }
            other => format!("({other})"),
        });
        let arguments = arguments.collect::<Vec<_>>().join(" ");
        let ty = arguments.split('(').filter_map(|argument| argument.split_once(".const"));
        let ty = ty.map(|(ty, _)| format!("(param {ty})")).collect::<String>();
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        let (errno, refused, _) = self.run(name, &ty, &paths, &format!("(call $f {arguments})"));
        (errno, refused)
    }

    /// `path_open` with those `oflags` and rights.
    fn open(&self, path: &Path, oflags: u32, rights: u64) -> (u32, Vec<Wanted>) {
        let (oflags, rights) = (format!("i32.const {oflags}"), format!("i64.const {rights}"));
        let arguments =
            ["i32.const 3", "i32.const 1", "path", &oflags, &rights, "i64.const 0", "i32.const 0", "i32.const 64"];
        self.call("path_open", &arguments, &[path.to_owned()])
    }
}

const ROOT: &str = "i32.const 3";

#[test]
fn to_change_something_is_refused_by_the_place_that_would_change() {
    let place = Place::new();
    symlink(place.path("other"), place.path("granted/link")).unwrap();
    let write = |name: &str| (NOTCAPABLE, vec![Wanted::Write(place.path(name))]);
    let call = |name: &str, arguments: &[&str], paths: &[&str]| {
        let paths: Vec<PathBuf> = paths.iter().map(|path| place.path(path)).collect();
        place.call(name, arguments, &paths)
    };
    let one = [ROOT, "path"];
    let times = [ROOT, "i32.const 0", "path", "i64.const 0", "i64.const 0", "i32.const 0"];
    let rename = [ROOT, "path", ROOT, "path"];
    let link = [ROOT, "i32.const 0", "path", ROOT, "path"];
    let symbolic = ["path", ROOT, "path"];
    let file = "granted/dir/file";
    assert_eq!(call("path_create_directory", &one, &["granted/new"]), write("granted/new"));
    assert_eq!(call("path_create_directory", &one, &["granted/new/"]), write("granted/new"));
    assert_eq!(call("path_create_directory", &one, &["other/new"]), write("other/new"));
    assert_eq!(call("path_remove_directory", &one, &["granted/dir"]), write("granted/dir"));
    assert_eq!(call("path_unlink_file", &one, &[file]), write(file));
    assert_eq!(call("path_unlink_file", &one, &["granted/link"]), write("granted/link"));
    assert_eq!(call("path_filestat_set_times", &times, &[file]), write(file));
    assert_eq!(call("path_rename", &rename, &[file, "granted/new"]), write(file));
    assert_eq!(call("path_link", &link, &[file, "granted/new"]), write("granted/new"));
    assert_eq!(call("path_symlink", &symbolic, &[file, "granted/new"]), write("granted/new"));
    // Through a link: where it leads.
    assert_eq!(call("path_create_directory", &one, &["granted/link/new"]), write("other/new"));
    // What the system would not do either asks for nothing: `create_dir_all` begins so.
    assert_eq!(call("path_create_directory", &one, &["granted/dir"]), (EXIST, vec![]));
    assert_eq!(call("path_create_directory", &one, &["granted"]), (EXIST, vec![]));
    assert_eq!(call("path_symlink", &symbolic, &[file, file]), (EXIST, vec![]));
    assert_eq!(call("path_create_directory", &one, &["granted/none/new"]), (NOENT, vec![]));
    assert_eq!(call("path_create_directory", &one, &["granted/dir/file/new"]), (NOTDIR, vec![]));
    assert_eq!(call("path_unlink_file", &one, &["granted/none"]), (NOENT, vec![]));
    assert_eq!(call("path_rename", &rename, &["granted/none", file]), (NOENT, vec![]));
    // But it does not tell whether something is there of which nothing may be known.
    for name in ["other/file", "other/none"] {
        assert_eq!(call("path_unlink_file", &one, &[name]), write(name));
    }
    assert_eq!(fs::read_dir(place.path("granted")).unwrap().count(), 2, "something was changed");
}

#[test]
fn paths_that_are_none_are_errors_and_no_refusals() {
    let place = Place::new();
    let raw = |at: i64, len: i64| {
        let run = format!("(call $f (i32.const 3) (i32.const {at}) (i32.const {len}))");
        let (errno, refused, _) = place.run("path_unlink_file", "(param i32 i32 i32)", &[], &run);
        assert_eq!(refused, []);
        errno
    };
    assert_eq!(
        [raw(-1, 2), raw(131072, 1), raw(0, 5000), raw(0, 0), raw(0, 2)],
        [FAULT, FAULT, NAMETOOLONG, NOENT, INVAL]
    );
}

#[test]
fn opening_is_refused_by_what_it_is_for() {
    let place = Place::new();
    let (create, directory, exclusive, truncate, write) = (1, 2, 4, 8, 1 << 6);
    let file = place.path("granted/dir/file");
    let other = place.path("other/file");
    let wanted = |wanted: fn(PathBuf) -> Wanted, path: &Path| (NOTCAPABLE, vec![wanted(path.to_owned())]);
    assert_eq!(place.open(&file, 0, 1 << 1), (SUCCESS, vec![]));
    for (oflags, rights) in [(create, 0), (truncate, 0), (0, write), (create | truncate, write)] {
        assert_eq!(place.open(&file, oflags, rights), wanted(Wanted::Write, &file), "{oflags}");
        assert_eq!(place.open(&other, oflags, rights), wanted(Wanted::Write, &other), "{oflags}");
    }
    let new = place.path("granted/new");
    assert_eq!(place.open(&new, create, write), wanted(Wanted::Write, &new));
    assert_eq!(place.open(&new, truncate, write), (NOENT, vec![]));
    assert_eq!(place.open(&place.path("granted/none/new"), create, write), (NOENT, vec![]));
    assert_eq!(place.open(&file, create | exclusive, write), (EXIST, vec![]));
    assert_eq!(place.open(&other, 0, 0), wanted(Wanted::Read, &other));
    let dir = place.path("other");
    assert_eq!(place.open(&dir, directory, u64::MAX >> 1), wanted(Wanted::List, &dir));
    assert_eq!(place.open(&place.path("granted"), directory, u64::MAX >> 1), (SUCCESS, vec![]));
    // It may be known that it is there, but not what is in it.
    assert_eq!(place.open(&place.dir, directory, 0), wanted(Wanted::List, &place.dir));
}

#[test]
fn a_pipe_is_refused_by_its_path() {
    let place = Place::new();
    let pipe = place.path("granted/pipe\u{1b}");
    make_pipe(&pipe);
    let (errno, refused) = place.open(&pipe, 0, 0);
    assert_eq!(errno, NOTCAPABLE);
    let expected =
        format!("opening `{}/granted/pipe\\u{{1b}}`, which is neither a file nor a directory", place.dir.display());
    assert_eq!(refused.iter().map(Wanted::to_string).collect::<Vec<_>>(), [expected]);
}

fn make_pipe(path: &Path) {
    let path = std::ffi::CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
    // SAFETY: the path ends in a NUL.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

#[test]
fn one_file_is_told_once_whatever_it_is_called() {
    // There are endless names for it, and the compiler keeps all that it hears.
    let place = Place::new();
    symlink(".", place.path("granted/self")).unwrap();
    let names =
        ["granted/./dir//file", "granted/self/dir/file", "granted/dir/../dir/file", "granted/self/self/dir/file"];
    let names = names.map(|name| PathBuf::from(format!("{}/{name}", place.dir.display())));
    let opens = names.iter().zip(2..).map(|(name, page)| {
        format!(
            "(drop (call $f (i32.const 3) (i32.const 1) (i32.const {}) (i32.const {}) (i32.const 0) (i64.const 0)
                (i64.const 0) (i32.const 0) (i32.const 64)))",
            page * 4096,
            name.as_os_str().len()
        )
    });
    let run = format!("{} (i32.load (i32.const 64))", opens.collect::<String>());
    let paths: Vec<_> = names.iter().map(PathBuf::as_path).collect();
    let run = format!("(block (result i32) {run})");
    let (descriptor, refused, read) =
        place.run("path_open", "(param i32 i32 i32 i32 i32 i64 i64 i32 i32)", &paths, &run);
    assert_eq!((descriptor, refused), (8, vec![]));
    assert_eq!(read, [place.path("granted/dir/file")]);
}

#[test]
fn a_call_reads_into_so_many_buffers_and_no_more() {
    // Each costs a call of the system, and nothing ends a host function that goes on.
    let place = Place::new();
    fs::write(place.path("granted/big"), [7; 5000]).unwrap();
    let path = place.path("granted/big");
    let text = wat(
        r#"(import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
           (import "wasi_snapshot_preview1" "fd_read" (func $f (param i32 i32 i32 i32) (result i32)))"#,
        &format!(r#"(data (i32.const 8192) "{}")"#, path.display()),
        &format!(
            "(local $n i32)
             (drop (call $open (i32.const 3) (i32.const 1) (i32.const 8192) (i32.const {}) (i32.const 0) (i64.const 0)
                (i64.const 0) (i32.const 0) (i32.const 64)))
             (loop $more
                (i32.store (i32.add (i32.const 16384) (local.get $n)) (i32.const 100000))
                (i32.store (i32.add (i32.const 16388) (local.get $n)) (i32.const 1))
                (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 8))) (i32.const 40000))))
             (drop (call $f (i32.load (i32.const 64)) (i32.const 16384) (i32.const 5000) (i32.const 1024)))
             (call $output (i32.const 1024) (i32.const 4))",
            path.as_os_str().len()
        ),
    );
    let module = load_with(&text, &place.grants);
    let output = module.expand(0, b"", false, &mut server(|_| unreachable!()), &()).unwrap();
    assert_eq!(output, 1024_u32.to_le_bytes());
    // Nor does it take long to be random.
    let run = "(block (result i32) (drop (memory.grow (i32.const 300))) (call $f (i32.const 0) (i32.const 16777217)))";
    assert_eq!(place.run("random_get", "(param i32 i32)", &[], run).0, INVAL);
}
