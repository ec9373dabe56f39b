"""`./x.py demo`: serde_derive from crates.io to WebAssembly, and a program compiled with it, by commands anyone can repeat."""

import json
import shlex
import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from .config import REPO, Layout
from .files import load_json, sha256_bytes, store_json
from .report import Failure, duration, say
from .run import captured, output

PROJECT = REPO / "tests" / "demo"
TARGET = "wasm32-wasip1"
MACRO = "serde_derive"


@dataclass
class Demo:
    """One run of the demonstration, in `BUILD/demo`."""

    layout: Layout
    cargo: Path
    # How the macro gets into the program; the unit tests also take the native way.
    native: bool = False
    times: list[tuple[str, float]] = field(default_factory=list)

    @property
    def directory(self) -> Path:
        """Where everything of the demonstration goes."""
        return self.layout.root / ("demo-native" if self.native else "demo")

    @property
    def rustc(self) -> Path:
        """The fork."""
        return self.layout.stage1 / "bin" / "rustc"

    @property
    def state(self) -> Path:
        """What is known of the steps of earlier runs."""
        return self.directory / "steps.json"

    def dependencies(self, wasm: bool) -> Path:
        """Where Cargo leaves the libraries of libraries."""
        return self.directory / "target" / (f"{TARGET}/release/deps" if wasm else "release/deps")

    def step(
        self,
        title: str,
        command: list[str | Path],
        *,
        env: dict[str, str] | None = None,
        stamp: list[Path] | None = None,
        made: Path | None = None,
    ) -> str:
        """Prints and runs one command; with `stamp` it is skipped while its inputs and `made` stay as they are."""
        words = [str(word) for word in command]
        shown = " ".join([*(f"{name}={shlex.quote(value)}" for name, value in (env or {}).items()), shlex.join(words)])
        print(f"\n# {title}\n$ {shown}", flush=True)
        begin = monotonic()
        # Cargo names libraries in another order when they are fresh.
        key = sha256_bytes("\n".join([shown, *sorted(stat_line(path) for path in stamp or [])]).encode())
        known = load_json(self.state)
        if stamp is not None and made is not None and made.exists() and known.get(title) == key:
            print("  up to date", flush=True)
            self.times.append((title, monotonic() - begin))
            return ""
        done = captured(words, env=env)
        took = monotonic() - begin
        if done.returncode != 0:
            raise Failure(
                f"this step of the demonstration failed ({title}):\n{done.stderr or done.stdout}",
                "run the command above by hand to see more, then `./x.py demo` again",
            )
        if stamp is not None:
            store_json(self.state, {**known, title: key})
        self.times.append((title, took))
        print(f"  took {duration(took)}", flush=True)
        return done.stdout

    def forget_other_toolchain(self) -> None:
        """Removes the libraries that another build of the fork has compiled: Cargo asks for the version alone, which is the same."""
        libraries = self.layout.stage1.glob("lib/rustlib/*/lib/*.rlib")
        drivers = self.layout.stage1.glob("lib/*rustc_driver*")
        key = sha256_bytes("\n".join(sorted(stat_line(path) for path in [*libraries, *drivers])).encode())
        known = load_json(self.state)
        if known.get("toolchain") != key:
            shutil.rmtree(self.directory / "target", ignore_errors=True)
            store_json(self.state, {**known, "toolchain": key})

    def build_libraries(self, title: str, package: str, *options: str) -> dict[str, Path]:
        """Lets Cargo build a package's dependencies with the fork; returns their rlibs by crate name."""
        command: list[str | Path] = [
            self.cargo, "build", "--locked", "--release", "--manifest-path", PROJECT / "Cargo.toml", "--target-dir", self.directory / "target",
            *options, "--message-format", "json-render-diagnostics",
        ]  # fmt: skip
        return rlibs(self.step(title, command, env={"RUSTC": str(self.rustc)}))

    def run(self) -> None:
        """The whole demonstration."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.forget_other_toolchain()
        lock = PROJECT / "Cargo.lock"
        vendor = self.directory / "vendor"
        self.step(
            "fetch the sources that Cargo.lock names",
            [self.cargo, "vendor", "--quiet", "--locked", "--manifest-path", PROJECT / "Cargo.toml", vendor],
            stamp=[lock], made=vendor / MACRO / "Cargo.toml",
        )  # fmt: skip
        target = [] if self.native else ["--target", TARGET]
        where = "natively" if self.native else f"for {TARGET}"
        macro_libraries = self.build_libraries(
            f"compile what {MACRO} links: unicode-ident, proc-macro2, quote, syn ({where})",
            "macro-deps",
            "-p",
            "macro-deps",
            *target,
        )
        module = self.compile_macro(vendor / MACRO, macro_libraries)
        libraries = self.build_libraries(
            "compile serde (without its derive feature) and serde_json natively",
            "demo",
            "-p",
            "serde",
            "-p",
            "serde_json",
        )
        program = self.compile_program(module, libraries)
        print(self.step("run it", [program]), end="")
        self.summary(module)

    def compile_macro(self, source: Path, libraries: dict[str, Path]) -> Path:
        """The unchanged source of the macro crate becomes a module."""
        manifest = tomllib.loads((source / "Cargo.toml").read_text(encoding="utf-8"))["package"]
        version = manifest["version"]
        made = self.directory / (f"lib{MACRO}.so" if self.native else f"{MACRO}.wasm")
        externs = [f"--extern={name}={libraries[name]}" for name in ("proc_macro2", "quote", "syn")]
        command: list[str | Path] = [
            self.rustc, "--crate-name", MACRO, f"--edition={manifest['edition']}", "--crate-type", "proc-macro", *([] if self.native else ["--target", TARGET]),
            "-O", "-Ccodegen-units=1", "--cap-lints=allow", source / "src" / "lib.rs", *externs, f"-Ldependency={self.dependencies(not self.native)}", "--extern=proc_macro", "-o", made,
        ]  # fmt: skip
        env = {"CARGO_PKG_VERSION": version, "CARGO_PKG_VERSION_PATCH": version.split(".")[2]}
        kind = "a dylib" if self.native else "WebAssembly"
        stamp = [self.rustc, *libraries.values()]
        self.step(f"compile {MACRO} {version} to {kind}", command, env=env, stamp=stamp, made=made)
        return made

    def compile_program(self, module: Path, libraries: dict[str, Path]) -> Path:
        """A program that uses the macro."""
        program = self.directory / "program"
        macro = (
            [f"--extern={MACRO}={module}"]
            if self.native
            else ["--wasm-proc-macro", module, "--wasm-proc-macro-cache", self.directory / "cache"]
        )
        externs = [f"--extern={name}={libraries[name]}" for name in ("serde", "serde_json")]
        command: list[str | Path] = [
            self.rustc, "--edition=2024", PROJECT / "src" / "main.rs", *macro, *externs, f"-Ldependency={self.dependencies(False)}", "-o", program,
        ]  # fmt: skip
        self.step(f"compile a program with {module.name}", command)
        return program

    def summary(self, module: Path) -> None:
        """What happened, in a few lines."""
        stubgen = self.layout.stage1 / "bin" / "stubgen"
        if not self.native and stubgen.exists():
            print(f"\n$ {stubgen} inspect {module}\n{output([stubgen, 'inspect', module]) or ''}")
        print("\nHow long each step took:")
        for title, took in self.times:
            print(f"  {duration(took):>14}  {title}")
        print(f"\n`#[derive(Serialize, Deserialize)]` ran from `{module}` ({module.stat().st_size / 1e6:.2f} MB).")


def stat_line(path: Path) -> str:
    """Path, size and modification time of an input."""
    info = path.stat()
    return f"{path} {info.st_size} {info.st_mtime_ns}"


def rlibs(messages: str) -> dict[str, Path]:
    """The rlibs in Cargo's JSON messages by crate name."""
    found = {}
    for line in messages.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("reason") == "compiler-artifact":
            for name in message["filenames"]:
                if name.endswith(".rlib"):
                    found[message["target"]["name"].replace("-", "_")] = Path(name)
    return found


def demo(layout: Layout, cargo: Path) -> None:
    """Runs the demonstration with a finished toolchain."""
    say("demo", f"in {layout.root / 'demo'}")
    Demo(layout, cargo).run()
