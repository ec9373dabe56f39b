"""`./x.py census`: macro crates of crates.io from Wasm, and their own tests run both ways."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import suite
from .config import REPO, Layout
from .report import Failure
from .run import started
from .system import Stage0

ROOM = "tests/census"


@dataclass(frozen=True)
class Request:
    """What is asked of the census."""

    # Only these crates; all if there are none.
    only: Sequence[str] = field(default_factory=list)
    minutes: int | None = None
    # Also what this toolchain has done already.
    again: bool = False
    loads: bool = True
    tests: bool = True
    jobs: int = 0


def words(layout: Layout, stage0: Stage0, request: Request) -> list[str]:
    """The command that goes on with the census."""
    command = [str(stage0.cargo), "run", "--quiet", "-p", "census", "--bin", "census", "--"]
    command += ["--toolchain", str(layout.stage1), "--work", str(directory(layout)), "--room", str(REPO / ROOM)]
    command += ["--jobs", str(request.jobs)] if request.jobs else []
    command += ["--only", ",".join(request.only)] if request.only else []
    command += ["--for", str(request.minutes)] if request.minutes is not None else []
    command += ["--again"] if request.again else []
    command += [] if request.loads else ["--no-loads"]
    return command + ([] if request.tests else ["--no-tests"])


def directory(layout: Layout) -> Path:
    """Where crates are built. Nothing in it is needed to go on."""
    return layout.root / "census"


def census(layout: Layout, stage0: Stage0, request: Request) -> int:
    """Runs what has no result yet."""
    suite.forget_other_checkout(layout, stage0)
    command = words(layout, stage0, request)
    with started(command, cwd=REPO, env=suite.test_environment(layout, stage0)) as process:
        status = process.wait()
    if status != 0:
        raise Failure("the census has stopped", "correct what it says and run the same command again; it goes on")
    return 0
