"""`./x.py lint`."""

import os
from pathlib import Path
from unittest import mock

from bootstrap import circles, documents, lint
from bootstrap.report import Failure
from bootstrap.system import Stage0

from .support import Sandbox


class Lint(Sandbox):
    """With programs that only say that they were called."""

    def setUp(self) -> None:
        """Lays out a toolchain with nothing but Cargo."""
        super().setUp()
        self.bin = self.root / "toolchain/bin"
        self.log = self.root / "log"
        self.program("cargo")
        self.program("rustc")
        stack = (
            mock.patch.dict(os.environ, {"PATH": "/usr/bin:/bin"}),
            mock.patch.object(documents, "check", lambda **_: 12),
        )
        for patch in stack:
            patch.start()
            self.addCleanup(patch.stop)

    def program(self, name: str, status: int = 0) -> Path:
        """A program that ends with this code."""
        path = self.write(self.bin / name, f'#!/bin/sh\necho "{name} $1" >> {self.log}\nexit {status}\n')
        path.chmod(0o755)
        return path

    def lint(self) -> None:
        """Runs all of it."""
        lint.lint(self.layout, Stage0(self.bin / "rustc", self.bin / "cargo", "1.95.0", "host-triple"))

    def test_what_is_not_there_is_named_and_not_run(self) -> None:
        """Few machines have all of it."""
        self.lint()
        for name in ("ruff", "typos", "rustfmt, our packages", "clippy, our packages"):
            self.assertRegex(self.stderr.getvalue(), rf"\[lint\] {name}: not run, there is no `\S+`")
        self.assertFalse(self.log.exists())
        self.assertIn("documents: nothing found in 12", self.stderr.getvalue())
        self.assertIn("import circles: nothing found", self.stderr.getvalue())

    def test_everything_looks_whatever_the_one_before_has_found(self) -> None:
        """One call says all that is to be corrected."""
        for name in ("rustfmt", "cargo-fmt", "cargo-clippy"):
            self.program(name)
        self.program("cargo", 1)
        with self.assertRaisesRegex(Failure, "rustfmt, our packages, clippy, our packages"):
            self.lint()
        self.assertEqual(self.log.read_text().splitlines(), ["cargo fmt", "rustfmt --check", "cargo clippy"])

    def test_documents_count(self) -> None:
        """As what programs find."""
        wrong = mock.Mock(side_effect=Failure("1 places in the documents", "correct them"))
        with mock.patch.object(documents, "check", wrong), mock.patch("builtins.print"), self.assertRaisesRegex(Failure, "documents"):
            self.lint()

    def test_import_circles_count(self) -> None:
        """As what programs find."""
        circle = mock.patch.object(circles, "find", return_value=["a, b"])
        with circle, mock.patch("builtins.print"), self.assertRaisesRegex(Failure, "import circles"):
            self.lint()
