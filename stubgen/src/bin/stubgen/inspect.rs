//! `stubgen inspect`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use stubgen::module::{Attributes, Declaration, Deprecated, ModuleInfo};
use stubgen::propose::{options, propose};

use crate::{Failure, bad_module, print, read};

pub(crate) fn run(file: &Path, json: bool) -> Result<(), Failure> {
    let bytes = read(file)?;
    let info = ModuleInfo::parse(&bytes).map_err(|error| {
        let mut failure = bad_module(file, &error);
        if let Ok(Some(declarations)) = propose(&bytes) {
            failure.help = Some(proposal(file, &declarations));
        }
        failure
    })?;
    if json { print(&format!("{:#}\n", as_json(file, &info))) } else { print(&as_text(file, &info)) }
}

/// What to type for a module made for watt that has no declarations.
fn proposal(file: &Path, declarations: &[Declaration]) -> String {
    if declarations.is_empty() {
        return "the module is made for watt, but exports no function that could be a macro".to_owned();
    }
    let mut words = vec!["stubgen".to_owned(), "annotate".to_owned(), file.display().to_string()];
    words.extend(options(declarations));
    words.extend(["-o".to_owned(), file.with_extension("annotated.wasm").display().to_string()]);
    words[2..].iter_mut().for_each(|word| *word = quoted(word));
    format!(
        "the module is made for watt and exports what could be these macros; correct their kinds and names, write helper \
         attributes as `TRAIT:FUNCTION:HELPER,HELPER`, and declare them:\n{}",
        words.join(" ")
    )
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-./:,=+@%".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Where the macro of that number is defined, if the module says it.
fn place(info: &ModuleInfo, index: usize) -> Option<(&str, usize, usize)> {
    info.spans.as_ref()?.place_of(index)
}

fn as_json(file: &Path, info: &ModuleInfo) -> Value {
    let macros: Vec<Value> = info
        .declarations
        .iter()
        .enumerate()
        .map(|(index, declaration)| {
            let mut value = json!({
                "kind": declaration.kind(),
                "name": declaration.name(),
                "function": declaration.function(),
            });
            if let Declaration::Derive { helpers, .. } = declaration {
                value["helpers"] = json!(helpers);
            }
            let Attributes { deprecated, unstable, internal_unsafe, hidden, aliases, docs } = &info.attributes[index];
            if let Some(Deprecated { since, note }) = deprecated {
                value["deprecated"] = json!({ "since": since, "note": note });
            }
            if !unstable.is_empty() {
                value["allow_internal_unstable"] = json!(unstable);
            }
            if *internal_unsafe {
                value["allow_internal_unsafe"] = json!(true);
            }
            if *hidden {
                value["hidden"] = json!(true);
            }
            if !aliases.is_empty() {
                value["aliases"] = json!(aliases);
            }
            if !docs.is_empty() {
                value["docs"] = json!(docs.join("\n"));
            }
            if let Some((file, line, column)) = place(info, index) {
                value["defined"] = json!({ "file": file, "line": line, "column": column });
            }
            value
        })
        .collect();
    let imports: Vec<Value> = info
        .imports
        .iter()
        .map(|import| json!({ "module": import.module, "name": import.name, "type": import.ty.to_string() }))
        .collect();
    let exports: Vec<Value> =
        info.exports.iter().map(|export| json!({ "name": export.name, "type": export.ty.to_string() })).collect();
    json!({
        "file": file.to_string_lossy(),
        "sha256": info.digest.to_string(),
        "size": info.size,
        "abi": info.abi.abi,
        "guest": info.guest.name(),
        "crate": info.abi.krate,
        "version": info.abi.version,
        "edition": info.abi.edition.as_str(),
        "compiler": info.abi.compiler,
        "macros": macros,
        "imports": imports,
        "exports": exports,
    })
}

fn as_text(file: &Path, info: &ModuleInfo) -> String {
    let mut text = String::new();
    let abi = &info.abi;
    _ = writeln!(text, "file      {}", file.display());
    _ = writeln!(text, "sha256    {}", info.digest);
    _ = writeln!(text, "size      {} bytes", info.size);
    _ = writeln!(text, "crate     {} {} (edition {})", abi.krate, abi.version, abi.edition);
    _ = writeln!(text, "compiler  {}", abi.compiler);
    _ = writeln!(text, "abi       {} for {}", abi.abi, info.guest.name());
    _ = writeln!(text, "macros    {}", info.declarations.len());
    for (index, declaration) in info.declarations.iter().enumerate() {
        let name = declaration.name();
        _ = match declaration {
            Declaration::Derive { helpers, .. } if helpers.is_empty() => write!(text, "  #[derive({name})]"),
            Declaration::Derive { helpers, .. } => write!(text, "  #[derive({name})] with #[{}]", helpers.join("] #[")),
            Declaration::Attr { .. } => write!(text, "  #[{name}]"),
            Declaration::Bang { .. } => write!(text, "  {name}!"),
        };
        _ = write!(text, " by {}", declaration.function());
        if info.attributes[index].deprecated.is_some() {
            text.push_str(", deprecated");
        }
        _ = match place(info, index) {
            Some((file, line, column)) => writeln!(text, ", defined at {file}:{line}:{column}"),
            None => writeln!(text),
        };
    }
    _ = writeln!(text, "imports   {}", info.imports.len());
    for import in &info.imports {
        _ = writeln!(text, "  {}.{}: {}", import.module, import.name, import.ty);
    }
    _ = writeln!(text, "exports   {}", info.exports.len());
    for export in &info.exports {
        // Exports have any name that their maker likes.
        _ = writeln!(text, "  {}: {}", export.name.escape_debug(), export.ty);
    }
    text
}
