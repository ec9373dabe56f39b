//! The policy file, as it is written.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::{amount, escaped, variables};

/// The bytes of a line that are shown in a message.
const SHOWN: usize = 120;

/// All of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Grants by crate names.
    pub(super) permissions: Option<Spanned<BTreeMap<Spanned<CrateName>, Permissions>>>,
    pub(super) build: Option<Build>,
    #[serde(default)]
    pub(super) package: Vec<Spanned<Package>>,
}

/// What somebody wrote for one crate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Permissions {
    #[serde(default)]
    pub(super) read: Vec<PathBuf>,
    #[serde(default)]
    pub(super) env: Vec<Pattern>,
    pub(super) time: Option<Time>,
    pub(super) memory: Option<Memory>,
    /// Cargo's business: what runs from Wasm is not native.
    #[serde(rename = "native")]
    pub(super) _native: Option<bool>,
}

/// What Cargo says of the compiled unit.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Build {
    #[serde(default)]
    pub(super) variables: Vec<String>,
    #[serde(default)]
    pub(super) read: Vec<Absolute>,
    pub(super) package_manifest: Option<Absolute>,
    pub(super) workspace_manifest: Option<Absolute>,
    pub(super) workspace_error: Option<String>,
}

/// What Cargo says of one macro package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) modules: Vec<Digest>,
    #[serde(default)]
    pub(super) read: Vec<Absolute>,
    #[serde(default)]
    pub(super) env: Vec<Pattern>,
    pub(super) time: Option<Time>,
    pub(super) memory: Option<Memory>,
}

/// A crate's name as it is written: packages have `-` where crates have `_`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub(super) struct CrateName(String);

/// The name of a variable, with `*` at the end: of all that begin so.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(super) struct Pattern(pub(super) String);

/// An absolute path.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(super) struct Absolute(pub(super) PathBuf);

/// A SHA-256 in hexadecimal digits.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(super) struct Digest(pub(super) [u8; 32]);

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(super) struct Time(pub(super) Duration);

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(super) struct Memory(pub(super) u64);

impl Package {
    fn grants(&self) -> impl PartialEq + '_ {
        (&self.read, &self.env, &self.time, &self.memory)
    }
}

