//! Writing grants into `wasm-proc-macro.toml`, with everything else in it left as it is.

use std::fs;
use std::path::Path;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::failure::{Failure, Result};
use crate::line::Line;
use crate::plan::Plan;
use crate::project::{FILE_NAME, Project, text};
use crate::toml_string::string;

/// What is granted: lines, and the key below `[permissions]` that they belong under.
pub(crate) struct Grant {
    pub(crate) key: String,
    pub(crate) lines: Vec<Line>,
}

/// Writes grants into the file of a plan's project, which is made if there is none. Returns what the file says then.
pub(crate) fn write(plan: &Plan, grants: &[Grant]) -> Result<Project> {
    let root = plan.project();
    // As it is now: a question may have waited for hours.
    let old = text(root)?;
    let new = added(&old, grants).map_err(|error| {
        Failure::new(format!("cannot add the grants to `{FILE_NAME}`: {error}")).help(section_text(grants))
    })?;
    let project = Project::parse(plan, &new)?;
    replace(&root.join(FILE_NAME), &new)?;
    Ok(project)
}

/// Writes the text of a file that people write, too.
pub(crate) fn replace(path: &Path, text: &str) -> Result<()> {
    // A link is followed, or another file would stand in its place.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let failed = |error: std::io::Error| Failure::new(format!("cannot write `{}`: {error}", path.display()));
    let permissions = fs::metadata(&path).map(|metadata| metadata.permissions()).ok();
    stubgen::write_atomically(&path, text.as_bytes()).map_err(failed)?;
    match permissions {
        Some(permissions) => fs::set_permissions(&path, permissions).map_err(failed),
        None => Ok(()),
    }
}

/// What somebody would write who grants all this by hand.
pub(crate) fn section_text<'g>(grants: impl IntoIterator<Item = &'g Grant>) -> String {
    let section = |grant: &Grant| {
        let lines = crate::line::joined(&grant.lines);
        format!("[permissions.{}]\n{}\n", key_text(&grant.key), lines.join("\n"))
    };
    grants.into_iter().map(section).collect::<Vec<_>>().join("\n")
}

/// A key as it is written: in quotes if it needs them.
pub(crate) fn key_text(key: &str) -> String {
    let is_bare = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if is_bare { key.to_owned() } else { string(key) }
}

/// The text of the file with more grants in it. New sections stand at its end.
fn added(text: &str, grants: &[Grant]) -> std::result::Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let mut new = Vec::new();
    for grant in grants {
        let permissions = document.get_mut("permissions").and_then(Item::as_table_like_mut);
        match permissions.and_then(|permissions| permissions.get_mut(&grant.key)) {
            Some(section) => add_all(section, grant)?,
            None => new.push(grant),
        }
    }
    let mut text = document.to_string();
    if new.is_empty() {
        return Ok(text);
    }
    if !text.is_empty() {
        text += if text.ends_with('\n') { "\n" } else { "\n\n" };
    }
    text += &section_text(new.iter().copied());
    if text.parse::<DocumentMut>().is_ok() {
        return Ok(text);
    }
    // The table is written in one line, say.
    let permissions = document.entry("permissions").or_insert(Item::Table(Table::new()));
    let is_inline = permissions.is_inline_table();
    let permissions = permissions.as_table_like_mut().ok_or("`permissions` is not a table")?;
    for grant in new {
        let section = if is_inline { InlineTable::new().into() } else { Item::Table(Table::new()) };
        add_all(permissions.entry(&grant.key).or_insert(section), grant)?;
    }
    Ok(document.to_string())
}

fn add_all(section: &mut Item, Grant { key, lines }: &Grant) -> std::result::Result<(), String> {
    let section = section.as_table_like_mut().ok_or(format!("`permissions.{key}` is not a table"))?;
    lines.iter().try_for_each(|line| add(section, line))
}

fn add(section: &mut dyn TableLike, line: &Line) -> std::result::Result<(), String> {
    match line {
        Line::Read(path) => add_to_list(section, "read", &path.to_string_lossy()),
        Line::Env(name) => add_to_list(section, "env", name),
        Line::Time(time) => set(section, "time", time.to_string().into()),
        Line::Memory(memory) => set(section, "memory", memory.to_string().into()),
        Line::Native => set(section, "native", true.into()),
    }
}

