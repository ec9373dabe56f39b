"""`./x.py clean`: removes what can be made again, by kind."""

import shutil
from pathlib import Path

from .config import Layout
from .report import say

# What each kind removes, relative to the build directory.
KINDS: dict[str, tuple[str, ...]] = {
    "results": ("demo", "demo-native", "bench", "dist", "target", "runtime", "hooks-check", "relock", "staging"),
    "pristine": ("pristine",),
    "downloads": ("cache", "upstream", "upstream.partial", "state/upstream.json"),
}


def clean(layout: Layout, kinds: list[str]) -> None:
    """Removes the given kinds; `all` is the whole build directory but the lock that this x.py holds."""
    if "all" in kinds:
        names = [entry.name for entry in layout.root.iterdir() if entry.name != "x.lock"]
    else:
        names = [name for kind in kinds for name in KINDS[kind]]
    for name in names:
        remove(layout.root / name)
    say("clean", f"{shutil.disk_usage(layout.root).free / 2**30:.1f} GiB free now")


def remove(path: Path) -> None:
    """Removes a file, a link or a directory, if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        say("clean", str(path))
        shutil.rmtree(path)
