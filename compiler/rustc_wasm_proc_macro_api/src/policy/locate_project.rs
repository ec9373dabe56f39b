//! What `cargo locate-project` prints, without running it.
//!
//! Macros that want to know what a dependency is called in the crate at hand (`proc-macro-crate`) ask Cargo for the root of
//! the workspace. The answer says nothing that the policy file does not, so it needs no process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use stubgen::lexical;

/// Where Cargo would find the manifests of the package that is being compiled.
pub(super) struct Manifests<'a> {
    pub(super) package: &'a Path,
    /// That of the workspace, or what Cargo says of why there is none.
    pub(super) workspace: Option<Result<&'a Path, &'a str>>,
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
    /// The standard output of `cargo ARGUMENTS…` in the directory `cwd`, or the message of its error. `None` for everything that is not
    /// `locate-project` of this package or workspace, and for what nobody may know.
    pub(super) fn locate(&self, arguments: &[OsString], cwd: &Path) -> Option<Result<String, String>> {
        let (command, options) = arguments.split_first()?;
        if command != "locate-project" || !cwd.is_absolute() {
            return None;
        }
        let options = parse(options)?;
        let found = match &options.manifest {
            Some(manifest) => {
                let path = lexical(&cwd.join(manifest));
                if !self.is_known(&path) {
                    return self.not_found(manifest, &path).map(Err);
                }
                path
            }
            None => self.from(&lexical(cwd))?,
        };
        if !self.is_known(&found) || !found.is_file() {
            return None;
        }
        let root = match self.workspace? {
            _ if !options.workspace => &found,
            Ok(workspace) => workspace,
            Err(message) => return Some(Err(message.to_owned())),
        };
        let root = root.to_str()?;
        Some(Ok(match options.plain {
            Some(true) => format!("{root}\n"),
            _ => format!("{{\"root\":{}}}\n", json(root)),
        }))
    }

    fn is_known(&self, manifest: &Path) -> bool {
        manifest == self.package || matches!(self.workspace, Some(Ok(workspace)) if manifest == workspace)
    }

    /// The manifest that Cargo finds from `cwd` upwards. Looked for within the package, and in the workspace's root.
    fn from(&self, cwd: &Path) -> Option<PathBuf> {
        let is_in_package = cwd.starts_with(self.package.parent()?);
        if !is_in_package && !self.is_known(&cwd.join("Cargo.toml")) {
            return None;
        }
        // What is at and above the package's own is not looked at: nobody may know it.
        let mut manifests = cwd.ancestors().map(|dir| dir.join("Cargo.toml"));
        manifests.find(|manifest| self.is_known(manifest) || manifest.exists())
    }

    /// What Cargo says of a path, named as `manifest`, at which no manifest is. Nothing of one outside of the package, or where another
    /// manifest may be.
    fn not_found(&self, manifest: &Path, path: &Path) -> Option<String> {
        let (dir, manifest) = (self.package.parent()?, manifest.display());
        let mut place = dir.to_owned();
        for component in path.strip_prefix(dir).ok()?.components() {
            place.push(component);
            match place.symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => {}
                // Where a link leads is another question.
                Ok(_) => return None,
                Err(_) => return Some(format!("manifest path `{manifest}` does not exist")),
            }
        }
        let child = path.join("Cargo.toml");
        let has_child = child == self.package || child.symlink_metadata().is_ok();
        let help = if has_child { format!("\nhelp: {} exists", child.display()) } else { String::new() };
        Some(format!("manifest path `{manifest}` is a directory but expected a file{help}"))
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

    type Answer = Option<Result<String, String>>;

    fn ours(root: &Path, arguments: &[OsString], cwd: &Path) -> Answer {
        let (package, workspace) = (root.join("member/Cargo.toml"), root.join("Cargo.toml"));
        Manifests { package: &package, workspace: Some(Ok(&workspace)) }.locate(arguments, cwd)
    }

    /// What the Cargo that runs this test says: nothing of what it does not understand.
    fn cargos(arguments: &[OsString], cwd: &Path) -> Answer {
        let cargo = std::env::var_os("CARGO").expect("Cargo runs tests");
        let output = Command::new(cargo).args(arguments).current_dir(cwd).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        match output.status.code() {
            Some(0) => Some(Ok(text(output.stdout))),
            Some(1) => None,
            code => {
                assert_eq!((code, text(output.stdout).as_str()), (Some(101), ""));
                let message = text(output.stderr);
                Some(Err(message.strip_prefix("error: ").unwrap().trim_end().to_owned()))
            }
        }
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
            &["locate-project", "--manifest-path", "src"],
            &["locate-project", "--manifest-path", ".", "--workspace"],
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
            // What is not in the package is nobody's business.
            let is_error = matches!(cargos, Some(Err(_)));
            assert_eq!(ours, cargos.filter(|_| !is_error), "{arguments:?} in the workspace's root");
        }
    }

    #[test]
    fn it_says_nothing_of_other_packages_and_of_other_commands() {
        let (_dir, root) = workspace();
        std::os::unix::fs::symlink(root.join("other/file"), root.join("member/link")).unwrap();
        std::os::unix::fs::symlink(root.join("other/nothing"), root.join("member/dead")).unwrap();
        let answer = |arguments: &[&str], cwd: &Path| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            ours(&root, &arguments, cwd)
        };
        let inner = root.join("member/inner/Cargo.toml");
        for path in ["link", "dead", "dead/Cargo.toml", "../other/file", "../other/missing"] {
            let arguments = ["locate-project", "--manifest-path", path];
            assert_eq!(answer(&arguments, &root.join("member")), None, "{path}");
        }
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
    fn a_package_that_is_in_no_workspace_is_told_what_cargo_says() {
        let (_dir, root) = workspace();
        let package = root.join("member/Cargo.toml");
        let answer = |workspace, words: &[&str]| {
            let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
            Manifests { package: &package, workspace }.locate(&arguments, &root.join("member"))
        };
        let wrong = "current package believes it's in a workspace when it's not";
        assert_eq!(answer(Some(Err(wrong)), &["locate-project", "--workspace"]), Some(Err(wrong.to_owned())));
        let plain = ["locate-project", "--message-format=plain"];
        assert_eq!(answer(Some(Err(wrong)), &plain), Some(Ok(format!("{}\n", package.display()))));
        assert_eq!(answer(None, &["locate-project", "--workspace"]), None);
    }

    #[test]
    fn what_json_cannot_hold_is_escaped() {
        assert_eq!(json("a\"\\\u{8}\u{1}\n\u{7f}é"), "\"a\\\"\\\\\\b\\u0001\\n\u{7f}é\"");
    }
}
