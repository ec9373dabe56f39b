//! A source file as the section with spans describes it: its name, its digest, its lines; never its text.

use super::ModuleError;
use super::keys::{Key, Reader, number};
use super::lines::Line;

/// A source file of a macro crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// What the file is called.
    pub name: SourceName,
    /// The digest of its bytes.
    pub hash: SourceHash,
    /// Another digest, for Cargo, if the crate was compiled with one.
    pub checksum: Option<SourceHash>,
    /// Its length in bytes without what the compiler removes: a byte order mark, and `\r` before `\n`.
    pub length: u32,
    /// Where lines start: the first at 0, each after the one before, all before the end. An empty file has no lines.
    pub lines: Vec<u32>,
    /// Where characters of several bytes start, in order, and of how many bytes.
    pub wide: Vec<(u32, u8)>,
    /// From where on how many bytes have been removed, both growing.
    pub removed: Vec<(u32, u32)>,
}

/// The name of a source file, without control characters. Which directory a relative name is relative to is not said, so that
/// modules built in two places can be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceName {
    /// As the compiler says it, after remapping.
    pub name: String,
    /// For which of [`REMAP_SCOPES`], one bit each, the name was remapped.
    pub remapped: u8,
    /// The name before, if it is needed for the other scopes.
    pub local: Option<String>,
}

/// The scopes of `--remap-path-scope`, the one of the lowest bit first.
pub const REMAP_SCOPES: [&str; 5] = ["macro", "diagnostics", "debuginfo", "coverage", "documentation"];

/// A digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHash {
    /// The name of the algorithm, one of [`HASH_KINDS`].
    pub kind: &'static str,
    /// The digest, as long as the algorithm says.
    pub digest: Vec<u8>,
}

/// The algorithms and how many bytes their digests have.
pub const HASH_KINDS: [(&str, usize); 4] = [("md5", 16), ("sha1", 20), ("sha256", 32), ("blake3", 32)];

impl SourceFile {
    /// Whether the offset is inside of a character.
    pub(super) fn is_in_character(&self, offset: u32) -> bool {
        let before = self.wide.partition_point(|(start, _)| *start < offset);
        before.checked_sub(1).is_some_and(|index| {
            let (start, bytes) = self.wide[index];
            offset < start + u32::from(bytes)
        })
    }

    /// Line and column of an offset, counted from 1.
    pub(super) fn place(&self, offset: u32) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).map_or(0, |index| self.lines[index]);
        let wide = self.wide.iter().filter(|(at, _)| (start..offset).contains(at));
        let more: u32 = wide.map(|(_, bytes)| u32::from(*bytes) - 1).sum();
        (line.max(1), (offset - start - more) as usize + 1)
    }
}

const FILE: Key = Key { text: "file", expected: "expected `file=NAME`" };
const REMAPPED: Key = Key { text: "remapped", expected: "expected `remapped=SCOPE,SCOPE…`" };
const LOCAL: Key = Key { text: "local", expected: "expected `local=NAME`" };
const HASH: Key = Key { text: "hash", expected: "expected `hash=KIND:DIGEST`" };
const CHECKSUM: Key = Key { text: "checksum", expected: "expected `checksum=KIND:DIGEST`" };
const LENGTH: Key = Key { text: "length", expected: "expected `length=BYTES`" };
const LINES: Key = Key { text: "lines", expected: "expected `lines=BYTES,BYTES…`" };
const WIDE: Key = Key { text: "wide", expected: "expected `wide=OFFSET:BYTES,…`" };
const REMOVED: Key = Key { text: "removed", expected: "expected `removed=OFFSET:BYTES,…`" };

