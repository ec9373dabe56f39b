"""Preparing the tree: what is laid, what stays untouched, what comes back."""

import os
from pathlib import Path

from bootstrap import tree
from bootstrap.report import Failure

from .support import PATCH, Sandbox

TOUCHED = "compiler/rustc_a/src/lib.rs"


class Tree(Sandbox):
    """`tree.prepare`."""

    def prepare(self, identity: str = "u1") -> tree.Prepared:
        """Prepares with everything pinned."""
        return tree.prepare(self.upstream, identity, self.layout, self.pin(TOUCHED), self.repo)

    def times(self) -> dict[Path, int]:
        """Modification times of the whole tree."""
        return {path: path.lstat().st_mtime_ns for path in self.layout.tree.rglob("*") if not path.is_dir()}

    def age(self) -> None:
        """Makes every file of the tree old, so that a write shows."""
        for path in self.layout.tree.rglob("*"):
            if path.is_file() and not path.is_symlink():
                os.utime(path, (1, 1))

    def test_upstream_own_files_and_patches_are_laid_out(self) -> None:
        """The tree is the sum of the three, without what is not built."""
        self.prepare()
        tree_root = self.layout.tree
        self.assertIn("mod ours;", (tree_root / TOUCHED).read_text())
        self.assertEqual((tree_root / "compiler/rustc_a/src/ours.rs").read_text(), "// ours\n")
        self.assertTrue((tree_root / "compiler/rustc_b/src/link.rs").is_symlink())
        self.assertFalse((tree_root / "vendor").exists())
        self.assertFalse((tree_root / "compiler/hooks").exists())

    def test_a_second_time_touches_nothing(self) -> None:
        """Cargo goes by modification times."""
        self.prepare()
        before = self.times()
        self.assertEqual(self.prepare().changed, 0)
        self.assertEqual(self.times(), before)

    def test_an_edit_touches_that_file_alone(self) -> None:
        """An edit in our runtime must not rebuild the compiler."""
        self.prepare()
        before = self.times()
        self.write(self.repo / "compiler/rustc_a/src/ours.rs", "// ours, better\n")
        self.assertEqual(self.prepare().changed, 1)
        changed = {path.name for path, time in self.times().items() if before[path] != time}
        self.assertEqual(changed, {"ours.rs"})

    def test_a_vanished_hook_and_file_go_back_to_upstream(self) -> None:
        """With a new modification time: an old one would look fresh to Cargo."""
        prepared = self.prepare()
        self.assertEqual(set(prepared.layer), {TOUCHED, "compiler/rustc_a/src/ours.rs"})
        self.age()
        (self.repo / "compiler/hooks/0001-rustc_a-call-our-module.patch").unlink()
        (self.repo / "compiler/rustc_a/src/ours.rs").unlink()
        self.assertEqual(self.prepare().layer, {})
        self.assertEqual((self.layout.tree / TOUCHED).read_text(), (self.upstream / TOUCHED).read_text())
        self.assertGreater((self.layout.tree / TOUCHED).stat().st_mtime, 2)
        self.assertFalse((self.layout.tree / "compiler/rustc_a/src/ours.rs").exists())

    def test_an_edit_inside_the_tree_is_undone(self) -> None:
        """Work in the tree by mistake must not end up in the toolchain."""
        self.prepare()
        self.write(self.layout.tree / TOUCHED, "edited\n")
        self.prepare()
        self.assertIn("mod ours;", (self.layout.tree / TOUCHED).read_text())

    def test_an_interrupted_preparation_is_completed(self) -> None:
        """Nothing counts as done before it is."""
        self.prepare()
        (self.layout.state / "tree.json").unlink()
        (self.layout.tree / "compiler/rustc_b/src/lib.rs").unlink()
        self.prepare()
        self.assertTrue((self.layout.tree / "compiler/rustc_b/src/lib.rs").exists())

    def test_an_existing_tree_is_taken_over(self) -> None:
        """A tree that another tool prepared the same way is left as it is, but for what differs."""
        self.prepare()
        before = self.times()
        (self.layout.state / "tree.json").unlink()
        self.write(self.layout.tree / "compiler/stray.rs", "x")
        self.assertEqual(self.prepare().changed, 1)
        self.assertEqual(self.times(), before)

    def test_another_upstream_gives_new_times_to_what_differs(self) -> None:
        """Files of another packaging may be older than the last build."""
        self.prepare()
        self.age()
        os.utime(self.write(self.upstream / "compiler/rustc_b/src/lib.rs", "// other b\n"), (0, 0))
        self.prepare("u2")
        self.assertGreater((self.layout.tree / "compiler/rustc_b/src/lib.rs").stat().st_mtime, 2)

    def test_a_collision_with_upstream_is_an_error(self) -> None:
        """An upstream file is patched, never replaced."""
        self.write(self.repo / "compiler/rustc_b/src/lib.rs", "mine\n")
        with self.assertRaisesRegex(Failure, "rustc_b/src/lib.rs` is a file of upstream's"):
            self.prepare()

    def test_a_touched_file_must_be_pinned(self) -> None:
        """Else a changed upstream would go unnoticed where it matters."""
        with self.assertRaisesRegex(Failure, "does not pin"):
            tree.prepare(self.upstream, "u1", self.layout, self.pin(), self.repo)

    def test_later_patches_see_earlier_ones(self) -> None:
        """A queue, not a set."""
        second = PATCH.replace(
            "@@ -2,2 +2,3 @@\n fn two() {}\n+mod ours;\n fn three() {}",
            "@@ -3,2 +3,3 @@\n mod ours;\n+mod more;\n fn three() {}",
        )
        self.write(self.repo / "compiler/hooks/0002-rustc_a-more.patch", second)
        self.prepare()
        self.assertIn("mod ours;\nmod more;\n", (self.layout.tree / TOUCHED).read_text())

    def test_tests_of_our_crates_and_build_files_stay_out(self) -> None:
        """What Cargo does not need there must not change the compiler's digest."""
        for name in (
            "stubgen/tests/a.rs",
            "stubgen/target/x",
            "stubgen/.hidden",
            "compiler/bootstrap/x.py",
            "compiler/lock-additions.toml",
        ):
            self.write(self.repo / name, "x")
        self.write(self.repo / "stubgen/src/tests/a.rs", "x")
        laid = set(tree.overlay(self.repo))
        self.assertEqual(laid, {"compiler/rustc_a/src/ours.rs", "stubgen/src/tests/a.rs"})

    def test_ours_stands_in_for_a_licence_that_upstream_left_out(self) -> None:
        """Some packagings do, and rustdoc does not build without."""
        self.write(self.repo / "LICENSE-MIT", "ours\n")
        self.write(self.repo / "LICENSE-APACHE", "ours\n")
        static = "src/librustdoc/html/static"
        self.write(self.upstream / static / "LICENSE-MIT.txt", "upstream's\n")
        self.prepare()
        self.assertEqual((self.layout.tree / static / "LICENSE-MIT.txt").read_text(), "upstream's\n")
        self.assertEqual((self.layout.tree / static / "LICENSE-APACHE.txt").read_text(), "ours\n")

    def test_a_completed_lock_file_stays(self) -> None:
        """Cargo may complete the lock file in place; resetting it each time would resolve it each time."""
        self.write(self.upstream / "Cargo.lock", 'version = 4\n\n[[package]]\nname = "a"\nversion = "1.0.0"\n')
        self.prepare()
        completed = self.write(self.layout.tree / "Cargo.lock", "completed")
        self.write(self.repo / "compiler/rustc_a/src/ours.rs", "// new\n")
        self.prepare()
        self.assertEqual(completed.read_text(), "completed")

    def test_the_pristine_tree_has_nothing_of_ours(self) -> None:
        """It is what the fork is compared with."""
        from bootstrap.config import Layout

        layout = Layout(self.layout.root, pristine=True)
        tree.prepare(self.upstream, "u1", layout, self.pin(TOUCHED), self.repo)
        self.assertEqual((layout.tree / TOUCHED).read_text(), (self.upstream / TOUCHED).read_text())
        self.assertFalse((layout.tree / "compiler/rustc_a/src/ours.rs").exists())
