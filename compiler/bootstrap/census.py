"""`./x.py census`: macro crates of crates.io from Wasm, and their own tests run both ways."""

import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    # The directory with the list and the results.
    room: Path = REPO / ROOM


def words(layout: Layout, stage0: Stage0, request: Request) -> list[str]:
    """The command that goes on with the census."""
    command = [str(stage0.cargo), "run", "--quiet", "-p", "census", "--bin", "census", "--"]
    command += ["--toolchain", str(layout.stage1), "--work", str(directory(layout)), "--room", str(request.room)]
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


def check(layout: Layout, stage0: Stage0, minutes: int, jobs: int) -> None:
    """Goes on with the census in a copy of its results, and fails where something has become different."""
    room = layout.root / "census-room"
    room.mkdir(parents=True, exist_ok=True)
    for name in ("crates.toml", "results.toml"):
        shutil.copyfile(REPO / ROOM / name, room / name)
    before = results(room)
    census(layout, stage0, Request(minutes=minutes, jobs=jobs, room=room))
    worse = became_different(before, results(room))
    if worse:
        said = [f"{name} is different: {reason}" for name, reason in worse.items()]
        raise Failure("\n".join(said), f"`./x.py census --only {','.join(worse)}`")


def results(room: Path) -> dict[str, Any]:
    """What is known of each crate."""
    return tomllib.loads((room / "results.toml").read_text(encoding="utf-8"))


def became_different(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """The crates that were as natively and no longer are, each with the reason."""
    found = {}
    for name, record in after.items():
        for half in ("tests", "load"):
            old, new = before.get(name, {}).get(half, {}), record.get(half, {})
            if old.get("verdict") == "equal" and new.get("verdict") == "different":
                found[name] = new.get("reason", "")
    return found
