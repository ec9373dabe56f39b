//! What is taken out of the compiler's words before they are compared: paths that name a build, and numbers of threads and
//! symbols.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use tests::Toolchain;

use crate::invocation::Invocation;

/// Replaces what names a build.
#[derive(Debug)]
pub struct Normalizer {
    /// Longest first.
    replacements: Vec<(String, String)>,
    /// The modules, which dep-info has beside what it has natively.
    modules: Vec<String>,
}

impl Normalizer {
    /// For the words of a compilation whose results are in `out`.
    pub fn new(user: &Invocation, out: &Path) -> Normalizer {
        let mut replacements = Vec::new();
        for macros in &user.macros {
            for path in [&macros.native, &macros.wasm] {
                replacements.push((path.display().to_string(), format!("$MACROS/{}", macros.name)));
            }
        }
        replacements.extend(user.paths.iter().map(|(path, name)| (path.display().to_string(), name.clone())));
        replacements.push((out.display().to_string(), "$OUT".to_owned()));
        replacements.push((Toolchain::get().work().display().to_string(), "$WORK".to_owned()));
        replacements.push((user.dir.display().to_string(), "$DIR".to_owned()));
        replacements.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        let modules = user.macros.iter().map(|macros| format!("$MACROS/{}", macros.name)).collect();
        Normalizer { replacements, modules }
    }

    /// Any text.
    pub fn text(&self, text: &str) -> String {
        // `thread 'rustc' (4711) panicked`
        static THREAD: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"(thread '[^']*' )\(\d+\)").expect("it is well formed"));
        let mut text = text.to_owned();
        for (path, name) in &self.replacements {
            text = text.replace(path, name);
        }
        THREAD.replace_all(&text, "${1}(N)").into_owned()
    }

    /// Dep-info without the modules.
    pub fn dep_info(&self, text: &str) -> String {
        let text = self.text(text);
        let is_module = |word: &str| self.modules.iter().any(|module| word.trim_end_matches(':') == module);
        let lines = text.lines().filter(|line| !is_module(line));
        let lines = lines.map(|line| line.split(' ').filter(|word| !is_module(word)).collect::<Vec<_>>().join(" "));
        let lines: Vec<_> = lines.collect();
        // Each file is followed by an empty line.
        lines.join("\n").replace("\n\n\n", "\n\n").trim_end().to_owned() + "\n"
    }
}

/// The expansion with hygiene, with symbols numbered anew in the order in which they appear.
///
/// In `name /* 2107#13 */` the first number is that of the symbol in the compiler's interner. It says how many others have come
/// before, those of crate metadata and of paths among them, and nothing of the name but whether two are the same.
pub fn renumbered(text: &str) -> String {
    static SYMBOL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(\d+)#(\d+)\b").expect("it is well formed"));
    let mut numbers = HashMap::new();
    let replace = |found: &Captures<'_>| {
        let next = numbers.len();
        format!("{}#{}", numbers.entry(found[1].to_owned()).or_insert(next), &found[2])
    };
    SYMBOL.replace_all(text, replace).into_owned()
}

/// JSON, one document a line, with each member on a line of its own, so that a difference can be read.
pub fn json_lines(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        match serde_json::from_str::<serde_json::Value>(line) {
            Ok(mut value) => {
                if let Some(rendered) = value.get_mut("rendered") {
                    let shown =
                        rendered.as_str().map(|text| text.lines().map(Into::into).collect::<Vec<serde_json::Value>>());
                    *rendered = shown.into();
                }
                // The page of a book that belongs to the error code.
                if let Some(explanation) = value.pointer_mut("/code/explanation") {
                    *explanation = serde_json::Value::Null;
                }
                lines += &format!("{value:#}\n");
            }
            // What a macro printed.
            Err(_) => lines += &format!("{line}\n"),
        }
    }
    lines
}
