# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""One run of the benchmarks: its options, what it found, and what all parts use."""

import pathlib
import shutil
import statistics
import tempfile
import time

from suite.client import measure
from suite.pace import overlap_ns
from suite.servers import Gonghuid
from suite.system import CHILDREN, OUT, ROOT, cpu_seconds, must, say

# Of summary.json; null for what was not measured.
FIGURES = ("ledger_decisions_per_s", "unary_per_s", "unary_echo_per_s", "unary_vs_echo",
           "stream_per_s", "stream_echo_per_s", "stream_vs_echo", "sync_us_p50")

# What the client does in each mode: the same against gonghuid and the echo.
LOAD = {
    "unary": ["--mode", "unary", "--inflight", "256", "--connections", "2", "--threads", "1"],
    "stream": ["--mode", "stream", "--items", "512", "--inflight", "16", "--connections", "2",
               "--threads", "2"],
}

# What a server answers that has too much to do or stops, and gonghui-load's exit code then.
REFUSALS = ("RESOURCE_EXHAUSTED", "UNAVAILABLE")
SOME_FAILED = 3


class Bench:
    """One run: its options, what it found."""

    def __init__(self, options):
        self.options = options
        self.bin = ROOT / "build" / options.preset / "bin"
        self.figures = dict.fromkeys(FIGURES)
        self.more = {}    # figures beside the fixed ones
        self.spread = {}  # name -> every round's value
        self.loads = []   # (label, from, until): when each ran, by the monotonic clock
        self.failures = []
        self.parts = []
        self.peers = None  # what they are and how they were set
        self.data = None
        self.folder = None
        self.more_folders = []
        self.server_imported = False

    def check(self, right, what):
        if not right:
            self.failures.append(what)
            say(f"bench: CHECK FAILED: {what}")

    # -- the data set and the server on it

    def prepare_data(self):
        options = self.options
        name = f"data-{options.members}-{options.merchants}"
        self.data = OUT / name
        if not (self.data / "done").exists():
            say(f"bench: data set of {options.members:,} members, {options.merchants:,} merchants")
            shutil.rmtree(self.data, ignore_errors=True)
            must([self.bin / "gonghui-datagen", "--seed", "2022", "--members", options.members,
                  "--merchants", options.merchants, "--out", self.data], "gonghui-datagen")
            (self.data / "done").touch()

    def gonghuid(self, pipeline=None, checkpoint=None):
        """A running gonghuid that has the data set; always the same data folder.

        `checkpoint`: settings of that section.
        """
        if self.folder is None:
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=OUT))
        server = Gonghuid(self.bin, self.folder, pipeline or self.options.pipeline,
                          checkpoint=checkpoint)
        if not self.server_imported:
            try:
                started = time.monotonic()
                server.load_data(self.data, self.options.programmes)
            except BaseException:
                server.stop(check=False)
                raise
            self.server_imported = True
            self.more["import_s"] = round(time.monotonic() - started, 1)
            say(f"bench: imported in {self.more['import_s']} s")
        return server

    # -- load on a server

    def load(self, server, mode, seconds, label, words=None, refusals=False):
        """Runs gonghui-load; gives its figures, with who used how much CPU.

        `words`: what the client does, instead of what it does in that mode.
        `refusals`: the server may say that it has too much to do.
        """
        from_ns = time.monotonic_ns()
        result = measure(
            label,
            [self.bin / "gonghui-load", "--server", server.address, "--insecure",
             "--data", self.data, *(words or LOAD[mode]), "--duration", seconds,
             "--warmup", min(2.0, seconds / 3)],
            lambda: cpu_seconds(server.child.pid),
            exit_codes=(0, SOME_FAILED) if refusals else (0,),
            timeout_s=1800 + seconds)
        self.loads.append((label, from_ns, time.monotonic_ns()))
        answered = max(1, result["answered"])
        self.check(result["wrong"] == 0, f"{label}: {result['wrong']} wrong answers")
        errors = {code: count for code, count in result["errors"].items()
                  if not refusals or code not in REFUSALS}
        self.check(not errors, f"{label}: errors {errors}")
        # A server that refuses everything must not look fast.
        self.check(result["approved"] + result["approved_partial"] >= 0.8 * answered,
                   f"{label}: only {result['approved']} of {answered} approved; "
                   f"{result['reasons']}")
        self.spread.setdefault(f"{label}_others_cores", []).append(result["others_cores"])
        return result

    def settle(self, server):
        """Waits until what the load before left to be done, merging files, is done."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            before = cpu_seconds(server.child.pid)
            time.sleep(0.5)
            if cpu_seconds(server.child.pid) - before <= 0.02:
                return
        self.check(False, "gonghuid does not come to rest within 120 s")

    def keep(self, name, results):
        def median(key):
            return statistics.median(result[key] for result in results)
        into = self.figures if f"{name}_per_s" in FIGURES else self.more
        into[f"{name}_per_s"] = round(median("rate_per_s"))
        self.spread[f"{name}_per_s"] = [round(result["rate_per_s"]) for result in results]
        for key in ("p50_us", "p90_us", "p99_us", "p999_us", "server_cpu_us", "client_cpu_us"):
            self.more[f"{name}_{key}"] = round(median(key), 2)
        self.more[f"{name}_max_us"] = max(result["max_us"] for result in results)
        for key in ("decisions_per_sync", "bytes_per_sync"):
            if all(key in result for result in results):
                self.more[f"{name}_{key}"] = median(key)

    def keep_pace(self, told):
        """How the cores were in all of the run, and beside each load."""
        if told["count"] == 0:
            return  # it was over before the first look
        self.more["slow_cores_percent"] = told["slow_percent"]
        self.more["slow_cores_max_ms"] = told["max_ms"]
        for label, from_ns, until_ns in self.loads:
            slow_ns = overlap_ns((from_ns, until_ns), told["long"])
            self.spread.setdefault(f"{label}_slow_cores_percent", []).append(
                round(100 * slow_ns / (until_ns - from_ns), 1))

    def verify(self, folder):
        """What was answered is there and whole."""
        code, output = CHILDREN.run([self.bin / "gonghui-inspect", "verify", "--data",
                                     folder / "data"])
        self.check(code == 0, f"gonghui-inspect verify: {output.strip()[-1000:]}")
