"""The patch queue: counting, order, headers, zero fuzz."""

from bootstrap import patches
from bootstrap.report import Failure

from .support import PATCH, Sandbox

TRICKY = """\
Subject: Lines that look like headers
---
diff --git a/x.rs b/x.rs
--- a/x.rs
+++ b/x.rs
@@ -1,3 +1,3 @@
 a
--- b
+++ c
 d
@@ -9 +9,2 @@
 e
+f
"""


class Queue(Sandbox):
    """Reading and applying."""

    def test_lines_are_counted_by_hunk_not_by_look(self) -> None:
        """A removed line `-- b` looks like a file header."""
        patch = patches.read(self.write(self.root / "0001-x-y.patch", TRICKY))
        self.assertEqual(patch.files, {"x.rs": (2, 1)})
        self.assertEqual(patch.header, "Subject: Lines that look like headers")

    def test_a_patch_without_header_is_refused(self) -> None:
        """Every hook says what it does and why."""
        self.write(self.repo / "library/hooks/0001-std-x.patch", PATCH[PATCH.index("--- a") :])
        with self.assertRaisesRegex(Failure, "no header"):
            patches.read_queue(self.repo)

    def test_compiler_hooks_come_before_library_hooks(self) -> None:
        """The order is part of the queue's meaning."""
        self.write(self.repo / "library/hooks/0001-std-x.patch", PATCH)
        self.write(self.repo / "compiler/hooks/0002-rustc_b-x.patch", PATCH)
        self.assertEqual(
            [path.name for path in patches.queue(self.repo)],
            ["0001-rustc_a-call-our-module.patch", "0002-rustc_b-x.patch", "0001-std-x.patch"],
        )

    def test_names_have_a_form(self) -> None:
        """So that order and crate can be read off."""
        self.write(self.repo / "compiler/hooks/mine.patch", PATCH)
        with self.assertRaisesRegex(Failure, "is not named"):
            patches.queue(self.repo)

    def test_context_that_differs_is_an_error(self) -> None:
        """`patch` would apply this with fuzz; a hook in the wrong place compiles more often than one thinks."""
        work = self.root / "work"
        self.write(work / "compiler/rustc_a/src/lib.rs", "fn one() {}\nfn two() { }\nfn three() {}\nfn four() {}\n")
        with self.assertRaisesRegex(Failure, "does not apply:\n.*lib.rs"):
            patches.apply(patches.queue(self.repo)[0], work)

    def test_application_works_inside_another_repository(self) -> None:
        """The build directory lies in our own work tree, where a bare `git apply` silently skips everything."""
        import subprocess

        subprocess.run(["git", "init", "-q", self.root], check=True)
        work = self.root / "build" / "staging"
        path = self.write(
            work / "compiler/rustc_a/src/lib.rs", (self.upstream / "compiler/rustc_a/src/lib.rs").read_text()
        )
        patches.apply(patches.queue(self.repo)[0], work)
        self.assertIn("mod ours;", path.read_text())
