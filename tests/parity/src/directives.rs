//! The `//@` lines of the sources in `cases/`.
//!
//! ```text
//! edition: YEAR           default 2024
//! flags: WORD…            for rustc
//! env: NAME=VALUE         in the compiler's environment
//! macros: FILE…           macro crates beside `macros.rs`, or `macros` itself with others: of FILE.rs in the same directory,
//!                         named FILE (and TOPIC for `macros`). Of a user's crate default: `macros`; of a macro crate: none
//! by: extern              the modules are passed by `--extern` instead of `--wasm-proc-macro`
//! library: FILE…          libraries of FILE.rs, compiled with macros in the same form; they are no cases
//! part: REASON            the file is no case: a macro crate, a library or a module of another file
//! errors:                 the compilation ends with errors
//! native-dies: REASON     natively the macro takes the compiler with it, which is checked; from Wasm it is an error, exit code 1,
//!                         and nothing is compared
//! says: TEXT              stderr has this text, in both forms; with `native-dies` in that from Wasm. Repeatable
//! count: NUMBER           with `native-dies`: that many errors (default: as many as there are `says`)
//! ```

use std::fs;
use std::path::Path;

/// The lines of a source.
#[derive(Clone, Debug)]
pub struct Directives {
    pub edition: String,
    pub flags: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub macros: Option<Vec<String>>,
    pub by_extern: bool,
    pub libraries: Vec<String>,
    pub part: bool,
    pub errors: bool,
    pub native_dies: bool,
    pub says: Vec<String>,
    pub count: Option<usize>,
}

impl Directives {
    /// Reads the lines of the file at `path`.
    ///
    /// # Errors
    ///
    /// Says which line is wrong.
    pub fn read(path: &Path) -> Result<Directives, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        Directives::parse(&text).map_err(|error| format!("`{}`: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Directives, String> {
        let mut directives = Directives {
            edition: "2024".to_owned(),
            flags: Vec::new(),
            environment: Vec::new(),
            macros: None,
            by_extern: false,
            libraries: Vec::new(),
            part: false,
            errors: false,
            native_dies: false,
            says: Vec::new(),
            count: None,
        };
        for line in text.lines().filter_map(|line| line.strip_prefix("//@")) {
            let wrong = || format!("what is `//@{line}`?");
            let (key, value) = line.split_once(':').ok_or_else(wrong)?;
            let value = value.trim();
            let words = || value.split_whitespace().map(str::to_owned);
            match key.trim() {
                "edition" => directives.edition = value.to_owned(),
                "flags" => directives.flags.extend(words()),
                "env" => {
                    let (name, value) = value.split_once('=').ok_or_else(wrong)?;
                    directives.environment.push((name.to_owned(), value.to_owned()));
                }
                "macros" => directives.macros.get_or_insert_default().extend(words()),
                "by" if value == "extern" => directives.by_extern = true,
                "library" => directives.libraries.extend(words()),
                "part" if !value.is_empty() => directives.part = true,
                "errors" => directives.errors = true,
                "native-dies" if !value.is_empty() => directives.native_dies = true,
                "says" => directives.says.push(value.to_owned()),
                "count" => directives.count = Some(value.parse().map_err(|_| wrong())?),
                _ => return Err(wrong()),
            }
        }
        Ok(directives)
    }
}
