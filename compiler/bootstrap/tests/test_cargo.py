"""The toolchain's own Cargo: its package, the tree, and the installation."""

import io
import tarfile
from pathlib import Path
from unittest import mock

from bootstrap import cargo
from bootstrap.config import REPO, Config
from bootstrap.files import sha256_file, store_json
from bootstrap.report import Failure
from bootstrap.system import Stage0

from .support import Sandbox

PATCH = """\
Subject: Say two
Description: One is too few.
---
diff --git a/src/lib.rs b/src/lib.rs
--- a/src/lib.rs
+++ b/src/lib.rs
@@ -1 +1 @@
-one
+two
"""


class Tree(Sandbox):
    """`cargo.fetch` and `cargo.lay`."""

    def setUp(self) -> None:
        """A package of one file, and one patch and one module for it."""
        super().setUp()
        self.stage0 = Stage0(Path("rustc"), Path("cargo"), "1.95.0", "x86_64-unknown-linux-gnu")
        self.archive = self.root / "home/registry/cache/some-registry/cargo-0.1.0.crate"
        self.pack({"src/lib.rs": "one\n", "Cargo.lock": "version = 4\n"})
        self.patch = self.write(self.repo / cargo.ROOM / "hooks/0001-cargo-say-two.patch", PATCH)
        self.write(self.repo / cargo.ROOM / "overlay/src/ours.rs", "// ours\n")

    def pack(self, files: dict[str, str]) -> None:
        """Writes the archive."""
        self.archive.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(self.archive, "w:gz") as package:
            for name, text in files.items():
                info = tarfile.TarInfo(f"cargo-0.1.0/{name}")
                info.size = len(text)
                package.addfile(info, io.BytesIO(text.encode()))

    def lay(self) -> Path:
        """Lays the tree from the archive."""
        return cargo.lay(self.layout, self.archive, self.repo)

    def fetch(self, digest: str, status: int = 0) -> Path:
        """Fetches with a Cargo that leaves the archive where Cargo leaves one, and ends with a status."""
        with (
            mock.patch.dict("os.environ", {"CARGO_HOME": str(self.root / "home")}),
            mock.patch.object(cargo, "logged", lambda *_, **__: status),
        ):
            return cargo.fetch(self.layout, self.stage0, cargo.Pin("0.1.0", digest, "1.0.0"))

    def test_the_tree_has_the_package_our_modules_and_our_patches(self) -> None:
        """And the lock file as it was published."""
        tree = self.lay()
        self.assertEqual((tree / "src/lib.rs").read_text(), "two\n")
        self.assertEqual((tree / "src/ours.rs").read_text(), "// ours\n")
        self.assertEqual((tree / "Cargo.lock").read_text(), "version = 4\n")

    def test_our_crates_lie_in_it_and_are_locked(self) -> None:
        """Cargo is linked with the decisions, so what they need is in its lock file."""
        command = cargo.CRATES[0]
        self.write(self.repo / command / "Cargo.toml", "[package]\n")
        self.write(self.repo / command / "src/lib.rs", "// decisions\n")
        self.write(self.repo / cargo.LOCK_ADDITIONS, '[[package]]\nname = "more"\nversion = "1.0.0"\n')
        tree = self.lay()
        laid = tree / cargo.CRATES_IN_TREE / command
        self.assertEqual((laid / "src/lib.rs").read_text(), "// decisions\n")
        self.assertIn('name = "more"', (tree / "Cargo.lock").read_text())
        (self.repo / command / "src/lib.rs").unlink()
        self.lay()
        self.assertFalse((laid / "src/lib.rs").exists())

    def test_a_second_time_touches_nothing(self) -> None:
        """Cargo goes by modification times, and this build takes minutes."""
        tree = self.lay()
        before = {path: path.stat().st_mtime_ns for path in tree.rglob("*")}
        self.assertEqual(self.lay(), tree)
        self.assertEqual(before, {path: path.stat().st_mtime_ns for path in tree.rglob("*")})

    def test_a_file_that_is_no_more_goes(self) -> None:
        """Else a module of ours that was removed would still be built."""
        tree = self.lay()
        (self.repo / cargo.ROOM / "overlay/src/ours.rs").unlink()
        self.lay()
        self.assertFalse((tree / "src/ours.rs").exists())

    def test_our_modules_replace_no_file_of_upstream_s(self) -> None:
        """Such a change is a patch."""
        self.write(self.repo / cargo.ROOM / "overlay/src/lib.rs", "three\n")
        with self.assertRaisesRegex(Failure, "would replace a file of upstream's"):
            self.lay()

    def test_a_patch_says_why(self) -> None:
        """As those of the compiler do."""
        self.write(self.patch, PATCH[PATCH.index("---") :])
        with self.assertRaisesRegex(Failure, "no header"):
            self.lay()

    def test_a_patch_that_does_not_apply_is_named(self) -> None:
        """As after a move to another version."""
        self.pack({"src/lib.rs": "three\n"})
        with self.assertRaisesRegex(Failure, "0001-cargo-say-two.patch` does not apply"):
            self.lay()

    def test_the_archive_is_the_pinned_one(self) -> None:
        """Whatever a registry or a mirror of it hands out."""
        with self.assertRaisesRegex(Failure, "has the SHA-256 0000"):
            self.fetch("0" * 64)
        kept = self.fetch(sha256_file(self.archive))
        self.assertEqual(kept.read_bytes(), self.archive.read_bytes())

    def test_a_fetched_archive_needs_no_network(self) -> None:
        """It is kept in the build directory."""
        digest = sha256_file(self.archive)
        self.fetch(digest)
        self.archive.unlink()
        self.assertTrue(self.fetch(digest, status=101).exists())

    def test_without_network_the_next_step_is_named(self) -> None:
        """The log has Cargo's own words."""
        with self.assertRaisesRegex(Failure, "bring the network up"):
            self.fetch(sha256_file(self.archive), status=101)


