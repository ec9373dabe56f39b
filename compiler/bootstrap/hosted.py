"""`./x.py build --hosted`: the compiler as a WebAssembly program, what runs it, and a sysroot of crate metadata."""

import os
import shutil
from pathlib import Path

from . import runtime
from .config import Config, Layout
from .files import load_json, sha256_bytes, store_json, write_atomic
from .progress import Progress
from .report import say
from .run import captured, failure, logged
from .toolchain import Ready

TARGET = "wasm32-wasip1"
# Our package in the tree. It is a workspace of its own, which upstream's does not know.
PACKAGE = Path("compiler/rustc_hosted")
EMBEDDER = "rustc-hosted"
# The stack for values with an address, which the linker lays out in the compiler's memory, in bytes. What has none is on
# another one, whose limit the embedder sets.
STACK = 32 << 20


def directory(layout: Layout) -> Path:
    """Where all of it goes."""
    return layout.root / "hosted"


def compiler(layout: Layout) -> Path:
    """The compiler."""
    return directory(layout) / "rustc.wasm"


def embedder(layout: Layout) -> Path:
    """The program that runs it."""
    return directory(layout) / EMBEDDER


def sysroot(layout: Layout) -> Path:
    """What it finds the standard library in."""
    return directory(layout) / "sysroot"


def build(config: Config, layout: Layout, ready: Ready, jobs: int) -> None:
    """Builds all of it with a finished toolchain."""
    directory(layout).mkdir(parents=True, exist_ok=True)
    build_sysroot(layout, ready, jobs)
    build_embedder(layout, ready, jobs)
    build_compiler(config, layout, ready, jobs)
    say("build", f"{compiler(layout)} is ready ({compiler(layout).stat().st_size / 1e6:.1f} MB)")


def environment(config: Config, layout: Layout, ready: Ready) -> dict[str, str]:
    """What the compiler is compiled with: as upstream's bootstrap does it, but without a backend, and for the same host, since
    crate metadata says for which host macros are."""
    rustc = layout.stage1 / "bin" / "rustc"
    version = captured([rustc, "--version"]).stdout.removeprefix("rustc ").strip()
    stable = {"CFG_DISABLE_UNSTABLE_FEATURES": "1"} if config.rust.channel in ("stable", "beta") else {}
    return {
        "RUSTC": str(rustc),
        "RUSTC_BOOTSTRAP": "1",
        "RUSTC_INSTALL_BINDIR": "bin",
        "RUSTC_WASM_PROC_MACRO_BUILD": f"{ready.own_digest} hosted",
        "CARGO_INCREMENTAL": "0",
        "CFG_COMPILER_HOST_TRIPLE": ready.stage0.host,
        "CFG_DEFAULT_CODEGEN_BACKEND": "dummy",
        "CFG_OMIT_GIT_HASH": "1",
        "CFG_RELEASE": ready.pin.version,
        "CFG_RELEASE_CHANNEL": config.rust.channel,
        "CFG_VERSION": version,
        "CFG_VIRTUAL_RUST_SOURCE_BASE_DIR": f"/rustc/{ready.pin.version}",
        "CFG_VIRTUAL_RUSTC_DEV_SOURCE_BASE_DIR": f"/rustc-dev/{ready.pin.version}",
        # Upstream's own list of what `cfg` may say is its bootstrap's, and so is which lints its crates have.
        "CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS": "-Zunstable-options -Aunexpected_cfgs -Arustc::bad_opt_access",
        **stable,
    }


