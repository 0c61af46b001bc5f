# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""What the figures must reach: each bar once, for the table, the report and the checks.

A bar is judged by the figures as they are written down, rounded, so that whoever reads
summary.json comes to the same verdict.  Nothing excuses a figure that was measured: a note beside
it tells what disturbed it, and it falls short all the same.
"""

import math
import operator
from typing import NamedTuple, Optional, Union

COMPARISONS = {">=": operator.ge, "<=": operator.le, "<": operator.lt}

# Bounds that are sums of figures are rounded finer than any figure: 0.1 + 0.2 is 0.3.
BOUND_DIGITS = 6


class Bar(NamedTuple):
    figure: str
    comparison: str
    # A number, or other figures of the same run with their factors, to be added.
    bound: Union[float, dict]
    unit: str
    words: str
    # What the run may have to tell beside the figure.
    note: str = ""


class Judged(NamedTuple):
    bar: Bar
    value: float
    bound: Optional[float]  # None: a figure that it is made of was not measured
    holds: Optional[bool]   # None: without a bound there is no verdict
    note: str = ""

    @property
    def verdict(self):
        return {True: "holds", False: "falls short", None: "not judged"}[self.holds]

    @property
    def margin(self):
        """The value in bars, above 1 where it is better than it must be; None: no such ratio."""
        if self.bound is None or self.value <= 0 or self.bound <= 0:
            return None
        return (self.value / self.bound if self.bar.comparison == ">="
                else self.bound / self.value)

    def __str__(self):
        asked = (bound_words(self.bar) if self.bound is None
                 else number_words(self.bound, self.bar.unit))
        return (f"{self.bar.figure} is {number_words(self.value, self.bar.unit)}, "
                f"asked is {self.bar.comparison} {asked}")


BARS = (
    Bar("ledger_decisions_per_s", ">=", 5_000_000, "/s", "decisions in process, one thread"),
    Bar("hot_fund_vs_cold", ">=", 0.95, "", "the hottest fund beside funds that are cold"),
    Bar("ledger_10m_vs_10k", ">=", 0.5, "", "10 million members beside 10 thousand"),
    Bar("unary_vs_echo", ">=", 0.90, "", "one call a decision, beside the empty echo"),
    Bar("stream_vs_echo", ">=", 0.40, "", "512 decisions a message, beside the empty echo"),
    Bar("unary_half_p99_us", "<=", {"unary_echo_half_p99_us": 1, "sync_us_p99": 2}, "us",
        "p99 at half of the peak rate: the echo's and two syncs", note="latency_note"),
    Bar("alone_p50_us", "<=", {"alone_echo_p50_us": 1, "sync_us_p50": 1.5}, "us",
        "p50 of one call alone: the echo's and one and a half syncs"),
    Bar("bytes_per_member", "<=", 100, "bytes", "memory of a member with a card, of 10 million"),
    Bar("recovery_10m_members_s", "<", 10, "s", "start with 10 million members"),
    Bar("replay_events_per_s", ">=", 1_000_000, "/s", "events of the journal replayed at a start"),
    Bar("vs_postgres", ">=", 10, "", "one request a call, beside PostgreSQL's fastest way"),
    Bar("vs_postgres_stream", ">=", 300, "", "many requests at once, beside PostgreSQL's"),
    Bar("vs_redis", ">=", 1.2, "", "one request a call, beside Redis' fastest way"),
    Bar("vs_redis_stream", ">=", 5, "", "many requests at once, beside Redis' fastest way"),
    Bar("programmes_1000_vs_10", ">=", 0.9, "", "1,000 programmes beside ten"),
    Bar("hottest_stock_vs_spread", ">=", 0.9, "", "gifts of one stock beside gifts of many"),
    Bar("activation_pause_us_max", "<", 1_000, "us",
        "the longest that an activation keeps sales waiting"),
    Bar("backtest_unchanged_decisions_per_s", ">=", 1_000_000, "/s",
        "recorded decisions decided again"),
    Bar("backtest_changed_decisions_per_s", ">=", 1_000_000, "/s",
        "recorded decisions under another price"),
    Bar("unary_old_ids_vs_none", ">=", 0.9, "", "100 million old ids beside none, one a call"),
    Bar("stream_old_ids_vs_none", ">=", 0.9, "", "100 million old ids beside none, in messages"),
    Bar("old_ids_false_positives_per_million", "<=", 10_000, "",
        "new ids of a million that are asked of the disk all the same"),
    Bar("overload_goodput", ">=", 0.9, "", "decisions under overload beside the peak rate",
        note="overload_note"),
    Bar("overload_refused_p99_us", "<=", 2_000, "us", "p99 of a refusal under overload"),
    Bar("stalls_max_ms", "<=", 5, "ms",
        "the longest call of ten minutes at half of the peak, whatever else goes on",
        note="stalls_note"),
    Bar("idle_cpu_percent", "<", 1, "%", "of a core, by a gonghuid that nobody asks anything"),
)
BY_FIGURE = {bar.figure: bar for bar in BARS}


def number(value):
    """The value if it is a number that can be compared, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if math.isfinite(value) else None


