"""The runtime library and the commands: built with stage0 from the repository's crates, with patched dependencies."""

import json
import os
import shutil
import sys
import tomllib
from pathlib import Path

from . import patches
from .config import REPO, Layout
from .files import is_same_tree, load_json, sha256_bytes, store_json, write_atomic, write_if_changed
from .report import Failure, say
from .run import failure, logged, output
from .system import Stage0

CRATES = ("compiler/rustc_wasm_proc_macro", "compiler/rustc_wasm_proc_macro_api", "stubgen", "compiler/cargo/command")
# The commands, by the package of each, which is also what it is called.
COMMANDS = ("stubgen", "cargo-wasm-proc-macro")
# One directory for each dependency, named as its package: patches, and files of ours to lay beside its own.
PATCHES = "compiler/rustc_wasm_proc_macro/patches"
# A package that is built with the same dependencies and is no part of the toolchain.
FUZZ = "tests/fuzz"
# What runs the compiler where that is a WebAssembly program. Neither is it a part of the toolchain.
HOSTED = "hosted"
# The compiler's tokens for modules made for watt, which the library's tests use as well.
TOKENS = "compiler/rustc_wasm_proc_macro_client/src/watt"
# What is built with the library and is no part of it, and what only its tests need; one of them has Cargo download what `tests/watt` locks.
TESTS = ("compiler/rustc_wasm_proc_macro/tests", "compiler/rustc_wasm_proc_macro/examples", "tests/watt", TOKENS, FUZZ, HOSTED)
PROFILE = """\
[profile.toolchain]
inherits = "release"
codegen-units = 4
lto = "thin"
strip = true

# What compiles modules in the tests and in fuzzing. It takes most of their time without optimization.
[profile.dev.package]
cranelift-codegen.opt-level = 1
cranelift-frontend.opt-level = 1
regalloc2.opt-level = 1
wasmparser.opt-level = 1
"""


def files(repo: Path = REPO) -> list[Path]:
    """Every file of the repository that the library and the commands are built from."""
    found = [repo / "Cargo.lock", *patch_files(repo), Path(__file__)]
    for crate in CRATES:
        found += [repo / crate / "Cargo.toml", *(repo / crate / "src").rglob("*.rs")]
    return sorted(path for path in found if path.exists())


def test_files(repo: Path = REPO) -> list[Path]:
    """Every file that the library's tests need beside it; an edit in one builds no library anew."""
    found = (path for directory in TESTS for path in (repo / directory).rglob("*"))
    inputs = repo / FUZZ / "corpus"
    needed = (path for path in found if path.suffix in (".rs", ".toml", ".lock") or inputs in path.parents)
    return sorted(path for path in needed if path.is_file())


def patch_files(repo: Path = REPO) -> list[Path]:
    """The patches of dependencies, in order, and our files in them."""
    return sorted(path for path in (repo / PATCHES).rglob("*") if path.is_file())


def environment(stage0: Stage0, repo: Path = REPO) -> dict[str, str]:
    """What the library is compiled with. It cannot see that its dependencies are patched, and caches what they compile."""
    patched = b"".join(path.read_bytes() for path in patch_files(repo))
    return {"RUSTC": str(stage0.rustc), "RUSTC_WASM_PROC_MACRO_PATCHES": sha256_bytes(patched)[:16]}


def target_directory(layout: Layout) -> Path:
    """Where the library and its tests are built."""
    return layout.root / "runtime" / "target"


def library(layout: Layout, stage0: Stage0) -> Path:
    """Where the compiler looks for the library that runs WebAssembly macros."""
    directory = layout.stage1 / "lib" / "rustlib" / stage0.host / "wasm-proc-macro"
    return directory / f"librustc_wasm_proc_macro.{'dylib' if sys.platform == 'darwin' else 'so'}"


def is_installed(layout: Layout, stage0: Stage0) -> bool:
    """Whether the library and the commands are in their places."""
    return all(path.exists() for path in (library(layout, stage0), *commands(layout)))


def commands(layout: Layout) -> list[Path]:
    """The places of the commands."""
    return [layout.stage1 / "bin" / name for name in COMMANDS]


