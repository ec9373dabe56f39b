"""What all commands have in common, the demonstration's small parts, and the tarball's."""

import contextlib
import io
from pathlib import Path
from unittest import mock

from bootstrap import clean, cli, demo, dist, hooks, patches, run, settings, suite
from bootstrap.config import Config
from bootstrap.report import Failure
from bootstrap.system import Stage0

from .support import Sandbox


class Main(Sandbox):
    """What all commands have in common."""

    def main(self, *words: str, check: object = lambda *_: 0) -> int:
        """Runs x.py with something else for `./x.py check`, and leaves the signals as they are."""
        with mock.patch.dict(cli.COMMANDS, {"check": check}), mock.patch.object(cli.signal, "signal"):
            return cli.main(["check", "--build-dir", str(self.layout.root), *words])

    def test_jobs_come_from_the_command_line_or_the_configuration(self) -> None:
        """For whatever is built, not for the compiler alone."""
        found: list[int] = []
        config = str(self.write(self.root / "config.toml", "[build]\njobs = 3\n"))
        for words in (["--config", config], ["--config", config, "-j", "2"]):
            self.main(*words, check=lambda arguments, *_: found.append(arguments.jobs) or 0)
        self.assertEqual(found, [3, 2])

    def test_a_closed_terminal_is_ignored_under_nohup(self) -> None:
        """That is what it is for."""
        for before, wanted in ((cli.signal.SIG_IGN, []), (cli.signal.SIG_DFL, [cli.signal.SIGTERM, cli.signal.SIGHUP])):
            with (
                mock.patch.object(cli.signal, "getsignal", lambda _, before=before: before),
                mock.patch.object(cli.signal, "signal") as handled,
            ):
                cli.main(["check", "--config", str(self.root / "missing.toml")])
            self.assertEqual([call.args[0] for call in handled.call_args_list], wanted)

    def test_a_named_configuration_must_exist(self) -> None:
        """Else a typing error there would build with the defaults."""
        self.assertEqual(self.main("--config", str(self.root / "missing.toml")), 1)
        self.assertIn("missing.toml", self.stderr.getvalue())

    def test_a_failure_names_the_command_that_was_typed(self) -> None:
        """With its options, since it is to be typed again; a log may say what it likes."""

        def fail(*_: object) -> int:
            raise Failure("the log says: the same command", "correct it and run the same command again")

        self.assertEqual(self.main("-j", "2", check=fail), 1)
        command = f"./x.py check --build-dir {self.layout.root} -j 2"
        expected = f"error: the log says: the same command\n  next: correct it and run `{command}` again\n"
        self.assertEqual(self.stderr.getvalue(), expected)

    def test_a_missing_program_is_named_with_its_package(self) -> None:
        """It is not the file system that refuses."""
        patch = next(path for path in patches.queue())
        with mock.patch.dict("os.environ", {"PATH": str(self.root)}):
            self.assertEqual(self.main(check=lambda *_: patches.apply(patch, self.root)), 1)
            self.assertEqual(self.main(check=lambda *_: run.logged(["ninja"], self.root / "log")), 1)
        for program, package in (("git", "git"), ("ninja", "ninja-build")):
            expected = f"there is no `{program}`\n  next: install it (Debian: `apt-get install {package}`)"
            self.assertIn(expected, self.stderr.getvalue())
        self.assertEqual(self.main(check=lambda *_: (self.root / "no such file").read_text()), 1)
        self.assertIn("the file system refuses", self.stderr.getvalue())


