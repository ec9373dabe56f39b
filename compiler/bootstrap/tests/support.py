"""A small repository, a small upstream and a fake bootstrap for the tests."""

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path

from bootstrap.config import Layout
from bootstrap.files import sha256_file
from bootstrap.upstream import Pin

PATCH = """\
Subject: Call our module
Description: The resolver asks us first.
---
diff --git a/compiler/rustc_a/src/lib.rs b/compiler/rustc_a/src/lib.rs
--- a/compiler/rustc_a/src/lib.rs
+++ b/compiler/rustc_a/src/lib.rs
@@ -2,2 +2,3 @@
 fn two() {}
+mod ours;
 fn three() {}
"""


class Sandbox(unittest.TestCase):
    """A test with a directory of its own: `repo`, `upstream` and a build directory."""

    def setUp(self) -> None:
        """Lays out a repository with one hook and one own file, and an upstream of a few files."""
        directory = tempfile.TemporaryDirectory(prefix="x-py-test-")
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        self.repo, self.upstream = self.root / "repo", self.root / "upstream"
        self.layout = Layout(self.root / "build")
        self.stderr = io.StringIO()
        stack = contextlib.ExitStack()
        stack.enter_context(contextlib.redirect_stderr(self.stderr))
        self.addCleanup(stack.close)
        self.write(
            self.upstream / "compiler/rustc_a/src/lib.rs", "fn one() {}\nfn two() {}\nfn three() {}\nfn four() {}\n"
        )
        self.write(self.upstream / "compiler/rustc_b/src/lib.rs", "// b\n")
        self.write(self.upstream / "src/version", "1.96.0\n")
        self.write(self.upstream / "vendor/big.rs", "// not needed\n")
        os.symlink("lib.rs", self.upstream / "compiler/rustc_b/src/link.rs")
        self.write(self.repo / "compiler/hooks/0001-rustc_a-call-our-module.patch", PATCH)
        self.write(self.repo / "compiler/rustc_a/src/ours.rs", "// ours\n")

    def write(self, path: Path, text: str) -> Path:
        """Writes a file and its directories."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def pin(self, *names: str) -> Pin:
        """A pin of these upstream files."""
        return Pin("1.96.0", "rust-web-src", "1", "0" * 64, {name: sha256_file(self.upstream / name) for name in names})
