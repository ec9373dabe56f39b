//! What a macro asked for and did not get.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{amount, escaped, variables};
use crate::table;

/// Something that a macro named and was not granted, or a limit that it reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    /// To read a file, or to know something of it.
    Read(PathBuf),
    /// To list a directory.
    List(PathBuf),
    /// To change something in the file system.
    Write(PathBuf),
    /// An environment variable that is set.
    Variable(String),
    /// To run this program.
    Program(String),
    /// To start a thread.
    Thread,
    /// A connection to this address, which may be unknown.
    Socket(String),
    /// To read standard input.
    StandardInput,
    /// To know where its own executable is.
    CurrentExe,
    /// Something else, in words.
    Other(String),
    /// More time for one expansion than this limit.
    Time(Duration),
    /// More memory than this limit, in bytes.
    Memory(u64),
}

/// The line for what no grant of its own gives.
const NATIVE: &str = "native = true";

impl Wanted {
    /// What sort of thing it is, in one word for tools.
    pub fn kind(&self) -> &'static str {
        match self {
            Wanted::Read(_) | Wanted::List(_) => "read",
            Wanted::Write(_) => "write",
            Wanted::Variable(_) => "env",
            Wanted::Program(_) => "run",
            Wanted::Thread => "thread",
            Wanted::Socket(_) => "net",
            Wanted::StandardInput => "stdin",
            Wanted::CurrentExe => "exe",
            Wanted::Other(_) => "other",
            Wanted::Time(_) => "time",
            Wanted::Memory(_) => "memory",
        }
    }

    /// What was named, as it is; empty where the kind says all.
    pub fn what(&self) -> String {
        match self {
            Wanted::Read(path) | Wanted::List(path) | Wanted::Write(path) => path.to_string_lossy().into_owned(),
            Wanted::Variable(text) | Wanted::Program(text) | Wanted::Socket(text) | Wanted::Other(text) => text.clone(),
            Wanted::Thread | Wanted::StandardInput | Wanted::CurrentExe => String::new(),
            Wanted::Time(limit) => amount::show_time(*limit),
            Wanted::Memory(limit) => amount::show_memory(*limit),
        }
    }

    /// The line that grants it, for the package's table in `wasm-proc-macro.toml`.
    pub fn grant(&self) -> Option<String> {
        Some(match self {
            Wanted::Read(path) | Wanted::List(path) => match path.to_str() {
                Some(path) => format!("read = [{}]", toml_string(path)),
                None => NATIVE.to_owned(),
            },
            // Where a name can be no pattern, or would be one of more names than its own, no line grants it alone.
            Wanted::Variable(name) if variables::check(name).is_ok() && !name.ends_with('*') => {
                format!("env = [{}]", toml_string(name))
            }
            // Twice the limit is a guess; whoever knows better writes better.
            Wanted::Time(limit) => format!("time = \"{}\"", amount::show_time(limit.saturating_mul(2))),
            Wanted::Memory(limit) => format!("memory = \"{}\"", amount::show_memory(limit.saturating_mul(2))),
            _ => NATIVE.to_owned(),
        })
    }

    /// The number and the bytes by which it crosses the border; see [`table::Host::refused`].
    pub fn encode(&self) -> (u32, Vec<u8>) {
        let path = |path: &Path| match table::path_bytes(path) {
            Some(bytes) => bytes.to_vec(),
            None => path.to_string_lossy().into_owned().into_bytes(),
        };
        match self {
            Wanted::Read(file) => (0, path(file)),
            Wanted::List(dir) => (1, path(dir)),
            Wanted::Write(file) => (2, path(file)),
            Wanted::Variable(name) => (3, name.clone().into_bytes()),
            Wanted::Program(program) => (4, program.clone().into_bytes()),
            Wanted::Thread => (5, Vec::new()),
            Wanted::Socket(address) => (6, address.clone().into_bytes()),
            Wanted::StandardInput => (7, Vec::new()),
            Wanted::CurrentExe => (8, Vec::new()),
            Wanted::Other(what) => (9, what.clone().into_bytes()),
            Wanted::Time(limit) => (10, u64::try_from(limit.as_millis()).unwrap_or(u64::MAX).to_le_bytes().to_vec()),
            Wanted::Memory(limit) => (11, limit.to_le_bytes().to_vec()),
        }
    }

    /// What [`Wanted::encode`] wrote. What it cannot have written is something else that was wanted: nothing is lost.
    pub fn decode(kind: u32, what: &[u8]) -> Wanted {
        let text = || String::from_utf8_lossy(what).into_owned();
        let path = || table::path_from(what).map_or_else(|| PathBuf::from(text()), Path::to_owned);
        let number = || what.try_into().map_or(0, u64::from_le_bytes);
        match kind {
            0 => Wanted::Read(path()),
            1 => Wanted::List(path()),
            2 => Wanted::Write(path()),
            3 => Wanted::Variable(text()),
            4 => Wanted::Program(text()),
            5 => Wanted::Thread,
            6 => Wanted::Socket(text()),
            7 => Wanted::StandardInput,
            8 => Wanted::CurrentExe,
            10 => Wanted::Time(Duration::from_millis(number())),
            11 => Wanted::Memory(number()),
            _ => Wanted::Other(text()),
        }
    }
}

