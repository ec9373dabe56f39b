"""Counting tests, the demonstration's small parts, and the tarball's."""

import unittest
from pathlib import Path

from bootstrap import clean, cli, demo, dist, hooks, patches, settings, suite
from bootstrap.config import Config
from bootstrap.report import Failure
from bootstrap.system import Stage0

from .support import Sandbox


class Counting(unittest.TestCase):
    """The closing line of `./x.py test`."""

    def test_results_of_all_runners_add_up(self) -> None:
        """Cargo's, ui_test's (which names the failed ones first) and unittest's."""
        lines = [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured",
            "\x1b[0mtest result: \x1b[31mFAILED\x1b[0m. 3 passed; 2 failed; 0 ignored",
            "test result: FAIL. 1 failed; 40 passed; 2 ignored",
            "Ran 29 tests in 2.0s",
            "FAILED (failures=1, errors=2)",
        ]
        found = suite.count(lines, 101)
        self.assertEqual((found.passed, found.failed), (12 + 3 + 40 + 29 - 3, 2 + 1 + 3))

    def test_a_runner_that_dies_counts_as_failed(self) -> None:
        """It does not compile: no result line, but surely no success."""
        self.assertEqual(suite.count(["error: could not compile"], 101), suite.Count(0, 1))

    def test_parity_is_chosen_by_its_name_before_filters(self) -> None:
        """As a filter after another word it is one."""
        self.assertEqual(suite.split(["parity", "spans::"]), ("parity", ["spans::"]))
        self.assertEqual(suite.split(["cargo"]), ("cargo", []))
        self.assertEqual(suite.split(["spans", "parity"]), ("", ["spans", "parity"]))
        self.assertEqual(suite.split([]), ("", []))

    def test_no_test_at_all_is_a_failure(self) -> None:
        """A filter with a typing error."""
        with self.assertRaisesRegex(Failure, "no test matches typo"):
            suite.close(suite.Count(), ["typo"])


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
        import contextlib
        import io

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
        import contextlib
        import io

        run = demo.Demo(self.layout, Path("cargo"))
        run.directory.mkdir(parents=True)
        with (
            contextlib.redirect_stdout(io.StringIO()),
            self.assertRaisesRegex(Failure, "(?s)the linker is gone.*by hand"),
        ):
            run.step("fail", ["sh", "-c", "echo the linker is gone >&2; exit 1"])

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
        for target in ("host-triple", *settings.WASM_TARGETS):
            self.write(self.layout.stage1 / "lib/rustlib" / target / "lib/libstd-1.rlib", "")
        linkers = self.layout.stage1 / "lib/rustlib/host-triple/bin"
        linkers.mkdir()
        (linkers / "rust-lld").symlink_to(config.llvm.lld)
        (self.layout.stage1 / "lib/rustlib/src").symlink_to(self.upstream)
        dist.copy(config, self.layout, stage0, self.root / "one")
        linker = self.root / "one/lib/rustlib/host-triple/bin/rust-lld"
        self.assertFalse(linker.is_symlink())
        self.assertEqual(linker.read_text(), "linker")
        self.assertFalse((self.root / "one/lib/rustlib/src").exists())
        (linkers / "other").symlink_to(config.llvm.lld)
        with self.assertRaisesRegex(Failure, "leads out of the toolchain"):
            dist.copy(config, self.layout, stage0, self.root / "two")

    def test_clean_keeps_the_toolchain_unless_all_goes(self) -> None:
        """`results` are cheap, the toolchain is half an hour."""
        self.write(self.layout.root / "demo/x", "")
        self.write(self.layout.root / "host/stage1/bin/rustc", "")
        self.write(self.layout.root / "x.lock", "")
        clean.clean(self.layout, ["results"])
        self.assertEqual(sorted(path.name for path in self.layout.root.iterdir()), ["host", "x.lock"])
        clean.clean(self.layout, ["all"])
        self.assertEqual([path.name for path in self.layout.root.iterdir()], ["x.lock"])

    def test_the_hooks_report_sums_over_patches(self) -> None:
        """One file, two patches."""
        one = patches.Patch(Path("a"), "x", {"compiler/x.rs": (3, 1)})
        two = patches.Patch(Path("b"), "x", {"compiler/x.rs": (2, 0), "library/y.rs": (1, 1)})
        text = hooks.report([one, two])
        self.assertIn("      5       1  compiler/x.rs", text)
        self.assertIn("      6       2  in 2 files by 2 patches", text)
