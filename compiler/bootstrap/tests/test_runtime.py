"""The workspace in which the runtime library is built."""

import json
from pathlib import Path
from unittest import mock

from bootstrap import runtime
from bootstrap.config import REPO
from bootstrap.report import Failure
from bootstrap.system import Stage0

from .support import Sandbox

TEST_FILES = (
    "compiler/rustc_wasm_proc_macro/examples/one.rs",
    "compiler/rustc_wasm_proc_macro/tests/support/two.rs",
    "compiler/rustc_wasm_proc_macro_client/src/watt/tokens.rs",
    "tests/fuzz/corpus/target/an-input",
    "tests/fuzz/src/lib.rs",
    "tests/watt/Cargo.lock",
    "tests/watt/Cargo.toml",
)
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

    def test_a_lock_of_something_else_leaves_the_dependency_alone(self) -> None:
        """Else every package that a test needs would have the engine compiled anew."""
        patched = self.lay() / "patched/dep/src/lib.rs"
        before = patched.stat().st_mtime_ns
        self.write(self.repo / "Cargo.lock", LOCK + '\n[[package]]\nname = "other"\nversion = "1.0.0"\n')
        self.assertIn("other", (self.lay() / "Cargo.lock").read_text())
        self.assertEqual(patched.stat().st_mtime_ns, before)

    def test_a_removed_file_goes(self) -> None:
        """Else a module that is no more would still be built, and a test that is no more run."""
        others = [self.write(self.repo / name, "") for name in ("stubgen/src/other.rs", *TEST_FILES)]
        workspace = self.lay()
        for other in others:
            self.assertTrue((workspace / other.relative_to(self.repo)).exists())
            other.unlink()
        self.lay()
        for other in others:
            self.assertFalse((workspace / other.relative_to(self.repo)).exists())

    def test_what_only_tests_need_builds_no_library_anew(self) -> None:
        """It is laid, but it is not what the library is built from; what x.py has Cargo do is."""
        laid = [self.write(self.repo / name, "") for name in TEST_FILES]
        self.assertEqual(runtime.test_files(self.repo), sorted(laid))
        self.assertFalse(set(laid) & set(runtime.files(self.repo)))
        self.assertIn(REPO / "compiler/bootstrap/runtime.py", runtime.files())

    def test_the_library_is_told_how_its_dependencies_are_patched(self) -> None:
        """What they compile is cached, and their versions stay the same."""
        calls: list[dict[str, str]] = []

        def cargo(*_: object, env: dict[str, str], **__: object) -> int:
            calls.append(env)
            return 0

        digests = []
        for text in (PATCH, PATCH.replace("two", "three")):
            self.write(self.patch, text)
            digests.append(runtime.environment(self.stage0, self.repo)["RUSTC_WASM_PROC_MACRO_PATCHES"])
        self.assertRegex(digests[0], "^[0-9a-f]{16}$")
        self.assertNotEqual(*digests)
        with (
            mock.patch.object(runtime, "logged", cargo),
            mock.patch.object(runtime, "lay", lambda *_: self.root),
            mock.patch.object(runtime, "write_atomic"),
            mock.patch.object(Path, "read_bytes", lambda _: b""),
        ):
            runtime.build(self.layout, self.stage0, 0)
            self.assertEqual(calls, [runtime.environment(self.stage0)] * 3)

    def test_a_changed_patch_starts_from_the_fetched_source(self) -> None:
        """Not from what the last patch has made of it."""
        self.lay()
        self.write(self.patch, PATCH.replace("+two", "+three"))
        self.assertEqual((self.lay() / "patched/dep/src/lib.rs").read_text(), "three\n")

    def test_files_of_ours_are_laid_into_the_dependency(self) -> None:
        """What is new in it is no patch. It is part of what the library is built from, and nothing else of the workspace."""
        ours = self.write(self.repo / runtime.PATCHES / "dep/src/ours.rs", "// ours\n")
        self.assertIn(ours, runtime.files(self.repo))
        workspace = self.lay()
        self.assertEqual((workspace / "patched/dep/src/ours.rs").read_text(), "// ours\n")
        self.assertFalse((workspace / runtime.PATCHES).exists())
        self.write(ours, "// other\n")
        self.assertEqual((self.lay() / "patched/dep/src/ours.rs").read_text(), "// other\n")

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
