"""Counting tests, the demonstration's small parts, and the tarball's."""

import argparse
import contextlib
import io
import unittest
from pathlib import Path
from unittest import mock

from bootstrap import analyzer, cargo, clean, cli, demo, dist, documents, hooks, patches, run, runtime, settings, suite, system, toolchain, tools
from bootstrap.config import REPO, Config, Layout
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

    def test_a_filter_that_fits_nothing_of_one_runner_is_no_failure(self) -> None:
        """From Python 3.12 on unittest ends with 5 then; it may well fit tests of another runner."""
        lines = ["", "-" * 70, "Ran 0 tests in 0.000s", "", "NO TESTS RAN"]
        self.assertEqual(suite.count(lines, 5), suite.Count())
        self.assertEqual(suite.count(lines, 1), suite.Count(0, 1))

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


class Suite(Sandbox):
    """`suite.test_all`, with nothing that takes long."""

    def setUp(self) -> None:
        """Records how each part would be run, and which of x.py's own steps."""
        super().setUp()
        self.parts: dict[str, tuple[list[str], dict[str, str], Path]] = {}
        self.steps: list[str] = []
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        stack.enter_context(mock.patch.object(suite, "run_part", self.record))
        stack.enter_context(mock.patch.object(runtime, "lay", lambda *_: self.root / "workspace"))
        stack.enter_context(mock.patch.object(analyzer, "environment", lambda *_: {"RUST_ANALYZER": "/there"}))
        stack.enter_context(mock.patch.object(tools, "environment", lambda *_: {"CARGO_TESTS_TOOLS": "/tools"}))
        for module, name in ((documents, "check"), (documents, "run"), (hooks, "check"), (dist, "check"), (demo, "demo")):
            step = f"{module.__name__}.{name}"
            stack.enter_context(mock.patch.object(module, name, lambda *_, step=step, **__: self.steps.append(step)))

    def record(self, title: str, command: list[str | Path], env: dict[str, str], cwd: Path) -> suite.Count:
        """Stands in for `suite.run_part`."""
        words = [str(word) for word in command]
        for package in (words[place + 1] for place, word in enumerate(words) if word == "-p"):
            self.assertNotIn(package, self.parts, "tested twice")
            self.parts[package] = (words, env, cwd)
        return suite.Count(passed=1)

    def test(self, *words: str, everything: bool = False) -> suite.Count:
        """Runs all of it."""
        stage0 = Stage0(Path("/there/bin/rustc"), Path("/there/bin/cargo"), "1.95.0", "host-triple")
        self.parts.clear()
        self.steps.clear()
        return suite.test_all(Config(), suite.Run(self.layout, stage0, words, everything=everything))

    def test_all_runs_ignored_tests_only_where_they_are_too_long(self) -> None:
        """Elsewhere they are helpers of other tests, and `tests` has a runner that refuses the flag."""
        self.test()
        self.assertFalse([name for name, (words, _, _) in self.parts.items() if "--include-ignored" in words])
        self.test(everything=True)
        with_ignored = [name for name, (words, _, _) in self.parts.items() if "--include-ignored" in words]
        self.assertEqual(with_ignored, ["cargo-tests"])

    def test_the_runtime_is_tested_where_it_is_built(self) -> None:
        """In the repository's own workspace its dependencies would not be patched."""
        self.test()
        for package in ("rustc_wasm_proc_macro", "fuzz"):
            words, env, workspace = self.parts.pop(package)
            self.assertEqual(words.count("-p"), 1)
            self.assertEqual(workspace, self.root / "workspace")
            self.assertEqual(env["CARGO_TARGET_DIR"], str(self.layout.root / "runtime/target"))
            self.assertRegex(env["RUSTC_WASM_PROC_MACRO_PATCHES"], "^[0-9a-f]{16}$")
        self.assertEqual({place for _, _, place in self.parts.values()}, {REPO})

    def test_every_step_says_how_long_it_took(self) -> None:
        """So that somebody who waits knows for what."""
        self.test()
        self.assertRegex(self.stderr.getvalue(), r"\[test\] 0\.\d s for the demonstration")

    def test_fuzzing_has_the_toolchain(self) -> None:
        """Requests go to its compiler, and stores to its command."""
        command = self.write(self.layout.stage1 / "bin/cargo-wasm-proc-macro", "")
        self.test()
        env = self.parts["fuzz"][1]
        self.assertEqual(env["RUSTC_WASM_TOOLCHAIN"], str(self.layout.stage1))
        self.assertEqual(env["FUZZ_COMMAND"], str(command))

    def test_the_tests_of_cargo_learn_where_programs_of_others_lie(self) -> None:
        """They fail without."""
        self.test()
        self.assertEqual(self.parts["cargo-tests"][1]["CARGO_TESTS_TOOLS"], "/tools")

    def test_the_demonstration_is_a_test(self) -> None:
        """It is the first command in the README; a filter is for tests with names."""
        total = self.test()
        steps = ["documents.check", "documents.run", "hooks.check", "dist.check", "demo.demo"]
        self.assertEqual(self.steps, [f"bootstrap.{step}" for step in steps])
        self.assertEqual(total, suite.Count(passed=12))
        self.test("some_name")
        self.assertEqual(self.steps, [])

    def test_another_checkouts_packages_are_built_again(self) -> None:
        """Two clones may share a build directory, and Cargo alone would run the tests of one in the other."""
        log = self.root / "log"
        program = self.write(self.root / "cargo", f'#!/bin/sh\necho "$CARGO_TARGET_DIR $PWD $*" >> {log}\n')
        program.chmod(0o755)
        stage0 = Stage0(self.root / "rustc", program, "1.95.0", "host-triple")
        target = self.layout.root / "target"
        once = "".join(f"{target} {REPO} clean --quiet --workspace{more}\n" for more in ("", " --release"))
        suite.forget_other_checkout(self.layout, stage0)
        suite.forget_other_checkout(self.layout, stage0)
        self.assertEqual(log.read_text(), once)
        self.write(target / "checkout", str(self.repo))
        suite.forget_other_checkout(self.layout, stage0)
        self.assertEqual(log.read_text(), once * 2)
        self.write(target / "checkout", str(self.repo))
        self.write(program, "#!/bin/sh\necho locked >&2; exit 1\n")
        for _ in range(2):
            with self.assertRaisesRegex(Failure, "(?s)another checkout.*locked"):
                suite.forget_other_checkout(self.layout, stage0)