class Repository(Sandbox):
    """What the repository holds."""

    def test_every_patch_has_a_header_and_the_pin_is_complete(self) -> None:
        """The build would find out minutes later."""
        self.assertEqual(len(cargo.load_pin().sha256), 64)
        queue = [cargo.patches.read(path) for path in cargo.patch_files()]
        self.assertTrue(queue)
        for patch in queue:
            self.assertTrue(patch.header.startswith("Subject: "), patch.path)
            self.assertRegex(patch.path.name, cargo.patches.NAME)

    def test_a_build_that_fails_leaves_nothing_that_counts(self) -> None:
        """What lies in the target directory may be newer than what was known of it."""
        stage0 = Stage0(Path("rustc"), Path("cargo"), "1.95.0", "x86_64-unknown-linux-gnu")
        state = self.layout.state / "cargo.json"
        store_json(state, {"inputs": "of another day"})
        with (
            mock.patch.object(cargo, "fetch"),
            mock.patch.object(cargo, "lay"),
            mock.patch.object(cargo, "logged", lambda *_, **__: 101),
            self.assertRaisesRegex(Failure, "building Cargo failed"),
        ):
            cargo.build(Config(), self.layout, stage0, 0)
        self.assertFalse(state.exists())

    def test_the_compiler_s_tree_has_nothing_of_it(self) -> None:
        """Else an edit here would rebuild the compiler."""
        from bootstrap import tree

        self.assertFalse([name for name in tree.overlay(REPO) if name.startswith("compiler/cargo/")])

    def test_without_rustup_the_other_way_is_named(self) -> None:
        """The toolchain works from PATH as well."""
        with mock.patch.object(cargo, "output", lambda *_: None), self.assertRaisesRegex(Failure, "into PATH instead"):
            cargo.install(self.layout, "some-name")