def figures_of(summary):
    """Every figure of a summary.json that is a number, by its name, and notes on them."""
    figures = {}
    for source in (summary.get("more"), summary):
        for name, value in source.items() if isinstance(source, dict) else ():
            if number(value) is not None or (name.endswith("_note") and isinstance(value, str)):
                figures[name] = value
    return figures


def bound_of(bar, figures):
    if not isinstance(bar.bound, dict):
        return bar.bound
    parts = [(number(figures.get(name)), factor) for name, factor in bar.bound.items()]
    if any(value is None for value, _ in parts):
        return None
    return round(sum(value * factor for value, factor in parts), BOUND_DIGITS)


def judge(bar, figures):
    """The bar beside its figure; None if that was not measured."""
    value = number(figures.get(bar.figure))
    if value is None:
        return None
    bound = bound_of(bar, figures)
    if bound is None:
        return Judged(bar, value, None, None, "what its bound is made of was not measured")
    return Judged(bar, value, bound, COMPARISONS[bar.comparison](value, bound),
                  figures.get(bar.note, ""))


def judge_all(figures):
    """The bars whose figures were measured, in order."""
    return [judged for judged in (judge(bar, figures) for bar in BARS) if judged is not None]


def verdicts_of(summary):
    """The bars of a summary.json whose figures were measured, for whoever reads it alone."""
    return [{"figure": judged.bar.figure, "value": judged.value,
             "asked": f"{judged.bar.comparison} {bound_words(judged.bar)}",
             "bound": judged.bound, "holds": judged.holds}
            for judged in judge_all(figures_of(summary))]


def check(bench, *names):
    """A part's own bars: one that falls short fails the run, unless that was a quick one.

    Quick or not, what a part is there for must have been measured.
    """
    figures = {**bench.figures, **bench.more}
    for name in names:
        judged = judge(BY_FIGURE[name], figures)
        if judged is None:
            bench.check(False, f"{name} was not measured")
        elif judged.bound is None:
            bench.check(False, f"{name}: {judged.note}")
        else:
            bench.check(bench.options.quick or judged.holds, str(judged))


def bound_words(bar):
    """What is asked, where it is made of other figures in their names."""
    if not isinstance(bar.bound, dict):
        return number_words(bar.bound, bar.unit)
    return " + ".join(name if factor == 1 else f"{factor:g} x {name}"
                      for name, factor in bar.bound.items())


def number_words(value, unit=""):
    """With thousands apart, as many decimals as it has but three at most, and its unit."""
    if isinstance(value, float):
        text = f"{value:,.3f}".rstrip("0").rstrip(".")
        # What is written must not look like what it is not.
        text = "0" if text == "-0" else text
        if text == "0" and value != 0:
            text = f"{value:.3g}"
    else:
        text = f"{value:,}"
    return text + (unit if unit.startswith("/") else f" {unit}" if unit else "")
