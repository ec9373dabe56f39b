"""Running other programs: output to a log, an optional look at every line, and clean ends."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .report import Failure, tail

NO_SPACE = ("No space left on device", "os error 28")
NO_NETWORK = (
    "Could not resolve host",
    "Couldn't resolve host",
    "Temporary failure resolving",
    "Network is unreachable",
)
# What a user's shell may hold that would change what is built, while no key of ours knows of it.
FOREIGN = (
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_BOOTSTRAP",
    "RUSTUP_TOOLCHAIN",
)
FOREIGN_PREFIXES = ("CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_", "CARGO_ENCODED_")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment without what would change a build from outside, and with `more`."""
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**{name: value for name, value in own.items() if not name.startswith(FOREIGN_PREFIXES)}, **(more or {})}


@contextmanager
def started(
    command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, **streams: Any
) -> Iterator[subprocess.Popen[str]]:
    """Starts a program in a session of its own; to leave this by an exception ends it and all that it started."""
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        start_new_session=True,
        **streams,
    )
    try:
        yield process
    except BaseException:
        stop(process)
        raise


def captured(
    command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end and keeps what it writes."""
    with started(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
    edit: Callable[[str], str] = str,
) -> int:
    """Runs a command, returns its exit code; its output goes line by line through `edit` to `log` (begun anew) and `on_line`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8", errors="replace") as file:
        file.write(f"$ cd {cwd or Path.cwd()}\n$ {' '.join(map(str, command))}\n")
        file.flush()
        with started(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            assert process.stdout is not None
            for line in map(edit, process.stdout):
                file.write(line)
                file.flush()
                if on_line:
                    on_line(line.rstrip("\n"))
            return process.wait()


def stop(process: subprocess.Popen[str]) -> None:
    """Ends a program and all that it started; it had a session of its own for that."""
    for number, patience in ((signal.SIGINT, 5.0), (signal.SIGKILL, 0.0)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
    process.wait()


def failure(what: str, log: Path, next_step: str) -> Failure:
    """The message for a command that failed; a full disk is named as such."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    if any(sign in text[-200_000:] for sign in NO_SPACE):
        return Failure(
            f"{what}: the disk is full (log: `{log}`)",
            "free some space (`./x.py clean --help` tells what it can remove), then run the same command again; it picks up where it stopped",
        )
    if any(sign in text[-20_000:] for sign in NO_NETWORK):
        next_step = "bring the network up and run the same command again; it picks up where it stopped"
    return Failure(f"{what} failed; the end of `{log}`:\n{tail(log)}", next_step)


def output(
    command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str | None:
    """A command's standard output, or nothing if it is missing or fails."""
    try:
        done = captured(command, cwd=cwd, env=env)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
