#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of bench/suite/bars.py: what holds and what falls short, exactly at the bound too."""

import contextlib
import io
import math
import pathlib
import sys
import types
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from suite import bars  # noqa: E402
from suite.results import print_table  # noqa: E402


def bar(comparison, bound, unit=""):
    return bars.Bar("figure", comparison, bound, unit, "words")


class JudgeTest(unittest.TestCase):
    def holds(self, one, **figures):
        return bars.judge(one, figures).holds

    def test_at_least(self):
        self.assertTrue(self.holds(bar(">=", 0.9), figure=0.9))
        self.assertTrue(self.holds(bar(">=", 0.9), figure=0.901))
        self.assertFalse(self.holds(bar(">=", 0.9), figure=0.899))

    def test_at_most(self):
        self.assertTrue(self.holds(bar("<=", 100), figure=100))
        self.assertTrue(self.holds(bar("<=", 100), figure=99.9))
        self.assertFalse(self.holds(bar("<=", 100), figure=100.1))

    def test_less(self):
        self.assertFalse(self.holds(bar("<", 10), figure=10))
        self.assertTrue(self.holds(bar("<", 10), figure=9.99))

    def test_a_bound_of_other_figures(self):
        one = bar("<=", {"echo": 1, "sync": 2})
        self.assertTrue(self.holds(one, figure=1600, echo=1000, sync=300))
        self.assertFalse(self.holds(one, figure=1600.1, echo=1000, sync=300))

    def test_a_sum_is_not_spoilt_by_binary_fractions(self):
        one = bar("<=", {"echo": 1, "sync": 2})
        # 0.1 + 2 x 0.35 is 0.7999999999999999 to the processor.
        self.assertLess(0.1 + 2 * 0.35, 0.8)
        self.assertTrue(self.holds(one, figure=0.8, echo=0.1, sync=0.35))
        # And the other way about: 0.1 + 0.2 is more than 0.3.
        self.assertFalse(self.holds(bar("<", {"a": 1, "b": 1}), figure=0.3, a=0.1, b=0.2))

    def test_without_what_the_bound_is_made_of(self):
        judged = bars.judge(bar("<=", {"echo": 1, "sync": 2}), {"figure": 7, "echo": 1})
        self.assertIsNone(judged.bound)
        self.assertIsNone(judged.holds)
        self.assertEqual(judged.verdict, "not judged")
        self.assertIsNone(judged.margin)
        self.assertEqual(str(judged), "figure is 7, asked is <= echo + 2 x sync")

    def test_what_is_no_number_was_not_measured(self):
        for value in (None, "7", True, math.nan, math.inf, [1], {}):
            self.assertIsNone(bars.judge(bar(">=", 1), {"figure": value}), value)
        self.assertIsNone(bars.judge(bar(">=", 1), {}))

    def test_a_note_is_told_and_excuses_nothing(self):
        for value, verdict in ((0.2, "falls short"), (0.9, "holds")):
            figures = {"overload_goodput": value, "overload_note": "the client had no core left"}
            judged = bars.judge(bars.BY_FIGURE["overload_goodput"],
                                bars.figures_of({"more": figures}))
            self.assertEqual((judged.verdict, judged.note, judged.bound),
                             (verdict, "the client had no core left", 0.9))
        del figures["overload_note"]
        judged = bars.judge(bars.BY_FIGURE["overload_goodput"], bars.figures_of({"more": figures}))
        self.assertEqual(judged.note, "")

    def test_margin_is_above_one_where_it_is_better(self):
        self.assertEqual(bars.judge(bar(">=", 2), {"figure": 4}).margin, 2)
        self.assertEqual(bars.judge(bar("<=", 4), {"figure": 2}).margin, 2)
        self.assertIsNone(bars.judge(bar(">=", 2), {"figure": 0}).margin)

    def test_words(self):
        self.assertEqual(str(bars.judge(bar(">=", 1_000_000, "/s"), {"figure": 999_999})),
                         "figure is 999,999/s, asked is >= 1,000,000/s")
        self.assertEqual(str(bars.judge(bar("<=", 100, "bytes"), {"figure": 99.5})),
                         "figure is 99.5 bytes, asked is <= 100 bytes")


class NumberWordsTest(unittest.TestCase):
    def test_numbers(self):
        for value, words in ((0, "0"), (1234567, "1,234,567"), (0.832, "0.832"), (10.0, "10"),
                             (1731.44, "1,731.44"), (0.00012, "0.00012"), (-0.0, "0"),
                             (-1.5, "-1.5")):
            self.assertEqual(bars.number_words(value), words)


class FiguresTest(unittest.TestCase):
    def test_fixed_ones_and_more(self):
        self.assertEqual(
            bars.figures_of({"a": 1, "b": None, "at": "now", "more": {"c": 2.5, "d": {"e": 1}}}),
            {"a": 1, "c": 2.5})
        self.assertEqual(bars.figures_of({"more": None}), {})
        self.assertEqual(bars.figures_of({"more": [1]}), {})

    def test_each_bar_once(self):
        names = [one.figure for one in bars.BARS]
        self.assertEqual(len(names), len(set(names)))
        for one in bars.BARS:
            self.assertIn(one.comparison, bars.COMPARISONS)

    def test_the_bars_just_so_and_just_not(self):
        """Every bar in its place: at its bound, and a thousandth beyond."""
        others = {"unary_echo_half_p99_us": 1000.0, "sync_us_p99": 300.0,
                  "alone_echo_p50_us": 200.0, "sync_us_p50": 200.0}
        bounds = {"unary_half_p99_us": 1600, "alone_p50_us": 500}
        for one in bars.BARS:
            bound = bounds.get(one.figure, one.bound)
            worse = bound * (0.999 if one.comparison == ">=" else 1.001)
            self.assertEqual(bars.judge(one, {**others, one.figure: bound}).holds,
                             one.comparison != "<", one.figure)
            self.assertFalse(bars.judge(one, {**others, one.figure: worse}).holds, one.figure)


