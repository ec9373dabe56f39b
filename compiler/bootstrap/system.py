"""What the machine must have: stage0, Debian packages, disk space, and one x.py at a time in a build directory."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .config import Config, Layout
from .report import Failure, say
from .run import failure, logged, output
from .upstream import privileged

STAGE0_RELEASES = ("1.95", "1.96")
# As a row of `needs`: what counts instructions where the processor does not.
BENCH_NEEDS = [("valgrind", "valgrind")]
# A server of modules, and what makes certificates for it, for `tests/cargo/tests/shared_store.rs`.
CARGO_TEST_NEEDS = [("/usr/sbin/nginx", "nginx-light"), ("openssl", "openssl")]


@dataclass(frozen=True)
class Stage0:
    """The toolchain that compiles the compiler."""

    rustc: Path
    cargo: Path
    release: str
    host: str


def needs(config: Config) -> list[tuple[str, str]]:
    """The one table of what a build needs: a command or a path, and the Debian package that brings it."""
    return [
        ("git", "git"),
        ("c++", "g++"),
        ("cmake", "cmake"),
        ("ninja", "ninja-build"),
        ("pkg-config", "pkgconf"),
        ("xz", "xz-utils"),
        ("/usr/include/zlib.h", "zlib1g-dev"),
        ("/usr/include/zstd.h", "libzstd-dev"),
        ("/usr/include/openssl/ssl.h", "libssl-dev"),
        (config.llvm.config, "llvm-22-dev"),
        (config.llvm.lld, "lld-22"),
        (f"{config.wasm.wasi_lib}/libc.a", "wasi-libc"),
    ]


def missing(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The rows of a table of needs that are not there."""
    return [row for row in rows if not (Path(row[0]).exists() if row[0].startswith("/") else shutil.which(row[0]))]


def package_with(program: str) -> str:
    """The Debian package of a program that is not there; most are called the same."""
    return dict(needs(Config())).get(program, program)


def ensure_packages(config: Config, layout: Layout, wanted: Sequence[tuple[str, str]]) -> None:
    """Installs what is missing where that is possible, or names all of it in one message."""
    rows = missing(wanted)
    if not rows:
        return
    packages = [package for _, package in rows]
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    by_hand = f"`{' '.join(['sudo', *command])}`"
    if any(needed.startswith("/") for needed, _ in rows):
        by_hand += ", or set the paths under `[llvm]` and `[wasm]` in config.toml"
    may = config.build.install_packages and shutil.which("apt-get") and (os.geteuid() == 0 or shutil.which("sudo"))
    if may:
        say("fetch", f"installing {' '.join(packages)}")
        log = layout.logs / "apt-install.log"
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        status = logged(privileged(command), log, env=environment)
        if status != 0:
            logged(privileged(["apt-get", "update"]), layout.logs / "apt-update.log", env=environment)
            status = logged(privileged(command), log, env=environment)
        if status != 0:
            raise failure(f"`{' '.join(command)}`", log, by_hand)
        rows = missing(wanted)
    if rows:
        what = ", ".join(f"`{needed}` (package {package})" for needed, package in rows)
        raise Failure(f"missing: {what}", by_hand)


def llvm_version(config: Config) -> str | None:
    """What the configured LLVM says, if it is there."""
    return output([config.llvm.config, "--version"])


def check_llvm(config: Config) -> str:
    """The version of the LLVM to link; anything but 21 and 22 cannot work."""
    version = llvm_version(config)
    if version is None or not version.startswith(("21.", "22.")):
        raise Failure(
            f"`{config.llvm.config} --version` says `{version}`; rustc 1.96 needs LLVM 21 or 22",
            "`apt-get install llvm-22-dev`, or set `llvm.config` in config.toml",
        )
    return version


def find_stage0(config: Config) -> Stage0:
    """The configured toolchain, else the active one, else any installed one that will do."""
    if config.build.rustc:
        candidates = [Path(config.build.rustc).expanduser()]
    else:
        candidates = list(installed_compilers())
    seen: list[str] = []
    for rustc in candidates:
        text = output([rustc, "-vV"])
        if text is None:
            seen.append(f"{rustc}: does not run")
            continue
        release = re.search(r"^release: (\S+)$", text, re.M)
        host = re.search(r"^host: (\S+)$", text, re.M)
        if (
            not release
            or not host
            or not re.fullmatch(r"(1\.\d+)\.\d+", release[1])
            or release[1].rsplit(".", 1)[0] not in STAGE0_RELEASES
        ):
            seen.append(f"{rustc}: {release[1] if release else 'no release'}")
            continue
        cargo = Path(config.build.cargo).expanduser() if config.build.cargo else rustc.with_name("cargo")
        if output([cargo, "--version"]) is None:
            seen.append(f"{cargo}: does not run")
            continue
        return Stage0(rustc, cargo, release[1], host[1])
    found = "".join(f"\n  found {line}" for line in seen) or "\n  found none"
    raise Failure(
        f"compiling rustc 1.96 needs rustc {' or '.join(STAGE0_RELEASES)}{found}",
        "`rustup toolchain install 1.95`, or set `build.rustc` in config.toml",
    )


def installed_compilers() -> Iterator[Path]:
    """Compilers of the machine, the active one first; rustup's proxies are looked through, for their path must be stable."""
    seen: set[Path] = set()
    active = output(["rustup", "which", "rustc"])
    sysroot = output(["rustc", "--print", "sysroot"])
    for path in ([Path(active)] if active else []) + ([Path(sysroot) / "bin" / "rustc"] if sysroot else []):
        if path not in seen:
            seen.add(path)
            yield path
    for line in (output(["rustup", "toolchain", "list"]) or "").splitlines():
        found = output(["rustup", "which", "--toolchain", line.split()[0], "rustc"]) if line.strip() else None
        if found and Path(found) not in seen:
            seen.add(Path(found))
            yield Path(found)


def check_space(config: Config, layout: Layout) -> None:
    """Refuses to begin what cannot end; a build that is there needs little more."""
    needed = 3 if (layout.stage1 / "bin" / "rustc").exists() else config.build.min_free_gib
    layout.root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(layout.root).free / 2**30
    if free < needed:
        raise Failure(
            f"`{layout.root}` has {free:.1f} GiB free, a build needs {needed} GiB",
            "free some space, or put the build elsewhere: `./x.py build --build-dir DIR`, or `build.dir` in config.toml",
        )


@contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Holds the build directory for this x.py; the lock ends with the process, however it ends."""
    layout.root.mkdir(parents=True, exist_ok=True)
    path = layout.root / "x.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Failure(
                f"`{layout.root}` is in use by another x.py (process {file.read().strip() or 'unknown'})",
                "wait for it and run the same command again, or use another `--build-dir DIR`",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
