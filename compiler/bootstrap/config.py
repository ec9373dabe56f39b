"""The options of `config.toml`, their defaults and their check, and where everything lies in the build directory."""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from .report import Failure

REPO = Path(__file__).resolve().parents[2]
# Programs that are built with the compiler, from the same source, and that a toolchain may lack.
TOOLS = ("clippy", "rustfmt")


@dataclass
class Upstream:
    """Where rustc's own source comes from."""

    source: str = "debian"


@dataclass
class Build:
    """How to build, and with what."""

    dir: str = "build"
    jobs: int = 0
    rustc: str = ""
    cargo: str = ""
    tools: list[str] = field(default_factory=lambda: list(TOOLS), metadata={"choices": TOOLS})
    install_packages: bool = True
    min_free_gib: int = 15


@dataclass
class Llvm:
    """The LLVM that the compiler links and the linker for WebAssembly."""

    config: str = "/usr/bin/llvm-config-22"
    lld: str = "/usr/lib/llvm-22/bin/lld"


@dataclass
class Wasm:
    """The guests' standard libraries."""

    wasi_lib: str = "/usr/lib/wasm32-wasi"
    rustflags: list[str] = field(default_factory=list)


@dataclass
class Rust:
    """What the toolchain calls itself."""

    channel: str = "stable"
    description: str = "rustc-wasm-proc-macro"


@dataclass
class Config:
    """All options; `config.example.toml` says what each is for."""

    upstream: Upstream = field(default_factory=Upstream)
    build: Build = field(default_factory=Build)
    llvm: Llvm = field(default_factory=Llvm)
    wasm: Wasm = field(default_factory=Wasm)
    rust: Rust = field(default_factory=Rust)


def load(path: Path | None = None) -> Config:
    """Reads a configuration: the named file, else `config.toml`, else the defaults."""
    named, path = path is not None, path or REPO / "config.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if named:
            raise Failure(f"there is no configuration file `{path}`", "name another file with `--config`, or leave the option out") from None
        return Config()
    try:
        return parse(text)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise Failure(f"`{path}`: {error}", "correct it; `config.example.toml` lists every option") from None


def parse(text: str) -> Config:
    """Checks and takes over every key of a configuration; an unknown key or a wrong type is a `ValueError`."""
    config = Config()
    tables = {table.name: getattr(config, table.name) for table in fields(config)}
    for name, content in tomllib.loads(text).items():
        if name not in tables:
            raise ValueError(f"unknown table `[{name}]`; there are {', '.join(f'`[{known}]`' for known in tables)}")
        if not isinstance(content, dict):
            raise ValueError(f"`{name}` is a table: write `[{name}]`")
        for key, value in content.items():
            set_option(tables[name], name, key, value)
    return config


def set_option(table: Any, name: str, key: str, value: Any) -> None:
    """Sets one option of one table."""
    types = get_type_hints(type(table))
    if key not in types:
        raise ValueError(f"unknown key `{name}.{key}`; there are {', '.join(f'`{known}`' for known in types)}")
    wanted = types[key]
    is_list = wanted == list[str]
    fits = (
        isinstance(value, list) and all(isinstance(item, str) for item in value) if is_list else type(value) is wanted
    )
    if not fits:
        raise ValueError(
            f"`{name}.{key}` must be {'a list of strings' if is_list else wanted.__name__}, found `{value!r}`"
        )
    choices = next(option.metadata.get("choices") for option in fields(table) if option.name == key)
    unknown = [item for item in value if item not in choices] if choices else []
    if unknown:
        known = ", ".join(f"`{choice}`" for choice in choices)
        raise ValueError(f"`{name}.{key}` does not know `{unknown[0]}`; there are {known}")
    setattr(table, key, value)


@dataclass(frozen=True)
class Layout:
    """Every path of a build: a *pristine* one has upstream alone, without our hooks."""

    root: Path
    pristine: bool = False

    @property
    def base(self) -> Path:
        """Upstream bootstrap's own build directory."""
        return self.root / "pristine" if self.pristine else self.root

    @property
    def upstream(self) -> Path:
        """Upstream's source as it was fetched."""
        return self.root / "upstream"

    @property
    def tree(self) -> Path:
        """Upstream's source with our files and patches laid on."""
        return self.base / "tree"

    @property
    def state(self) -> Path:
        """What x.py remembers between runs."""
        return self.base / "state"

    @property
    def logs(self) -> Path:
        """Full output of everything that x.py ran."""
        return self.root / "log"

    @property
    def stage1(self) -> Path:
        """The finished toolchain."""
        return self.base / "host" / "stage1"