class CheckTest(unittest.TestCase):
    def bench(self, quick=False, **more):
        failures = []
        return types.SimpleNamespace(
            figures={"unary_vs_echo": None}, more=more, failures=failures,
            options=types.SimpleNamespace(quick=quick),
            check=lambda right, what: right or failures.append(what))

    def test_what_holds(self):
        bench = self.bench(bytes_per_member=100, replay_events_per_s=1_000_000)
        bars.check(bench, "bytes_per_member", "replay_events_per_s")
        self.assertEqual(bench.failures, [])

    def test_what_falls_short(self):
        bench = self.bench(bytes_per_member=100.1)
        bars.check(bench, "bytes_per_member")
        self.assertEqual(bench.failures,
                         ["bytes_per_member is 100.1 bytes, asked is <= 100 bytes"])

    def test_a_quick_run_may_fall_short(self):
        bench = self.bench(quick=True, bytes_per_member=100.1)
        bars.check(bench, "bytes_per_member")
        self.assertEqual(bench.failures, [])

    def test_a_part_that_did_not_measure_it(self):
        bench = self.bench(quick=True)
        bars.check(bench, "unary_vs_echo")
        self.assertEqual(bench.failures, ["unary_vs_echo was not measured"])

    def test_a_bar_without_its_bound(self):
        bench = self.bench(quick=True, alone_p50_us=7, sync_us_p50=1)
        bars.check(bench, "alone_p50_us")
        self.assertEqual(bench.failures,
                         ["alone_p50_us: what its bound is made of was not measured"])

    def test_a_note_does_not_save_the_run(self):
        bench = self.bench(overload_goodput=0.2, overload_note="the client had no core left")
        bars.check(bench, "overload_goodput")
        self.assertEqual(bench.failures, ["overload_goodput is 0.2, asked is >= 0.9"])

    def test_no_such_bar(self):
        with self.assertRaises(KeyError):
            bars.check(self.bench(), "no_such_figure")


class TableTest(unittest.TestCase):
    def test_verdicts(self):
        names = ("ledger_decisions_per_s", "unary_per_s", "unary_echo_per_s", "unary_vs_echo",
                 "stream_per_s", "stream_echo_per_s", "stream_vs_echo", "sync_us_p50")
        summary = dict.fromkeys(names) | {
            "unary_vs_echo": 0.899, "commit": "c", "machine": {"cpu": "x", "cores": 2},
            "conditions": {"others_cores_max": 0},
            "more": {"bytes_per_member": 100, "overload_goodput": 0.5, "overload_note": "why"},
            "spread": {}, "failed_checks": ["unary_vs_echo is 0.899, asked is >= 0.9",
                                            "unary: 3 wrong answers"]}
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            print_table(summary)
        self.assertIn("  falls short:  unary_vs_echo is 0.899, asked is >= 0.9\n",
                      output.getvalue())
        self.assertEqual(output.getvalue().count("unary_vs_echo is"), 1)
        self.assertIn("  CHECK FAILED: unary: 3 wrong answers\n", output.getvalue())
        self.assertIn("  falls short:  overload_goodput is 0.5, asked is >= 0.9\n"
                      "                why\n", output.getvalue())
        self.assertIn("  holds:        bytes_per_member is 100 bytes, asked is <= 100 bytes\n",
                      output.getvalue())

        self.assertNotIn("pace", output.getvalue())
        summary["more"] |= {"slow_cores_percent": 4.8, "slow_cores_max_ms": 120.0}
        with contextlib.redirect_stdout(output):
            print_table(summary)
        self.assertIn("  The cores were below half of their pace for 4.8 % of the run, at most "
                      "120 ms at a stretch.\n", output.getvalue())

    def test_the_verdicts_stand_in_the_summary(self):
        verdicts = bars.verdicts_of({
            "unary_vs_echo": 0.899,
            "more": {"bytes_per_member": 100, "unary_half_p99_us": 900,
                     "unary_echo_half_p99_us": 500, "sync_us_p99": 200, "alone_p50_us": 3}})
        self.assertEqual(
            [(one["figure"], one["value"], one["asked"], one["bound"], one["holds"])
             for one in verdicts],
            [("unary_vs_echo", 0.899, ">= 0.9", 0.9, False),
             ("unary_half_p99_us", 900, "<= unary_echo_half_p99_us + 2 x sync_us_p99", 900, True),
             ("alone_p50_us", 3, "<= alone_echo_p50_us + 1.5 x sync_us_p50", None, None),
             ("bytes_per_member", 100, "<= 100 bytes", 100, True)])


if __name__ == "__main__":
    unittest.main()
