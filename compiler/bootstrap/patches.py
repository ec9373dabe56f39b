"""The patch queue: reading patches, counting their lines, and applying them in order with zero fuzz."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .config import REPO
from .report import Failure

QUEUES = (Path("compiler/hooks"), Path("library/hooks"))
NAME = re.compile(r"\d{4}-[a-z0-9_-]+\.patch")


@dataclass(frozen=True)
class Patch:
    """One file of the queue."""

    path: Path
    header: str
    # Added and removed lines of each upstream file, in the patch's order.
    files: dict[str, tuple[int, int]]


def queue(repo: Path = REPO) -> list[Path]:
    """All patch files in the order in which they apply."""
    found = []
    for directory in QUEUES:
        for path in sorted((repo / directory).glob("*.patch")):
            if not NAME.fullmatch(path.name):
                raise Failure(
                    f"`{directory / path.name}` is not named `NNNN-<upstream crate>-<subject>.patch`",
                    "rename it, then `./x.py hooks`",
                )
            found.append(path)
    return found


def read(path: Path) -> Patch:
    """Parses a patch as far as counting and staging need it."""
    header: list[str] = []
    files: dict[str, tuple[int, int]] = {}
    current: str | None = None
    left_old = left_new = 0
    old_name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if left_old > 0 or left_new > 0:
            assert current is not None
            added, removed = files[current]
            if line.startswith("+"):
                left_new -= 1
                added += 1
            elif line.startswith("-"):
                left_old -= 1
                removed += 1
            elif not line.startswith("\\"):
                left_old -= 1
                left_new -= 1
            files[current] = (added, removed)
        elif line.startswith("--- "):
            old_name = strip_name(line[4:])
        elif line.startswith("+++ "):
            name = strip_name(line[4:])
            current = old_name if name == "/dev/null" else name
            files.setdefault(current, (0, 0))
        elif match := re.match(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", line):
            left_old = int(match[1]) if match[1] is not None else 1
            left_new = int(match[2]) if match[2] is not None else 1
        elif current is None and not line.startswith(("diff --git ", "index ", "---")):
            header.append(line)
    return Patch(path, "\n".join(header).strip(), files)


def strip_name(field: str) -> str:
    """`b/compiler/x.rs<tab>date` -> `compiler/x.rs`."""
    name = field.split("\t")[0].strip()
    return name if name == "/dev/null" else name.split("/", 1)[-1]


def read_queue(repo: Path = REPO) -> list[Patch]:
    """The whole queue, parsed; a patch without a header or without a file is refused."""
    patches = [read(path) for path in queue(repo)]
    for patch in patches:
        name = patch.path.relative_to(repo)
        if not patch.header:
            raise Failure(
                f"`{name}` has no header that says what it does and why",
                "write one above its first `---` line, then `./x.py hooks`",
            )
        if not patch.files:
            raise Failure(f"`{name}` changes no file", "write it anew with `git diff -U1`, then `./x.py hooks`")
    return patches


def apply(patch: Path, into: Path) -> None:
    """Applies one patch; `git apply` knows no fuzz, so context that differs is an error."""
    # The ceiling keeps git from taking the directory for a part of the repository that the build directory may lie in.
    environment = {
        "GIT_CEILING_DIRECTORIES": str(into.parent),
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LC_ALL": "C",
        "HOME": "/nonexistent",
    }
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", str(patch)],
        cwd=into,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        shown = "\n".join("    " + line for line in done.stderr.strip().splitlines())
        raise Failure(
            f"`{shown_path(patch)}` does not apply:\n{shown}",
            f"compare it with the files in `{into}` (the patches before it are applied there), correct it, then `./x.py hooks`",
        )


def shown_path(patch: Path) -> Path:
    """A patch's place in the repository, if it lies there."""
    return patch.relative_to(REPO) if patch.is_relative_to(REPO) else Path(*patch.parts[-3:])
