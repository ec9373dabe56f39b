"""Short lines of progress with an estimate, read from what upstream's bootstrap and Cargo print."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from .files import load_json, store_json
from .report import say

CRATE = re.compile(r"^\s+(?:Compiling|Checking) (\S+) v")
PHASE = re.compile(r"^(Building|Checking|Creating|Uplifting) (.*?)(?: \(use .*)?$")
# How many crates a build from nothing compiles and how long that takes on two cores, until this machine has its own measure.
COLD_CRATES = 470
COLD_SECONDS = 28 * 60
# Seconds between two lines.
INTERVAL = 20.0


class Progress:
    """Counts crates; the time left comes from the last build from nothing, scaled by how this one goes."""

    def __init__(self, tag: str, memory: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        """`memory` is where the timeline of the last build from nothing is kept; none means that no estimate is made."""
        self.tag = tag
        self.memory = memory
        self.clock = clock
        self.begin = clock()
        self.last = self.begin - INTERVAL / 2
        self.timeline: list[float] = []
        known = load_json(memory) if memory else {}
        self.known: list[float] = known.get("timeline") or [
            COLD_SECONDS * (step + 1) / COLD_CRATES for step in range(COLD_CRATES)
        ]
        self.known_end: float = known.get("seconds") or float(COLD_SECONDS)

    def line(self, text: str) -> None:
        """Takes one line of output."""
        now = self.clock()
        if CRATE.match(text):
            self.timeline.append(now - self.begin)
        elif match := PHASE.match(text):
            # Which crates an artifact consists of would fill the screen.
            say(self.tag, re.sub(r"\{[^}]*\}", "", f"{match[1].lower()} {match[2]}"))
            self.last = now
            return
        if self.timeline and now - self.last >= INTERVAL:
            self.last = now
            say(self.tag, self.status(now - self.begin))

    def status(self, elapsed: float) -> str:
        """`132/214 crates, about 6 min left`."""
        count = len(self.timeline)
        if self.memory is None:
            return f"{count} crates, {elapsed / 60:.1f} min so far"
        total = max(len(self.known), count)
        return f"{count}/{total} crates, {self.left(elapsed)}"

    def left(self, elapsed: float) -> str:
        """The time left in words."""
        count = min(len(self.timeline), len(self.known))
        expected = self.known[count - 1]
        # Early on a quick or slow start says little about the machine: let the scale count as much as has been seen of it.
        trust = min(1.0, expected / max(self.known_end, 1.0) * 3)
        scale = trust * (elapsed / expected if expected > 0 else 1.0) + (1 - trust)
        seconds = max(0.0, (self.known_end - expected) * scale)
        return f"about {round(seconds / 60)} min left" if seconds >= 90 else "about a minute left"

    def finish(self) -> None:
        """Remembers a build from nothing for the next estimate."""
        if self.memory and self.timeline:
            store_json(
                self.memory,
                {
                    "timeline": [round(second, 1) for second in self.timeline],
                    "seconds": round(self.clock() - self.begin, 1),
                },
            )
