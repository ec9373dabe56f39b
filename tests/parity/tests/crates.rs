//! Macro crates that people use, as they are on crates.io: each is built natively and to Wasm by the same fork, and its users
//! in `crates/users` must not be able to tell.
//!
//! `users/NAME/main.rs` uses the macros widely and prints what comes of it; `users/NAME/rejected/*.rs` are inputs that they must
//! refuse. Each begins with a sentence that says what it shows, and with `//@` lines: those of the library's `directives`, where
//! `library` and `macros` name crates of the lock file and `count` is the number of errors in a rejected file.

#[path = "../crates/build/mod.rs"]
mod build;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use build::Builds;
use parity::accepted::Accepted;
use parity::channels::Said;
use parity::compare::{both, equal};
use parity::directives::Directives;
use parity::{Channel, Ends, Invocation};
use tests::command::error_lines;
use tests::{Form, Lab, RustcExt, Toolchain};

/// A test for each directory in `crates/users`, and their list.
macro_rules! users {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*

        const USERS: &[&str] = &[$(stringify!($name)),*];
    };
}

users! {
    assert2 async_stream async_trait clap derive_more displaydoc enum_dispatch futures getset include_dir phf pin_project prost serde
    thiserror tokio
}

fn users_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/users")
}

/// Compares everything in the directory of that name.
fn check(name: &str) {
    let dir = users_dir().join(name);
    let mut reports = Vec::new();
    let mut compare = |file: &str, ends| {
        let result = invocation(&dir, file, ends).and_then(|user| {
            if ends == Ends::Success {
                uses_modules(&user)?;
            }
            let [native, wasm] = both(&user)?;
            if ends == Ends::Errors {
                counted(&user, file, &native)?;
            }
            equal(&native, &wasm)
        });
        reports.extend(result.err().map(|error| format!("`{name}/{file}`: {error}")));
    };
    compare("main.rs", Ends::Success);
    for file in sources(&dir.join("rejected")) {
        compare(&format!("rejected/{file}"), Ends::Errors);
    }
    assert!(reports.is_empty(), "{}", reports.join("\n"));
}

/// The names of the sources in a directory, sorted.
fn sources(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", dir.display()));
    let names = entries
        .map(|entry| entry.expect("a directory can be read").file_name().into_string().expect("names are UTF-8"));
    names.filter(|name| name.ends_with(".rs")).collect()
}

/// The compilation of a file, as cargo would call the compiler for the root of a package there.
fn invocation(dir: &Path, file: &str, ends: Ends) -> Result<Invocation, String> {
    let builds = Builds::get()?;
    let directives = Directives::read(&dir.join(file))?;
    let mut user = Invocation::new(dir, file);
    user.ends = ends;
    user.arguments(["--edition", &directives.edition, "--crate-name", "user"]).arguments(&directives.flags);
    for name in &directives.libraries {
        for form in [Form::Native, Form::Wasm] {
            let path = builds.library(name, form)?;
            let words = ["--extern".to_owned(), format!("{name}={}", path.display())];
            if form == Form::Native {
                user.native.extend(words)
            } else {
                user.wasm.extend(words)
            }
            user.paths.push((path.to_owned(), format!("$LIBRARY/{name}")));
        }
    }
    for form in [Form::Native, Form::Wasm] {
        let words = ["-L".to_owned(), format!("dependency={}", builds.search(form).display())];
        if form == Form::Native { user.native.extend(words) } else { user.wasm.extend(words) }
    }
    for name in directives.macros.unwrap_or_default() {
        let krate = builds.macros(&name)?;
        user.macros(&name, &krate.native, krate.wasm.as_ref().map_err(String::clone)?);
    }
    for (variable, value) in [
        ("CARGO_MANIFEST_DIR", dir.to_str().expect("paths are UTF-8")),
        ("CARGO_CRATE_NAME", "user"),
        ("CARGO_PKG_NAME", "user"),
        ("CARGO_PKG_AUTHORS", "A. Author:B. Author"),
        ("CARGO_PKG_DESCRIPTION", "What the package says of itself"),
        ("CARGO_PKG_HOMEPAGE", ""),
        ("CARGO_PKG_VERSION", "4.5.6-alpha.1"),
        ("CARGO_PKG_VERSION_MAJOR", "4"),
        ("CARGO_PKG_VERSION_MINOR", "5"),
        ("CARGO_PKG_VERSION_PATCH", "6"),
        ("CARGO_PKG_VERSION_PRE", "alpha.1"),
    ] {
        user.environment.push((variable.to_owned(), value.to_owned()));
    }
    if let Some(out_dir) = out_dir(dir)? {
        user.environment.push(("OUT_DIR".to_owned(), out_dir));
    }
    user.environment.extend(directives.environment);
    Ok(user)
}

