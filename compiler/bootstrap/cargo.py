"""The toolchain's own Cargo: upstream's package with our modules and patches, built with stage0, and its installation."""

import os
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from . import lockfile, patches, sysroot
from .config import REPO, Config, Layout
from .files import load_json, sha256_bytes, sha256_file, store_json, write_atomic, write_if_changed
from .progress import Progress
from .report import Failure, say
from .run import failure, logged, output
from .system import Stage0

ROOM = Path("compiler/cargo")
# Our crates that it is linked with, below a directory of their own.
CRATES = (Path("compiler/cargo/command"), Path("stubgen"))
CRATES_IN_TREE = Path("wasm-proc-macro")
LOCK_ADDITIONS = ROOM / "lock-additions.toml"
# Built in five minutes less than with upstream's profile; what Cargo itself does is little.
PROFILE = {"OPT_LEVEL": "1", "STRIP": "true", "DEBUG": "false"}


@dataclass(frozen=True)
class Pin:
    """The package of Cargo that our patches are for."""

    version: str
    sha256: str
    # What it calls itself: the release of rustc that it belongs to.
    release: str


def load_pin(repo: Path = REPO) -> Pin:
    """Reads `compiler/cargo/upstream.toml`."""
    return Pin(**tomllib.loads((repo / ROOM / "upstream.toml").read_text(encoding="utf-8")))


def files(repo: Path = REPO) -> list[Path]:
    """Every file of the repository that this Cargo is built from."""
    overlay = (path for path in (repo / ROOM / "overlay").rglob("*") if path.is_file())
    own = [*overlay, *crate_files(repo), repo / LOCK_ADDITIONS, *patch_files(repo)]
    return sorted([*own, repo / ROOM / "upstream.toml", Path(__file__)])


def crate_files(repo: Path = REPO) -> list[Path]:
    """Every file of our crates that it is linked with."""
    manifests = (repo / crate / "Cargo.toml" for crate in CRATES if (repo / crate).exists())
    return sorted([*manifests, *(path for crate in CRATES for path in (repo / crate / "src").rglob("*.rs"))])


def patch_files(repo: Path = REPO) -> list[Path]:
    """The patch queue of Cargo, in order."""
    return sorted((repo / ROOM / "hooks").glob("*.patch"))


def build(config: Config, layout: Layout, stage0: Stage0, jobs: int) -> Path:
    """Leaves `bin/cargo` in the toolchain and returns it."""
    installed, state = installed_at(layout), layout.state / "cargo.json"
    inputs = input_digest(config, stage0)
    if load_json(state).get("inputs") == inputs and installed.exists():
        return installed
    # What lies in the target directory is no longer what the state says.
    state.unlink(missing_ok=True)
    pin = load_pin()
    tree = lay(layout, fetch(layout, stage0, pin))
    target_dir = target_directory(layout)
    cold = not target_dir.exists()
    say("build", f"Cargo {pin.release}" + (", about 7 minutes on 2 cores" if cold else ""))
    log = layout.logs / "cargo.log"
    environment = {
        "RUSTC": str(stage0.rustc),
        "CFG_RELEASE": pin.release,
        # Else it takes itself for a nightly.
        "CFG_RELEASE_CHANNEL": config.rust.channel,
        "CFG_VER_DESCRIPTION": config.rust.description,
        **{f"CARGO_PROFILE_RELEASE_{key}": value for key, value in PROFILE.items()},
    }
    command: list[str | Path] = [stage0.cargo, "build", "--locked", "--release", "--bin", "cargo", "--target-dir", target_dir]
    command += ["-j", str(jobs)] if jobs else []
    progress = Progress("build", None)
    if logged(command, log, cwd=tree, env=environment, on_line=progress.line) != 0:
        raise failure("building Cargo", log, "correct what the log names and run the same command again")
    write_atomic(installed, (target_dir / "release" / "cargo").read_bytes(), 0o755)
    sysroot.complete(layout, stage0.host)
    store_json(state, {"inputs": inputs})
    return installed


def restore(config: Config, layout: Layout, stage0: Stage0) -> None:
    """Puts a Cargo that has been built back, for upstream's bootstrap begins the toolchain's directory anew."""
    installed, built = installed_at(layout), target_directory(layout) / "release" / "cargo"
    known = load_json(layout.state / "cargo.json").get("inputs")
    if known is None or installed.exists():
        return
    if known == input_digest(config, stage0) and built.exists():
        write_atomic(installed, built.read_bytes(), 0o755)
    else:
        say("build", "the toolchain's Cargo has to be built anew: `./x.py install` does it")


