"""`./x.py dist`: a relocatable tarball of the toolchain, tried from another directory before it counts."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from time import monotonic

from . import prebuilt, settings, sysroot
from .config import REPO, Config, Layout
from .report import Failure, duration, say
from .run import captured, failure, logged, output
from .system import Stage0
from .upstream import Pin

NAME = "rustc-wasm-proc-macro"
NOTE = """\
{name} {version} for {host}

Unpack it anywhere; after `rustup toolchain link wasm-proc-macro DIRECTORY`, `cargo +wasm-proc-macro wasm-proc-macro build` builds a project with
its macros from WebAssembly. Or call `bin/rustc` and `bin/cargo`.

It needs from the system:
  a C compiler to link programs with (`gcc` or `clang`),
  LLVM's shared library, of the version that it was built with: {llvm} (Debian: package libllvm22),
  and for targets wasm32-*: the same, for `rust-lld` is that LLVM's linker.

Shared libraries that bin/rustc and rust-lld load from the system:
{libraries}
"""
# What lies beside programs and libraries.
BESIDE = ("etc", "lib/rustlib/etc", "libexec", "share")
# What nobody needs of the standard library's source.
NO_SOURCES = ("vendor", "tests", "benches", "alloctests", "coretests")
HELLO = 'fn main() {\n    println!("hello");\n}\n'
MACRO = """\
extern crate proc_macro;
use proc_macro::TokenStream;
#[proc_macro]
pub fn answer(_: TokenStream) -> TokenStream {
    "42".parse().unwrap()
}
"""
PROJECT = '[package]\nname = "hello"\nedition = "2024"\n[workspace]\n'
USER = "fn main() {\n    assert_eq!(answer::answer!(), 42);\n}\n"


def dist(
    config: Config, layout: Layout, stage0: Stage0, pin: Pin, llvm: str, modules: prebuilt.Request | None = None
) -> Path:
    """Packs the toolchain, with modules if they are asked for, and returns the tarball."""
    name = f"{NAME}-{pin.version}-{stage0.host}"
    out = layout.root / "dist"
    out.mkdir(parents=True, exist_ok=True)
    suffix, program = (".tar.zst", "zstd -T0 -10") if shutil.which("zstd") else (".tar.xz", "xz -T0 -3")
    tarball = out / f"{name}{suffix}"
    with tempfile.TemporaryDirectory(prefix="x-py-", dir=out) as scratch:
        root = Path(scratch) / name
        say("dist", f"copying {layout.stage1}")
        copy(config, layout, stage0, root)
        if modules:
            # With what is packed: keys are made of the contents of the compiler, of Cargo and of the linker.
            prebuilt.add(layout, root, modules)
        (root / "README.md").write_text(note(root, stage0, pin, llvm), encoding="utf-8")
        for licence in ("LICENSE-MIT", "LICENSE-APACHE"):
            shutil.copyfile(REPO / licence, root / licence)
        aside = out / f".x-py-{tarball.name}"
        command: list[str | Path] = [
            "tar",
            "-C",
            scratch,
            "--sort=name",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--mtime=@0",
            "-I",
            program,
            "-cf",
            aside,
            name,
        ]
        say("dist", f"packing {tarball.name}")
        log = layout.logs / "dist.log"
        if logged(command, log) != 0:
            raise failure("packing", log, "correct what the log names, then `./x.py dist` again")
        shutil.rmtree(root)
        # What is tried lies elsewhere, where no relative path leads into the build directory; an absolute one still would.
        with tempfile.TemporaryDirectory(prefix="x-py-dist-") as elsewhere:
            if logged(["tar", "-C", elsewhere, "-I", program.split()[0], "-xf", aside], log) != 0:
                raise failure("unpacking the tarball again", log, "`./x.py dist` again")
            try_out(Path(elsewhere) / name, Path(elsewhere))
        aside.replace(tarball)
    say("dist", f"{tarball} ({tarball.stat().st_size / 1e6:.0f} MB)")
    return tarball


def check(config: Config, layout: Layout, stage0: Stage0) -> None:
    """Tries what a tarball would hold, from another directory."""
    with tempfile.TemporaryDirectory(prefix="x-py-dist-") as elsewhere:
        copy(config, layout, stage0, Path(elsewhere) / NAME)
        try_out(Path(elsewhere) / NAME, Path(elsewhere))


def copy(config: Config, layout: Layout, stage0: Stage0, root: Path) -> None:
    """Copies what a toolchain needs; links that lead out of it become files, or a directory of the standard library's sources."""
    stage1 = layout.stage1
    (root / "bin").mkdir(parents=True)
    for program in sorted((stage1 / "bin").iterdir()):
        if not program.name.startswith("."):
            shutil.copy2(program, root / "bin" / program.name)
    for entry in sorted((stage1 / "lib").iterdir()):
        if entry.is_file():
            (root / "lib").mkdir(exist_ok=True)
            shutil.copy2(entry, root / "lib" / entry.name)
    for target in (stage0.host, *settings.WASM_TARGETS):
        shutil.copytree(stage1 / "lib" / "rustlib" / target, root / "lib" / "rustlib" / target, symlinks=True)
    for name in BESIDE:
        if (stage1 / name).exists():
            shutil.copytree(stage1 / name, root / name, symlinks=True)
    library = stage1 / sysroot.LIBRARY
    if library.exists():
        # Editors look there for what the standard library is made of.
        shutil.copytree(library, root / sysroot.LIBRARY, ignore=shutil.ignore_patterns(*NO_SOURCES))
    linker = root / "lib" / "rustlib" / stage0.host / "bin" / "rust-lld"
    linker.unlink(missing_ok=True)
    linker.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(config.llvm.lld, linker)
    sysroot.write_components(root, stage0.host)
    for path in root.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
            raise Failure(
                f"`{path.relative_to(root)}` is a link that leads out of the toolchain",
                "`./x.py build`, then `./x.py dist` again",
            )