def build_compiler(config: Config, layout: Layout, ready: Ready, jobs: int) -> None:
    """Leaves `rustc.wasm`."""
    state = layout.state / "hosted.json"
    settings = environment(config, layout, ready)
    lines = [ready.key, sha256_bytes(Path(__file__).read_bytes()), *(f"{name}={value}" for name, value in settings.items())]
    key = sha256_bytes("\n".join(lines).encode())
    if load_json(state).get("key") == key and compiler(layout).exists():
        return
    state.unlink(missing_ok=True)
    package = layout.tree / PACKAGE
    # Cargo takes what it needs from upstream's, with ours.
    shutil.copyfile(layout.tree / "Cargo.lock", package / "Cargo.lock")
    target_dir = directory(layout) / "target"
    say("build", "the compiler as a WebAssembly program" + ("" if target_dir.exists() else ", about 45 minutes on 2 cores"))
    log = layout.logs / "hosted.log"
    command: list[str | Path] = [ready.stage0.cargo, "rustc", "--profile", "hosted", "--target", TARGET]
    command += ["--target-dir", target_dir, "-j", str(jobs or os.cpu_count() or 1)]
    command += ["--", f"-Clink-arg=-zstack-size={STACK}"]
    progress = Progress("build", None)
    if logged(command, log, cwd=package, env=settings, on_line=progress.line) != 0:
        next_step = "correct what the log names and run the same command again"
        raise failure("building the compiler as a WebAssembly program", log, next_step)
    write_atomic(compiler(layout), (target_dir / TARGET / "hosted" / "rustc.wasm").read_bytes(), 0o644)
    store_json(state, {"key": key})


def build_embedder(layout: Layout, ready: Ready, jobs: int) -> None:
    """Leaves `rustc-hosted`, built as the runtime library is, with the same patched dependencies."""
    workspace = runtime.lay(layout, ready.stage0)
    log = layout.logs / f"{EMBEDDER}.log"
    command: list[str | Path] = [
        ready.stage0.cargo, "build", "-p", EMBEDDER, "--bin", EMBEDDER, "--profile", "toolchain",
        "--target-dir", runtime.target_directory(layout),
    ]  # fmt: skip
    command += ["-j", str(jobs)] if jobs else []
    if logged(command, log, cwd=workspace, env=runtime.environment(ready.stage0)) != 0:
        raise failure(f"building {EMBEDDER}", log, "correct it and run the same command again")
    built = runtime.target_directory(layout) / "toolchain" / EMBEDDER
    write_atomic(embedder(layout), built.read_bytes(), 0o755)


def build_sysroot(layout: Layout, ready: Ready, jobs: int) -> None:
    """Leaves the crate metadata of the standard library for the host's target, made by checking: where no code is made,
    no code of others is needed. The toolchain's own is half as large again."""
    state = layout.state / "hosted-sysroot.json"
    key = sha256_bytes(f"{ready.key} {Path(__file__).read_text()}".encode())
    if load_json(state).get("key") == key and sysroot(layout).exists():
        return
    state.unlink(missing_ok=True)
    target, target_dir = ready.stage0.host, directory(layout) / "sysroot-target"
    say("build", f"the crate metadata of the standard library for {target}")
    shutil.rmtree(target_dir, ignore_errors=True)
    log = layout.logs / "hosted-sysroot.log"
    command: list[str | Path] = [ready.stage0.cargo, "check", "--release", "--locked", "--features", "panic-unwind"]
    command += ["--manifest-path", layout.tree / "library" / "sysroot" / "Cargo.toml", "--no-default-features"]
    command += ["--target", target, "--target-dir", target_dir, "-j", str(jobs or os.cpu_count() or 1)]
    settings = {
        "RUSTC": str(layout.stage1 / "bin" / "rustc"),
        "RUSTC_BOOTSTRAP": "1",
        "RUSTFLAGS": "-Zforce-unstable-if-unmarked --cap-lints=allow",
        "__CARGO_DEFAULT_LIB_METADATA": "hosted",
    }
    if logged(command, log, cwd=layout.tree / "library", env=settings) != 0:
        raise failure("checking the standard library", log, "correct it and run the same command again")
    place = sysroot(layout) / "lib" / "rustlib" / target / "lib"
    shutil.rmtree(sysroot(layout), ignore_errors=True)
    place.mkdir(parents=True)
    for path in sorted((target_dir / target / "release" / "deps").glob("*.rmeta")):
        shutil.copyfile(path, place / path.name)
    store_json(state, {"key": key})
