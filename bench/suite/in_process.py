# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""What is measured in process: no wire, no disk, one thread."""

import json
import statistics

from suite.system import OUT, BenchError, must, say

LINES = (0, 1, 20)  # of an authorization; ledger_bench has a benchmark of each

# programmes: what a decision may lose to programmes that can not apply, and to the hottest
# stock; the longest that one activation may keep the ledger thread.
PROGRAMMES_RATIO_MIN = 0.9
ACTIVATION_PAUSE_US_MAX = 1_000

# backtest: recorded decisions that are decided again in a second, on one core.
BACKTEST_DECISIONS_PER_S_MIN = 1_000_000


def rates_of(bench, names, part, repetitions, seconds, *arguments,
                 program="ledger_bench"):
    """Decisions a second of each repetition, by the benchmark's name."""
    result_file = OUT / f"{part}.json"
    must([bench.bin / program,
          f"--benchmark_filter={'|'.join(names)}",
          f"--benchmark_repetitions={1 if bench.options.quick else repetitions}",
          f"--benchmark_min_time={min(0.5, seconds) if bench.options.quick else seconds}",
          f"--benchmark_out={result_file}", "--benchmark_out_format=json",
          *arguments], program)
    rates = {name: [] for name in names}
    for row in json.loads(result_file.read_text())["benchmarks"]:
        if row.get("run_type") == "iteration" and not row.get("error_occurred"):
            rates[next(n for n in names if n in row["run_name"])].append(
                row["decisions_per_s"])
    for name in names:
        if not rates[name]:
            raise BenchError(f"{program} has no benchmark {name}")
    return [rates[name] for name in names]


def ledger(bench):
    say("bench: ledger")
    uniform, hot = rates_of(bench, ["one_million_members", "one_hot_fund"], "ledger", 3, 2)
    bench.spread["ledger_decisions_per_s"] = [round(rate) for rate in uniform]
    bench.figures["ledger_decisions_per_s"] = round(statistics.median(uniform))
    bench.more["hot_fund_vs_cold"] = round(
        statistics.median(hot) / statistics.median(uniform), 3)
    say(f"  ledger {bench.figures['ledger_decisions_per_s']:,}/s")


def lifecycle(bench):
    say("bench: lifecycle")
    # Those with lines first: their names may contain the plain sale's.
    # Short rounds: the ledger keeps every sale, and one of twenty lines is 1.6 KB.
    *lined, sale, lifecycle = rates_of(
        bench, [*(f"lines_{count}" for count in LINES), "one_million_members",
         "hold_capture_refund"], "lifecycle", 5, 0.3,
        "--benchmark_enable_random_interleaving=true")
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
    # Interleaved, because the machine's speed changes: neighbours are compared.
    many, few, spread, hot = rates_of(
        bench, ["Sales/1000", "Sales/10", "Gifts/100", "Gifts/1"], "programmes", 9, 0.3,
        "--benchmark_enable_random_interleaving=true", program="programmes_bench")
    for name, rates, beside in (("programmes_1000_vs_10", many, few),
                                ("hottest_stock_vs_spread", hot, spread)):
        ratio = round(statistics.median(rates) / statistics.median(beside), 3)
        bench.more[name] = ratio
        bench.spread[name] = [round(a / b, 3) for a, b in zip(sorted(rates), sorted(beside))]
        say(f"  {name} {ratio}")
        bench.check(bench.options.quick or ratio >= PROGRAMMES_RATIO_MIN,
                   f"{name} is {ratio}, below {PROGRAMMES_RATIO_MIN}")
    bench.more["programmes_1000_decisions_per_s"] = round(statistics.median(many))
    result_file = OUT / "activations.json"
    must([bench.bin / "programmes_bench", "--benchmark_filter=Activations",
          f"--benchmark_out={result_file}", "--benchmark_out_format=json"],
         "programmes_bench")
    row = json.loads(result_file.read_text())["benchmarks"][0]
    bench.more["activation_1000_programmes_ms"] = round(row["activation_ms_all"], 1)
    pause_us = max(row["activation_us_max"], row["sale_us_max"], row["due_together_us"])
    bench.more["activation_pause_us_max"] = round(pause_us)
    say(f"  1,000 programmes activated in {row['activation_ms_all']:.1f} ms, the longest in "
        f"{row['activation_us_max']:.0f} us; the longest sale between {row['sale_us_max']:.0f}"
        f" us; all of them due at one instant {row['due_together_us']:.0f} us")
    bench.check(bench.options.quick or pause_us < ACTIVATION_PAUSE_US_MAX,
               f"an activation keeps the ledger thread {pause_us:.0f} us")


def backtest(bench):
    say("bench: backtest")
    sales = "100000" if bench.options.quick else "10000000"
    unchanged, changed = rates_of(
        bench, [f"Unchanged/{sales}/", f"Changed/{sales}/"], "backtest", 3, 0.1,
        program="backtest_bench")
    for name, rates in (("backtest_unchanged", unchanged), ("backtest_changed", changed)):
        rate = round(statistics.median(rates))
        bench.more[f"{name}_decisions_per_s"] = rate
        bench.spread[f"{name}_decisions_per_s"] = [round(value) for value in sorted(rates)]
        say(f"  {name} {rate:,} decisions a second")
        bench.check(bench.options.quick or rate >= BACKTEST_DECISIONS_PER_S_MIN,
                   f"{name}: {rate:,} decisions a second, fewer than "
                   f"{BACKTEST_DECISIONS_PER_S_MIN:,}")
