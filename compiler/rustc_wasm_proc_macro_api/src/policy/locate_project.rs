//! What `cargo locate-project` prints, without running it.
//!
//! Macros that want to know what a dependency is called in the crate at hand (`proc-macro-crate`) ask Cargo for the root of
//! the workspace. The answer says nothing that the policy file does not, so it needs no process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::readable::lexical;

/// Where Cargo would find the manifests of the package that is being compiled.
pub(super) struct Manifests<'a> {
    pub(super) package: &'a Path,
    pub(super) workspace: &'a Path,
}

/// The options of the command.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    workspace: bool,
    quiet: bool,
    plain: Option<bool>,
    manifest: Option<PathBuf>,
}

impl Manifests<'_> {
    /// The standard output of `cargo ARGUMENTS…` in the directory `cwd`. `None` for everything that is not
    /// `locate-project` of this package or workspace, and for what Cargo answers by an error.
    pub(super) fn locate(&self, arguments: &[OsString], cwd: &Path) -> Option<Vec<u8>> {
        let Some((command, options)) = arguments.split_first() else { return None };
        if command != "locate-project" || !cwd.is_absolute() {
            return None;
        }
        let options = parse(options)?;
        let found = match &options.manifest {
            Some(manifest) => lexical(&cwd.join(manifest)),
            None => self.from(&lexical(cwd))?,
        };
        let is_known = found == self.package || found == self.workspace;
        if !is_known || !found.is_file() {
            return None;
        }
        let root = if options.workspace { self.workspace } else { &found }.to_str()?;
        Some(
            if options.plain == Some(true) { format!("{root}\n") } else { format!("{{\"root\":{}}}\n", json(root)) }
                .into_bytes(),
        )
    }

    /// The manifest that Cargo finds from `cwd` upwards. Looked for within the package, and in the workspace's root.
    fn from(&self, cwd: &Path) -> Option<PathBuf> {
        let (package, workspace) = (self.package.parent()?, self.workspace.parent()?);
        if !cwd.starts_with(package) && cwd != workspace {
            return None;
        }
        cwd.ancestors().map(|dir| dir.join("Cargo.toml")).find(|manifest| {
            // What is at and above the package's own is not looked at: nobody may know it.
            manifest == self.package || manifest == self.workspace || manifest.exists()
        })
    }
}

/// Cargo's own reading of them (clap): each at most once, in any order.
fn parse(arguments: &[OsString]) -> Option<Options> {
    let mut options = Options::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_str()?;
        let (name, mut value) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(OsString::from(value))),
            _ => (text, None),
        };
        let mut take = || {
            value
                .take()
                .or_else(|| arguments.next().filter(|value| !value.as_encoded_bytes().starts_with(b"-")).cloned())
        };
        let is_new = match name {
            "--message-format" => {
                let format = take()?.to_str()?.to_ascii_lowercase();
                let plain = ["json", "plain"].iter().position(|known| *known == format)? == 1;
                options.plain.replace(plain).is_none()
            }
            "--manifest-path" => options.manifest.replace(take()?.into()).is_none(),
            "--workspace" => !std::mem::replace(&mut options.workspace, true),
            "-q" | "--quiet" => !std::mem::replace(&mut options.quiet, true),
            _ => return None,
        };
        if !is_new || value.is_some() {
            return None;
        }
    }
    Some(options)
}