/// A directory like those that cargo has for build scripts, not in the package, with what is in `out_dir` of the user.
fn out_dir(dir: &Path) -> Result<Option<String>, String> {
    let from = dir.join("out_dir");
    if !from.exists() {
        return Ok(None);
    }
    let to = Toolchain::get().work().join("crates/out").join(dir.file_name().expect("it is a user"));
    let copied = fs::create_dir_all(&to).and_then(|()| {
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    });
    copied.map_err(|error| format!("cannot copy `{}`: {error}", from.display()))?;
    Ok(Some(to.display().to_string()))
}

/// What is equal could be the same native macro twice. Dep-info names the modules that a compilation has used.
fn uses_modules(user: &Invocation) -> Result<(), String> {
    let lab = Lab::new();
    let out = lab.join("user.d");
    let outcome = user.command(Form::Wasm).arg("--emit=dep-info").arg("-o").arg(&out).outcome();
    let used = fs::read_to_string(out).map_err(|error| format!("no dep-info: {error}\n{outcome}"))?;
    let is_used = |path: &Path| used.contains(path.to_str().expect("paths are UTF-8"));
    let right = user.macros.iter().all(|macros| is_used(&macros.wasm) && !is_used(&macros.native));
    if right && !user.macros.is_empty() { Ok(()) } else { Err(format!("its modules are not what it uses:\n{used}")) }
}

/// There must be as many errors as the file promises: that they are the same says nothing of how many inputs were refused.
fn counted(user: &Invocation, file: &str, native: &[Said]) -> Result<(), String> {
    let expected = Directives::read(&user.dir.join(file))?.count.ok_or("`//@ count: NUMBER` is missing")?;
    let stderr = native.iter().find(|said| (said.channel, said.what) == (Channel::Build, "stderr"));
    let text = &stderr.ok_or("the compiler says nothing")?.text;
    let count = error_lines(text).len();
    if count == expected { Ok(()) } else { Err(format!("{count} errors instead of {expected}:\n{text}")) }
}

/// `users/NAME/differs.rs` shows a difference that the macro's own code makes of being built for 32 bits. Should it go, the file
/// is to become a part of `main.rs`.
#[test]
fn known_differences_are_still_there() {
    for name in USERS {
        let dir = users_dir().join(name);
        let listed = Accepted::get().differs(&format!("crates::{name}"));
        assert_eq!(
            dir.join("differs.rs").exists(),
            listed,
            "`{name}`: `differs.rs` and `accepted.toml` belong together"
        );
        if listed {
            let user = invocation(&dir, "differs.rs", Ends::Success).unwrap_or_else(|error| panic!("{error}"));
            let error = parity::compare(&user).expect_err("it differs");
            assert!(error.starts_with("Expanded differs"), "`{name}` differs in something else:\n{error}");
        }
    }
}

#[test]
fn every_user_has_a_test() {
    let entries = fs::read_dir(users_dir()).expect("there are users");
    let found: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, USERS.iter().map(|&name| name.to_owned()).collect());
}

#[test]
fn every_source_begins_by_saying_what_it_shows() {
    for name in USERS {
        let dir = users_dir().join(name);
        let rejected = sources(&dir.join("rejected"));
        assert!(!rejected.is_empty(), "`{name}` is refused nothing");
        for file in rejected.iter().map(|file| format!("rejected/{file}")).chain(["main.rs".to_owned()]) {
            let text = fs::read_to_string(dir.join(&file)).unwrap();
            let first = text.lines().next().unwrap_or_default();
            assert!(first.starts_with("//! ") && first.ends_with('.'), "`{name}/{file}` begins with `{first}`");
        }
    }
}

/// A macro crate that comes along as a dependency is compared too.
#[test]
fn every_macro_crate_of_the_lock_file_has_a_user() {
    let mut used = BTreeSet::new();
    for name in USERS {
        used.extend(Directives::read(&users_dir().join(name).join("main.rs")).unwrap().macros.unwrap_or_default());
    }
    let all: BTreeSet<String> =
        Builds::get().unwrap_or_else(|error| panic!("{error}")).macro_names().map(str::to_owned).collect();
    assert_eq!(used, all);
}
