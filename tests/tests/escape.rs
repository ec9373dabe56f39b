//! Secrets that are planted where a macro has no business, and a macro that wants them by every way that there is: none gets into
//! the program, onto the terminal, into dep-info or into a file. The same macro as native code gets most of them, which shows
//! that the ways lead somewhere.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread};

use tests::command::files;
use tests::{Artifacts, Form, Lab, Toolchain};

/// How every secret begins.
const MARK: &str = "PLANTED_";

/// Ways to a file, each with whether it wants Rust source with an item in it.
const TO_FILES: [(&str, bool); 32] = [
    ("read", false),
    ("open", false),
    ("around", false),
    ("link", false),
    ("hard-link", false),
    ("copy", false),
    ("process-cwd", false),
    ("process-root", false),
    ("thread-root", false),
    ("slashes", false),
    ("expand-str", false),
    ("expand-bytes", false),
    ("expand-include", false),
    ("expand-concat", false),
    ("expand-path", true),
    ("expand-doc", false),
    ("expand-twice", false),
    ("output-str", false),
    ("output-str-literal", false),
    ("output-bytes", false),
    ("output-include", false),
    ("output-path", true),
    ("output-doc", false),
    ("output-concat", false),
    ("output-rules", false),
    ("output-assembly", false),
    ("output-visualizer", false),
    ("then-scan", false),
    ("then-scan-twice", false),
    ("list", false),
    ("canonical", false),
    ("program", false),
];

/// Ways to a variable.
const TO_VARIABLES: [&str; 8] =
    ["var", "vars", "getenv", "tracked", "expand-env", "expand-option-env", "output-env", "output-option-env"];

/// Variables that nobody has to grant to a macro, and that people have.
const VARIABLES: [&str; 4] = ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "CARGO_REGISTRY_TOKEN", "DATABASE_URL"];

/// Ways to what belongs to the process.
const TO_THE_PROCESS: [&str; 8] =
    ["environ", "parent-environ", "command-line", "arguments", "input", "descriptors", "network", "memory"];

/// What is the user's, and no project's. All else is the project's or the compiler's.
const OF_THE_USER: [&str; 3] = ["home", "other-package/src", "environment"];

/// One thing to steal.
struct Secret {
    place: &'static str,
    way: &'static str,
    what: String,
    text: String,
}

/// A package, its surroundings, and the secrets in them.
struct Scene {
    lab: Lab,
    secrets: Vec<Secret>,
    environment: Vec<(String, String)>,
    server: String,
}

impl Scene {
    fn new() -> Scene {
        let lab = Lab::new();
        lab.write("package/src/lib.rs", "");
        let mut secrets: Vec<Secret> = Vec::new();
        let new_text = |number: usize| format!("{MARK}{number:04}xyzw");
        // Outside, in another package, in the cache of compiled modules, and behind a link in the package itself.
        for place in ["home", "other-package/src", "cache/module", "behind"] {
            for (way, is_source) in TO_FILES {
                let text = new_text(secrets.len());
                let content =
                    if is_source { format!("pub const BOOTY: &str = {text:?};") } else { format!("{text:?}") };
                // What is listed is names.
                let name = if matches!(way, "list" | "canonical") { text.clone() } else { format!("{way}.txt") };
                let directory = if way == "list" { format!("{place}/listed") } else { place.to_owned() };
                let file = lab.write(&format!("{directory}/{name}"), content);
                let what = match (way, place) {
                    // The directory of this file is listed, and the secret must not stand in the source.
                    ("list", _) => file.with_file_name("any"),
                    ("canonical", _) => {
                        let link = lab.join(&format!("package/{place}-canonical").replace('/', "-"));
                        std::os::unix::fs::symlink(&file, &link).unwrap();
                        link
                    }
                    ("program", _) => PathBuf::from(format!("cat {}", file.display())),
                    (_, "behind") => lab.join("package/behind").join(file.strip_prefix(lab.join("behind")).unwrap()),
                    _ => file,
                };
                secrets.push(Secret { place, way, what: what.display().to_string(), text });
            }
        }
        std::os::unix::fs::symlink(lab.join("behind"), lab.join("package/behind")).unwrap();
        let mut environment = Vec::new();
        for way in TO_VARIABLES {
            for variable in VARIABLES {
                // One value a variable, whatever the way: `vars` looks at all.
                let text = new_text(9000 + VARIABLES.iter().position(|name| *name == variable).unwrap());
                let what = variable.to_owned();
                secrets.push(Secret { place: "environment", way, what, text: text.clone() });
                environment.push((variable.to_owned(), text));
            }
        }
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        for way in TO_THE_PROCESS {
            let text = new_text(secrets.len());
            let what = if way == "network" { address.clone() } else { String::new() };
            secrets.push(Secret { place: "process", way, what, text });
        }
        let served = secrets.iter().find(|secret| secret.way == "network").unwrap().text.clone();
        thread::spawn(move || {
            for connection in server.incoming() {
                _ = connection.and_then(|mut connection| connection.write_all(served.as_bytes()));
            }
        });
        Scene { lab, secrets, environment, server: address }
    }

