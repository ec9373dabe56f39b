"""The command line of x.py."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import config as configuration
from . import system
from .config import REPO, Config, Layout
from .report import Failure

DESCRIPTION = "Builds and tests rustc-wasm-proc-macro. On a fresh machine `./x.py demo` does everything that is needed."


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--build-dir", metavar="DIR", help="where everything is built (default: `build.dir` of config.toml, `build`)")
    common.add_argument("--config", metavar="FILE", help="read this instead of config.toml")
    common.add_argument("-j", "--jobs", type=int, default=0, metavar="N", help="how many jobs at once (default: one per core)")
    top = argparse.ArgumentParser(prog="x.py", description=DESCRIPTION)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", parents=[common])

    build = add("build", "build the toolchain into BUILD/host/stage1")
    build.add_argument("--pristine", action="store_true", help="build upstream without hooks, into BUILD/pristine, to compare with")
    build.add_argument("--print-key", action="store_true", help="print what identifies the result, and build nothing")
    build.add_argument("--prepare-only", action="store_true", help="stop before upstream's bootstrap: fetch, verify and patch only")
    hooks = add("hooks", "check the patch queue and print its size per upstream file")
    hooks.add_argument("--pin", action="store_true", help="write the digests of the touched upstream files to compiler/hooks/upstream.toml")
    hooks.add_argument("--lock", action="store_true", help="write what the tree's lock files have beyond upstream's")
    hooks.add_argument("--anew", action="store_true", help="with --lock: choose the versions of our own packages anew")
    return top


def run(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """Carries out one command."""
    from . import hooks, relock, toolchain

    with system.locked(layout):
        if arguments.command == "build":
            if arguments.prepare_only:
                toolchain.get_ready(config, layout)
            else:
                toolchain.build(config, layout, arguments.jobs)
        elif arguments.command == "hooks":
            if arguments.pin:
                hooks.pin(config, layout)
            if arguments.lock:
                relock.relock(config, layout, arguments.anew)
            queue = hooks.check(config, layout)
            print(hooks.report(queue))
    return 0


def main(words: Sequence[str]) -> int:
    """Runs x.py and returns its exit code."""
    arguments = parser().parse_args(words)
    try:
        config = configuration.load(Path(arguments.config) if arguments.config else None)
        root = Path(arguments.build_dir).absolute() if arguments.build_dir else (REPO / Path(config.build.dir).expanduser()).absolute()
        return run(arguments, config, Layout(root, pristine=getattr(arguments, "pristine", False)))
    except Failure as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command picks up where this one stopped", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno == 28:
            print(f"error: the disk is full: {error}\n  next: free some space, then run the same command again", file=sys.stderr)
            return 1
        raise
