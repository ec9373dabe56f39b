"""The documents: every link and anchor leads somewhere, lines end at 120 columns, and commands that are marked do what is said.

A mark is an HTML comment on the line before a block, which nobody sees:

* `<!-- file: NAME -->`: the block is written to NAME.
* `<!-- run -->`: each line of the block that begins with `$ ` is run by bash, with the toolchain's programs first in PATH. What stands below
  it is what it prints. Where nothing stands below it, it only has to succeed.

All blocks of a document share one directory, which is empty before the first one.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from .config import REPO
from .report import Failure
from .run import captured

COLUMNS = 120
# Directories of the repository that x.py and Cargo fill.
MADE = ("build", "target")
# A program writes such a document, and its lines are that program's.
GENERATED = "Written by `"
# Where a path in backticks that begins so is one of the repository.
ROOMS = ("compiler", "docs", "examples", "library", "src", "stubgen", "tests")

FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*([\w+-]*)")
MARK = re.compile(r"<!-- (run|file: (\S+)) -->")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^\s()<>]*(?:\([^()]*\))?[^\s()<>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$")
CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
NAMED = re.compile(r"<a\s[^>]*(?:id|name)=\"([^\"]+)\"")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
URL = re.compile(r"https?://[^\s)>`]+")
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")


@dataclass
class Block:
    """A fenced block."""

    # The number of its first line of text, counted from 1.
    line: int
    # What stands in the comment before it.
    mark: str
    lines: list[str] = field(default_factory=list)


@dataclass
class Document:
    """A Markdown file: its lines of prose by their numbers, counted from 1, and its blocks."""

    path: Path
    lines: list[str]
    prose: dict[int, str]
    blocks: list[Block]

    @property
    def anchors(self) -> set[str]:
        """What `#…` can lead to: headings as GitHub names them, and names of its own."""
        found: set[str] = set()
        for line in self.prose.values():
            found.update(NAMED.findall(line))
            if match := HEADING.match(line):
                name = slug(match[2])
                number = 0
                while (anchor := f"{name}-{number}" if number else name) in found:
                    number += 1
                found.add(anchor)
        return found


def read(path: Path) -> Document:
    """Reads a document."""
    lines = path.read_text(encoding="utf-8").splitlines()
    prose: dict[int, str] = {}
    blocks: list[Block] = []
    fence, mark = "", ""
    for number, line in enumerate(lines, 1):
        match = FENCE.match(line)
        if fence:
            if match and match[1].startswith(fence) and line.strip() == match[1]:
                fence = ""
            else:
                blocks[-1].lines.append(line)
        elif match:
            fence = match[1]
            blocks.append(Block(number + 1, mark))
        else:
            prose[number] = line
        found = MARK.fullmatch(line.strip())
        mark = found[1] if found and not fence else ""
    return Document(path, lines, prose, blocks)


def slug(heading: str) -> str:
    """The anchor that GitHub makes of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    text = re.sub(r"[^\w\- ]", "", text.strip().lower())
    return text.replace(" ", "-")


def documents(repo: Path = REPO, without: Iterable[Path] = ()) -> list[Path]:
    """Every Markdown file of the repository, but not those of a build directory in it."""
    skipped = {path.resolve() for path in without}
    found = []
    for directory, names, files in os.walk(repo):
        here = Path(directory)
        names[:] = sorted(name for name in names if name != ".git" and not (here == repo and name in MADE))
        names[:] = [name for name in names if not (here / name / "CACHEDIR.TAG").exists() and (here / name).resolve() not in skipped]
        found += [here / name for name in sorted(files) if name.endswith(".md")]
    return found


def check(repo: Path = REPO, without: Iterable[Path] = ()) -> int:
    """Checks links, anchors, named paths and widths of all documents, and returns how many documents there are."""
    paths = documents(repo, without)
    known = {path.resolve(): read(path) for path in paths}
    wrong = [
        f"  {document.path.relative_to(repo)}:{line}: {text}"
        for document in known.values()
        for line, text in sorted([*wide_lines(document), *broken_links(document, known, repo), *missing_paths(document, repo)])
    ]
    if wrong:
        raise Failure("\n".join([f"{len(wrong)} places in the documents", *wrong]), "correct them, then `./x.py lint`")
    return len(known)


