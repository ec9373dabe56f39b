//! An entry of the shared store: what is signed, and how it is read from somebody who is not trusted.
//!
//! ```text
//! rustc-wasm-proc-macro module 1
//! ed25519 PUBLIC-KEY SIGNATURE
//! {"key":…,"package":…,…,"sha256":…,"size":…}
//! the module, `size` bytes
//! ```
//!
//! The lines end in `\n`. Signed are the first and the third line with their ends, as they stand. An entry lies at `v1/PUBLIC-KEY/KEY`, so two
//! signers never write to the same place, and all of the address but what the user has configured is hexadecimal digits.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use stubgen::module::Digest;

use super::errand::{Errand, Parcel};
use super::hex;
use super::keys::{SigningKey, is_signed};
use super::settings::TrustedKey;

const MAGIC: &str = "rustc-wasm-proc-macro module 1\n";
const ALGORITHM: &str = "ed25519";

/// The most bytes that the line of the signature and that of the statement may have.
const MAX_LINE: u64 = 64 << 10;

/// The most bytes that a module may have. The largest that are known have 8 MiB.
pub(super) const MAX_MODULE: u64 = 64 << 20;

/// What the signer says. The order of fields is that of the text, and unknown ones are refused: another format is another number in [`MAGIC`].
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Statement {
    /// The macro's key, which everything has a part in that decides what the module is.
    key: String,
    package: String,
    name: String,
    version: String,
    features: Vec<String>,
    source: String,
    compiler: String,
    toolchain: String,
    /// The variables that had a say, none of which was set.
    variables: Vec<String>,
    sha256: String,
    size: u64,
}

/// Why an entry was not taken.
#[derive(Debug)]
pub(super) enum Unusable {
    /// It is not what it should be.
    Refused(String),
    /// It could not be read to its end, since the server was too slow.
    Slow,
}

/// What was taken.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) sha256: String,
    pub(super) variables: Vec<String>,
}

/// The entry of a module.
pub(super) fn write(signer: &SigningKey, parcel: &Parcel, errand: &Errand, module: &[u8]) -> io::Result<Vec<u8>> {
    let statement = Statement {
        key: parcel.key.clone(),
        package: parcel.package.clone(),
        name: parcel.name.clone(),
        version: parcel.version.clone(),
        features: parcel.features.clone(),
        source: parcel.source.clone(),
        compiler: errand.compiler.clone(),
        toolchain: errand.toolchain.clone(),
        variables: parcel.variables.clone(),
        sha256: Digest::of(module).to_string(),
        size: module.len() as u64,
    };
    let statement = serde_json::to_string(&statement)? + "\n";
    let signature = hex::encode(&signer.sign(&signed(&statement)));
    let signature = format!("{ALGORITHM} {} {signature}\n", signer.trusted().id());
    Ok([MAGIC.as_bytes(), signature.as_bytes(), statement.as_bytes(), module].concat())
}

fn signed(statement: &str) -> Vec<u8> {
    [MAGIC, statement].concat().into_bytes()
}

/// Reads an entry that should be of `signer`, and writes its module to `file`. Nothing is believed, and nothing is written, before the signature
/// was found right; and no more is read than was signed.
pub(super) fn receive(
    body: impl Read,
    signer: &TrustedKey,
    parcel: &Parcel,
    errand: &Errand,
    file: &Path,
) -> Result<Received, Unusable> {
    let mut body = BufReader::new(body);
    let magic = line(&mut body)?;
    if magic != MAGIC {
        return Err(refused("it is not an entry of a store"));
    }
    let (signature, statement) = (line(&mut body)?, line(&mut body)?);
    check_signature(&signature, &statement, signer)?;
    let statement: Statement =
        serde_json::from_str(&statement).map_err(|_| refused("its statement is of another version of this command"))?;
    check(&statement, parcel, errand)?;
    copy(&mut body, &statement, file)?;
    Ok(Received { sha256: statement.sha256, variables: statement.variables })
}

