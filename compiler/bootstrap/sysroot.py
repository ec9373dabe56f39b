"""What a toolchain has beside compiler and programs: manuals, completions, scripts for debuggers, and the list of its components.

rustup, shells and editors look for each of them at a fixed place, which is the same in every toolchain of rustup's.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import settings
from .config import REPO, Layout
from .files import write_if_changed
from .report import Failure
from .run import captured

# The command of ours that people type, and whose options shells complete.
COMMAND = "cargo-wasm-proc-macro"
DEBUGGERS = ("rust-gdb", "rust-gdbgui", "rust-lldb")
# The pretty printers that those load.
PRINTERS = ("rust_types.py", "gdb_*.py", "lldb_*.py", "lldb_commands")
# What the programs' READMEs are called here, by their place in upstream's tree.
READMES = {"rust": ".", "clippy": "src/tools/clippy", "rustfmt": "src/tools/rustfmt"}
# What there is to read of ours, as patterns. Each text keeps its place in the repository, so that links between texts work.
TEXTS = ("*.md", "docs/**/*.md", "compiler/cargo/command/REFERENCE.md", "tests/census/README.md", "LICENSE-*")
# Where each shell looks for what `clap_complete` calls by these names.
COMPLETIONS = {
    f"{COMMAND}.bash": f"etc/bash_completion.d/{COMMAND}",
    f"_{COMMAND}": f"share/zsh/site-functions/_{COMMAND}",
    f"{COMMAND}.fish": f"share/fish/vendor_completions.d/{COMMAND}.fish",
}
# The format of the list of components and of their manifests, as rust-installer numbers it.
INSTALLER_VERSION = "3"
# Which component a file belongs to: the first one with a matching pattern. The others belong to rustc.
COMPONENTS = {
    "rust-std-{target}": ("lib/rustlib/{target}/lib/*",),
    "clippy-preview-{host}": ("bin/cargo-clippy", "bin/clippy-driver", "share/doc/clippy/*"),
    "rustfmt-preview-{host}": ("bin/cargo-fmt", "bin/rustfmt", "share/doc/rustfmt/*"),
    "rustc-wasm-proc-macro-{host}": (
        "bin/stubgen",
        f"bin/{COMMAND}",
        "lib/rustlib/{host}/wasm-proc-macro/*",
        f"share/man/man1/{COMMAND}*",
        *COMPLETIONS.values(),
        "share/doc/rustc-wasm-proc-macro/*",
    ),
    "cargo-{host}": (
        "bin/cargo",
        "share/man/man1/cargo*",
        "share/doc/cargo/*",
        "etc/bash_completion.d/cargo",
        "share/zsh/site-functions/_cargo",
    ),
}
RUSTLIB = Path("lib", "rustlib")
# Where upstream's bootstrap links its tree.
SOURCES = ("src", "rustc-src")
# Where the source of the standard library is looked for.
LIBRARY = RUSTLIB / "src" / "rust" / "library"


def complete(layout: Layout, host: str) -> None:
    """Brings all of it up to date with the programs that are there."""
    root = layout.stage1
    if (root / "bin" / "cargo").exists():
        install(root, of_cargo(layout.root / "cargo" / "tree"))
    install(root, of_upstream(layout.tree, root))
    install(root, of_ours(layout))
    write_components(root, host)


def components_file(root: Path) -> Path:
    """The list of components."""
    return root / RUSTLIB / "components"


def install(root: Path, files: Iterator[tuple[str, Path]]) -> None:
    """Copies files to their places; some packagings of upstream leave some of them out."""
    for name, source in files:
        if source.is_file():
            write_if_changed(root / name, source.read_bytes(), 0o755 if name.startswith("bin/") else 0o644)


def of_upstream(tree: Path, root: Path) -> Iterator[tuple[str, Path]]:
    """What comes from upstream's source."""
    etc = tree / "src" / "etc"
    yield from ((f"bin/{name}", etc / name) for name in DEBUGGERS)
    yield from ((f"lib/rustlib/etc/{path.name}", path) for pattern in PRINTERS for path in sorted(etc.glob(pattern)))
    yield from ((f"share/man/man1/{path.name}", path) for path in sorted((tree / "src/doc/man").glob("*.1")))
    for name, place in READMES.items():
        programs = settings.TOOLS.get(place, ())
        if all((root / program).exists() for program in programs):
            yield from ((f"share/doc/{name}/{text}", tree / place / text) for text in ("README.md", "COPYRIGHT"))


