# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Latency below the peak: gonghuid and the echo in turn, at the same rates.

The peak is that of a closed loop, in which the client does all of a moment's calls at once.  In
an open loop each comes by itself and costs more, the client too, which shares this machine.  So
where cores are few half of the peak may be all that there is, and then it is the client that is
late, for the echo as for gonghuid.  `latency_note` tells that beside the figure; it excuses
nothing.
"""

import statistics
import sys

from suite import bars, wire
from suite.servers import Echo
from suite.system import say

# Of gonghuid's peak; the names are those of the figures.
LEVELS = {"tenth": 0.1, "half": 0.5, "eighty": 0.8}
# Nearly all of a level's rate must have been reached, or it was another level.
REACHED_MIN = 0.95
ROUNDS_MAX = 3

# An open loop: requests come when they come, whether answers do or not, and each latency counts
# from when its request was due.  So a stall is in the latency of all that came meanwhile.
# Not more at once than it takes, for calls are used in turn, and thousands would not stay in the
# processor's caches; when all are under way the next one is late, and its latency says so.
OPEN = ["--mode", "unary", "--connections", "2", "--threads", "1", "--inflight", "1024"]
# The call by itself: nothing waits for anything.
ALONE = ["--mode", "unary", "--inflight", "1", "--connections", "1", "--threads", "1"]


def loads_at(peak_per_s):
    """(figure of gonghuid, figure of the echo, what the client does) of each load."""
    return [("alone", "alone_echo", ALONE)] + [
        (f"unary_{name}", f"unary_echo_{name}",
         [*OPEN, "--rate", max(1, round(share * peak_per_s))])
        for name, share in LEVELS.items()]


def latency(bench):
    peak_per_s = wire.unary_peak(bench)
    wire.sync_measured(bench)
    rounds = min(bench.options.rounds, ROUNDS_MAX)
    shares = ", ".join(f"{share:.0%}" for share in LEVELS.values())
    say(f"bench: latency: one call alone, and at {shares} of {peak_per_s:,}/s: echo and gonghuid "
        f"in turn, {rounds} rounds")
    loads = loads_at(peak_per_s)
    found = {}
    server = bench.gonghuid()
    try:
        echo = Echo(bench.bin)
        try:
            for _ in range(rounds):
                for ours, theirs, words in loads:
                    # Or the echo would share the machine with what gonghuid left over.
                    bench.settle(server)
                    found.setdefault(theirs, []).append(
                        bench.load(echo, "unary", bench.options.seconds, theirs, words))
                    found.setdefault(ours, []).append(
                        wire.load_with_syncs(bench, server, "unary", ours, words))
        finally:
            echo.stop()
    finally:
        server.stop(check=sys.exc_info()[0] is None)
    for name, results in found.items():
        bench.keep(name, results)
        for key in ("p50_us", "p99_us"):
            bench.spread[f"{name}_{key}"] = [round(result[key], 1) for result in results]
        late = [result["late"]["p99_us"] for result in results if result["late"]]
        if late:
            bench.more[f"{name}_late_p99_us"] = round(statistics.median(late), 1)
    judge(bench, found)


def judge(bench, found):
    """Whether the levels were what their names say, and what they must reach."""
    # With the echo: where gonghuid stalls and all calls wait for it, sending is late, too, and
    # that is gonghuid's own.
    late_us = bench.more["unary_echo_half_late_p99_us"]
    granted_us = 2 * bench.more["sync_us_p99"]
    if late_us > granted_us:
        bench.more["latency_note"] = (
            f"At half of the peak gonghui-load sends {late_us:,.0f} us late (p99) even to the echo"
            f", more than the two syncs that gonghuid may take ({granted_us:,.0f} us): it has too "
            "little of this machine, and what it lacks is in the latency of both.")
        say(f"  {bench.more['latency_note']}")
    # Near the peak a machine that others use may not keep up: its figures say so.  At half it
    # must: an echo that lags would lift the bar, which is made of its p99.
    told_only = {name for name in found if name.endswith("_eighty")}
    for name, results in found.items():
        for result in results:
            offered = result["offered_per_s"]
            reached = result["rate_per_s"] / offered if offered else 1
            bench.check(bench.options.quick or name in told_only or reached >= REACHED_MIN,
                        f"{name}: {reached:.2f} of {offered:,}/s was reached")
    bars.check(bench, "unary_half_p99_us", "alone_p50_us")
