//! The cache gives back what was put into it or nothing, under damage, races and other people's files.

use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};
use std::{env, thread};

use stubgen::cache::{Cache, Key, Kind, Limits, Removed, default_dir};
use tempfile::TempDir;

const HOUR: Duration = Duration::from_secs(60 * 60);
const SIGNATURE: &str = "Signature: 8a477f597d28d172789f06886806bc55";

fn cache() -> (TempDir, Cache) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("a").join("cache"));
    (dir, cache)
}

fn key(name: &str) -> Key {
    Key::from_parts([name])
}

fn bytes(cache: &Cache, kind: Kind, key: &Key) -> Option<Vec<u8>> {
    cache.lookup(kind, key).map(|entry| entry.bytes().to_vec())
}

/// All files below `dir`, sorted, as paths from there.
fn tree(dir: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(next) = dirs.pop() {
        for file in fs::read_dir(next).unwrap() {
            let path = file.unwrap().path();
            if path.symlink_metadata().unwrap().is_dir() {
                dirs.push(path);
            } else {
                files.push(path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

fn set_age(path: &Path, age: Duration) {
    let time = SystemTime::now() - age;
    File::options().append(true).open(path).unwrap().set_times(FileTimes::new().set_modified(time)).unwrap();
}

#[test]
fn entries_are_found_by_kind_and_key() {
    let (dir, cache) = cache();
    // Sizes on both sides of that from which on files are mapped.
    for size in [0, 1, 1000, 65_511, 65_512, 65_513, 65_536, 300_000] {
        let payload: Vec<u8> = (0..size).map(|index: usize| (index * 7 % 251) as u8).collect();
        let path = cache.publish(Kind::Module, &key("a"), &payload).unwrap();
        let entry = cache.lookup(Kind::Module, &key("a")).unwrap();
        assert!(entry.bytes() == payload && entry.as_ref() == payload, "{size}");
        assert_eq!((entry.path(), entry.payload_len()), (path.as_path(), size));
        // The payload comes first, so that it can be used in place.
        assert!(
            fs::read(&path).unwrap().starts_with(&payload) && fs::metadata(&path).unwrap().len() == size as u64 + 24
        );
    }
    assert!(cache.lookup(Kind::Stub, &key("a")).is_none() && cache.lookup(Kind::Module, &key("b")).is_none());
    cache.publish(Kind::Stub, &key("a"), b"stub").unwrap();
    assert_eq!(bytes(&cache, Kind::Stub, &key("a")).unwrap(), b"stub");
    let name = key("a");
    assert_eq!(
        tree(dir.path()),
        [
            "a/cache/CACHEDIR.TAG".to_owned(),
            format!("a/cache/module/{name}.cwasm"),
            format!("a/cache/stub/{name}.rmeta")
        ]
    );
    assert!(fs::read_to_string(cache.dir().join("CACHEDIR.TAG")).unwrap().starts_with(SIGNATURE));
}

/// Entries must stay findable by the next build of this code: a change of the format changes its magic.
#[test]
fn the_format_is_this() {
    let (_dir, cache) = cache();
    let path = cache.publish(Kind::Stub, &key("a"), b"abc").unwrap();
    // XXH3-64 of `abc`, from the reference implementation.
    let expected =
        [b"abc".as_slice(), &0x78af_5f94_892f_3950u64.to_le_bytes(), &3u64.to_le_bytes(), b"wpmcach1"].concat();
    assert_eq!(fs::read(path).unwrap(), expected);
}

#[test]
fn a_lookup_writes_nothing() {
    let (dir, cache) = cache();
    assert!(cache.lookup(Kind::Stub, &key("a")).is_none());
    assert_eq!((cache.list().unwrap(), cache.verify().unwrap()), (vec![], vec![]));
    assert_eq!(cache.gc(Limits::default()).unwrap(), Removed::default());
    assert_eq!(cache.clear().unwrap(), Removed::default());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn damaged_entries_are_not_there_and_are_replaced() {
    for size in [100, 100_000] {
        let (_dir, cache) = cache();
        let payload = vec![7; size];
        let path = cache.publish(Kind::Module, &key("a"), &payload).unwrap();
        let good = fs::read(&path).unwrap();
        let mut bad: Vec<Vec<u8>> =
            vec![vec![], good[..23].to_vec(), good[1..].to_vec(), [good.as_slice(), b"x"].concat()];
        bad.extend([1, 23, 24, 25, size / 2].map(|cut| good[..good.len() - cut].to_vec()));
        for index in [0, size / 2, size - 1].into_iter().chain(size..size + 24) {
            let mut changed = good.clone();
            changed[index] ^= 0x10;
            bad.push(changed);
        }
        // Zeros are what a crash leaves.
        bad.push(vec![0; good.len()]);
        for (index, bad) in bad.iter().enumerate() {
            fs::write(&path, bad).unwrap();
            assert!(cache.lookup(Kind::Module, &key("a")).is_none(), "size {size}, case {index}");
            assert_eq!(cache.verify().unwrap().len(), 1, "size {size}, case {index}");
            assert_eq!(cache.publish(Kind::Module, &key("a"), &payload).unwrap(), path);
            assert!(bytes(&cache, Kind::Module, &key("a")).unwrap() == payload);
            assert_eq!(cache.verify().unwrap(), []);
        }
    }
}

#[test]
fn a_directory_in_the_place_of_an_entry_is_no_entry() {
    let (_dir, cache) = cache();
    let path = cache.path(Kind::Stub, &key("a"));
    fs::create_dir_all(&path).unwrap();
    assert!(cache.lookup(Kind::Stub, &key("a")).is_none());
    assert!(cache.publish(Kind::Stub, &key("a"), b"x").is_err());
    assert_eq!(tree(cache.dir()), ["CACHEDIR.TAG"], "a temporary file was left");
}

#[test]
fn a_cache_that_cannot_be_made_is_an_error_not_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "mine").unwrap();
    let cache = Cache::new(file.clone());
    assert!(cache.lookup(Kind::Stub, &key("a")).is_none());
    assert!(cache.publish(Kind::Stub, &key("a"), b"x").is_err());
    assert!(cache.clear().is_err());
    assert_eq!(fs::read(file).unwrap(), b"mine");
}

#[cfg(unix)]
#[test]
fn entries_are_as_readable_as_the_umask_says() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, cache) = cache();
    let plain = dir.path().join("plain");
    fs::write(&plain, "").unwrap();
    let path = cache.publish(Kind::Stub, &key("a"), b"x").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&plain));
}

