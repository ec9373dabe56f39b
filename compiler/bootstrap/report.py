"""How x.py talks: short tagged lines on stderr, and failures that name the next command."""

import sys
from pathlib import Path


class Failure(Exception):
    """An end that the user can do something about: what happened, and the next command to type."""

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"error: {self.message}\n  next: {self.next_step}"


def say(tag: str, text: str) -> None:
    """Writes one line of progress."""
    print(f"[{tag}] {text}", file=sys.stderr, flush=True)


def tail(path: Path, lines: int = 25) -> str:
    """The last lines of a log file, indented, for the end of an error message."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join("    " + line for line in text.splitlines()[-lines:])


def duration(seconds: float) -> str:
    """`0.4 s`, `37 s`, `12 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
