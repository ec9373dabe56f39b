//! The cache of compiled modules: what is in it is used, and what is damaged is made again.

mod support;

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use rustc_wasm_proc_macro::{Activity, Events, Module};
use stubgen::cache::Cache;
use support::{ECHO, expand, grants, parse, wat};

#[derive(Default)]
struct Log {
    activities: RefCell<Vec<Activity>>,
    warnings: RefCell<Vec<String>>,
}

impl Events for Log {
    fn measure(&self, activity: Activity, work: &mut dyn FnMut()) {
        self.activities.borrow_mut().push(activity);
        work();
    }

    fn warn(&self, message: &str) {
        self.warnings.borrow_mut().push(message.to_owned());
    }
}

fn load(text: &str, cache: &Cache, log: &Log) -> Module {
    let (bytes, info) = parse(text);
    let module = Module::load(&bytes, &info.runnable(), Some(cache), &grants(), log).unwrap();
    assert_eq!(expand(&module, b"works").unwrap(), b"works");
    module
}

fn entries(cache: &Cache) -> Vec<PathBuf> {
    let dir = fs::read_dir(cache.dir().join("module")).unwrap();
    dir.map(|entry| entry.unwrap().path()).collect()
}

/// An entry without its trailer, and a way to write one with a right trailer.
fn payload(cache: &Cache) -> Vec<u8> {
    let [path] = &entries(cache)[..] else { panic!("there should be one entry") };
    let mut bytes = fs::read(path).unwrap();
    bytes.truncate(bytes.len() - 24);
    bytes
}

#[test]
fn a_module_is_compiled_once() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().to_owned());
    let (first, second) = (Log::default(), Log::default());
    assert!(!load(&wat("", "", ECHO), &cache, &first).from_cache());
    assert!(load(&wat("", "", ECHO), &cache, &second).from_cache());
    assert_eq!(*first.activities.borrow(), [Activity::Load, Activity::Compile]);
    assert_eq!(*second.activities.borrow(), [Activity::Load]);
    // Another module is another entry.
    assert!(!load(&wat("", "(func $other)", ECHO), &cache, &first).from_cache());
    assert_eq!(entries(&cache).len(), 2);
    assert!(first.warnings.borrow().is_empty());
}

#[test]
fn without_a_cache_nothing_is_looked_up() {
    let (bytes, info) = parse(&wat("", "", ECHO));
    let log = Log::default();
    assert!(!Module::load(&bytes, &info.runnable(), None, &grants(), &log).unwrap().from_cache());
    assert_eq!(*log.activities.borrow(), [Activity::Compile]);
}

#[test]
fn damaged_entries_are_made_again() {
    // Disks fill up, machines lose power, and people edit files.
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().to_owned());
    let log = Log::default();
    load(&wat("", "", ECHO), &cache, &log);
    let [path] = &entries(&cache)[..] else { panic!("there should be one entry") };
    let whole = fs::read(path).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    let damages = [
        Vec::new(),
        b"garbage".to_vec(),
        whole[..whole.len() / 2].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        vec![0; whole.len()],
        flipped(0),
        flipped(whole.len() / 3),
        flipped(whole.len() / 2),
        flipped(whole.len() - 1),
        [&whole[..], b"more"].concat(),
    ];
    for damage in damages {
        // Whole files are mapped elsewhere in this process, so a new file takes the place of the old one.
        fs::remove_file(path).unwrap();
        fs::write(path, damage).unwrap();
        assert!(!load(&wat("", "", ECHO), &cache, &log).from_cache());
        assert!(load(&wat("", "", ECHO), &cache, &log).from_cache(), "the entry should have been replaced");
    }
}

#[test]
fn whole_entries_that_wasmtime_refuses_are_made_again() {
    // The trailer is right, but what it vouches for is no ELF file, or another Wasmtime's.
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().to_owned());
    load(&wat("", "", ECHO), &cache, &Log::default());
    let code = payload(&cache);
    // `x.py` says which patches the compiler of the code has.
    let patches = option_env!("RUSTC_WASM_PROC_MACRO_PATCHES").unwrap_or_default();
    let version = format!("rustc_wasm_proc_macro 1 {patches}").into_bytes();
    let at = code.windows(version.len()).position(|window| window == version).expect("our version stands in the file");
    let mut other_version = code.clone();
    other_version[at + version.len() - 1] ^= 1;
    for payload in [&b"no ELF file"[..], b"", &other_version, &code[..code.len() / 2]] {
        let key_source = tempfile::tempdir().unwrap();
        let stranger = Cache::new(key_source.path().to_owned());
        // A right trailer for wrong content, at the right key: made by publishing it under any key and moving it.
        let key = stubgen::cache::Key::from_parts(["any"]);
        let made = stranger.publish(stubgen::cache::Kind::Module, &key, payload).unwrap();
        let [path] = &entries(&cache)[..] else { panic!("there should be one entry") };
        fs::remove_file(path).unwrap();
        fs::copy(made, path).unwrap();

        let log = Log::default();
        assert!(!load(&wat("", "", ECHO), &cache, &log).from_cache());
        assert_eq!(log.warnings.borrow().len(), 1, "{:?}", log.warnings);
        assert!(load(&wat("", "", ECHO), &cache, &log).from_cache(), "the entry should have been replaced");
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_a_warning() {
    // A file stands where the directory should be, which not even root can write through.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let log = Log::default();
    assert!(!load(&wat("", "", ECHO), &Cache::new(file), &log).from_cache());
    let warnings = log.warnings.into_inner();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("a compiled WebAssembly module cannot be cached: "), "{warnings:?}");
}

#[test]
fn many_compilations_at_once_share_a_cache() {
    // Cargo starts a compiler for each crate, and all of them use serde.
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().to_owned());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for number in 0..5 {
                    let log = Log::default();
                    load(&wat("", &format!("(func $f{number} unreachable)"), ECHO), &cache, &log);
                    assert!(log.warnings.borrow().is_empty(), "{:?}", log.warnings);
                }
            });
        }
    });
    // Names of functions count as content. Nothing else is left: no temporary files, no doubles.
    assert_eq!(entries(&cache).len(), 5);
}
