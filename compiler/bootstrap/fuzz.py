"""`./x.py fuzz`: throws inputs that nobody thought of at everything that reads what a macro or a file says."""

import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import runtime
from .config import REPO, Layout
from .files import write_if_changed
from .report import Failure, duration, say
from .run import failure, logged
from .system import Stage0

ROOM = "tests/fuzz"
# With what the longest input may be, in bytes. These need no compiler and are found by coverage.
TARGETS = {
    "sections": 16384,
    "modules": 4096,
    "wasi": 4096,
    "watt": 4096,
    "policy": 1024,
    "store": 1024,
    "exceptions": 4096,
}
# A target of its own kind: it calls the toolchain's compiler.
REQUESTS = "requests"
# As a row of `system.needs`: libFuzzer is C++.
NEEDS = [("c++", "g++")]
SECONDS = 60
# For one input. A machine that does much else must not look like a target that hangs.
PATIENCE_SECONDS = 60
MEMORY_MIB = 3072
# What libFuzzer has compilers do, for the crates of this repository only: with Cranelift as well, it would be learnt mostly
# what Cranelift does. AddressSanitizer is left out: guests' accesses go past it, and our few `unsafe` blocks lend pointers.
INSTRUMENTATION = (
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
)
CHECKED = ("fuzz", "stubgen", "rustc_wasm_proc_macro", "rustc_wasm_proc_macro_api")
EXECUTED = re.compile(r"^(?:stat::number_of_executed_units: |#)(\d+)")
ARTIFACT = re.compile(r"Test unit written to (\S+)")


@dataclass
class Result:
    """How a run of one target ended."""

    executions: int = 0
    found: list[Path] = field(default_factory=list)
    status: int = 0


def names() -> list[str]:
    """All targets, in the order in which they are run."""
    return [*TARGETS, REQUESTS]


def directory(layout: Layout) -> Path:
    """Where inputs are collected and findings are put."""
    return layout.root / "fuzz"


def build(layout: Layout, stage0: Stage0, jobs: int, program: str) -> Path:
    """Builds one of the room's programs with patched dependencies, as the runtime library is."""
    say("build", f"`{program}` of {ROOM}")
    workspace = runtime.lay(layout, stage0)
    checks = ("debug-assertions", "overflow-checks")
    profile = {"inherits": '"release"', **{f"package.{name}.{check}": "true" for name in CHECKED for check in checks}}
    command: list[str | Path] = [stage0.cargo, "build", "-p", "fuzz", "--bin", program, "--profile", "fuzz"]
    command += ["--target-dir", runtime.target_directory(layout)]
    for key, value in profile.items():
        command += ["--config", f"profile.fuzz.{key}={value}"]
    # For both programs, or Cargo would build the other's dependencies anew: what the engine needs asks for more of them.
    command += ["--features", "libfuzzer"]
    command += ["-j", str(jobs)] if jobs else []
    env = runtime.environment(stage0)
    if program == "fuzz":
        wrapper = directory(layout) / "instrumented-rustc"
        write_if_changed(wrapper, f'#!/bin/sh\nexec "$@" {" ".join(INSTRUMENTATION)}\n'.encode())
        wrapper.chmod(0o755)
        env["RUSTC_WORKSPACE_WRAPPER"] = str(wrapper)
    log = layout.logs / "fuzz-build.log"
    if logged(command, log, cwd=workspace, env=env) != 0:
        raise failure(f"building `{program}`", log, "correct it and run the same command again")
    return runtime.target_directory(layout) / "fuzz" / program


def read_line(line: str, result: Result) -> None:
    """Takes over what a line of libFuzzer's says."""
    if match := EXECUTED.match(line):
        result.executions = max(result.executions, int(match[1]))
    elif match := ARTIFACT.search(line):
        result.found.append(Path(match[1]))