class Bench(Sandbox):
    """What `./x.py bench` prepares."""

    def bench(self, *names: str, write: bool = False) -> list[str]:
        """Runs it and returns what it had done, in order."""
        done: list[str] = []
        self.words: list[str] = []

        def run_bench(_: Layout, __: object, words: list[str]) -> int:
            self.words = words
            done.append("bench")
            return 0

        def build(_: Config, layout: Layout, *__: object) -> mock.Mock:
            done.append("pristine" if layout.pristine else "fork")
            return mock.Mock()

        with (
            mock.patch.object(system, "find_stage0", lambda *_: None),
            mock.patch.object(system, "ensure_packages", lambda *rows: done.extend(name for name, _ in rows[2])),
            mock.patch.object(toolchain, "build", build),
            mock.patch.object(cargo, "build", lambda *_: done.append("cargo")),
            mock.patch.object(suite, "forget_other_checkout", lambda *_: done.append("forget")),
            mock.patch.object(suite, "run_bench", run_bench),
        ):
            cli.do_bench(argparse.Namespace(name=list(names), rounds=0, jobs=0, write=write), Config(), self.layout)
        return done

    def test_what_is_compared_with_upstream_has_it_built(self) -> None:
        """It takes half an hour, which is said, and which the others need not wait for."""
        self.assertEqual(self.bench(), ["valgrind", "fork", "cargo", "pristine", "forget", "bench"])
        self.assertEqual(self.bench("load", "start-up"), ["valgrind", "fork", "pristine", "forget", "bench"])
        self.assertIn("as long again", self.stderr.getvalue())
        self.assertEqual(self.bench("expansion"), ["valgrind", "fork", "forget", "bench"])
        self.assertEqual(self.bench("switch"), ["valgrind", "fork", "cargo", "forget", "bench"])

    def test_the_list_and_the_document_need_no_toolchain(self) -> None:
        """Whoever corrects a row by hand need not build a compiler."""
        for word, wanted in (("list", "--help"), ("page", "page")):
            self.assertEqual(self.bench(word), ["forget", "bench"])
            self.assertEqual(self.words, [wanted])

    def test_the_repository_stays_as_it_is_unless_asked(self) -> None:
        """A user who measures does not want a changed checkout."""
        self.bench("load")
        self.assertEqual(self.words, ["load"])
        self.bench("load", write=True)
        self.assertEqual(self.words, ["load", "--write"])

    def test_the_benchmarks_have_these_names(self) -> None:
        """They are theirs to give."""
        measures = "".join(path.read_text() for path in (REPO / "tests/bench/src/measures").glob("*.rs"))
        for name in suite.PRISTINE | suite.WITH_CARGO:
            self.assertIn(f'name: "{name}"', measures)


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
        for name in ("demo", "tests", "cargo", "x86_64-unknown-linux-gnu/stage1", "cache", "bootstrap", "tree", "log"):
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