fn add_to_list(section: &mut dyn TableLike, key: &str, value: &str) -> std::result::Result<(), String> {
    let list = section.entry(key).or_insert(Item::Value(Array::new().into()));
    let list = list.as_array_mut().ok_or(format!("`{key}` is not a list"))?;
    if list.iter().any(|there| there.as_str() == Some(value)) {
        return Ok(());
    }
    let written: Value = string(value).parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    // On a line of its own, if the last one is.
    let last = list.len().checked_sub(1).and_then(|last| list.get(last));
    let before = last.and_then(|last| last.decor().prefix()?.as_str().map(str::to_owned));
    match before.as_deref().and_then(|before| before.rsplit_once('\n')) {
        Some((_, indent)) => {
            // What stands behind the last comma, such as a comment, belongs to what stands before it.
            let behind = list.trailing().as_str().unwrap_or_default().trim_end().to_owned();
            list.push_formatted(written.decorated(format!("{behind}\n{indent}"), ""));
            list.set_trailing("\n");
            list.set_trailing_comma(true);
        }
        None => list.push(written),
    }
    Ok(())
}

/// Sets a value. A comment behind it stays.
fn set(section: &mut dyn TableLike, key: &str, mut value: Value) -> std::result::Result<(), String> {
    if let Some(old) = section.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    section.insert(key, Item::Value(value));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Time;

    fn grant(key: &str, lines: &[Line]) -> Grant {
        Grant { key: key.to_owned(), lines: lines.to_vec() }
    }

    #[test]
    fn what_people_wrote_stays() {
        // A tool that loses comments is used once.
        let text = "# pins\n[modules]\n\n# for the database\n[permissions.sqlx-macros]\nread = [\n    \".sqlx\", # queries\n]\ntime = \"1min\" # it is slow\n";
        let time = Time::try_from("2min".to_owned()).unwrap();
        let lines = [Line::Read(".env".into()), Line::Read(".sqlx".into()), Line::Env("X".into()), Line::Time(time)];
        let new = added(text, &[grant("sqlx-macros", &lines), grant("other@1.0.0", &[Line::Native])]).unwrap();
        let expected = "# pins\n[modules]\n\n# for the database\n[permissions.sqlx-macros]\nread = [\n    \".sqlx\", # queries\n    \".env\",\n]\n\
            time = \"2min\" # it is slow\nenv = [\"X\"]\n\n[permissions.\"other@1.0.0\"]\nnative = true\n";
        assert_eq!(new, expected);
    }

    #[test]
    fn a_new_file_has_what_somebody_would_write() {
        let grants = [grant("a", &[Line::Read("x".into()), Line::Env("A".into())]), grant("b", &[Line::Native])];
        let expected = "[permissions.a]\nread = [\"x\"]\nenv = [\"A\"]\n\n[permissions.b]\nnative = true\n";
        assert_eq!(added("", &grants).unwrap(), expected);
        assert_eq!(section_text(&grants), expected);
    }

    #[test]
    fn other_ways_to_write_it_are_understood() {
        for text in [
            "permissions = { a = { read = [\"x\"] } }\n",
            "permissions.a.read = [\"x\"]\n",
            "[permissions]\na.read = [\"x\"]\n",
        ] {
            let new = added(text, &[grant("a", &[Line::Read("y".into())]), grant("b", &[Line::Native])]).unwrap();
            let table: toml::Table = toml::from_str(&new).unwrap();
            let expected: toml::Table = toml::from_str("a = { read = [\"x\", \"y\"] }\nb = { native = true }").unwrap();
            assert_eq!(table["permissions"], toml::Value::Table(expected), "{new}");
        }
        let text = "[modules]\n# the end, without its line's";
        assert_eq!(
            added(text, &[grant("b", &[Line::Native])]).unwrap(),
            format!("{text}\n\n[permissions.b]\nnative = true\n")
        );
        assert!(added("permissions = 1\n", &[grant("a", &[Line::Native])]).is_err());
        assert!(added("permissions.a.read = 1\n", &[grant("a", &[Line::Read("y".into())])]).is_err());
    }
}
