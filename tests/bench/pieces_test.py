#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the parts in process, of cores and of recovery.

What they start is made up; nothing is measured.
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import types
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from suite import alone, core, cores, google_benchmark, in_process, recovery  # noqa: E402
from suite.system import BenchError  # noqa: E402


class PieceTest(unittest.TestCase):
    def setUp(self):
        options = types.SimpleNamespace(preset="dev", quick=False, rounds=7, seconds=3.0,
                                        pipeline=None)
        self.bench = core.Bench(options)
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for module in (alone, google_benchmark, recovery):
            self.enterContext(mock.patch.object(module, "OUT", self.folder))
        self.said = io.StringIO()
        self.enterContext(contextlib.redirect_stderr(self.said))


class AloneTest(PieceTest):
    def programs_say(self, **counters_of):
        """`counters_of[program]`: of each benchmark by its whole name, one or more rows."""
        self.asked = []

        def must(command, what, **options):
            words = list(map(str, command))
            self.asked.append((what, words, options["env"]))
            flags = dict(word.split("=", 1) for word in words[1:] if "=" in word)
            rows = [{"run_name": name, "run_type": "iteration", **row}
                    for name, found in counters_of[what].items() for row in found
                    if re.search(flags["--benchmark_filter"], name)]
            pathlib.Path(flags["--benchmark_out"]).write_text(
                json.dumps({"benchmarks": rows}), encoding="utf-8")
            return ""

        self.enterContext(mock.patch.object(google_benchmark, "must", must))

    def test_how_a_benchmark_was_run_is_no_part_of_its_name(self):
        self.programs_say(ring_bench={
            "PushPop": [{"items_per_second": 5e7}],
            "Transfer/1/process_time/real_time": [
                {"items_per_second": rate, "items_per_turn": 3.0} for rate in (9e6, 7e6, 8e6)],
            "Transfer/2/process_time/real_time": [{"items_per_second": 4e6,
                                                   "items_per_turn": 5.0}]})
        alone.ring(self.bench)
        self.assertEqual(self.bench.more["ring_per_s"], 8_000_000)
        self.assertEqual(self.bench.spread["ring_per_s"], [9_000_000, 7_000_000, 8_000_000])
        self.assertEqual(self.bench.more["ring_2_producers_per_s"], 4_000_000)
        self.assertEqual(self.bench.more["ring_push_pop_ns"], 20.0)

    def test_a_benchmark_that_is_not_there_fails(self):
        self.programs_say(ring_bench={"PushPop": [{"items_per_second": 1.0}]})
        with self.assertRaisesRegex(BenchError, "ring_bench has no benchmark Transfer/1"):
            alone.ring(self.bench)

    def test_one_that_ended_with_an_error_counts_as_none(self):
        self.programs_say(memory_bench={"MembersWithCards/10000000/iterations:1": [
            {"error_occurred": True, "bytes_per_member": 1.0}]})
        with self.assertRaisesRegex(BenchError, "no benchmark MembersWithCards"):
            alone.memory(self.bench)

    def test_interleaved_unless_cities_would_be_made_again(self):
        self.programs_say(
            ring_bench={name: [{"items_per_second": 1.0, "items_per_turn": 1.0}]
                        for name in ("PushPop", "Transfer/1/real_time", "Transfer/2/real_time")},
            ledger_bench={name: [{"decisions_per_s": 1.0}] for name in
                          ("Sales/one_million_members", "Sales/one_hot_fund")})
        alone.ring(self.bench)
        in_process.ledger(self.bench)
        for (_, words, _), interleaved in zip(self.asked, ("true", "false"), strict=True):
            self.assertIn(f"--benchmark_enable_random_interleaving={interleaved}", words)

    def ledger_of(self, uniform, hot):
        self.programs_say(ledger_bench={
            "Sales/ten_thousand_members": [{"decisions_per_s": 9e9}],
            "Sales/one_million_members": [{"decisions_per_s": rate} for rate in uniform],
            "Sales/one_hot_fund": [{"decisions_per_s": rate} for rate in hot]})
        in_process.ledger(self.bench)

    def test_ledger(self):
        self.ledger_of((6e6, 5e6, 4e6), (4e6, 4.75e6, 9e6))
        self.assertEqual(self.bench.failures, [])
        self.assertEqual(self.bench.figures["ledger_decisions_per_s"], 5_000_000)
        self.assertEqual(self.bench.more["hot_fund_vs_cold"], 0.95)

    def test_a_ledger_below_its_bars_fails_the_run(self):
        self.ledger_of((4_999_999,), (4e6,))
        self.assertEqual(self.bench.failures, [
            "ledger_decisions_per_s is 4,999,999/s, asked is >= 5,000,000/s",
            "hot_fund_vs_cold is 0.8, asked is >= 0.95"])

    def test_lifecycle_and_lines_beside_the_plain_sale(self):
        self.programs_say(ledger_bench={
            name: [{"decisions_per_s": rate}] for name, rate in
            (("SalesWithLines/lines_0", 2e6), ("SalesWithLines/lines_1", 1e6),
             ("SalesWithLines/lines_20", 5e5), ("Sales/one_million_members", 2e6),
             ("Lifecycles/hold_capture_refund", 1.5e6))})
        in_process.lifecycle(self.bench)
        self.assertEqual([self.bench.more[name] for name in
                          ("lines_0_vs_sale", "lines_1_vs_sale", "lines_20_vs_sale",
                           "lifecycle_vs_sale")], [1.0, 0.5, 0.25, 0.75])

    def programmes_of(self, ratio, sale_us):
        def in_turn(ratio):
            return [{"decisions_per_s": 1.9e6, "beside_per_s": 2e6, "ratio": ratio,
                     "ratio_low": ratio - 0.01, "ratio_high": ratio + 0.01}]
        self.programs_say(programmes_bench={
            "ThousandProgrammesBesideTen": in_turn(ratio), "OneStockBesideMany": in_turn(1.0),
            "ThousandProgrammesBesideTenOnOneDay": in_turn(0.7),
            "Activations/iterations:1": [{
                "activation_ms_all": 12.0, "activation_us_max": 70.0, "sale_us_max": sale_us,
                "due_together_us": 80.0}]})
        in_process.programmes(self.bench)

    def test_programmes(self):
        self.programmes_of(0.9, 999.0)
        self.assertEqual(self.bench.failures, [])
        self.assertEqual(self.bench.more["programmes_1000_vs_10"], 0.9)
        self.assertEqual(self.bench.more["programmes_1000_vs_10_low"], 0.89)
        self.assertEqual(self.bench.more["programmes_1000_vs_10_high"], 0.91)
        self.assertEqual(self.bench.more["programmes_1000_decisions_per_s"], 1_900_000)
        self.assertEqual(self.bench.more["activation_pause_us_max"], 999)

    def test_programmes_beyond_their_bars_fail_the_run(self):
        self.programmes_of(0.895, 1_000.0)
        self.assertEqual(len(self.bench.failures), 2)
        self.assertIn("programmes_1000_vs_10 is 0.895", self.bench.failures[0])
        self.assertIn("activation_pause_us_max is 1,000 us", self.bench.failures[1])

    def test_backtest_of_ten_million(self):
        self.programs_say(backtest_bench={
            f"{name}/{sales}/iterations:1": [{"decisions_per_s": rate}]
            for name, rate in (("Unchanged", 2e6), ("Changed", 999_999))
            for sales in (100_000, 10_000_000)})
        in_process.backtest(self.bench)
        self.assertEqual(self.bench.more["backtest_unchanged_decisions_per_s"], 2_000_000)
        self.assertEqual(len(self.bench.failures), 1)
        self.assertIn("backtest_changed_decisions_per_s is 999,999/s", self.bench.failures[0])

    def memory_of(self, bytes_per_member):
        self.programs_say(memory_bench={
            f"MembersWithCards/{members}/iterations:1": [
                {"bytes_per_member": bytes_per_member, "bytes_per_member_tenth": 99.2,
                 "bytes_per_member_least": 86.5, "bytes_per_member_most": 131.5,
                 "members_at_most": 1_520_000.0}] for members in (alone.MANY, alone.FEW)})
        alone.memory(self.bench)

    def test_memory_over_its_bar_fails_the_run(self):
        self.memory_of(100.1)
        self.assertEqual(len(self.bench.failures), 1)
        self.assertIn("bytes_per_member is 100.1", self.bench.failures[0])

    def test_memory_within_its_bar(self):
        self.memory_of(91.1)
        self.assertEqual(self.bench.failures, [])
        self.assertEqual(self.bench.more["bytes_per_member_most"], 131.5)
        self.assertEqual(self.bench.more["memory_members"], 10_000_000)

    def test_quick_asks_for_less_and_has_no_bars(self):
        self.bench.options.quick = True
        self.memory_of(150.0)
        self.assertEqual(self.bench.failures, [])
        self.assertEqual(self.bench.more["memory_members"], 100_000)
        self.assertIn("--benchmark_repetitions=1", self.asked[0][1])

    def growth_of(self, of_10k, of_10m):
        rates = {"uniform_10k": of_10k, "uniform_100k": 2.2e6, "uniform_1m": 2e6,
                 "uniform_10m": of_10m, "zipf_1m": 2.4e6, "one_member_1m": 3e6,
                 "one_fund_1m": 1.9e6}
        self.programs_say(ledger_bench={
            f"Growth/{name}/iterations:32": [{"decisions_per_s": rate,
                                              "bytes_per_member": 90.0}]
            for name, rate in rates.items()})
        alone.growth(self.bench)

    def test_growth(self):
        self.growth_of(2.5e6, 1.25e6)
        self.assertEqual(self.bench.failures, [])
        self.assertEqual(self.bench.more["ledger_10m_vs_10k"], 0.5)
        self.assertEqual(self.bench.more["ledger_10k_decision_ns"], 400.0)
        self.assertEqual(self.bench.more["ledger_one_member_vs_uniform"], 1.5)

    def test_growth_below_its_bar_fails_the_run(self):
        self.growth_of(2.5e6, 1.24e6)
        self.assertEqual(len(self.bench.failures), 1)
        self.assertIn("ledger_10m_vs_10k is 0.496", self.bench.failures[0])

    def journal_of(self, events_per_s):
        rows = {f"{step}/{size}/real_time": [
            {"records_per_s": 1e6, "bytes_per_s": 8.5e7, "bytes_per_record": 85.0,
             "blocks_per_s": 2_000.0 if step == "Append" else 4_000.0}]
            for step in ("Encode", "Seal", "Open", "Decode", "Append", "BareAppend", "ReadBack")
            for size in alone.BLOCKS}
        rows["Replay/2000000/iterations:1/manual_time"] = [{"events_per_s": events_per_s}]
        self.programs_say(journal_bench=rows)
        alone.journal(self.bench)

    def test_the_journal_is_where_gonghuid_keeps_its_own(self):
        self.journal_of(1e6)
        self.assertEqual(self.bench.failures, [])
        self.assertEqual(self.bench.more["journal_append_512_vs_bare"], 0.5)
        self.assertEqual(self.bench.more["journal_bytes_per_record"], 85.0)
        for _, _, environment in self.asked:
            self.assertEqual(pathlib.Path(environment["TMPDIR"]).parent, self.folder)
            self.assertFalse(os.path.exists(environment["TMPDIR"]), "it has been cleared away")

    def test_slow_replay_fails_the_run(self):
        self.journal_of(999_999)
        self.assertEqual(len(self.bench.failures), 1)
        self.assertIn("replay_events_per_s is 999,999", self.bench.failures[0])


