"""How long the parts of `./x.py test` took, and which tests were the slowest.

libtest says no times on stable Rust, and what would make it say them (`RUSTC_BOOTSTRAP`) would reach the compilers that tests run. But
it starts tests in the order of their names, as many at once as it has threads, and prints a line when one has ended. So a test
began when the first lines were there that made room for it.
"""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .report import duration

RUNNING = re.compile(r"^\s+(?:Running (?:unittests )?(\S+)|Doc-tests (\S+))")
BEGINS = re.compile(r"^running \d+ tests?$")
ENDED = re.compile(r"^test (.+) \.\.\. (?:ok|FAILED)$")
RESULT = re.compile(r"^test result: ")
SLOWEST = 10


def processors() -> int:
    """How many processors there are for us."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> int:
    """How many tests run at once. libtest is told so by `RUST_TEST_THREADS`, for this must be the same number.

    One more than there are processors, since most tests start compilers and wait for them.
    """
    return processors() + 1


@dataclass
class Part:
    """A part of a run: how many seconds it took, and how many of them tests ran. The others were for building."""

    title: str
    seconds: float
    running: float = 0.0


@dataclass
class Times:
    """What is known of a run."""

    parts: list[Part] = field(default_factory=list)
    # Seconds, and the test's file and name.
    tests: list[tuple[float, str]] = field(default_factory=list)

    def add(self, other: "Times") -> None:
        """Adds another part's."""
        self.parts += other.parts
        self.tests += other.tests

    def lines(self) -> list[str]:
        """What is said at the end of a run."""
        parts = sorted(self.parts, key=lambda part: -part.seconds)
        said = ["how long each part took:"]
        for part in parts:
            built = f", {duration(part.seconds - part.running)} of it to build" if part.running else ""
            said.append(f"{duration(part.seconds):>12}  {part.title}{built}")
        if self.tests:
            said.append("the slowest tests, about:")
            said += [f"{duration(seconds):>12}  {name}" for seconds, name in sorted(self.tests, reverse=True)[:SLOWEST]]
        return said


def durations(ended: list[tuple[float, str]], begin: float, at_once: int) -> dict[str, float]:
    """How long each test took: `ended` has when each one ended, in that order."""
    names = sorted(name for _, name in ended)
    began = dict.fromkeys(names[:at_once], begin)
    waiting = names[at_once:]
    found = {}
    for when, name in ended:
        # One that should not have begun yet shows that the order was another; it counts for nothing.
        found[name] = when - began.get(name, when)
        if waiting:
            began[waiting.pop(0)] = when
    return found


class Watch:
    """Reads what Cargo and its tests print, as it comes."""

    def __init__(self, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`at_once` is how many tests run at once."""
        self.at_once = at_once
        self.clock = clock
        self.tests: list[tuple[float, str]] = []
        self.running = 0.0
        self.file = ""
        self.begin: float | None = None
        self.ended: list[tuple[float, str]] = []

    def line(self, text: str) -> None:
        """Takes one line."""
        if match := RUNNING.match(text):
            self.file = match[1] or f"examples of {match[2]}"
            self.begin, self.ended = self.clock(), []
        elif BEGINS.match(text) and not self.ended:
            self.begin = self.clock()
        elif match := ENDED.match(text):
            self.ended.append((self.clock(), match[1]))
        elif RESULT.match(text):
            self.close()

    def close(self) -> None:
        """A file of tests has a result."""
        if self.begin is None:
            return
        seconds = self.clock() - self.begin
        self.running += seconds
        single = durations(self.ended, self.begin, self.at_once)
        self.tests += [(took, f"{self.file}: {name}") for name, took in single.items()] or [(seconds, self.file)]
        # Some runners have more than one.
        self.begin, self.ended = self.clock(), []
