"""The command line of x.py."""

import argparse
import errno
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import cargo, census, clean, demo, dist, fuzz, hooks, lint, relock, suite, system, toolchain
from . import config as configuration
from .config import REPO, Config, Layout
from .report import Failure, say

# What `./x.py test --all` runs of a census that takes hours.
CENSUS_MINUTES = 30

DESCRIPTION = "Builds and tests rustc-wasm-proc-macro. On a fresh machine `./x.py demo` does everything that is needed."
EPILOG = (
    "Options stand in config.toml; config.example.toml lists them. `./x.py COMMAND --help` tells more about a command."
)


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--build-dir", metavar="DIR", help="where everything is built (default: `build.dir` of config.toml, `build`)"
    )
    common.add_argument("--config", metavar="FILE", help="read this instead of config.toml")
    common.add_argument(
        "-j", "--jobs", type=int, default=0, metavar="N", help="how many jobs at once (default: `build.jobs`, one per core)"
    )
    top = argparse.ArgumentParser(prog="x.py", description=DESCRIPTION, epilog=EPILOG)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", parents=[common])

    build = add("build", "build the toolchain into BUILD/host/stage1, fit for `rustup toolchain link`")
    build.add_argument(
        "--pristine", action="store_true", help="build upstream without hooks into BUILD/pristine, to compare with"
    )
    build.add_argument("--cargo", action="store_true", help="with the toolchain's own Cargo, for `cargo wasm-proc-macro`")
    build.add_argument("--print-key", action="store_true", help="print what identifies the result, and build nothing")
    build.add_argument(
        "--prepare-only", action="store_true", help="stop before upstream's bootstrap: fetch, verify and patch only"
    )
    installation = add("install", "build everything, Cargo too, and make it known to rustup: `cargo +wasm-proc-macro …`")
    installation.add_argument(
        "--name", default="wasm-proc-macro", help="what rustup calls the toolchain (default: %(default)s)"
    )
    add("demo", "compile serde_derive from crates.io to WebAssembly, and a program with it; builds what is missing")
    test = add("test", "run all tests; builds what is missing")
    test.add_argument(
        "filter",
        nargs="*",
        metavar="FILTER",
        help="only tests whose names contain this; "
        f"{', '.join(f'`{part}`' for part in suite.PARTS)} before it: only those of tests/ in the directory of that name",
    )
    amount = test.add_mutually_exclusive_group()
    amount.add_argument(
        "--quick",
        action="store_true",
        help="for daily work, few minutes: x.py, our crates without a toolchain, the documents, tests/ui from Wasm",
    )
    amount.add_argument(
        "--all",
        action="store_true",
        help="also what CI does not run: tests that take too long, fuzzing for some minutes, half an hour of the census",
    )
    test.add_argument("--bless", action="store_true", help="write expectations anew instead of comparing")
    bench = add("bench", "measure; results and plots go to BUILD/bench")
    bench.add_argument(
        "name",
        nargs="*",
        metavar="NAME",
        help="only these benchmarks; `list` names them; `page` measures nothing and writes docs/benchmarks.md from tests/bench/results.toml",
    )
    bench.add_argument("--rounds", type=int, default=0, metavar="N", help="how often each comparison is repeated")
    bench.add_argument(
        "--write",
        action="store_true",
        help="also put the results into tests/bench/results.toml and docs/benchmarks.md; without it the repository stays as it is",
    )
    fuzzing = add("fuzz", "throw inputs that nobody thought of at all that reads what a macro or a file says")
    fuzzing.add_argument("target", nargs="?", choices=fuzz.names(), metavar="TARGET", help=f"only {', '.join(fuzz.names())}")
    fuzzing.add_argument(
        "--for",
        dest="seconds",
        type=int,
        default=fuzz.SECONDS,
        metavar="SECONDS",
        help="how long each target is run (default: %(default)s)",
    )
    fuzzing.add_argument("--input", metavar="FILE", help="run the target on this file alone, as it was found")
    count = add("census", "compare macro crates of crates.io, and their own tests, from Wasm and natively")
    count.add_argument("--only", action="append", default=[], metavar="NAMES", help="only these crates of tests/census/crates.toml")
    count.add_argument(
        "--for", dest="minutes", type=int, metavar="MINUTES", help="begin nothing new after this time (default: do everything)"
    )
    count.add_argument("--again", action="store_true", help="also what this toolchain has done already")
    halves = count.add_mutually_exclusive_group()
    halves.add_argument("--no-loads", action="store_true", help="only the tests of crates of which it is known how they load")
    halves.add_argument("--no-tests", action="store_true", help="only whether the crates load")
    queue = add("hooks", "check the patch queue and print its size per upstream file")
    queue.add_argument(
        "--pin",
        action="store_true",
        help="first write the digests of the touched files to compiler/hooks/upstream.toml",
    )
    queue.add_argument(
        "--lock", action="store_true", help="first write what the tree's lock files have beyond upstream's"
    )
    queue.add_argument("--anew", action="store_true", help="with --lock: choose the versions of our own packages anew")
    add("check", "type-check the fork's compiler with stage0")
    add("lint", "check documents, format and style; builds no compiler")
    add("dist", "pack a relocatable tarball of the toolchain into BUILD/dist, and try it from another directory")
    removal = add("clean", "remove what can be made again")
    kinds = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in clean.KINDS.items())
    removal.add_argument(
        "kind",
        nargs="+",
        choices=[*clean.KINDS, "all"],
        metavar="KIND",
        help=f"{kinds}; all: the whole build directory".replace("%", "%%"),
    )
    return top


