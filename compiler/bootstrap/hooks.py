"""`./x.py hooks`: the size of the fork's difference from upstream, its checks, and its pins."""

from dataclasses import replace
from pathlib import Path

from . import cargo, patches, tree, upstream
from .config import REPO, Config, Layout
from .files import sha256_file
from .report import say


def pin(config: Config, layout: Layout) -> None:
    """Writes the digests of all files that hooks touch, as the configured source has them."""
    old = upstream.load_pin()
    source, _ = upstream.fetch(config, layout, old)
    upstream.verify(source, replace(old, files={}))
    names = {name for patch in patches.read_queue() for name in patch.files if (source / name).is_file()}
    files = {name: sha256_file(source / name) for name in sorted(names)}
    upstream.store_pin(replace(old, files=files))
    say("hooks", f"{upstream.PIN_FILE.relative_to(REPO)}: {len(files)} files pinned")


def check(config: Config, layout: Layout) -> list[patches.Patch]:
    """Applies the whole queue to verified, pristine files in a staging copy."""
    release = upstream.load_pin()
    source, _ = upstream.fetch(config, layout, release)
    upstream.verify(source, release)
    queue = patches.read_queue()
    mine = {name: path.read_bytes() for name, path in tree.overlay().items()}
    tree.make_layer(source, Layout(layout.root / "hooks-check"), release, mine, queue, REPO)
    return queue


def report(queue: list[patches.Patch]) -> str:
    """The difference as a table: upstream's files, then our own beside them."""
    totals: dict[str, list[int]] = {}
    for patch in queue:
        for name, (added, removed) in patch.files.items():
            total = totals.setdefault(name, [0, 0])
            total[0] += added
            total[1] += removed
    lines = ["upstream files, by all patches together:", "  added removed  file"]
    lines += [f"  {added:5} {removed:7}  {name}" for name, (added, removed) in sorted(totals.items())]
    added, removed = sum(total[0] for total in totals.values()), sum(total[1] for total in totals.values())
    lines.append(f"  {added:5} {removed:7}  in {len(totals)} files by {len(queue)} patches")
    for patch in map(patches.read, cargo.patch_files()):
        added, removed = sum(size[0] for size in patch.files.values()), sum(size[1] for size in patch.files.values())
        lines.append(f"  {added:5} {removed:7}  in Cargo, {len(patch.files)} files by {patch.path.name}")
    lines += ["", "own files inside upstream's crates:", "  lines  file"]
    own = {
        name: path
        for name, path in tree.overlay().items()
        if not name.startswith(tuple(f"{crate}/" for crate in tree.OWN_CRATES))
    }
    lines += [f"  {count_lines(path):5}  {name}" for name, path in sorted(own.items())]
    lines.append(f"  {sum(count_lines(path) for path in own.values()):5}  in {len(own)} files")
    lines += ["", "own crates:", "  lines  crate"]
    for crate in tree.OWN_CRATES:
        files = [path for name, path in tree.overlay().items() if name.startswith(f"{crate}/") and path.suffix == ".rs"]
        lines.append(f"  {sum(count_lines(path) for path in files):5}  {crate} ({len(files)} files)")
    return "\n".join(lines)


def count_lines(path: Path) -> int:
    """Lines of a text file."""
    return path.read_bytes().count(b"\n")