def build(layout: Layout, stage0: Stage0, jobs: int) -> None:
    """Builds the library and the commands and puts them into the toolchain."""
    say("build", f"the library that runs WebAssembly macros, and the commands {', '.join(COMMANDS)}")
    workspace = lay(layout, stage0)
    target_dir = target_directory(layout)
    calls = {
        "the runtime library": ["rustc", "-p", "rustc_wasm_proc_macro", "--lib", "--crate-type", "cdylib"],
        **{name: ["build", "-p", name, "--bin", name] for name in COMMANDS},
    }
    for title, words in calls.items():
        log = layout.logs / f"{words[2]}.log"
        command: list[str | Path] = [stage0.cargo, *words, "--profile", "toolchain", "--target-dir", target_dir]
        command += ["-j", str(jobs)] if jobs else []
        if logged(command, log, cwd=workspace, env=environment(stage0)) != 0:
            raise failure(f"building {title}", log, "correct it and run the same command again")
    built = target_dir / "toolchain"
    # Even while another process runs the old ones.
    for target in (library(layout, stage0), *commands(layout)):
        write_atomic(target, (built / target.name).read_bytes(), 0o755)


def lay(layout: Layout, stage0: Stage0, repo: Path = REPO) -> Path:
    """Brings a workspace with copies of the crates, the library's tests and patched dependencies up to date, and returns it.

    It has a lock file of its own, since Cargo locks a patched package otherwise than a fetched one.
    """
    workspace = layout.root / "runtime" / "workspace"
    dependencies = sorted(path.name for path in (repo / PATCHES).iterdir()) if (repo / PATCHES).exists() else []
    patched = patch_files(repo)
    sources = (path for path in files(repo) if path.suffix in (".rs", ".toml") and path not in patched)
    wanted = {*sources, *test_files(repo)}
    for path in wanted:
        write_if_changed(workspace / path.relative_to(repo), path.read_bytes())
    for path in {path for room in (*CRATES, *TESTS) for path in (workspace / room).rglob("*") if path.is_file()}:
        if repo / path.relative_to(workspace) not in wanted:
            path.unlink()
    manifest = [
        "# Written by x.py.",
        "[workspace]",
        f"members = {json.dumps([*CRATES, FUZZ, HOSTED])}",
        'resolver = "3"',
        "",
        "[patch.crates-io]",
        *(f'{name} = {{ path = "patched/{name}" }}' for name in dependencies),
        "",
        PROFILE,
    ]
    write_if_changed(workspace / "Cargo.toml", "\n".join(manifest).encode())

    inputs = sha256_bytes(b"\n".join(path.read_bytes() for path in (repo / "Cargo.lock", *patched)))
    state = layout.state / "runtime.json"
    if load_json(state).get("inputs") != inputs or not (workspace / "Cargo.lock").exists():
        state.unlink(missing_ok=True)
        for name in dependencies:
            patch(name, workspace / "patched" / name, layout, stage0, repo)
        shutil.copyfile(repo / "Cargo.lock", workspace / "Cargo.lock")
        store_json(state, {"inputs": inputs})
    return workspace


def patch(name: str, into: Path, layout: Layout, stage0: Stage0, repo: Path) -> None:
    """Copies the locked package of a name, as Cargo has fetched and verified it, and applies its patches and our files."""
    lock = tomllib.loads((repo / "Cargo.lock").read_text(encoding="utf-8"))
    versions = [package["version"] for package in lock["package"] if package["name"] == name]
    if len(versions) != 1:
        raise Failure(
            f"`Cargo.lock` has {len(versions)} packages `{name}`, and `{PATCHES}/{name}` is for one",
            f"move the patches to the one that is meant, or remove `{PATCHES}/{name}`",
        )
    log = layout.logs / "fetch.log"
    fetch: list[str | Path] = [stage0.cargo, "fetch", "--locked", "--manifest-path", repo / "Cargo.toml"]
    if logged(fetch, log, env={"RUSTC": str(stage0.rustc)}) != 0:
        raise failure("`cargo fetch`", log, "bring the network up, then run the same command again")
    metadata = [stage0.cargo, "metadata", "--locked", "--offline", "--format-version", "1"]
    found = json.loads(output([*metadata, "--manifest-path", repo / "Cargo.toml"]) or "{}").get("packages", [])
    sources = [Path(package["manifest_path"]).parent for package in found if package["name"] == name]
    if not sources:
        raise Failure(f"Cargo did not fetch `{name} {versions[0]}`", "`cargo fetch`, then run the same command again")
    aside = into.with_name(f".x-py-{into.name}")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(sources[0], aside)
    for path in sorted((repo / PATCHES / name).glob("*.patch")):
        patches.apply(path, aside)
    for path in patch_files(repo):
        name_in_package = path.relative_to(repo / PATCHES)
        if name_in_package.parts[0] == name and path.suffix != ".patch":
            write_atomic(aside.joinpath(*name_in_package.parts[1:]), path.read_bytes())
    if is_same_tree(aside, into):
        # Cargo goes by the times of its files.
        shutil.rmtree(aside)
        return
    shutil.rmtree(into, ignore_errors=True)
    os.replace(aside, into)
    say("patch", f"{name} {versions[0]}")
