"""What a toolchain has beside its programs, and where."""

from pathlib import Path
from unittest import mock

from bootstrap import sysroot
from bootstrap.report import Failure

from .support import Sandbox

HOST = "x86_64-unknown-linux-gnu"
# Stands in for the command of ours that writes manuals and completions.
COMMAND = f"""\
#!/bin/sh
test "$1 $2 $4" = "generate-docs --man --completions" || exit 2
mkdir -p "$3" "$5"
touch "$3/{sysroot.COMMAND}.1" "$5/{sysroot.COMMAND}.bash" "$5/_{sysroot.COMMAND}" "$5/{sysroot.COMMAND}.fish"
"""


class Sysroot(Sandbox):
    """`sysroot.complete`."""

    def setUp(self) -> None:
        """A toolchain with all programs, and the trees that they are built from."""
        super().setUp()
        self.toolchain = self.layout.stage1
        for program in ("rustc", "cargo", "cargo-clippy", "clippy-driver", "stubgen"):
            self.write(self.toolchain / "bin" / program, "")
        self.write(self.toolchain / "bin" / sysroot.COMMAND, COMMAND).chmod(0o755)
        self.write(self.toolchain / "lib/librustc_driver-1.so", "")
        self.write(self.toolchain / f"lib/rustlib/{HOST}/wasm-proc-macro/lib.so", "")
        for target in (HOST, "wasm32-wasip1"):
            self.write(self.toolchain / f"lib/rustlib/{target}/lib/libstd-1.rlib", "")
        tree = self.layout.tree
        for name in (*(f"src/etc/{name}" for name in sysroot.DEBUGGERS), "src/etc/gdb_lookup.py", "src/doc/man/rustc.1"):
            self.write(tree / name, "")
        for name in ("README.md", "src/tools/clippy/README.md", "src/tools/rustfmt/README.md", "library/core/src/lib.rs"):
            self.write(tree / name, "")
        (self.toolchain / "lib/rustlib/src").mkdir()
        (self.toolchain / "lib/rustlib/src/rust").symlink_to(tree)
        for name in ("README.md", "src/etc/_cargo", "src/etc/cargo.bashcomp.sh", "src/etc/man/cargo-build.1"):
            self.write(self.layout.root / "cargo/tree" / name, "")

    def read(self, name: str) -> list[str]:
        """The lines of a file of the toolchain."""
        return (self.toolchain / name).read_text(encoding="utf-8").splitlines()

    def test_everything_lies_where_rustups_toolchains_have_it(self) -> None:
        """`rustup man`, `rustup completions`, debuggers and editors look nowhere else."""
        sysroot.complete(self.layout, HOST)
        for name in (
            "bin/rust-gdb",
            "etc/bash_completion.d/cargo",
            f"etc/bash_completion.d/{sysroot.COMMAND}",
            "lib/rustlib/etc/gdb_lookup.py",
            "share/doc/cargo/README.md",
            "share/doc/clippy/README.md",
            "share/doc/rustc-wasm-proc-macro/compiler/cargo/command/REFERENCE.md",
            "share/doc/rustc-wasm-proc-macro/docs/guide.md",
            f"share/fish/vendor_completions.d/{sysroot.COMMAND}.fish",
            "share/man/man1/cargo-build.1",
            f"share/man/man1/{sysroot.COMMAND}.1",
            "share/man/man1/rustc.1",
            "share/zsh/site-functions/_cargo",
            f"share/zsh/site-functions/_{sysroot.COMMAND}",
        ):
            self.assertTrue((self.toolchain / name).is_file(), name)
        self.assertTrue((self.toolchain / "bin/rust-gdb").stat().st_mode & 0o100)

    def test_every_file_belongs_to_one_component(self) -> None:
        """What takes a component away goes by its manifest."""
        sysroot.complete(self.layout, HOST)
        components = self.read("lib/rustlib/components")
        self.assertEqual(
            components,
            [
                f"cargo-{HOST}",
                f"clippy-preview-{HOST}",
                "rust-src",
                "rust-std-wasm32-wasip1",
                f"rust-std-{HOST}",
                f"rustc-wasm-proc-macro-{HOST}",
                f"rustc-{HOST}",
            ],
        )
        self.assertEqual(self.read("lib/rustlib/rust-installer-version"), ["3"])
        listed = [line for component in components for line in self.read(f"lib/rustlib/manifest-{component}")]
        self.assertEqual(len(listed), len(set(listed)))
        for line in listed:
            kind, _, name = line.partition(":")
            self.assertTrue((self.toolchain / name).is_dir() if kind == "dir" else (self.toolchain / name).is_file(), line)
        self.assertIn(f"file:lib/rustlib/{HOST}/wasm-proc-macro/lib.so", listed)
        self.assertIn(f"file:share/man/man1/{sysroot.COMMAND}.1", self.read(f"lib/rustlib/manifest-rustc-wasm-proc-macro-{HOST}"))
        self.assertIn("file:share/man/man1/cargo-build.1", self.read(f"lib/rustlib/manifest-cargo-{HOST}"))

    def test_what_is_not_built_is_not_listed(self) -> None:
        """Without rustfmt there is nothing to read about it; a program that goes takes its manifest with it."""
        sysroot.complete(self.layout, HOST)
        self.assertFalse((self.toolchain / "share/doc/rustfmt").exists())
        for program in ("cargo-clippy", "clippy-driver"):
            (self.toolchain / "bin" / program).unlink()
        (self.toolchain / "share/doc/clippy/README.md").unlink()
        sysroot.complete(self.layout, HOST)
        self.assertNotIn(f"clippy-preview-{HOST}", self.read("lib/rustlib/components"))
        self.assertFalse((self.toolchain / f"lib/rustlib/manifest-clippy-preview-{HOST}").exists())

    def test_a_second_time_touches_nothing(self) -> None:
        """It runs with each `./x.py build`, and others may read the toolchain meanwhile."""
        sysroot.complete(self.layout, HOST)
        before = {path: path.stat().st_mtime_ns for path in self.toolchain.rglob("*") if path.is_file()}
        sysroot.complete(self.layout, HOST)
        self.assertEqual(before, {path: path.stat().st_mtime_ns for path in self.toolchain.rglob("*") if path.is_file()})

    def test_without_cargo_the_rest_is_there(self) -> None:
        """`./x.py build` alone builds none."""
        (self.toolchain / "bin/cargo").unlink()
        with mock.patch.object(sysroot, "of_cargo", lambda tree: self.fail(str(tree))):
            sysroot.complete(self.layout, HOST)
        self.assertTrue((self.toolchain / "share/man/man1/rustc.1").exists())

    def test_a_command_that_cannot_write_them_is_an_error(self) -> None:
        """With its own words."""
        program = self.toolchain / "bin" / sysroot.COMMAND
        self.write(program, "#!/bin/sh\necho broken >&2; exit 101\n")
        with self.assertRaisesRegex(Failure, "broken"):
            sysroot.complete(self.layout, HOST)
        self.assertEqual(list(Path(self.layout.base).glob(".x-py-*")), [])
