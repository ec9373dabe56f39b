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
        done: list[object] = []
        with (
            mock.patch.object(toolchain, "build", lambda *_: done.append("toolchain") or mock.Mock(stage0=STAGE0)),
            mock.patch.object(cargo, "build", lambda *_: done.append("cargo")),
            mock.patch.object(census, "census", lambda *words: done.append(words[2]) or 0),
        ):
            for line in ("census", "census --only a,b --only c --for 0 --again --no-loads -j 1", "census --no-tests"):
                arguments = cli.parser().parse_args(line.split())
                self.assertEqual(cli.COMMANDS["census"](arguments, Config(), self.layout), 0)
        requests = [
            census.Request(),
            census.Request(only=["a", "b", "c"], minutes=0, again=True, loads=False, jobs=1),
            census.Request(tests=False),
        ]
        self.assertEqual(done, [step for request in requests for step in ("toolchain", "cargo", request)])

    def test_the_census_is_told_what_was_asked_for(self) -> None:
        """A time of 0 is one: it writes the page and begins nothing."""
        request = census.Request(only=["a", "b"], minutes=0, again=True, loads=False, tests=False, jobs=2)
        words = census.words(self.layout, STAGE0, request)
        line = " ".join(words)
        self.assertTrue(line.startswith("/there/cargo run --quiet -p census --bin census -- --toolchain "), line)
        for part in (f"--room {REPO / census.ROOM}", "--jobs 2", "--only a,b", "--for 0", "--again", "--no-loads", "--no-tests"):
            self.assertIn(part, line)
        plain = census.words(self.layout, STAGE0, census.Request())
        for part in ("--jobs", "--only", "--for", "--again", "--no-loads", "--no-tests"):
            self.assertNotIn(part, plain)

    def test_a_census_that_stops_says_how_it_goes_on(self) -> None:
        """The toolchain may have gone away on the way."""
        program = self.write(self.root / "cargo", "#!/bin/sh\n[ $1 = clean ] || exit 1\n")
        program.chmod(0o755)
        stage0 = Stage0(Path("/there/rustc"), program, "1.95.0", "host-triple")
        with self.assertRaisesRegex(Failure, "the census has stopped") as caught:
            census.census(self.layout, stage0, census.Request())
        self.assertIn("the same command", caught.exception.next_step)

    def test_the_room_is_a_package_of_the_workspace(self) -> None:
        """It has the list, the results and the page."""
        for name in ("Cargo.toml", "crates.toml", "results.toml", "README.md"):
            self.assertTrue((REPO / census.ROOM / name).is_file(), name)
        self.assertIn(f'"{census.ROOM}"', (REPO / "Cargo.toml").read_text())


class Check(Sandbox):
    """`./x.py test --all`."""

    def test_what_was_as_natively_and_is_not_is_named(self) -> None:
        """What was different before, or was not run, is no news."""
        equal, different = {"verdict": "equal"}, {"verdict": "different", "reason": "why"}
        before = {"a": {"load": equal, "tests": equal}, "b": {"tests": different}, "c": {"load": equal}}
        after = {"a": {"load": equal, "tests": different}, "b": {"tests": different}, "c": {"load": equal}, "d": {"load": different}}
        self.assertEqual(census.became_different(before, after), {"a": "why"})
        self.assertEqual(census.became_different(before, before), {})

    def test_the_checkout_stays_as_it_is(self) -> None:
        """Only `./x.py census` writes the page."""
        rooms: list[Path] = []
        with mock.patch.object(census, "census", lambda *arguments: rooms.append(arguments[2].room)):
            census.check(self.layout, STAGE0, 1, 0)
        self.assertEqual(rooms, [self.layout.root / "census-room"])
        self.assertTrue((rooms[0] / "results.toml").exists())
