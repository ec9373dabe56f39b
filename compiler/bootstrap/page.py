"""`./x.py hosted page`: the compiler in WebAssembly as a web page, in `BUILD/hosted/page`."""

import gzip
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import hosted
from .config import REPO, Layout
from .files import sha256_bytes, write_atomic
from .report import Failure, say
from .run import captured, failure, logged
from .toolchain import Ready

WEB = REPO / "hosted" / "web"
# As a row of `system.needs`: what bundles the page's scripts.
NEEDS = [("node", "nodejs"), ("npm", "npm")]
# What a browser opens the page with in the tests.
TEST_NEEDS = [("chromium", "chromium"), ("chromedriver", "chromium-driver")]
# What the page offers: a package of `hosted/web/packs` each, and what the page calls it.
PACKS = {"serde": "serde, serde_json", "thiserror": "thiserror", "clap": "clap"}
SCRIPTS = ("main", "worker", "service")
# What no program in the page reaches: test harnesses, and what only builds of the standard library itself name.
LEFT_OUT = ("libtest-", "libgetopts-", "libsysroot-")
# The option that has the compiler look for what libraries need in a pack's directory.
DIRECTORY = ["-L", "dependency={}"]
# Keeps how Cargo calls the compiler for a package of ours.
WRAPPER = '#!/bin/sh\nprintf "%s\\n" "$@" > "$PAGE_CALL"\nexec "$@"\n'


def directory(layout: Layout) -> Path:
    """The page, as a server serves it."""
    return hosted.directory(layout) / "page"


@dataclass(frozen=True)
class Asset:
    """A compressed file of the page."""

    file: str
    size: int


@dataclass
class Pack:
    """Libraries and macros for the page, and the options that give them to the compiler. `{}` is their directory."""

    files: dict[str, Path] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)

    def add(self, path: Path) -> str:
        """Takes a file along, and returns where the compiler finds it."""
        self.files[path.name] = path
        return "{}/" + path.name


