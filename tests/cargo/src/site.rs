//! A copy of a project with places for what Cargo builds from it, and the calls of Cargo there.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use tests::lab::write_at;
use tests::{Lab, Outcome, RustcExt as _, Toolchain};

use crate::call::{Kind, STORE_VARIABLE, cargo};
use crate::copy;
use crate::projects::Project;
use crate::snapshot::Snapshot;

/// A copy of a project. All of it goes when the test ends, but for one that is [kept](Site::kept).
pub struct Site {
    lab: Lab,
    /// The project.
    pub tree: PathBuf,
    /// What Cargo builds into. Not in the tree, unless a test wants it so.
    pub target: PathBuf,
    /// The module store: one of the site's own, unless a test wants it shared.
    pub store: PathBuf,
}

impl Site {
    fn empty() -> Site {
        let lab = Lab::new();
        let (tree, target, store) = (lab.join("tree"), lab.join("target"), lab.join("store"));
        Site { lab, tree, target, store }
    }

    /// A copy of a directory of this package.
    pub fn of(name: &str) -> Site {
        let site = Site::empty();
        copy::directory(&copy::own(name), &site.tree);
        site
    }

    /// As [`of`](Site::of), with a store that tests share and that the next run of them finds again: for what is not
    /// about the store.
    pub fn with_shared_store(name: &str) -> Site {
        let mut site = Site::of(name);
        site.store = of_these_programs("stores");
        site
    }

    /// `packages/small` as it can be published: with the macros of the registry alone, for a path dependency has to have a version.
    pub fn publishable() -> Site {
        let site = Site::with_shared_store("packages/small");
        site.edit("Cargo.toml", "small-macros = { path = \"macros\" }\n", "");
        site.edit("Cargo.toml", "publish = false\n", "description = \"x\"\nlicense = \"MIT\"\n");
        site.edit("src/main.rs", "small_macros::greeting!(), small_macros::built_for!()", "\"hello\", \"x\"");
        site.edit("src/main.rs", "        assert_eq!(small_macros::greeting!(), \"hello\");\n", "");
        site
    }

    /// A program from crates.io.
    pub fn of_project(project: &Project) -> Site {
        let site = Site::empty();
        project.unpack(&site.tree);
        site
    }

    /// At a place that the next run finds again, with what Cargo has built there from the same lock file. The tree itself is as new.
    /// For what is only compared with: who begins with an empty target directory wants another site.
    ///
    /// # Panics
    ///
    /// If the tree cannot be moved there.
    #[must_use]
    pub fn kept(mut self, name: &str) -> Site {
        let mut hasher = DefaultHasher::new();
        self.read("Cargo.lock").hash(&mut hasher);
        let dir = of_these_programs("sites").join(format!("{name}-{:016x}", hasher.finish()));
        let tree = dir.join("tree");
        // What tests have written there last time.
        _ = fs::remove_dir_all(&tree);
        let moved = fs::create_dir_all(&dir).and_then(|()| fs::rename(&self.tree, &tree));
        moved.unwrap_or_else(|error| panic!("cannot make `{}`: {error}", tree.display()));
        (self.tree, self.target) = (tree, dir.join("target"));
        self
    }

    /// A path beside the tree.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.lab.join(name)
    }

    /// Writes a file of the tree.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        write_at(self.tree.join(name), text)
    }

    /// Replaces what must stand once in a file of the tree.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(from).count(), 1, "`{from}` does not stand once in `{name}`");
        self.write(name, &text.replace(from, to));
    }

    /// The text of a file of the tree.
    pub fn read(&self, name: &str) -> String {
        let path = self.tree.join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()))
    }

    /// What is in the tree.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.tree)
    }

    /// Lets Cargo download whatever the lock file names, for calls that are to be offline.
    pub fn fetch(&self) {
        self.plain(&["fetch", "--locked"]).success();
    }

    /// A call of Cargo in the tree.
    pub fn cargo(&self, kind: Kind, words: &[&str]) -> Command {
        let mut command = cargo(kind);
        command
            .args(words)
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.target)
            .env(STORE_VARIABLE, &self.store);
        // Half the time and a quarter of the space, on both sides of every comparison.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        command
    }

    /// What plain Cargo does.
    pub fn plain(&self, words: &[&str]) -> Outcome {
        self.cargo(Kind::Plain, words).outcome()
    }

    /// What `cargo wasm-proc-macro` does.
    pub fn command(&self, words: &[&str]) -> Outcome {
        self.cargo(Kind::Command, words).outcome()
    }
}

/// A directory for what these builds of Cargo and the command make. It goes when the toolchain changes, or one of them.
pub fn of_these_programs(name: &str) -> PathBuf {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
        let rustc = Toolchain::get().rustc_path();
        let mut hasher = DefaultHasher::new();
        for program in ["cargo", "cargo-wasm-proc-macro"].map(|name| rustc.with_file_name(name)) {
            let metadata =
                fs::metadata(&program).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", program.display()));
            (metadata.len(), metadata.modified().ok()).hash(&mut hasher);
        }
        let all = Toolchain::get().work().join("with-cargo");
        let own = all.join(format!("{:016x}", hasher.finish()));
        for other in fs::read_dir(&all).into_iter().flatten().flatten().filter(|entry| entry.path() != own) {
            _ = fs::remove_dir_all(other.path());
        }
        own
    });
    DIR.join(name)
}
