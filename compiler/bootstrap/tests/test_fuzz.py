"""`./x.py fuzz`: what is built and run, and what is read from libFuzzer's output."""

import argparse
import contextlib
import io
from pathlib import Path
from unittest import mock

from bootstrap import cli, fuzz, runtime, system, toolchain
from bootstrap.config import REPO, Config
from bootstrap.report import Failure
from bootstrap.system import Stage0

from .support import Sandbox

STAGE0 = Stage0(Path("/there/rustc"), Path("/there/cargo"), "1.95.0", "host-triple")
OUTPUT = """\
INFO: Seed: 1
#2\tINITED cov: 3 ft: 4 corp: 1/1b exec/s: 0 rss: 31Mb
#2097152\tpulse  cov: 300 ft: 400 corp: 90/1b lim: 4096 exec/s: 190650 rss: 50Mb
stat::number_of_executed_units: 2119791
"""


class Fuzz(Sandbox):
    """With programs that only say what they were asked to do."""

    def program(self, name: str, text: str) -> Path:
        """A shell script."""
        path = self.write(self.root / name, f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def run_targets(self, targets: list[str], program: str) -> tuple[int, str]:
        """Runs targets whose program is this script; returns the exit code and what was printed."""
        path = self.program("program", program)
        with mock.patch.object(fuzz, "build", lambda *_: path), contextlib.redirect_stdout(io.StringIO()) as text:
            return fuzz.fuzz(self.layout, STAGE0, targets, 3, 0), text.getvalue()

    def test_executions_are_counted_by_what_libfuzzer_says(self) -> None:
        """Its last line, and else the last progress: a target that crashes has no statistics."""
        result = fuzz.Result()
        lines = OUTPUT.splitlines()
        for line in lines[:3]:
            fuzz.read_line(line, result)
        self.assertEqual(result.executions, 2097152)
        fuzz.read_line(lines[3], result)
        self.assertEqual(result.executions, 2119791)
        status, text = self.run_targets(["watt", "store"], f"cat <<'E'\n{OUTPUT}E")
        self.assertEqual(status, 0)
        self.assertIn("watt: 2119791 executions, nothing found\n", text)
        self.assertTrue(text.endswith("4239582 executions, 0 of 2 targets found something or nothing to do\n"), text)

    def test_a_finding_is_named_with_the_command_that_repeats_it(self) -> None:
        """After all targets have been run."""
        script = """echo "$FUZZ_TARGET" >> log; [ $FUZZ_TARGET = store ] || { echo "#2"; exit 0; }
            echo "artifact_prefix=x Test unit written to /f/crash-1"; exit 77"""
        with self.assertRaisesRegex(Failure, "the target `store` failed") as caught:
            self.run_targets(["store", "watt"], script.replace("log", str(self.root / "log")))
        self.assertIn("`./x.py fuzz store --input /f/crash-1`", caught.exception.next_step)
        self.assertEqual((self.root / "log").read_text(), "store\nwatt\n")

    def test_a_target_that_executes_nothing_is_a_failure(self) -> None:
        """It would look like one with nothing wrong."""
        with self.assertRaisesRegex(Failure, "the target `watt` failed") as caught:
            self.run_targets(["watt"], "exit 0")
        self.assertIn("fuzz-watt.log", caught.exception.next_step)

    def test_a_target_has_limits_and_starts_from_what_is_known(self) -> None:
        """What earlier runs found comes first, since new inputs are written there."""
        log = self.root / "log"
        program = self.program("program", f'echo "$@" > {log}')
        seeds = self.repo / fuzz.ROOM / "corpus" / "sections"
        seeds.mkdir(parents=True)
        dictionary = self.write(seeds.with_suffix(".dict"), "")
        fuzz.run_target(self.layout, program, "sections", 7, self.repo)
        words = log.read_text().split()
        self.assertEqual(words[:3], [str(self.layout.root / "fuzz/corpus/sections"), str(seeds), f"-dict={dictionary}"])
        findings = self.layout.root / "fuzz/findings/sections"
        for word in ("-max_total_time=7", "-max_len=16384", f"-artifact_prefix={findings}/"):
            self.assertIn(word, words)
        fuzz.run_target(self.layout, program, "watt", 7, self.repo)
        self.assertEqual(log.read_text().split()[1][0], "-")

    def test_a_target_is_told_what_there_is_to_try_it_on(self) -> None:
        """Neither is there in every build directory."""
        self.assertEqual(fuzz.environment(self.layout), {})
        command = self.write(self.layout.stage1 / "bin/cargo-wasm-proc-macro", "")
        modules = self.write(self.layout.root / "fuzz/modules/a.wasm", "").parent
        found = fuzz.environment(self.layout)
        self.assertEqual((found["FUZZ_COMMAND"], found["FUZZ_MODULES"]), (str(command), str(modules)))

    def test_only_our_own_crates_are_instrumented(self) -> None:
        """And with Wasmtime's patched crates, as the runtime is built."""
        calls: list[tuple[list[str], dict[str, str], Path]] = []

        def record(command: list[str | Path], _: Path, *, cwd: Path, env: dict[str, str]) -> int:
            calls.append(([str(word) for word in command], env, cwd))
            return 0

        with mock.patch.object(runtime, "lay", lambda *_: self.root), mock.patch.object(fuzz, "logged", record):
            built = fuzz.build(self.layout, STAGE0, 2, "fuzz")
            fuzz.build(self.layout, STAGE0, 0, fuzz.REQUESTS)
        self.assertEqual(built, self.layout.root / "runtime/target/fuzz/fuzz")
        (words, env, cwd), (plain_words, plain_env, _) = calls
        self.assertEqual(cwd, self.root)
        self.assertIn("libfuzzer", words)
        self.assertRegex(env["RUSTC_WASM_PROC_MACRO_PATCHES"], "^[0-9a-f]{16}$")
        wrapper = Path(env["RUSTC_WORKSPACE_WRAPPER"])
        self.assertIn('exec "$@" -Cpasses=sancov-module', wrapper.read_text())
        self.assertTrue(wrapper.stat().st_mode & 0o100)
        # Else its dependencies would be built anew.
        self.assertIn("libfuzzer", plain_words)
        self.assertNotIn("RUSTC_WORKSPACE_WRAPPER", plain_env)

    def test_a_compiler_is_built_only_for_requests(self) -> None:
        """It takes half an hour, and the other targets need none."""
        done: list[str] = []
        with (
            mock.patch.object(system, "find_stage0", lambda *_: STAGE0),
            mock.patch.object(system, "ensure_packages", lambda *_: done.append("packages")),
            mock.patch.object(toolchain, "build", lambda *_: done.append("toolchain") or mock.Mock()),
            mock.patch.object(fuzz, "fuzz", lambda *words: done.append(" ".join(words[2])) or 0),
            mock.patch.object(fuzz, "replay", lambda *words: done.append(f"replay {words[2]} {words[3]}") or 0),
        ):
            for target, path in (("watt", None), (fuzz.REQUESTS, None), (None, None), ("store", "a/b")):
                arguments = argparse.Namespace(target=target, seconds=1, input=path, jobs=0)
                cli.do_fuzz(arguments, Config(), self.layout)
            with self.assertRaisesRegex(Failure, "needs the fuzzer that it is for"):
                cli.do_fuzz(argparse.Namespace(target=None, seconds=1, input="x", jobs=0), Config(), self.layout)
        expected = ["packages", "watt", "toolchain", "requests", "toolchain", " ".join(fuzz.names()), "packages"]
        self.assertEqual(done, [*expected, "replay store a/b"])

    def test_the_targets_are_those_of_the_room(self) -> None:
        """Their names stand in both."""
        source = (REPO / fuzz.ROOM / "src/lib.rs").read_text()
        for name in fuzz.TARGETS:
            self.assertIn(f'("{name}", {name}::run)', source)
        self.assertEqual(source.count("::run),"), len(fuzz.TARGETS))
