//! What upstream's `proc_macro` has: the requests of its bridge and its public items, read from the source in the tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs};

use regex::Regex;

/// The files whose public items users of the crate can name, below `library/proc_macro/src`.
const PUBLIC: [&str; 3] = ["lib.rs", "diagnostic.rs", "to_tokens.rs"];

/// Where the patched source lies, below the build directory.
const SOURCE: &str = "tree/library/proc_macro/src";

fn read(file: &str) -> Result<String, String> {
    let build =
        env::var_os("WASM_PROC_MACRO_BUILD").ok_or("`WASM_PROC_MACRO_BUILD` is not set; run `./x.py test parity`")?;
    let path = PathBuf::from(build).join(SOURCE).join(file);
    fs::read_to_string(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

/// The requests of the bridge, in the order in which they are numbered.
///
/// # Errors
///
/// If the list is not where it was.
pub fn requests() -> Result<Vec<String>, String> {
    static REQUEST: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^            fn (\w+)\(").expect("it is well formed"));
    let text = read("bridge/mod.rs")?;
    let start = text.find("macro_rules! with_api").ok_or("`with_api!` is not in `bridge/mod.rs`")?;
    let end = start + text[start..].find("\n}").ok_or("`with_api!` has no end")?;
    let requests: Vec<String> = REQUEST.captures_iter(&text[start..end]).map(|found| found[1].to_owned()).collect();
    if requests.len() < 30 {
        return Err(format!("only {} requests found in `with_api!`: {requests:?}", requests.len()));
    }
    Ok(requests)
}

/// The names of all public functions, methods, types, variants, traits, modules and macros.
///
/// # Errors
///
/// If the source cannot be read.
pub fn public_names() -> Result<BTreeSet<String>, String> {
    static ITEM: LazyLock<Regex> = LazyLock::new(|| {
        let items = r"(?m)^\s*(?:pub (?:const )?(?:fn|struct|enum|trait|macro) (\$?\w+)|    fn (\w+)\(|pub mod (tracked|token_stream))";
        Regex::new(items).expect("it is well formed")
    });
    let mut names = BTreeSet::new();
    for file in PUBLIC {
        let text = without_comments(&read(file)?);
        for found in ITEM.captures_iter(&text) {
            let name = found.iter().skip(1).flatten().next().expect("one of them matches").as_str();
            let at = found.get(0).expect("it is the match").start();
            match name.strip_prefix('$') {
                Some(_) => names.extend(arguments_of_macro(&text, at)),
                // `fn` without `pub` counts in a trait of the crate's own only.
                None if found.get(2).is_some() && !in_public_trait(&text, at) => {}
                None => _ = names.insert(name.to_owned()),
            }
        }
        names.extend(variants(&text));
    }
    if names.len() < 100 {
        return Err(format!("only {} public items found: {names:?}", names.len()));
    }
    Ok(names)
}

/// The implementations of traits, as `TRAIT for TYPE`, without those that say that a type is not `Send` or `Sync`.
///
/// # Errors
///
/// If the source cannot be read.
pub fn implementations() -> Result<BTreeSet<String>, String> {
    static IMPL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^\s*impl(?:<.*?>)? ([A-Z\w].*? for .*?) \{").expect("it is well formed"));
    let mut found = BTreeSet::new();
    for file in PUBLIC {
        let text = without_comments(&read(file)?);
        for implementation in IMPL.captures_iter(&text) {
            let at = implementation.get(0).expect("it is the match").start();
            let name = implementation[1].replace("fmt::", "").replace("error::", "");
            if name.contains('$') {
                found
                    .extend(arguments_of_macro(&text, at).into_iter().map(|argument| name.replace("$item", &argument)));
            } else if !name.contains("Helper") {
                found.insert(name);
            }
        }
    }
    if found.len() < 70 {
        return Err(format!("only {} implementations found: {found:?}", found.len()));
    }
    Ok(found)
}

/// The names that the calls of a macro by example pass to it, for the items that it makes. `at` is in its definition.
fn arguments_of_macro(text: &str, at: usize) -> Vec<String> {
    static NAME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(=> |::)?\b([A-Za-z]\w*)\b(::)?").expect("it is well formed"));
    let Some(definition) = text[..at].rfind("macro_rules! ") else { return Vec::new() };
    let name = text[definition + "macro_rules! ".len()..].split(' ').next().unwrap_or_default();
    let call = Regex::new(&format!(r"(?s)\b{name}!\s*[({{](.*?)[)}}]")).expect("it is well formed");
    let mut names = Vec::new();
    for arguments in call.captures_iter(text) {
        let arguments = &arguments[1];
        let plain = NAME.captures_iter(arguments).filter(|found| found.get(1).is_none() && found.get(3).is_none());
        names.extend(plain.map(|found| found[2].to_owned()));
    }
    names
}

fn in_public_trait(text: &str, at: usize) -> bool {
    let head = text[..at].rfind("\n}").map_or(0, |end| end + 2);
    text[head..at].contains("pub trait ")
}

/// The variants of public enums.
fn variants(text: &str) -> Vec<String> {
    static ENUM: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?s)\npub enum \w+ \{(.*?)\n\}").expect("it is well formed"));
    static VARIANT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^    ([A-Z]\w*)(?:\(.*\))?,").expect("it is well formed"));
    let bodies = ENUM.captures_iter(text).map(|body| body.get(1).expect("it is the body").as_str());
    bodies.flat_map(|body| VARIANT.captures_iter(body).map(|found| found[1].to_owned())).collect()
}

/// A source without its line comments.
pub fn without_comments(text: &str) -> String {
    let code = |line: &str| line.find("//").map_or(line, |start| &line[..start]).to_owned();
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

/// The code of all macro crates and of the crates that use them, without comments.
///
/// # Errors
///
/// If it cannot be read.
pub fn code_of_cases() -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut code = String::new();
    let files = tests::command::files(&root).into_iter();
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let text = fs::read_to_string(root.join(&file))
            .map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
        code += &without_comments(&text);
        code.push('\n');
    }
    Ok(code)
}
