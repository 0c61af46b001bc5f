#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the parts over the wire: what makes a run fail, and what is only told.

The client's figures are made up; nothing is measured.
"""

import contextlib
import io
import pathlib
import sys
import tempfile
import types
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from suite import builds, client, core, latency, mixed, overload, system, wire  # noqa: E402
from suite.system import BenchError, CORES  # noqa: E402


class Server:
    child = types.SimpleNamespace(pid=0)
    start_s = 1.5
    address = "127.0.0.1:1"

    def stop(self, check=True):
        pass


class PartTest(unittest.TestCase):
    def setUp(self):
        options = types.SimpleNamespace(preset="dev", quick=False, rounds=7, seconds=3.0)
        self.bench = core.Bench(options)
        self.bench.settle = lambda server: None
        self.bench.gonghuid = lambda *_: Server()
        self.said = io.StringIO()
        self.enterContext(contextlib.redirect_stderr(self.said))

    def client_says(self, figures_of):
        """`figures_of(label, words)`: what differs from an unremarkable run."""
        self.asked = []

        def measure(label, command, server_seconds, exit_codes=(0,), timeout_s=1800):
            self.asked.append((label, list(map(str, command)), exit_codes))
            figures = {
                "rate_per_s": 1_000.0, "offered_per_s": 0, "window_s": 3.0, "answered": 3_000,
                "checked": 4_000, "failed": 0, "wrong": 0, "error_count": 0, "errors": {},
                "approved": 2_900, "approved_partial": 0, "reasons": {}, "never_sent": 0,
                "follow_ups_declined": 0, "refused": {}, "refused_count": 0, "late": {},
                "p50_us": 100.0, "p90_us": 150.0, "p99_us": 200.0, "p999_us": 300.0,
                "max_us": 400.0, "server_cpu_us": 10.0, "client_cpu_us": 10.0,
                "server_cores": 0.1, "client_cores": 0.1, "others_cores": 0.0,
                "steps": {"sale": 3_000}}
            if "--rate" in self.asked[-1][1]:
                words = self.asked[-1][1]
                figures["offered_per_s"] = int(words[words.index("--rate") + 1])
                figures["rate_per_s"] = float(figures["offered_per_s"])
                figures["late"] = {"p50_us": 10.0, "p99_us": 20.0}
            figures.update(figures_of(label, self.asked[-1][1]))
            return figures
        self.enterContext(mock.patch.object(core, "measure", measure))

    def assert_fails(self, *whats):
        self.assertEqual(len(self.bench.failures), len(whats), self.bench.failures)
        for failure, what in zip(self.bench.failures, whats):
            self.assertIn(what, failure)


class BuildsTest(PartTest):
    def setUp(self):
        super().setUp()
        self.started = []
        self.decisions = 0
        self.bench.data = pathlib.Path("data")
        self.bench.options.programmes = []
        self.bench.options.pipeline = None
        self.bench.options.builds = {"before": pathlib.Path("/other/gonghuid")}
        self.verified = []
        self.bench.verify = self.verified.append
        test = self

        class Build(Server):
            def __init__(self, bin_dir, folder, pipeline=None, program=None):
                test.started.append(program)

            def load_data(self, data, programmes):
                pass

            def status(self):
                return {"decisionCount": str(test.decisions)}

        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.enterContext(mock.patch.object(builds, "Gonghuid", Build))
        self.enterContext(mock.patch.object(builds, "Echo", lambda _: Server()))
        self.enterContext(mock.patch.object(builds, "OUT", pathlib.Path(temporary.name)))
        self.enterContext(mock.patch.object(
            builds, "thread_cpu_seconds", lambda pid: {"ledger": self.decisions * 2e-6}))

    def client_decides(self, figures_of):
        def and_counts(label, words):
            self.decisions += 1_000
            return figures_of(label)
        self.client_says(and_counts)

    def test_each_build_is_beside_the_echo_and_first_in_its_turn(self):
        self.bench.options.rounds = 2
        self.client_decides(lambda label: {})
        builds.builds(self.bench)
        self.assert_fails()
        self.assertEqual(self.started,
                         [self.bench.bin / "gonghuid", pathlib.Path("/other/gonghuid")])
        self.assertEqual([label for label, _, _ in self.asked if label.startswith("unary")],
                         ["unary_echo", "unary_this", "unary_before",
                          "unary_echo", "unary_before", "unary_this"])
        self.assertEqual(self.bench.more["builds_stream_before_vs_echo"], 1.0)
        self.assertEqual(self.bench.more["builds_unary_this_ledger_us"], 2.0)
        self.assertEqual(self.bench.more["builds_unary_this_lane_us"], 0.0)
        self.assertEqual(len(self.bench.more_folders), 2)
        self.assertEqual(self.verified, self.bench.more_folders[:1])

    def test_a_kernel_that_does_not_tell_is_no_thread_of_no_time(self):
        self.client_decides(lambda label: {})
        with mock.patch.object(builds, "thread_cpu_seconds", lambda pid: {}):
            with self.assertRaisesRegex(BenchError, "unary_this: this kernel does not tell"):
                builds.builds(self.bench)

    def test_figures_are_those_of_their_build(self):
        values = {"stream_before": {"rate_per_s": 500.0, "server_cpu_us": 30.0},
                  "stream_this": {"rate_per_s": 750.0}}
        self.client_decides(lambda label: values.get(label, {}))
        builds.builds(self.bench)
        self.assertEqual(self.bench.more["builds_stream_before_vs_echo"], 0.5)
        self.assertEqual(self.bench.more["builds_stream_this_vs_echo"], 0.75)
        self.assertEqual(self.bench.more["builds_stream_before_vs_echo_by_cpu"], 0.5)  # 20 of 40 us
        self.assertEqual(self.bench.more["builds_stream_this_vs_echo_by_cpu"], 1.0)

    def test_threads_are_told_by_name(self):
        seconds = system.thread_cpu_seconds("self")
        name = pathlib.Path("/proc/self/comm").read_text(encoding="ascii").strip()
        self.assertGreater(seconds[name], 0)


class LatencyTest(PartTest):
    def setUp(self):
        super().setUp()
        self.bench.figures["unary_per_s"] = 1_000
        self.bench.figures["sync_us_p50"] = 100.0
        self.bench.more["sync_us_p99"] = 500.0
        self.enterContext(mock.patch.object(latency, "Echo", lambda _: Server()))
        self.enterContext(mock.patch.object(
            wire, "load_with_syncs", lambda bench, server, mode, label, words:
            bench.load(server, mode, 3.0, label, words)))

    def test_levels_are_of_the_peak_and_alike_for_both(self):
        self.client_says(lambda label, words: {})
        latency.latency(self.bench)
        self.assert_fails()
        rates = {}
        for label, words, _ in self.asked:
            rate = words[words.index("--rate") + 1] if "--rate" in words else None
            rates.setdefault(label, set()).add(rate)
        self.assertEqual(rates, {
            "alone": {None}, "alone_echo": {None}, "unary_tenth": {"100"},
            "unary_echo_tenth": {"100"}, "unary_half": {"500"}, "unary_echo_half": {"500"},
            "unary_eighty": {"800"}, "unary_echo_eighty": {"800"}})
        self.assertEqual(len(self.asked), 8 * latency.ROUNDS_MAX)
        for name in rates:
            for percentile in ("p50", "p90", "p99", "p999", "max"):
                self.assertIn(f"{name}_{percentile}_us", self.bench.more)

    def test_what_was_measured_is_not_measured_again(self):
        self.client_says(lambda label, words: {})
        with mock.patch.object(wire, "rates") as rates, mock.patch.object(wire, "sync") as sync:
            latency.latency(self.bench)
            rates.assert_not_called()
            sync.assert_not_called()

            def measured(bench, modes):
                self.assertEqual(modes, ["unary"])
                bench.figures["unary_per_s"] = 2_000
            rates.side_effect = measured
            sync.side_effect = lambda bench: bench.figures.update(sync_us_p50=100.0)
            self.bench.figures.update(unary_per_s=None, sync_us_p50=None)
            latency.latency(self.bench)
            rates.assert_called_once()
            sync.assert_called_once()
        self.assertEqual(self.bench.more["unary_half_per_s"], 1_000)

    def test_the_bars(self):
        # Two syncs of 500 us above the echo's 200 us; one and a half of 100 us above 100 us.
        values = {"unary_half": {"p99_us": 1_200.0}, "alone": {"p50_us": 250.0}}
        self.client_says(lambda label, words: values.get(label, {}))
        latency.latency(self.bench)
        self.assert_fails()
        values.update({"unary_half": {"p99_us": 1_200.1}, "alone": {"p50_us": 250.1}})
        latency.latency(self.bench)
        self.assert_fails("unary_half_p99_us", "alone_p50_us")

    def test_a_client_that_is_late_itself_is_told_and_excuses_nothing(self):
        # The bar grants two syncs of 500 us.
        # With gonghuid alone, it is gonghuid that keeps it waiting.
        for label, late_us, told in (("unary_half", 90_000.0, False),
                                     ("unary_echo_half", 1_000.0, False),
                                     ("unary_echo_half", 1_001.0, True),
                                     ("unary_echo_eighty", 9_000.0, False)):
            self.bench.failures.clear()
            self.bench.more.pop("latency_note", None)
            late = {"late": {"p50_us": 10.0, "p99_us": late_us}}
            slow = {"unary_half": {"p99_us": 9_999.0}}
            self.client_says(lambda name, words: {
                **slow.get(name, {}), **(late if name == label else {})})
            latency.latency(self.bench)
            self.assertEqual("latency_note" in self.bench.more, told, label)
            self.assert_fails("unary_half_p99_us is 9,999 us")
            self.assertEqual(self.bench.more[f"{label}_late_p99_us"], late_us)

    def test_a_level_that_was_not_reached_is_none(self):
        self.client_says(lambda label, words: {"rate_per_s": 470.0}
                         if label == "unary_half" else {})
        latency.latency(self.bench)
        self.assert_fails(*["unary_half: 0.94 of 500/s"] * latency.ROUNDS_MAX)

    def test_an_echo_that_lags_must_not_lift_the_bar(self):
        self.client_says(lambda label, words: {"rate_per_s": 400.0, "p99_us": 1e6,
                                               "late": {"p50_us": 1e5, "p99_us": 1e6}}
                         if label == "unary_echo_half" else {})
        latency.latency(self.bench)
        self.assertIn("latency_note", self.bench.more)
        self.assert_fails(*["unary_echo_half: 0.80 of 500/s"] * latency.ROUNDS_MAX)

    def test_near_the_peak_it_is_told_only(self):
        self.client_says(lambda label, words: {"rate_per_s": 600.0}
                         if label == "unary_eighty" else {})
        latency.latency(self.bench)
        self.assert_fails()
        self.assertEqual(self.bench.more["unary_eighty_per_s"], 600)

    def test_a_quick_run_says_nothing_about_speed(self):
        self.bench.options.quick = True
        self.client_says(lambda label, words: {"rate_per_s": 1.0, "p99_us": 1e6, "p50_us": 1e6}
                         if "echo" not in label else {})
        latency.latency(self.bench)
        self.assert_fails()


class MixedTest(PartTest):
    STEPS = {"tap": 2_000, "sale": 720, "hold": 140, "capture": 100, "reversal": 33, "refund": 40}

    def run_part(self, steps=None, **figures):
        self.bench.failures.clear()
        self.client_says(lambda label, words: {"steps": {**self.STEPS, **(steps or {})}, **figures}
                         if label == "mixed" else {})
        mixed.mixed(self.bench)

    def test_a_day(self):
        self.run_part(rate_per_s=800.0)
        self.assert_fails()
        self.assertEqual(self.bench.more["mixed_per_s"], 800)
        self.assertEqual(self.bench.more["mixed_vs_sales"], 0.8)
        self.assertEqual(self.bench.more["mixed_refund_count"], 40 * mixed.ROUNDS_MAX)
        label, words, _ = self.asked[1]
        self.assertEqual(label, "mixed")
        self.assertEqual(words[words.index("--gate-percent") + 1], "70")
        self.assertEqual(words[words.index("--lifecycle") + 1], "5")

    def test_a_client_that_leaves_out_what_is_dear_fails(self):
        self.run_part({"tap": 0, "sale": 2_720})
        self.assert_fails("0.0 % of what is begun is a tap")
        self.run_part({"hold": 0, "capture": 0, "reversal": 0, "refund": 0, "sale": 860})
        self.assert_fails("is a hold", "no capture", "no reversal", "no refund",
                          "only 0.00 of the holds")
        self.run_part({"capture": 70})
        self.assert_fails("only 0.74 of the holds were followed up")
        self.run_part({"refund": 0})
        self.assert_fails("no refund")

    def test_what_was_held_is_not_declined_later(self):
        self.run_part(follow_ups_declined=1)
        self.assert_fails(f"{mixed.ROUNDS_MAX} captures, reversals or refunds were declined")

    def test_a_wrong_answer_fails(self):
        self.run_part(wrong=1)
        self.assert_fails(*["mixed: 1 wrong answers"] * mixed.ROUNDS_MAX)


class OverloadTest(PartTest):
    def run_part(self, **figures):
        self.bench.failures.clear()
        self.bench.more.clear()
        self.client_says(lambda label, words: figures if label == "overload" else {})
        overload.overload(self.bench)

    def test_twice_the_peak_is_offered_and_refusals_are_allowed(self):
        self.run_part(rate_per_s=950.0, errors={"RESOURCE_EXHAUSTED": 2_900},
                      refused={"p99_us": 1_999.0})
        self.assert_fails()
        self.assertEqual(self.bench.more["overload_offered_per_s"], 2_000)
        self.assertEqual(self.bench.more["overload_goodput"], 0.95)
        self.assertEqual(self.bench.more["overload_refused_per_s"], round(2_900 / 3))
        self.assertEqual(self.bench.more["overload_refused_p99_us"], 1_999.0)
        self.assertNotIn("overload_note", self.bench.more)
        codes = {label: codes for label, _, codes in self.asked}
        self.assertEqual(codes, {"overload_peak": (0,), "overload": (0, core.SOME_FAILED)})

    def test_other_errors_are_failures(self):
        self.run_part(errors={"RESOURCE_EXHAUSTED": 1, "INTERNAL": 2})
        self.assert_fails(*["overload: errors {'INTERNAL': 2}"] * overload.ROUNDS_MAX)

    def test_the_bars(self):
        self.run_part(rate_per_s=899.0)
        self.assert_fails("overload_goodput is 0.899")
        self.run_part(rate_per_s=950.0, errors={"UNAVAILABLE": 2_900},
                      refused={"p99_us": 2_001.0})
        self.assert_fails("overload_refused_p99_us")

    def test_a_client_without_a_core_is_told_and_excuses_nothing(self):
        for behind in ({"never_sent": 3_000}, {"late": {"p50_us": 200_000.0}}):
            self.run_part(rate_per_s=500.0, server_cores=CORES / 2, client_cores=CORES / 2,
                          **behind)
            self.assert_fails("overload_goodput is 0.5,")
            self.assertEqual(self.bench.more["overload_goodput"], 0.5)
            self.assertIn("it is the client that limits", self.bench.more["overload_note"])

    def test_a_server_that_lets_all_wait_fails(self):
        # Nobody is busy, and yet what is due can not be sent: all calls wait for the server.
        self.run_part(rate_per_s=950.0, never_sent=3_000)
        self.assert_fails("it waits")

    def test_one_starved_round_does_not_speak_for_the_others(self):
        rounds = iter((CORES / 2, 0.1, CORES / 2))
        self.client_says(lambda label, words: {
            "rate_per_s": 950.0, "never_sent": 3_000, "client_cores": CORES / 2,
            "server_cores": next(rounds)} if label == "overload" else {})
        overload.overload(self.bench)
        self.assertIn("overload_note", self.bench.more)
        self.assert_fails("it waits")

    def test_silence_is_no_answer(self):
        self.run_part(answered=0, approved=0)
        self.assertIn("overload: nothing was answered", self.bench.failures)


class WireTest(PartTest):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.object(wire, "Echo", lambda _: Server()))
        self.enterContext(mock.patch.object(
            wire, "load_with_syncs", lambda bench, server, mode, label, words=None:
            bench.load(server, mode, 3.0, label, words)))

    def rates_of(self, unary_per_s, stream_per_s):
        self.bench.failures.clear()
        self.bench.parts = ["unary", "stream"]
        rates = {"unary": unary_per_s, "stream": stream_per_s}
        self.client_says(lambda label, words: {"rate_per_s": rates.get(label, 1_000.0)})
        wire.rates(self.bench)

    def test_rates_beside_the_echo(self):
        self.rates_of(900.0, 400.0)
        self.assert_fails()
        self.assertEqual(self.bench.figures["unary_vs_echo"], 0.9)
        self.assertEqual(self.bench.figures["stream_vs_echo"], 0.4)
        self.assertEqual(len(self.asked), 2 * 2 * self.bench.options.rounds)
        self.rates_of(899.0, 399.0)
        self.assert_fails("unary_vs_echo is 0.899", "stream_vs_echo is 0.399")

    def test_when_each_load_ran_is_kept(self):
        self.client_says(lambda label, words: {})
        for label in ("unary", "unary_echo"):
            self.bench.load(Server(), "unary", 3.0, label)
        labels, from_ns, until_ns = zip(*self.bench.loads)
        self.assertEqual(labels, ("unary", "unary_echo"))
        self.assertTrue(from_ns[0] <= until_ns[0] <= from_ns[1] <= until_ns[1])

    def test_an_idle_server_that_is_busy_fails(self):
        for used_s, whats in ((0.14, ()), (0.15, ("idle_cpu_percent is 1 %",))):
            clocks = iter((0.0, 15.0))
            used = iter((2.0, 2.0 + used_s))
            with mock.patch.object(wire, "cpu_seconds", lambda _: next(used)), \
                    mock.patch.object(wire, "time", types.SimpleNamespace(
                        monotonic=lambda: next(clocks), sleep=lambda _: None)):
                wire.idle(self.bench)
            self.assert_fails(*whats)


class ClientTest(unittest.TestCase):
    """measure() on a client that is a script."""

    def setUp(self):
        self.enterContext(contextlib.redirect_stderr(io.StringIO()))
        # Not where a benchmark that runs just now has its own.
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="gonghui-bench-test."))
        self.enterContext(mock.patch.object(client, "OUT", pathlib.Path(folder)))

    @staticmethod
    def command(code, text='{"checked": 10, "rate_per_s": 1, "p50_us": 1, "p99_us": 1}'):
        # $0 is what follows: the words of measure() begin at --json.
        return ["/bin/sh", "-c", f"printf '%s' '{text}' > \"$1\"; exit {code}"]

    def test_cpu_time_is_told_by_decision_and_in_cores(self):
        seconds = iter((5.0, 5.5))
        result = client.measure("label", self.command(0), lambda: next(seconds))
        self.assertEqual(result["server_cpu_us"], 0.5e6 / 10)
        self.assertGreater(result["server_cores"], 0)
        self.assertGreaterEqual(result["client_cpu_us"], 0)

    def test_an_exit_code_that_is_not_allowed_is_an_error(self):
        with self.assertRaisesRegex(BenchError, r"label: sh failed \(3\)"):
            client.measure("label", self.command(3), lambda: 0.0)
        client.measure("label", self.command(3), lambda: 0.0, exit_codes=(0, 3))

    def test_a_client_that_writes_nothing_is_an_error(self):
        with self.assertRaisesRegex(BenchError, "failed"):
            client.measure("label", ["/bin/true"], lambda: 0.0)


if __name__ == "__main__":
    unittest.main()
