"""Building the toolchain: upstream's bootstrap in the prepared tree, then the linker and our command beside it."""

import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import cargo, lockfile, patches, runtime, settings, sysroot, system, tree, upstream
from .config import REPO, Config, Layout
from .files import link_atomic, load_json, sha256_bytes, store_json
from .progress import Progress
from .report import Failure, duration, say
from .run import failure, logged
from .system import Stage0
from .tree import Prepared

# What of ours cannot change a single byte of std: our own crates, our own modules that only serve `--wasm-proc-macro`, rustdoc
# and other tools. A patch of the compiler's own files is never in here, for it may change crate metadata or predefined symbols.
STD_NEUTRAL = (
    "compiler/rustc_wasm_proc_macro_api/",
    "compiler/rustc_wasm_proc_macro_client/",
    "stubgen/",
    "compiler/rustc_expand/src/remote_",
    "compiler/rustc_hosted/",
    "compiler/rustc_interface/src/wasm_proc_macro",
    "src/librustdoc/",
    "src/tools/",
)

# What stands for the tree in the compiler's messages, for the tree's paths are remapped (`settings`): upstream's names and Debian's.
REMAPPED_TREE = re.compile(r"(?:/rustc(?:-dev)?/|/usr/src/rustc-)\d[\w.+-]*(?=/)")


@dataclass(frozen=True)
class Ready:
    """All that has to be known before upstream's bootstrap is called."""

    stage0: Stage0
    prepared: Prepared
    identity: str
    settings_text: str
    pin: upstream.Pin
    llvm: str
    # Paths of upstream's bootstrap.
    tools: tuple[str, ...]

    @property
    def own_digest(self) -> str:
        """Identifies the compiler's own inputs; rustc keys its caches on it."""
        return self.prepared.digest(extra=self.pin.version)

    @property
    def key(self) -> str:
        """Identifies everything that goes into the compiler and std."""
        lines = [self.own_digest, self.identity, self.settings_text, self.llvm, self.stage0.release, *self.tools]
        return sha256_bytes("\n".join(lines).encode())

    @property
    def runtime_key(self) -> str:
        """Identifies everything that goes into the runtime library and the commands."""
        lines = [self.stage0.release, *(file_line(path) for path in runtime.files())]
        return sha256_bytes("\n".join(lines).encode())

    @property
    def std_key(self) -> str:
        """Identifies everything that goes into std, the compiler's code generation included."""
        lines = [
            self.prepared.digest(without=(*STD_NEUTRAL, "Cargo.lock")),
            self.identity,
            self.settings_text,
            self.llvm,
            self.stage0.release,
        ]
        return sha256_bytes("\n".join(lines).encode())


def get_ready(config: Config, layout: Layout) -> Ready:
    """Fetches, checks and prepares; a second time it finds everything done."""
    stage0 = system.find_stage0(config)
    system.check_space(config, layout)
    system.ensure_packages(config, layout, system.needs(config))
    llvm = system.check_llvm(config)
    pin = upstream.load_pin()
    source, identity = upstream.fetch(config, layout, pin)
    upstream.verify(source, pin)
    prepared = tree.prepare(source, identity, layout, pin)
    settings_file = settings.write(config, layout, stage0)
    text, tools = settings_file.read_text(encoding="utf-8"), settings.tools(config, layout)
    return Ready(stage0, prepared, identity, text, pin, llvm, tools)


def source_key(config: Config) -> str:
    """Identifies what goes into the toolchain as far as it is known before anything is fetched or prepared."""
    stage0 = system.find_stage0(config)
    lines = [file_line(path) for path in sorted(source_files())]
    lines += [
        config.upstream.source,
        config.llvm.config,
        config.llvm.lld,
        config.wasm.wasi_lib,
        str(system.llvm_version(config)),
        stage0.release,
        stage0.host,
        *settings.tools(config),
    ]
    lines += [config.rust.channel, config.rust.description, *config.wasm.rustflags]
    return sha256_bytes("\n".join(lines).encode())[:32]


def source_files() -> list[Path]:
    """Every file of the repository that goes into the toolchain."""
    others = [upstream.PIN_FILE, Path(settings.__file__), *(REPO / name for name in lockfile.ADDITIONS.values())]
    found = [*tree.overlay().values(), *patches.queue(), *(path for path in others if path.exists()), *runtime.files()]
    return list(dict.fromkeys(found))


def file_line(path: Path) -> str:
    """A file's place in the repository and its digest."""
    return f"{path.relative_to(REPO)} {sha256_bytes(path.read_bytes())}"