/// A limit of the shell's comes with a signal that ends processes, and it must not end the compiler.
#[cfg(unix)]
#[test]
fn a_limit_on_the_size_of_files_is_an_error() {
    const LIMITED: &str = "STUBGEN_TEST_LIMITED";
    let (_dir, cache) = cache();
    if env::var_os(LIMITED).is_some() {
        cache.publish(Kind::Stub, &key("small"), &[42; 100]).unwrap();
        let error = cache.publish(Kind::Stub, &key("large"), &[42; 80_000]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge, "{error}");
        return;
    }
    // In blocks of 512 bytes, or in some shells of 1,024.
    let limited = Command::new("sh")
        .args(["-c", "ulimit -f 16 && exec \"$0\" --exact a_limit_on_the_size_of_files_is_an_error --nocapture"])
        .arg(env::current_exe().unwrap())
        .env(LIMITED, "1")
        // Where these are files, the limit is theirs, too.
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status();
    assert!(limited.unwrap().success());
}

/// A pipe would be waited for without end.
#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_an_entry_is_no_entry() {
    let (_dir, cache) = cache();
    let path = cache.path(Kind::Stub, &key("a"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(cache.lookup(Kind::Stub, &key("a")).is_none());
}

/// Not a test by itself: one of the processes of the test below.
#[test]
fn publisher() {
    let Some(dir) = env::var_os("STUBGEN_TEST_CACHE") else { return };
    let cache = Cache::new(dir.into());
    let payload = vec![42; 80_000];
    for round in 0..40 {
        let key = key(&format!("{}", round % 5));
        if let Some(entry) = cache.lookup(Kind::Module, &key) {
            assert!(entry.bytes() == payload, "a torn entry");
            if round % 10 == 0 {
                // Damage as a rename, the only way in which an entry may change. Another process may have cleared the cache.
                if let Ok(other) = tempfile::NamedTempFile::new_in(cache.dir()) {
                    fs::write(other.path(), b"damage").unwrap();
                    other.persist(entry.path()).ok();
                }
            }
        }
        cache.publish(Kind::Module, &key, &payload).unwrap();
        if round % 20 == 19 {
            cache.clear().ok();
        }
    }
}

#[test]
fn sixteen_processes_share_a_cache() {
    let (_dir, cache) = cache();
    let spawn = |_| {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "publisher", "--nocapture"])
            .env("STUBGEN_TEST_CACHE", cache.dir())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..16).map(spawn).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    cache.publish(Kind::Module, &key("0"), &vec![42; 80_000]).unwrap();
    assert_eq!(cache.verify().unwrap(), []);
    let strange: Vec<String> = tree(cache.dir()).into_iter().filter(|name| name.contains("tmp")).collect();
    assert_eq!(strange, [""; 0]);
}

