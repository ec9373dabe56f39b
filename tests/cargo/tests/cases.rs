//! Macros that users have asked about in public, each in a project of its own: they behave as natively, or they are refused by name,
//! with the grant to write, and behave as natively with it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::process::Command;

use cargo_tests::{CargoOutcome as _, Kind, Site};
use tests::{Outcome, RustcExt as _};

const PERMISSIONS: &str = "wasm-proc-macro.toml";

fn site(name: &str) -> Site {
    Site::with_shared_store(&format!("cases/{name}"))
}

/// Everything runs from Wasm, and the program says what it says natively.
#[track_caller]
fn says(site: &Site, words: &[&str], stdout: &str) {
    let outcome = site.command(words).success();
    assert_eq!(outcome.stdout, stdout, "{outcome}");
    assert_eq!(outcome.summary().native, 0, "{outcome}");
}

/// The build fails with an error that names what was wanted, and the lines to write.
#[track_caller]
fn is_refused(site: &Site, words: &[&str], wanted: &str, grant: &[&str]) -> Outcome {
    let outcome = site.command(words).ends_with(101);
    assert!(outcome.stderr.contains("was refused") && outcome.stderr.contains(wanted), "{wanted}: {outcome}");
    for line in grant {
        assert!(outcome.stderr.contains(line), "{line}: {outcome}");
    }
    outcome
}

/// `proc-macro-crate` starts `$CARGO locate-project` and reads the manifest of the workspace, where the package has another name.
#[test]
fn proc_macro_crate_finds_the_name_that_the_workspace_gives_a_package() {
    says(&site("proc-macro-crate"), &["run", "-p", "c02-user"], "Button\n");
}

/// Where Cargo answers `locate-project` by an error, its callers see that, and go on.
#[test]
fn cargo_s_errors_are_errors_of_a_program() {
    let site = Site::of("packages/small");
    let locate = r#"
#[proc_macro]
pub fn locate(input: TokenStream) -> TokenStream {
    let words = input.to_string();
    let words = words.trim_matches('"').split(' ').filter(|word| !word.is_empty());
    let output = std::process::Command::new(std::env::var("CARGO").unwrap()).arg("locate-project").args(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let status = (output.status.success(), output.status.code(), output.status.to_string());
    format!("{:?}", format!("{status:?} {:?} {:?}", text(output.stdout), text(output.stderr))).parse().unwrap()
}
"#;
    site.write("macros/src/lib.rs", &(site.read("macros/src/lib.rs") + locate));
    // A package that lies in a workspace and is none of its members.
    let lost = site.beside("other/lost");
    std::fs::create_dir_all(lost.join("src")).unwrap();
    std::fs::write(site.beside("other/Cargo.toml"), "[workspace]\nmembers = []\n").unwrap();
    let manifest = format!(
        "[package]\nname = \"lost\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nsmall-macros = {{ path = {:?} }}\n",
        site.tree.join("macros")
    );
    std::fs::write(lost.join("Cargo.toml"), manifest).unwrap();
    let asks = "small_macros::locate!(\"\"), small_macros::locate!(\"--workspace\"), \
        small_macros::locate!(\"--manifest-path=missing/Cargo.toml\"), small_macros::locate!(\"--workspace --manifest-path src\")";
    std::fs::write(lost.join("src/lib.rs"), format!("pub const SAID: [&str; 4] = [{asks}];\n")).unwrap();
    site.edit("Cargo.toml", "paste = \"1\"\n", "paste = \"1\"\nlost = { path = \"../other/lost\" }\n");
    site.write("src/main.rs", &format!("fn main() {{\n    println!(\"{{:#?}} {{:#?}}\", lost::SAID, [{asks}]);\n}}\n"));
    let natively = site.plain(&["run"]).success().stdout;
    assert_eq!(natively.matches("Some(101)").count(), 5, "{natively}");
    says(&site, &["run"], &natively);
}

/// A `.env` beside the workspace's manifest: nobody gets another program without a word, even if the macro ignores the error.
#[test]
fn a_file_of_the_workspace_is_granted_or_refused_by_name() {
    let site = site("dotenv");
    let run = ["run", "-p", "c05-service", "--features", "required"];
    is_refused(&site, &run[..3], ".env", &["[permissions.c05-env]", "read = [\".env\"]"]);
    is_refused(&site, &run, ".env", &["[permissions.c05-env]", "read = [\".env\"]"]);
    site.write(PERMISSIONS, "[permissions.c05-env]\nread = [\".env\"]\n");
    says(&site, &run[..3], "optional: from the workspace root\n");
    says(&site, &run, "optional: from the workspace root\nrequired: from the workspace root\n");
    // What is taken away again is missed again.
    site.write(PERMISSIONS, "");
    is_refused(&site, &run, ".env", &[]);
}

/// Other programs than Cargo are never started from Wasm. With a fallback the macro would go on with another version.
#[test]
fn a_program_is_refused_by_name_and_runs_natively_if_the_user_says_so() {
    let site = site("git-version");
    let git = |words: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        Command::new("git").args(identity).args(words).current_dir(&site.tree).outcome().success();
    };
    for words in [&["init", "-q", "."][..], &["add", "-A", "."], &["commit", "-qm", "one"], &["tag", "v1.2.3"]] {
        git(words);
    }
    let packages = ["c06-with-fallback", "c06-without"];
    for package in packages {
        is_refused(&site, &["run", "-p", package], "running the program `git`", &["native = true"]);
    }
    site.write(PERMISSIONS, "[permissions.git-version-macro]\nnative = true\n");
    for package in packages {
        let outcome = site.command(&["run", "-p", package]).success();
        assert_eq!(outcome.stdout, "version v1.2.3\n", "{outcome}");
        assert_eq!(outcome.summary().native, 1, "{outcome}");
    }
}

