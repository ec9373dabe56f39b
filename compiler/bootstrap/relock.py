"""`./x.py hooks --lock`: lets Cargo complete the tree's lock files and keeps what they have beyond upstream's."""

import re
import shutil
from pathlib import Path

from . import cargo as own_cargo
from . import lockfile, system, tree, upstream
from .config import REPO, Config, Layout
from .files import write_if_changed
from .lockfile import ADDITIONS, Key, Lock
from .report import Failure, say
from .run import failure, logged
from .system import Stage0

# Cargo prefers versions that the stage0 compiler can build.
ENVIRONMENT = {"RUSTC_BOOTSTRAP": "1", "CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS": "fallback"}
REQUIREMENT = re.compile(r"for the requirement `(?P<name>[\w-]+) = \"[\^=~]?(?P<version>[\d.]+)\"`")
REQUIRED_BY = re.compile(r"required by package `(?P<package>[\w-]+ v[\w.+-]+)")


def relock(config: Config, layout: Layout, anew: bool = False) -> None:
    """Writes the additions files; `anew` forgets the versions chosen before."""
    stage0 = system.find_stage0(config)
    pin = upstream.load_pin()
    source, identity = upstream.fetch(config, layout, pin)
    scratch = Layout(layout.root / "relock")
    try:
        tree.prepare(source, identity, scratch, pin)
        for lock, additions in ADDITIONS.items():
            relock_one(source / lock, scratch.tree / lock, REPO / additions, stage0, layout, anew)
        relock_cargo(scratch, stage0, layout, anew)
    finally:
        shutil.rmtree(scratch.root, ignore_errors=True)


def relock_cargo(scratch: Layout, stage0: Stage0, layout: Layout, anew: bool) -> None:
    """Completes the lock file of the toolchain's own Cargo."""
    archive = own_cargo.fetch(layout, stage0, own_cargo.load_pin())
    laid = own_cargo.lay(scratch, archive, lock_additions=Path("none")) / "Cargo.lock"
    original = scratch.root / "Cargo.lock"
    shutil.copyfile(laid, original)
    if not anew:
        own_cargo.lay(scratch, archive)
    relock_one(original, laid, REPO / own_cargo.LOCK_ADDITIONS, stage0, layout, anew=False)


def relock_one(original: Path, work: Path, additions: Path, stage0: Stage0, layout: Layout, anew: bool) -> None:
    """Completes one lock file and stores the difference."""
    name = str(additions.relative_to(REPO))
    before = lockfile.parse(original.read_text(encoding="utf-8"))
    if anew:
        shutil.copyfile(original, work)
    cargo(stage0, work, layout, "metadata", "--format-version", "1")
    moved = settle(before, work, stage0, layout)
    completed = work.read_text(encoding="utf-8")
    after = lockfile.parse(completed)
    difference = {key: package for key, package in after.items() if before.get(key) != package}
    text = lockfile.render_additions(
        original.name if original.parent.name != "bootstrap" else "src/bootstrap/Cargo.lock", difference, moved
    )
    merged = lockfile.render(lockfile.merge(before, lockfile.parse(text), lockfile.moved_pins(text)))
    if merged != completed:
        check_merge(lockfile.parse(merged), after, name)
    changed = write_if_changed(additions, text.encode())
    new = sum(1 for key in difference if key not in before)
    say(
        "lock", f"{name}: {new} packages more than upstream, {len(moved)} pins moved{'' if changed else ' (unchanged)'}"
    )
    for package, table in sorted(moved.items()):
        say("lock", f"  {package} {table['from']} -> {table['to']}: {table['because']}")


def check_merge(merged: Lock, completed: Lock, name: str) -> None:
    """The merge may hold packages that nothing needs any more (Cargo drops them), but must lack nothing."""
    lacking = sorted(set(completed) - set(merged))
    different = sorted(key for key in completed if key in merged and merged[key] != completed[key])
    if lacking or different:
        raise Failure(
            f"merging `{name}` does not give what Cargo chose: {(lacking + different)[:5]}",
            "`./x.py hooks --lock --anew`",
        )


def cargo(stage0: Stage0, lock: Path, layout: Layout, *arguments: str) -> None:
    """Runs Cargo on the workspace of a lock file."""
    log = layout.logs / "lock.log"
    command: list[str | Path] = [stage0.cargo, *arguments, "--manifest-path", lock.with_name("Cargo.toml")]
    if logged(command, log, cwd=lock.parent, env={**ENVIRONMENT, "RUSTC": str(stage0.rustc)}) != 0:
        raise failure(
            f"`cargo {' '.join(arguments)}`",
            log,
            "correct what the log names (or the network), then `./x.py hooks --lock`",
        )


def pins_that_moved(before: Lock, after: Lock) -> dict[str, tuple[str, str]]:
    """Upstream's pins that are gone while a compatible version is there: name -> (old, new)."""
    moved = {}
    for name, version in before:
        rivals = [found for found in after if found[0] == name and lockfile.compatible(found[1], version)]
        if (name, version) not in after and rivals:
            moved[name] = (version, rivals[0][1])
    return moved


def settle(before: Lock, work: Path, stage0: Stage0, layout: Layout) -> dict[str, dict[str, str]]:
    """Takes every moved pin back, or as far back as the package that forces the move allows."""
    reasons: dict[str, str] = {}
    settled: set[Key] = set()
    while True:
        moved = pins_that_moved(before, lockfile.parse(work.read_text(encoding="utf-8")))
        pending = {name: versions for name, versions in moved.items() if (name, versions[0]) not in settled}
        if not pending:
            return {name: {"from": old, "to": new, "because": reasons[name]} for name, (old, new) in moved.items()}
        for name, (old, new) in pending.items():
            reasons[name] = take_back(name, old, new, work, stage0, layout)
            settled.add((name, old))


def take_back(name: str, old: str, new: str, work: Path, stage0: Stage0, layout: Layout) -> str:
    """Moves one pin back; returns which package forces what is left of the move."""
    wanted, because = old, ""
    # Each refusal names a requirement; the next attempt is its lower bound, so this ends.
    for _ in range(10):
        log = layout.logs / "lock.log"
        command: list[str | Path] = [
            stage0.cargo,
            "update",
            "-p",
            f"{name}@{new}",
            "--precise",
            wanted,
            "--manifest-path",
            work.with_name("Cargo.toml"),
        ]
        if logged(command, log, cwd=work.parent, env={**ENVIRONMENT, "RUSTC": str(stage0.rustc)}) == 0:
            return because or "nothing forces it"
        text = log.read_text(encoding="utf-8")
        requirement, by = REQUIREMENT.search(text), REQUIRED_BY.search(text)
        if not requirement or not by or requirement["name"] != name:
            break
        wanted = ".".join((requirement["version"].split(".") + ["0", "0"])[:3])
        because = f"{by['package']} requires ^{requirement['version']}"
        if wanted == new:
            return because
    raise failure(
        f"moving `{name}` back from {new} to upstream's {old}",
        layout.logs / "lock.log",
        "pin it by hand in the crate that needs it, then `./x.py hooks --lock`",
    )