/// `text` as a string of JSON (RFC 8259, section 7), with the escapes that Cargo's library writes.
fn json(text: &str) -> String {
    let mut json = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\u{8}' => json.push_str("\\b"),
            '\t' => json.push_str("\\t"),
            '\n' => json.push_str("\\n"),
            '\u{c}' => json.push_str("\\f"),
            '\r' => json.push_str("\\r"),
            '\0'..='\x1f' => json.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{Manifests, json};

    /// A workspace with a member, in whose package another package lies.
    fn workspace() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("with \"quotes\" and ü");
        let package = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        for (path, text) in [
            ("Cargo.toml", "[workspace]\nmembers = [\"member\"]\nexclude = [\"member/inner\"]\n".to_owned()),
            ("member/Cargo.toml", package("member")),
            ("member/src/lib.rs", String::new()),
            ("member/inner/Cargo.toml", package("inner")),
            ("member/inner/src/lib.rs", String::new()),
            ("other/file", String::new()),
        ] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        }
        (dir, root)
    }

    fn ours(root: &Path, arguments: &[OsString], cwd: &Path) -> Option<Vec<u8>> {
        let (package, workspace) = (root.join("member/Cargo.toml"), root.join("Cargo.toml"));
        Manifests { package: &package, workspace: &workspace }.locate(arguments, cwd)
    }

    /// What the Cargo that runs this test prints, if it succeeds.
    fn cargos(arguments: &[OsString], cwd: &Path) -> Option<Vec<u8>> {
        let cargo = std::env::var_os("CARGO").expect("Cargo runs tests");
        let output = Command::new(cargo).args(arguments).current_dir(cwd).output().unwrap();
        output.status.success().then_some(output.stdout)
    }

    #[test]
    fn it_prints_what_cargo_prints() {
        let (_dir, root) = workspace();
        let member = root.join("member/Cargo.toml").into_os_string().into_string().unwrap();
        let path = format!("--manifest-path={member}");
        for arguments in [
            &["locate-project"][..],
            &["locate-project", "--workspace"],
            &["locate-project", "--message-format=plain"],
            &["locate-project", "--message-format", "PLAIN", "--workspace"],
            &["locate-project", "--workspace", "--message-format=json", "-q"],
            // As proc-macro-crate 3 asks.
            &["locate-project", "--workspace", "--message-format=plain", &path],
            &["locate-project", "--quiet", &path],
            &["locate-project", "--manifest-path", &member],
            &["locate-project", "--manifest-path", "./Cargo.toml", "--workspace"],
            &["locate-project", "--manifest-path", "Cargo.toml"],
            &["locate-project", "--manifest-path=src/../Cargo.toml"],
            // Each of these is an error.
            &["locate-project", "--workspace", "--workspace"],
            &["locate-project", "--workspace=yes"],
            &["locate-project", "--message-format"],
            &["locate-project", "--message-format=yaml"],
            &["locate-project", "--message-format=plain", "--message-format=plain"],
            &["locate-project", "--manifest-path", "--workspace"],
            &["locate-project", "--manifest-path", "."],
            &["locate-project", "--manifest-path", "missing/Cargo.toml"],
            &["locate-project", "more"],
            &["locate-project", "-qq"],
        ] {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            for cwd in ["member", "member/src"] {
                let (ours, cargos) = (ours(&root, &arguments, &root.join(cwd)), cargos(&arguments, &root.join(cwd)));
                assert_eq!(ours, cargos, "{arguments:?} in {cwd}");
            }
            let (ours, cargos) = (ours(&root, &arguments, &root), cargos(&arguments, &root));
            assert_eq!(ours, cargos, "{arguments:?} in the workspace's root");
        }
    }

    #[test]
    fn it_says_nothing_of_other_packages_and_of_other_commands() {
        let (_dir, root) = workspace();
        let answer = |arguments: &[&str], cwd: &Path| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            ours(&root, &arguments, cwd)
        };
        let inner = root.join("member/inner/Cargo.toml");
        assert_eq!(answer(&["locate-project", "--manifest-path", inner.to_str().unwrap()], &root), None);
        for cwd in [inner.parent().unwrap(), &root.join("other"), Path::new("/"), Path::new("member")] {
            assert_eq!(answer(&["locate-project"], cwd), None, "{}", cwd.display());
        }
        for arguments in [
            &["metadata"][..],
            &["locate-project-x"],
            &[],
            &["-q", "locate-project"],
            &["locate-project", "--config=x"],
        ] {
            assert_eq!(answer(arguments, &root), None, "{arguments:?}");
        }
        fs::remove_file(root.join("member/Cargo.toml")).unwrap();
        assert_eq!(answer(&["locate-project"], &root.join("member")), None);
    }

    #[test]
    fn what_json_cannot_hold_is_escaped() {
        assert_eq!(json("a\"\\\u{8}\u{1}\n\u{7f}é"), "\"a\\\"\\\\\\b\\u0001\\n\u{7f}é\"");
    }
}