/// Reads the lines of the next file, if there is one, and returns the line with its length too.
pub(super) fn parse<'a>(reader: &mut Reader<'a>) -> Result<Option<(SourceFile, Line<'a>)>, ModuleError> {
    let Some(name) = source_name(reader)? else { return Ok(None) };
    let (line, value) = reader.required(&HASH)?;
    let hash = source_hash(&line, value)?;
    let checksum = reader.optional(&CHECKSUM)?.map(|(line, value)| source_hash(&line, value)).transpose()?;
    let (length_line, value) = reader.required(&LENGTH)?;
    let length = number(value).ok_or_else(|| length_line.malformed(LENGTH.expected))?;
    let mut file = SourceFile { name, hash, checksum, length, lines: vec![], wide: vec![], removed: vec![] };
    if length > 0 {
        file.lines.push(0);
    }
    let lines = reader.optional(&LINES)?;
    if let Some((line, value)) = &lines {
        let mut start = 0u32;
        for bytes in value.split(',') {
            let bytes = number(bytes).filter(|bytes| *bytes > 0).ok_or_else(|| line.malformed(LINES.expected))?;
            let next = start.checked_add(bytes).filter(|next| *next < length);
            start = next.ok_or_else(|| line.malformed("a line starts after the end of the file"))?;
            file.lines.push(start);
        }
    }
    if let Some((line, value)) = reader.optional(&WIDE)? {
        let mut end = 0;
        for (start, bytes) in pairs(&WIDE, &line, value)? {
            let bytes = u8::try_from(bytes).ok().filter(|bytes| (2..=4).contains(bytes));
            let bytes = bytes.ok_or_else(|| line.malformed("a character of several bytes has two, three or four"))?;
            if start < end {
                return Err(line.malformed("the characters are not in order"));
            }
            let next = start.checked_add(bytes.into()).filter(|next| *next <= length);
            end = next.ok_or_else(|| line.malformed("a character ends after the file"))?;
            file.wide.push((start, bytes));
        }
    }
    if let Some((line, _)) = lines.filter(|_| file.lines.iter().any(|start| file.is_in_character(*start))) {
        return Err(line.malformed("a line starts inside of a character"));
    }
    if let Some((line, value)) = reader.optional(&REMOVED)? {
        file.removed = pairs(&REMOVED, &line, value)?;
        if !file.removed.is_sorted_by(|one, next| one.0 < next.0 && one.1 < next.1) {
            return Err(line.malformed("the removed bytes are not in order"));
        }
        // A byte order mark has three bytes, and for each other removed byte one is left before.
        if file.removed.iter().any(|(at, bytes)| *at > length || *bytes == 0 || *bytes > at.saturating_add(3)) {
            return Err(line.malformed("more bytes are removed than there can be"));
        }
    }
    Ok(Some((file, length_line)))
}

fn source_name(reader: &mut Reader<'_>) -> Result<Option<SourceName>, ModuleError> {
    let Some(name) = file_name(reader, &FILE)? else { return Ok(None) };
    let mut remapped = 0;
    let mut local = None;
    if let Some((line, scopes)) = reader.optional(&REMAPPED)? {
        for scope in scopes.split(',') {
            let bit = REMAP_SCOPES.iter().position(|known| *known == scope).map(|index| 1 << index);
            match bit {
                Some(bit) if remapped < bit => remapped |= bit,
                Some(_) => return Err(line.malformed("the scopes are not in order")),
                None => return Err(line.malformed("a scope is not known")),
            }
        }
        local = file_name(reader, &LOCAL)?;
    }
    Ok(Some(SourceName { name, remapped, local }))
}

/// The name on the next line, if that has the key.
fn file_name(reader: &mut Reader<'_>, key: &Key) -> Result<Option<String>, ModuleError> {
    match reader.optional(key)? {
        Some((line, "")) => Err(line.malformed(key.expected)),
        Some((line, name)) if name.contains(char::is_control) => Err(line.malformed("a name has a control character")),
        Some((_, name)) => Ok(Some(name.to_owned())),
        None => Ok(None),
    }
}

/// `KIND:DIGEST`, the digest in lowercase hexadecimal digits.
fn source_hash(line: &Line<'_>, value: &str) -> Result<SourceHash, ModuleError> {
    let (kind, digits) = value.split_once(':').ok_or_else(|| line.malformed(HASH.expected))?;
    let known = HASH_KINDS.into_iter().find(|(known, _)| *known == kind);
    let (kind, bytes) = known.ok_or_else(|| line.malformed("the kind of digest is not known"))?;
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let digest: Option<Vec<u8>> =
        digits.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect();
    match digest.filter(|digest| digest.len() == bytes) {
        Some(digest) => Ok(SourceHash { kind, digest }),
        None => Err(line.malformed("the digest is not hexadecimal, or of another length")),
    }
}

/// `A:B,A:B…`, decimal numbers.
fn pairs(key: &Key, line: &Line<'_>, value: &str) -> Result<Vec<(u32, u32)>, ModuleError> {
    let pair = |text: &str| {
        let (first, second) = text.split_once(':')?;
        Some((number(first)?, number(second)?))
    };
    value.split(',').map(pair).collect::<Option<_>>().ok_or_else(|| line.malformed(key.expected))
}