/// As it stands behind "the macro was refused". Control characters are escaped.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what();
        let what = escaped(&what);
        match self {
            Wanted::Read(_) => write!(f, "reading `{what}`"),
            Wanted::List(_) => write!(f, "listing the directory `{what}`"),
            Wanted::Write(_) => write!(f, "writing `{what}`"),
            Wanted::Variable(_) => write!(f, "the environment variable `{what}`"),
            Wanted::Program(_) => write!(f, "running the program `{what}`"),
            Wanted::Thread => f.write_str("starting a thread"),
            Wanted::Socket(address) if address.is_empty() => f.write_str("a network connection"),
            Wanted::Socket(_) => write!(f, "a connection to `{what}`"),
            Wanted::StandardInput => f.write_str("standard input"),
            Wanted::CurrentExe => f.write_str("the path of its own executable"),
            Wanted::Other(_) => f.write_str(&what),
            Wanted::Time(_) => write!(f, "more than {what} for one expansion"),
            Wanted::Memory(_) => write!(f, "more than {what} of memory"),
        }
    }
}

/// `text` as a string of TOML.
fn toml_string(text: &str) -> String {
    let mut string = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => string.extend(['\\', c]),
            c if super::is_hidden(c) => string.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => string.push(c),
        }
    }
    string.push('"');
    string
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::Wanted;

    fn all() -> Vec<Wanted> {
        vec![
            Wanted::Read("/etc/pass\u{1b}wd".into()),
            Wanted::List("/home".into()),
            Wanted::Write("/tmp/\"x\"".into()),
            Wanted::Variable("DATABASE_URL".into()),
            Wanted::Program("git".into()),
            Wanted::Thread,
            Wanted::Socket("127.0.0.1:5432".into()),
            Wanted::Socket(String::new()),
            Wanted::StandardInput,
            Wanted::CurrentExe,
            Wanted::Other("sending a signal".into()),
            Wanted::Time(Duration::from_secs(60)),
            Wanted::Memory(4 << 30),
        ]
    }

    #[test]
    fn everything_is_said_in_words_and_with_the_line_that_grants_it() {
        let said: Vec<_> = all().iter().map(|w| format!("{} | {} | {}", w.kind(), w, w.grant().unwrap())).collect();
        let expected = [
            r#"read | reading `/etc/pass\u{1b}wd` | read = ["/etc/pass\U0000001Bwd"]"#,
            r#"read | listing the directory `/home` | read = ["/home"]"#,
            r#"write | writing `/tmp/"x"` | native = true"#,
            r#"env | the environment variable `DATABASE_URL` | env = ["DATABASE_URL"]"#,
            "run | running the program `git` | native = true",
            "thread | starting a thread | native = true",
            "net | a connection to `127.0.0.1:5432` | native = true",
            "net | a network connection | native = true",
            "stdin | standard input | native = true",
            "exe | the path of its own executable | native = true",
            "other | sending a signal | native = true",
            r#"time | more than 1min for one expansion | time = "2min""#,
            r#"memory | more than 4GiB of memory | memory = "8GiB""#,
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn everything_crosses_the_border_as_it_is() {
        for wanted in all() {
            let (kind, what) = wanted.encode();
            assert_eq!(Wanted::decode(kind, &what), wanted);
        }
        assert_eq!(Wanted::decode(99, b"new"), Wanted::Other("new".to_owned()));
        assert_eq!(Wanted::decode(11, b"short"), Wanted::Memory(0));
    }

    #[test]
    fn the_line_grants_what_was_wanted_and_nothing_else() {
        // `A*` as a pattern is every name that begins with A.
        for name in ["A*", "A*B", ""] {
            assert_eq!(Wanted::Variable(name.to_owned()).grant().unwrap(), "native = true", "{name}");
        }
        // The line must be TOML, and mean the path, whatever stands in it.
        let path = "/a\\b\"c\n]\u{202e}\u{7f}é";
        let line = Wanted::Read(PathBuf::from(path)).grant().unwrap();
        assert_eq!(line.lines().count(), 1);
        let read: toml::Table = toml::from_str(&line).unwrap();
        assert_eq!(read["read"][0].as_str(), Some(path));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_stays_the_same_path() {
        use std::os::unix::ffi::OsStringExt;
        let path = PathBuf::from(std::ffi::OsString::from_vec(b"/a\xff".to_vec()));
        let wanted = Wanted::Read(path);
        let (kind, what) = wanted.encode();
        assert_eq!(Wanted::decode(kind, &what), wanted);
        assert_eq!(wanted.grant().unwrap(), "native = true");
        assert_eq!(wanted.to_string(), "reading `/a\u{fffd}`");
    }
}
