"""`./x.py census`: macro crates of crates.io from Wasm, and their own tests run both ways."""

from collections.abc import Sequence
from pathlib import Path

from . import suite
from .config import REPO, Layout
from .report import Failure
from .run import started
from .system import Stage0

ROOM = "tests/census"


def words(layout: Layout, stage0: Stage0, only: Sequence[str], minutes: int | None, again: bool, jobs: int) -> list[str]:
    """The command that goes on with the census."""
    command = [str(stage0.cargo), "run", "--quiet", "-p", "census", "--bin", "census", "--"]
    command += ["--toolchain", str(layout.stage1), "--work", str(directory(layout)), "--room", str(REPO / ROOM)]
    command += ["--jobs", str(jobs)] if jobs else []
    command += ["--only", ",".join(only)] if only else []
    command += ["--for", str(minutes)] if minutes is not None else []
    return command + (["--again"] if again else [])


def directory(layout: Layout) -> Path:
    """Where crates are built. Nothing in it is needed to go on."""
    return layout.root / "census"


def census(layout: Layout, stage0: Stage0, only: Sequence[str], minutes: int | None, again: bool, jobs: int) -> int:
    """Runs what has no result yet."""
    suite.forget_other_checkout(layout, stage0)
    command = words(layout, stage0, only, minutes, again, jobs)
    with started(command, cwd=REPO, env=suite.test_environment(layout, stage0)) as process:
        status = process.wait()
    if status != 0:
        raise Failure("the census has stopped", "correct what it says and run the same command again; it goes on")
    return 0
