"""Atomic writes, digests, and small state files."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def sha256_bytes(content: bytes) -> str:
    """The SHA-256 of `content` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomic(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Writes a file so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".x-py-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def write_if_changed(path: Path, content: bytes, mode: int = 0o644) -> bool:
    """Writes a file only if its content differs, and says whether it did: modification times are kept otherwise."""
    try:
        if not path.is_symlink() and path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    write_atomic(path, content, mode)
    return True


def is_same_tree(one: Path, other: Path) -> bool:
    """Whether two directories have the same files with the same content."""

    def files(root: Path) -> dict[Path, bytes]:
        return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    return files(one) == files(other)


def link_atomic(path: Path, to: Path | str) -> None:
    """Makes `path` a symbolic link to `to`, replacing what stood there."""
    if path.is_symlink() and os.readlink(path) == str(to):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".x-py-{os.getpid()}-{path.name}")
    aside.unlink(missing_ok=True)
    os.symlink(to, aside)
    os.replace(aside, path)


def load_json(path: Path) -> dict[str, Any]:
    """A state file's content; empty if there is none or it is damaged, so that its work is done again."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def store_json(path: Path, value: dict[str, Any]) -> None:
    """Writes a state file."""
    write_atomic(path, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode())
