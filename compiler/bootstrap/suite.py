"""`./x.py test` and `./x.py bench`: all parts in order, one closing line."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from . import analyzer, demo, dist, documents, fuzz, hooks, hosted, runtime, timing, tools
from .config import REPO, Config, Layout
from .report import Failure, duration, say
from .run import captured, started
from .system import Stage0

RESULT = re.compile(r"^test result: ")
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in")
UNITTEST_BAD = re.compile(r"^FAILED \((.*)\)")
# unittest's exit code if it has run nothing, from Python 3.12 on.
UNITTEST_NOTHING = 5
OWN_PACKAGES = ("stubgen", "rustc_wasm_proc_macro_api", "cargo-wasm-proc-macro", "census", "bench")
# Parts of the suite that a word before the filters chooses alone: the packages in `tests` of these names.
PARITY, CARGO, ANALYZER, HOSTED = PARTS = ("parity", "cargo", "analyzer", "hosted")
DOCUMENTS = "links, anchors and widths of the documents"
HOOKS = "the patch queue applies to pristine files with zero fuzz"
# Has the cases in tests/ui run from WebAssembly only.
UI_ONCE = "WASM_PROC_MACRO_UI_ONCE"
T = TypeVar("T")
# The benchmarks that compare with upstream's compiler, and those that call the toolchain's own Cargo.
PRISTINE = {"driver-size", "start-up"}
WITH_CARGO = {"cargo", "switch"}
# In place of a benchmark's name: name them all, and write the document from the results in the repository.
LIST, PAGE = "list", "page"


@dataclass
class Count:
    """How many tests passed and failed, and how long they took."""

    passed: int = 0
    failed: int = 0
    times: timing.Times = field(default_factory=timing.Times, compare=False)

    def add(self, other: "Count") -> None:
        """Adds another part's."""
        self.passed += other.passed
        self.failed += other.failed
        self.times.add(other.times)


def count(lines: Sequence[str], status: int) -> Count:
    """Reads what a test runner printed: Cargo's, ui_test's or unittest's. A runner that fails without a failed test counts as one."""
    total = Count()
    for raw in lines:
        line = re.sub(r"\x1b\[[0-9;]*m", "", raw)
        if RESULT.match(line):
            found = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed)", line)}
            total.add(Count(found.get("passed", 0), found.get("failed", 0)))
        elif match := UNITTEST_RAN.match(line):
            total.passed += int(match[1])
        elif match := UNITTEST_BAD.match(line):
            bad = sum(int(number) for number in re.findall(r"(?:failures|errors|unexpected successes)=(\d+)", match[1]))
            total.add(Count(-bad, bad))
    nothing = status == UNITTEST_NOTHING and "NO TESTS RAN" in lines
    if status != 0 and total.failed == 0 and not nothing:
        total.failed = 1
    return total


@contextmanager
def part(title: str) -> Iterator[timing.Part]:
    """Says what is tested or built, and how long it took."""
    say("test", title)
    start = time.monotonic()
    taken = timing.Part(title, 0.0)
    yield taken
    taken.seconds = time.monotonic() - start
    say("test", f"{duration(taken.seconds)} for {title}")


def build_part(total: Count, title: str, build: Callable[[], T]) -> T:
    """Builds something that tests need. That is a part of the time, too."""
    with part(title) as taken:
        result = build()
    total.times.parts.append(taken)
    return result


