//! The crates of `crates.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// A crate whose macros are loaded, and how its tests are run.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it is called in the list and in the results.
    pub name: String,
    /// The heading under which it stands.
    pub kind: String,
    pub package: String,
    /// Exactly this one.
    pub version: String,
    pub features: Vec<String>,
    pub default_features: bool,
    pub tests: Plan,
    /// By package, as in `wasm-proc-macro.toml`.
    pub permissions: toml::Table,
    /// For people: why it has permissions, or why it differs.
    pub needs: Option<String>,
}

/// What is done about the tests of a crate.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Nothing, and why.
    None(String),
    Run(Suite),
}

/// How tests are run.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    pub package: String,
    pub version: String,
    pub features: Vec<String>,
    pub default_features: bool,
    /// More words for `cargo test`, which choose targets, or tests behind `--`.
    pub arguments: Vec<String>,
    /// How long one side may take.
    pub minutes: u64,
    pub environment: BTreeMap<String, String>,
}

/// How long one side may take that has no time of its own in the list.
pub const MINUTES: u64 = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    version: String,
    package: Option<String>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default = "yes")]
    default_features: bool,
    #[serde(default)]
    tests: TestsRow,
    #[serde(default)]
    permissions: toml::Table,
    needs: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TestsRow {
    none: Option<String>,
    package: Option<String>,
    version: Option<String>,
    features: Option<Vec<String>>,
    default_features: Option<bool>,
    #[serde(default)]
    arguments: Vec<String>,
    minutes: Option<u64>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

/// The list of that file.
///
/// # Errors
///
/// If it cannot be read, or is not as it should be.
pub fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    parse(&text).map_err(|error| format!("`{}`: {error}", path.display()))
}

/// The list of that text, by kind and then by name.
///
/// # Errors
///
/// If it is not as it should be.
pub fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let kinds: BTreeMap<String, BTreeMap<String, Row>> = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut entries: Vec<Entry> = Vec::new();
    for (kind, rows) in kinds {
        for (name, row) in rows {
            if let Some(other) = entries.iter().find(|entry| entry.name == name) {
                return Err(format!("`{name}` stands under `{}` and `{kind}`", other.kind));
            }
            entries.push(entry(name, &kind, row)?);
        }
    }
    Ok(entries)
}

fn entry(name: String, kind: &str, row: Row) -> Result<Entry, String> {
    let package = row.package.unwrap_or_else(|| name.clone());
    let tests = match row.tests.none {
        Some(why) => Plan::None(why),
        None => {
            let rest = row.tests;
            if rest.package.is_some() != rest.version.is_some() {
                return Err(format!("`{name}`: a package with tests has a version"));
            }
            // Another package has other features.
            let same = rest.package.is_none();
            Plan::Run(Suite {
                package: rest.package.unwrap_or_else(|| package.clone()),
                version: rest.version.unwrap_or_else(|| row.version.clone()),
                features: rest.features.unwrap_or_else(|| if same { row.features.clone() } else { Vec::new() }),
                default_features: rest.default_features.unwrap_or(!same || row.default_features),
                arguments: rest.arguments,
                minutes: rest.minutes.unwrap_or(MINUTES),
                environment: rest.environment,
            })
        }
    };
    let has_permissions = !row.permissions.is_empty();
    if has_permissions && row.needs.is_none() {
        return Err(format!("`{name}` has permissions and no reason for them (`needs`)"));
    }
    Ok(Entry {
        kind: kind.to_owned(),
        package,
        version: row.version,
        features: row.features,
        default_features: row.default_features,
        tests,
        permissions: row.permissions,
        needs: row.needs,
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_differs_from_the_usual() {
        let text = "[derive]\na = { version = '1.0.0', features = ['x'] }\n\
            a-0 = { package = 'a', version = '0.1.0', tests = { package = 'a-tests', version = '0.2.0', minutes = 3 } }\n\
            b = { version = '2.0.0', tests = { none = 'not in the package' } }";
        let list = parse(text).unwrap();
        let suites: Vec<_> = list.iter().map(|entry| (&*entry.name, &*entry.package, &entry.tests)).collect();
        let Plan::Run(first) = suites[0].2 else { panic!("{suites:?}") };
        assert_eq!((&*first.package, &*first.version, &first.features[..]), ("a", "1.0.0", &["x".to_owned()][..]));
        assert_eq!((first.minutes, first.default_features), (MINUTES, true));
        let Plan::Run(second) = suites[1].2 else { panic!("{suites:?}") };
        assert_eq!((suites[1].0, suites[1].1, &*second.package, second.minutes), ("a-0", "a", "a-tests", 3));
        assert_eq!(suites[2].2, &Plan::None("not in the package".to_owned()));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        // A word with a spelling mistake would change what is run, and nobody would know.
        for (text, error) in [
            ("[derive]\na = { version = '1', feature = [] }", "unknown field `feature`"),
            ("[derive]\na = { version = '1' }\n[test]\na = { version = '1' }", "stands under `derive` and `test`"),
            ("[derive]\na = { version = '1', permissions.a.native = true }", "no reason"),
            ("[derive]\na = { version = '1', tests.package = 'b' }", "has a version"),
        ] {
            let found = parse(text).unwrap_err();
            assert!(found.contains(error), "{found}");
        }
    }
}
