# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Twice as many requests as gonghuid decides: what it still does, and how fast it says no.

Client and server share this machine, and a call costs the client about what it costs the server.
So where cores are few it is gonghui-load that has no time left, and gonghuid is not overloaded
but starved.  `overload_note` tells that beside the goodput; it excuses nothing.
"""

import statistics
import sys

from suite import bars
from suite.core import REFUSALS
from suite.system import CORES, say

OFFERED_PEAKS = 2
ROUNDS_MAX = 3
THREADS = max(1, CORES // 4)
# Many times what the peak has in flight; no more, for a client with thousands of calls spends
# its time on cache misses.
INFLIGHT = 2048 * THREADS
# More calls at once than the server takes on a connection (terminals.streams_per_connection_max)
# would wait in the client's own queue.
CONNECTIONS = 4 * THREADS
FLOOD = ["--mode", "unary", "--connections", CONNECTIONS, "--threads", THREADS,
         "--inflight", INFLIGHT]

# The client is behind when so much of what was due was never sent, or half of it so late.
UNSENT_MAX = 0.05
LATE_US_MAX = 100_000
# Of its cores, or of what the client's two threads of each lane can use.
BUSY_MIN = 0.9


def overload(bench):
    rounds = min(bench.options.rounds, ROUNDS_MAX)
    say(f"bench: overload: {OFFERED_PEAKS} x the peak that was measured just before, {rounds} "
        "rounds")
    peaks, floods = [], []
    server = bench.gonghuid()
    try:
        for _ in range(rounds):
            bench.settle(server)
            peaks.append(bench.load(server, "unary", bench.options.seconds, "overload_peak"))
            bench.settle(server)
            rate = max(1, round(OFFERED_PEAKS * peaks[-1]["rate_per_s"]))
            floods.append(bench.load(server, "unary", bench.options.seconds, "overload",
                                     [*FLOOD, "--rate", rate], refusals=True))
    finally:
        server.stop(check=sys.exc_info()[0] is None)
    keep(bench, peaks, floods)
    judge(bench, floods)


def refused(result):
    return sum(result["errors"].get(code, 0) for code in REFUSALS)


def unsent_share(result):
    return result["never_sent"] / max(1, result["offered_per_s"] * result["window_s"])


def keep(bench, peaks, floods):
    bench.keep("overload", floods)
    # Neighbours: a shared machine's speed changes.
    ratios = [round(flood["rate_per_s"] / peak["rate_per_s"], 3)
              for peak, flood in zip(peaks, floods)]
    bench.spread["overload_goodput"] = ratios
    bench.more["overload_goodput"] = round(statistics.median(ratios), 3)
    # What the server spends on a decision, whatever the client took from it.
    bench.more["overload_goodput_by_cpu"] = round(statistics.median(
        peak["server_cpu_us"] / max(0.001, flood["server_cpu_us"])
        for peak, flood in zip(peaks, floods)), 3)

    def median(value_of):
        return statistics.median(value_of(result) for result in floods)
    bench.more["overload_offered_per_s"] = round(median(lambda r: r["offered_per_s"]))
    bench.more["overload_refused_per_s"] = round(median(lambda r: refused(r) / r["window_s"]))
    bench.more["overload_unsent"] = round(median(unsent_share), 3)
    bench.more["overload_late_p50_us"] = round(median(lambda r: r["late"].get("p50_us", 0)), 1)
    for name in ("server", "client"):
        bench.more[f"overload_{name}_cores"] = round(median(lambda r: r[f"{name}_cores"]), 2)
    refusals = [result["refused"]["p99_us"] for result in floods if result["refused"]]
    if refusals:
        bench.more["overload_refused_p99_us"] = round(statistics.median(refusals), 1)
    say(f"  overload_goodput {bench.more['overload_goodput']}, by the server's CPU "
        f"{bench.more['overload_goodput_by_cpu']}; refused "
        f"{bench.more['overload_refused_per_s']:,}/s; never sent {bench.more['overload_unsent']}")


def is_behind(result):
    """Not all that was due could be sent."""
    return (unsent_share(result) > UNSENT_MAX
            or result["late"].get("p50_us", 0) > LATE_US_MAX)


def is_starved(result):
    """The client had no core left, so it is not the server that kept it waiting."""
    used = sum(result[f"{name}_cores"] for name in ("server", "client", "others"))
    return used >= BUSY_MIN * CORES or result["client_cores"] >= BUSY_MIN * 2 * THREADS


def judge(bench, floods):
    for result in floods:
        bench.check(result["answered"] > 0, "overload: nothing was answered")
    behind = [result for result in floods if is_behind(result)]
    starved = [result for result in behind if is_starved(result)]
    if starved:
        note = (f"gonghui-load could not send what was due ({bench.more['overload_unsent']:.0%} "
                f"never, half of the rest later than "
                f"{bench.more['overload_late_p50_us'] / 1e6:.2f} s): it used "
                f"{bench.more['overload_client_cores']} of {CORES} cores, gonghuid "
                f"{bench.more['overload_server_cores']}. So it is the client that limits what is "
                "decided, and little or nothing is left to refuse.")
        bench.more["overload_note"] = note
        say(f"  {note}")
    bench.check(bench.options.quick or len(starved) == len(behind),
                "overload: gonghuid neither answers nor refuses what is too much: it waits")
    bars.check(bench, "overload_goodput")
    # Where nothing had to be refused there is no such figure.
    if "overload_refused_p99_us" in bench.more:
        bars.check(bench, "overload_refused_p99_us")
