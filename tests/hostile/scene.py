# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""A gonghuid, a healthy client beside whatever is done to it, and what both of them say."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import caller  # noqa: E402
import crowd  # noqa: E402
import wire  # noqa: E402
from suite.servers import Gonghuid  # noqa: E402
from suite.system import resident_bytes  # noqa: E402

MIB = 1 << 20
CITY = ("--seed", "7", "--members", "2000", "--merchants", "60")
RATE = 200  # calls a second of the healthy client
# What a healthy call may take beside an attack before the test fails.  The attack goes on as long
# as it waits, so that who is starved waits for ever, and who is not may wait for a machine that
# does other things as well.
DEADLINE_MS = 30_000
# The server's own pace is not the attack's doing: RocksDB's buffers fill, malloc keeps what
# threads gave back, the healthy client's sales are written down.
OWN_GROWTH_MIB = 48

_SERVING = wire.field(1, 1)  # of a grpc.health.v1.HealthCheckResponse


def file_count(pid):
    """How many descriptors a process has."""
    return len(os.listdir(f"/proc/{pid}/fd"))


class Options:
    """From the command line."""

    bin = None
    seconds = 1.5  # that the healthy client is watched, before each attack and beside it
    seed = 1


class Report:
    """A line for each attack, told at the end."""

    lines = []
    HEAD = ("attack", "blows", "calm p50", "p99 ms", "beside p50", "p99 ms", "times p99", "MiB")

    @classmethod
    def add(cls, what, blows, calm, beside, growth_bytes):
        cls.lines.append((
            what, f"{blows:,}", *(f"{result[key] / 1000:.2f}" for result in (calm, beside)
                                  for key in ("p50_us", "p99_us")),
            f"{beside['p99_us'] / calm['p99_us']:.1f}", f"{growth_bytes / MIB:+.0f}"))

    @classmethod
    def tell(cls):
        if not cls.lines:
            return
        table = [cls.HEAD, *cls.lines]
        widths = [max(map(len, column)) for column in zip(*table)]
        print(f"\n{RATE} calls a second of a healthy client, {Options.seconds} s before each attack"
              " and beside it; MiB: growth of the server's memory at its highest")
        for first, *rest in table:
            print(first.ljust(widths[0]), *(word.rjust(width)
                                            for word, width in zip(rest, widths[1:])), sep="  ")


class Peak:
    """The highest resident memory of a process while this is open."""

    def __init__(self, pid):
        self._pid = pid
        self._over = threading.Event()
        self.before = self.highest = resident_bytes(pid)
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._over.wait(0.02):
            try:
                self.highest = max(self.highest, resident_bytes(self._pid))
            except (OSError, StopIteration):  # it is gone, which others find out
                return

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    @property
    def growth(self):
        return self.highest - self.before


class City:
    """Made and imported once, copied for each server."""

    folder = None

    @classmethod
    def make(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="gonghui-hostile."))
        subprocess.run([Options.bin / "gonghui-datagen", *CITY, "--out", cls.folder / "city"],
                       check=True, capture_output=True, timeout=60)
        data = cls.folder / "imported"
        data.mkdir()
        server = Gonghuid(Options.bin, data)
        try:
            server.load_data(cls.folder / "city", [ROOT / "bench" / "workload.yaml"])
        finally:
            server.stop(check=sys.exc_info()[0] is None)

    @classmethod
    def remove(cls):
        if cls.folder:
            shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def first(cls, name):
        """The first row of a file, as a list."""
        with open(cls.folder / "city" / f"{name}.csv", encoding="utf-8") as file:
            next(file)
            return next(file).rstrip("\n").split(",")

    @classmethod
    def sale(cls, request_id=None):
        """A request that is right in all."""
        terminal, merchant = cls.first("terminals")[:2]
        return wire.sale(terminal, merchant, cls.first("cards")[0], request_id=request_id)


