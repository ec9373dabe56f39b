"""Modules that a toolchain brings along: of the macro crates that the census lists, optimized and signed."""

import json
import os
import shutil
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from .config import REPO, Layout
from .report import Failure, duration, say
from .run import captured, logged

LIST = REPO / "tests" / "census" / "crates.toml"
# Below the toolchain's directory. The command looks there.
PLACE = Path("lib") / "wasm-proc-macro" / "modules"
KEYS = "trusted-keys"
# What other macros of a project have `syn`, `quote` and `proc-macro2` built with decides about a macro as well. These are usual sums of
# the features of `syn`. The others have their default features, unless the macro is alone.
FEATURES: dict[str, Sequence[str] | None] = {
    "alone": None,
    "default": (),
    "full": ("full",),
    "visit-mut": ("full", "visit-mut"),
    "extra": ("extra-traits", "full", "visit-mut"),
    "all": ("extra-traits", "full", "visit", "visit-mut"),
}
# The releases of `syn` that macros are built with.
SYN = ("2", "3")
BESIDE_SYN = {"proc-macro2": "1", "quote": "1"}
KEY_NAME = "toolchain"


@dataclass(frozen=True)
class Request:
    """What is asked of it."""

    # Only these crates; all if there are none.
    only: Sequence[str] = field(default_factory=list)
    # The secret key that signs; a new one, which nobody keeps, if there is none.
    signing_key: Path | None = None
    jobs: int = 0


@dataclass(frozen=True)
class Crate:
    """A crate of the list."""

    name: str
    # A line of `[dependencies]`.
    dependency: Mapping[str, Any]


def crates(text: str, only: Sequence[str] = ()) -> list[Crate]:
    """The crates of a list, or those that are named."""
    found: list[Crate] = []
    for kind in tomllib.loads(text).values():
        for name, entry in kind.items():
            known = {key: entry[key] for key in ("version", "package", "features", "default-features") if key in entry}
            found.append(Crate(name, known))
    if unknown := sorted(set(only) - {crate.name for crate in found}):
        raise Failure(f"{LIST.relative_to(REPO)} has no {', '.join(f'`{name}`' for name in unknown)}", "name others")
    return sorted((crate for crate in found if not only or crate.name in only), key=lambda crate: crate.name)


def lay(directory: Path, crate: Crate, features: Sequence[str] | None, settings: Mapping[str, Any]) -> None:
    """Writes a project that depends on a crate and, unless that is alone, on a macro of its own that has `syn` built with features."""
    lines = [f"{crate.name} = {inline(crate.dependency)}"]
    if features is not None:
        lines.append('beside = { path = "beside" }')
    files = {
        "Cargo.toml": package("uses-it", lines) + "[workspace]\n",
        "src/lib.rs": "",
        ".cargo/config.toml": "[wasm-proc-macro.store]\n" + "".join(f"{key} = {value(it)}\n" for key, it in settings.items()),
    }
    if features is not None:
        lines = [f"{name} = {value(version)}" for name, version in BESIDE_SYN.items()]
        lines += [f"syn{major} = {inline({'package': 'syn', 'version': major, 'features': list(features)})}" for major in SYN]
        files["beside/Cargo.toml"] = package("beside", lines) + "[lib]\nproc-macro = true\n"
        files["beside/src/lib.rs"] = ""
    shutil.rmtree(directory, ignore_errors=True)
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")


def package(name: str, dependencies: Sequence[str]) -> str:
    """A manifest."""
    return f'[package]\nname = "{name}"\nedition = "2024"\n[dependencies]\n' + "".join(f"{line}\n" for line in dependencies)


def inline(table: Mapping[str, Any]) -> str:
    """A table of TOML in one line."""
    return "{ " + ", ".join(f"{key} = {value(it)}" for key, it in table.items()) + " }"


def value(it: Any) -> str:
    """A text, a list of texts or a truth value of TOML, which JSON has as well."""
    return json.dumps(it)


def add(layout: Layout, toolchain: Path, request: Request) -> int:
    """Builds modules with a toolchain and puts them there. Returns how many there are."""
    wanted = crates(LIST.read_text(encoding="utf-8"), request.only)
    work, place, begin = layout.root / "modules", toolchain / PLACE, monotonic()
    place.mkdir(parents=True)
    missing: list[str] = []
    with tempfile.TemporaryDirectory(prefix="x-py-key-") as scratch:
        key = request.signing_key or make_key(toolchain, Path(scratch))
        (place / KEYS).write_text(public_half(key), encoding="utf-8")
        settings = {"url": f"file://{place}", "mode": "read-write", "signing-key": str(key)}
        for number, crate in enumerate(wanted, 1):
            say("modules", f"{number}/{len(wanted)} {crate.name}, {duration(monotonic() - begin)} so far")
            for name, features in FEATURES.items():
                project = work / "projects" / f"{crate.name}-{name}"
                lay(project, crate, features, settings)
                if not build(layout, toolchain, project, request.jobs):
                    missing.append(f"{crate.name} ({name})")
    entries = [path for path in (place / "v1").rglob("*") if path.is_file()]
    if missing:
        say("modules", f"not everything could be built of {', '.join(missing)}; see {layout.logs / 'modules'}")
    if not entries:
        raise Failure("no module was built", f"look into {layout.logs / 'modules'}, correct what it names, and run the same command again")
    size = sum(path.stat().st_size for path in entries)
    say("modules", f"{len(entries)} modules, {size / 1e6:.0f} MB ({duration(monotonic() - begin)})")
    return len(entries)


def build(layout: Layout, toolchain: Path, project: Path, jobs: int) -> bool:
    """Builds the modules of a project, and signs those that are there. Says whether all are."""
    work = layout.root / "modules"
    env = {
        # Cargo looks there for the rest of its toolchain where no rustup has chosen one.
        "PATH": os.pathsep.join((str(toolchain / "bin"), os.environ.get("PATH", os.defpath))),
        "WASM_PROC_MACRO_STORE": str(work / "store"),
        "CARGO_TARGET_DIR": str(work / "target"),
        **({"CARGO_BUILD_JOBS": str(jobs)} if jobs else {}),
    }
    cargo, is_well = toolchain / "bin" / "cargo", True
    for words in (["optimize"], ["store", "push"]):
        log = layout.logs / "modules" / f"{project.name}-{words[-1]}.log"
        is_well &= logged([cargo, "wasm-proc-macro", *words], log, cwd=project, env=env) == 0
    return is_well


def make_key(toolchain: Path, scratch: Path) -> Path:
    """A new key. It goes with the directory."""
    path = scratch / "secret.key"
    command = [toolchain / "bin" / "cargo-wasm-proc-macro", "store", "keygen", KEY_NAME, "-o", path]
    done = captured(command)
    if done.returncode != 0:
        raise Failure(f"no key can be made:\n{done.stderr}", "correct that, then run the same command again")
    return path


def public_half(key: Path) -> str:
    """The line for `trusted-keys` of a file that `store keygen` has written."""
    try:
        lines = [line for line in key.read_text(encoding="utf-8").split("\n") if line and not line.startswith("#")]
    except OSError as error:
        raise Failure(f"the signing key cannot be read: {error}", "name another file with `--signing-key`") from error
    parts = lines[0].split(":") if len(lines) == 1 else []
    if len(parts) != 4 or parts[1] != "secret":
        raise Failure(f"`{key}` is no secret key", "`cargo wasm-proc-macro store keygen NAME` makes one")
    return f"{parts[0]}:{parts[3]}\n"