impl CrateName {
    /// The name that rustc knows.
    pub(super) fn normalized(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl TryFrom<String> for CrateName {
    type Error = String;
    fn try_from(name: String) -> Result<CrateName, String> {
        match name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') && !name.is_empty() {
            true => Ok(CrateName(name)),
            false => Err(format!("`{}` is not a crate name", escaped(&name))),
        }
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;
    fn try_from(pattern: String) -> Result<Pattern, String> {
        variables::check(&pattern).map(|()| Pattern(pattern))
    }
}

impl TryFrom<String> for Absolute {
    type Error = String;
    fn try_from(path: String) -> Result<Absolute, String> {
        match PathBuf::from(path) {
            path if path.is_absolute() => Ok(Absolute(path)),
            path => Err(format!("`{}` is not an absolute path", escaped(&path.to_string_lossy()))),
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = String;
    fn try_from(text: String) -> Result<Digest, String> {
        let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
        let bytes =
            digits.map(|digits| digits.chunks(2).map(|pair| pair.iter().fold(0, |n, digit| n << 4 | digit)).collect());
        match (text.len(), bytes.map(<[u8; 32]>::try_from as fn(Vec<u8>) -> _)) {
            (64, Some(Ok(digest))) => Ok(Digest(digest)),
            _ => Err(format!("`{}` is not a SHA-256 of 64 hexadecimal digits", escaped(&text))),
        }
    }
}

impl TryFrom<String> for Time {
    type Error = String;
    fn try_from(text: String) -> Result<Time, String> {
        amount::time(&text).map(Time)
    }
}

impl TryFrom<String> for Memory {
    type Error = String;
    fn try_from(text: String) -> Result<Memory, String> {
        amount::memory(&text).map(Memory)
    }
}

/// Reads the file's text, and checks what the types above cannot say.
///
/// # Errors
///
/// What is wrong, and in which line.
pub(super) fn parse(text: &str) -> Result<File, String> {
    let file: File = toml::from_str(text).map_err(|error| match error.span() {
        Some(span) => at(text, span.start, error.message()),
        None => error.message().to_owned(),
    })?;
    if let Some(permissions) = &file.permissions {
        if file.build.is_some() {
            let message = "`[permissions]` by crate names cannot stand beside `[build]`, which names packages";
            return Err(at(text, permissions.span().start, message));
        }
        let mut names: Vec<_> = permissions.get_ref().keys().collect();
        names.sort_by_key(|name| name.span().start);
        for (number, name) in names.iter().enumerate() {
            if names[..number].iter().any(|before| before.get_ref().normalized() == name.get_ref().normalized()) {
                return Err(at(text, name.span().start, "this crate already has a table"));
            }
        }
    }
    if let (Some(package), None) = (file.package.first(), &file.build) {
        return Err(at(text, package.span().start, "`[[package]]` needs a `[build]` beside it"));
    }
    for (number, package) in file.package.iter().enumerate() {
        // Of modules that are the same nobody can tell whose it is that runs.
        let is_other = |before: &&Spanned<Package>| {
            let (package, before) = (package.get_ref(), before.get_ref());
            let is_shared = before.modules.iter().any(|digest| package.modules.contains(digest));
            is_shared && before.grants() != package.grants()
        };
        if let Some(other) = file.package[..number].iter().find(is_other) {
            let message = format!("`{}` has the same module, but other grants", escaped(&other.get_ref().id));
            return Err(at(text, package.span().start, &message));
        }
    }
    Ok(file)
}

/// A message with the line that it is about, which shows the key.
fn at(text: &str, offset: usize, message: &str) -> String {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let number = before.iter().filter(|&&byte| byte == b'\n').count();
    let line = text.lines().nth(number).unwrap_or_default().trim();
    let shown = escaped(&line[..line.floor_char_boundary(SHOWN)]);
    let message = message.lines().collect::<Vec<_>>().join(", ");
    format!("line {}, `{shown}`: {message}", number + 1)
}

#[cfg(test)]
mod tests {
    use super::parse;

    const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

    #[test]
    fn both_forms_are_read() {
        let file = parse(
            "[permissions.sqlx-macros]\nread = ['.env']\nenv = ['SQLX_*']\ntime = '2min'\nmemory = '2GiB'\nnative = true\n",
        );
        let file = file.unwrap();
        assert_eq!(file.permissions.unwrap().get_ref().keys().next().unwrap().get_ref().normalized(), "sqlx_macros");
        let file = parse(&format!(
            "[build]\nvariables = ['A']\nread = ['/w/Cargo.toml']\npackage-manifest = '/w/m/Cargo.toml'\nworkspace-manifest = '/w/Cargo.toml'\n\
             [[package]]\nid = 'x#foo@1.0.0'\nname = 'foo'\nversion = '1.0.0'\nmodules = ['{DIGEST}']\nread = ['/a']\n"
        ))
        .unwrap();
        let digest = file.package[0].get_ref().modules[0].0;
        assert_eq!((digest[0], digest[1], digest[31]), (0, 0x11, 0xff));
        assert!(parse("").is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_its_key() {
        let package = |line: &str| {
            format!("[build]\n[[package]]\nid = 'i'\nname = 'n'\nversion = '1.0.0'\nmodules = []\n{line}\n")
        };
        let cases = [
            (
                "[permissions.a]\n\nraed = []\n".to_owned(),
                "line 3, `raed = []`: unknown field `raed`, expected one of `read`, `env`, `time`, `memory`, `native`",
            ),
            ("[permissons.a]\n".to_owned(), "line 1, `[permissons.a]`: unknown field `permissons`"),
            (
                "[permissions.a]\ntime = 5\n".to_owned(),
                "line 2, `time = 5`: invalid type: integer `5`, expected a string",
            ),
            ("[permissions.a]\ntime = '5'\n".to_owned(), "line 2, `time = '5'`: `5` is not an amount of time"),
            (
                "[permissions.a]\nmemory = '5 GB'\n".to_owned(),
                "line 2, `memory = '5 GB'`: `5 GB` is not an amount of memory",
            ),
            (
                "[permissions.a]\nenv = ['A*B']\n".to_owned(),
                "line 2, `env = ['A*B']`: `A*B` is not a valid pattern: `*` is allowed only at the end",
            ),
            ("[permissions.'a@1']\n".to_owned(), "line 1, `[permissions.'a@1']`: `a@1` is not a crate name"),
            (
                "[permissions.a-b]\n[permissions.a_b]\n".to_owned(),
                "line 2, `[permissions.a_b]`: this crate already has a table",
            ),
            (
                "[build]\n\n[permissions.a]\n".to_owned(),
                "line 3, `[permissions.a]`: `[permissions]` by crate names cannot stand beside `[build]`",
            ),
            (
                "[[package]]\nid = 'i'\nname = 'n'\nversion = '1.0.0'\nmodules = []\n".to_owned(),
                "line 1, `[[package]]`: `[[package]]` needs a `[build]`",
            ),
            (
                "[build]\nread = ['relative']\n".to_owned(),
                "line 2, `read = ['relative']`: `relative` is not an absolute path",
            ),
            (
                "[build]\nworkspace_manifest = '/a'\n".to_owned(),
                "line 2, `workspace_manifest = '/a'`: unknown field `workspace_manifest`",
            ),
            (
                package("read = ['/a']").replace("[]", &format!("['{DIGEST}']"))
                    + &format!("[[package]]\nid = 'j'\nname = 'm'\nversion = '1.0.0'\nmodules = ['{DIGEST}']\n"),
                "line 8, `[[package]]`: `i` has the same module, but other grants",
            ),
            (package("read = ['../x']"), "line 7, `read = ['../x']`: `../x` is not an absolute path"),
            (package("native = true"), "line 7, `native = true`: unknown field `native`"),
            (
                "[build]\n[[package]]\nid = 'i'\nname = 'n'\nversion = '1'\nmodules = ['zz']\n".to_owned(),
                "line 6, `modules = ['zz']`: `zz` is not a SHA-256 of 64 hexadecimal digits",
            ),
            ("[build]\n[[package]]\nname = 'n'\n".to_owned(), "line 2, `[[package]]`: missing field `id`"),
            ("a = \u{1b}\n".to_owned(), "line 1, `a = \\u{1b}`: "),
            ("[permissions.a]\nread = [\n".to_owned(), "line "),
        ];
        for (text, expected) in cases {
            let message = parse(&text).unwrap_err();
            assert!(message.starts_with(expected), "{text}\n{message}\n{expected}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    }
}
