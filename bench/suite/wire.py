# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""gonghuid over the wire, beside the empty echo and the bare sync."""

import os
import statistics
import sys
import tempfile
import time

from suite import bars
from suite.core import LOAD
from suite.servers import Echo
from suite.system import OUT, cpu_seconds, say, written_bytes

PIPELINES = ("one_thread", "two_threads", "adaptive")


def rates(bench, modes=None):
    """gonghuid and the echo in turn, some rounds of each mode."""
    modes = modes or [mode for mode in LOAD if mode in bench.parts]
    say(f"bench: {', '.join(modes)}: echo and gonghuid in turn, {bench.options.rounds} rounds "
        f"of {bench.options.seconds} s")
    found = {}
    server = bench.gonghuid()
    try:
        echo = Echo(bench.bin)
        try:
            for _ in range(bench.options.rounds):
                for mode in modes:
                    # Or the echo would share the machine with what gonghuid left over.
                    bench.settle(server)
                    found.setdefault(f"{mode}_echo", []).append(
                        bench.load(echo, mode, bench.options.seconds, f"{mode}_echo"))
                    found.setdefault(mode, []).append(load_with_syncs(bench, server, mode, mode))
        finally:
            echo.stop()
    finally:
        server.stop(check=sys.exc_info()[0] is None)
    for mode in modes:
        for name in (mode, f"{mode}_echo"):
            bench.keep(name, found[name])
        # Of neighbours: a shared machine's speed changes from one round to the next.
        bench.spread[f"{mode}_vs_echo"] = [
            round(a["rate_per_s"] / b["rate_per_s"], 3)
            for a, b in zip(found[mode], found[f"{mode}_echo"])]
        bench.figures[f"{mode}_vs_echo"] = round(
            statistics.median(bench.spread[f"{mode}_vs_echo"]), 3)
        # The same ratio by CPU time: it hardly moves when others use the machine.
        bench.more[f"{mode}_vs_echo_by_cpu"] = round(
            statistics.median((b["server_cpu_us"] + b["client_cpu_us"])
                              / (a["server_cpu_us"] + a["client_cpu_us"])
                              for a, b in zip(found[mode], found[f"{mode}_echo"])), 3)
        bars.check(bench, f"{mode}_vs_echo")


def unary_peak(bench):
    """Decisions a second, one call each: of this run, measured now if it was not yet."""
    if bench.figures["unary_per_s"] is None:
        rates(bench, ["unary"])
    return bench.figures["unary_per_s"]


def load_with_syncs(bench, server, mode, label, words=None):
    """As Bench.load, with what a sync carried meanwhile."""
    before = server.status(), written_bytes(server.child.pid)
    result = bench.load(server, mode, bench.options.seconds, label, words)
    result.update(syncs(server, before))
    return result


def syncs(server, before):
    """What a sync carried since `before`."""
    status, written = before
    after = server.status()
    blocks = int(after.get("blockCount", 0)) - int(status.get("blockCount", 0))
    decisions = int(after.get("decisionCount", 0)) - int(status.get("decisionCount", 0))
    if blocks <= 0:
        return {}
    return {"decisions_per_sync": round(decisions / blocks, 1),
            "bytes_per_sync": round((written_bytes(server.child.pid) - written) / blocks)}


def sync(bench):
    """Append + fdatasync, nothing else, where gonghuid keeps its journal."""
    size = int(bench.more.get("unary_bytes_per_sync") or 4096)
    count = 200 if bench.options.quick else 2000
    say(f"bench: sync: {count} times append + fdatasync of {size:,} bytes")
    block = os.urandom(size)
    times_us = []
    with tempfile.TemporaryFile(dir=OUT, buffering=0) as file:
        for _ in range(count):
            started = time.perf_counter_ns()
            os.write(file.fileno(), block)
            os.fdatasync(file.fileno())
            times_us.append((time.perf_counter_ns() - started) / 1000)
    times_us.sort()
    bench.figures["sync_us_p50"] = round(times_us[count // 2], 1)
    bench.more["sync_us_p99"] = round(times_us[count * 99 // 100], 1)
    bench.more["sync_bytes"] = size
    say(f"  sync p50 {bench.figures['sync_us_p50']} us, p99 {bench.more['sync_us_p99']} us")


def sync_measured(bench):
    """Sees to it that the figures of `sync` are there."""
    if bench.figures["sync_us_p50"] is None:
        sync(bench)


def idle(bench):
    seconds = 5 if bench.options.quick else 15
    say(f"bench: idle for {seconds} s")
    server = bench.gonghuid()
    try:
        bench.more["start_s"] = round(server.start_s, 2)
        bench.settle(server)
        before = cpu_seconds(server.child.pid)
        started = time.monotonic()
        time.sleep(seconds)
        used = cpu_seconds(server.child.pid) - before
        percent = 100 * used / (time.monotonic() - started)
    finally:
        server.stop(check=sys.exc_info()[0] is None)
    bench.more["idle_cpu_percent"] = round(percent, 2)
    say(f"  idle {percent:.2f} % of a core")
    bars.check(bench, "idle_cpu_percent")


def pipeline(bench):
    say("bench: each commit.pipeline in turn")
    found = {}
    for _ in range(1 if bench.options.quick else 2):
        for pipeline in PIPELINES:
            server = bench.gonghuid(pipeline)
            try:
                for mode in LOAD:
                    found.setdefault((pipeline, mode), []).append(
                        bench.load(server, mode, bench.options.seconds, f"{mode} {pipeline}"))
            finally:
                server.stop(check=sys.exc_info()[0] is None)
    bench.more["pipeline"] = {
        pipeline: {
            f"{mode}_{key}": round(statistics.median(r[source] for r in found[pipeline, mode]))
            for mode in LOAD for key, source in (("per_s", "rate_per_s"), ("p99_us", "p99_us"))}
        for pipeline in PIPELINES}