class Commands(Sandbox):
    """Parts of other commands."""

    def test_help_names_every_command(self) -> None:
        """And every command has an implementation."""
        text = cli.parser().format_help()
        for name in cli.COMMANDS:
            self.assertIn(f"\n    {name} ", text)

    def test_libraries_are_found_in_cargos_messages(self) -> None:
        """Other lines and other files are skipped."""
        messages = 'x\n{"reason":"compiler-artifact","target":{"name":"proc-macro2"},"filenames":["/a/libproc_macro2-1.rlib","/a/libproc_macro2-1.rmeta"]}\n{"reason":"build-finished"}'
        self.assertEqual(demo.rlibs(messages), {"proc_macro2": Path("/a/libproc_macro2-1.rlib")})

    def test_a_stamped_step_runs_again_when_an_input_changes(self) -> None:
        """A new compiler must build the module anew; another order of the inputs is no change."""
        source, made, log = self.write(self.root / "in", "1"), self.root / "made", self.root / "log"
        stamp = [self.write(self.root / "other", ""), source]
        run = demo.Demo(self.layout, Path("cargo"))
        run.directory.mkdir(parents=True)
        command: list[str | Path] = ["sh", "-c", f"echo x >> {log}; touch {made}"]
        with contextlib.redirect_stdout(io.StringIO()) as text:
            for content in ("1", "1", "22"):
                if source.read_text() != content:
                    source.write_text(content)
                stamp.reverse()
                run.step("make it", command, stamp=stamp, made=made)
        self.assertEqual(log.read_text(), "x\nx\n")
        self.assertIn("up to date", text.getvalue())

    def test_a_failing_step_shows_its_errors(self) -> None:
        """And names the command to repeat."""
        run = demo.Demo(self.layout, Path("cargo"))
        run.directory.mkdir(parents=True)
        with (
            contextlib.redirect_stdout(io.StringIO()),
            self.assertRaisesRegex(Failure, "(?s)the linker is gone.*by hand"),
        ):
            run.step("fail", ["sh", "-c", "echo the linker is gone >&2; exit 1"])

    def test_what_another_compiler_has_built_is_not_taken(self) -> None:
        """Each build of the fork has the same version, but not the same standard library."""
        run = demo.Demo(self.layout, Path("cargo"))
        library = self.write(self.layout.stage1 / "lib/rustlib/wasm32-wasip1/lib/libproc_macro-1.rlib", "one")
        built = run.directory / "target/release/deps/libsyn.rlib"
        run.forget_other_toolchain()
        self.write(built, "")
        run.forget_other_toolchain()
        self.assertTrue(built.exists())
        self.write(library, "another")
        run.forget_other_toolchain()
        self.assertFalse(built.exists())
        self.write(built, "")
        self.write(self.layout.stage1 / "lib/librustc_driver-1.so", "")
        run.forget_other_toolchain()
        self.assertFalse(built.exists())

    def test_tests_run_with_programs_of_one_toolchain(self) -> None:
        """The one that x.py has chosen need not be in PATH, and doc tests run its rustdoc."""
        stage0 = Stage0(Path("/there/bin/rustc"), Path("/there/bin/cargo"), "1.95.0", "host-triple")
        found = suite.test_environment(self.layout, stage0)
        self.assertEqual((found["RUSTC"], found["RUSTDOC"]), ("/there/bin/rustc", "/there/bin/rustdoc"))

    def test_the_tarball_gets_the_linker_itself_and_no_links_outwards(self) -> None:
        """It is unpacked on machines without our build directory."""
        stage0 = Stage0(Path("rustc"), Path("cargo"), "1.95.0", "host-triple")
        config = Config()
        config.llvm.lld = str(self.write(self.root / "lld", "linker"))
        self.write(self.layout.stage1 / "bin/rustc", "")
        self.write(self.layout.stage1 / "lib/librustc_driver-1.so", "")
        self.write(self.layout.stage1 / "libexec/rust-analyzer-proc-macro-srv", "")
        for target in ("host-triple", *settings.WASM_TARGETS):
            self.write(self.layout.stage1 / "lib/rustlib" / target / "lib/libstd-1.rlib", "")
        linkers = self.layout.stage1 / "lib/rustlib/host-triple/bin"
        linkers.mkdir()
        (linkers / "rust-lld").symlink_to(config.llvm.lld)
        for name, text in (("core/lib.rs", "core"), ("core/tests/lib.rs", "")):
            self.write(self.upstream / "library" / name, text)
        (self.layout.stage1 / "lib/rustlib/src").mkdir()
        (self.layout.stage1 / "lib/rustlib/src/rust").symlink_to(self.upstream)
        self.write(self.layout.stage1 / "share/man/man1/rustc.1", "")
        dist.copy(config, self.layout, stage0, self.root / "one")
        linker = self.root / "one/lib/rustlib/host-triple/bin/rust-lld"
        self.assertFalse(linker.is_symlink())
        self.assertEqual(linker.read_text(), "linker")
        self.assertEqual((self.root / "one/lib/rustlib/src/rust/library/core/lib.rs").read_text(), "core")
        self.assertFalse((self.root / "one/lib/rustlib/src/rust/compiler").exists())
        self.assertFalse((self.root / "one/lib/rustlib/src/rust/library/core/tests").exists())
        self.assertTrue((self.root / "one/share/man/man1/rustc.1").exists())
        components = (self.root / "one/lib/rustlib/components").read_text().splitlines()
        self.assertIn("rust-src", components)
        self.assertIn("rustc-host-triple", components)
        self.assertTrue((self.root / "one/libexec/rust-analyzer-proc-macro-srv").exists())
        (linkers / "other").symlink_to(config.llvm.lld)
        with self.assertRaisesRegex(Failure, "leads out of the toolchain"):
            dist.copy(config, self.layout, stage0, self.root / "two")

    def test_clean_keeps_the_toolchain_unless_all_goes(self) -> None:
        """`results` are cheap, the toolchain is half an hour."""
        for name in ("demo", "tests", "cargo", "modules", "x86_64-unknown-linux-gnu/stage1", "cache", "bootstrap", "tree", "log"):
            self.write(self.layout.root / name / "x", "")
        (self.layout.root / "host").symlink_to("x86_64-unknown-linux-gnu")
        self.write(self.layout.root / "x.lock", "")

        def left() -> set[str]:
            names = {path.parent.relative_to(self.layout.root).as_posix() for path in self.layout.root.rglob("x")}
            return names - {"host/stage1"}

        clean.clean(self.layout, ["results"])
        self.assertEqual(left(), {"x86_64-unknown-linux-gnu/stage1", "cache", "bootstrap", "tree", "log"})
        clean.clean(self.layout, ["toolchain"])
        self.assertEqual(left(), {"cache", "log"})
        clean.clean(self.layout, ["all"])
        self.assertEqual([path.name for path in self.layout.root.iterdir()], ["x.lock"])

    def test_the_hooks_report_sums_over_patches(self) -> None:
        """One file, two patches."""
        one = patches.Patch(Path("a"), "x", {"compiler/x.rs": (3, 1)})
        two = patches.Patch(Path("b"), "x", {"compiler/x.rs": (2, 0), "library/y.rs": (1, 1)})
        text = hooks.report([one, two])
        self.assertIn("      5       1  compiler/x.rs", text)
        self.assertIn("      6       2  in 2 files by 2 patches", text)
