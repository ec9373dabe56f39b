//! Macro packages that mean harm, and what they get: nothing, as long as nobody grants it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_tests::{CargoOutcome as _, Kind, Site, copy, store};
use tests::{Outcome, RustcExt as _};

/// A program that prints what the macro gives.
fn program(macros: &str) -> String {
    format!("fn main() {{\n    println!(\"{{}}\", {macros});\n}}\n")
}

/// A project that depends on one of `packages/attacks`, which lies beside it.
fn site(name: &str, macros: &str) -> (Site, PathBuf) {
    let site = Site::of("packages/no-macros");
    let dir = site.beside(name);
    copy::directory(&copy::own(&format!("packages/attacks/{name}")), &dir);
    site.write(
        "Cargo.toml",
        &(site.read("Cargo.toml") + &format!("\n[dependencies]\n{name} = {{ path = \"../{name}\" }}\n")),
    );
    site.write("src/main.rs", &program(macros));
    (site, dir)
}

/// Nothing but an error comes of it, however often it is tried, and nothing is native.
#[track_caller]
fn gets_nothing(site: &Site, dir: &Path, name: &str, says: &str) {
    let lines = format!("[permissions.{name}]\n");
    // Only the root project grants.
    fs::write(dir.join("wasm-proc-macro.toml"), format!("{lines}native = true\nread = [\"/\"]\n")).unwrap();
    for more in [&[][..], &[], &["--retry"], &["--forbid-native"], &["--on-refusal", "ask"]] {
        let outcome = site.command(&[&["run"], more].concat()).ends_with(101);
        assert!(outcome.stderr.contains(says), "{outcome}");
        assert!(more == ["--forbid-native"] || outcome.stderr.contains(&format!("\n{lines}")), "{outcome}");
        assert!(!dir.join("native-rights").exists(), "it was native\n{outcome}");
    }
}

/// Who fails in the sandbox does not leave it by that.
#[test]
fn hostile() {
    let (site, dir) = site("hostile", "hostile::answer!()");
    gets_nothing(&site, &dir, "hostile", "reading `/etc/passwd`");
    // The user may grant what it asks for: the file, and nothing else.
    site.write("wasm-proc-macro.toml", "[permissions.hostile]\nread = [\"/etc/passwd\"]\n");
    let outcome = site.command(&["run"]);
    assert!(outcome.stderr.contains("writing `"), "{outcome}");
    assert!(!dir.join("native-rights").exists(), "{outcome}");
    site.write("wasm-proc-macro.toml", "[permissions.hostile]\nnative = true\n");
    let outcome = site.command(&["run"]).success();
    assert_eq!((outcome.stdout.as_str(), outcome.summary().native), ("1\n", 1), "{outcome}");
    assert!(dir.join("native-rights").exists(), "{outcome}");
}

/// Who does not compile for the sandbox does not pass it by that.
#[test]
fn cfgm() {
    let (site, dir) = site("cfgm", "cfgm::answer!()");
    gets_nothing(&site, &dir, "cfgm", "not on wasm");
    let outcome = site.command(&["run", "--native", "cfgm"]).success();
    assert!(dir.join("native-rights").exists() && outcome.stdout == "1\n", "{outcome}");
}

/// Git repositories of `packages/attacks`, so that their modules come from the store, and a home for Cargo's copies of them.
struct Repositories {
    dir: PathBuf,
    home: PathBuf,
}

impl Repositories {
    fn new(site: &Site, names: &[&str]) -> Repositories {
        let (dir, home) = (site.beside("repositories"), site.beside("home"));
        for name in names {
            copy::directory(&copy::own(&format!("packages/attacks/{name}")), &dir.join(name));
            let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
            for words in [&["init", "-q", "."][..], &["add", "-A", "."], &["commit", "-qm", "one"]] {
                let mut git = Command::new("git");
                git.args(identity).args(words).current_dir(dir.join(name)).outcome().success();
            }
        }
        Repositories { dir, home }
    }

    /// A project that depends on some of them, with a store that projects share.
    fn project(&self, store: &Path, names: &[(&str, &str)], macros: &str) -> Site {
        let mut site = Site::of("packages/no-macros");
        site.store = store.to_owned();
        let mut manifest = site.read("Cargo.toml") + "\n[dependencies]\n";
        for (alias, name) in names {
            let url = format!("file://{}", self.dir.join(name).display());
            manifest += &format!("{alias} = {{ git = \"{url}\", package = \"{name}\" }}\n");
        }
        site.write("Cargo.toml", &manifest);
        site.write("src/main.rs", &program(macros));
        site
    }

    fn run(&self, site: &Site, variables: &[(&str, &str)], more: &[&str]) -> Outcome {
        let mut cargo = site.cargo(Kind::Command, &[&["run"], more].concat());
        cargo.env("CARGO_HOME", &self.home).env_remove("APP_MODE").envs(variables.iter().copied()).outcome()
    }
}

/// What a package is refused is no other package's business, whatever its library is called.
#[test]
fn forge() {
    let place = Site::of("packages/no-macros");
    let repositories = Repositories::new(&place, &["forge", "env_macro"]);
    let both = [("forge", "forge"), ("good", "env_macro")];
    let site = repositories.project(&place.store, &both, "forge::mode!().to_owned() + good::mode!()");
    let outcome = repositories.run(&site, &[], &[]).ends_with(101);
    assert!(outcome.stderr.contains("\n[permissions.forge]\nread = [\"/etc/passwd\"]\n"), "{outcome}");
    assert!(!outcome.stderr.contains("[permissions.env_macro]"), "{outcome}");
    // Not even for those who run natively what was refused something.
    let other = repositories.project(&place.store, &both[1..], "good::mode!()");
    let outcome = repositories.run(&other, &[], &["--on-refusal", "native"]).success();
    assert_eq!(
        (outcome.stdout.as_str(), outcome.summary().native, outcome.summary().cached),
        ("unset\n", 0, 1),
        "{outcome}"
    );
}

