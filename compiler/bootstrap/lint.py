"""`./x.py lint`: what a machine can say about the texts, the format and the style, without a build of the compiler."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import circles, documents
from .config import REPO, Layout
from .report import Failure, duration, say
from .run import started
from .system import Stage0

# What is compiled elsewhere, and so belongs to no package of our workspace. rustfmt finds the modules of these files.
ELSEWHERE = (
    "compiler/rustc_wasm_proc_macro_client/src/lib.rs",
    "compiler/cargo/overlay/src/cargo/wasm_proc_macro.rs",
    *(f"examples/{name}.rs" for name in ("rustc-alone/macros", "rustc-alone/main", "grants/macros/src/lib", "grants/program/src/main")),
    *(f"examples/workspace/{name}.rs" for name in ("model/src/lib", "program/src/main")),
)
BOOTSTRAP = "compiler/bootstrap"
# The files that crates of ours begin with, and our parts of others.
ROOTS = (
    *ELSEWHERE,
    "compiler/cargo/command/src/lib.rs",
    "compiler/rustc_interface/src/wasm_proc_macro.rs",
    "compiler/rustc_wasm_proc_macro/src/lib.rs",
    "compiler/rustc_wasm_proc_macro_api/src/lib.rs",
    "stubgen/src/lib.rs",
    "stubgen/src/bin/stubgen/main.rs",
    "tests/src/lib.rs",
    *(f"tests/{name}/src/lib.rs" for name in ("analyzer", "cargo", "census", "fuzz", "parity")),
    "tests/bench/src/main.rs",
)


@dataclass(frozen=True)
class Program:
    """A program that looks at files, and what to type where it found something."""

    title: str
    program: Path | str
    command: list[str | Path]
    next_step: str


def programs(layout: Layout, stage0: Stage0, jobs: int) -> list[Program]:
    """All programs that are called, in order: the quick ones first."""
    tools = stage0.cargo.parent
    parallel = ["-j", str(jobs)] if jobs else []
    target = ["--target-dir", layout.root / "lint"]
    rustfmt: list[str | Path] = [tools / "rustfmt", "--check", "--edition", "2024", "-l"]
    return [
        Program("ruff", "ruff", ["ruff", "check", "--quiet", BOOTSTRAP, "x.py"], "`ruff check --fix`"),
        Program("typos", "typos", ["typos"], "`typos --write-changes`, or a word list in `typos.toml`"),
        Program("rustfmt, our packages", tools / "cargo-fmt", [stage0.cargo, "fmt", "--all", "--", "--check", "-l"], "`cargo fmt --all`"),
        Program("rustfmt, elsewhere", tools / "rustfmt", [*rustfmt, *ELSEWHERE], "`rustfmt --edition 2024 FILE`"),
        Program(
            "clippy, our packages",
            tools / "cargo-clippy",
            [stage0.cargo, "clippy", "--quiet", "--locked", "--workspace", "--all-targets", *target, *parallel, "--", "-D", "warnings"],
            "correct what it says",
        ),
    ]


def call(program: Program, stage0: Stage0) -> bool:
    """Calls a program, with its output on the terminal, and returns whether it is content. One that is not there is named."""
    if not (Path(program.program).exists() or shutil.which(program.program)):
        say("lint", f"{program.title}: not run, there is no `{program.program}`")
        return True
    env = {"RUSTC": str(stage0.rustc), "RUSTFMT": str(stage0.rustc.with_name("rustfmt"))}
    start = time.monotonic()
    with started(program.command, cwd=REPO, env=env) as process:
        status = process.wait()
    took = duration(time.monotonic() - start)
    say("lint", f"{program.title}: {'nothing found' if status == 0 else f'next: {program.next_step}'} ({took})")
    return status == 0


def texts(layout: Layout) -> bool:
    """Checks the documents."""
    try:
        count = documents.check(without=[layout.root])
    except Failure as error:
        print(error)
        return False
    say("lint", f"documents: nothing found in {count}")
    return True


def imports() -> bool:
    """Checks that no files of a crate import each other."""
    found = circles.find([REPO / root for root in ROOTS])
    print("".join(f"{line}\n" for line in found), end="")
    next_step = "give what they have in common a file of its own"
    say("lint", f"import circles: {f'next: {next_step}' if found else f'nothing found in {len(ROOTS)} crates'}")
    return not found


def lint(layout: Layout, stage0: Stage0, jobs: int = 0) -> None:
    """Has all of them look, whatever the one before has found."""
    checks: dict[str, Callable[[], bool]] = {"documents": lambda: texts(layout), "import circles": imports}
    checks |= {program.title: lambda program=program: call(program, stage0) for program in programs(layout, stage0, jobs)}
    found = [title for title, check in checks.items() if not check()]
    if found:
        raise Failure(f"these checks failed: {', '.join(found)}", "correct what is named above, then `./x.py lint`")