class ToolTest(unittest.TestCase):
    def test_every_part_is_in_the_help_where_it_belongs(self):
        path = str(ROOT / "tools" / "bench")
        spec = importlib.util.spec_from_file_location(
            "bench_tool", path, loader=importlib.machinery.SourceFileLoader("bench_tool", path))
        tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tool)
        text = tool.__doc__.partition("\nparts:\n")[2]
        usual, _, asked = text.partition("\nonly with --only")

        def parts(lines):
            return set(re.findall(r"^  ([a-z-]+) ", lines, re.MULTILINE))
        self.assertEqual(parts(asked), tool.ASKED_PARTS)
        self.assertEqual(parts(usual), set(tool.PARTS) - tool.ASKED_PARTS)
        self.assertLessEqual(tool.IN_PROCESS_PARTS, set(tool.PARTS))


class CoresTest(PieceTest):
    def test_counts(self):
        for machine, counts in ((1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (4, [1, 2, 4]),
                                (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])):
            self.assertEqual(cores.counts_of(list(range(machine))), counts)

    def test_what_is_started_is_held_and_this_script_is_not(self):
        before = os.sched_getaffinity(0)
        one = {min(before)}
        with self.assertRaises(ZeroDivisionError), cores.held_to(one):
            child = subprocess.Popen(["sleep", "60"])
            self.addCleanup(child.wait)
            self.addCleanup(child.kill)
            raise ZeroDivisionError
        self.assertEqual(os.sched_getaffinity(0), before)
        self.assertEqual(cores.cores_of_threads(child.pid), one)

    def test_a_thread_that_escaped_is_seen(self):
        before = os.sched_getaffinity(0)
        running, over = threading.Event(), threading.Event()

        def escaped():
            running.set()
            over.wait()

        thread = threading.Thread(target=escaped)
        thread.start()
        try:
            running.wait()
            with cores.held_to({min(before)}):
                self.assertEqual(cores.cores_of_threads(os.getpid()), before)
        finally:
            over.set()
            thread.join()

    def one_round(self, allowed):
        machine = [0, 1, 2, 3]
        server = types.SimpleNamespace(child=types.SimpleNamespace(pid=1), stop=lambda check: None)
        self.bench.gonghuid = lambda: server
        self.bench.settle = lambda _: None
        self.bench.load = lambda *words: {"label": words[-1]}
        self.held = []

        @contextlib.contextmanager
        def held_to(cores_held):
            self.held.append(cores_held)
            yield

        found = {}
        with mock.patch.object(cores, "held_to", held_to), \
                mock.patch.object(cores, "cores_of_threads", lambda pid: allowed):
            cores.one_round(self.bench, machine, 1, found)
        return found

    def test_the_client_has_the_rest(self):
        found = self.one_round(allowed={0})
        self.assertEqual(self.bench.failures, [])
        self.assertEqual(self.held, [{0}, {1, 2, 3}, {1, 2, 3}])
        self.assertEqual(set(found), {(1, "unary"), (1, "stream")})

    def test_a_server_that_is_not_held_fails_the_run(self):
        self.one_round(allowed={0, 1})
        self.assertEqual(self.bench.failures, ["gonghuid is held to {0} and may use {0, 1}"])


