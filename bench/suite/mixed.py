# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""What a day is made of: taps at gates, sales, and holds with what follows them."""

import statistics
import sys

from suite.core import LOAD
from suite.system import say

GATE_PERCENT = 70
LIFECYCLE_PERCENT = 5
MIX = [*LOAD["unary"], "--gate-percent", GATE_PERCENT, "--lifecycle", LIFECYCLE_PERCENT]
ROUNDS_MAX = 3

STEPS = ("tap", "sale", "hold", "capture", "reversal", "refund")
# What chance may add or take of a share, in percent of all: a short round has few holds.
SHARE_SLACK = 2
# Of the holds; the others are declined, or were not answered or followed up within the window.
FOLLOWED_UP_MIN = 0.8


def mixed(bench):
    rounds = min(bench.options.rounds, ROUNDS_MAX)
    say(f"bench: mixed: {GATE_PERCENT} % taps, {LIFECYCLE_PERCENT} % holds that are followed up, "
        f"sales; beside sales alone, {rounds} rounds")
    found = {"mixed_sales": [], "mixed": []}
    server = bench.gonghuid()
    try:
        for _ in range(rounds):
            for name, words in (("mixed_sales", LOAD["unary"]), ("mixed", MIX)):
                bench.settle(server)
                found[name].append(bench.load(server, "unary", bench.options.seconds, name, words))
    finally:
        server.stop(check=sys.exc_info()[0] is None)
    bench.keep("mixed", found["mixed"])
    # Neighbours: a shared machine's speed changes.
    ratios = [round(mix["rate_per_s"] / sales["rate_per_s"], 3)
              for mix, sales in zip(found["mixed"], found["mixed_sales"])]
    bench.spread["mixed_vs_sales"] = ratios
    bench.more["mixed_vs_sales"] = round(statistics.median(ratios), 3)
    say(f"  mixed_vs_sales {bench.more['mixed_vs_sales']}")
    counts = {step: sum(result["steps"].get(step, 0) for result in found["mixed"])
              for step in STEPS}
    for step, count in counts.items():
        bench.more[f"mixed_{step}_count"] = count
    check_mix(bench, counts)
    declined = sum(result["follow_ups_declined"] for result in found["mixed"])
    bench.check(declined == 0, f"mixed: {declined} captures, reversals or refunds were declined")


def check_mix(bench, counts):
    """A client that leaves out what is dear would be fast."""
    begun = max(1, counts["tap"] + counts["sale"] + counts["hold"])
    for step, percent in (("tap", GATE_PERCENT), ("hold", LIFECYCLE_PERCENT)):
        share = 100 * counts[step] / begun
        bench.check(abs(share - percent) <= SHARE_SLACK,
                    f"mixed: {share:.1f} % of what is begun is a {step}, not {percent} %")
    for step in ("capture", "reversal", "refund"):
        bench.check(counts[step] > 0, f"mixed: no {step}")
    followed = (counts["capture"] + counts["reversal"]) / max(1, counts["hold"])
    bench.check(followed >= FOLLOWED_UP_MIN,
                f"mixed: only {followed:.2f} of the holds were followed up")
