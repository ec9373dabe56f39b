"""Import circles."""

from bootstrap import circles, lint
from bootstrap.config import REPO

from .support import Sandbox


class Circles(Sandbox):
    """A crate with the files `a`, `b` and `b::c`."""

    def found(self, a: str, b: str, c: str = "") -> list[str]:
        """The circles in files with that content."""
        for name, text in {"lib": "mod a;\npub mod b;\npub use b::B;\n", "a": a, "b": f"mod c;\n{b}", "b/c": c}.items():
            self.write(self.root / f"src/{name}.rs", text)
        return [line.partition("each other: ")[2] for line in circles.find([self.root / "src/lib.rs"])]

    def test_files_that_import_each_other_are_found(self) -> None:
        """However the imports are written."""
        for a in (
            "use crate::b::B;\n",
            "use crate::{other, b::{self, x as y}};\n",
            "use super::b;\n",
            "fn a() -> crate::b::B {}\n",
            "use crate::B;\n",
            "use crate::b as x;\nfn a() { x::f() }\n",
        ):
            self.assertEqual(self.found(a, "use crate::a::A;\n"), ["a, b"], a)

    def test_a_circle_over_a_child_is_found(self) -> None:
        """Nobody sees it in the two files alone."""
        c = "use crate::a::A;\n"
        self.assertEqual(self.found("use crate::b::B;\n", "use c::C;\n", c), ["a, b, b::c"])
        self.assertEqual(self.found("use crate::b as x;\nfn a() -> x::C {}\n", "pub use c::C;\n", c), ["a, b::c"])

    def test_a_module_and_its_child_are_one(self) -> None:
        """A child has its parent's words."""
        self.assertEqual(self.found("", "use c::C;\n", "use super::B;\nuse crate::a::A;\n"), [])

    def test_what_is_no_import_is_none(self) -> None:
        """A text, a re-export, and what only tests have."""
        inline = "#[cfg(test)]\npub(crate) mod tests {\n    use crate::b::B;\n}\n"
        for a in ('const A: &str = "crate::b::B";\n', "/// See [`B`](crate::b::B).\n", "pub use crate::b::B;\n", inline):
            self.assertEqual(self.found(a, "use crate::a::A;\n"), [], a)

    def test_every_root_is_one(self) -> None:
        """A file that has moved would be looked at no more."""
        for root in lint.ROOTS:
            self.assertTrue((REPO / root).is_file(), root)
