"""The tree: upstream's source, our files and the patches, prepared so that unchanged files are never touched."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import lockfile, patches
from .config import REPO, Layout
from .files import load_json, sha256_bytes, store_json, write_atomic
from .report import Failure, say
from .upstream import UNUSED, Pin

OVERLAY_ROOTS = ("compiler", "library", "src", "stubgen")
# The runtime is a library of its own, built from the repository; Cargo has a tree of its own.
NOT_LAID = (
    "compiler/hooks",
    "compiler/bootstrap",
    "compiler/cargo",
    "library/hooks",
    "compiler/rustc_wasm_proc_macro",
)
NOT_LAID_NAMES = ("target", "__pycache__")
# Our own crates' tests and benchmarks run from the repository, not from the tree.
OWN_CRATES = ("compiler/rustc_wasm_proc_macro_api", "stubgen")
NOT_BUILT = ("tests", "benches", "examples", "fuzz", "Cargo.lock")

# Files that rustdoc's build wants and that some packagings of upstream leave out, with ours that take their place.
STAND_INS = {
    "src/librustdoc/html/static/LICENSE-APACHE.txt": "LICENSE-APACHE",
    "src/librustdoc/html/static/LICENSE-MIT.txt": "LICENSE-MIT",
}


@dataclass(frozen=True)
class Prepared:
    """What a prepared tree holds beyond upstream: every laid or patched path with the digest of its content."""

    layer: dict[str, str]
    changed: int

    def digest(self, *, without: tuple[str, ...] = (), extra: str = "") -> str:
        """One digest over the layer, without the paths that begin with one of `without`."""
        lines = [f"{name} {digest}" for name, digest in sorted(self.layer.items()) if not name.startswith(without)]
        return sha256_bytes("\n".join([extra, *lines]).encode())


def overlay(repo: Path = REPO) -> dict[str, Path]:
    """Our own files by their path in the tree."""
    found: dict[str, Path] = {}
    for root in OVERLAY_ROOTS:
        for directory, names, files in os.walk(repo / root):
            here = Path(directory).relative_to(repo)
            names[:] = sorted(name for name in names if is_laid(here / name))
            for name in files:
                if is_laid(here / name):
                    found[(here / name).as_posix()] = repo / here / name
    return found


def is_laid(path: Path) -> bool:
    """Whether a file or directory of ours goes into the tree."""
    name = path.as_posix()
    if name in NOT_LAID or path.name in NOT_LAID_NAMES or path.name.startswith("."):
        return False
    if name in lockfile.ADDITIONS.values():
        return False
    return not any(path.parent.as_posix() == crate and path.name in NOT_BUILT for crate in OWN_CRATES)


def prepare(upstream: Path, identity: str, layout: Layout, pin: Pin, repo: Path = REPO) -> Prepared:
    """Brings the tree to what upstream and our files say, and touches nothing else."""
    mine = {} if layout.pristine else {name: path.read_bytes() for name, path in overlay(repo).items()}
    queue = [] if layout.pristine else patches.read_queue(repo)
    inputs = input_digest(identity, mine, queue, repo)
    manifest = load_json(layout.state / "tree.json")
    if manifest.get("inputs") == inputs and intact(layout.tree, manifest["layer"]):
        return Prepared({name: entry[0] for name, entry in manifest["layer"].items()}, 0)

    layer = make_layer(upstream, layout, pin, mine, queue, repo)
    previous = manifest.get("layer", {})
    (layout.state / "tree.json").unlink(missing_ok=True)
    changed = 0
    if manifest.get("identity") != identity:
        say("patch", f"laying out upstream in {layout.tree}")
        changed += mirror(upstream, layout.tree, keep=set(layer))
    for name in sorted(set(previous) - set(layer)):
        changed += restore(upstream / name, layout.tree / name)
    entries: dict[str, list[object]] = {}
    for name, content in sorted(layer.items()):
        digest = sha256_bytes(content)
        target = layout.tree / name
        # Cargo completes a lock file in place; what it wrote stays until our own version changes.
        settled = name in lockfile.ADDITIONS and previous.get(name, [""])[0] == digest and target.exists()
        changed += 0 if settled else write_layer(target, content, mode_of(upstream / name, repo / name))
        entries[name] = [digest, *stat_of(target)]
    store_json(layout.state / "tree.json", {"inputs": inputs, "identity": identity, "layer": entries})
    say("patch", f"{len(queue)} patches, {len(mine)} own files; {changed} files of the tree changed")
    return Prepared({name: sha256_bytes(content) for name, content in layer.items()}, changed)


def input_digest(identity: str, mine: dict[str, bytes], queue: list[patches.Patch], repo: Path) -> str:
    """Identifies everything that `prepare` reads."""
    lines = [identity, *(f"{name} {sha256_bytes(content)}" for name, content in sorted(mine.items()))]
    lines += [f"{patch.path.name} {sha256_bytes(patch.path.read_bytes())}" for patch in queue]
    for additions in lockfile.ADDITIONS.values():
        path = repo / additions
        lines.append(f"{additions} {sha256_bytes(path.read_bytes()) if path.exists() else '-'}")
    lines += [f"{file.name} {sha256_bytes(file.read_bytes())}" for file in (Path(__file__), Path(lockfile.__file__))]
    return sha256_bytes("\n".join(lines).encode())


def make_layer(
    upstream: Path, layout: Layout, pin: Pin, mine: dict[str, bytes], queue: list[patches.Patch], repo: Path
) -> dict[str, bytes]:
    """The content of every file of the tree that is not simply upstream's."""
    collisions = sorted(name for name in mine if (upstream / name).exists())
    if collisions:
        raise Failure(
            f"`{collisions[0]}` is a file of upstream's",
            "give our file a name of its own; to change upstream's, write a patch in compiler/hooks or library/hooks",
        )
    layer = dict(mine)
    touched = list(dict.fromkeys(name for patch in queue for name in patch.files))
    unpinned = [name for name in touched if (upstream / name).exists() and name not in pin.files]
    if unpinned:
        raise Failure(
            f"hooks touch files that compiler/hooks/upstream.toml does not pin: {', '.join(f'`{name}`' for name in unpinned)}",
            "`./x.py hooks --pin`",
        )
    staging = layout.base / "staging"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for name in touched:
        if (upstream / name).is_file():
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(upstream / name, staging / name)
    for patch in queue:
        patches.apply(patch.path, staging)
    for name in touched:
        if not (staging / name).is_file():
            raise Failure(
                f"a hook deletes `{name}`",
                "leave the file and remove its call sites instead: deleting is not supported",
            )
        layer[name] = (staging / name).read_bytes()
    for name, ours in STAND_INS.items():
        if not (upstream / name).exists() and (repo / ours).exists():
            layer[name] = (repo / ours).read_bytes()
    for lock, additions in lockfile.ADDITIONS.items():
        merged = lockfile.merged(upstream / lock, repo / additions, own=not layout.pristine)
        if merged is not None:
            layer[lock] = merged
    return layer


