"""The command line of x.py."""

import argparse
import errno
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import cargo, census, clean, demo, dist, fuzz, hooks, hosted, lint, page, prebuilt, relock, suite, system, toolchain
from . import config as configuration
from .config import REPO, Config, Layout
from .report import Failure, say

# What `./x.py test --all` runs of a census that takes hours.
CENSUS_MINUTES = 30

DESCRIPTION = "Build and test rustc-wasm-proc-macro. On a fresh machine, begin with `./x.py demo`."
EPILOG = (
    "x.py reads its settings from config.toml. config.example.toml lists all of them. "
    "`./x.py COMMAND --help` describes a command."
)


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--build-dir", metavar="DIR", help="the build directory (default: `build.dir` of config.toml, or `build`)"
    )
    common.add_argument("--config", metavar="FILE", help="read FILE instead of config.toml")
    common.add_argument(
        "-j",
        "--jobs",
        type=int,
        default=0,
        metavar="N",
        help="the number of parallel jobs (default: `build.jobs` of config.toml, or one per core)",
    )
    top = argparse.ArgumentParser(prog="x.py", description=DESCRIPTION, epilog=EPILOG)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", parents=[common])

    build = add("build", "build the toolchain in BUILD/host/stage1; `rustup toolchain link` can use that directory")
    build.add_argument(
        "--pristine",
        action="store_true",
        help="build upstream's unpatched compiler instead, in BUILD/pristine, for comparisons",
    )
    build.add_argument(
        "--cargo", action="store_true", help="also build the toolchain's own Cargo, for `cargo wasm-proc-macro`"
    )
    build.add_argument(
        "--print-key", action="store_true", help="only print a key that depends on all inputs of the build"
    )
    build.add_argument(
        "--hosted",
        action="store_true",
        help="also build the compiler as a WebAssembly program, and what runs it, in BUILD/hosted",
    )
    build.add_argument(
        "--prepare-only", action="store_true", help="only fetch, verify and patch the source; do not compile"
    )
    installation = add("install", "build the toolchain with its Cargo, and link it in rustup as `+wasm-proc-macro`")
    installation.add_argument(
        "--name", default="wasm-proc-macro", help="the name of the toolchain in rustup (default: %(default)s)"
    )
    add("demo", "build what is missing, compile serde_derive to WebAssembly, and run a program that uses it")
    test = add("test", "build what is missing, and run the tests")
    *first, last = (f"`{part}`" for part in suite.PARTS)
    parts = f"{', '.join(first)} or {last}"
    test.add_argument(
        "filter",
        nargs="*",
        metavar="FILTER",
        help="run only tests whose names contain FILTER. "
        f"If the first word is {parts}, run only tests in that directory of tests/",
    )
    amount = test.add_mutually_exclusive_group()
    amount.add_argument(
        "--quick",
        action="store_true",
        help="run only quick tests, which take a few minutes: x.py, our crates that need no toolchain, the documents, "
        "the patches, tests/ui from Wasm",
    )
    amount.add_argument(
        "--all",
        action="store_true",
        help="also run what CI does not run: long tests, fuzzing for some minutes, half an hour of the census",
    )
    test.add_argument("--bless", action="store_true", help="write the expected output of tests instead of comparing it")
    bench = add("bench", "measure times, sizes and memory, and write results and plots to BUILD/bench")
    bench.add_argument(
        "name",
        nargs="*",
        metavar="NAME",
        help="run only these benchmarks. `list` only prints their names. "
        "`page` only writes docs/benchmarks.md from tests/bench/results.toml",
    )
    bench.add_argument("--rounds", type=int, default=0, metavar="N", help="repeat each comparison N times")
    bench.add_argument(
        "--project",
        action="append",
        default=[],
        metavar="NAME",
        help="have `cargo` build only this project; can be given several times",
    )
    bench.add_argument(
        "--write",
        action="store_true",
        help="also write the results to tests/bench/results.toml and docs/benchmarks.md",
    )
    fuzzing = add(
        "fuzz", "run the fuzzers, which give random input to everything that reads modules, files or requests of macros"
    )
    fuzzing.add_argument(
        "target",
        nargs="?",
        choices=fuzz.names(),
        metavar="TARGET",
        help=f"run only this fuzzer: {', '.join(fuzz.names())}",
    )
    fuzzing.add_argument(
        "--for",
        dest="seconds",
        type=int,
        default=fuzz.SECONDS,
        metavar="SECONDS",
        help="how long each fuzzer runs (default: %(default)s)",
    )
    fuzzing.add_argument("--input", metavar="FILE", help="run the fuzzer TARGET once, on this file")
    count = add("census", "build macro crates of crates.io natively and from Wasm, run their tests, and compare")
    count.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAMES",
        help="only these crates of tests/census/crates.toml, separated by commas",
    )
    count.add_argument(
        "--for",
        dest="minutes",
        type=int,
        metavar="MINUTES",
        help="start no other crate after this time (default: no limit)",
    )
    count.add_argument("--again", action="store_true", help="also repeat what already has a result of this toolchain")
    halves = count.add_mutually_exclusive_group()
    halves.add_argument("--no-loads", action="store_true", help="do not load the crates; only run their tests")
    halves.add_argument("--no-tests", action="store_true", help="only load the crates; do not run their tests")
    queue = add("hooks", "check that the patches apply, and print how many lines they change in each upstream file")
    queue.add_argument(
        "--pin",
        action="store_true",
        help="first write the digests of the patched files to compiler/hooks/upstream.toml",
    )
    queue.add_argument(
        "--lock",
        action="store_true",
        help="first record the packages that the tree's lock files have and upstream's lock files do not have",
    )
    queue.add_argument("--anew", action="store_true", help="with --lock: update the versions of our own dependencies")
    add("check", "type-check the compiler, without building it")
    add("lint", "check documents, formatting and style; this needs no toolchain of the fork")
    pack = add("dist", "pack the toolchain into a tarball in BUILD/dist, and test that it works from another directory")
    pack.add_argument(
        "--with-modules",
        action="store_true",
        help="add modules of the crates in tests/census/crates.toml; this takes hours the first time",
    )
    pack.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAMES",
        help="with --with-modules: only modules of these crates, separated by commas",
    )
    pack.add_argument(
        "--signing-key",
        metavar="FILE",
        help="with --with-modules: the key that signs the modules (default: a new key, used once)",
    )
    web = add("hosted", "build what `./x.py build --hosted` does, and more that is made of it")
    web.add_argument("what", choices=["page"], help="a web page with an editor and the compiler, in BUILD/hosted/page")
    removal = add("clean", "remove files from the build directory")
    kinds = "; ".join(f"{kind} ({', '.join(names)})" for kind, names in clean.KINDS.items())
    removal.add_argument(
        "kind",
        nargs="+",
        choices=[*clean.KINDS, "all"],
        metavar="KIND",
        help=f"what to remove: {kinds}; all (the whole build directory)".replace("%", "%%"),
    )
    return top


