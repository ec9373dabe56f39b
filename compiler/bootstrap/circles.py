"""Import circles: no two files of a crate need each other, unless one of them is in the other's directory.

What a file needs is read from its `use` declarations and its paths. A re-export is no need: whoever imports by it needs
the file behind it. What a module takes from those above it does not count, for they are one. What is inline and only for
tests is not looked at.
"""

import re
from collections.abc import Iterator
from pathlib import Path

Module = tuple[str, ...]

# Comments and texts.
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"', re.DOTALL)
TESTS = re.compile(r"#\[cfg\([^\n]*\btest\b[^\n]*\]\s*(?:pub\S* )?mod \w+ \{.*", re.DOTALL)
CHILD = re.compile(r"^(?:pub\S* )?mod (\w+);", re.MULTILINE)
USE = re.compile(r"^\s*(pub\S* )?use ([^;]+);", re.MULTILINE)
PATH = re.compile(r"(?<![\w:])\w+(?:::\w+)+")
# How often an import may lead to another one.
MOST = 8


def leaves(tree: str, before: Module = ()) -> Iterator[tuple[Module, str]]:
    """The paths of a `use` declaration, and the names that they get: those of `a::{b, c as d}` are `a::b` and `a::c`."""
    head, brace, rest = tree.partition("{")
    if not brace:
        path, _, name = (part.strip() for part in tree.partition(" as "))
        parts = (*before, *(part for part in path.split("::") if part not in ("", "self") or not before))
        yield parts, name or parts[-1]
        return
    before = (*before, *(part.strip() for part in head.split("::") if part.strip()))
    depth, start = 0, 0
    inner = rest[: rest.rindex("}")] + ","
    for at, char in enumerate(inner):
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            if inner[start:at].strip():
                yield from leaves(inner[start:at].strip(), before)
            start = at + 1


class Crate:
    """The files of a crate by their modules' paths, and what each of them says."""

    def __init__(self, root: Path) -> None:
        """Reads the files, from that of the crate's root on."""
        self.code: dict[Module, str] = {}
        self.names: dict[Module, dict[str, Module]] = {}
        self.read(root, root.parent, ())

    def read(self, file: Path, directory: Path, module: Module) -> None:
        """Reads a file, and those of its children, which are in `directory`."""
        code = TESTS.sub("", NO_CODE.sub("", file.read_text()))
        self.code[module] = code
        self.names[module] = {name: path for use in USE.finditer(code) for path, name in leaves(use[2])}
        for name in CHILD.findall(code):
            for child in (directory / f"{name}.rs", directory / name / "mod.rs"):
                if child.exists():
                    self.read(child, directory / name, (*module, name))

    def file(self, module: Module, path: Module, most: int = MOST) -> Module | None:
        """The module in whose file that is which a module calls `path`, if it is one of the crate's."""
        first, rest = path[0], path[1:]
        if first in ("crate", "self", "super"):
            at = {"crate": (), "self": module, "super": module[:-1]}[first]
            while rest and rest[0] == "super":
                at, rest = at[:-1], rest[1:]
        elif (*module, first) in self.code:
            at, rest = (*module, first), rest
        elif most and first in self.names[module] and self.names[module][first] != path:
            return self.file(module, (*self.names[module][first], *rest), most - 1)
        else:
            return None
        while rest and (*at, rest[0]) in self.code:
            at, rest = (*at, rest[0]), rest[1:]
        if most and rest and rest[0] in self.names[at]:
            return self.file(at, (*self.names[at][rest[0]], *rest[1:]), most - 1) or at
        return at

    def needs(self, module: Module) -> set[Module]:
        """The modules that a module needs, but for those above it."""
        code = self.code[module]
        paths = {path for use in USE.finditer(code) if not use[1] for path, _ in leaves(use[2])}
        paths |= {tuple(path.split("::")) for path in PATH.findall(USE.sub("", code))}
        found = {self.file(module, path) for path in paths}
        return {other for other in found if other is not None and other != module[: len(other)]}

    def circles(self) -> list[list[Module]]:
        """The modules that need each other."""
        needs = {module: self.needs(module) for module in self.code}
        reached: dict[Module, set[Module]] = {}
        for module in needs:
            seen, todo = set(), [module]
            while todo:
                new = needs[todo.pop()] - seen
                seen |= new
                todo += new
            reached[module] = seen
        found = {tuple(sorted(other for other in seen if module in reached[other])) for module, seen in reached.items()}
        return [list(circle) for circle in sorted(found) if circle]


def find(roots: list[Path]) -> list[str]:
    """A line about each circle in the crates with these roots."""
    lines = []
    for root in roots:
        for circle in Crate(root).circles():
            lines.append(f"{root}: these need each other: {', '.join('::'.join(module) or 'crate' for module in circle)}")
    return lines
