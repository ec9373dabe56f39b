"""How long tests took, from what libtest prints."""

import unittest

from bootstrap import timing
from bootstrap.timing import Part, Times, Watch


class Durations(unittest.TestCase):
    """Times from the moments at which tests ended."""

    def test_a_test_begins_where_one_before_it_has_ended(self) -> None:
        """Two at once: `a` and `b` begin, `c` follows `b`, `d` follows `a`."""
        ended = [(12.0, "b"), (15.0, "a"), (16.0, "d"), (20.0, "c")]
        found = timing.durations(ended, 10.0, 2)
        self.assertEqual(found, {"b": 2.0, "a": 5.0, "d": 1.0, "c": 8.0})

    def test_one_at_a_time_is_the_time_between_lines(self) -> None:
        """The simplest case."""
        self.assertEqual(timing.durations([(1.0, "a"), (4.0, "b")], 0.0, 1), {"a": 1.0, "b": 3.0})

    def test_another_order_is_never_more_than_it_was(self) -> None:
        """A runner that goes its own way must not name a test that is quick as the slowest one."""
        self.assertEqual(timing.durations([(5.0, "z"), (6.0, "a")], 0.0, 1), {"z": 0.0, "a": 6.0})


class Reading(unittest.TestCase):
    """What Cargo and its tests print."""

    def watch(self, *lines: tuple[float, str]) -> Watch:
        """Reads lines, each of which comes at a moment."""
        now = [0.0]
        watch = Watch(1, lambda: now[0])
        for now[0], line in lines:
            watch.line(line)
        return watch

    def test_a_test_is_named_with_its_file(self) -> None:
        """Names alone are not unique. What is ignored takes no time, and other lines are skipped."""
        watch = self.watch(
            (3.0, "   Compiling x v0.1.0"),
            (30.0, "     Running unittests src/lib.rs (target/debug/deps/x-1)"),
            (31.0, "running 3 tests"),
            (31.0, "test slow::left_out ... ignored"),
            (33.0, "test quick ... ok"),
            (33.0, "a line of a child"),
            (43.0, "test slow::it - should panic ... FAILED"),
            (43.0, "test result: FAILED. 1 passed; 1 failed"),
            (50.0, "   Doc-tests x"),
            (51.0, "running 1 test"),
            (52.0, "test src/lib.rs - a (line 3) ... ok"),
            (52.0, "test result: ok. 1 passed"),
        )
        self.assertEqual(
            watch.tests,
            [
                (2.0, "src/lib.rs: quick"),
                (10.0, "src/lib.rs: slow::it - should panic"),
                (1.0, "examples of x: src/lib.rs - a (line 3)"),
            ],
        )
        self.assertEqual(watch.running, 12.0 + 1.0)

    def test_a_runner_that_names_no_tests_counts_as_one(self) -> None:
        """`tests/ui` has its own."""
        watch = self.watch((1.0, "     Running tests/ui.rs (x)"), (9.0, "ui/a.rs ... ok"), (9.0, "test result: ok. 1 passed"))
        self.assertEqual(watch.tests, [(8.0, "tests/ui.rs")])


class Saying(unittest.TestCase):
    """The end of a run."""

    def test_parts_and_the_ten_slowest_tests_are_said(self) -> None:
        """The longest first, and what it took to build apart."""
        times = Times([Part("short", 2.0), Part("long", 100.0, 60.0)], [(float(number), f"t{number}") for number in range(12)])
        lines = [line.strip() for line in times.lines()]
        self.assertEqual(lines[1:3], ["1 min 40 s  long, 40 s of it to build", "2.0 s  short"])
        self.assertEqual((len(lines), lines[4], lines[-1]), (14, "11 s  t11", "2.0 s  t2"))

    def test_a_run_without_tests_of_cargo_names_none(self) -> None:
        """As with a filter that fits x.py's own."""
        self.assertNotIn("slowest", "\n".join(Times([Part("x.py itself", 1.0)]).lines()))
