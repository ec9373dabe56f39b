//! The section that says which crate a module was built from, and by what.

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use super::lines::{Lines, excerpt};
use super::{ABI_SECTION, ABI_VERSION, ModuleError, ReadError, name};
use crate::contents;

/// The contents of the section `.rustc_proc_macro_abi`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abi {
    /// The version of the module ABI; always [`ABI_VERSION`] in a module that was accepted.
    pub abi: u32,
    /// The crate name, an ASCII identifier.
    pub krate: String,
    /// The version of the macro crate.
    pub version: String,
    /// The edition of the macro crate, on which hygiene depends.
    pub edition: Edition,
    /// What `rustc --version` says of the compiler that built the module.
    pub compiler: String,
}

/// A Rust edition. `Display` writes the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Edition {
    Edition2015,
    Edition2018,
    Edition2021,
    Edition2024,
}

impl Edition {
    /// Every edition, oldest first.
    pub const ALL: [Edition; 4] =
        [Edition::Edition2015, Edition::Edition2018, Edition::Edition2021, Edition::Edition2024];

    /// The edition's year, as `--edition` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Edition::Edition2015 => "2015",
            Edition::Edition2018 => "2018",
            Edition::Edition2021 => "2021",
            Edition::Edition2024 => "2024",
        }
    }

    /// The edition of that year, if there is one.
    pub fn from_year(year: &str) -> Option<Edition> {
        Edition::ALL.into_iter().find(|edition| edition.as_str() == year)
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Abi {
    /// Reads only the ABI section of the file at `path`, without digesting the file or looking into its other sections.
    ///
    /// This tells a module's crate name early and cheaply; [`ModuleInfo::parse`](super::ModuleInfo::parse) checks the rest.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or is a pipe or a device, is not a Wasm module, is cut off before the
    /// section's end, has no such section, or the section's contents are not as the ABI says.
    pub fn read(path: &Path) -> Result<Abi, ReadError> {
        let file = contents::open(path)?;
        let length = file.metadata()?.len();
        let mut file = BufReader::new(file);
        let mut start = Vec::new();
        file.by_ref().take(8).read_to_end(&mut start)?;
        super::structure::check_header(&start)?;
        let mut offset = 8;
        while !file.fill_buf()?.is_empty() {
            let id = read_byte(&mut file, &mut offset)?;
            let size = read_leb128(&mut file, &mut offset)?;
            let end = offset + u64::from(size);
            if end > length {
                return Err(malformed(length, "unexpected end of file"));
            }
            if id == 0 {
                let name_length = read_leb128(&mut file, &mut offset)?;
                if name_length as usize == ABI_SECTION.len() && offset + u64::from(name_length) <= end {
                    let name = read_bytes(&mut file, &mut offset, u64::from(name_length))?;
                    if name == ABI_SECTION.as_bytes() {
                        let rest = end - offset;
                        let section = read_bytes(&mut file, &mut offset, rest)?;
                        return Ok(Abi::parse(&section)?);
                    }
                }
            }
            let skip =
                end.checked_sub(offset).ok_or_else(|| malformed(offset, "a section's name is longer than it"))?;
            file.seek_relative(skip as i64)?;
            offset = end;
        }
        Err(ModuleError::MissingSection { section: ABI_SECTION }.into())
    }

    /// Reads the section's contents.
    pub(super) fn parse(bytes: &[u8]) -> Result<Abi, ModuleError> {
        let lines = Lines::new(ABI_SECTION, bytes)?;
        let mut fields = [const { None }; KEYS.len()];
        let mut unknown = None;
        for line in lines {
            let line = line?;
            let Some((key, value)) = line.text.split_once('=') else {
                return Err(line.malformed("expected `KEY=VALUE`"));
            };
            let Some(index) = KEYS.iter().position(|known| *known == key) else {
                unknown.get_or_insert((line.number, key));
                continue;
            };
            if fields[index].replace(value).is_some() {
                return Err(ModuleError::DuplicateKey { line: line.number, key: KEYS[index] });
            }
        }
        let field = |index: usize| fields[index].ok_or(ModuleError::MissingKey { key: KEYS[index] });
        let bad = |index: usize, expected| ModuleError::BadValue {
            key: KEYS[index],
            value: excerpt(fields[index].unwrap_or_default()),
            expected,
        };

        // The version comes first: what it does not know, this code must not judge.
        let abi = field(0)?;
        if abi != ABI_VERSION.to_string() {
            if abi.is_empty() || !abi.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(bad(0, "a decimal number"));
            }
            return Err(ModuleError::WrongAbi {
                found: excerpt(abi),
                expected: ABI_VERSION,
                compiler: fields[4].filter(|compiler| !compiler.is_empty()).map(excerpt),
            });
        }
        if let Some((line, key)) = unknown {
            return Err(ModuleError::UnknownKey { line, key: excerpt(key) });
        }
        let krate = field(1)?;
        if !name::is_crate_name(krate) {
            return Err(bad(1, "an ASCII identifier"));
        }
        let version = field(2)?;
        if !is_version(version) {
            return Err(bad(2, "a version such as `1.2.3`"));
        }
        let edition = Edition::from_year(field(3)?).ok_or_else(|| bad(3, "`2015`, `2018`, `2021` or `2024`"))?;
        let compiler = field(4)?;
        if compiler.is_empty() || compiler.contains(char::is_control) {
            return Err(bad(4, "the text of `rustc --version`"));
        }
        Ok(Abi {
            abi: ABI_VERSION,
            krate: krate.to_owned(),
            version: version.to_owned(),
            edition,
            compiler: compiler.to_owned(),
        })
    }

    /// The section's contents that [`Abi::parse`] reads.
    pub(crate) fn to_section(&self) -> String {
        let Abi { abi, krate, version, edition, compiler } = self;
        format!("abi={abi}\ncrate={krate}\nversion={version}\nedition={edition}\ncompiler={compiler}\n")
    }
}

/// The keys of the section, in the order in which they are written. Each must be there once.
const KEYS: [&str; 5] = ["abi", "crate", "version", "edition", "compiler"];

/// Whether `version` is made of the characters of a version. Whether it is one for Cargo matters only to `stubgen emit`.
fn is_version(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit())
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte))
}

fn malformed(offset: u64, message: &str) -> ReadError {
    ModuleError::Malformed { offset, message: message.to_owned() }.into()
}

fn read_bytes(file: &mut BufReader<File>, offset: &mut u64, length: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    file.by_ref().take(length).read_to_end(&mut bytes)?;
    *offset += bytes.len() as u64;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(malformed(*offset, "unexpected end of file")) }
}

fn read_byte(file: &mut BufReader<File>, offset: &mut u64) -> Result<u8, ReadError> {
    Ok(read_bytes(file, offset, 1)?[0])
}

/// Reads an unsigned 32-bit number as Wasm writes it: seven bits a byte, the lowest first.
fn read_leb128(file: &mut BufReader<File>, offset: &mut u64) -> Result<u32, ReadError> {
    let mut value = 0u64;
    for shift in [0, 7, 14, 21, 28] {
        let byte = read_byte(file, offset)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return u32::try_from(value).map_err(|_| malformed(*offset, "a length is too large"));
        }
    }
    Err(malformed(*offset, "a length has too many bytes"))
}