/// A variable that decided about a macro when it was compiled decides about its module: in another project, and by Cargo's configuration.
#[test]
fn env_macro() {
    let place = Site::of("packages/no-macros");
    let repositories = Repositories::new(&place, &["env_macro"]);
    let project = || repositories.project(&place.store, &[("env_macro", "env_macro")], "env_macro::mode!()");
    let (evil, good, configured) = (project(), project(), project());
    configured.write(".cargo/config.toml", "[env]\nAPP_MODE = \"configured\"\n");
    let evil_mode = [("APP_MODE", "evil")];
    let runs = [
        (&evil, &evil_mode[..], "evil\n"),
        (&good, &[], "unset\n"),
        (&configured, &[], "configured\n"),
        (&good, &evil_mode, "evil\n"),
    ];
    for (site, variables, says) in runs {
        let outcome = repositories.run(site, variables, &[]).success();
        assert_eq!((outcome.stdout.as_str(), outcome.summary().native), (says, 0), "{outcome}");
    }
    assert_eq!(store::packages(&place.store).len(), 3);
    // By now the store has all three, and what was built with one value is not built again with it.
    for (mut site, variables, says) in runs.map(|(_, variables, says)| (project(), variables, says)) {
        if says == "configured\n" {
            site.write(".cargo/config.toml", "[env]\nAPP_MODE = \"configured\"\n");
        }
        site.target = site.beside("another");
        let outcome = repositories.run(&site, variables, &[]).success();
        assert_eq!((outcome.stdout.as_str(), outcome.built_for_wasm()), (says, Vec::new()), "{outcome}");
    }
}

/// What macros write and name is shown, obeyed by no terminal and believed by no Cargo.
#[test]
fn esc() {
    let (site, _) = site("esc", "esc::path!()");
    let outcome = site.command(&["build"]).ends_with(101);
    assert!(!outcome.stderr.contains(['\u{1b}', '\u{7}']), "{outcome}");
    assert!(outcome.stderr.contains("\\u{1b}]0;owned\\u{7}"), "{outcome}");
    let shown = site.command(&["permissions"]).success();
    assert!(shown.stdout.contains("\\u{1b}]0;owned\\u{7}") && !shown.stdout.contains('\u{1b}'), "{shown}");
    site.write("src/main.rs", &program("esc::json!()"));
    let outcome = site.command(&["build"]).success();
    assert!(!outcome.stderr.contains('\u{1b}') && outcome.warning_lines().is_empty(), "{outcome}");
    site.edit("src/main.rs", "main()", "main( )");
    let outcome = site.command(&["build", "--message-format", "json"]).success();
    let forged = outcome.stdout.lines().filter(|line| line.starts_with('{') && line.contains("forged"));
    assert_eq!(forged.count(), 0, "{outcome}");
}

/// A library's source file may be another package's, and which package a macro belongs to is no question of files.
#[test]
fn a_package_with_the_source_of_one_that_is_native_is_not_native() {
    let site = Site::of("packages/no-macros");
    let rights = site.beside("native-rights");
    let package = |name: &str, rest: &str| {
        site.write(
            &format!("../{name}/Cargo.toml"),
            &format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}"),
        );
    };
    let helper = |name: &str, body: &str| {
        package(name, "[lib]\nname = \"helper\"\n");
        site.write(&format!("../{name}/src/lib.rs"), &format!("pub fn run() -> String {{ {body} }}\n"));
    };
    helper("good-helper", "\"1\".to_owned()");
    helper("evil-helper", &format!("_ = std::fs::write({rights:?}, \"\"); \"2\".to_owned()"));
    package("good", "[lib]\nproc-macro = true\n[dependencies]\ngood-helper = { path = \"../good-helper\" }\n");
    let source = "use proc_macro::TokenStream;\n\
                  #[proc_macro]\npub fn go(_: TokenStream) -> TokenStream { helper::run().parse().unwrap() }\n";
    let path = site.write("../good/src/lib.rs", source);
    let rest = format!("[lib]\nproc-macro = true\npath = {path:?}\n[features]\nx = []\n[dependencies]\n");
    package("evil", &format!("{rest}evil-helper = {{ path = \"../evil-helper\" }}\n"));
    // For the host Cargo wants another `evil` than is planned.
    let wasm =
        "[target.'cfg(target_family = \"wasm\")'.dependencies]\nevil = { path = \"../evil\", features = [\"x\"] }\n";
    package("other", wasm);
    site.write("../other/src/lib.rs", "");
    site.write("build.rs", "fn main() {}\n");
    let dependencies = "[dependencies]\ngood = { path = \"../good\" }\nevil = { path = \"../evil\" }\n\
                        [build-dependencies]\nother = { path = \"../other\" }\n";
    site.write("Cargo.toml", &(site.read("Cargo.toml") + "\n" + dependencies));
    site.write("src/main.rs", &program("good::go!() + evil::go!()"));
    // Its module is built where nothing is native.
    site.command(&["run"]).ends_with(101);
    site.write("wasm-proc-macro.toml", "[permissions.good]\nnative = true\n");
    for _ in 0..2 {
        site.command(&["run"]).ends_with(101);
        assert!(!rights.exists(), "it was native");
    }
}
