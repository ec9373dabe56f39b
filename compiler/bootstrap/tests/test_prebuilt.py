"""`./x.py dist --with-modules`: which projects are built, how, and what comes into the toolchain."""

import os
import tomllib
from pathlib import Path
from unittest import mock

from bootstrap import cargo, cli, dist, prebuilt, toolchain
from bootstrap.config import Config
from bootstrap.report import Failure

from .support import Sandbox

LIST = """\
[derive]
serde = { version = "1.0.229", features = ["derive"], tests = { none = "x" }, permissions = { env = ["X"] } }
old-thiserror = { version = "1.0.69", package = "thiserror", default-features = false }
[function]
paste = { version = "1" }
"""
# Makes an entry for each project, under the key of whoever signs.
CARGO = """\
#!/bin/sh
echo "$PWD: $*" >> "$LAB/calls"
[ "$2" = optimize ] && exit $(grep -c '^bad' Cargo.toml)
grep -q '^bad' Cargo.toml && exit 0
place=$(sed -n 's|^url = "file://\\(.*\\)"|\\1|p' .cargo/config.toml)
key=$(sed -n 's|^signing-key = "\\(.*\\)"|\\1|p' .cargo/config.toml)
mkdir -p "$place/v1/$(tail -n 1 "$key" | cut -d: -f4)"
echo "$WASM_PROC_MACRO_STORE $CARGO_TARGET_DIR" > "$place/v1/$(tail -n 1 "$key" | cut -d: -f4)/$(basename "$PWD")"
"""
KEYGEN = """\
#!/bin/sh
[ "$1 $2 $3 $4" = "store keygen toolchain -o" ] || exit 1
echo "$5" > "$LAB/key"
printf '# secret\\ntoolchain:secret:5eed:9b1c\\n' > "$5"
"""