def wide_lines(document: Document) -> Iterator[tuple[int, str]]:
    """Lines beyond 120 columns: of tables none, and elsewhere addresses do not count."""
    if any(GENERATED in line for line in document.lines[:5]):
        return
    for number, line in enumerate(document.lines, 1):
        is_row = line.lstrip().startswith("|") and number in document.prose
        width = len(URL.sub("", line))
        if width > COLUMNS and not is_row:
            yield number, f"{width} columns; lines end at {COLUMNS}"


def broken_links(document: Document, known: dict[Path, Document], repo: Path) -> Iterator[tuple[int, str]]:
    """Links to files or anchors that are not there. What is on other machines is not looked for."""
    for number, line in document.prose.items():
        text = CODE.sub(lambda code: "`" * len(code[0]), line)
        reference = REFERENCE.match(text)
        for target in [*LINK.findall(text), *([reference[1]] if reference else [])]:
            if SCHEME.match(target):
                continue
            name, _, anchor = target.partition("#")
            path = (document.path.parent / unquote(name)).resolve() if name else document.path.resolve()
            if not path.is_relative_to(repo.resolve()) or not path.exists():
                yield number, f"`{target}` leads to no file of the repository"
            elif anchor and (path not in known or unquote(anchor) not in known[path].anchors):
                yield number, f"`{target}` leads to a file without that heading"


def missing_paths(document: Document, repo: Path) -> Iterator[tuple[int, str]]:
    """Paths of the repository in backticks that are not there: what has moved is to be named by its new place."""
    if any(GENERATED in line for line in document.lines[:5]):
        return
    for number, line in document.prose.items():
        for _, text in CODE.findall(line):
            is_path = PATH.fullmatch(text) and "/" in text and text.split("/")[0] in ROOMS
            if is_path and not (repo / text).exists():
                yield number, f"there is no `{text}` in the repository"


def run(toolchain: Path, repo: Path = REPO, without: Iterable[Path] = ()) -> int:
    """Runs every command of the documents that is marked, and returns how many there are."""
    return sum(run_document(read(path), toolchain, repo) for path in documents(repo, without))


def run_document(document: Document, toolchain: Path, repo: Path = REPO) -> int:
    """Writes and runs the marked blocks of one document."""
    marked = [block for block in document.blocks if block.mark]
    if not marked:
        return 0
    count = 0
    env = {"PATH": os.pathsep.join((str(toolchain / "bin"), os.environ.get("PATH", os.defpath)))}
    with tempfile.TemporaryDirectory(prefix="x-py-documents-") as scratch:
        for block in marked:
            if block.mark != "run":
                path = Path(scratch, block.mark.removeprefix("file: "))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("\n".join([*block.lines, ""]), encoding="utf-8")
                continue
            for line, command, expected in commands(block):
                count += 1
                done = captured(["bash", "-o", "pipefail", "-c", command], cwd=Path(scratch), env=env)
                printed = done.stdout + done.stderr
                if done.returncode != 0 or (expected and printed.split("\n") != [*expected, ""]):
                    raise Failure(
                        f"{document.path.relative_to(repo)}:{line}: `{command}` ended with {done.returncode} and printed\n{printed}",
                        "correct the document or what it describes, then the same command again",
                    )
    return count


def commands(block: Block) -> Iterator[tuple[int, str, list[str]]]:
    """The commands of a block: where each stands, and what it is said to print."""
    found: list[tuple[int, str, list[str]]] = []
    for number, line in enumerate(block.lines, block.line):
        if line.startswith("$ "):
            found.append((number, line.removeprefix("$ "), []))
        elif found:
            found[-1][2].append(line)
    yield from found
