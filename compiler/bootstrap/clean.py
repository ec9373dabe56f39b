"""`./x.py clean`: removes what can be made again, by kind."""

import shutil
from pathlib import Path

from .config import Layout
from .report import say

# What each kind removes, as patterns relative to the build directory. Upstream's stages lie in a directory named by the
# host triple.
KINDS: dict[str, tuple[str, ...]] = {
    "results": (
        *("demo", "demo-native", "bench", "census", "census-room", "dist", "modules"),
        *("target", "tests", "runtime", "cargo", "lint"),
        *("hooks-check", "relock", "staging"),
    ),
    "pristine": ("pristine",),
    "toolchain": ("*/stage[01]*", "bootstrap", "tree", "state/tree.json", "state/built.json"),
    "downloads": ("cache", "upstream", "upstream.partial", "state/upstream.json", "rust-analyzer", "tools"),
}


def clean(layout: Layout, kinds: list[str]) -> None:
    """Removes the given kinds; `all` is the whole build directory but the lock that this x.py holds."""
    if "all" in kinds:
        paths = [entry for entry in layout.root.iterdir() if entry.name != "x.lock"]
    else:
        paths = [path for kind in kinds for name in KINDS[kind] for path in layout.root.glob(name)]
    for path in paths:
        remove(path)
    say("clean", f"{shutil.disk_usage(layout.root).free / 2**30:.1f} GiB free now")


def remove(path: Path) -> None:
    """Removes a file, a link or a directory, if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        say("clean", str(path))
        shutil.rmtree(path)
