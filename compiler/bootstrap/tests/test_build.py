"""From a prepared tree to a toolchain, with a fake of upstream's bootstrap."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

from bootstrap import cargo, runtime, settings, sysroot, system, toolchain, tree
from bootstrap.config import REPO, Config, Layout
from bootstrap.files import store_json
from bootstrap.progress import Progress
from bootstrap.report import Failure
from bootstrap.system import Stage0

from .support import Sandbox

HOST = "x86_64-unknown-linux-gnu"
FAKE = """\
import os, pathlib, sys, time
build = pathlib.Path({build!r})
with open(build / "calls", "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + " " + os.environ.get("RUSTC_WASM_PROC_MACRO_BUILD", "-") + "\\n")
print("Building stage1 compiler artifacts (stage0 -> stage1)")
print("   Compiling rustc_a v0.0.0", flush=True)
{extra}
(build / {host!r} / "stage1-rustc").mkdir(parents=True, exist_ok=True)
if not (build / "host").is_symlink(): (build / "host").symlink_to(build / {host!r})
(build / "host/stage1/bin").mkdir(parents=True, exist_ok=True)
for program in ["bin/rustc", *(program for tool, programs in {tools!r}.items() if tool in sys.argv for program in programs)]:
    (build / "host/stage1" / program).parent.mkdir(exist_ok=True)
    (build / "host/stage1" / program).touch()
for target in {targets!r}:
    lib = build / "host/stage1/lib/rustlib" / target / "lib"
    lib.mkdir(parents=True, exist_ok=True)
    (lib / "libstd-1.rlib").touch()
    out = build / {host!r} / "stage1-std" / target / "dist"
    out.mkdir(parents=True, exist_ok=True)
    (out / ".libstd-stamp").touch()
"""


class Build(Sandbox):
    """`toolchain.build`."""

    def setUp(self) -> None:
        """Puts the fake where upstream's `x.py` would be."""
        super().setUp()
        self.installs = 0
        self.fake("")
        self.config = Config()
        self.config.llvm.lld = str(self.write(self.root / "lld", ""))
        self.stage0 = Stage0(Path("/usr/bin/rustc"), Path("/usr/bin/cargo"), "1.95.0", HOST)

    def fake(self, extra: str) -> None:
        """Writes the fake bootstrap into upstream."""
        targets = [HOST, *settings.WASM_TARGETS]
        self.write(
            self.upstream / "x.py",
            FAKE.format(build=str(self.layout.root), host=HOST, targets=targets, tools=settings.TOOLS, extra=extra),
        )

    def ready(self, identity: str = "u1") -> toolchain.Ready:
        """What `get_ready` gives on a real machine."""
        pin = self.pin("compiler/rustc_a/src/lib.rs")
        prepared = tree.prepare(self.upstream, identity, self.layout, pin, self.repo)
        text = settings.write(self.config, self.layout, self.stage0).read_text(encoding="utf-8")
        return toolchain.Ready(
            self.stage0, prepared, identity, text, pin, "22.1.8", settings.tools(self.config, self.layout)
        )

    def build(self) -> None:
        """Builds without our command, which needs a real cargo."""

        def install(layout: Layout, stage0: Stage0, *_: object) -> None:
            self.installs += 1
            runtime.library(layout, stage0).parent.mkdir(parents=True, exist_ok=True)
            runtime.library(layout, stage0).touch()
            for command in runtime.commands(self.layout):
                command.touch()

        with (
            mock.patch.object(toolchain, "get_ready", lambda *_: self.ready()),
            mock.patch.object(runtime, "build", install),
            mock.patch.object(sysroot, "of_ours", lambda *_: iter(())),
        ):
            toolchain.build(self.config, self.layout)

    def calls(self) -> list[str]:
        """How the fake was called."""
        path = self.layout.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def test_one_call_builds_all_targets_and_tells_the_compiler_its_inputs(self) -> None:
        """A later call with fewer targets would clear the others from the sysroot."""
        self.build()
        [call] = self.calls()
        self.assertIn(f"--target {HOST},wasm32-wasip1,wasm32-unknown-unknown", call)
        self.assertRegex(call, r" [0-9a-f]{64}$")
        self.assertTrue((self.layout.stage1 / f"lib/rustlib/{HOST}/bin/rust-lld").is_symlink())

    def test_nothing_to_do_calls_nothing(self) -> None:
        """Within seconds."""
        self.build()
        self.build()
        self.assertEqual(len(self.calls()), 1)
        self.assertIn("nothing to do", self.stderr.getvalue())

    def test_a_lost_part_is_made_again(self) -> None:
        """The stamp alone proves nothing."""
        self.build()
        (self.layout.stage1 / "lib/rustlib/wasm32-wasip1/lib/libstd-1.rlib").unlink()
        self.build()
        self.assertEqual(len(self.calls()), 2)

    def test_a_lost_program_is_made_again(self) -> None:
        """Like a lost std."""
        self.build()
        (self.layout.stage1 / "bin/clippy-driver").unlink()
        self.build()
        self.assertEqual(len(self.calls()), 2)

    def test_the_same_call_builds_the_chosen_tools(self) -> None:
        """Another call would begin the toolchain's directory anew. A tool that is left out goes, and std stays."""
        self.build()
        self.config.build.tools = ["rustfmt"]
        self.build()
        self.config.build.tools = []
        self.build()
        built = [[word for word in call.split() if word.startswith("src/tools/")] for call in self.calls()]
        rustdoc, server, clippy, rustfmt = settings.TOOLS
        self.assertEqual(built, [[rustdoc, server, clippy, rustfmt], [rustdoc, server, rustfmt], [rustdoc, server]])
        self.assertEqual(["--keep-stage-std" in call for call in self.calls()], [False, True, True])

    def test_upstreams_own_compiler_is_built_without_tools(self) -> None:
        """It is there to compare with, and they take minutes."""
        self.assertEqual(settings.tools(self.config, Layout(self.root, pristine=True)), (settings.RUSTDOC,))

    def test_another_linker_is_linked_and_builds_nothing(self) -> None:
        """Nothing is compiled with it; a lost link comes back as well."""
        link = self.layout.stage1 / f"lib/rustlib/{HOST}/bin/rust-lld"
        self.build()
        self.config.llvm.lld = str(self.write(self.root / "other-lld", ""))
        self.build()
        self.assertEqual(os.readlink(link), self.config.llvm.lld)
        link.unlink()
        self.build()
        self.assertTrue(link.exists())
        self.assertEqual((len(self.calls()), self.installs), (1, 1))

    def test_another_libc_builds_std_anew(self) -> None:
        """It becomes a part of std, so std must not be kept."""
        self.build()
        self.config.wasm.wasi_lib = str(self.root / "other-wasi")
        self.build()
        self.assertEqual(["--keep-stage-std" in call for call in self.calls()], [False, False])

    def test_the_printed_key_knows_every_path_of_the_configuration(self) -> None:
        """CI goes by it."""
        with (
            mock.patch.object(system, "find_stage0", lambda *_: self.stage0),
            mock.patch.object(system, "llvm_version", lambda *_: "22.1.8"),
        ):
            keys = {toolchain.source_key(self.config)}
            self.config.llvm.lld = "/other/lld"
            keys.add(toolchain.source_key(self.config))
            self.config.wasm.wasi_lib = "/other/wasi"
            keys.add(toolchain.source_key(self.config))
            self.config.build.tools = ["clippy"]
            keys.add(toolchain.source_key(self.config))
        self.assertEqual(len(keys), 4)

    def test_cargo_comes_back_after_the_compiler_was_built_anew(self) -> None:
        """Upstream's bootstrap begins the toolchain's directory anew, and who has installed it wants to keep it."""
        installed = self.layout.stage1 / "bin/cargo"
        self.fake("(build / 'host/stage1/bin/cargo').unlink(missing_ok=True)")
        self.build()
        self.assertFalse(installed.exists(), "it was never built")
        self.write(self.layout.root / "cargo/target/release/cargo", "built")
        state = {"inputs": cargo.input_digest(self.config, self.stage0)}
        for known, expected in ((state, True), ({"inputs": "of another day"}, False)):
            store_json(self.layout.state / "cargo.json", known)
            self.write(installed, "installed")
            self.write(self.repo / "compiler/rustc_a/src/ours.rs", f"// {expected}\n")
            self.build()
            self.assertEqual(installed.exists(), expected)
            self.assertEqual("./x.py install" in self.stderr.getvalue(), not expected)

    def test_an_edit_in_the_runtime_rebuilds_the_runtime_alone(self) -> None:
        """It is no part of the compiler."""
        self.build()
        with mock.patch.object(runtime, "files", lambda: [REPO / "README.md"]):
            self.build()
            self.build()
        self.assertEqual((len(self.calls()), self.installs), (1, 2))

    def test_std_is_kept_after_an_edit_in_our_modules_only(self) -> None:
        """The three std take longer than the compiler; any patch may change what std is compiled to."""
        own = self.write(self.repo / "compiler/rustc_wasm_proc_macro_api/src/lib.rs", "// 1\n")
        self.build()
        self.write(own, "// 2\n")
        self.build()
        self.write(self.repo / "compiler/rustc_a/src/ours.rs", "// new\n")
        self.build()
        self.assertEqual(["--keep-stage-std 1" in call for call in self.calls()], [False, True, False])
        self.assertEqual(len({call.split()[-1] for call in self.calls()}), 3)

    def test_std_is_not_kept_after_a_failure_that_may_have_hurt_it(self) -> None:
        """A std half built by one compiler must not be kept for the next, even if everything is as it was before."""
        own = self.write(self.repo / "compiler/rustc_wasm_proc_macro_api/src/lib.rs", "// 1\n")
        self.build()
        self.write(self.repo / "compiler/rustc_a/src/ours.rs", "// new\n")
        self.fake("sys.exit('error: broken')")
        (self.layout.state / "tree.json").unlink()
        with self.assertRaises(Failure):
            self.build()
        self.write(own, "// 2\n")
        self.write(self.repo / "compiler/rustc_a/src/ours.rs", "// ours\n")
        self.fake("")
        (self.layout.state / "tree.json").unlink()
        self.build()
        self.assertNotIn("--keep-stage-std", self.calls()[-1])

    def test_a_failure_shows_the_log_and_the_next_command(self) -> None:
        """And a full disk is called that."""
        for extra, message in (
            ("sys.exit('error: broken')", "error: broken"),
            ("sys.exit('No space left on device (os error 28)')", "the disk is full"),
            ("sys.exit('Could not resolve host')", "bring the network up"),
        ):
            self.fake(extra)
            (self.layout.state / "tree.json").unlink(missing_ok=True)  # so that the changed fake is laid out
            with self.subTest(extra=extra), self.assertRaises(Failure) as caught:
                self.build()
            self.assertIn(message, str(caught.exception))
            self.assertIn("next:", str(caught.exception))

    def test_an_error_names_the_file_and_not_what_its_path_is_remapped_to(self) -> None:
        """By upstream's scheme and Debian's."""
        for remapped in ("/rustc/1.96.0", "/rustc-dev/1.96.0", "/usr/src/rustc-1.96.0"):
            self.fake(f"sys.exit('  --> {remapped}/compiler/rustc_a/src/lib.rs:1:2')")
            (self.layout.state / "tree.json").unlink(missing_ok=True)
            with self.subTest(remapped=remapped), self.assertRaises(Failure) as caught:
                self.build()
            self.assertIn(f"--> {self.layout.tree}/compiler/rustc_a/src/lib.rs:1:2", str(caught.exception))

    def test_a_missing_stage0_names_what_was_found(self) -> None:
        """A compiler that is too old or too new."""
        rustc = self.write(self.root / "bin/rustc", "#!/bin/sh\necho 'release: 1.80.0'; echo 'host: x'\n")
        rustc.chmod(0o755)
        self.config.build.rustc = str(rustc)
        with self.assertRaisesRegex(Failure, "(?s)1.95 or 1.96.*found .*1.80.0.*rustup toolchain install 1.95"):
            system.find_stage0(self.config)

    def test_missing_packages_are_named_together(self) -> None:
        """One message, one command."""
        self.config.llvm.config, self.config.wasm.wasi_lib = "/no/llvm-config", "/no/wasi"
        self.config.build.install_packages = False
        with self.assertRaisesRegex(Failure, "(?s)llvm-22-dev.*wasi-libc.*apt-get install .*llvm-22-dev.* wasi-libc"):
            system.ensure_packages(self.config, self.layout, system.needs(self.config))

    def test_a_full_disk_is_noticed_before_the_build(self) -> None:
        """Not after twenty minutes."""
        self.config.build.min_free_gib = 10**9
        with self.assertRaisesRegex(Failure, "GiB free"):
            system.check_space(self.config, self.layout)

    def test_two_x_py_do_not_share_a_build_directory(self) -> None:
        """The second one says who holds it."""
        with system.locked(self.layout), self.assertRaisesRegex(Failure, f"process {os.getpid()}"):
            with system.locked(self.layout):
                self.fail("locked twice")


class Interrupt(Sandbox):
    """Ctrl-C, `kill`, and a terminal that closes."""

    def test_every_end_from_outside_ends_everything_with_one_line(self) -> None:
        """However the program was started that works on, and with what that has started."""
        child = self.root / "child"
        program = self.write(self.root / "bin/rustc", f"#!/bin/sh\nsh -c 'echo $$ > {child}; sleep 60'\ntrue\n")
        program.chmod(0o755)
        (self.root / "work").mkdir()
        for number, start in (
            (signal.SIGINT, "run.logged([program], root / 'log')"),
            (signal.SIGTERM, "suite.run_part('', [program], {})"),
            (signal.SIGHUP, "demo.Demo(layout, program).step('', [program])"),
            (signal.SIGHUP, "dist.try_out(root, root / 'work')"),
            (signal.SIGHUP, "suite.run_bench(layout, system.Stage0(program, program, '', ''), [])"),
        ):
            with self.subTest(number=number, start=start):
                child.unlink(missing_ok=True)
                self.interrupt(number, start, child)

    def interrupt(self, number: signal.Signals, start: str, child: Path) -> None:
        """Exit code 130, no traceback, and the process that is named in `child` ends too."""
        script = (
            "import signal, sys; sys.path.insert(0, sys.argv[1])\n"
            "from pathlib import Path\n"
            "from bootstrap import cli, config, demo, dist, run, suite, system\n"
            "suite.say = lambda *_: None\n"
            # A shell makes what it runs in the background deaf to Ctrl-C, the tests perhaps, and that is inherited.
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
            f"root, layout = Path({str(self.root)!r}), config.Layout(Path({str(self.layout.root)!r}))\n"
            "program = root / 'bin/rustc'\n"
            f"cli.COMMANDS['check'] = lambda *_: {start}\n"
            "sys.exit(cli.main(['check', '--build-dir', str(layout.root)]))\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", script, str(REPO / "compiler")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 120
        while not (child.exists() and child.read_text().strip()) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(len(stderr.strip().splitlines()), 1, stderr)
        self.assertIn("./x.py check", stderr)
        # Its parent is gone, so it is for another process to see that it has ended.
        with self.assertRaises(ProcessLookupError):
            while time.monotonic() < deadline + 120:
                os.kill(int(child.read_text()), 0)
                time.sleep(0.02)


class Estimate(Sandbox):
    """Progress lines."""

    def test_the_estimate_follows_the_last_build(self) -> None:
        """132 of 214 crates says little, for the last ones are the large ones."""
        memory = self.write(self.root / "timeline.json", json.dumps({"timeline": [10, 20, 30, 400], "seconds": 600}))
        now = [0.0]
        progress = Progress("build", memory, lambda: now[0])
        for second in (10, 20, 60):
            now[0] = second
            progress.line(f"   Compiling c{second} v1.0.0")
        self.assertEqual(progress.status(60.0), "3/4 crates, about 11 min left")
        self.assertIn("[build] 1/4 crates", self.stderr.getvalue())
        progress.line("Building stage1 library artifacts{alloc, core} (stage1 -> stage1, host)")
        self.assertIn("[build] building stage1 library artifacts (stage1 -> stage1, host)\n", self.stderr.getvalue())
        now[0] = 1200.0
        progress.line("   Compiling last v1.0.0")
        self.assertEqual(progress.status(1200.0), "4/4 crates, about 10 min left")
        progress.finish()
        self.assertEqual(json.loads(memory.read_text())["seconds"], 1200.0)
