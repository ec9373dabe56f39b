"""Programs from crates.io that work with Cargo, which `tests/cargo` calls: built with stage0 into the build directory, once."""

import shutil
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .config import REPO, Layout
from .files import load_json, store_json
from .progress import Progress
from .report import Failure, duration, say
from .run import failure, logged
from .system import Stage0

PINS = REPO / "tests/cargo/tools.toml"
# Their release profiles take much longer, and the tests do not need them fast.
PROFILE = {"CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_PROFILE_DEV_INCREMENTAL": "false"}


@dataclass(frozen=True)
class Tool:
    """A package, whose program is called the same."""

    name: str
    version: str
    # Beside no default ones.
    features: Sequence[str] = field(default_factory=list)

    @property
    def identity(self) -> str:
        """What tells its program from others."""
        return " ".join([self.version, *self.features])


def load(pins: Path = PINS) -> list[Tool]:
    """The programs that the tests call."""
    return [Tool(**table) for table in tomllib.loads(pins.read_text(encoding="utf-8"))["tool"]]


def environment(layout: Layout, stage0: Stage0, jobs: int = 0, pins: Path = PINS) -> dict[str, str]:
    """What the tests learn about them; builds first what is not there."""
    install(layout, stage0, jobs, load(pins))
    return {"CARGO_TESTS_TOOLS": str(root(layout) / "bin")}


def root(layout: Layout) -> Path:
    """Where they are installed."""
    return layout.root / "tools"


def install(layout: Layout, stage0: Stage0, jobs: int, tools: Sequence[Tool]) -> None:
    """Makes all of them available, and removes what was needed to build them."""
    stamp, aside = layout.state / "tools.json", root(layout) / "target"
    if not root(layout).exists():
        say("build", "programs of others that the tests of Cargo call: about 4 minutes on 2 cores, once")
    for tool in tools:
        built = load_json(stamp)
        program = root(layout) / "bin" / tool.name
        if program.exists() and built.get(tool.name) == tool.identity:
            continue
        store_json(stamp, {name: identity for name, identity in built.items() if name != tool.name})
        say("build", f"{tool.name} {tool.version}")
        start = time.monotonic()
        command: list[str | Path] = [stage0.cargo, "install", tool.name, "--version", f"={tool.version}", "--locked"]
        command += ["--debug", "--force", "--root", root(layout), "--no-default-features"]
        command += ["--features", ",".join(tool.features)] if tool.features else []
        command += ["-j", str(jobs)] if jobs else []
        log = layout.logs / f"{tool.name}.log"
        env = {"RUSTC": str(stage0.rustc), "CARGO_TARGET_DIR": str(aside), **PROFILE}
        if logged(command, log, env=env, on_line=Progress("build", None).line) != 0:
            raise failure(f"building {tool.name}", log, "correct what the log names and run the same command again")
        if not program.exists():
            raise Failure(f"`{tool.name} {tool.version}` has no program of that name", f"correct `{PINS}`")
        store_json(stamp, {**load_json(stamp), tool.name: tool.identity})
        say("build", f"{tool.name}: {duration(time.monotonic() - start)}")
    shutil.rmtree(aside, ignore_errors=True)