class Prebuilt(Sandbox):
    """With a toolchain whose programs only say that they were called."""

    def setUp(self) -> None:
        """Lays out the toolchain."""
        super().setUp()
        self.toolchain = self.root / "toolchain"
        for name, text in (("cargo", CARGO), ("cargo-wasm-proc-macro", KEYGEN)):
            self.write(self.toolchain / "bin" / name, text).chmod(0o755)
        self.place = self.toolchain / prebuilt.PLACE
        listed = self.write(self.root / "crates.toml", LIST)
        for patch in (
            mock.patch.object(prebuilt, "LIST", listed),
            mock.patch.object(prebuilt, "REPO", self.root),
            mock.patch.dict(os.environ, {"LAB": str(self.root)}),
        ):
            patch.start()
            self.addCleanup(patch.stop)

    def add(self, **request: object) -> int:
        """Adds modules."""
        return prebuilt.add(self.layout, self.toolchain, prebuilt.Request(**request))  # type: ignore[arg-type]

    def test_crates_are_those_of_the_list(self) -> None:
        """How the census tests them is no matter of Cargo's."""
        found = {crate.name: dict(crate.dependency) for crate in prebuilt.crates(LIST)}
        expected = {
            "old-thiserror": {"version": "1.0.69", "package": "thiserror", "default-features": False},
            "paste": {"version": "1"},
            "serde": {"version": "1.0.229", "features": ["derive"]},
        }
        self.assertEqual(found, expected)
        self.assertEqual([crate.name for crate in prebuilt.crates(LIST, ["paste"])], ["paste"])
        with self.assertRaisesRegex(Failure, "`pastel`"):
            prebuilt.crates(LIST, ["paste", "pastel"])

    def test_the_census_has_crates_that_many_use(self) -> None:
        """The file is where it is looked for."""
        text = (Path(__file__).resolve().parents[3] / "tests" / "census" / "crates.toml").read_text(encoding="utf-8")
        names = {crate.name for crate in prebuilt.crates(text)}
        self.assertLessEqual({"serde", "thiserror", "clap", "tokio", "async-trait"}, names)

    def test_projects_differ_in_what_else_needs_syn(self) -> None:
        """A macro's dependencies have the features that all of a project's macros want together."""
        (crate,) = prebuilt.crates(LIST, ["old-thiserror"])
        project = self.root / "project"
        prebuilt.lay(project, crate, ["full"], {"url": "file:///x"})
        manifest = tomllib.loads((project / "Cargo.toml").read_text())
        self.assertEqual(manifest["dependencies"]["old-thiserror"], dict(crate.dependency))
        beside = tomllib.loads((project / "beside" / "Cargo.toml").read_text())
        self.assertTrue(beside["lib"]["proc-macro"])
        self.assertEqual(beside["dependencies"]["quote"], "1")
        self.assertEqual(beside["dependencies"]["syn2"], {"package": "syn", "version": "2", "features": ["full"]})
        config = tomllib.loads((project / ".cargo" / "config.toml").read_text())
        self.assertEqual(config, {"wasm-proc-macro": {"store": {"url": "file:///x"}}})
        # What was there goes, its lock file with it: the newest versions are wanted.
        self.write(project / "Cargo.lock", "old")
        prebuilt.lay(project, crate, None, {})
        self.assertNotIn("beside", (project / "Cargo.toml").read_text())
        self.assertFalse((project / "Cargo.lock").exists() or (project / "beside").exists())

    def test_each_project_is_built_and_signed_with_a_key_that_nobody_keeps(self) -> None:
        """Whoever had it could sign for everybody who has the toolchain."""
        count = self.add(only=["serde", "paste"])
        self.assertEqual(count, 2 * len(prebuilt.FEATURES))
        self.assertEqual((self.place / "trusted-keys").read_text(), "toolchain:9b1c\n")
        entries = self.place / "v1" / "9b1c"
        self.assertEqual(len(list(entries.iterdir())), count)
        work = self.layout.root / "modules"
        self.assertEqual((entries / "serde-alone").read_text(), f"{work / 'store'} {work / 'target'}\n")
        key = Path((self.root / "key").read_text().strip())
        self.assertFalse(key.exists() or key.parent.exists())
        calls = (self.root / "calls").read_text().splitlines()
        first = work / "projects" / "paste-alone"
        self.assertEqual(calls[:2], [f"{first}: wasm-proc-macro optimize", f"{first}: wasm-proc-macro store push"])
        for path in (path for path in self.place.rglob("*") if path.is_file()):
            self.assertNotIn("5eed", path.read_text(), path)

    def test_a_key_of_one_s_own_signs(self) -> None:
        """Who publishes toolchains may want one key for all of them."""
        key = self.write(self.root / "own.key", "# comment\nme:secret:5eed:c0de\n")
        self.add(only=["paste"], signing_key=key)
        self.assertEqual((self.place / "trusted-keys").read_text(), "me:c0de\n")
        self.assertFalse((self.root / "key").exists())
        self.assertTrue(key.exists())

    def test_a_file_that_is_no_key_is_named(self) -> None:
        """Hours later would be too late."""
        for text in ("", "me:c0de\n", "me:public:5eed:c0de\n", "a:secret:b:c\na:secret:b:c\n"):
            with self.assertRaisesRegex(Failure, "is no secret key"):
                prebuilt.public_half(self.write(self.root / "own.key", text))
        with self.assertRaisesRegex(Failure, "cannot be read"):
            prebuilt.public_half(self.root / "nothing.key")

    def test_a_crate_that_cannot_be_built_is_left_out(self) -> None:
        """Of hundreds one or the other cannot."""
        self.write(self.root / "crates.toml", LIST + 'bad = { version = "1" }\n')
        self.assertEqual(self.add(only=["bad", "paste"]), len(prebuilt.FEATURES))
        self.assertIn("not everything could be built of bad (alone), bad (default)", self.stderr.getvalue())

    def test_a_toolchain_without_any_module_is_an_error(self) -> None:
        """It would look like one that has them."""
        self.write(self.root / "crates.toml", LIST + 'bad = { version = "1" }\n')
        with self.assertRaisesRegex(Failure, "no module was built"):
            self.add(only=["bad"])

    def test_the_command_line_says_what_is_packed(self) -> None:
        """Who wants no modules waits for none."""
        done: list[object] = []
        with (
            mock.patch.object(toolchain, "build", lambda *_: mock.Mock()),
            mock.patch.object(cargo, "build", lambda *_: None),
            mock.patch.object(dist, "dist", lambda *words: done.append(words[5]) or "tarball"),
        ):
            for line in ("dist", "dist --with-modules", "dist --with-modules --only a,b --only c --signing-key /k -j 3"):
                cli.COMMANDS["dist"](cli.parser().parse_args(line.split()), Config(), self.layout)
            for line in ("dist --only a", "dist --signing-key k"):
                with self.assertRaisesRegex(Failure, "are about modules"):
                    cli.COMMANDS["dist"](cli.parser().parse_args(line.split()), Config(), self.layout)
        own = prebuilt.Request(only=["a", "b", "c"], signing_key=Path("/k"), jobs=3)
        self.assertEqual(done, [None, prebuilt.Request(), own])

    def test_modules_are_packed_with_the_toolchain(self) -> None:
        """They are built by what is packed, before it is."""
        asked: list[prebuilt.Request] = []

        def copy(_config: Config, _layout: object, _stage0: object, root: Path) -> None:
            self.write(root / "bin" / "rustc", "the compiler")

        def add(_layout: object, root: Path, request: prebuilt.Request) -> int:
            self.assertTrue((root / "bin" / "rustc").exists())
            asked.append(request)
            self.write(root / prebuilt.PLACE / "trusted-keys", "toolchain:9b1c")
            return 1

        def try_out(root: Path, _work: Path) -> None:
            found.append((root / prebuilt.PLACE / "trusted-keys").exists())

        found: list[bool] = []
        stage0, pin, request = mock.Mock(host="host-triple"), mock.Mock(version="1.96.0"), prebuilt.Request(only=["a"])
        with (
            mock.patch.object(dist, "copy", copy),
            mock.patch.object(dist, "note", lambda *_: "note"),
            mock.patch.object(dist, "try_out", try_out),
            mock.patch.object(prebuilt, "add", add),
        ):
            for modules in (request, None):
                self.assertTrue(dist.dist(Config(), self.layout, stage0, pin, "llvm", modules).exists())
        self.assertEqual((found, asked), ([True, False], [request]))
