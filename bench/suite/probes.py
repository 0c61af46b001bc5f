# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Programs of ours that look at the machine beside what is measured, running."""

import json
import subprocess
import sys

from suite.system import CHILDREN, OUT, ROOT, BenchError

PROBE = ROOT / "bench" / "suite" / "probe.py"
PACE = ROOT / "bench" / "suite" / "pace.py"
TOLD_WITHIN_S = 60


class Running:
    """One that says `ready`, and what it saw when it is ended; to be used with `with`.

    From the thread that lasts: a child goes when the thread that started it does
    (die_with_parent).
    """

    def __init__(self, program, *words):
        self._name = program.name
        self._child = CHILDREN.start([sys.executable, "-B", program, *words],
                                     stdout=subprocess.PIPE, text=True)
        if self._child.stdout.readline() != "ready\n":
            self.stop()
            raise BenchError(f"{self._name} does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def told(self):
        """Ends it; gives what it saw."""
        self._child.terminate()
        try:
            output, _ = self._child.communicate(timeout=TOLD_WITHIN_S)
        except subprocess.TimeoutExpired:
            raise BenchError(f"{self._name} does not end within {TOLD_WITHIN_S} s") from None
        if self._child.returncode != 0:
            raise BenchError(f"{self._name} ended with {self._child.returncode}")
        return json.loads(output)

    def stop(self):
        # Nobody wants to know any more: asked to end it could wait for somebody to read it all.
        self._child.kill()
        CHILDREN.stop(self._child)
        self._child.stdout.close()


class Probe(Running):
    """probe.py: what a sleep and a sync are kept waiting."""

    def __init__(self):
        self._file = OUT / "probe.bin"
        super().__init__(PROBE, self._file)

    def stop(self):
        super().stop()
        self._file.unlink(missing_ok=True)


class Pace(Running):
    """pace.py: whether the cores have their pace."""

    def __init__(self):
        super().__init__(PACE)
