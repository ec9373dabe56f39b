"""Fetching upstream's source (Debian package, tarball or directory) and verifying its release and pinned files."""

import os
import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .config import REPO, Config, Layout
from .files import load_json, sha256_bytes, sha256_file, store_json, write_atomic
from .report import Failure, say
from .run import failure, logged, output

PIN_FILE = REPO / "compiler" / "hooks" / "upstream.toml"
OTHER_WAYS = (
    "set `upstream.source` in config.toml to the official `rustc-{version}-src.tar.xz`, "
    "or to a directory with its content or a git checkout of tag {version} (its `library/` submodules included)"
)
# Nothing in these is built here, and some of them would change how upstream's bootstrap behaves.
UNUSED = ("vendor", ".cargo", ".git", "build", "tests", "src/llvm-project", "git-commit-info", "git-commit-hash")


@dataclass(frozen=True)
class Pin:
    """The content of `upstream.toml`."""

    version: str
    package: str
    package_version: str
    package_sha256: str
    files: dict[str, str]


def load_pin(path: Path = PIN_FILE) -> Pin:
    """Reads the pinned release."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        debian = table["debian"]
        return Pin(
            table["version"], debian["package"], debian["version"], debian["sha256"], dict(table.get("files", {}))
        )
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise Failure(f"`{path}` cannot be used: {error}", "`git checkout compiler/hooks/upstream.toml`") from None


def store_pin(pin: Pin, path: Path = PIN_FILE) -> None:
    """Writes `upstream.toml`."""
    lines = [
        "# The upstream release that the hooks are written for. `./x.py hooks --pin` writes this file.",
        f'version = "{pin.version}"',
        "",
        "[debian]",
        f'package = "{pin.package}"',
        f'version = "{pin.package_version}"',
        f'sha256 = "{pin.package_sha256}"',
        "",
        "# SHA-256 of every upstream file that a hook touches, before it does.",
        "[files]",
        *(f'"{name}" = "{digest}"' for name, digest in sorted(pin.files.items())),
    ]
    write_atomic(path, ("\n".join(lines) + "\n").encode())


def fetch(config: Config, layout: Layout, pin: Pin) -> tuple[Path, str]:
    """Makes upstream's source available and returns where it lies and a digest that identifies it."""
    source = config.upstream.source
    if source == "debian":
        return unpacked(layout, f"debian {pin.package_sha256}", lambda into: fetch_debian(layout, pin, into))
    path = (REPO / Path(source).expanduser()).resolve()
    if path.is_dir():
        return path, directory_identity(path)
    if path.is_file():
        identity = f"tarball {path} {path.stat().st_size} {path.stat().st_mtime_ns}"
        return unpacked(layout, identity, lambda into: unpack_tarball(layout, path, into))
    raise Failure(
        f'`upstream.source = "{source}"` in config.toml is neither a directory nor a tarball',
        f"remove the line to use Debian's package, or {OTHER_WAYS.format(version=pin.version)}",
    )


def unpacked(layout: Layout, identity: str, unpack: Callable[[Path], Path]) -> tuple[Path, str]:
    """Unpacks into the build directory unless it was done before; a half-done attempt leaves nothing that counts."""
    stamp = layout.root / "state" / "upstream.json"
    if layout.upstream.is_dir() and load_json(stamp).get("identity") == identity:
        return layout.upstream, sha256_bytes(identity.encode())
    aside = layout.root / "upstream.partial"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    root = unpack(aside)
    stamp.unlink(missing_ok=True)
    shutil.rmtree(layout.upstream, ignore_errors=True)
    root.rename(layout.upstream)
    shutil.rmtree(aside, ignore_errors=True)
    store_json(stamp, {"identity": identity})
    return layout.upstream, sha256_bytes(identity.encode())


def fetch_debian(layout: Layout, pin: Pin, into: Path) -> Path:
    """Downloads Debian's source package, checks its digest and unpacks it."""
    cache = layout.root / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    package = debian_package(layout, pin, cache)
    log = layout.logs / "unpack.log"
    if logged(["dpkg-deb", "-x", package, into], log) != 0:
        raise failure(f"unpacking `{package.name}`", log, "`./x.py build` again; it downloads what is damaged")
    roots = list((into / "usr" / "src").glob("rustc-*"))
    if len(roots) != 1:
        raise Failure(f"`{package.name}` has no single `usr/src/rustc-*`", OTHER_WAYS.format(version=pin.version))
    return roots[0]


def debian_package(layout: Layout, pin: Pin, cache: Path) -> Path:
    """The pinned package, which may have been downloaded before."""
    found = next((file for file in cache.glob("*.deb") if sha256_file(file) == pin.package_sha256), None)
    return found or download_debian(layout, pin, cache)


