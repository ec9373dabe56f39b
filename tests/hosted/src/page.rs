//! The page that `./x.py hosted page` builds, in a browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tests::{Lab, Outcome, RustcExt};

use crate::browser::{Browser, Server};
use crate::{directory, native};

/// How long a page may take to load, or the compiler to end.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is in a pack for the page.
#[derive(Debug)]
pub struct Pack {
    pub name: String,
    options: Vec<String>,
    archive: PathBuf,
}

/// The page as it was built.
pub fn built() -> PathBuf {
    directory().join("page")
}

fn manifest(page: &Path) -> Value {
    let text = fs::read_to_string(page.join("manifest.json")).expect("`./x.py hosted page` has written it");
    serde_json::from_str(&text).expect("it is JSON")
}

/// The packs that a page offers.
pub fn packs(page: &Path) -> Vec<Pack> {
    let text = |value: &Value| value.as_str().expect("it is text").to_owned();
    let pack = |pack: &Value| Pack {
        name: text(&pack["name"]),
        options: pack["options"].as_array().expect("it is a list").iter().map(text).collect(),
        archive: page.join("assets").join(text(&pack["file"])),
    };
    manifest(page)["packs"].as_array().expect("it is a list").iter().map(pack).collect()
}

/// A copy of the page in the lab, with one pack more: a module by its name.
pub fn with_module(lab: &Lab, name: &str) -> PathBuf {
    let page = lab.join("page");
    let copied = Command::new("cp").arg("-rs").arg(built()).arg(&page).status().expect("there is `cp`");
    assert!(copied.success());
    let file = format!("{name}.tar.gz");
    let archive = page.join("assets").join(&file);
    let mut tar = Command::new("tar");
    tar.args(["--format=ustar", "-czf"]).arg(&archive).arg("-C").arg(lab.path()).arg(format!("{name}.wasm"));
    assert!(tar.status().expect("there is `tar`").success());
    let size = fs::metadata(&archive).expect("it was just written").len();
    let mut manifest = manifest(&page);
    let options = ["--wasm-proc-macro".to_owned(), format!("{name}={{}}/{name}.wasm")];
    let pack = json!({ "name": name, "title": name, "file": file, "size": size, "options": options });
    manifest["packs"].as_array_mut().expect("it is a list").push(pack);
    // The copy consists of links to the page that was built.
    fs::remove_file(page.join("manifest.json")).expect("it was just copied");
    fs::write(page.join("manifest.json"), manifest.to_string()).expect("the lab can be written");
    page
}

/// The page, opened.
pub struct Page {
    pub browser: Browser,
    url: String,
}

impl Page {
    /// Opens it with a source, and waits until it is ready.
    pub fn open(server: &Server, source: &str) -> Page {
        let page = Page { browser: Browser::start(), url: server.url.clone() };
        page.show(source);
        page
    }

    /// Opens it again, with another source.
    pub fn show(&self, source: &str) {
        self.browser.open("about:blank");
        let encode = "return new URLSearchParams({ source: arguments[0] }).toString()";
        let given = self.browser.run(encode, &[source]);
        self.browser.open(&format!("{}#{}", self.url, given.as_str().expect("it is text")));
        self.wait_until_ready();
    }

    /// Waits until the compiler can be called.
    #[track_caller]
    pub fn wait_until_ready(&self) {
        self.browser.wait("!document.getElementById('check').disabled", PATIENCE);
    }

    /// Chooses these packs, and no others.
    pub fn choose(&self, packs: &[&str]) {
        let body = "for (const box of document.querySelectorAll('#packs input')) {
            box.checked = [...arguments].includes(box.id.replace('pack-', ''));
        }";
        self.browser.run(body, packs);
    }

    /// Presses a button, and returns what the compiler did. Null if it was stopped.
    #[track_caller]
    pub fn press(&self, button: &str) -> Value {
        let body = "window.outcome = null;
            document.addEventListener('outcome', (event) => (window.outcome = event.detail), { once: true });
            document.getElementById(arguments[0]).click();";
        self.browser.run(body, &[button]);
        self.wait_until_ready();
        self.browser.run("return window.outcome", &[])
    }

    /// What stands below the editor.
    pub fn messages(&self) -> String {
        self.text("messages")
    }

    /// The text of an element.
    pub fn text(&self, id: &str) -> String {
        let text = self.browser.run("return document.getElementById(arguments[0]).textContent", &[id]);
        text.as_str().expect("it is text").to_owned()
    }

    /// How many places of the source are marked as errors.
    pub fn marks(&self) -> u64 {
        let marks = self.browser.run("return document.querySelectorAll('#source .cm-lintRange-error').length", &[]);
        marks.as_u64().expect("it is a number")
    }
}

/// The same call of the native compiler, with the libraries and modules of the page's packs.
pub fn by_native(lab: &Lab, source: &str, packs: &[&Pack], arguments: &[&str]) -> Outcome {
    lab.write("main.rs", source);
    let mut command = native(lab);
    command.args(["--crate-name", "main", "--crate-type", "bin"]).args(arguments);
    for pack in packs {
        let place = lab.join(&pack.name);
        fs::create_dir_all(&place).expect("the lab can be written");
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(&pack.archive).arg("-C").arg(&place);
        assert!(tar.status().expect("there is `tar`").success());
        let place = place.to_str().expect("it is UTF-8");
        command.args(pack.options.iter().map(|option| option.replace("{}", place)));
    }
    command.arg("main.rs").outcome()
}
