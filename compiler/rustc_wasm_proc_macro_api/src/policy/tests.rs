//! Tests of what a module is granted.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{DEFAULT_MEMORY, DEFAULT_TIME, Ended, Grants, Package, Policy, escaped};

const CRATES: &str = "
[permissions.sqlx-macros]
read = ['.env', '/abs/dir']
env = ['DATABASE_URL', 'SQLX_*', 'CARGO_REGISTRY_TOKEN']
time = '2min'
memory = '8GiB'
[permissions.small]
memory = '1MiB'
";

fn cargos() -> String {
    format!(
        "[build]
variables = ['FROM_SCRIPT', 'ANOTHER', 'CARGO_BIN_EXE_key', 'CARGO']
read = ['/ws/Cargo.toml']
package-manifest = '/ws/member/Cargo.toml'
workspace-manifest = '/ws/Cargo.toml'
[[package]]
id = 'registry+x#foo@1.0.0'
name = 'foo'
version = '1.0.0'
modules = ['{}', '{}']
read = ['/ws/.env']
env = ['FOO']
time = '5s'
[[package]]
id = 'path+y#foo@2.0.0'
name = 'foo'
version = '2.0.0'
modules = ['{}']
",
        "01".repeat(32),
        "02".repeat(32),
        "03".repeat(32)
    )
}

fn parse(text: &str) -> Policy {
    Policy::parse(text, Path::new("/config")).unwrap()
}

#[test]
fn without_a_file_there_are_the_defaults() {
    let grants = Policy::of_process().grants(&[0; 32], "mine", "0.1.0");
    assert_eq!(grants.package(), Package { name: "mine", version: "0.1.0", id: None });
    assert_eq!(
        (grants.time(), grants.memory(), grants.memory_of_all()),
        (DEFAULT_TIME, DEFAULT_MEMORY, DEFAULT_MEMORY)
    );
    assert!(grants.time_is_default() && grants.memory_is_default());
    // Cargo runs this test, so it is in its package.
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    assert!(grants.readable().allows_file(&here.join("src/lib.rs")));
    assert!(!grants.readable().allows_file(&here.join("../../README.md")));
    assert!(!grants.readable().allows_file(Path::new("/etc/hostname")));
}

#[test]
fn a_crates_grants_are_those_of_its_table_and_of_no_other() {
    let policy = parse(CRATES);
    let grants = policy.grants(&[0; 32], "sqlx_macros", "0.8.0");
    for name in ["DATABASE_URL", "SQLX_OFFLINE", "CARGO_REGISTRY_TOKEN", "CARGO_PKG_NAME", "TERM"] {
        assert!(grants.variable(name), "{name}");
    }
    for name in ["DATABASE_URL2", "SQL", "CARGO_REGISTRIES_X_TOKEN", "HOME"] {
        assert!(!grants.variable(name), "{name}");
    }
    // Relative paths start at the file.
    assert!(grants.readable().allows(Path::new("/config/.env")) && grants.readable().allows(Path::new("/abs/dir/x")));
    assert_eq!((grants.time(), grants.memory()), (Duration::from_secs(120), 8 << 30));
    assert!(!grants.time_is_default() && !grants.memory_is_default());

    let other = policy.grants(&[0; 32], "other", "0.8.0");
    assert!(!other.variable("DATABASE_URL") && !other.readable().allows(Path::new("/config/.env")));
    assert_eq!(other.memory(), DEFAULT_MEMORY);
    // All guests together may have what the largest may.
    let small = policy.grants(&[0; 32], "small", "0.8.0");
    assert_eq!((small.memory(), small.memory_of_all(), other.memory_of_all()), (1 << 20, 8 << 30, 8 << 30));
}

#[test]
fn a_package_is_known_by_its_modules_digest_and_not_by_what_the_module_says() {
    let policy = parse(&cargos());
    for digest in [1, 2] {
        let grants = policy.grants(&[digest; 32], "forged", "9.9.9");
        assert_eq!(grants.package(), Package { name: "foo", version: "1.0.0", id: Some("registry+x#foo@1.0.0") });
        assert!(grants.variable("FOO") && grants.readable().allows(Path::new("/ws/.env")));
        assert_eq!(grants.time(), Duration::from_secs(5));
    }
    let second = policy.grants(&[3; 32], "foo", "2.0.0");
    assert_eq!(second.package().version, "2.0.0");
    let unknown = policy.grants(&[4; 32], "foo", "1.0.0");
    assert_eq!(unknown.package(), Package { name: "foo", version: "1.0.0", id: None });
    for grants in [second, unknown] {
        assert!(!grants.variable("FOO") && !grants.readable().allows(Path::new("/ws/.env")));
        // What is for every macro is for these, too: whatever Cargo set, whatever its name.
        assert!(["FROM_SCRIPT", "ANOTHER", "CARGO_BIN_EXE_key"].iter().all(|name| grants.variable(name)));
        assert!(!grants.variable("CARGO_BIN_EXE_key2"));
        assert!(grants.readable().allows(Path::new("/ws/Cargo.toml")));
        assert!(!grants.readable().allows(Path::new("/ws/Cargo.lock")));
        assert_eq!(grants.time(), DEFAULT_TIME);
    }
}

