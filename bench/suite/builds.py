# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Builds of gonghuid in turn, beside the echo: what a change has done, and to which thread."""

import contextlib
import pathlib
import statistics
import sys
import tempfile

from suite.core import LOAD
from suite.servers import Echo, Gonghuid
from suite.system import OUT, BenchError, say, thread_cpu_seconds

# The one that tools/bench has built.
THIS = "this"

# Those of gonghuid that a decision passes, and those that work for it meanwhile.
THREADS = ("lane", "ledger", "journal", "memory", "checkpoint")


def in_turn(names, turn):
    """Each is the first as often as the others, as nearly as the turns allow."""
    first = turn % len(names)
    return [*names[first:], *names[:first]]


def load_by_threads(bench, server, mode, label):
    """As Bench.load, with what each thread took for a decision, warm-up and all."""
    before = server.status(), thread_cpu_seconds(server.child.pid)
    result = bench.load(server, mode, bench.options.seconds, label)
    status, seconds = before
    decisions = int(server.status()["decisionCount"]) - int(status.get("decisionCount", 0))
    after = thread_cpu_seconds(server.child.pid)
    if after.get("ledger", 0) <= 0:
        raise BenchError(f"{label}: this kernel does not tell what the thread named ledger took")
    result["thread_us"] = {name: (after.get(name, 0) - seconds.get(name, 0)) * 1e6
                           / max(1, decisions) for name in THREADS}
    return result


def builds(bench):
    """This build and others, each on a city of its own."""
    programs = {THIS: bench.bin / "gonghuid", **bench.options.builds}
    names = list(programs)
    say(f"bench: builds: echo, {', '.join(names)} in turn, {bench.options.rounds} rounds of "
        f"{bench.options.seconds} s")
    servers = {}
    folders = {}
    found = {}
    with contextlib.ExitStack() as started:
        for name, program in programs.items():
            folder = pathlib.Path(tempfile.mkdtemp(prefix=f"run-{name}-", dir=OUT))
            folders[name] = folder
            bench.more_folders.append(folder)
            server = Gonghuid(bench.bin, folder, bench.options.pipeline, program=program)
            started.callback(stop, server)
            server.load_data(bench.data, bench.options.programmes)
            servers[name] = server
        echo = Echo(bench.bin)
        started.callback(echo.stop)
        for turn in range(bench.options.rounds):
            for mode in LOAD:
                settle(bench, servers)
                found.setdefault((mode, "echo"), []).append(
                    bench.load(echo, mode, bench.options.seconds, f"{mode}_echo"))
                for name in in_turn(names, turn):
                    # What any of them left to be done would be done in this one's time.
                    settle(bench, servers)
                    found.setdefault((mode, name), []).append(
                        load_by_threads(bench, servers[name], mode, f"{mode}_{name}"))
    bench.verify(folders[THIS])  # another build's may be of another format
    for mode in LOAD:
        keep(bench, mode, names, found)


def stop(server):
    server.stop(check=sys.exc_info()[0] is None)


def settle(bench, servers):
    for server in servers.values():
        bench.settle(server)


def keep(bench, mode, names, found):
    def cpu_us(result):
        return result["server_cpu_us"] + result["client_cpu_us"]
    echo = found[mode, "echo"]
    for name in names:
        results = found[mode, name]
        label = f"builds_{mode}_{name}"
        bench.keep(label, results)
        # Of neighbours: a shared machine's speed changes from one round to the next.
        for figure, ratios in (
                (f"{label}_vs_echo", [a["rate_per_s"] / b["rate_per_s"]
                                      for a, b in zip(results, echo)]),
                (f"{label}_vs_echo_by_cpu", [cpu_us(b) / cpu_us(a)
                                             for a, b in zip(results, echo)])):
            bench.spread[figure] = [round(ratio, 3) for ratio in ratios]
            bench.more[figure] = round(statistics.median(ratios), 3)
        for thread in THREADS:
            values = [result["thread_us"][thread] for result in results]
            bench.spread[f"{label}_{thread}_us"] = [round(value, 3) for value in values]
            bench.more[f"{label}_{thread}_us"] = round(statistics.median(values), 3)
        say(f"  {mode} {name}: {bench.more[f'{label}_per_s']:,}/s, of the echo "
            f"{bench.more[f'{label}_vs_echo']}, by CPU "
            f"{bench.more[f'{label}_vs_echo_by_cpu']}; us of CPU a decision: "
            + ", ".join(f"{thread} {bench.more[f'{label}_{thread}_us']}" for thread in THREADS))
