"""Building the programs of others that tests call, with a Cargo that only says what it was called with."""

from bootstrap import tools
from bootstrap.report import Failure
from bootstrap.system import Stage0

from .support import Sandbox

CARGO = """\
#!/bin/sh
root=; for word; do test "$root" = next && root="$word"; test "$word" = --root && root=next; done
echo "$RUSTC $*" >> {log}
test "$2" = broken && { echo "the linker is gone"; exit 101; }
mkdir -p "$root/bin" "$CARGO_TARGET_DIR"
test "$2" = nameless || touch "$root/bin/$2"
"""


class Tools(Sandbox):
    """`tools.environment`."""

    def setUp(self) -> None:
        """Writes the Cargo."""
        super().setUp()
        self.log = self.root / "calls"
        program = self.write(self.root / "cargo", CARGO.replace("{log}", str(self.log)))
        program.chmod(0o755)
        self.stage0 = Stage0(self.root / "rustc", program, "1.95.0", "host-triple")

    def installed(self, text: str) -> list[str]:
        """Installs what is pinned by that text, and returns which packages Cargo was called for."""
        self.log.write_text("")
        pins = self.write(self.repo / "tools.toml", text)
        found = tools.environment(self.layout, self.stage0, 3, pins)
        self.assertEqual(found, {"CARGO_TESTS_TOOLS": str(self.layout.root / "tools/bin")})
        return [line.split()[2] for line in self.log.read_text().splitlines()]

    def test_each_is_built_once_for_a_version(self) -> None:
        """It takes minutes; another version of one is no reason to build the others."""
        one, two = '[[tool]]\nname = "one"\nversion = "{}"\n', '[[tool]]\nname = "two"\nversion = "2.0.0"\n'
        self.assertEqual(self.installed(one.format("1.0.0") + two), ["one", "two"])
        self.assertEqual(self.installed(one.format("1.0.0") + two), [])
        self.assertEqual(self.installed(one.format("1.0.1") + two), ["one"])
        self.assertEqual(self.installed(one.format("1.0.1") + two + 'features = ["x"]\n'), ["two"])
        (self.layout.root / "tools/bin/one").unlink()
        self.assertEqual(self.installed(one.format("1.0.1") + two + 'features = ["x"]\n'), ["one"])
        # What is left of the building would take more space than the programs.
        self.assertFalse((self.layout.root / "tools/target").exists())

    def test_the_version_is_exact_and_its_dependencies_are_its_own(self) -> None:
        """So that everybody's tests call the same program."""
        self.installed('[[tool]]\nname = "one"\nversion = "1.0.0"\nfeatures = ["x", "y"]\n')
        words = self.log.read_text().split()
        self.assertEqual(words[0], str(self.stage0.rustc))
        for expected in (["--version", "=1.0.0"], ["--locked"], ["--no-default-features", "--features", "x,y"], ["-j", "3"]):
            place = words.index(expected[0])
            self.assertEqual(words[place : place + len(expected)], expected)

    def test_what_cannot_be_built_is_a_failure(self) -> None:
        """Tests must not pass by not running, and the next call tries again."""
        for name, expected in (("broken", "(?s)building broken.*the linker is gone"), ("nameless", "no program of that name")):
            for _ in range(2):
                with self.assertRaisesRegex(Failure, expected):
                    self.installed(f'[[tool]]\nname = "{name}"\nversion = "1.0.0"\n')
                self.assertIn(name, self.log.read_text())

    def test_exact_versions_are_pinned(self) -> None:
        """A requirement would let another release in."""
        for tool in tools.load():
            self.assertRegex(tool.version, r"^\d+\.\d+\.\d+$")
