#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the cores' pace: slow spells out of samples, and what is told of them."""

import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import sys
import time
import types
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from suite import core, pace, probes  # noqa: E402
from suite.system import CHILDREN, BenchError  # noqa: E402

MS = 1_000_000
US = 1_000
EVERY = pace.EVERY_NS


def samples_of(text, begin_ns=1_000 * MS):
    """One a letter, an interval apart: good, slow; `_` is an interval without one."""
    costs_ns = {"g": 6 * US, "s": 60 * US}
    return [(begin_ns + place * EVERY, costs_ns[letter])
            for place, letter in enumerate(text) if letter != "_"]


class SpellsTest(unittest.TestCase):
    def spells(self, text):
        """In intervals from the first sample on."""
        found = pace.spells(samples_of(text, begin_ns=0), 12 * US)
        return [(from_ns / EVERY, until_ns / EVERY) for from_ns, until_ns in found]

    def test_from_the_last_good_sample_to_the_first_good_one(self):
        for text, found in (("", []), ("ggg", []), ("gsg", [(0, 2)]), ("ggsssgg", [(1, 5)]),
                            ("gsgsgg", [(0, 2), (2, 4)]), ("gss", [(0, 2)]),
                            ("gs_s__sg", [(0, 7)])):
            self.assertEqual(self.spells(text), found, text)

    def test_it_begins_with_the_sample_that_is_the_first(self):
        self.assertEqual(pace.spells(samples_of("ssg"), 12 * US),
                         [(1_000 * MS - 60 * US, 1_000 * MS + 2 * EVERY)])

    def test_none_goes_across_a_time_without_samples(self):
        gap = "_" * (pace.GAP_NS_MAX // EVERY)
        alone = -60 * US / EVERY
        for text, found in ((f"gs{gap}g", [(0, 1)]), (f"g{gap}sg", [(6 + alone, 7)]),
                            (f"gs{gap}sg", [(0, 1), (7 + alone, 8)]),
                            (f"gs{gap[1:]}sg", [(0, 7)])):
            self.assertEqual(self.spells(text), found, text)

    def test_twice_the_pace_is_not_slow_yet(self):
        for cost_ns, count in ((12 * US, 0), (12 * US + 1, 1)):
            told = pace.told([*samples_of("ggg"), (1_000 * MS + 3 * EVERY, cost_ns)])
            self.assertEqual(len(told["long"]), count)

    def test_overlap(self):
        for spells, overlap in (((), 0), (((0, 10), (20, 30)), 0), (((0, 11), (19, 30)), 2),
                                (((0, 99),), 10), (((12, 14), (15, 16)), 3)):
            self.assertEqual(pace.overlap_ns((10, 20), spells), overlap, spells)


class ToldTest(unittest.TestCase):
    def test_what_is_told(self):
        told = pace.told(samples_of("gggggggssg" * 2))
        self.assertEqual({key: told[key] for key in told if key != "long"},
                         {"count": 20, "usual_us": 6.0, "slow_percent": 20.0, "max_ms": 30.0})
        self.assertEqual(told["long"], [(1_060 * MS, 1_090 * MS), (1_160 * MS, 1_190 * MS)])

    def test_cores_may_be_slow_for_half_of_the_run(self):
        self.assertEqual(pace.told(samples_of("ssgg" * 9))["slow_percent"], 50.0)
        # Whoever is slow nearly always has no other pace.
        self.assertEqual(pace.told(samples_of("sssg" * 9))["slow_percent"], 0.0)

    def test_nothing_was_seen(self):
        self.assertEqual(pace.told([]), {"count": 0, "usual_us": 0.0, "slow_percent": 0.0,
                                         "max_ms": 0.0, "long": []})

    def test_so_many_are_told_one_by_one_and_all_are_counted(self):
        with mock.patch.object(pace, "TOLD_MAX", 1):
            told = pace.told(samples_of("gsgssggggg"))
        self.assertEqual(told["long"], [(1_000 * MS, 1_020 * MS)])
        self.assertEqual((told["slow_percent"], told["max_ms"]), (30.0, 30.0))


class RunningTest(unittest.TestCase):
    def test_it_runs_until_it_is_asked(self):
        begin_ns = time.monotonic_ns()
        with probes.Pace() as cores:
            # It has to find out first how much to do.
            time.sleep(2 * pace.TRIES * EVERY / 1e9)
            told = cores.told()
        self.assertGreater(told["count"], 0)
        self.assertGreater(told["usual_us"], 0)
        self.assertTrue(0 <= told["slow_percent"] <= 100)
        for from_ns, until_ns in told["long"]:
            self.assertTrue(begin_ns < from_ns < until_ns < time.monotonic_ns())

    def test_it_is_not_left_running(self):
        with self.assertRaises(KeyboardInterrupt), probes.Pace() as cores:
            raise KeyboardInterrupt
        child = cores._child  # pylint: disable=protected-access
        self.assertIsNotNone(child.returncode)
        self.assertNotIn(child, CHILDREN._running)  # pylint: disable=protected-access


class RunTest(unittest.TestCase):
    """tools/bench: a whole run of parts, of which none is a real one."""

    def setUp(self):
        path = str(ROOT / "tools" / "bench")
        spec = importlib.util.spec_from_file_location(
            "bench_tool", path, loader=importlib.machinery.SourceFileLoader("bench_tool", path))
        self.tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.tool)
        self.bench = core.Bench(types.SimpleNamespace(preset="dev"))
        self.enterContext(contextlib.redirect_stderr(io.StringIO()))
        self.pace = mock.MagicMock()
        self.pace.__enter__.return_value = self.pace
        self.enterContext(mock.patch.object(self.tool, "Pace", lambda: self.pace))

    def run_part(self, part):
        with mock.patch.dict(self.tool.PARTS, {"ring": part}):
            self.tool.run(self.bench, ["ring"])

    def test_how_the_cores_were_in_all_of_it_and_beside_each_load(self):
        self.pace.told.return_value = {"count": 30, "slow_percent": 4.75, "max_ms": 120.5,
                                       "long": [(20, 40), (90, 120)]}

        def part(bench):
            bench.loads += [("unary", 0, 50), ("unary", 50, 100), ("stream", 200, 300)]
        self.run_part(part)
        self.assertEqual(self.bench.more, {"slow_cores_percent": 4.75,
                                           "slow_cores_max_ms": 120.5})
        self.assertEqual(self.bench.spread, {"unary_slow_cores_percent": [40.0, 20.0],
                                             "stream_slow_cores_percent": [0.0]})
        self.assertEqual(self.bench.failures, [])
        self.pace.__exit__.assert_called_once()

    def test_of_a_run_without_a_look_nothing_is_told(self):
        self.pace.told.return_value = pace.told([])

        def part(bench):
            bench.loads += [("unary", 0, 50)]
        self.run_part(part)
        self.assertEqual((self.bench.more, self.bench.spread), ({}, {}))

    def test_figures_are_not_lost_with_it(self):
        self.pace.told.side_effect = BenchError("pace.py ended with 3")

        def part(bench):
            bench.more["found"] = 7
        self.run_part(part)
        self.assertEqual(self.bench.more, {"found": 7})
        self.assertEqual(self.bench.failures, ["pace.py ended with 3"])

    def test_a_part_that_goes_wrong_ends_it(self):
        def part(bench):
            raise BenchError("wrong")
        with self.assertRaisesRegex(BenchError, "wrong"):
            self.run_part(part)
        self.pace.__exit__.assert_called_once()


if __name__ == "__main__":
    unittest.main()
