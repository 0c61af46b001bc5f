# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""What is measured in process: no wire, no disk, one thread."""

import statistics

from suite import bars, google_benchmark
from suite.system import say

LINES = (0, 1, 20)  # of an authorization; ledger_bench has a benchmark of each


def rates_of(bench, names, part, repetitions, seconds, *, program="ledger_bench",
             interleaved=True):
    """Decisions a second of each repetition, of each name in turn."""
    found = google_benchmark.run(bench, part, program, names, repetitions, seconds,
                                 interleaved=interleaved)
    return [[row["decisions_per_s"] for row in found[name]] for name in names]


def ledger(bench):
    say("bench: ledger")
    uniform, hot = rates_of(bench, ["Sales/one_million_members", "Sales/one_hot_fund"], "ledger",
                            5, 0.5, interleaved=False)
    bench.spread["ledger_decisions_per_s"] = [round(rate) for rate in uniform]
    bench.figures["ledger_decisions_per_s"] = round(statistics.median(uniform))
    bench.more["hot_fund_vs_cold"] = round(
        statistics.median(hot) / statistics.median(uniform), 3)
    say(f"  ledger {bench.figures['ledger_decisions_per_s']:,}/s")
    bars.check(bench, "ledger_decisions_per_s", "hot_fund_vs_cold")


def lifecycle(bench):
    say("bench: lifecycle")
    # Short rounds: the ledger keeps every sale, and one of twenty lines is 1.6 KB.
    *lined, sale, lifecycle = rates_of(
        bench, [*(f"SalesWithLines/lines_{count}" for count in LINES),
                "Sales/one_million_members", "Lifecycles/hold_capture_refund"],
        "lifecycle", 5, 0.3)
    # Commands, three to a life: hold, capture, refund.
    bench.more["lifecycle_commands_per_s"] = round(statistics.median(lifecycle))
    bench.more["lifecycle_vs_sale"] = round(
        statistics.median(lifecycle) / statistics.median(sale), 3)
    bench.spread["lifecycle_commands_per_s"] = [round(rate) for rate in lifecycle]
    say(f"  lifecycle {bench.more['lifecycle_commands_per_s']:,} commands/s, "
        f"{bench.more['lifecycle_vs_sale']} of the plain sale's rate")
    for count, rates in zip(LINES, lined):
        ratio = round(statistics.median(rates) / statistics.median(sale), 3)
        bench.more[f"lines_{count}_vs_sale"] = ratio
        bench.spread[f"lines_{count}_per_s"] = [round(rate) for rate in rates]
        say(f"  authorizations with {count} lines: {ratio} of the plain sale's rate")


def programmes(bench):
    say("bench: programmes")
    # In turn, a moment each, because the machine's speed changes.
    parts = {"programmes_1000_vs_10": "ThousandProgrammesBesideTen",
             "programmes_1000_vs_10_one_day": "ThousandProgrammesBesideTenOnOneDay",
             "hottest_stock_vs_spread": "OneStockBesideMany"}
    found = google_benchmark.run(bench, "programmes", "programmes_bench", [*parts.values()], 1, 10)
    for name, benchmark in parts.items():
        row, = found[benchmark]
        bench.more[name] = round(row["ratio"], 3)
        for quarter in ("low", "high"):
            bench.more[f"{name}_{quarter}"] = round(row[f"ratio_{quarter}"], 3)
        say(f"  {name} {bench.more[name]} (the middle half of all turns: "
            f"{row['ratio_low']:.3f} to {row['ratio_high']:.3f})")
    bench.more["programmes_1000_decisions_per_s"] = round(
        found[parts["programmes_1000_vs_10"]][0]["decisions_per_s"])
    row, = google_benchmark.run(bench, "activations", "programmes_bench", ["Activations"], 1,
                                0.1)["Activations"]
    bench.more["activation_1000_programmes_ms"] = round(row["activation_ms_all"], 1)
    pause_us = max(row["activation_us_max"], row["sale_us_max"], row["due_together_us"])
    bench.more["activation_pause_us_max"] = round(pause_us)
    say(f"  1,000 programmes activated in {row['activation_ms_all']:.1f} ms, the longest in "
        f"{row['activation_us_max']:.0f} us; the longest sale between {row['sale_us_max']:.0f}"
        f" us; all of them due at one instant {row['due_together_us']:.0f} us")
    bars.check(bench, "programmes_1000_vs_10", "hottest_stock_vs_spread",
               "activation_pause_us_max")


def backtest(bench):
    say("bench: backtest")
    sales = "100000" if bench.options.quick else "10000000"
    unchanged, changed = rates_of(
        bench, [f"Unchanged/{sales}", f"Changed/{sales}"], "backtest", 3, 0.1,
        program="backtest_bench", interleaved=False)
    for name, rates in (("backtest_unchanged", unchanged), ("backtest_changed", changed)):
        rate = round(statistics.median(rates))
        bench.more[f"{name}_decisions_per_s"] = rate
        bench.spread[f"{name}_decisions_per_s"] = [round(value) for value in sorted(rates)]
        say(f"  {name} {rate:,} decisions a second")
        bars.check(bench, f"{name}_decisions_per_s")
