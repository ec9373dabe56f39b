#!/usr/bin/env python3
"""Entry point: prepares the tree, builds the fork, runs its tests; `./x.py --help` lists the commands."""

import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit("error: x.py needs Python 3.11 or newer; run it as `python3.11 x.py`")

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent / "compiler"))

from bootstrap.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