def split(lists: Sequence[str]) -> list[str]:
    """The names of lists with commas."""
    return [name for names in lists for name in names.split(",") if name]


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
        if arguments.hosted:
            hosted.build(config, layout, ready, arguments.jobs)
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
        raise Failure(f"`--quick` cannot be combined with `{part}`", f"`./x.py test {part}` or `./x.py test --quick`")
    if part in ("", suite.CARGO) and not arguments.quick:
        system.ensure_packages(config, layout, system.CARGO_TEST_NEEDS)
    total = suite.Count() if part else suite.test_x_py(words)
    ready = suite.build_part(total, "the toolchain", lambda: toolchain.build(config, layout, arguments.jobs))
    suite.forget_other_checkout(layout, ready.stage0)
    run = suite.Run(layout, ready.stage0, words, arguments.jobs, arguments.bless, arguments.all)
    if part == suite.HOSTED:
        system.ensure_packages(config, layout, [*page.NEEDS, *page.TEST_NEEDS])
        title = "the compiler in WebAssembly, and its page"
        suite.build_part(total, title, lambda: build_page(config, layout, ready, arguments.jobs))
    elif part != suite.PARITY and not arguments.quick:
        suite.build_part(total, "Cargo", lambda: cargo.build(config, layout, ready.stage0, arguments.jobs))
    if arguments.quick:
        total.add(suite.test_quick(config, run))
    elif part == suite.PARITY:
        total.add(suite.test_parity(run))
    elif part == suite.ANALYZER:
        total.add(suite.test_analyzer(run))
    elif part == suite.CARGO:
        total.add(suite.test_cargo(run))
    elif part == suite.HOSTED:
        total.add(suite.test_hosted(run))
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
    return suite.bench(layout, ready.stage0, arguments.name, arguments.rounds, arguments.project, arguments.write)


def build_pristine(config: Config, layout: Layout, jobs: int) -> None:
    """Builds what benchmarks compare the fork's compiler with."""
    if not (layout.stage1 / "bin" / "rustc").exists():
        say("bench", "first upstream's compiler, to compare with: that takes as long again as the fork's did")
    toolchain.build(config, layout, jobs)


def do_fuzz(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py fuzz`."""
    if arguments.input and not arguments.target:
        raise Failure("`--input` needs the fuzzer that it is for", "`./x.py fuzz TARGET --input FILE`")
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
    request = census.Request(
        only=split(arguments.only),
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
    modules = None
    if arguments.with_modules:
        key = Path(arguments.signing_key).absolute() if arguments.signing_key else None
        modules = prebuilt.Request(only=split(arguments.only), signing_key=key, jobs=arguments.jobs)
    elif arguments.only or arguments.signing_key:
        raise Failure("`--only` and `--signing-key` are about modules", "`./x.py dist --with-modules …`")
    ready = toolchain.build(config, layout, arguments.jobs)
    cargo.build(config, layout, ready.stage0, arguments.jobs)
    print(dist.dist(config, layout, ready.stage0, ready.pin, ready.llvm, modules))
    return 0


def do_hosted(arguments: argparse.Namespace, config: Config, layout: Layout) -> int:
    """`./x.py hosted`."""
    system.ensure_packages(config, layout, page.NEEDS)
    ready = toolchain.build(config, layout, arguments.jobs)
    build_page(config, layout, ready, arguments.jobs)
    return 0


def build_page(config: Config, layout: Layout, ready: toolchain.Ready, jobs: int) -> None:
    """The page, and all that it is made of."""
    cargo.build(config, layout, ready.stage0, jobs)
    hosted.build(config, layout, ready, jobs)
    page.build(layout, ready, jobs)


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
    "hosted": do_hosted,
    "clean": do_clean,
}


def end(number: int, _: object) -> None:
    """Ends x.py as Ctrl-C does, and only once: a terminal that closes may send the signal twice. What x.py started must
    end before x.py does."""
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
        next_step = f"install it (Debian: `apt-get install {package}`), then {again} again"
        return Failure(f"there is no `{program}`", next_step)
    if error.errno == errno.ENOSPC or "No space left" in str(error):
        next_step = f"free some space, then {again} again; it picks up where it stopped"
        return Failure(f"the disk is full: {error}", next_step)
    next_step = f"correct that, then {again} again; it picks up where it stopped"
    return Failure(f"the file system refuses: {error}", next_step)