def build(config: Config, layout: Layout, jobs: int = 0) -> Ready:
    """Leaves a finished toolchain in `host/stage1` and returns what it was built with."""
    begin = time.monotonic()
    ready = get_ready(config, layout)
    done_file = layout.state / "built.json"
    done = load_json(done_file)
    compiled = done.get("key") == ready.key and is_complete(layout, ready)
    runs = layout.pristine or (done.get("runtime_key") == ready.runtime_key and runtime.is_installed(layout, ready.stage0))
    if not compiled:
        compile_toolchain(layout, ready, done, jobs)
    # No part of what is compiled: another one is another link.
    install_linker(config, layout, ready.stage0)
    if compiled and runs:
        if not layout.pristine:
            # The texts in it are no part of any key.
            sysroot.complete(layout, ready.stage0.host)
        say("build", f"nothing to do, {layout.stage1} is up to date ({duration(time.monotonic() - begin)})")
        return ready
    if not layout.pristine:
        runtime.build(layout, ready.stage0, jobs)
        cargo.restore(config, layout, ready.stage0)
        sysroot.complete(layout, ready.stage0.host)
    store_json(done_file, {"key": ready.key, "std_key": ready.std_key, "runtime_key": ready.runtime_key})
    say("build", f"{layout.stage1} is ready ({duration(time.monotonic() - begin)})")
    return ready


def compile_toolchain(layout: Layout, ready: Ready, done: dict[str, Any], jobs: int) -> None:
    """Has upstream's bootstrap build the compiler and std."""
    host = layout.base / "host"
    if host.exists() and not host.is_symlink():
        raise Failure(
            f"`{host}` is a directory, but upstream's bootstrap makes it a link",
            f"`rm -r {host}`, then `./x.py build` again",
        )
    keep_std = done.get("std_key") == ready.std_key and has_std(layout, ready.stage0)
    # A build that is interrupted half-way may leave std's directories in any state.
    store_json(layout.state / "built.json", {"std_key": done["std_key"]} if keep_std else {})
    cold = not (layout.base / ready.stage0.host / "stage1-rustc").exists()
    run_bootstrap(layout, ready, bootstrap_arguments(ready, keep_std), jobs, cold=cold)
    store_json(layout.state / "built.json", {"key": ready.key, "std_key": ready.std_key})


def check(config: Config, layout: Layout, jobs: int = 0) -> None:
    """Type-checks the compiler in the prepared tree."""
    ready = get_ready(config, layout)
    run_bootstrap(layout, ready, ["check", "compiler"], jobs, cold=False)
    say("check", "the compiler type-checks")


def bootstrap_arguments(ready: Ready, keep_std: bool) -> list[str]:
    """What to build. All targets in one call: a later call with fewer would clear the others from the sysroot."""
    targets = ",".join((ready.stage0.host, *settings.WASM_TARGETS))
    keep = ["--keep-stage-std", "1"] if keep_std else []
    return ["build", "--stage", "1", "--target", targets, *keep, "library", *ready.tools]


def run_bootstrap(layout: Layout, ready: Ready, arguments: list[str], jobs: int, *, cold: bool) -> None:
    """Calls upstream's bootstrap with our settings."""
    progress = Progress("build", layout.state / "timeline.json" if cold else None)
    jobs = jobs or os.cpu_count() or 1
    log = layout.logs / f"{arguments[0]}{'-pristine' if layout.pristine else ''}.log"
    command: list[str | Path] = [
        sys.executable,
        layout.tree / "x.py",
        *arguments,
        "--config",
        layout.base / "bootstrap.toml",
        "-j",
        str(jobs),
    ]
    environment = {} if layout.pristine else {"RUSTC_WASM_PROC_MACRO_BUILD": ready.own_digest}
    say("build", f"upstream's bootstrap: {' '.join(arguments)} (log: {log})")

    def with_real_paths(line: str) -> str:
        return REMAPPED_TREE.sub(lambda _: str(layout.tree), line)

    if logged(command, log, cwd=layout.tree, env=environment, on_line=progress.line, edit=with_real_paths) != 0:
        raise failure(
            "upstream's bootstrap",
            log,
            "correct what the log names and run the same command again; it picks up where it stopped",
        )
    if cold:
        progress.finish()


def has_std(layout: Layout, stage0: Stage0) -> bool:
    """Whether std has been built for every target."""
    out = layout.base / stage0.host / "stage1-std"
    return all(any(out.glob(f"{target}/*/.libstd-stamp")) for target in (stage0.host, *settings.WASM_TARGETS))


def is_complete(layout: Layout, ready: Ready) -> bool:
    """Whether the toolchain still has all that is compiled."""
    rustlib = layout.stage1 / "lib" / "rustlib"
    stds = [rustlib / target / "lib" for target in (ready.stage0.host, *settings.WASM_TARGETS)]
    programs = ["bin/rustc", *(program for tool in ready.tools for program in settings.TOOLS[tool])]
    return all((layout.stage1 / program).exists() for program in programs) and all(
        any(std.glob("libstd-*.rlib")) for std in stds
    )


def linker_directory(layout: Layout, stage0: Stage0) -> Path:
    """Where rustc looks for its own linkers."""
    return layout.stage1 / "lib" / "rustlib" / stage0.host / "bin"


def install_linker(config: Config, layout: Layout, stage0: Stage0) -> None:
    """Links a finished lld as `rust-lld`, which rustc calls for WebAssembly."""
    lld = Path(config.llvm.lld)
    if not lld.exists():
        raise Failure(f"there is no linker at `{lld}`", "`apt-get install lld-22`, or set `llvm.lld` in config.toml")
    directory = linker_directory(layout, stage0)
    link_atomic(directory / "rust-lld", lld)
    for flavor in ("ld.lld", "wasm-ld"):
        link_atomic(directory / "gcc-ld" / flavor, Path("..") / "rust-lld")
