"""Fetching and verifying upstream's source, without a network."""

import os
import subprocess
from pathlib import Path
from unittest import mock

from bootstrap import upstream
from bootstrap.config import Config
from bootstrap.files import sha256_bytes, sha256_file
from bootstrap.report import Failure
from bootstrap.upstream import Pin

from .support import Sandbox

APT = """\
#!/bin/sh
case "$1" in
download) {download};;
update) exit 0;;
--version) echo apt;;
esac
"""


class Fetch(Sandbox):
    """The three ways to the source."""

    def config(self, source: str) -> Config:
        """A configuration with this source."""
        config = Config()
        config.upstream.source = source
        return config

    def fake_apt(self, download: str) -> mock._patch_dict:
        """An `apt-get` of our own in front of the machine's."""
        path = self.write(self.root / "bin" / "apt-get", APT.format(download=download))
        path.chmod(0o755)
        return mock.patch.dict(os.environ, {"PATH": f"{path.parent}:{os.environ['PATH']}"})

    def test_a_directory_is_used_where_it_lies(self) -> None:
        """And is recognized as changed when it changes."""
        config = self.config(str(self.upstream))
        root, identity = upstream.fetch(config, self.layout, self.pin())
        self.assertEqual(root, self.upstream)
        self.assertEqual(upstream.fetch(config, self.layout, self.pin())[1], identity)
        self.write(self.upstream / "compiler/rustc_b/src/lib.rs", "// changed\n")
        self.assertNotEqual(upstream.fetch(config, self.layout, self.pin())[1], identity)

    def test_a_tarball_is_unpacked_once_and_without_what_is_not_needed(self) -> None:
        """The official one holds several GB of vendored crates and LLVM."""
        (self.root / "rustc-1.96.0-src").symlink_to(self.upstream)
        tarball = self.root / "rustc-1.96.0-src.tar.gz"  # .xz takes a program that a test need not ask for
        subprocess.run(["tar", "-chzf", tarball, "-C", self.root, "rustc-1.96.0-src"], check=True)
        root, _ = upstream.fetch(self.config(str(tarball)), self.layout, self.pin())
        self.assertTrue((root / "compiler/rustc_a/src/lib.rs").is_file())
        self.assertFalse((root / "vendor").exists())
        mark = self.write(root / "mark", "still here")
        upstream.fetch(self.config(str(tarball)), self.layout, self.pin())
        self.assertTrue(mark.exists())
        upstream.verify(root, self.pin("compiler/rustc_a/src/lib.rs"))

    def test_an_interrupted_unpacking_is_done_again(self) -> None:
        """What lies in `upstream` without its stamp does not count."""
        tarball = self.root / "src.tar"
        subprocess.run(["tar", "-cf", tarball, "-C", self.root, "upstream"], check=True)
        self.write(self.layout.upstream / "compiler" / "half", "")
        root, _ = upstream.fetch(self.config(str(tarball)), self.layout, self.pin())
        self.assertFalse((root / "compiler/half").exists())

    def test_a_damaged_download_shows_found_and_expected(self) -> None:
        """And is not kept."""
        with self.fake_apt("echo junk > rust-web-src_1_all.deb"), self.assertRaises(Failure) as caught:
            upstream.fetch(Config(), self.layout, self.pin())
        self.assertIn("expected SHA-256 " + "0" * 64, str(caught.exception))
        self.assertRegex(str(caught.exception), r"found    SHA-256 [0-9a-f]{64}")
        self.assertEqual(list((self.layout.root / "cache").glob("*.deb")), [])

    def test_an_older_package_in_the_cache_is_not_taken_for_the_download(self) -> None:
        """It is the first by its name."""
        self.write(self.layout.root / "cache/rust-web-src_0_all.deb", "of another day\n")
        pin = Pin("1.96.0", "rust-web-src", "1", sha256_bytes(b"the right one\n"), {})
        with self.fake_apt("echo the right one > rust-web-src_1_all.deb"):
            found = upstream.download_debian(self.layout, pin, self.layout.root / "cache")
        self.assertEqual(found.name, "rust-web-src_1_all.deb")

    def test_a_package_that_is_gone_names_the_other_ways(self) -> None:
        """Debian keeps only the newest version of a security update."""
        gone = "echo \"E: Version '1' for 'rust-web-src' was not found\"; exit 100"
        with self.fake_apt(gone), self.assertRaises(Failure) as caught:
            upstream.fetch(Config(), self.layout, self.pin())
        self.assertIn("no longer offers `rust-web-src=1`", str(caught.exception))
        self.assertIn("rustc-1.96.0-src.tar.xz", str(caught.exception))

    def test_no_network_says_so(self) -> None:
        """It is the first thing that a new user may meet."""
        with (
            self.fake_apt('echo "E: Failed to fetch: Could not resolve host"; exit 100'),
            self.assertRaisesRegex(Failure, "is the network up"),
        ):
            upstream.fetch(Config(), self.layout, self.pin())

    def test_a_package_is_taken_from_the_cache_by_its_digest(self) -> None:
        """So a second build directory or an interrupted run needs no network."""
        package = self.root / "package"
        self.write(
            package / "DEBIAN/control",
            "Package: rust-web-src\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n",
        )
        self.write(package / "usr/src/rustc-1.96.0/src/version", "1.96.0\n")
        cached = self.layout.root / "cache" / "x.deb"
        cached.parent.mkdir(parents=True)
        subprocess.run(["dpkg-deb", "--build", package, cached], check=True, capture_output=True)
        pin = Pin("1.96.0", "rust-web-src", "1", sha256_file(cached), {})
        with self.fake_apt("exit 100"):
            root, _ = upstream.fetch(Config(), self.layout, pin)
        upstream.verify(root, pin)

    def test_no_such_source_is_explained(self) -> None:
        """A typing error in config.toml."""
        with self.assertRaisesRegex(Failure, "neither a directory nor a tarball"):
            upstream.fetch(self.config("/no/such"), self.layout, self.pin())


class Verify(Sandbox):
    """What is checked of the source."""

    def test_another_release_is_refused(self) -> None:
        """Found and expected are named."""
        self.write(self.upstream / "src/version", "1.97.0\n")
        with self.assertRaisesRegex(Failure, "expected rustc 1.96.0\n  found    1.97.0"):
            upstream.verify(self.upstream, self.pin())

    def test_a_touched_file_that_differs_is_refused(self) -> None:
        """Only the files that hooks touch are checked: another packaging of the release passes."""
        pin = self.pin("compiler/rustc_a/src/lib.rs")
        self.write(self.upstream / "compiler/rustc_b/src/lib.rs", "// packaged otherwise\n")
        upstream.verify(self.upstream, pin)
        self.write(self.upstream / "compiler/rustc_a/src/lib.rs", "// changed\n")
        with self.assertRaisesRegex(Failure, "rustc_a/src/lib.rs.*\n  expected SHA-256 .*\n  found    SHA-256"):
            upstream.verify(self.upstream, pin)

    def test_the_pin_file_survives_a_round_trip(self) -> None:
        """`hooks --pin` writes what `load_pin` reads."""
        path = Path(self.root) / "upstream.toml"
        pin = self.pin("src/version")
        upstream.store_pin(pin, path)
        self.assertEqual(upstream.load_pin(path), pin)