def run_part(title: str, command: list[str | Path], env: dict[str, str], cwd: Path = REPO, at_once: int = 0) -> Count:
    """Runs one part with its output on the terminal, so many tests at once if that is said, and counts."""
    lines: list[str] = []
    at_once = at_once or timing.threads()
    watch = timing.Watch(at_once)
    env = {**env, "RUST_TEST_THREADS": str(at_once)}
    with (
        part(title) as taken,
        started(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            watch.line(line)
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line.rstrip("\n"))
        total = count(lines, process.wait())
    taken.running = watch.running
    total.times = timing.Times([taken], watch.tests)
    return total


def test_environment(layout: Layout, stage0: Stage0) -> dict[str, str]:
    """What tests and benchmarks learn about the toolchain."""
    pristine = Layout(layout.root, pristine=True).stage1
    return {
        "RUSTC": str(stage0.rustc),
        # Cargo would take one from PATH, where there need not be any, let alone the same release's.
        "RUSTDOC": str(stage0.rustc.with_name("rustdoc")),
        "RUSTC_WASM_TOOLCHAIN": str(layout.stage1),
        "RUSTC_WASM_STAGE0": str(stage0.rustc.parent.parent),
        "WASM_PROC_MACRO_BUILD": str(layout.root),
        "CARGO_TARGET_DIR": str(layout.root / "target"),
        # A failed test says its place without it, and Wasmtime's crates compile and link in much less time.
        "CARGO_PROFILE_DEV_DEBUG": "0",
        **({"RUSTC_PRISTINE": str(pristine)} if (pristine / "bin" / "rustc").exists() else {}),
    }


def forget_other_checkout(layout: Layout, stage0: Stage0) -> None:
    """Removes our own packages that another checkout has built in this build directory. Cargo knows them only by their names,
    their places in the workspace and their times, so it would take them for this checkout's, with the other's paths in them."""
    target = layout.root / "target"
    owner = target / "checkout"
    known = owner.read_text(encoding="utf-8") if owner.exists() else ""
    if known != str(REPO):
        for profile in ([], ["--release"]):
            command: list[str | Path] = [stage0.cargo, "clean", "--quiet", "--workspace", *profile]
            done = captured(command, cwd=REPO, env=test_environment(layout, stage0))
            if done.returncode != 0:
                raise Failure(
                    f"cannot remove what another checkout has built in `{target}`:\n{done.stderr}",
                    f"`rm -r {target}`, then the same command again",
                )
        target.mkdir(parents=True, exist_ok=True)
        owner.write_text(str(REPO), encoding="utf-8")


def test_x_py(filter_words: Sequence[str]) -> Count:
    """Tests x.py itself."""
    words = [part for word in filter_words for part in ("-k", word)]
    command: list[str | Path] = [
        sys.executable,
        "-B",
        "-m",
        "unittest",
        "discover",
        "-s",
        "compiler/bootstrap/tests",
        "-t",
        "compiler",
        *words,
    ]
    return run_part("x.py itself", command, {})


def split(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The part that is asked for alone by its name before any filter, else nothing, and the filters."""
    part = words[0] if words and words[0] in PARTS else ""
    return part, words[1:] if part else words


@dataclass(frozen=True)
class Run:
    """One call of `./x.py test`, with a toolchain that has been built."""

    layout: Layout
    stage0: Stage0
    filter_words: Sequence[str]
    jobs: int = 0
    bless: bool = False
    # With the tests that are marked as too long for every run.
    everything: bool = False

    def cargo_test(
        self,
        title: str,
        packages: Sequence[str],
        more: dict[str, str] | None = None,
        *,
        flags: Sequence[str] = (),
        only: Sequence[str] = (),
        workspace: Path = REPO,
        at_once: int = 0,
    ) -> Count:
        """Runs the tests of packages of ours, with more in the environment, flags for what runs the tests, `only` some targets, and
        so many at once."""
        parallel = ["-j", str(self.jobs)] if self.jobs else []
        chosen = [word for package in packages for word in ("-p", package)]
        command: list[str | Path] = [self.stage0.cargo, "test", "--no-fail-fast", *parallel, *chosen, *only]
        words = [*flags, *self.filter_words]
        command.extend(["--", *words] if words else [])
        return run_part(title, command, {**test_environment(self.layout, self.stage0), **(more or {})}, workspace, at_once)


def test_parity(run: Run) -> Count:
    """Compares macros from Wasm with native ones."""
    return run.cargo_test("no program can tell: tests/parity/", [PARITY])


def test_cargo(run: Run) -> Count:
    """Builds projects with `cargo wasm-proc-macro`; the toolchain's own Cargo must have been built as well."""
    # Elsewhere what is ignored is no test by itself, and ui_test knows no such flag.
    flags = ["--include-ignored"] if run.everything else []
    total = Count()
    others = build_part(total, "others' tools", lambda: tools.environment(run.layout, run.stage0, run.jobs))
    total.add(run.cargo_test("the Cargo command: tests/cargo/", ["cargo-tests"], others, flags=flags))
    return total


def test_analyzer(run: Run) -> Count:
    """Expands macros with the toolchain's server, as rust-analyzer does and in rust-analyzer."""
    title = "rust-analyzer and its server of macros: tests/analyzer/"
    return run.cargo_test(title, ["analyzer-tests"], analyzer.environment(run.layout))


def test_hosted(run: Run) -> Count:
    """Compares the compiler that is a WebAssembly program with the native one; it must have been built as well."""
    title = "the compiler in WebAssembly: tests/hosted/"
    return run.cargo_test(title, ["hosted-tests"], {"RUSTC_WASM_HOSTED": str(hosted.directory(run.layout))})


def where_the_runtime_is_built(run: Run, title: str, package: str, more: dict[str, str] | None = None) -> Count:
    """Tests a package in the workspace in which the library that runs macros is built, with its patched dependencies."""
    workspace = runtime.lay(run.layout, run.stage0)
    target_dir = {"CARGO_TARGET_DIR": str(runtime.target_directory(run.layout))}
    env = {**runtime.environment(run.stage0), **target_dir, **(more or {})}
    return run.cargo_test(title, [package], env, workspace=workspace)


def test_runtime(run: Run) -> Count:
    """Tests the library that runs macros where it is built, for what it compiles depends on its patched dependencies."""
    return where_the_runtime_is_built(
        run, "the runtime, with the dependencies that it is built with", "rustc_wasm_proc_macro"
    )


def test_fuzz(run: Run) -> Count:
    """A short run of all that `./x.py fuzz` has, and what it has found before, where the runtime's dependencies are built."""
    title = f"a short run of fuzzing: {fuzz.ROOM}/"
    return where_the_runtime_is_built(run, title, "fuzz", fuzz.environment(run.layout))


def test_step(title: str, step: Callable[[], object]) -> Count:
    """Counts one of x.py's own steps as a test."""
    result = Count(passed=1)
    with part(title) as taken:
        try:
            step()
        except Failure as error:
            print(error)
            result = Count(failed=1)
    result.times.parts.append(taken)
    return result


def test_own(run: Run) -> Count:
    """Tests our packages that need no toolchain. Many tests of the Cargo command wait for each other or for a time to be over."""
    title = "stubgen, the border to the runtime, the Cargo command, the census and the bench alone"
    return run.cargo_test(title, OWN_PACKAGES, at_once=4 * timing.processors())


def test_all(config: Config, run: Run) -> Count:
    """Runs every part that follows x.py's own tests."""
    total = test_own(run)
    total.add(test_runtime(run))
    total.add(test_fuzz(run))
    if not run.filter_words:
        outside = [run.layout.root]
        steps: dict[str, Callable[[], object]] = {
            DOCUMENTS: lambda: documents.check(without=outside),
            "commands in the documents": lambda: documents.run(run.layout.stage1, without=outside),
            HOOKS: lambda: hooks.check(config, run.layout),
            "the toolchain works from another directory": lambda: dist.check(config, run.layout, run.stage0),
            "the demonstration ends with a program that serializes and deserializes": lambda: demo.demo(
                run.layout, run.stage0.cargo
            ),
        }
        for title, step in steps.items():
            total.add(test_step(title, step))
    total.add(run.cargo_test("the fork: tests/", ["tests"], {"RUSTC_BLESS": "1"} if run.bless else None))
    total.add(test_parity(run))
    total.add(test_analyzer(run))
    total.add(test_cargo(run))
    return total


def test_quick(config: Config, run: Run) -> Count:
    """Runs what follows x.py's own tests and takes few minutes once it is built: own crates, the documents, and what users see."""
    total = test_own(run)
    if not run.filter_words:
        outside = [run.layout.root]
        total.add(test_step(DOCUMENTS, lambda: documents.check(without=outside)))
        total.add(test_step(HOOKS, lambda: hooks.check(config, run.layout)))
    flags = ["--test", "ui"]
    total.add(run.cargo_test("one call of the compiler each, from Wasm: tests/ui/", ["tests"], {UI_ONCE: "1"}, only=flags))
    return total


def close(total: Count, filter_words: Sequence[str]) -> int:
    """Prints the closing line and returns the exit code."""
    if total.passed + total.failed == 0:
        raise Failure(f"no test matches {' '.join(filter_words)}", "`./x.py test` runs all of them")
    for line in total.times.lines():
        say("test", line)
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    if total.failed:
        print(
            "  next: `./x.py test FILTER` runs one of them alone; `./x.py test --bless` writes expectations anew",
            file=sys.stderr,
        )
    return 1 if total.failed else 0


def bench(layout: Layout, stage0: Stage0, names: Sequence[str], rounds: int = 0, projects: Sequence[str] = (), write: bool = False) -> int:
    """Runs the benchmarks of `tests/bench` with the toolchain, results in `BUILD/bench`, and in the repository if asked for."""
    forget_other_checkout(layout, stage0)
    chosen = [word for name in projects for word in ("--project", name)]
    flags = [*(["--rounds", str(rounds)] if rounds else []), *chosen, *(["--write"] if write else [])]
    return run_bench(layout, stage0, [*names, *flags])


def bench_without_toolchain(layout: Layout, stage0: Stage0, word: str) -> int:
    """Names the benchmarks, or writes the document anew."""
    forget_other_checkout(layout, stage0)
    return run_bench(layout, stage0, ["--help" if word == LIST else word])


def run_bench(layout: Layout, stage0: Stage0, words: Sequence[str]) -> int:
    """Runs the program in `tests/bench`."""
    command = [str(stage0.cargo), "run", "--release", "--quiet", "-p", "bench", "--", *words]
    with started(command, cwd=REPO, env=test_environment(layout, stage0)) as process:
        status = process.wait()
    if status != 0:
        raise Failure("the benchmarks failed", f"run `{' '.join(command)}` by hand, or `./x.py bench NAME` for one of them")
    return 0
