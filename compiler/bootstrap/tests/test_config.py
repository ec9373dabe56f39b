"""Options: defaults, the example file, and what is refused."""

import re
import tomllib
import unittest

from bootstrap import config
from bootstrap.config import REPO, Config


class Options(unittest.TestCase):
    """`config.toml`."""

    def test_example_lists_every_option_at_its_default(self) -> None:
        """An option that is added without a line in the example, or with another default there, must not pass."""
        text = (REPO / "config.example.toml").read_text(encoding="utf-8")
        self.assertEqual(config.parse(text), Config(), "everything in the example is commented out")
        uncommented = re.sub(r"^#(?=[a-z_]+ = )", "", text, flags=re.M)
        self.assertEqual(config.parse(uncommented), Config())
        listed = {(table, key) for table, content in tomllib.loads(uncommented).items() for key in content}
        known = {(table, key) for table, options in vars(Config()).items() for key in vars(options)}
        self.assertEqual(listed, known)

    def test_unknown_names_and_wrong_types_are_errors(self) -> None:
        """A misspelt option that is silently ignored costs hours."""
        for text, message in (
            ("[biuld]\njobs = 1\n", "unknown table `[biuld]`"),
            ("[build]\njob = 1\n", "unknown key `build.job`"),
            ('[build]\njobs = "1"\n', "must be int"),
            ("[build]\njobs = true\n", "must be int"),
            ("[wasm]\nrustflags = [1]\n", "must be a list of strings"),
            ('[build]\ntools = ["clipy"]\n', "does not know `clipy`; there are `clippy`, `rustfmt`"),
            ("build = 1\n", "is a table"),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(ValueError, re.escape(message)):
                config.parse(text)

    def test_options_are_taken_over(self) -> None:
        """The plain case."""
        found = config.parse('[build]\njobs = 3\n[wasm]\nrustflags = ["-Cdebuginfo=1"]\n')
        self.assertEqual((found.build.jobs, found.wasm.rustflags), (3, ["-Cdebuginfo=1"]))
