//! An unpacked package: which of its targets are run, and the programs in it that are not to compile.

use std::fs;
use std::path::{Path, PathBuf};

use ::tests::command::files;
use toml::{Table, Value};

use crate::work::{Stop, write};

/// What the programs are called that become examples, as Cargo's options take it.
pub const PROGRAMS: &str = "census-*";

/// What a package that others need begins with, where targets are named.
pub const DEPENDENCY: &str = "dependency";

/// What those tests say that call Cargo.
const CALLERS: [&str; 4] = ["trybuild::", "trybuild2::", "compiletest_rs", "macrotest::"];
/// The packages of which they are.
const CALLING: [&str; 4] = ["trybuild", "trybuild2", "compiletest_rs", "macrotest"];

/// The tests of a package that call Cargo to compile other programs, as Cargo names tests that do not compile.
pub fn callers(package: &Path) -> Vec<String> {
    let tests = package.join("tests");
    let mut found = Vec::new();
    for file in files(&tests) {
        let text = fs::read_to_string(tests.join(&file)).unwrap_or_default();
        let parts: Vec<String> = file.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let name = match &parts[..] {
            [name] => name.strip_suffix(".rs"),
            [name, main] if main == "main.rs" => Some(&**name),
            _ => None,
        };
        if let (Some(name), true) = (name, CALLERS.iter().any(|word| text.contains(word))) {
            found.push(format!("test \"{name}\""));
        }
    }
    found
}

/// Takes those dependencies out of a package that only the tests of [`callers`] have. They are much to build, and on either side anew.
///
/// # Errors
///
/// If the manifest cannot be changed.
pub fn leave_out_calling(package: &Path) -> Result<(), Stop> {
    let callers: Vec<PathBuf> = callers(package).iter().flat_map(|target| sources(package, target)).collect();
    let rust = files(package).into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    let others: Vec<String> = rust
        .map(|file| package.join(file))
        .filter(|path| !callers.contains(path))
        .map(|path| fs::read_to_string(path).unwrap_or_default())
        .collect();
    let is_unused = |name: &str| CALLING.contains(&name) && !others.iter().any(|text| text.contains(name));
    edit(package, |manifest| {
        if let Some(Value::Table(table)) = manifest.get_mut("dev-dependencies") {
            table.retain(|name, _| !is_unused(name));
        }
    })
}