def run_target(layout: Layout, program: Path, target: str, seconds: int, repo: Path = REPO) -> Result:
    """Runs one target by coverage, with the inputs of earlier runs and the committed ones."""
    corpus, findings = directory(layout) / "corpus" / target, directory(layout) / "findings" / target
    for path in (corpus, findings):
        path.mkdir(parents=True, exist_ok=True)
    words: list[str | Path] = [program, corpus]
    seeds = repo / ROOM / "corpus" / target
    words += [seeds] if seeds.is_dir() else []
    dictionary = repo / ROOM / "corpus" / f"{target}.dict"
    words += [f"-dict={dictionary}"] if dictionary.exists() else []
    options = {
        "max_total_time": seconds,
        "max_len": TARGETS[target],
        "timeout": PATIENCE_SECONDS,
        "rss_limit_mb": MEMORY_MIB,
        "artifact_prefix": f"{findings}/",
        "print_final_stats": 1,
    }
    words += [f"-{name}={value}" for name, value in options.items()]
    result = Result()
    log = layout.logs / f"fuzz-{target}.log"
    result.status = logged(words, log, env={"FUZZ_TARGET": target, **environment(layout)}, on_line=lambda line: read_line(line, result))
    return result


def environment(layout: Layout) -> dict[str, str]:
    """Where there is something to try targets on that is not always there."""
    more = {
        # Modules that compilers have made, which somebody has put there, to be changed.
        "FUZZ_MODULES": directory(layout) / "modules",
        "FUZZ_COMMAND": layout.stage1 / "bin" / "cargo-wasm-proc-macro",
    }
    return {name: str(path) for name, path in more.items() if path.exists()}


def request_words(layout: Layout, program: Path, repo: Path = REPO) -> list[str | Path]:
    """The command that sends requests to the compiler of the toolchain."""
    findings = directory(layout) / "findings" / REQUESTS
    findings.mkdir(parents=True, exist_ok=True)
    guest = repo / ROOM / "guest/lib.rs"
    return [program, "--toolchain", layout.stage1, "--guest", guest, "--findings", findings]


def run_requests(layout: Layout, program: Path, seconds: int, repo: Path = REPO) -> Result:
    """Sends requests by chance, other ones each time."""
    words = [*request_words(layout, program, repo), "--for", str(seconds), "--seed", str(secrets.randbelow(1 << 48))]
    result = Result()
    log = layout.logs / f"fuzz-{REQUESTS}.log"
    result.status = logged(words, log, on_line=lambda line: read_line(line, result))
    return result


def fuzz(layout: Layout, stage0: Stage0, targets: Sequence[str], seconds: int, jobs: int) -> int:
    """Runs targets one after the other and says how often each was executed."""
    programs: dict[str, Path] = {}
    total = 0
    bad: list[tuple[str, Result]] = []
    for target in targets:
        name = REQUESTS if target == REQUESTS else "fuzz"
        if name not in programs:
            programs[name] = build(layout, stage0, jobs, name)
        say("fuzz", f"{target}, for {duration(seconds)}")
        if target == REQUESTS:
            result = run_requests(layout, programs[name], seconds)
        else:
            result = run_target(layout, programs[name], target, seconds)
        total += result.executions
        print(f"{target}: {result.executions} executions, {outcome(result)}", flush=True)
        if result.status != 0 or result.found or not result.executions:
            bad.append((target, result))
    print(f"{total} executions, {len(bad)} of {len(targets)} targets found something or nothing to do", flush=True)
    if bad:
        target, result = bad[0]
        log = layout.logs / f"fuzz-{target}.log"
        again = f"`./x.py fuzz {target} --input {result.found[0]}` runs it again" if result.found else f"read `{log}`"
        raise failure(f"the target `{target}`", log, again)
    return 0


def outcome(result: Result) -> str:
    """In words."""
    if result.found:
        return f"found {', '.join(map(str, result.found))}"
    if result.status != 0:
        return f"ended with exit code {result.status}"
    return "nothing found" if result.executions else "so nothing was tried"


def replay(layout: Layout, stage0: Stage0, target: str, path: Path, jobs: int) -> int:
    """Runs a target on one input."""
    if not path.exists():
        raise Failure(f"there is no `{path}`", "name a file that a run has found")
    if target == REQUESTS:
        words = [*request_words(layout, build(layout, stage0, jobs, REQUESTS)), "--input", path.absolute()]
    else:
        words = [build(layout, stage0, jobs, "fuzz"), path.absolute()]
    log = layout.logs / f"fuzz-{target}.log"
    more = {"RUST_BACKTRACE": os.environ.get("RUST_BACKTRACE", "1")}
    status = logged(words, log, env={"FUZZ_TARGET": target, **environment(layout), **more})
    print(log.read_text(encoding="utf-8", errors="replace"))
    return 1 if status else 0