def do_build(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py build`."""
    if arguments.print_key:
        print(toolchain.source_key(config))
    elif arguments.prepare_only:
        toolchain.get_ready(config, layout)
    else:
        ready = toolchain.build(config, layout, arguments.jobs)
        if arguments.cargo:
            cargo.build(config, layout, ready.stage0, arguments.jobs)
    return 0


def do_install(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py install`."""
    ready = toolchain.build(config, layout, arguments.jobs)
    cargo.build(config, layout, ready.stage0, arguments.jobs)
    cargo.install(layout, arguments.name)
    return 0


def do_demo(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py demo`."""
    ready = toolchain.build(config, layout, arguments.jobs)
    demo.demo(layout, ready.stage0.cargo)
    return 0


def do_test(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py test`."""
    part, words = suite.split(arguments.filter)
    if part and arguments.quick:
        raise Failure(f"`--quick` chooses the parts itself, without `{part}`", f"`./x.py test {part}` or `./x.py test --quick`")
    if part in ("", suite.CARGO) and not arguments.quick:
        system.ensure_packages(config, layout, system.CARGO_TEST_NEEDS)
    total = suite.Count() if part else suite.test_x_py(words)
    ready = suite.build_part(total, "the toolchain", lambda: toolchain.build(config, layout, arguments.jobs))
    suite.forget_other_checkout(layout, ready.stage0)
    run = suite.Run(layout, ready.stage0, words, arguments.jobs, arguments.bless, arguments.all)
    if part != suite.PARITY and not arguments.quick:
        suite.build_part(total, "Cargo", lambda: cargo.build(config, layout, ready.stage0, arguments.jobs))
    if arguments.quick:
        total.add(suite.test_quick(config, run))
    elif part == suite.PARITY:
        total.add(suite.test_parity(run))
    elif part == suite.ANALYZER:
        total.add(suite.test_analyzer(run))
    elif part == suite.CARGO:
        total.add(suite.test_cargo(run))
    else:
        total.add(suite.test_all(config, run))
        if arguments.all and not words:
            total.add(test_beyond_ci(run))
    return suite.close(total, arguments.filter)


def test_beyond_ci(run: suite.Run) -> suite.Count:
    """Runs what no push of a change waits for."""
    layout, stage0, jobs = run.layout, run.stage0, run.jobs
    total = suite.test_step("longer fuzzing", lambda: fuzz.fuzz(layout, stage0, fuzz.names(), fuzz.SECONDS, jobs))
    total.add(
        suite.test_step(
            f"{CENSUS_MINUTES} minutes of the census", lambda: census.check(layout, stage0, CENSUS_MINUTES, jobs)
        )
    )
    return total


def do_bench(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py bench`."""
    if arguments.name in ([suite.LIST], [suite.PAGE]):
        return suite.bench_without_toolchain(layout, system.find_stage0(config), arguments.name[0])
    system.ensure_packages(config, layout, system.BENCH_NEEDS)
    ready = toolchain.build(config, layout, arguments.jobs)
    if not arguments.name or suite.WITH_CARGO.intersection(arguments.name):
        cargo.build(config, layout, ready.stage0, arguments.jobs)
    if not arguments.name or suite.PRISTINE.intersection(arguments.name):
        build_pristine(config, Layout(layout.root, pristine=True), arguments.jobs)
    return suite.bench(layout, ready.stage0, arguments.name, arguments.rounds, arguments.write)


def build_pristine(config: Config, layout: Layout, jobs: int) -> None:
    """Builds what benchmarks compare the fork's compiler with."""
    if not (layout.stage1 / "bin" / "rustc").exists():
        say("bench", "first upstream's compiler, to compare with: that takes as long again as the fork's did")
    toolchain.build(config, layout, jobs)


def do_fuzz(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py fuzz`."""
    if arguments.input and not arguments.target:
        raise Failure("an input is one of a target", "`./x.py fuzz TARGET --input FILE`")
    targets = [arguments.target] if arguments.target else fuzz.names()
    if fuzz.REQUESTS in targets:
        stage0 = toolchain.build(config, layout, arguments.jobs).stage0
    else:
        system.ensure_packages(config, layout, fuzz.NEEDS)
        stage0 = system.find_stage0(config)
    if arguments.input:
        return fuzz.replay(layout, stage0, targets[0], Path(arguments.input), arguments.jobs)
    return fuzz.fuzz(layout, stage0, targets, arguments.seconds, arguments.jobs)


def do_census(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py census`."""
    ready = toolchain.build(config, layout, arguments.jobs)
    cargo.build(config, layout, ready.stage0, arguments.jobs)
    only = [name for names in arguments.only for name in names.split(",") if name]
    request = census.Request(
        only=only,
        minutes=arguments.minutes,
        again=arguments.again,
        loads=not arguments.no_loads,
        tests=not arguments.no_tests,
        jobs=arguments.jobs,
    )
    return census.census(layout, ready.stage0, request)


def do_hooks(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py hooks`."""
    if arguments.pin:
        hooks.pin(config, layout)
    if arguments.lock:
        relock.relock(config, layout, arguments.anew)
    print(hooks.report(hooks.check(config, layout)))
    return 0


def do_check(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py check`."""
    toolchain.check(config, layout, arguments.jobs)
    return 0


def do_lint(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py lint`."""
    lint.lint(layout, system.find_stage0(config), arguments.jobs)
    return 0


def do_dist(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py dist`."""
    ready = toolchain.build(config, layout, arguments.jobs)
    cargo.build(config, layout, ready.stage0, arguments.jobs)
    print(dist.dist(config, layout, ready.stage0, ready.pin, ready.llvm))
    return 0


def do_clean(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py clean`."""
    clean.clean(layout, arguments.kind)
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace, Config, Layout], int]] = {
    "build": do_build,
    "install": do_install,
    "demo": do_demo,
    "test": do_test,
    "bench": do_bench,
    "fuzz": do_fuzz,
    "census": do_census,
    "hooks": do_hooks,
    "check": do_check,
    "lint": do_lint,
    "dist": do_dist,
    "clean": do_clean,
}


def end(number: int, _: object) -> None:
    """Ends x.py as Ctrl-C does, once: a terminal that closes may say so twice, and what x.py started is to end before it."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(words: Sequence[str]) -> int:
    """Runs x.py and returns its exit code."""
    arguments = parser().parse_args(words)
    # A plain `kill` or a closed terminal must also end what x.py started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        # Under `nohup` it is to go on.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)
    again = f"`./x.py {shlex.join(words)}`"
    try:
        config = configuration.load(Path(arguments.config) if arguments.config else None)
        arguments.jobs = arguments.jobs or config.build.jobs
        root = (
            Path(arguments.build_dir).absolute()
            if arguments.build_dir
            else (REPO / Path(config.build.dir).expanduser()).absolute()
        )
        layout = Layout(root, pristine=getattr(arguments, "pristine", False))
        if getattr(arguments, "print_key", False):
            return do_build(arguments, config, layout)
        with system.locked(layout):
            return COMMANDS[arguments.command](arguments, config, layout)
    except Failure as error:
        # Here it is known which command that is.
        print(Failure(error.message, error.next_step.replace("the same command", again)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"interrupted; next: {again} picks up where this one stopped", file=sys.stderr)
        return 130
    except (OSError, shutil.Error) as error:
        print(explained(error, again), file=sys.stderr)
        return 1


def explained(error: OSError, again: str) -> Failure:
    """What the user can do about an error of the system."""
    program = error.filename if isinstance(error, FileNotFoundError) else None
    # A bare name is that of a program to run, for files are named by their paths.
    if isinstance(program, str) and "/" not in program:
        package = system.package_with(program)
        return Failure(f"there is no `{program}`", f"install it (Debian: `apt-get install {package}`), then {again} again")
    if error.errno == errno.ENOSPC or "No space left" in str(error):
        next_step = f"free some space, then {again} again; it picks up where it stopped"
        return Failure(f"the disk is full: {error}", next_step)
    next_step = f"correct that, then {again} again; it picks up where it stopped"
    return Failure(f"the file system refuses: {error}", next_step)
