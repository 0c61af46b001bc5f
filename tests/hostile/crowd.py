# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Processes that attack, so that what Python can do on one core does not limit them, nor their
work the healthy client."""

import multiprocessing
import os
import resource
import signal
import sys
import time
import traceback

FORK = multiprocessing.get_context("fork")


def raise_file_limit():
    """As many files as the system lets a process open; gives how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Stop:
    """What an attack asks between its blows: whether to end."""

    def __init__(self, event):
        self._event = event

    def __bool__(self):
        return self._event.is_set()

    def wait(self, seconds):
        return self._event.wait(seconds)


class Crowd:
    """`count` processes that run attack(index, stop, ready, *words) and give a number each.

    `ready()` says that the attack is as it should be while it lasts; start() waits for it.
    """

    def __init__(self, attack, count, *words):
        self._stop = FORK.Event()
        self._ready = FORK.Semaphore(0)
        self._counts = FORK.SimpleQueue()
        self._members = [FORK.Process(target=self._run, args=(attack, index, words), daemon=True)
                         for index in range(count)]

    def _run(self, attack, index, words):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = 1
        try:
            raise_file_limit()
            self._counts.put(attack(index, Stop(self._stop), self._ready.release, *words))
            code = 0
        except BaseException:  # a process that we forked must not go on as the test
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def start(self, timeout_s=120):
        for member in self._members:
            member.start()
        deadline = time.monotonic() + timeout_s
        for _ in self._members:
            while not self._ready.acquire(timeout=0.2):
                if any(member.exitcode for member in self._members):
                    raise AssertionError("an attacker failed; its words are above")
                if time.monotonic() > deadline:
                    raise AssertionError(f"the attack did not begin within {timeout_s} s")
        return self

    def end(self, timeout_s=60):
        """Ends the attack; the sum of what its processes counted."""
        self._stop.set()
        deadline = time.monotonic() + timeout_s
        try:
            for member in self._members:
                member.join(max(0.0, deadline - time.monotonic()))
            codes = [member.exitcode for member in self._members]
            if any(code != 0 for code in codes):
                raise AssertionError(f"attackers ended with {codes}; their words are above")
            return sum(self._counts.get() for _ in codes)
        finally:
            self.kill()

    def kill(self):
        for member in self._members:
            if member.pid is not None and member.exitcode is None:
                member.kill()
                member.join()