def installed_at(layout: Layout) -> Path:
    """Its place in the toolchain."""
    return layout.stage1 / "bin" / "cargo"


def target_directory(layout: Layout) -> Path:
    """Where it is built."""
    return layout.root / "cargo" / "target"


def input_digest(config: Config, stage0: Stage0) -> str:
    """Identifies everything that goes into it."""
    lines = [stage0.release, config.rust.channel, config.rust.description, *digests()]
    return sha256_bytes("\n".join(lines).encode())


def digests(repo: Path = REPO) -> list[str]:
    """The files that go into it, a line each."""
    return [f"{path.relative_to(repo)} {sha256_file(path)}" for path in files(repo)]


def fetch(layout: Layout, stage0: Stage0, pin: Pin) -> Path:
    """The package's archive, as Cargo has downloaded it, once its digest is the pinned one."""
    name = f"cargo-{pin.version}.crate"
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    kept = layout.root / "cargo" / name
    if kept.exists() and sha256_file(kept) == pin.sha256:
        return kept
    # The one command of a stable Cargo that downloads a package and none of its dependencies.
    log = layout.logs / "cargo-fetch.log"
    command: list[str | Path] = [stage0.cargo, "info", "--registry", "crates-io", f"cargo@{pin.version}"]
    layout.root.mkdir(parents=True, exist_ok=True)
    if logged(command, log, cwd=layout.root, env={"RUSTC": str(stage0.rustc)}) != 0:
        raise failure(f"downloading `cargo {pin.version}`", log, "bring the network up, then run the same command again")
    for found in sorted((home / "registry" / "cache").glob(f"*/{name}")):
        if sha256_file(found) == pin.sha256:
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found, kept)
            return kept
    raise Failure(
        f"no `{name}` in `{home / 'registry' / 'cache'}` has the SHA-256 {pin.sha256} of {ROOM / 'upstream.toml'}",
        "remove the file there if it is damaged, and run the same command again",
    )


def lay(layout: Layout, archive: Path, repo: Path = REPO, lock_additions: Path = LOCK_ADDITIONS) -> Path:
    """Brings the tree up to date: the package with our crates, modules and patches; unchanged files are not touched."""
    tree, aside = layout.root / "cargo" / "tree", layout.root / "cargo" / ".x-py-tree"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    log = layout.logs / "cargo-unpack.log"
    if logged(["tar", "-xf", archive, "-C", aside], log) != 0:
        raise failure(f"unpacking `{archive}`", log, "remove that file and run the same command again")
    (source,) = aside.iterdir()
    for path in patch_files(repo):
        if not patches.read(path).header:
            raise Failure(f"`{path.relative_to(repo)}` has no header that says what it does and why", "write one")
        patches.apply(path, source)
    overlay = repo / ROOM / "overlay"
    for path in sorted(found for found in overlay.rglob("*") if found.is_file()):
        target = source / path.relative_to(overlay)
        if target.exists():
            raise Failure(f"`{path.relative_to(repo)}` would replace a file of upstream's", "give ours another name")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    for path in crate_files(repo):
        target = source / CRATES_IN_TREE / path.relative_to(repo)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    locked = lockfile.merged(source / "Cargo.lock", repo / lock_additions, own=True)
    if locked is not None:
        (source / "Cargo.lock").write_bytes(locked)
    wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    for name in sorted(wanted):
        write_if_changed(tree / name, (source / name).read_bytes())
    for path in [path for path in tree.rglob("*") if path.is_file() and path.relative_to(tree) not in wanted]:
        path.unlink()
    shutil.rmtree(aside)
    return tree


def install(layout: Layout, name: str) -> None:
    """Makes the toolchain known to rustup under a name, so that `cargo +NAME` is this Cargo."""
    if output(["rustup", "--version"]) is None:
        raise Failure(
            "there is no rustup to link the toolchain with",
            f"put `{layout.stage1 / 'bin'}` first into PATH instead; `cargo wasm-proc-macro` then works as it is",
        )
    log = layout.logs / "rustup.log"
    if logged(["rustup", "toolchain", "link", name, layout.stage1], log) != 0:
        raise failure("`rustup toolchain link`", log, "`./x.py install --name NAME` with another name")
    say("install", f"`cargo +{name} wasm-proc-macro build` in any project")