/// Natively the `--cfg`s of `build.rustflags` and of RUSTFLAGS reach macros.
#[test]
fn cfgs_of_the_user_reach_macros() {
    let site = site("cfg-by-rustflags");
    says(&site, &["run", "-p", "c15-app"], "program true, macro true\n");
    says(&site, &["run", "-p", "c15-app", "--features", "new"], "program true, macro true\nnew\n");
    // Others than those of the last run: another module.
    let words = ["run", "-p", "c15-app"];
    let flags = "--check-cfg cfg(shop_unstable)";
    let outcome = site.cargo(Kind::Command, &words).env("RUSTFLAGS", flags).outcome().success();
    assert_eq!(outcome.stdout, "program false, macro false\n", "{outcome}");
}

/// rayon does without threads; a thread with a larger stack is run where it is started.
#[test]
fn threads_run_to_their_end() {
    let site = site("macro-with-threads");
    says(&site, &["run", "-p", "c21-app"], "333833500\n");
    says(&site, &["run", "-p", "c21-app", "--features", "thread"], "333833500\n55\n");
    // What libraries ask for by themselves is no question.
    let mut cargo = site.cargo(Kind::Command, &["run", "-p", "c21-app", "--features", "thread"]);
    let set = [("RAYON_NUM_THREADS", "4"), ("RUST_MIN_STACK", "16777216"), ("CI", "true")];
    assert_eq!(cargo.envs(set).outcome().success().stdout, "333833500\n55\n");
}

/// syn 1 and its kin leave out what has to do with `proc_macro` on the platforms that they know as WebAssembly's.
#[test]
fn macros_on_syn_1_compile_and_run() {
    let site = site("macro-built-on-syn-1");
    let run = ["run", "-p", "c22-service"];
    // One of them reads the `.env` of the workspace, too.
    is_refused(&site, &run, ".env", &["[permissions.dotenvy_macro]", "read = [\".env\"]"]);
    site.write(PERMISSIONS, "[permissions.dotenvy_macro]\nread = [\".env\"]\n");
    says(&site, &run, "Service from the workspace root\n");
}

/// `cfg!` in a macro crate and TARGET in its build script are about the host. What `std` says of the platform, and how wide a `usize` is,
/// cannot be: docs/guide.md says so.
#[test]
fn what_a_macro_asks_about_its_host() {
    let site = site("macro-asks-about-its-host");
    let run = ["run", "-p", "c16-app"];
    let (natively, guest) = (site.plain(&run).success().stdout, site.command(&run).success().stdout);
    let (natively, guest): (Vec<_>, Vec<_>) = (natively.lines().collect(), guest.lines().collect());
    assert_eq!(guest[0], natively[0]);
    assert_eq!(guest[1], natively[1].replace("linux x86_64 64", " wasm32 32"));
    let mut hasher = DefaultHasher::new();
    "customer".hash(&mut hasher);
    assert_eq!(natively[2], format!("bucket {}", hasher.finish() % 1009));
    assert_eq!(guest[2], format!("bucket {}", hasher.finish() as u32 % 1009));
}