    fn of_way(&self, way: &str) -> Vec<&Secret> {
        self.secrets.iter().filter(|secret| secret.way == way).collect()
    }

    /// Has the macro try one secret, and returns everything that came of it.
    fn attempt(&self, form: Form, macros: &Path, secret: &Secret) -> String {
        let (package, out) = (self.lab.join("package"), self.lab.join("out"));
        _ = fs::remove_dir_all(&out);
        fs::create_dir_all(&out).unwrap();
        for made in files(&package) {
            if made.to_string_lossy().starts_with("made-") || made == Path::new("booty") {
                fs::remove_file(package.join(made)).unwrap();
            }
        }
        let source = format!("extern crate thief;\nthief::steal!({:?}, {:?});\n", secret.way, secret.what);
        fs::write(package.join("src/lib.rs"), source).unwrap();
        let mut rustc = Command::new(Toolchain::get().rustc_path());
        rustc.env_clear().env("CARGO_MANIFEST_DIR", &package).envs(self.environment.iter().cloned());
        rustc.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        rustc.current_dir(&package).args([
            "--edition=2024",
            "--crate-type=lib",
            "--emit=link,dep-info,metadata",
            "--cap-lints=allow",
            "src/lib.rs",
        ]);
        rustc.arg("--out-dir").arg(&out).arg("--wasm-proc-macro-cache").arg(self.lab.join("own-cache"));
        // What stands in the arguments is a secret, too, where the way is one to them.
        if secret.way == "command-line" {
            rustc.arg(format!("--cfg=secret=\"{}\"", secret.text));
        }
        match form {
            Form::Native => rustc.arg("--extern").arg(format!("thief={}", macros.display())),
            _ => rustc.arg("--wasm-proc-macro").arg(format!("thief={}", macros.display())),
        };
        let mut child = rustc.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        // A compiler that has ended does not read it.
        _ = input.write_all(if secret.way == "input" { secret.text.as_bytes() } else { b"" });
        drop(input);
        let output = child.wait_with_output().unwrap();
        let mut seen = [output.stdout, output.stderr.clone()].concat();
        for file in files(&out) {
            seen.extend(fs::read(out.join(file)).unwrap());
        }
        for file in files(&package).into_iter().filter(|file| !file.starts_with("src") && !file.starts_with("behind")) {
            seen.extend(fs::read(package.join(file)).unwrap_or_default());
        }
        if form != Form::Native {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let fine = matches!(output.status.code(), Some(0 | 1)) && !stderr.contains("internal compiler error");
            assert!(fine, "{} {}: {stderr}", secret.way, secret.what);
        }
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// What it found of a secret is on the way out. The harness itself says the secret in the arguments only.
    fn escapes(&self, form: Form, macros: &Path, secret: &Secret) -> bool {
        self.attempt(form, macros, secret).contains(&secret.text)
    }
}

/// The macro crate, as a module or as native code.
fn thief(form: Form) -> PathBuf {
    let text = fs::read_to_string("escape/thief.rs").unwrap();
    Artifacts::get().macros_from("thief", &text, form)
}

/// No secret of these places gets out. Each caller has a scene of its own, so that they run side by side.
#[track_caller]
fn none_escapes(is_meant: impl Fn(&str) -> bool) {
    let (scene, thief) = (Scene::new(), thief(Form::Wasm));
    let meant: Vec<&Secret> = scene.secrets.iter().filter(|secret| is_meant(secret.place)).collect();
    assert!(meant.len() >= 60 && scene.secrets.len() >= 160, "{} of {}", meant.len(), scene.secrets.len());
    let escaped: Vec<String> = meant
        .iter()
        .filter(|secret| scene.escapes(Form::Wasm, &thief, secret))
        .map(|secret| format!("{} {}", secret.way, secret.what))
        .collect();
    assert!(escaped.is_empty(), "{} of {}: {escaped:#?}", escaped.len(), meant.len());
    // Nobody has even connected, which the server would have answered.
    assert!(scene.server.starts_with("127.0.0.1:"));
}

#[test]
fn no_secret_of_the_user_escapes_by_a_macro_from_wasm() {
    none_escapes(|place| OF_THE_USER.contains(&place));
}

#[test]
fn no_secret_of_the_project_or_the_compiler_escapes_by_a_macro_from_wasm() {
    none_escapes(|place| !OF_THE_USER.contains(&place));
}

/// A way that leads nowhere proves nothing.
#[test]
fn as_native_code_the_same_macro_gets_them() {
    let (scene, thief) = (Scene::new(), thief(Form::Native));
    // What has no native form: requests past the bridge; and what no process has: arguments of its own, a parent of that number.
    let without = [
        "then-scan",
        "then-scan-twice",
        "memory",
        "arguments",
        "parent-environ",
        "environ",
        "descriptors",
        "expand-path",
        "expand-doc",
        "output-str-literal",
    ];
    let ways = TO_FILES.iter().map(|(way, _)| *way).chain(TO_VARIABLES).chain(TO_THE_PROCESS);
    let failed: Vec<&str> = ways
        .filter(|way| !without.contains(way))
        .filter(|way| !scene.escapes(Form::Native, &thief, scene.of_way(way)[0]))
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}
