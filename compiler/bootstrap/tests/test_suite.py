"""`./x.py test` and `./x.py bench`: what is run, how it is counted, and what is said at the end."""

import argparse
import contextlib
import io
import unittest
from pathlib import Path
from unittest import mock

from bootstrap import analyzer, cargo, cli, demo, dist, documents, hooks, runtime, suite, system, timing, toolchain, tools
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
        self.unmocked = stack
        stack.enter_context(mock.patch.object(suite, "run_part", self.record))
        stack.enter_context(mock.patch.object(runtime, "lay", lambda *_: self.root / "workspace"))
        stack.enter_context(mock.patch.object(analyzer, "environment", lambda *_: {"RUST_ANALYZER": "/there"}))
        stack.enter_context(mock.patch.object(tools, "environment", lambda *_: {"CARGO_TESTS_TOOLS": "/tools"}))
        for module, name in ((documents, "check"), (documents, "run"), (hooks, "check"), (dist, "check"), (demo, "demo")):
            step = f"{module.__name__}.{name}"
            stack.enter_context(mock.patch.object(module, name, lambda *_, step=step, **__: self.steps.append(step)))

    def record(self, title: str, command: list[str | Path], env: dict[str, str], cwd: Path, _at_once: int) -> suite.Count:
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

    def test_quick_is_what_takes_few_minutes(self) -> None:
        """Each of the others compiles Wasmtime, a second compiler's crates, or whole projects."""
        stage0 = Stage0(Path("/there/bin/rustc"), Path("/there/bin/cargo"), "1.95.0", "host-triple")
        suite.test_quick(Config(), suite.Run(self.layout, stage0, []))
        self.assertEqual(set(self.parts), {*suite.OWN_PACKAGES, "tests"})
        words, env, _ = self.parts["tests"]
        self.assertEqual(words[words.index("--test") + 1], "ui")
        self.assertIn(f'"{suite.UI_ONCE}"', (REPO / "tests/tests/ui.rs").read_text(encoding="utf-8"))
        self.assertIn(suite.UI_ONCE, env)
        self.assertEqual(self.steps, ["bootstrap.documents.check", "bootstrap.hooks.check"])
        self.parts.clear()
        suite.test_quick(Config(), suite.Run(self.layout, stage0, ["some_name"]))
        self.assertEqual(len(self.steps), 2)

    def test_the_end_says_how_long_each_part_took(self) -> None:
        """Steps, builds and tests alike."""
        total = self.test()
        suite.build_part(total, "the toolchain", lambda: None)
        with contextlib.redirect_stdout(io.StringIO()):
            suite.close(total, [])
        end = self.stderr.getvalue().partition("how long each part took:")[2]
        for title in (suite.DOCUMENTS, suite.HOOKS, "the toolchain"):
            self.assertRegex(end, rf"\[test\] +\d\.\d s  {title}")

    def test_a_runner_learns_how_many_tests_run_at_once(self) -> None:
        """Times are reckoned by that number."""
        self.unmocked.close()
        command = ["sh", "-c", "echo '     Running tests/a.rs (x)'; echo \"test $RUST_TEST_THREADS ... ok\"; echo 'test result: ok. 1 passed'"]
        with contextlib.redirect_stdout(io.StringIO()):
            found = suite.run_part("a part", command, {})
        self.assertEqual([name for _, name in found.times.tests], [f"tests/a.rs: {timing.threads()}"])
        self.assertEqual((found.passed, [part.title for part in found.times.parts]), (1, ["a part"]))

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


class Amount(Sandbox):
    """What `./x.py test` does with its options."""

    def run_test(self, *words: str) -> list[str]:
        """Runs it and returns its parts."""
        done: list[str] = []

        def records(name: str, result: object = None) -> object:
            return lambda *_, **__: done.append(name) or (suite.Count(passed=1) if result is None else result)

        arguments = cli.parser().parse_args(["test", *words])
        with (
            mock.patch.object(system, "ensure_packages", lambda *_: None),
            mock.patch.object(toolchain, "build", records("toolchain", mock.Mock())),
            mock.patch.object(cargo, "build", records("cargo", mock.Mock())),
            mock.patch.object(suite, "forget_other_checkout", lambda *_: None),
            mock.patch.object(suite, "test_x_py", records("x.py")),
            mock.patch.object(suite, "test_all", records("all")),
            mock.patch.object(suite, "test_quick", records("quick")),
            mock.patch.object(cli, "test_beyond_ci", records("beyond")),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            cli.do_test(arguments, Config(), self.layout)
        return done

    def test_quick_builds_no_cargo_and_all_goes_beyond_ci(self) -> None:
        """Filters are for tests with names, and the steps beyond have none."""
        self.assertEqual(self.run_test(), ["x.py", "toolchain", "cargo", "all"])
        self.assertEqual(self.run_test("--quick"), ["x.py", "toolchain", "quick"])
        self.assertEqual(self.run_test("--quick", "a_name"), ["x.py", "toolchain", "quick"])
        self.assertEqual(self.run_test("--all"), ["x.py", "toolchain", "cargo", "all", "beyond"])
        self.assertEqual(self.run_test("--all", "a_name"), ["x.py", "toolchain", "cargo", "all"])

    def test_quick_takes_no_part(self) -> None:
        """It would be a wish for two different things."""
        with self.assertRaisesRegex(Failure, "--quick"):
            self.run_test("--quick", "parity")
        with self.assertRaises(SystemExit):
            self.run_test("--quick", "--all")


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
            cli.do_bench(argparse.Namespace(name=list(names), rounds=0, jobs=0, project=[], write=write), Config(), self.layout)
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