def intact(tree: Path, layer: dict[str, list[object]]) -> bool:
    """Whether nobody has edited our part of the tree since it was written; lock files are Cargo's to complete."""
    for name, entry in layer.items():
        try:
            if stat_of(tree / name) != entry[1:] and name not in lockfile.ADDITIONS:
                return False
        except FileNotFoundError:
            return False
    return True


def stat_of(path: Path) -> list[int]:
    """Size in bytes and modification time in nanoseconds."""
    info = path.stat()
    return [info.st_size, info.st_mtime_ns]


def mode_of(*candidates: Path) -> int:
    """The permissions of the first of these files that exists."""
    return next((0o755 if path.stat().st_mode & 0o100 else 0o644 for path in candidates if path.is_file()), 0o644)


def write_layer(target: Path, content: bytes, mode: int) -> int:
    """Writes one file if its content differs; returns 1 if it did."""
    if target.is_file() and not target.is_symlink() and target.read_bytes() == content:
        return 0
    write_atomic(target, content, mode)
    return 1


def restore(original: Path, target: Path) -> int:
    """Puts upstream's version back, with a fresh modification time so that Cargo sees it, or removes what was ours."""
    if original.is_file():
        return write_layer(target, original.read_bytes(), mode_of(original))
    target.unlink(missing_ok=True)
    parent = target.parent
    while not any(parent.iterdir()) and parent.name:
        parent.rmdir()
        parent = parent.parent
    return 1


def mirror(source: Path, target: Path, keep: set[str]) -> int:
    """Makes `target` equal to `source` but for `keep`, with modification times, and copies only what differs."""
    changed = 0
    wanted: set[str] = set()
    for directory, names, files in os.walk(source):
        here = Path(directory).relative_to(source)
        names[:] = [name for name in names if (here / name).as_posix() not in UNUSED and name != "__pycache__"]
        links = [name for name in names if (source / here / name).is_symlink()]
        (target / here).mkdir(parents=True, exist_ok=True)
        for name in files + links:
            path = (here / name).as_posix()
            if path in UNUSED:
                continue
            wanted.add(path)
            if path not in keep:
                changed += mirror_file(source / path, target / path)
    for directory, names, files in os.walk(target):
        here = Path(directory).relative_to(target)
        names[:] = [name for name in names if name not in NOT_LAID_NAMES]
        for name in files:
            path = (here / name).as_posix()
            if path not in wanted and path not in keep:
                (target / path).unlink()
                changed += 1
    return changed


def mirror_file(source: Path, target: Path) -> int:
    """Copies one file or link with its modification time unless it is there already; returns 1 if it was copied."""
    if source.is_symlink():
        link = os.readlink(source)
        if target.is_symlink() and os.readlink(target) == link:
            return 0
        target.unlink(missing_ok=True)
        os.symlink(link, target)
        return 1
    try:
        if not target.is_symlink() and stat_of(target) == stat_of(source):
            return 0
        if not target.is_symlink() and target.read_bytes() == source.read_bytes():
            return 0
    except FileNotFoundError:
        pass
    aside = target.with_name(f".x-py-{target.name}")
    shutil.copy2(source, aside)
    if target.exists():
        # Cargo goes by modification times: new content with an old time would look fresh to it.
        os.utime(aside)
    os.replace(aside, target)
    return 1
