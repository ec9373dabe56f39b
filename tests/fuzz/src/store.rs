//! The compiler's cache and the module store of the Cargo command: a file with any bytes in it is a miss and never wrong content,
//! and who tidies up removes nothing of others.

mod command;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use stubgen::cache::{Cache, Key, Kind, Limits};
use tempfile::TempDir;

use crate::place;

thread_local! {
    static PLACE: TempDir = place::directory("store");
}

/// Runs the target. The first byte says what the others are about.
pub fn run(data: &[u8]) -> bool {
    let mut input = Unstructured::new(data);
    let ran = PLACE.with(|place| match input.int_in_range(0..=31)? {
        0..=9 => entry(place.path(), &mut input).map(|()| true),
        10..=19 => changed_entry(place.path(), &mut input).map(|()| true),
        20..=30 => tidying(place.path(), &mut input).map(|()| true),
        _ => command::run(place.path(), &mut input),
    });
    ran.unwrap_or(false)
}

fn cache(place: &Path) -> (Cache, Key) {
    (Cache::new(place.join("cache")), Key::from_parts(["a", "key"]))
}

/// An entry of any bytes: if it is found, it is what would have been written.
fn entry(place: &Path, input: &mut Unstructured<'_>) -> Result<()> {
    let (cache, key) = cache(place);
    let kind = *input.choose(&Kind::ALL)?;
    let bytes = input.bytes(input.len())?;
    let path = cache.path(kind, &key);
    fs::create_dir_all(path.parent().expect("a directory of its kind")).expect("a directory");
    fs::write(&path, bytes).expect("a file");
    if let Some(found) = cache.lookup(kind, &key) {
        let payload = found.bytes().to_vec();
        assert_eq!(payload, bytes[..payload.len()], "the payload comes first");
        cache.publish(kind, &key, &payload).expect("it can be written");
        assert_eq!(fs::read(&path).expect("it is there"), bytes, "what is found is not what is written");
    }
    Ok(())
}

/// An entry that was right and has been changed is not there, or the same.
fn changed_entry(place: &Path, input: &mut Unstructured<'_>) -> Result<()> {
    let (cache, key) = cache(place);
    let kind = *input.choose(&Kind::ALL)?;
    // From 64 KiB on entries are mapped.
    let len = if input.ratio(1, 16)? { 70_000 } else { input.int_in_range(0..=200)? };
    let mut payload = vec![input.arbitrary()?; len];
    let head = input.bytes(input.len().min(16).min(len))?;
    payload[..head.len()].copy_from_slice(head);
    let path = cache.publish(kind, &key, &payload).expect("it can be written");
    let found = cache.lookup(kind, &key).expect("it has just been written");
    assert_eq!((found.bytes(), found.payload_len()), (&*payload, payload.len()));
    drop(found);
    let right = fs::read(&path).expect("it is there");
    let mut wrong = right.clone();
    for _ in 0..input.int_in_range(1..=3)? {
        let at = input.int_in_range(0..=wrong.len())?;
        match input.int_in_range(0..=3)? {
            0 => wrong.truncate(at),
            1 => wrong.extend_from_slice(&right[at.min(right.len())..]),
            2 => wrong.insert(at, input.arbitrary()?),
            _ if at < wrong.len() => wrong[at] ^= input.int_in_range(1..=255)?,
            _ => {}
        }
    }
    // As nobody should: not aside and renamed.
    fs::write(&path, &wrong).expect("a file");
    let found = cache.lookup(kind, &key).map(|entry| entry.bytes().to_vec());
    assert_eq!(found.is_some(), wrong == right, "a damaged entry is there, or a whole one is not");
    let is_listed = cache.verify().expect("it can be read").iter().any(|entry| entry.path == path);
    assert_eq!(is_listed, wrong != right, "`verify` says something else");
    Ok(())
}

/// Names in a cache's directory: its own, and others.
const FILES: [&str; 12] = [
    "stub/0000000000000000000000000000000000000000000000000000000000000000.rmeta",
    "stub/0000000000000000000000000000000000000000000000000000000000000000.cwasm",
    "stub/000000000000000000000000000000000000000000000000000000000000000G.rmeta",
    "stub/.stubgen-tmp-a",
    "stub/notes.txt",
    "module/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff.cwasm",
    "module/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff.cwasm.old",
    "module/deeper/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff.cwasm",
    "other/0000000000000000000000000000000000000000000000000000000000000000.rmeta",
    "Cargo.toml",
    ".stubgen-tmp-b",
    "CACHEDIR.TAG",
];

/// Which of them are entries or temporary files.
fn is_own(name: &str) -> bool {
    matches!(name, "stub/.stubgen-tmp-a" | ".stubgen-tmp-b" | "CACHEDIR.TAG")
        || (name.starts_with("stub/0000") && name.ends_with("0.rmeta"))
        || (name.starts_with("module/f") && name.ends_with(".cwasm"))
}

/// A directory with a tag and files of any names, which is then tidied up.
fn tidying(place: &Path, input: &mut Unstructured<'_>) -> Result<()> {
    let dir = place.join("tidied");
    _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("a directory");
    let cache = Cache::new(dir.clone());
    let has_tag = input.ratio(2, 3)?;
    if has_tag {
        cache.publish(Kind::Stub, &Key::from_parts(["x"]), b"x").expect("it can be written");
    }
    let chosen: u16 = input.arbitrary()?;
    let content = input.bytes(input.len().min(64))?;
    let chosen = FILES.iter().enumerate().filter(|(number, _)| chosen & 1 << number != 0).map(|(_, name)| *name);
    // A tag of any content takes the place of ours.
    let names: BTreeSet<&str> = chosen.filter(|name| *name != "CACHEDIR.TAG" || !has_tag).collect();
    for name in &names {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(&path, content).expect("a file");
    }
    let result = match input.int_in_range(0..=3)? {
        0 => cache.list().map(drop),
        1 => cache.verify().map(drop),
        2 => cache.gc(Limits { max_age: Some(Duration::ZERO), max_bytes: Some(0) }).map(drop),
        _ => cache.clear().map(drop),
    };
    let is_ours = has_tag || names.is_empty() || names.iter().all(|name| *name == "CACHEDIR.TAG");
    for name in names {
        let is_there = dir.join(name).exists();
        assert!(is_there || (is_own(name) && is_ours), "`{name}` is gone: {result:?}");
    }
    Ok(())
}
