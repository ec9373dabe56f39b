"""The workspace in which the runtime library is built."""

import json
from pathlib import Path
from unittest import mock

from bootstrap import runtime
from bootstrap.report import Failure
from bootstrap.system import Stage0

from .support import Sandbox

LOCK = 'version = 4\n\n[[package]]\nname = "dep"\nversion = "1.0.0"\n'
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


class Workspace(Sandbox):
    """`runtime.lay`."""

    def setUp(self) -> None:
        """A repository with one crate of ours, and a fetched dependency that is patched."""
        super().setUp()
        self.stage0 = Stage0(Path("rustc"), Path("cargo"), "1.95.0", "x86_64-unknown-linux-gnu")
        self.source = self.write(self.repo / "stubgen/src/lib.rs", "// ours\n")
        self.write(self.repo / "stubgen/Cargo.toml", "[package]\n")
        self.write(self.repo / "Cargo.lock", LOCK)
        self.patch = self.write(self.repo / runtime.PATCHES / "dep" / "0001-say-two.patch", PATCH)
        self.write(self.root / "fetched/src/lib.rs", "one\n")
        self.fetched = {"packages": [{"name": "dep", "manifest_path": str(self.root / "fetched/Cargo.toml")}]}

    def lay(self) -> Path:
        """Lays with a Cargo that has fetched everything."""
        with (
            mock.patch.object(runtime, "logged", lambda *_, **__: 0),
            mock.patch.object(runtime, "output", lambda *_: json.dumps(self.fetched)),
        ):
            return runtime.lay(self.layout, self.stage0, self.repo)

    def test_it_has_our_crates_and_the_patched_dependency(self) -> None:
        """What Cargo has fetched stays as it is."""
        workspace = self.lay()
        self.assertEqual((workspace / "stubgen/src/lib.rs").read_text(), "// ours\n")
        self.assertEqual((workspace / "patched/dep/src/lib.rs").read_text(), "two\n")
        self.assertEqual((self.root / "fetched/src/lib.rs").read_text(), "one\n")
        self.assertIn('dep = { path = "patched/dep" }', (workspace / "Cargo.toml").read_text())

    def test_a_second_time_touches_nothing(self) -> None:
        """Cargo goes by modification times, and completes the lock file in place."""
        workspace = self.lay()
        self.write(workspace / "Cargo.lock", "completed")
        before = {path: path.stat().st_mtime_ns for path in workspace.rglob("*") if path.is_file()}
        self.lay()
        self.assertEqual(before, {path: path.stat().st_mtime_ns for path in workspace.rglob("*") if path.is_file()})

    def test_a_removed_file_goes(self) -> None:
        """Else a module that is no more would still be built."""
        other = self.write(self.repo / "stubgen/src/other.rs", "")
        workspace = self.lay()
        other.unlink()
        self.lay()
        self.assertFalse((workspace / "stubgen/src/other.rs").exists())

    def test_a_changed_patch_starts_from_the_fetched_source(self) -> None:
        """Not from what the last patch has made of it."""
        self.lay()
        self.write(self.patch, PATCH.replace("+two", "+three"))
        self.assertEqual((self.lay() / "patched/dep/src/lib.rs").read_text(), "three\n")

    def test_a_patch_that_does_not_apply_is_named(self) -> None:
        """As after an update of the dependency."""
        self.write(self.root / "fetched/src/lib.rs", "three\n")
        with self.assertRaisesRegex(Failure, "0001-say-two.patch` does not apply"):
            self.lay()

    def test_a_patched_package_must_be_locked(self) -> None:
        """A patch that nothing uses is dead."""
        self.write(self.repo / "Cargo.lock", "version = 4\npackage = []\n")
        with self.assertRaisesRegex(Failure, "0 packages `dep`"):
            self.lay()
