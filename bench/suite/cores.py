# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""gonghuid held to one core, to two, and so on to all of the machine's."""

import contextlib
import os
import statistics
import sys

from suite.core import LOAD
from suite.system import say

ROUNDS_MAX = 3


@contextlib.contextmanager
def held_to(cores):
    """What is started meanwhile, by this script, has these cores and never more."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def counts_of(cores):
    """1, 2, 4 ... and all."""
    counts = {1 << bit for bit in range(len(cores).bit_length())}
    return sorted(count for count in counts | {len(cores)} if count <= len(cores))


def cores_of_threads(pid):
    """The cores that any of its threads may run on."""
    allowed = set()
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(ProcessLookupError):  # it has ended
            allowed |= os.sched_getaffinity(int(thread))
    return allowed


def cores(bench):
    machine = sorted(os.sched_getaffinity(0))
    counts = counts_of(machine)
    rounds = min(bench.options.rounds, ROUNDS_MAX)
    say(f"bench: cores: gonghuid held to {', '.join(map(str, counts))} of {len(machine)}, "
        "the client on the rest, or on all if there is none")
    if not bench.server_imported:
        bench.gonghuid().stop()  # or the import would be held to one core
    found = {}
    for _ in range(rounds):
        for count in counts:
            one_round(bench, machine, count, found)
    for (count, mode), results in found.items():
        name = f"cores_{count}_{mode}"
        for key, source, digits in (("per_s", "rate_per_s", None), ("p99_us", "p99_us", 1),
                                    ("server_cpu_us", "server_cpu_us", 3),
                                    ("client_cpu_us", "client_cpu_us", 3)):
            bench.more[f"{name}_{key}"] = round(
                statistics.median(result[source] for result in results), digits)
        bench.spread[f"{name}_per_s"] = [round(result["rate_per_s"]) for result in results]
    for count in counts:
        bench.more[f"cores_{count}_client_cores"] = len(machine[count:] or machine)


def one_round(bench, machine, count, found):
    held = set(machine[:count])
    with held_to(held):
        server = bench.gonghuid()
    try:
        # Of every thread: one that had escaped would make all figures mean something else.
        allowed = cores_of_threads(server.child.pid)
        bench.check(allowed == held, f"gonghuid is held to {held} and may use {allowed}")
        for mode in LOAD:
            bench.settle(server)
            with held_to(set(machine[count:] or machine)):
                found.setdefault((count, mode), []).append(
                    bench.load(server, mode, bench.options.seconds, f"cores_{count}_{mode}"))
    finally:
        server.stop(check=sys.exc_info()[0] is None)