/// Where the file of a target is that Cargo finds by its name.
fn sources(package: &Path, target: &str) -> [PathBuf; 2] {
    let mut words = target.split('"').map(str::trim);
    let (kind, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let dir = package.join(match kind {
        "test" => "tests",
        "example" => "examples",
        _ => "src/bin",
    });
    [dir.join(format!("{name}.rs")), dir.join(name).join("main.rs")]
}

/// Takes targets out of a package, which are named as Cargo names those that do not compile: `lib test`, `test "name"`. Or
/// dependencies that only tests have: what is `dependency "name"` was published without what it is to consist of.
///
/// # Errors
///
/// If the manifest cannot be changed.
pub fn leave_out(package: &Path, targets: &[String]) -> Result<(), Stop> {
    if targets.is_empty() {
        return Ok(());
    }
    edit(package, |manifest| {
        for target in targets {
            let mut words = target.split('"').map(str::trim);
            let (kind, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            if target == "lib test" {
                let library = manifest.entry("lib").or_insert_with(|| Table::new().into());
                library.as_table_mut().map(|library| library.insert("test".to_owned(), false.into()));
                continue;
            }
            if kind == DEPENDENCY {
                if let Some(Value::Table(table)) = manifest.get_mut("dev-dependencies") {
                    table.retain(|key, value| value.get("package").and_then(Value::as_str).unwrap_or(key) != name);
                }
                continue;
            }
            if let Some(Value::Array(listed)) = manifest.get_mut(kind) {
                listed.retain(|other| other["name"].as_str() != Some(name));
            }
            // Where the manifest lists none, Cargo looks for their files.
            for source in sources(package, target) {
                _ = fs::remove_file(source);
            }
        }
    })
}

/// Makes examples of the programs that the package has to show what its macros refuse, and returns how many there are: `trybuild` would
/// have Cargo compile them natively. They are known by their messages, which lie beside them.
///
/// # Errors
///
/// If the manifest cannot be changed.
pub fn add_programs(package: &Path) -> Result<usize, Stop> {
    let programs = programs(package);
    let named = |(number, path): (usize, &PathBuf)| {
        let name = PROGRAMS.replace('*', &number.to_string());
        Table::from_iter([("name".to_owned(), name.into()), ("path".to_owned(), path.display().to_string().into())])
            .into()
    };
    let examples: Vec<Value> = programs.iter().enumerate().map(named).collect();
    if !examples.is_empty() {
        edit(package, |manifest| _ = manifest.insert("example".to_owned(), examples.into()))?;
    }
    Ok(programs.len())
}

fn programs(package: &Path) -> Vec<PathBuf> {
    let dir = Path::new("tests");
    let all = files(&package.join(dir)).into_iter().map(|file| dir.join(file));
    let is_program = |file: &PathBuf| {
        let is_rust = file.extension().is_some_and(|extension| extension == "rs");
        is_rust && package.join(file.with_extension("stderr")).exists()
    };
    all.filter(is_program).collect()
}

fn edit(package: &Path, change: impl FnOnce(&mut Table)) -> Result<(), Stop> {
    let path = package.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|error| error.to_string());
    let parsed = text.and_then(|text| text.parse::<Table>().map_err(|error| error.to_string()));
    let mut manifest = parsed.map_err(|error| Stop::Machine(format!("`{}`: {error}", path.display())))?;
    change(&mut manifest);
    write(&path, &manifest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            write(&dir.path().join(name), text).unwrap();
        }
        dir
    }

    fn manifest(dir: &tempfile::TempDir) -> Table {
        fs::read_to_string(dir.path().join("Cargo.toml")).unwrap().parse().unwrap()
    }

    #[test]
    fn programs_that_are_not_to_compile_are_found_by_their_messages() {
        let dir = package(&[
            ("Cargo.toml", "[package]\nname = 'p'"),
            ("tests/compiletest.rs", "let t = trybuild::TestCases::new();"),
            ("tests/dir/main.rs", "let t = trybuild::TestCases::new();"),
            ("tests/usual.rs", "#[test] fn a() {}"),
            ("tests/ui/a.rs", ""),
            ("tests/ui/a.stderr", ""),
            ("tests/ui/b.rs", ""),
        ]);
        assert_eq!(callers(dir.path()), ["test \"compiletest\"", "test \"dir\""]);
        assert_eq!(add_programs(dir.path()), Ok(1));
        let example = &manifest(&dir)["example"][0];
        assert_eq!((example["name"].as_str(), example["path"].as_str()), (Some("census-0"), Some("tests/ui/a.rs")));
    }

    #[test]
    fn what_is_left_out_is_neither_listed_nor_found() {
        let listed = "[package]\nname = 'p'\n[[test]]\nname = 'a'\n[[test]]\nname = 'b'\n[[example]]\nname = 'a'";
        let dir = package(&[("Cargo.toml", listed), ("tests/a.rs", ""), ("tests/b.rs", ""), ("examples/a.rs", "")]);
        leave_out(dir.path(), &["test \"a\"".to_owned(), "lib test".to_owned()]).unwrap();
        let manifest = manifest(&dir);
        assert_eq!(manifest["test"].as_array().unwrap().len(), 1);
        assert_eq!(
            (manifest["test"][0]["name"].as_str(), manifest["example"][0]["name"].as_str()),
            (Some("b"), Some("a"))
        );
        assert_eq!(manifest["lib"]["test"].as_bool(), Some(false));
        assert!(!dir.path().join("tests/a.rs").exists() && dir.path().join("tests/b.rs").exists());
    }

    #[test]
    fn a_dependency_that_does_not_compile_is_left_out() {
        // Some are on crates.io only because tests name them, and have no text.
        let listed =
            "[package]\nname = 'p'\n[dev-dependencies]\na = '1'\nb = { package = 'c', version = '1' }\nd = '1'";
        let dir = package(&[("Cargo.toml", listed)]);
        leave_out(dir.path(), &["dependency \"a\"".to_owned(), "dependency \"c\"".to_owned()]).unwrap();
        assert_eq!(manifest(&dir)["dev-dependencies"].as_table().unwrap().keys().collect::<Vec<_>>(), ["d"]);
    }

    #[test]
    fn what_only_left_out_tests_use_is_not_built() {
        // Natively and from Wasm it would take minutes, for one crate after the other.
        let dir = package(&[
            ("Cargo.toml", "[package]\nname = 'p'\n[dev-dependencies]\ntrybuild = '1'\nmacrotest = '1'\nserde = '1'"),
            ("tests/compiletest.rs", "let t = trybuild::TestCases::new();"),
            ("tests/expand.rs", "macrotest::expand(x);"),
            ("src/lib.rs", "#[cfg(test)] use macrotest as _;"),
        ]);
        leave_out_calling(dir.path()).unwrap();
        let left: Vec<String> = manifest(&dir)["dev-dependencies"].as_table().unwrap().keys().cloned().collect();
        assert_eq!(left, ["macrotest", "serde"]);
    }
}
