//! `init`: turns the switch on for a project.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use toml_edit::{DocumentMut, Item, Table, TableLike};

use crate::args::Init;
use crate::failure::{Failure, Result};
use crate::shell::Shell;
use crate::toolchain::Toolchain;

/// Of Cargo's configuration.
const TABLE: &str = "wasm-proc-macro";

/// Writes the files of the workspace around the current directory that make its plain `cargo` run macros from Wasm. What else they say is left
/// as it is, and so are they where they say it already.
pub(crate) fn run(shell: &Shell, options: &Init) -> Result<i32> {
    let toolchain = Toolchain::find()?;
    let root = workspace(&toolchain)?;
    let dir = root.join(".cargo");
    // Cargo reads the one with the old name, too, and it comes first.
    let name = if dir.join("config").exists() { "config" } else { "config.toml" };
    let turn_on = |document: &mut DocumentMut| -> Option<()> {
        table(document, TABLE)?.insert("enabled", toml_edit::value(true));
        Some(())
    };
    write(shell, &dir.join(name), "enabled = true", turn_on)?;
    if options.toolchain {
        let path = toolchain.root().to_str().map(str::to_owned);
        let path = path.ok_or_else(|| Failure::new("the toolchain's path is not UTF-8"))?;
        let choose = |document: &mut DocumentMut| -> Option<()> {
            let table = table(document, "toolchain")?;
            // rustup takes a path or the name of a channel.
            table.remove("channel");
            table.insert("path", toml_edit::value(&path));
            Some(())
        };
        write(shell, &root.join("rust-toolchain.toml"), &format!("path = {path:?}"), choose)?;
    }
    Ok(0)
}

fn workspace(toolchain: &Toolchain) -> Result<PathBuf> {
    let mut cargo = toolchain.cargo();
    cargo.args(["locate-project", "--workspace", "--message-format", "plain"]).stderr(Stdio::inherit());
    let output = cargo.output().map_err(|error| Failure::new(format!("cannot run Cargo: {error}")))?;
    if !output.status.success() {
        return Err(Failure::Exit(crate::cargo::exit_code(output.status)));
    }
    let manifest = String::from_utf8_lossy(&output.stdout);
    let root = Path::new(manifest.trim_end()).parent();
    root.map(Path::to_owned).ok_or_else(|| Failure::new(format!("Cargo says `{manifest}` is the manifest")))
}

/// A table of the document, which is made if there is none.
fn table<'d>(document: &'d mut DocumentMut, name: &str) -> Option<&'d mut dyn TableLike> {
    document.entry(name).or_insert(Item::Table(Table::new())).as_table_like_mut()
}

/// Changes a file, if that changes its text, and says so.
fn write(shell: &Shell, path: &Path, what: &str, change: impl FnOnce(&mut DocumentMut) -> Option<()>) -> Result<()> {
    let failed =
        |verb, error: &dyn std::fmt::Display| Failure::new(format!("cannot {verb} `{}`: {error}", path.display()));
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text.map_err(|error| failed("read", &error))?,
    };
    let mut document: DocumentMut = text.parse().map_err(|error| failed("change", &error))?;
    change(&mut document).ok_or_else(|| failed("change", &"what should be a table is something else"))?;
    let changed = document.to_string();
    if changed == text {
        shell.status("Unchanged", format_args!("`{}`: it says `{what}`", path.display()));
        return Ok(());
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(|error| failed("write", &error))?;
    }
    crate::grant::replace(path, &changed)?;
    shell.status("Wrote", format_args!("`{what}` to `{}`", path.display()));
    Ok(())
}