class RecoveryTest(PieceTest):
    def servers(self, *states, log="events_replayed=0 load_ms=1700 replay_ms=0\n",
                start_s=2.1):
        """gonghuids that have these states, one after another."""
        states = iter(states)
        test = self

        class Gonghuid:
            def __init__(self, _bin, folder, _pipeline):
                self.log = folder / "gonghuid.log"
                self.log.write_text(log, encoding="utf-8")
                self.child = subprocess.Popen(["sleep", "60"])
                test.addCleanup(self.child.wait)
                test.addCleanup(self.child.kill)
                self.start_s = start_s
                self._state = next(states)

            def status(self):
                return {"appliedSeq": str(self._state[0]), "stateHash": self._state[1]}

            def stop(self, check=True):
                self.child.kill()

        self.enterContext(mock.patch.object(recovery, "Gonghuid", Gonghuid))

    def test_what_a_start_is_made_of(self):
        self.servers((7, "aa"), log="events_replayed=9 load_ms=1 replay_ms=2\nready\n"
                                    "events_replayed=0 load_ms=1720 replay_ms=3\n")
        recovery.after_stop(self.bench, self.folder, recovery.MEMBERS, (7, "aa"))
        self.assertEqual(self.bench.failures, [])
        self.assertEqual(self.bench.more["recovery_checkpoint_s"], 1.72)
        self.assertEqual(self.bench.more["recovery_replayed_events"], 0)
        self.assertEqual(self.bench.more["recovery_10m_members_s"], 2.1)

    def test_fewer_members_are_no_ten_million(self):
        self.servers((7, "aa"))
        recovery.after_stop(self.bench, self.folder, 100_000, (7, "aa"))
        self.assertNotIn("recovery_10m_members_s", self.bench.more)

    def test_a_slow_start_fails_the_run(self):
        self.servers((7, "aa"), start_s=10.0)
        recovery.after_stop(self.bench, self.folder, recovery.MEMBERS, (7, "aa"))
        self.assertIn("recovery_10m_members_s is 10 s", self.bench.failures[0])

    def test_another_state_fails_the_run(self):
        self.servers((7, "bb"))
        recovery.after_stop(self.bench, self.folder, 100_000, (7, "aa"))
        self.assertEqual(len(self.bench.failures), 1)

    def test_a_log_that_does_not_say_what_was_recovered(self):
        self.servers((7, "aa"), log="ready\n")
        with self.assertRaisesRegex(BenchError, "no line says what was recovered"):
            recovery.after_stop(self.bench, self.folder, 100_000, (7, "aa"))

    def killed(self, before, after, replayed):
        self.servers(before, after, log=f"events_replayed={replayed} load_ms=1 replay_ms=9\n")
        self.bench.data = "the others' data set"
        asked = []
        self.bench.load = lambda *words: asked.append((self.bench.data, words))
        recovery.after_kill(self.bench, self.folder)
        self.assertEqual([data for data, _ in asked], [self.folder / "csv"])
        self.assertEqual(self.bench.data, "the others' data set")

    def test_all_that_was_answered_is_there_after_a_kill(self):
        self.killed((9, "cc"), (9, "cc"), 2)
        self.assertEqual(self.bench.failures, [])
        self.assertEqual(self.bench.more["recovery_killed_replayed_events"], 2)

    def test_answers_that_were_lost_fail_the_run(self):
        self.killed((9, "cc"), (8, "dd"), 1)
        self.assertEqual(len(self.bench.failures), 1)

    def test_a_kill_that_left_nothing_to_replay_measures_nothing(self):
        self.killed((9, "cc"), (9, "cc"), 0)
        self.assertEqual(self.bench.failures, ["nothing was replayed"])

    def test_too_little_disk(self):
        with mock.patch.object(recovery.shutil, "disk_usage",
                               lambda _: types.SimpleNamespace(free=2**30)), \
                self.assertRaisesRegex(BenchError, "GiB of disk"):
            recovery.recovery(self.bench)


if __name__ == "__main__":
    unittest.main()