#[test]
fn grants_cross_the_border_as_they_are() {
    for (text, digest, name) in [(CRATES, [0; 32], "sqlx_macros"), (&*cargos(), [1; 32], "foo"), ("", [0; 32], "")] {
        let grants = parse(text).grants(&digest, name, "1.0.0");
        let bytes = grants.encode();
        let decoded = Grants::decode(&bytes).unwrap();
        assert_eq!(format!("{:?}", decoded.given), format!("{:?}", grants.given));
        assert!(decoded.readable().allows(Path::new("/ws/.env")) == grants.readable().allows(Path::new("/ws/.env")));
        // No part of it and nothing longer is taken for all of it.
        for len in 0..bytes.len() {
            assert!(Grants::decode(&bytes[..len]).is_none(), "{len}");
        }
        assert!(Grants::decode(&[&bytes[..], &[0]].concat()).is_none());
    }
    assert!(Grants::decode(&[0xff; 64]).is_none());
}

#[test]
fn the_environment_has_what_may_be_read_and_is_set() {
    let grants = parse("[permissions.a]\nenv = ['PATH']\n").grants(&[0; 32], "a", "1.0.0");
    let names: Vec<_> = grants.environment().into_iter().map(|(name, _)| name).collect();
    let has = |name: &str| names.iter().any(|found| found == name);
    assert!(has("PATH") && has("CARGO") && has("CARGO_MANIFEST_DIR"));
    assert!(std::env::var_os("HOME").is_some() && !has("HOME"));
    let others = Policy::of_process().grants(&[0; 32], "a", "1.0.0").environment();
    assert!(others.iter().all(|(name, _)| name != "PATH"));
}

#[test]
fn only_cargos_own_program_is_answered() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let manifest = here.join("Cargo.toml");
    let text = format!("[build]\npackage-manifest = '{0}'\nworkspace-manifest = '{0}'\n", manifest.display());
    let grants = parse(&text).grants(&[0; 32], "a", "1.0.0");
    let command =
        |grants: &Grants, program: &OsString| grants.command(&[program.clone(), "locate-project".into()], &here);
    let cargo = std::env::var_os("CARGO").unwrap();
    let expected = format!("{{\"root\":\"{}\"}}\n", manifest.display());
    assert_eq!(command(&grants, &cargo), Some(Ended { code: 0, printed: expected.into_bytes() }));
    assert_eq!(command(&grants, &"cargo".into()), None);
    assert_eq!(command(&grants, &"".into()), None);
    assert_eq!(grants.command(&[], &here), None);
    let text = format!("[build]\npackage-manifest = '{}'\nworkspace-error = 'none'\n", manifest.display());
    let arguments = [cargo.clone(), "locate-project".into(), "--workspace".into()];
    let ended = parse(&text).grants(&[0; 32], "a", "1.0.0").command(&arguments, &here);
    assert_eq!(ended, Some(Ended { code: 101, printed: b"error: none\n".to_vec() }));
    // Without Cargo nobody knows.
    assert_eq!(command(&Policy::of_process().grants(&[0; 32], "a", "1.0.0"), &cargo), None);
}

#[test]
fn a_file_that_cannot_be_read_says_why_and_not_which() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("policy.toml");
    assert!(!Policy::read(&path).unwrap_err().contains("policy.toml"));
    std::fs::write(&path, "[permissions.a]\nread = ['x']\n").unwrap();
    let grants = Policy::read(&path).unwrap().grants(&[0; 32], "a", "1.0.0");
    assert!(grants.readable().allows(&dir.path().join("x")));
    std::fs::write(&path, "[permissions.a]\nread = 'x'\n").unwrap();
    assert_eq!(
        Policy::read(&path).unwrap_err(),
        "line 2, `read = 'x'`: invalid type: string \"x\", expected a sequence"
    );
}

#[test]
fn what_cannot_be_seen_is_escaped() {
    assert_eq!(escaped("a\u{1b}]52;c\u{7}\r\nb\u{202e}c\u{9b}é\\"), "a\\u{1b}]52;c\\u{7}\\r\\nb\\u{202e}c\\u{9b}é\\");
}