class HostileCase(unittest.TestCase):
    """One gonghuid for all tests of a class, so that each finds what the others left."""

    TERMINALS = {}  # settings of that section
    WRAP = ()
    HEALTHY = ("--insecure",)  # of the healthy client
    tls = None  # a context for terminals
    _calm = None

    @classmethod
    def setUpClass(cls):
        if City.folder is None:
            City.make()
        cls.prepare()
        folder = City.folder / cls.__name__
        shutil.copytree(City.folder / "imported", folder)
        # What is made ready for decisions to come would be seen as the attack's memory.
        cls.server = Gonghuid(Options.bin, folder, terminals=cls.TERMINALS,
                              memory={"reserve_bytes_max": 0}, wrap=cls.WRAP)
        cls.addClassCleanup(cls.end_server)
        host, _, port = cls.server.address.rpartition(":")
        cls.target = (host, int(port))
        cls.operators = cls.server.operators.removeprefix("unix:")
        cls.pid = cls.server.child.pid

    @classmethod
    def prepare(cls):
        """Before the server starts; City is there."""

    @classmethod
    def end_server(cls):
        # Whatever was done to it, it stops as it should, with what it answered on the disk.
        cls.server.stop(check=sys.exc_info()[0] is None)

    def log(self):
        return self.server.log.read_text(encoding="utf-8", errors="replace")

    def assert_serving(self):
        """The same process, and both listeners say so."""
        self.assertIsNone(self.server.child.poll(), "gonghuid is gone:\n" + self.log()[-3000:])
        for listener, tls in ((self.target, self.tls), (self.operators, None)):
            with caller.Caller(listener, tls=tls) as connection:
                reply = connection.call(wire.HEALTH, wire.grpc_message(b""))
            self.assertEqual((reply.grpc_status, reply.body), (0, wire.grpc_message(_SERVING)),
                             f"{listener}: {reply}")

    def ask(self, seconds=None, *words):
        """The healthy client: every call is answered, rightly, before its deadline."""
        result = City.folder / "healthy.json"
        run = subprocess.run(
            [Options.bin / "gonghui-load", "--server", self.server.address, *self.HEALTHY,
             "--data", City.folder / "city", "--rate", str(RATE), "--evenly",
             "--deadline-ms", str(DEADLINE_MS), "--warmup", "0.2",
             "--duration", str(seconds or Options.seconds), "--json", result, "--quiet",
             *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, timeout=120)
        self.assertEqual(run.returncode, 0, "the healthy client: " + run.stdout[-3000:]
                         + (result.read_text()[:1500] if result.exists() else "")
                         + self.log()[-1500:])
        return json.loads(result.read_text())

    @staticmethod
    def until_served(ask, times=5):
        """As ask(), of which all but the last may come to nothing."""
        for _ in range(times - 1):
            try:
                return ask()
            except AssertionError:
                pass
        return ask()

    def calm(self):
        """The healthy client before an attack; of a short run, before the first of them."""
        if self._calm is None or Options.seconds >= 1:
            type(self)._calm = self.ask()
        return self._calm

    def besiege(self, what, attack, processes, *words, mib_max, starves=False, meanwhile=None):
        """Runs an attack beside the healthy client: the server stays up, within its memory, and
        well afterwards.  With `starves` the client may have to come again, while the attack goes
        on, before it is served.  `meanwhile` is called when the attack is as it should be.  Gives
        what the attackers counted, and the watched memory."""
        calm = self.calm()
        attackers = crowd.Crowd(attack, processes, *words)
        self.addCleanup(attackers.kill)
        with Peak(self.pid) as peak:
            attackers.start()
            # A connection that a starved lane has not greeted in time is hung up on, too.
            beside = self.until_served(self.ask) if starves else self.ask()
            self.until_served(self.assert_serving, times=5 if starves else 1)
            if meanwhile:
                meanwhile()
            blows = attackers.end()
            self.until_served(self.assert_serving, times=5 if starves else 1)
        Report.add(what, blows, calm, beside, peak.growth)
        self.assertLess(peak.growth / MIB, mib_max + OWN_GROWTH_MIB,
                        f"{what}: the memory of the server")
        return blows

    def wait_until_closed(self, held):
        """`held`: the descriptors of the server before the attack."""
        # The server itself opens some and closes some; the last of the attack's end together.
        self.eventually("connections are closed", lambda: file_count(self.pid) <= held + 10)
        time.sleep(0.5)

    def eventually(self, what, holds, seconds=60):
        deadline = time.monotonic() + seconds
        while not holds():
            self.assertLess(time.monotonic(), deadline, f"not within {seconds} s: {what}")
            time.sleep(0.05)