fn check_signature(line: &str, statement: &str, signer: &TrustedKey) -> Result<(), Unusable> {
    let mut words = line.trim_end_matches('\n').split(' ');
    let words = (words.next(), words.next(), words.next(), words.next());
    let (Some(ALGORITHM), Some(public), Some(signature), None) = words else {
        return Err(refused("it is not signed"));
    };
    if public != signer.id() {
        return Err(refused(format!("it is signed by another key than `{}`", signer.name)));
    }
    let is_right =
        hex::decode::<64>(signature).is_some_and(|signature| is_signed(&signer.public, &signed(statement), &signature));
    if is_right { Ok(()) } else { Err(refused(format!("its signature by `{}` is wrong", signer.name))) }
}

/// Whether the signer speaks of what was asked for.
fn check(statement: &Statement, parcel: &Parcel, errand: &Errand) -> Result<(), Unusable> {
    let Statement { key, package, name, version, features, source, compiler, toolchain, size, .. } = statement;
    if *key != parcel.key {
        return Err(refused(format!("it is {name} v{version} from a different build")));
    }
    // The key is made of all these, so only a signer that lies, or that has another bug, gets here.
    let same = [
        ("package", *package == parcel.package && *name == parcel.name && *version == parcel.version),
        ("features", *features == parcel.features),
        ("source", *source == parcel.source),
        ("compiler", *compiler == errand.compiler && *toolchain == errand.toolchain),
    ];
    if let Some((what, _)) = same.iter().find(|(_, is_same)| !is_same) {
        return Err(refused(format!("its signer names another {what} for the same key")));
    }
    if *size > MAX_MODULE {
        return Err(refused(format!("it has {size} bytes, and the limit is {MAX_MODULE}")));
    }
    Ok(())
}

/// Copies the module, and nothing behind it.
fn copy(body: &mut impl Read, statement: &Statement, file: &Path) -> Result<(), Unusable> {
    let own = |error: io::Error| refused(format!("it cannot be kept: {error}"));
    let mut out = File::create(file).map_err(own)?;
    let (mut digest, mut left, mut buffer) = (Sha256::new(), statement.size, vec![0; 64 << 10]);
    loop {
        let length =
            body.read(&mut buffer).map_err(|error| broken(&error, statement.size - left, Some(statement.size)))?;
        if length == 0 {
            break;
        }
        let Some(rest) = left.checked_sub(length as u64) else {
            return Err(refused(format!("it is longer than {} bytes", statement.size)));
        };
        left = rest;
        digest.update(&buffer[..length]);
        out.write_all(&buffer[..length]).map_err(own)?;
    }
    if left > 0 {
        return Err(cut_off(statement.size - left, Some(statement.size)));
    }
    if Digest(digest.finalize().into()).to_string() != statement.sha256 {
        return Err(refused("its module is not the one that was signed"));
    }
    Ok(())
}

/// A line with its end, of no more bytes than it may have.
fn line(body: &mut impl BufRead) -> Result<String, Unusable> {
    let mut line = Vec::new();
    body.take(MAX_LINE).read_until(b'\n', &mut line).map_err(|error| broken(&error, 0, None))?;
    String::from_utf8(line)
        .ok()
        .filter(|line| line.ends_with('\n'))
        .ok_or_else(|| refused("it is not an entry of a store"))
}

fn broken(error: &io::Error, read: u64, size: Option<u64>) -> Unusable {
    let of_client = error.get_ref().and_then(|error| error.downcast_ref::<ureq::Error>());
    if error.kind() == io::ErrorKind::TimedOut || matches!(of_client, Some(ureq::Error::Timeout(_))) {
        return Unusable::Slow;
    }
    cut_off(read, size)
}

fn cut_off(read: u64, size: Option<u64>) -> Unusable {
    match size {
        Some(size) => refused(format!("it ends after {read} of {size} bytes")),
        None => refused("it ends before its module"),
    }
}

fn refused(reason: impl Into<String>) -> Unusable {
    Unusable::Refused(reason.into())
}

#[cfg(test)]
#[path = "entry/tests.rs"]
mod tests;