#[test]
fn sixteen_threads_share_a_cache() {
    let (_dir, cache) = cache();
    thread::scope(|scope| {
        for thread in 0..16u8 {
            let cache = &cache;
            scope.spawn(move || {
                for _ in 0..50 {
                    cache.publish(Kind::Stub, &key("a"), &vec![thread; 1000 + usize::from(thread)]).unwrap();
                    let found = bytes(cache, Kind::Stub, &key("a")).expect("readers see an entry at all times");
                    assert!(found.iter().all(|byte| usize::from(*byte) + 1000 == found.len()));
                }
            });
        }
    });
}

#[test]
fn the_collector_goes_by_age() {
    let (_dir, cache) = cache();
    for (name, age) in [("a", 0), ("b", 5), ("c", 50)] {
        set_age(&cache.publish(Kind::Stub, &key(name), b"1234").unwrap(), HOUR * age);
    }
    let limits = |hours: u32| Limits { max_age: Some(HOUR * hours), max_bytes: None };
    assert_eq!(cache.gc(Limits::default()).unwrap(), Removed::default());
    assert_eq!(cache.gc(limits(100)).unwrap(), Removed::default());
    assert_eq!(cache.gc(limits(10)).unwrap(), Removed { entries: 1, bytes: 28 });
    assert!(cache.lookup(Kind::Stub, &key("c")).is_none());
    // The lookup is a use.
    assert!(cache.lookup(Kind::Stub, &key("b")).is_some());
    assert_eq!(cache.gc(limits(1)).unwrap(), Removed::default());
    assert_eq!(cache.list().unwrap().len(), 2);
}

#[test]
fn the_collector_goes_by_size_and_takes_the_oldest() {
    let (_dir, cache) = cache();
    for (kind, name, age) in [(Kind::Stub, "a", 1), (Kind::Module, "b", 3), (Kind::Stub, "c", 2)] {
        set_age(&cache.publish(kind, &key(name), &[0; 76]).unwrap(), HOUR * age);
    }
    let limits = |bytes| Limits { max_age: None, max_bytes: Some(bytes) };
    assert_eq!(cache.gc(limits(300)).unwrap(), Removed::default());
    assert_eq!(cache.gc(limits(299)).unwrap(), Removed { entries: 1, bytes: 100 });
    assert_eq!(cache.gc(limits(150)).unwrap(), Removed { entries: 1, bytes: 100 });
    assert_eq!(cache.list().unwrap().iter().map(|entry| &entry.key).collect::<Vec<_>>(), [&key("a")]);
    assert_eq!(cache.gc(limits(0)).unwrap().entries, 1);
}

#[test]
fn the_collector_takes_what_killed_processes_left() {
    let (_dir, cache) = cache();
    let entry = cache.publish(Kind::Stub, &key("a"), b"x").unwrap();
    let (old, new) = (entry.with_file_name(".stubgen-tmp-old"), entry.with_file_name(".stubgen-tmp-new"));
    for path in [&old, &new] {
        fs::write(path, "half").unwrap();
    }
    set_age(&old, HOUR * 2);
    cache.gc(Limits::default()).unwrap();
    assert!(!old.exists() && new.exists() && entry.exists());
}

#[test]
fn clearing_leaves_nothing() {
    let (dir, cache) = cache();
    for kind in Kind::ALL {
        cache.publish(kind, &key("a"), b"x").unwrap();
    }
    fs::write(cache.dir().join("stub").join(".stubgen-tmp-x"), "half").unwrap();
    assert_eq!(cache.clear().unwrap(), Removed { entries: 3, bytes: 75 });
    assert!(!cache.dir().exists() && dir.path().join("a").exists());
}