def of_cargo(tree: Path) -> Iterator[tuple[str, Path]]:
    """What comes with Cargo."""
    etc = tree / "src" / "etc"
    yield "etc/bash_completion.d/cargo", etc / "cargo.bashcomp.sh"
    yield "share/zsh/site-functions/_cargo", etc / "_cargo"
    yield from ((f"share/man/man1/{path.name}", path) for path in sorted((etc / "man").glob("*.1")))
    yield from ((f"share/doc/cargo/{name}", tree / name) for name in ("README.md", "LICENSE-APACHE", "LICENSE-MIT"))


def of_ours(layout: Layout, repo: Path = REPO) -> Iterator[tuple[str, Path]]:
    """What is about this fork, its manuals and completions as the command itself writes them."""
    doc = "share/doc/rustc-wasm-proc-macro"
    texts = (path for pattern in TEXTS for path in sorted(repo.glob(pattern)))
    yield from ((f"{doc}/{path.relative_to(repo).as_posix()}", path) for path in texts)
    with tempfile.TemporaryDirectory(prefix=".x-py-", dir=layout.base) as scratch:
        man, completions = Path(scratch) / "man", Path(scratch) / "completions"
        command = [layout.stage1 / "bin" / COMMAND, "generate-docs", "--man", man, "--completions", completions]
        done = captured(command)
        if done.returncode != 0:
            raise Failure(
                f"`{COMMAND} generate-docs` failed:\n{done.stderr}", "correct what it says and run the same command again"
            )
        yield from ((f"share/man/man1/{page.name}", page) for page in sorted(man.iterdir()))
        yield from ((place, completions / name) for name, place in COMPLETIONS.items())


def write_components(root: Path, host: str) -> None:
    """Writes the list of components, and for each its manifest: the files that are its own."""
    rustlib = root / RUSTLIB
    found: dict[str, list[str]] = {}
    for name in files(root):
        found.setdefault(component_of(name, host), []).append(f"file:{name}\n")
    if (root / LIBRARY).is_dir():
        found["rust-src"] = [f"dir:{LIBRARY}\n"]
    for manifest in rustlib.glob("manifest-*"):
        if manifest.name.removeprefix("manifest-") not in found:
            manifest.unlink()
    for component, lines in found.items():
        write_if_changed(rustlib / f"manifest-{component}", "".join(lines).encode())
    write_if_changed(rustlib / "rust-installer-version", f"{INSTALLER_VERSION}\n".encode())
    write_if_changed(components_file(root), "".join(f"{name}\n" for name in sorted(found)).encode())


def files(root: Path) -> list[str]:
    """Every file of a toolchain but sources, and what says which files there are."""
    found = []
    for directory, below, names in os.walk(root):
        place = Path(directory).relative_to(root)
        if place == RUSTLIB:
            names, below[:] = [], [name for name in below if name not in SOURCES]
        found += [(place / name).as_posix() for name in names if place.parts]
    return sorted(found)


def component_of(name: str, host: str) -> str:
    """The component that a file belongs to."""
    for target in (host, *settings.WASM_TARGETS):
        for component, patterns in COMPONENTS.items():
            if any(matches(name, pattern.format(target=target, host=host)) for pattern in patterns):
                return component.format(target=target, host=host)
    return f"rustc-{host}"


def matches(name: str, pattern: str) -> bool:
    """Whether a path is this one, or begins like it before `*`."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
