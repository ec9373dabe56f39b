//! Files that a macro reads: its user's package and `OUT_DIR` as natively, and nothing else.

use std::fs;
use std::path::Path;
use std::process::Command;

use tests::{Artifacts, Form, Lab, Outcome, RustcExt};

/// A package with files, links and an output directory, and a neighbour whose files are not its own.
fn package() -> Lab {
    let lab = Lab::new();
    lab.write("package/template.txt", "Hello, {name}!\n");
    lab.write("package/templates/one.txt", "1");
    lab.write("package/templates/deep/two.txt", "");
    lab.write("out/generated.txt", "generated");
    lab.write("neighbour/secret.txt", "secret");
    for (target, link) in [
        ("template.txt", "package/link.txt"),
        ("templates", "package/linked"),
        ("../neighbour/secret.txt", "package/leak.txt"),
        ("../neighbour", "package/leaks"),
        ("loop", "package/loop"),
        ("package", "alias"),
    ] {
        std::os::unix::fs::symlink(target, lab.join(link)).unwrap();
    }
    lab
}

/// Compiles a program of the package that prints what `macros` return, one line each.
fn compile(lab: &Lab, form: Form, manifest_dir: &str, macros: &[String]) -> Outcome {
    for made in ["package/main", "package/main.d"] {
        _ = fs::remove_file(lab.join(made));
    }
    let main = macros.iter().map(|call| format!("    println!(\"{{}}\", files::{call});\n")).collect::<String>();
    lab.write("package/main.rs", format!("fn main() {{\n{main}}}\n"));
    let path = Artifacts::get().macros("files", form).unwrap();
    let mut rustc = lab.rustc();
    rustc.current_dir(lab.join("package")).args(["main.rs", "--emit=link,dep-info"]);
    rustc.env("CARGO_MANIFEST_DIR", lab.join(manifest_dir)).env("OUT_DIR", lab.join("out"));
    match form {
        Form::Native => rustc.arg("--extern").arg(format!("files={}", path.display())).outcome(),
        _ => rustc.module(&path).outcome(),
    }
}

/// Compiles it and runs it.
fn expand(lab: &Lab, form: Form, manifest_dir: &str, macros: &[String]) -> Outcome {
    let compiled = compile(lab, form, manifest_dir, macros).success();
    let ran = Command::new(lab.join("package/main")).outcome();
    Outcome { stdout: ran.stdout, ..compiled }
}

#[track_caller]
fn same_as_native(manifest_dir: &str, macros: &[String]) {
    let lab = package();
    let native = expand(&lab, Form::Native, manifest_dir, macros);
    let wasm = expand(&lab, Form::Wasm, manifest_dir, macros);
    for ((call, native), wasm) in macros.iter().zip(native.stdout.lines()).zip(wasm.stdout.lines()) {
        assert_eq!(native, wasm, "{call}");
    }
    assert_eq!(wasm.stdout.lines().count(), macros.len(), "{wasm}");
    assert_eq!(native.stderr, wasm.stderr);
}

fn calls(names: &[&str], paths: &[&str]) -> Vec<String> {
    let calls = names.iter().flat_map(|name| paths.iter().map(move |path| format!("{name}!({path:?})")));
    calls.collect()
}

/// `include_dir`, `askama` and their kin read like this.
#[test]
fn files_of_the_package_are_read_as_natively() {
    let readers = ["read", "read_backwards", "list", "canonical", "metadata", "link"];
    let paths = [
        "template.txt",
        "./templates/../template.txt",
        "templates",
        "templates/one.txt",
        "templates/deep/two.txt",
        "template.txt/under-a-file",
        "link.txt",
        "linked",
        "linked/one.txt",
        "missing.txt",
        "templates/missing/too",
        "loop",
        ".",
    ];
    // The compiler writes to the directory itself, so its time is not the same.
    let mut macros = calls(&readers, &paths);
    macros.retain(|call| call != "metadata!(\".\")");
    same_as_native("package", &macros);
}

/// Most macros join their path to `CARGO_MANIFEST_DIR`; a path may also go through a link to the package.
#[test]
fn absolute_paths_are_read_as_natively() {
    let lab = package();
    let absolute = |name: &str| lab.join(name).display().to_string();
    let paths = [absolute("package/template.txt"), absolute("out/generated.txt"), absolute("alias/template.txt")];
    let paths = paths.each_ref().map(String::as_str);
    let macros = [calls(&["read", "canonical", "metadata"], &paths), vec!["working_dir!()".to_owned()]].concat();
    let native = expand(&lab, Form::Native, "alias", &macros);
    let wasm = expand(&lab, Form::Wasm, "alias", &macros);
    assert_eq!(native.stdout, wasm.stdout, "{wasm}");
    assert_eq!(wasm.stderr, "", "{wasm}");
}

/// Dep-info must name what was read, or Cargo would not notice that it changed.
#[test]
fn what_was_read_is_in_dep_info() {
    let lab = package();
    let macros = ["read!(\"template.txt\")".to_owned(), "list!(\"templates\")".to_owned()];
    expand(&lab, Form::Wasm, "package", &macros);
    let dep_info = fs::read_to_string(lab.join("package/main.d")).unwrap();
    for name in ["template.txt", "templates"] {
        let path = lab.join("package").join(name).display().to_string();
        assert!(dep_info.lines().any(|line| line == format!("{path}:")), "{path} in\n{dep_info}");
    }
}

/// The sandbox: whatever the macro makes of the error code, its expansion is an error that names the file.
#[test]
fn files_elsewhere_are_refused() {
    let lab = package();
    let outside = [
        "/etc/passwd".to_owned(),
        "../neighbour/secret.txt".to_owned(),
        "leak.txt".to_owned(),
        "leaks/secret.txt".to_owned(),
        lab.join("neighbour/secret.txt").display().to_string(),
        "/no/such/file".to_owned(),
    ];
    for path in outside {
        let outcome = compile(&lab, Form::Wasm, "package", &[format!("denied!({path:?})")]).one_error();
        let wanted = match Path::new(&path).file_name().unwrap().to_str().unwrap() {
            // A link is judged by where it leads.
            "leak.txt" => "secret.txt",
            wanted => wanted,
        };
        let [error] = outcome.error_lines()[..] else { panic!("{path}: {outcome}") };
        assert!(error.contains("procedural macro `denied` of `files`") && error.contains(wanted), "{outcome}");
        assert!(error.contains(" was refused reading `/"), "{outcome}");
    }
}

/// Nothing is changed, not even in the package.
#[test]
fn nothing_is_written() {
    let lab = package();
    for call in
        ["write!(\"template.txt\")", "write!(\"new.txt\")", "append!(\"template.txt\")", "remove!(\"template.txt\")"]
    {
        let outcome = compile(&lab, Form::Wasm, "package", &[call.to_owned()]).one_error();
        let outcome = outcome.says("was refused writing `").says(".txt`");
        assert_eq!(fs::read_to_string(lab.join("package/template.txt")).unwrap(), "Hello, {name}!\n", "{outcome}");
        assert!(!lab.join("package/new.txt").exists());
    }
}

/// A manifest directory of `/` would be everything.
#[test]
fn a_root_directory_is_no_package() {
    let lab = package();
    let outcome = compile(&lab, Form::Wasm, "/", &["denied!(\"/etc/passwd\")".to_owned()]);
    outcome.one_error().says("was refused reading `/etc/passwd`");
}