def download_debian(layout: Layout, pin: Pin, cache: Path) -> Path:
    """Downloads the pinned package, or says what else there is."""
    wanted = f"{pin.package}={pin.package_version}"
    other_ways = OTHER_WAYS.format(version=pin.version)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Failure(f"downloading `{wanted}` needs apt-get, which this machine does not have", other_ways)
    say("fetch", f"Debian package {wanted}")
    log = layout.logs / "fetch.log"
    status = logged(["apt-get", "download", wanted], log, cwd=cache)
    if status != 0 and output(["apt-get", "--version"]):
        say("fetch", "not in apt's lists; trying `apt-get update`")
        logged(privileged(["apt-get", "update"]), layout.logs / "apt-update.log")
        status = logged(["apt-get", "download", wanted], log, cwd=cache)
    if status != 0:
        text = log.read_text(encoding="utf-8", errors="replace")
        gone = re.search(r"(Version .* was not found|Unable to locate package|Can't find a source)", text)
        what = (
            f"Debian no longer offers `{wanted}`"
            if gone
            else f"`apt-get download {wanted}` failed: is the network up? (log: `{log}`)"
        )
        found = output(["apt-cache", "madison", pin.package]) or "nothing"
        raise Failure(
            f"{what}\n  apt offers: {found}", ("" if gone else "run the same command again, or ") + other_ways
        )
    # One of another version may lie there from before.
    found = {file: sha256_file(file) for file in sorted(cache.glob(f"{pin.package}_*.deb"))}
    for file, digest in found.items():
        if digest == pin.package_sha256:
            return file
    if not found:
        raise Failure(f"`apt-get download {wanted}` left no package in `{cache}`", other_ways)
    for file in found:
        file.unlink()
    lines = "".join(f"\n  found    SHA-256 {digest} of `{file.name}`" for file, digest in found.items())
    raise Failure(f"the downloaded package is not the pinned `{wanted}`\n  expected SHA-256 {pin.package_sha256}{lines}", other_ways)


def privileged(command: list[str]) -> list[str]:
    """The command with `sudo` before it where that is needed and there."""
    if os.geteuid() != 0 and shutil.which("sudo"):
        return ["sudo", "-n", *command]
    return command


def unpack_tarball(layout: Layout, tarball: Path, into: Path) -> Path:
    """Unpacks what is needed of an official source tarball."""
    say("fetch", f"unpacking {tarball.name}")
    excludes = [
        f"--exclude=*/{name}" for name in ("vendor", "tests/ui", "tests/run-make", "src/llvm-project", ".cargo")
    ]
    log = layout.logs / "unpack.log"
    if (
        logged(
            ["tar", "-xf", tarball, "-C", into, "--anchored", "--wildcards", "--no-wildcards-match-slash", *excludes],
            log,
        )
        != 0
    ):
        raise failure(
            f"unpacking `{tarball}`", log, "check `upstream.source` in config.toml, then run the same command again"
        )
    roots = [entry for entry in into.iterdir() if entry.is_dir()]
    if len(roots) != 1:
        raise Failure(
            f"`{tarball}` must hold one directory, found {len(roots)}", "check `upstream.source` in config.toml"
        )
    return roots[0]


def directory_identity(path: Path) -> str:
    """A digest of what a directory of the user's own holds, by names, sizes and modification times."""
    lines = []
    for top in ("compiler", "library", "src"):
        for file in sorted((path / top).rglob("*")):
            info = file.lstat()
            lines.append(f"{file.relative_to(path)} {info.st_size} {info.st_mtime_ns}")
    return sha256_bytes("\n".join([str(path), *lines]).encode())


def verify(root: Path, pin: Pin) -> None:
    """Checks the release and the digests of the files that hooks touch."""
    try:
        found = (root / "src" / "version").read_text(encoding="utf-8").strip()
    except OSError:
        found = "no `src/version`"
    if found != pin.version:
        raise Failure(
            f"`{root}` is not the pinned release\n  expected rustc {pin.version}\n  found    {found}",
            OTHER_WAYS.format(version=pin.version),
        )
    for name, expected in pin.files.items():
        path = root / name
        found = sha256_file(path) if path.is_file() else "no such file"
        if found != expected:
            raise Failure(
                f"`{name}` in `{root}` is not the file that the hooks were written for\n  expected SHA-256 {expected}\n  found    SHA-256 {found}",
                f"{OTHER_WAYS.format(version=pin.version)}; on a rebase, `./x.py hooks --pin` takes the new files as they are",
            )