#[test]
fn clearing_leaves_what_is_not_the_caches() {
    let (_dir, cache) = cache();
    cache.publish(Kind::Stub, &key("a"), b"x").unwrap();
    let name = key("a");
    let others = [
        "mine.txt",
        "stub/mine.rmeta",
        "stub/abc.cwasm",
        &format!("stub/{name}.cwasm"),
        &format!("stub/{name}.rmeta.old"),
    ];
    for other in others {
        fs::write(cache.dir().join(other), "mine").unwrap();
    }
    assert_eq!(cache.clear().unwrap().entries, 1);
    let mut left: Vec<&str> = others.into_iter().chain(["CACHEDIR.TAG"]).collect();
    left.sort();
    assert_eq!(tree(cache.dir()), left);
}

#[test]
fn a_directory_without_our_tag_is_not_cleared() {
    let (_dir, cache) = cache();
    let entry = cache.publish(Kind::Stub, &key("a"), b"x").unwrap();
    set_age(&entry, HOUR * 1000);
    let path = cache.dir().join("CACHEDIR.TAG");
    let ours = fs::read_to_string(&path).unwrap();
    let cargos = format!("{SIGNATURE}\n# This file is a cache directory tag created by cargo.\n");
    let unsigned = ours.replace("Signature", "signature");
    for tag in [None, Some(""), Some(SIGNATURE), Some(&cargos), Some(&unsigned)] {
        match tag {
            Some(tag) => fs::write(&path, tag).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        assert!(cache.clear().is_err() && cache.gc(Limits { max_bytes: Some(0), max_age: None }).is_err(), "{tag:?}");
        assert!(entry.exists());
    }
    fs::write(&path, ours).unwrap();
    cache.clear().unwrap();
    assert!(!entry.exists());
}

#[cfg(unix)]
#[test]
fn clearing_does_not_follow_links() {
    let (dir, cache) = cache();
    cache.publish(Kind::Module, &key("a"), b"x").unwrap();
    let other = dir.path().join("other");
    fs::create_dir(&other).unwrap();
    let file = other.join(format!("{}.rmeta", key("a")));
    fs::write(&file, "mine").unwrap();
    std::os::unix::fs::symlink(&other, cache.dir().join("stub")).unwrap();
    cache.clear().unwrap();
    assert!(file.exists());
}

#[test]
fn the_default_directory_is_in_cargos_target_directory() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    let target = root.join("shared-target");
    let out_dir = target.join("debug").join("deps");
    let cwd = root.join("work");
    fs::create_dir_all(&out_dir).unwrap();
    fs::create_dir_all(&cwd).unwrap();
    let fallback = cwd.join("target/wasm-proc-macro");
    let expected = target.join("wasm-proc-macro");
    let find = |out_dir: &str| default_dir(Some(Path::new(out_dir)), &cwd);

    assert_eq!(default_dir(None, &cwd), fallback);
    // Cargo runs the compiler in the directory of a dependency's sources.
    let beside = out_dir.join("wasm-proc-macro");
    assert_eq!(default_dir(Some(&out_dir), &cwd), beside, "without a tag");
    fs::write(target.join("CACHEDIR.TAG"), "no signature").unwrap();
    assert_eq!(default_dir(Some(&out_dir), &cwd), beside, "with a false tag");
    fs::write(target.join("CACHEDIR.TAG"), format!("{SIGNATURE}\n# created by cargo\n")).unwrap();
    assert_eq!(default_dir(Some(&out_dir), &cwd), expected);
    assert_eq!(default_dir(Some(&target), &cwd), expected);
    assert_eq!(find("../shared-target/debug/./not/yet/there"), expected);
    assert_eq!(
        find("../shared-target/../work"),
        cwd.join("wasm-proc-macro"),
        "a directory that is only passed through"
    );
    assert_eq!(default_dir(None, &cwd), fallback);
    // The cache's own tag does not make a target directory of it.
    let cache = Cache::new(expected.clone());
    cache.publish(Kind::Stub, &key("a"), b"x").unwrap();
    assert_eq!(default_dir(Some(&expected.join("stub")), &cwd), expected);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&out_dir, cwd.join("link")).unwrap();
        assert_eq!(find("link"), expected);
    }
}