def build(layout: Layout, ready: Ready, jobs: int) -> None:
    """Builds it, with what it needs from a finished `x.py build --hosted --cargo`."""
    staging = hosted.directory(layout) / "web"
    shutil.copytree(WEB, staging, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    page = directory(layout)
    assets = page / "assets"
    shutil.rmtree(page, ignore_errors=True)
    assets.mkdir(parents=True)
    bundle(layout, staging, page)
    say("build", "the files that the page loads")
    compiler = store(assets, "rustc.wasm", without_names(hosted.compiler(layout).read_bytes()))
    sysroot = hosted.sysroot(layout)
    libraries = [path for path in sorted(sysroot.rglob("*.rmeta")) if not path.name.startswith(LEFT_OUT)]
    library = tar((str(path.relative_to(sysroot)), path) for path in libraries)
    manifest = {
        "version": captured([layout.stage1 / "bin" / "rustc", "--version"]).stdout.strip(),
        "compiler": vars(compiler),
        "sysroot": vars(store(assets, "sysroot.tar", library)),
        "packs": [offered(layout, ready, staging, assets, name, jobs) for name in PACKS],
    }
    write_atomic(page / "manifest.json", json.dumps(manifest, indent=1).encode())
    say("build", f"{page} is ready; for example `python3 -m http.server --directory {page}` serves it")


def bundle(layout: Layout, staging: Path, page: Path) -> None:
    """Checks the types of the scripts, and makes one file of each with what it imports."""
    log = layout.logs / "page.log"
    bin_ = staging / "node_modules" / ".bin"
    scripts = [staging / "src" / f"{name}.ts" for name in SCRIPTS]
    commands: list[list[str | Path]] = [
        ["npm", "ci", "--no-audit", "--no-fund"],
        [bin_ / "tsc", "--project", "."],
        [bin_ / "esbuild", "--bundle", "--minify", "--format=iife", "--target=es2022", f"--outdir={page}", *scripts],
    ]
    for command in commands:
        if logged(command, log, cwd=staging) != 0:
            raise failure(f"`{command[0]}` for the page", log, "correct it and run the same command again")
    for name in ("index.html", "style.css"):
        shutil.copyfile(staging / name, page / name)


def offered(layout: Layout, ready: Ready, staging: Path, assets: Path, name: str, jobs: int) -> dict[str, object]:
    """One pack, as the page's manifest has it."""
    pack = parse_call(call(layout, ready, staging / "packs", name, jobs))
    asset = store(assets, f"{name}.tar", tar(sorted(pack.files.items())))
    return {"name": name, "title": PACKS[name], "options": pack.options, **vars(asset)}


def call(layout: Layout, ready: Ready, workspace: Path, name: str, jobs: int) -> list[str]:
    """How Cargo calls the compiler for the package that depends on all of a pack."""
    say("build", f"the pack {name}")
    wrapper, words = workspace / "wrapper.sh", workspace / f"{name}.call"
    write_atomic(wrapper, WRAPPER.encode(), 0o755)
    words.unlink(missing_ok=True)
    target = workspace / "target" / name
    shutil.rmtree(target, ignore_errors=True)
    log = layout.logs / f"page-{name}.log"
    command: list[str | Path] = [layout.stage1 / "bin" / "cargo", "check", "--locked", "-p", f"{name}-pack"]
    command += ["--target-dir", target]
    command += ["-j", str(jobs or os.cpu_count() or 1), "--config", "wasm-proc-macro.enabled=true"]
    command += ["--config", 'wasm-proc-macro.optimize="first"', "--target", ready.stage0.host]
    # With a target named, the flags are for what is compiled for the page alone, and not for build scripts.
    environment = {
        "RUSTC": str(layout.stage1 / "bin" / "rustc"),
        "RUSTFLAGS": f"--sysroot={hosted.sysroot(layout)}",
        "RUSTC_WORKSPACE_WRAPPER": str(wrapper),
        "PAGE_CALL": str(words),
    }
    if logged(command, log, cwd=workspace, env=environment) != 0:
        raise failure(f"building the pack {name}", log, "correct it and run the same command again")
    return words.read_text().splitlines()


def parse_call(words: list[str]) -> Pack:
    """What of a call of the compiler names libraries and macros."""
    pack = Pack()
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option not in ("--extern", "-L"):
            continue
        value = value if equals else next(rest)
        kind, _, place = value.rpartition("=")
        if option == "-L":
            # Beside libraries there are modules, which Cargo names as it would name native macros.
            for path in sorted([*Path(place).glob("*.rmeta"), *Path(place).glob("*.so")]):
                pack.add(path)
            if pack.options[:2] != DIRECTORY:
                pack.options += DIRECTORY
        elif place:
            pack.options += [option, f"{kind}={pack.add(Path(place))}"]
    return pack


def store(assets: Path, name: str, contents: bytes) -> Asset:
    """Compresses a file under a name that says what is in it."""
    compressed = gzip.compress(contents, 9, mtime=0)
    file = f"{sha256_bytes(contents)[:16]}-{name}.gz"
    write_atomic(assets / file, compressed)
    return Asset(file, len(compressed))


def tar(files: Iterable[tuple[str, Path]]) -> bytes:
    """An archive in the format `ustar`, which is the same for the same files."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as made:
        for name, path in files:
            entry = tarfile.TarInfo(name)
            entry.size = path.stat().st_size
            with path.open("rb") as file:
                made.addfile(entry, file)
    return archive.getvalue()


def without_names(module: bytes) -> bytes:
    """A WebAssembly module without its custom sections, of which the names are as large as the code."""
    CUSTOM = 0
    kept = [module[:8]]
    kept += (section for number, section in sections(module) if number != CUSTOM)
    return b"".join(kept)


def sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    """The sections of a module, with their headers, and the number of each."""
    at = 8
    while at < len(module):
        size, shift, end = 0, 0, at + 1
        while True:
            if end >= len(module):
                raise Failure("the compiler's module ends within a section", "`./x.py build --hosted` again")
            byte = module[end]
            size |= (byte & 0x7F) << shift
            shift += 7
            end += 1
            if byte < 0x80:
                break
        yield module[at], module[at : end + size]
        at = end + size
