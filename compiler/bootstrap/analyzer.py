"""rust-analyzer of upstream's release, which `tests/analyzer` drives: Debian's packages, unpacked into the build directory."""

import shutil
import tomllib
from pathlib import Path

from . import upstream
from .config import REPO, Layout
from .files import load_json, sha256_bytes, store_json
from .report import Failure
from .run import failure, logged

PACKAGES = REPO / "tests/analyzer/rust-analyzer.toml"


def environment(layout: Layout, packages: Path = PACKAGES) -> dict[str, str]:
    """What the tests learn about it; fetches it first."""
    root = fetch(layout, packages)
    programs, libraries = list(root.glob("usr/bin/rust-analyzer")), list(root.glob("usr/lib/*/librustc_driver-*.so"))
    if len(programs) != 1 or len(libraries) != 1:
        raise Failure(
            f"the packages in `{packages}` must hold one rust-analyzer and its library",
            f"`ls -R {root}`, and correct them",
        )
    return {"RUST_ANALYZER": str(programs[0]), "RUST_ANALYZER_LIBRARIES": str(libraries[0].parent)}


def fetch(layout: Layout, packages: Path) -> Path:
    """Makes the unpacked packages available, and returns their root."""
    root = layout.root / "rust-analyzer"
    text = packages.read_bytes()
    identity = sha256_bytes(text)
    stamp = layout.state / "rust-analyzer.json"
    if root.is_dir() and load_json(stamp).get("identity") == identity:
        return root
    stamp.unlink(missing_ok=True)
    shutil.rmtree(root, ignore_errors=True)
    cache = layout.root / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for table in tomllib.loads(text.decode())["package"]:
        pin = upstream.Pin("", table["name"], table["version"], table["sha256"], {})
        log = layout.logs / "unpack.log"
        package = upstream.debian_package(layout, pin, cache)
        if logged(["dpkg-deb", "-x", package, root], log) != 0:
            raise failure(f"unpacking `{package.name}`", log, "`./x.py test analyzer` again")
    store_json(stamp, {"identity": identity})
    return root
