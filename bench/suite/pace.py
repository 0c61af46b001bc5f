# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""The pace of the cores: how much of a thread's CPU time the same piece of arithmetic takes.

A virtual machine's cores may be slow for a tenth of a second, all of them at once, and nothing that
the kernel counts tells it: neither late sleeps nor stolen time.  A server that answers meanwhile
takes ten times as long, which looks like a stall of its own.  CPU time, because then waiting for a
core that is busy is no slowness.  Whether a core was slowed down or taken away from the machine in
the midst of a sample is all the same here.

A program of its own (`python3 pace.py`), for the reason that probe.py is one.  It runs until
SIGTERM, then prints what it saw as JSON.  Times are of CLOCK_MONOTONIC.  There is one thread for
all cores, where the kernel puts it: of a core that is slow alone it sees its part.
"""

import array
import gc
import json
import signal
import sys
import threading
import time

# What is looked for lasts 50 ms and more: it has some samples.  A sample costs some 80 us, most of
# that to wake up, so that all of it is 0.8 % of a core beside a load; twice as often would be more
# than the 1 % that may be missing there.  (On cores that rest each wake-up costs twice as much, and
# nobody misses it.)
EVERY_NS = 10_000_000
# A sample is the least of four parts.  The first has to bring what it needs into caches that
# others used meanwhile, which takes longer than the arithmetic (four parts take 40 us then), and an
# interrupt falls into one of them; slow cores are slow for all.  Beside a load on two cores 1 % of
# the samples were slow alone, between good ones, by the sum of the parts, 0.4 % by the least; and
# more spells of three and more were seen.
PARTS = 4
PART_NS = 6_000

# The best of so many tries, an interval apart, says how much arithmetic that is: they last three
# times as long as the cores are slow at a stretch.
TRIES = 50
TRY_AMOUNT = 1_000

# The usual pace is no worse in so much of the run: cores may be slow for half of it.  The best
# tenth or quarter is of moments in which they run faster than else; beside that 10 % of the samples
# were slow where a loop that never slept found 6 %, and these 6 % beside this one.
USUAL_PART = 0.4
# A sample that took more than so often the usual was slow.
SLOW_TIMES = 2
# From this share on it is told beside figures; less may be samples that are slow alone.
TOLD_PERCENT = 1

# Nothing is known of the time between two samples that are further apart, which is where the
# thread had to wait for a core: no slow spell goes across it.
GAP_NS_MAX = 5 * EVERY_NS
# Eight hours, 48 MB; what comes then is not looked at.
SAMPLES_MAX = 3_000_000
# Spells that are told one by one.
TOLD_MAX = 100_000


def usual_ns(samples):
    costs_ns = sorted(cpu_ns for _, cpu_ns in samples)
    return costs_ns[int(len(costs_ns) * USUAL_PART)]


def spells(samples, slow_ns):
    """(from, until) of each time in which all samples took more than `slow_ns`.

    `samples` are (when it ended, CPU time) in their order.  A spell is from the last good sample
    before it to the first one after, so it is up to two intervals longer than the cores were slow.
    """
    found = []
    from_ns = None
    before_ns = None
    for at_ns, cpu_ns in samples:
        follows = before_ns is not None and at_ns - before_ns <= GAP_NS_MAX
        if from_ns is not None and not follows:
            found.append((from_ns, before_ns))
            from_ns = None
        if cpu_ns > slow_ns:
            if from_ns is None:
                from_ns = before_ns if follows else at_ns - cpu_ns
        elif from_ns is not None:
            found.append((from_ns, at_ns))
            from_ns = None
        before_ns = at_ns
    if from_ns is not None:
        found.append((from_ns, before_ns))
    return found


def overlap_ns(stretch, spells_of_it):
    """How much of a stretch (from, until) lies within spells, none of which overlap."""
    return sum(max(0, min(stretch[1], until_ns) - max(stretch[0], from_ns))
               for from_ns, until_ns in spells_of_it)


def told(samples):
    """What is printed of the samples, in milliseconds, microseconds and percent."""
    if not samples:
        return {"count": 0, "usual_us": 0.0, "slow_percent": 0.0, "max_ms": 0.0, "long": []}
    usual = usual_ns(samples)
    slow_ns = SLOW_TIMES * usual
    found = spells(samples, slow_ns)
    slow = sum(cpu_ns > slow_ns for _, cpu_ns in samples)
    longest_ns = max((until_ns - from_ns for from_ns, until_ns in found), default=0)
    return {"count": len(samples), "usual_us": round(usual / 1e3, 1),
            "slow_percent": round(100 * slow / len(samples), 2),
            "max_ms": round(longest_ns / 1e6, 1), "long": found[:TOLD_MAX]}


def words(slow_percent, max_ms):
    return (f"The cores were below half of their pace for {slow_percent:g} % of the run, at most "
            f"{max_ms:,.0f} ms at a stretch")


def sample_ns(amount):
    """CPU time of this thread that a part takes.  All its arithmetic is in one call."""
    least_ns = None
    begin_ns = time.thread_time_ns()
    for _ in range(PARTS):
        sum(range(amount))
        end_ns = time.thread_time_ns()
        least_ns = end_ns - begin_ns if least_ns is None else min(least_ns, end_ns - begin_ns)
        begin_ns = end_ns
    return least_ns


def calibrated():
    """How much arithmetic takes PART_NS at full pace."""
    best_ns = None
    for _ in range(TRIES):
        time.sleep(EVERY_NS / 1e9)
        taken_ns = sample_ns(TRY_AMOUNT)
        best_ns = taken_ns if best_ns is None else min(best_ns, taken_ns)
    return max(1, TRY_AMOUNT * PART_NS // max(1, best_ns))


def main():
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    gc.disable()
    print("ready", flush=True)
    amount = calibrated()
    ended_ns, costs_ns = array.array("q"), array.array("q")
    while not over.is_set():
        time.sleep(EVERY_NS / 1e9)
        if len(costs_ns) < SAMPLES_MAX:
            costs_ns.append(sample_ns(amount))
            ended_ns.append(time.monotonic_ns())
    json.dump(told(list(zip(ended_ns, costs_ns))), sys.stdout)


if __name__ == "__main__":
    main()
