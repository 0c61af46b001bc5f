# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""What the machine itself keeps waiting: a short sleep, and the sync of a few bytes.

A program of its own (`python3 probe.py FILE`, FILE is written to and synced), because a thread
beside others would wait for Python's interpreter lock and tell that.  It runs until SIGTERM, then
prints what it saw as JSON.  Times are of CLOCK_MONOTONIC, as gonghui-load's.
"""

import ctypes
import json
import os
import signal
import sys
import threading
import time

SLEEP_NS = 1_000_000
# Seldom beside gonghuid's own, for it is the same disk; often enough that a few fall into a stall.
SYNC_EVERY_NS = 10_000_000
SYNC_BYTES = 4096
# The file is written from the beginning again: it must not grow for as long as it takes.
SYNC_FILE_BYTES = 1 << 20

# Waits from here on are told one by one; so many at most, then only counted.
LONG_NS = 1_000_000
TOLD_MAX = 100_000


class Waits:
    """How long something took beyond what it must take."""

    def __init__(self):
        self.count = 0
        self.ns_max = 0
        self.long = []  # (from, until)

    def add(self, from_ns, until_ns):
        self.count += 1
        waited_ns = until_ns - from_ns
        self.ns_max = max(self.ns_max, waited_ns)
        if waited_ns >= LONG_NS and len(self.long) < TOLD_MAX:
            self.long.append((from_ns, until_ns))

    def told(self):
        return {"count": self.count, "max_ms": round(self.ns_max / 1e6, 3), "long": self.long}


def sleep_again_and_again(over, waits):
    # Else the kernel may let each sleep last 50 us longer, to wake several at once.
    ctypes.CDLL(None).prctl(29, 1)  # PR_SET_TIMERSLACK, of this thread
    while not over.is_set():
        due_ns = time.monotonic_ns() + SLEEP_NS
        time.sleep(SLEEP_NS / 1e9)
        waits.add(due_ns, max(due_ns, time.monotonic_ns()))


def sync_again_and_again(over, waits, file):
    block = os.urandom(SYNC_BYTES)
    at = 0
    while not over.wait(SYNC_EVERY_NS / 1e9):
        from_ns = time.monotonic_ns()
        os.pwrite(file, block, at)
        os.fdatasync(file)
        waits.add(from_ns, time.monotonic_ns())
        at = (at + SYNC_BYTES) % SYNC_FILE_BYTES


def main(path):
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    sleeps, syncs = Waits(), Waits()
    # Two threads of one program: each waits in the kernel nearly always, without the lock.
    syncing = threading.Thread(target=sync_again_and_again, args=(over, syncs, file))
    syncing.start()
    print("ready", flush=True)
    sleep_again_and_again(over, sleeps)
    syncing.join()
    json.dump({"sleep": sleeps.told(), "sync": syncs.told()}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
