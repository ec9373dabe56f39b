"""`./x.py census`: what is built and called. The census itself is a program with tests of its own."""

from pathlib import Path
from unittest import mock

from bootstrap import cargo, census, cli, toolchain
from bootstrap.config import REPO, Config
from bootstrap.report import Failure
from bootstrap.system import Stage0

from .support import Sandbox

STAGE0 = Stage0(Path("/there/rustc"), Path("/there/cargo"), "1.95.0", "host-triple")


class Census(Sandbox):
    """With a program that only says what it was asked to do."""

    def test_the_toolchain_and_its_cargo_are_built_first(self) -> None:
        """A census with an old one would say nothing about this checkout."""
        done: list[str] = []
        with (
            mock.patch.object(toolchain, "build", lambda *_: done.append("toolchain") or mock.Mock(stage0=STAGE0)),
            mock.patch.object(cargo, "build", lambda *_: done.append("cargo")),
            mock.patch.object(census, "census", lambda *words: done.append(repr(words[2:])) or 0),
        ):
            for line in ("census", "census --only a,b --only c --for 0 --again -j 1"):
                arguments = cli.parser().parse_args(line.split())
                self.assertEqual(cli.COMMANDS["census"](arguments, Config(), self.layout), 0)
        self.assertEqual(
            done, ["toolchain", "cargo", "([], None, False, 0)", "toolchain", "cargo", "(['a', 'b', 'c'], 0, True, 1)"]
        )

    def test_the_census_is_told_what_was_asked_for(self) -> None:
        """A time of 0 is one: it writes the page and begins nothing."""
        words = census.words(self.layout, STAGE0, ["a", "b"], 0, True, 2)
        line = " ".join(words)
        self.assertTrue(line.startswith("/there/cargo run --quiet -p census --bin census -- --toolchain "), line)
        for part in (f"--room {REPO / census.ROOM}", "--jobs 2", "--only a,b", "--for 0", "--again"):
            self.assertIn(part, line)
        plain = census.words(self.layout, STAGE0, [], None, False, 0)
        for part in ("--jobs", "--only", "--for", "--again"):
            self.assertNotIn(part, plain)

    def test_a_census_that_stops_says_how_it_goes_on(self) -> None:
        """The toolchain may have gone away on the way."""
        program = self.write(self.root / "cargo", "#!/bin/sh\n[ $1 = clean ] || exit 1\n")
        program.chmod(0o755)
        stage0 = Stage0(Path("/there/rustc"), program, "1.95.0", "host-triple")
        with self.assertRaisesRegex(Failure, "the census has stopped") as caught:
            census.census(self.layout, stage0, [], None, False, 0)
        self.assertIn("the same command", caught.exception.next_step)

    def test_the_room_is_a_package_of_the_workspace(self) -> None:
        """It has the list, the results and the page."""
        for name in ("Cargo.toml", "crates.toml", "results.toml", "README.md"):
            self.assertTrue((REPO / census.ROOM / name).is_file(), name)
        self.assertIn(f'"{census.ROOM}"', (REPO / "Cargo.toml").read_text())
