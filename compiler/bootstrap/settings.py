"""The settings that upstream's bootstrap gets: `bootstrap.toml` in the build directory, and a root for WASI's libc."""

import json
from pathlib import Path

from .config import Config, Layout
from .files import link_atomic, write_if_changed
from .system import Stage0

WASM_TARGETS = ("wasm32-wasip1", "wasm32-unknown-unknown")
# Paths of upstream's bootstrap, each with the files of the toolchain that are built from it beside compiler and std.
RUSTDOC = "src/tools/rustdoc"
MACRO_SERVER = "src/tools/rust-analyzer/crates/proc-macro-srv-cli"
TOOLS = {
    RUSTDOC: ("bin/rustdoc",),
    MACRO_SERVER: ("libexec/rust-analyzer-proc-macro-srv",),
    "src/tools/clippy": ("bin/cargo-clippy", "bin/clippy-driver"),
    "src/tools/rustfmt": ("bin/cargo-fmt", "bin/rustfmt"),
}


def tools(config: Config, layout: Layout | None = None) -> tuple[str, ...]:
    """Which of them are built. Upstream's compiler is there to compare with, and nobody checks or formats with it."""
    if layout and layout.pristine:
        return (RUSTDOC,)
    return (RUSTDOC, MACRO_SERVER, *(path for path in TOOLS if path.rpartition("/")[2] in config.build.tools))


def render(config: Config, layout: Layout, stage0: Stage0) -> str:
    """The content of `bootstrap.toml`. Every setting that is not upstream's default says why."""
    quote = json.dumps
    lines = [
        "# Written by x.py; set options in config.toml instead.",
        'change-id = "ignore"',
        "[llvm]",
        "download-ci-llvm = false",
        "# Without this the driver fails to link: Polly and z3 of a distribution's LLVM.",
        "link-shared = true",
        "[build]",
        f"build-dir = {quote(str(layout.base))}",
        f"rustc = {quote(str(stage0.rustc))}",
        f"cargo = {quote(str(stage0.cargo))}",
        *([] if layout.pristine else [f"description = {quote(config.rust.description)}"]),
        "docs = false",
        "extended = false",
        "submodules = false",
        "vendor = false",
        "# Another packaging of the release may lock other packages than ours adds.",
        "locked-deps = false",
        "# `true` wants LLVM's sources.",
        "optimized-compiler-builtins = false",
        "[rust]",
        f"channel = {quote(config.rust.channel)}",
        "debug = false",
        "debuginfo-level = 0",
        "# Of LLVM's programs the toolchain needs the linker alone, and x.py links a finished one.",
        "llvm-tools = false",
        "lld = false",
        "# Distributions patch the source, and theirs has warnings.",
        "deny-warnings = false",
        "download-rustc = false",
        "omit-git-hash = true",
        "# Else modules hold the paths of the standard library's packages, as they do those of its generic code.",
        "remap-debuginfo = true",
        f"[target.{stage0.host}]",
        f"llvm-config = {quote(config.llvm.config)}",
    ]
    for target in WASM_TARGETS:
        lines.append(f"[target.{target}]")
        if target == "wasm32-wasip1":
            lines.append(f"# Leads to {quote(config.wasm.wasi_lib)}, which stands here so that another one is a change.")
            lines.append(f"wasi-root = {quote(str(layout.base / 'wasi-root'))}")
        if config.wasm.rustflags and not layout.pristine:
            lines.append(f"rustflags = {json.dumps(config.wasm.rustflags)}")
    return "\n".join(lines) + "\n"


def write(config: Config, layout: Layout, stage0: Stage0) -> Path:
    """Writes the settings and returns the file."""
    link_atomic(layout.base / "wasi-root" / "lib" / "wasm32-wasip1", config.wasm.wasi_lib)
    path = layout.base / "bootstrap.toml"
    write_if_changed(path, render(config, layout, stage0).encode())
    return path
