//! Reading what rustc and build scripts say that a crate was made from: files, and environment variables.

use std::path::{Path, PathBuf};

/// The dep-info that rustc writes beside a library or a build script, by the path of that.
pub(crate) fn beside(made: &Path) -> Option<PathBuf> {
    let stem = made.file_stem()?.to_str()?;
    let name = match made.extension() {
        None => {
            // `build/PACKAGE-HASH/build-script-build` is a link to the program whose name has the hash.
            let (_, hash) = made.parent()?.file_name()?.to_str()?.rsplit_once('-')?;
            format!("{}-{hash}", stem.replace('-', "_"))
        }
        Some(extension) => match extension.to_str()? {
            "wasm" => stem.to_owned(),
            "rlib" | "rmeta" => stem.strip_prefix("lib")?.to_owned(),
            _ => return None,
        },
    };
    Some(made.with_file_name(format!("{name}.d")))
}

/// The files in a dep-info: each has a rule of its own, without anything that it depends on.
pub(crate) fn files(text: &str) -> impl Iterator<Item = PathBuf> {
    let rules = text.lines().filter(|line| !line.starts_with('#'));
    rules.filter_map(|line| line.strip_suffix(':')).map(|file| PathBuf::from(file.replace("\\ ", " ")))
}

/// The environment variables in a dep-info, with the values that they had. Nothing is the value of one that was not set.
pub(crate) fn variables(text: &str) -> impl Iterator<Item = (String, Option<String>)> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("# env-dep:"));
    lines.map(|line| match line.split_once('=') {
        Some((name, value)) => (plain(name), Some(plain(value))),
        None => (plain(line), None),
    })
}

/// Without what rustc writes for the ends of lines and for backslashes.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('r')) => plain.push('\r'),
            ('\\', Some(other)) => plain.push(other),
            (c, _) => plain.push(c),
        }
    }
    plain
}

/// What Cargo keeps of a build script's output, by the script's `OUT_DIR`.
pub(crate) fn output_of_script(out_dir: &Path) -> Option<String> {
    std::fs::read_to_string(out_dir.parent()?.join("output")).ok()
}

/// What follows a key in the lines that a build script writes for Cargo, such as `rerun-if-env-changed`.
pub(crate) fn instructions<'t>(output: &'t str, key: &'t str) -> impl Iterator<Item = &'t str> {
    output.lines().filter_map(move |line| {
        let line = line.strip_prefix("cargo::").or_else(|| line.strip_prefix("cargo:"))?;
        line.strip_prefix(key)?.strip_prefix('=').map(str::trim)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As rustc writes it.
    const TEXT: &str = "/t/deps/m-0.d: src/lib.rs src/a\\ b.txt\n\n/t/deps/m-0.wasm: src/lib.rs src/a\\ b.txt\n\n\
        src/lib.rs:\nsrc/a\\ b.txt:\n\n# env-dep:CARGO_PKG_VERSION=1.0.0\n# env-dep:LINES=a\\n\\\\b=c\n# env-dep:UNSET\n";

    #[test]
    fn a_dep_info_names_files_and_variables() {
        assert_eq!(files(TEXT).collect::<Vec<_>>(), [Path::new("src/lib.rs"), Path::new("src/a b.txt")]);
        let variable = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        let expected = [
            variable("CARGO_PKG_VERSION", Some("1.0.0")),
            variable("LINES", Some("a\n\\b=c")),
            variable("UNSET", None),
        ];
        assert_eq!(variables(TEXT).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn dep_infos_lie_beside_what_was_made() {
        let of = |path: &str| beside(Path::new(path));
        assert_eq!(of("/d/m-0.wasm"), Some(PathBuf::from("/d/m-0.d")));
        assert_eq!(of("/d/libm-0.rlib"), Some(PathBuf::from("/d/m-0.d")));
        assert_eq!(of("/d/m-0.d"), None);
        let script = of("/d/build/some-package-0/build-script-build");
        assert_eq!(script, Some(PathBuf::from("/d/build/some-package-0/build_script_build-0.d")));
    }

    #[test]
    fn build_scripts_say_what_they_depend_on() {
        // In both ways to write it.
        let output = "cargo:rerun-if-env-changed=A\nhello\ncargo::rerun-if-env-changed=B\ncargo:rerun-if-changed=x y\ncargo:rerun-if-env-changed\n";
        assert_eq!(instructions(output, "rerun-if-env-changed").collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(instructions(output, "rerun-if-changed").collect::<Vec<_>>(), ["x y"]);
    }
}
