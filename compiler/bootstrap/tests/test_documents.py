"""Links, anchors, widths and commands of documents."""

from bootstrap import documents
from bootstrap.config import REPO
from bootstrap.report import Failure

from .support import Sandbox

RUNNABLE = """\
<!-- file: greeting.txt -->
```text
hello
```

<!-- run -->
```console
$ cat greeting.txt | say
said hello
$ true
```

```console
$ false
```
"""


class Documents(Sandbox):
    """A repository with a few documents."""

    def wrong(self, text: str) -> str:
        """What is said of a document with this text."""
        self.write(self.repo / "README.md", text)
        try:
            documents.check(self.repo)
        except Failure as error:
            return error.message
        return ""

    def test_links_lead_to_files_and_headings(self) -> None:
        """Of this document, of another one, of a directory; headings are named as GitHub does it."""
        self.write(self.repo / "docs/guide.md", "# Guide\n\n## What it has, and `what` not\n\n## Twice\n\n## Twice\n")
        good = "# Top\n[a](docs/guide.md#what-it-has-and-what-not) [b](#top) [c](docs/) [d](docs/guide.md#twice-1)\n"
        self.assertEqual(self.wrong(good), "")
        self.assertIn("README.md:2: `docs/gone.md`", self.wrong("# Top\n[`a`](docs/gone.md)\n"))
        self.assertIn("without that heading", self.wrong("[a](docs/guide.md#twice-2)\n"))
        self.assertIn("without that heading", self.wrong("# Top\n[a](#bottom)\n"))
        self.assertIn("`../build`", self.wrong("[a](../build)\n"))
        self.assertIn("`gone.md`", self.wrong("[a]\n\n[a]: gone.md\n"))

    def test_a_heading_in_a_block_is_none(self) -> None:
        """Comments of shells begin like headings."""
        self.assertIn("without that heading", self.wrong("[a](#comment)\n```console\n# comment\n```\n"))

    def test_what_is_no_link_of_the_repository_is_left_alone(self) -> None:
        """Other sites, and code."""
        self.assertEqual(self.wrong("[a](https://example.org/gone) `[b](gone.md)`\n```text\n[c](gone.md)\n```\n"), "")

    def test_paths_that_are_named_are_there(self) -> None:
        """A promise names its test, which may be moved."""
        self.write(self.repo / "tests/escape.rs", "")
        self.assertEqual(self.wrong("`tests/escape.rs` `tests/` `tests/*.rs` `target/debug/x` `tests/tests::name`\n"), "")
        self.assertIn("there is no `tests/gone.rs`", self.wrong("| `tests/gone.rs` |\n"))

    def test_lines_end_at_120_columns(self) -> None:
        """Of text and of blocks, by characters and not by bytes."""
        self.assertEqual(self.wrong("ä" * 120 + "\n"), "")
        self.assertIn("README.md:1: 121 columns", self.wrong("a" * 121 + "\n"))
        self.assertIn("README.md:2: 121 columns", self.wrong("```text\n|" + "a" * 120 + "\n```\n"))

    def test_tables_addresses_and_what_programs_write_may_be_wider(self) -> None:
        """None of them can be broken."""
        self.assertEqual(self.wrong("| " + "a" * 121 + " |\n"), "")
        self.assertEqual(self.wrong("[a](https://example.org/" + "a" * 121 + ")\n"), "")
        self.assertEqual(self.wrong("# Page\n\nWritten by `x`. " + "a" * 121 + "\n"), "")

    def test_what_is_built_is_not_looked_at(self) -> None:
        """It has documents of upstream's."""
        self.write(self.repo / "elsewhere/README.md", "[a](gone.md)\n")
        self.write(self.repo / "target/README.md", "[a](gone.md)\n")
        self.write(self.repo / "tests/target/CACHEDIR.TAG", "")
        self.write(self.repo / "tests/target/README.md", "[a](gone.md)\n")
        self.assertEqual(documents.check(self.repo, [self.repo / "elsewhere"]), 0)

    def test_marked_commands_are_run_with_the_toolchain(self) -> None:
        """In one directory, with the files that are marked; others are not run."""
        self.write(self.root / "toolchain/bin/say", '#!/bin/sh\necho "said $(cat)"\n').chmod(0o755)
        self.write(self.repo / "README.md", RUNNABLE)
        self.assertEqual(documents.run(self.root / "toolchain", self.repo), 2)
        self.write(self.repo / "README.md", RUNNABLE.replace("said hello", "said nothing"))
        with self.assertRaisesRegex(Failure, r"(?s)README.md:8: `cat greeting.txt \| say`.*printed\nsaid hello"):
            documents.run(self.root / "toolchain", self.repo)
        self.write(self.repo / "README.md", RUNNABLE.replace("$ true", "$ exit 3"))
        with self.assertRaisesRegex(Failure, "README.md:10: `exit 3` ended with 3"):
            documents.run(self.root / "toolchain", self.repo)

    def test_the_documents_of_this_repository_have_commands_to_run(self) -> None:
        """A mark that is written otherwise would leave all of them out."""
        blocks = documents.read(REPO / "docs/guide.md").blocks
        self.assertEqual([block.mark for block in blocks if block.mark][:3], ["file: shout.rs", "file: main.rs", "run"])
