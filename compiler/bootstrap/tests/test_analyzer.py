"""Fetching the rust-analyzer that tests drive, without a network."""

import subprocess
from pathlib import Path

from bootstrap import analyzer
from bootstrap.files import sha256_file
from bootstrap.report import Failure

from .support import Sandbox

PACKAGE = '[[package]]\nname = "{name}"\nversion = "1"\nsha256 = "{digest}"\n'


class Analyzer(Sandbox):
    """`analyzer.environment`."""

    def package(self, name: str, *files: str) -> Path:
        """A Debian package with these files, downloaded before."""
        root = self.root / "packages" / name
        self.write(
            root / "DEBIAN" / "control",
            f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n",
        )
        for file in files:
            self.write(root / file, name)
        built = self.layout.root / "cache" / f"{name}_1_all.deb"
        built.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg-deb", "--build", root, built], check=True, capture_output=True)
        return built

    def pinned(self, *packages: Path) -> Path:
        """The file that names these packages."""
        tables = (
            PACKAGE.format(name=package.name.split("_")[0], digest=sha256_file(package)) for package in packages
        )
        return self.write(self.repo / "rust-analyzer.toml", "".join(tables))

    def test_tests_learn_where_the_program_and_its_library_lie(self) -> None:
        """They are unpacked once, and again when others are pinned."""
        program = self.package("program", "usr/bin/rust-analyzer")
        library = self.package("library", "usr/lib/host/librustc_driver-1.so")
        pins = self.pinned(program, library)
        found = analyzer.environment(self.layout, pins)
        root = self.layout.root / "rust-analyzer"
        expected = {"RUST_ANALYZER": root / "usr/bin/rust-analyzer", "RUST_ANALYZER_LIBRARIES": root / "usr/lib/host"}
        self.assertEqual(found, {name: str(path) for name, path in expected.items()})
        mark = self.write(root / "mark", "")
        analyzer.environment(self.layout, pins)
        self.assertTrue(mark.exists())
        other = self.package("other", "usr/lib/host/librustc_driver-2.so")
        analyzer.environment(self.layout, self.pinned(program, other))
        self.assertFalse(mark.exists())

    def test_packages_without_it_are_a_failure(self) -> None:
        """Tests must not pass by not running."""
        pins = self.pinned(self.package("library", "usr/lib/host/librustc_driver-1.so"))
        with self.assertRaisesRegex(Failure, "must hold one rust-analyzer"):
            analyzer.environment(self.layout, pins)
