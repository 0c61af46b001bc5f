#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the part that looks for stalls: what makes it fail, and what is only told.

What client, server and probe say is made up; only the probe itself runs, for a moment.
"""

import csv
import pathlib
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from parts_test import PartTest, Server  # noqa: E402
from suite import probe, probes, stalls  # noqa: E402
from suite.system import CORES, BenchError  # noqa: E402

MS = 1_000_000
S = 1_000_000_000


class ImportFilesTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, name, header, *rows):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])

    def test_new_members_with_their_cards_in_unions_that_are_there(self):
        members = ("member_id", "union_node_id", "name")
        cards = ("card_number", "member_id")
        self.write("old/members.csv", members, ("M1", "E1", "潘云"), ("M2", "E2", "b"))
        self.write("made/members.csv", members, ("M1", "E1", "潘云"), ("M2", "E2", "b"),
                   ("M3", "E2", "c, \"d\""), ("M4", "E9", "e"), ("M5", "E9", "f"))
        self.write("made/cards.csv", cards, ("1", "M1"), ("2", "M2"), ("3", "M3"), ("4", "M4"),
                   ("5", "M4"))
        out = self.folder / "out"
        out.mkdir()
        stalls.write_new_rows(self.folder / "old", self.folder / "made", out)
        found = list(stalls.rows_of(out / "members.csv"))
        self.assertEqual([(row["member_id"], row["name"]) for row in found],
                         [("M3", "c, \"d\""), ("M4", "e"), ("M5", "f")])
        self.assertEqual(found[0]["union_node_id"], "E2")
        self.assertEqual({row["union_node_id"] for row in found[1:]}, {"E1", "E2"})
        self.assertEqual([row["card_number"] for row in stalls.rows_of(out / "cards.csv")],
                         ["3", "4", "5"])


class WorkTest(unittest.TestCase):
    def test_what_it_gives(self):
        self.assertEqual(stalls.Work(lambda: 7).result(10), 7)

    def test_what_goes_wrong_is_not_lost(self):
        def fail():
            raise BenchError("the import failed")
        with self.assertRaisesRegex(BenchError, "the import failed"):
            stalls.Work(fail).result(10)

    def test_one_that_does_not_end(self):
        over = threading.Event()
        self.addCleanup(over.set)
        with self.assertRaisesRegex(BenchError, "does not end"):
            stalls.Work(over.wait).result(0.01)


class WatchTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "data").mkdir()
        self.state = {"checkpointSeq": "5", "tables": [{"name": "members", "rowCount": "7"},
                                                       {"name": "cards"}]}

    def status(self):
        return self.state

    @staticmethod
    def counts(watch):
        return len(watch.checkpoints_ns), watch.files_written, watch.files_merged

    def files(self, *names):
        for path in (self.folder / "data").iterdir():
            path.unlink()
        for name in names:
            (self.folder / "data" / name).touch()

    def test_counts(self):
        self.files("1.sst", "2.sst", "3.log")
        watch = stalls.Watch(self)
        watch.look()
        self.assertEqual(self.counts(watch), (0, 0, 0))
        self.files("1.sst", "2.sst", "4.sst", "5.log")
        self.state = {"checkpointSeq": "9", "tables": [{"name": "members", "rowCount": "9"},
                                                       {"name": "cards", "rowCount": "4"}]}
        watch.look()
        self.assertEqual(self.counts(watch), (1, 1, 0))
        self.files("4.sst", "6.sst")
        watch.look()
        self.assertEqual(self.counts(watch), (1, 2, 2))
        self.assertEqual(watch.rows_since_start(), {"members": 2, "cards": 4})
        self.assertEqual(len(watch.merges_ns), 1)

    def test_the_last_moment_is_looked_at_too(self):
        watch = stalls.Watch(self)
        self.state = {"checkpointSeq": "6"}
        watch.over.set()
        watch.until_over()
        self.assertEqual(len(watch.checkpoints_ns), 1)


class ProbeTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(probes, "OUT", self.folder))

    def test_it_runs_and_leaves_nothing_behind(self):
        begin_ns = time.monotonic_ns()
        with probes.Probe() as one:
            deadline = time.monotonic() + 30
            while not (self.folder / "probe.bin").stat().st_size and time.monotonic() < deadline:
                time.sleep(0.01)
            told = one.told()
        self.assertEqual({*told, "core"}, set(stalls.WAITS))
        for waits in told.values():
            self.assertGreater(waits["count"], 0)
            self.assertGreaterEqual(waits["max_ms"], 0)
            for from_ns, until_ns in waits["long"]:
                self.assertTrue(begin_ns < from_ns < until_ns < time.monotonic_ns())
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_one_that_does_not_start(self):
        program = self.folder / "no_probe.py"
        program.write_text("", encoding="utf-8")
        with mock.patch.object(probes, "PROBE", program), \
                self.assertRaisesRegex(BenchError, "no_probe.py does not start"):
            probes.Probe()
        self.assertEqual(list(self.folder.iterdir()), [program])

    def test_one_that_fails_later(self):
        program = self.folder / "no_probe.py"
        program.write_text("print('ready', flush=True)\nraise SystemExit(3)", encoding="utf-8")
        with mock.patch.object(probes, "PROBE", program):
            one = probes.Probe()
            self.addCleanup(one.stop)
            one._child.wait(30)  # pylint: disable=protected-access
            with self.assertRaisesRegex(BenchError, "ended with 3"):
                one.told()

    def test_only_long_waits_are_told_one_by_one(self):
        waits = probe.Waits()
        waits.add(0, probe.LONG_NS - 1)
        waits.add(5 * MS, 5 * MS + probe.LONG_NS)
        self.assertEqual(waits.told(), {"count": 2, "max_ms": probe.LONG_NS / 1e6,
                                        "long": [(5 * MS, 5 * MS + probe.LONG_NS)]})


class OverlapTest(unittest.TestCase):
    def test_a_wait_that_is_half_of_a_stall_is_told_beside_it(self):
        told = {"window_from_monotonic_ns": 100 * S,
                "longest": [{"from_s": 1.0, "ms": 10.0, "calls": 3},
                            {"from_s": 2.0, "ms": 8.0, "calls": 1}]}
        probed = {"sleep": {"long": [(101 * S + 2 * MS, 101 * S + 7 * MS)]},
                  "sync": {"long": [(102 * S + 5 * MS, 103 * S)]},
                  "core": {"long": [(101 * S + 4 * MS, 101 * S + 8 * MS),
                                    (101 * S + 9 * MS, 103 * S)]}}
        self.assertEqual(stalls.beside_machine(stalls.stretches_of(told), probed),
                         {"sleep": 1, "sync": 0, "core": 2})


class StallsTest(PartTest):
    def setUp(self):
        super().setUp()
        self.bench.options.minutes = None
        self.bench.options.peak_share = stalls.PEAK_SHARE
        self.bench.options.members = 200_000
        self.asked_for = None

        def gonghuid(checkpoint):
            self.asked_for = checkpoint
            return Server()
        self.bench.gonghuid = gonghuid
        self.patch("Echo", lambda _: Server())

    def patch(self, name, value):
        self.enterContext(mock.patch.object(stalls, name, value))

    def run_part(self, probed_ms=(1.0, 2.0), slow_cores=(0.0, ()), checkpoints=30, written=50,
                 merged=40, expired=100, members=None, cards=None, import_ends_ns=0, echo=None,
                 **figures):
        self.bench.failures.clear()
        self.bench.more.clear()
        told = {"threshold_ms": 5, "slow_calls": 0, "count": 0, "longest_ms": 0.0,
                "window_from_monotonic_ns": 0, "longest": []}
        usual = {"p9999_us": 350.0, "stalls": told, "steps": {"sale": 9_800, "hold": 200},
                 "late": {"p50_us": 1.0, "p99_us": 20.0, "max_us": 900.0}}

        def says(label, _):
            return {"stalls": {**usual, **figures},
                    "stalls_echo": {**usual, **(echo or {})}}.get(label, {})
        self.client_says(says)
        imported = members if members is not None else stalls.Beside(
            self.bench.options.quick).members
        new_cards = cards if cards is not None else imported + 1

        class Watch:
            def __init__(self, _):
                self.over = threading.Event()
                self.checkpoints_ns = [20 * S * (n + 1) for n in range(checkpoints)]
                self.merges_ns = [80 * S]
                self.files_written, self.files_merged = written, merged

            def until_over(self):
                self.over.wait()

            def rows_since_start(self):
                return {"members": imported, "cards": new_cards}

        def probe_of(told):
            one = mock.MagicMock()
            one.__enter__.return_value.told.return_value = told
            return lambda: one
        self.patch("Watch", Watch)
        self.patch("Probe", probe_of({
            kind: {"count": 1, "max_ms": ms, "long": [(0, round(ms * MS))]}
            for kind, ms in zip(("sleep", "sync"), probed_ms, strict=True)}))
        percent, spells_ms = slow_cores
        self.patch("Pace", probe_of({
            "count": 1_000, "usual_us": 6.0, "slow_percent": percent,
            "max_ms": max((until - at for at, until in spells_ms), default=0.0),
            "long": [(at * MS, until * MS) for at, until in spells_ms]}))
        self.patch("import_files", lambda bench, count: {})
        self.patch("import_members", lambda server, files, wait_s: {
            "from_ns": 0, "until_ns": import_ends_ns})
        self.patch("expired_holds", lambda bench: expired)
        stalls.stalls(self.bench)

    def test_a_run(self):
        self.run_part()
        self.assert_fails()
        self.assertEqual(self.asked_for, {"interval_seconds": 20})
        labels = [label for label, _, _ in self.asked]
        self.assertEqual(labels,
                         ["stalls_peak"] * stalls.ROUNDS_MAX + ["stalls_echo", "stalls"])
        _, words, codes = self.asked[-1]
        self.assertEqual(codes, (0,))
        for name, value in (("--rate", "500"), ("--duration", "600"), ("--stall-ms", "5"),
                            ("--holds", "2"), ("--hold-seconds", "30")):
            self.assertEqual(words[words.index(name) + 1], value)
        _, words, _ = self.asked[-2]
        self.assertEqual(words[words.index("--rate") + 1], "500")
        self.assertEqual(words[words.index("--duration") + 1], "60")
        self.assertNotIn("--holds", words)
        more = self.bench.more
        self.assertEqual(more["stalls_max_ms"], 0.4)
        self.assertEqual(more["stalls_p9999_us"], 350.0)
        self.assertEqual(more["stalls_imported_members"], 1_000_000)
        self.assertEqual(more["stalls_expired_holds"], 100)
        self.assertEqual(more["stalls_checkpoints"], 30)
        self.assertNotIn("stalls_note", more)

    def test_what_went_on_is_told_by_the_clock_of_the_stalls(self):
        self.run_part(checkpoints=2, import_ends_ns=75 * S, stalls={
            "threshold_ms": 5, "slow_calls": 0, "count": 0, "longest_ms": 0.0, "longest": [],
            "window_from_monotonic_ns": 10 * S})
        self.assertEqual(self.bench.spread["stalls_checkpoints_at_s"], [10.0, 30.0])
        self.assertEqual(self.bench.spread["stalls_merges_at_s"], [70.0])
        self.assertEqual(self.bench.spread["stalls_import_at_s"], [-10.0, 65.0])

    def test_the_bar(self):
        self.run_part(max_us=5_000.0)
        self.assert_fails()
        self.run_part(max_us=5_010.0)
        self.assert_fails("stalls_max_ms is 5.01 ms")

    def test_stalls_are_told_one_by_one(self):
        self.run_part(
            max_us=9_000.0, import_ends_ns=2 * S,
            stalls={"threshold_ms": 5, "slow_calls": 70, "count": 2, "longest_ms": 12.5,
                    "window_from_monotonic_ns": 0,
                    "longest": [{"from_s": 0.0, "ms": 12.5, "calls": 60},
                                {"from_s": 4.0, "ms": 6.0, "calls": 10}]},
            probed_ms=(7.0, 2.0))
        more = self.bench.more
        self.assertEqual((more["stalls_slow_calls"], more["stalls_count"],
                          more["stalls_longest_ms"]), (70, 2, 12.5))
        self.assertEqual(self.bench.spread["stalls_at_s"], [0.0, 4.0])
        self.assertEqual(self.bench.spread["stalls_ms"], [12.5, 6.0])
        self.assertEqual(self.bench.spread["stalls_calls"], [60, 10])
        self.assertEqual((more["stalls_told"], more["stalls_beside_late_wakeups"],
                          more["stalls_beside_slow_syncs"], more["stalls_beside_import"]),
                         (2, 1, 0, 1))

    def test_a_machine_that_stalls_itself_is_told_and_excuses_nothing(self):
        for probed_ms in ((5.1, 0.1), (0.1, 5.1)):
            self.run_part(max_us=9_000.0, probed_ms=probed_ms)
            self.assert_fails("stalls_max_ms is 9 ms")
            self.assertIn("5.1 ms", self.bench.more["stalls_note"])
        self.run_part(max_us=9_000.0, echo={"max_us": 7_000.0})
        self.assert_fails("stalls_max_ms is 9 ms")
        self.assertIn("The echo", self.bench.more["stalls_note"])
        self.run_part(max_us=9_000.0, probed_ms=(5.0, 5.0), echo={"max_us": 5_000.0})
        self.assertNotIn("stalls_note", self.bench.more)

    def test_slow_cores_are_told_and_excuse_nothing(self):
        found = {"threshold_ms": 5, "slow_calls": 70, "count": 2, "longest_ms": 120.0,
                 "window_from_monotonic_ns": 0,
                 "longest": [{"from_s": 1.0, "ms": 120.0, "calls": 60},
                             {"from_s": 4.0, "ms": 6.0, "calls": 10}]}
        self.run_part(max_us=9_000.0, stalls=found, slow_cores=(4.75, [(1010, 1100)]))
        self.assert_fails("stalls_max_ms is 9 ms")
        more = self.bench.more
        self.assertEqual((more["stalls_probe_core_max_ms"], more["stalls_probe_slow_cores_percent"],
                          more["stalls_beside_slow_cores"]), (90, 4.75, 1))
        words = "below half of their pace for 4.75 % of the run, at most 90 ms at a stretch"
        self.assertIn(f"{words}; of the 2 longest stalls 1 were beside that.",
                      more["stalls_note"])
        self.assertIn("cores below half of their pace for 90 ms (4.75 % of the time)",
                      self.said.getvalue())
        self.assertIn("1 beside such cores", self.said.getvalue())

    def test_a_slow_sample_here_and_there_is_told_only_beside_a_stall(self):
        self.run_part(slow_cores=(0.99, [(10, 30)]))
        self.assertNotIn("stalls_note", self.bench.more)
        self.assertEqual(self.bench.more["stalls_probe_core_max_ms"], 20)
        self.run_part(slow_cores=(1.0, [(10, 30)]))
        self.assertIn("of the 0 longest stalls 0 were", self.bench.more["stalls_note"])
        self.run_part(slow_cores=(0.1, [(10, 30)]), stalls={
            "threshold_ms": 5, "slow_calls": 1, "count": 1, "longest_ms": 7.0,
            "window_from_monotonic_ns": 0, "longest": [{"from_s": 0.02, "ms": 7.0, "calls": 1}]})
        self.assertIn("of the 1 longest stalls 1 were", self.bench.more["stalls_note"])

    def test_a_run_beside_which_nothing_went_on_fails(self):
        for figures, what in (({"checkpoints": 1}, "1 checkpoints were made"),
                              ({"written": 0}, "RocksDB flushed nothing"),
                              ({"merged": 0}, "RocksDB compacted nothing"),
                              ({"expired": 99}, "of 200 holds only 99 expired"),
                              ({"members": 999_999, "cards": 1_000_000},
                               "999,999 of 1,000,000 members were imported"),
                              ({"cards": 999_999}, "only 999,999 cards"),
                              ({"import_ends_ns": time.monotonic_ns() + 1000 * S},
                               "longer than the load")):
            self.run_part(**figures)
            self.assert_fails(what)
        self.run_part(expired=0, steps={"sale": 10_000})
        self.assert_fails("of 0 holds only 0 expired")

    def test_what_goes_wrong_beside_the_load_fails_the_run(self):
        def fail(server, files, wait_s):
            raise BenchError("gonghuictl import failed")
        self.run_part()
        self.patch("import_members", fail)
        with self.assertRaisesRegex(BenchError, "gonghuictl import failed"):
            stalls.stalls(self.bench)

    def test_half_of_the_peak_must_be_reached(self):
        self.run_part(rate_per_s=470.0)
        self.assert_fails("0.94 of 500/s was reached")

    def test_fewer_minutes_are_told(self):
        self.bench.options.minutes = 2
        self.run_part()
        self.assert_fails()
        self.assertIn("2 minutes, not 10", self.bench.more["stalls_note"])
        _, words, _ = self.asked[-1]
        self.assertEqual(words[words.index("--duration") + 1], "120")

    def test_another_rate_is_told(self):
        self.bench.options.peak_share = 0.25
        self.run_part()
        self.assert_fails()
        _, words, _ = self.asked[-1]
        self.assertEqual(words[words.index("--rate") + 1], "250")
        self.assertIn("0.25 of the peak, not 0.5", self.bench.more["stalls_note"])

    def test_a_client_that_is_late_itself_is_told_and_excuses_nothing(self):
        late = {"p50_us": 1.0, "p99_us": 20.0}
        self.run_part(late={**late, "max_us": 5_000.0})
        self.assertNotIn("stalls_note", self.bench.more)
        self.run_part(late={**late, "max_us": 7_000_000.0}, max_us=9_000_000.0,
                      server_cores=0.9, client_cores=0.8, others_cores=0.1)
        self.assert_fails("stalls_max_ms is 9,000 ms")
        self.assertIn("7,000 ms late", self.bench.more["stalls_note"])
        self.assertIn(f"1.80 of {CORES} cores", self.bench.more["stalls_note"])

    def test_a_quick_run_says_nothing_about_speed_but_all_must_go_on(self):
        self.bench.options.quick = True
        self.run_part(max_us=1e6, rate_per_s=1.0, merged=0)
        self.assert_fails()
        self.assertEqual(self.bench.more["stalls_imported_members"], 20_000)
        self.assertEqual(self.asked_for, {"interval_seconds": 4})
        _, words, _ = self.asked[-1]
        self.assertAlmostEqual(float(words[words.index("--duration") + 1]), 20)
        self.run_part(checkpoints=0)
        self.assert_fails("0 checkpoints were made")

    def test_what_inspect_tells_of_the_journal(self):
        self.bench.folder = pathlib.Path("/nowhere")
        for text, count in (("  KIND  EVENTS\n  authorized        7    70   1.0\n"
                             "  hold_expired     42   420  10.0\n", 42),
                            ("  KIND  EVENTS\n  authorized        7    70   1.0\n", 0)):
            with mock.patch.object(stalls, "must", lambda *_: text):
                self.assertEqual(stalls.expired_holds(self.bench), count)


if __name__ == "__main__":
    unittest.main()