def note(root: Path, stage0: Stage0, pin: Pin, llvm: str) -> str:
    """What the tarball says about itself."""
    programs = [
        root / "bin" / "rustc",
        root / "lib" / "rustlib" / stage0.host / "bin" / "rust-lld",
        *sorted((root / "lib").glob("librustc_driver-*")),
    ]
    needed: set[str] = set()
    for program in programs:
        for line in (output(["ldd", program]) or "").splitlines():
            words = line.split()
            if len(words) > 2 and words[1] == "=>" and not words[2].startswith(str(root)):
                needed.add(words[0])
    return NOTE.format(
        name=NAME,
        version=pin.version,
        host=stage0.host,
        llvm=llvm,
        libraries="\n".join(f"  {library}" for library in sorted(needed)),
    )


def try_out(toolchain: Path, work: Path) -> None:
    """Compiles and runs a program, and one with a macro from WebAssembly for each guest target."""
    rustc = toolchain / "bin" / "rustc"
    for name, text in (("hello.rs", HELLO), ("answer.rs", MACRO), ("user.rs", USER)):
        (work / name).write_text(text, encoding="utf-8")
    steps: list[list[str | Path]] = [[rustc, "hello.rs"], [work / "hello"]]
    for target in settings.WASM_TARGETS:
        module = f"{target}.wasm"
        steps.append([rustc, "--crate-type", "proc-macro", "--target", target, "-O", "answer.rs", "-o", module])
        steps.append(
            [rustc, "--edition=2024", "--wasm-proc-macro", module, "--wasm-proc-macro-cache", "cache", "user.rs"]
        )
        steps.append([work / "user"])
    (work / "src").mkdir()
    (work / "src" / "main.rs").write_text(HELLO, encoding="utf-8")
    (work / "Cargo.toml").write_text(PROJECT, encoding="utf-8")
    steps.append([toolchain / "bin" / "cargo", "wasm-proc-macro", "run", "--offline"])
    for program, words in (("cargo-clippy", ["clippy", "--offline"]), ("cargo-fmt", ["fmt", "--check"])):
        if (toolchain / "bin" / program).exists():
            steps.append([toolchain / "bin" / "cargo", *words])
    begin = monotonic()
    # Cargo looks there for the rest of its toolchain where no rustup has chosen one.
    env = {"PATH": os.pathsep.join((str(toolchain / "bin"), os.environ.get("PATH", os.defpath)))}
    for step in steps:
        done = captured(step, cwd=work, env=env)
        if done.returncode != 0:
            raise Failure(
                f"the toolchain fails in another directory, at `{' '.join(str(word) for word in step)}`:\n{done.stdout}{done.stderr}",
                "`./x.py test`, and if that passes, report what the toolchain still looks for in the build directory",
            )
    try_names(toolchain, work)
    say(
        "dist",
        f"tried from {work}: a program, a project, and a macro from each of {', '.join(settings.WASM_TARGETS)} ({duration(monotonic() - begin)})",
    )


def try_names(toolchain: Path, work: Path) -> None:
    """Asks the compiler where its toolchain lies, and rustup, where it is there, in a project that names the toolchain by its path."""
    (work / "rust-toolchain.toml").write_text(f"[toolchain]\npath = {json.dumps(str(toolchain))}\n", encoding="utf-8")
    rustc = toolchain / "bin" / "rustc"
    questions: list[tuple[list[str | Path], Path]] = [([rustc, "--print", "sysroot"], toolchain)]
    if shutil.which("rustup"):
        questions += [(["rustup", "which", program.name], program) for program in (rustc, toolchain / "bin" / "cargo")]
    for command, expected in questions:
        found = output(command, cwd=work)
        if found != str(expected):
            raise Failure(
                f"`{' '.join(map(str, command))}` in a project of this toolchain\n  expected {expected}\n  found    {found}",
                "`./x.py build`, then the same command again",
            )
