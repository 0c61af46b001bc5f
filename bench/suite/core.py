# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""One run of the benchmarks: its options, what it found, and what all parts use."""

import json
import os
import pathlib
import shutil
import statistics
import tempfile
import time

from suite.servers import Gonghuid
from suite.system import (CHILDREN, OUT, ROOT, BenchError, cpu_seconds, machine_cpu_seconds, must,
                          say)

# Of summary.json; null for what was not measured.
FIGURES = ("ledger_decisions_per_s", "unary_per_s", "unary_echo_per_s", "unary_vs_echo",
           "stream_per_s", "stream_echo_per_s", "stream_vs_echo", "sync_us_p50")

# What the client does in each mode: the same against gonghuid and the echo.
LOAD = {
    "unary": ["--mode", "unary", "--inflight", "256", "--connections", "2", "--threads", "1"],
    "stream": ["--mode", "stream", "--items", "512", "--inflight", "16", "--connections", "2",
               "--threads", "2"],
}


class Bench:
    """One run: its options, what it found."""

    def __init__(self, options):
        self.options = options
        self.bin = ROOT / "build" / options.preset / "bin"
        self.figures = dict.fromkeys(FIGURES)
        self.more = {}    # figures beside the fixed ones
        self.spread = {}  # name -> every round's value
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

    def gonghuid(self, pipeline=None):
        """A running gonghuid that has the data set; always the same data folder."""
        if self.folder is None:
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=OUT))
        server = Gonghuid(self.bin, self.folder, pipeline or self.options.pipeline)
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

    def load(self, server, mode, seconds, label, words=None):
        """Runs gonghui-load; gives its figures, with who used how much CPU.

        `words`: what the client does, instead of what it does in that mode.
        """
        result_file = OUT / "load.json"
        result_file.unlink(missing_ok=True)
        warmup_s = min(2.0, seconds / 3)
        command = [self.bin / "gonghui-load", "--server", server.address, "--insecure",
                   "--data", self.data, *(words or LOAD[mode]), "--duration", seconds,
                   "--warmup", warmup_s, "--json", result_file, "--quiet", "--label", label]
        own = time.process_time()
        children = os.times()
        whole = machine_cpu_seconds()
        before = cpu_seconds(server.child.pid)
        started = time.monotonic()
        code, output = CHILDREN.run(command)
        wall_s = time.monotonic() - started
        server_s = cpu_seconds(server.child.pid) - before
        after = os.times()
        client_s = (after.children_user + after.children_system
                    - children.children_user - children.children_system)
        others_s = (machine_cpu_seconds() - whole - server_s - client_s
                    - (time.process_time() - own))
        if code != 0 or not result_file.exists():
            raise BenchError(f"{label}: gonghui-load failed ({code}):\n{output.strip()[-3000:]}")
        result = json.loads(result_file.read_text())
        answered = max(1, result["answered"])
        self.check(result["wrong"] == 0, f"{label}: {result['wrong']} wrong answers")
        self.check(result["error_count"] == 0, f"{label}: errors {result['errors']}")
        # A server that refuses everything must not look fast.
        self.check(result["approved"] + result["approved_partial"] >= 0.8 * answered,
                   f"{label}: only {result['approved']} of {answered} approved; "
                   f"{result['reasons']}")
        checked = max(1, result["checked"])
        result["server_cpu_us"] = round(server_s / checked * 1e6, 3)
        result["client_cpu_us"] = round(client_s / checked * 1e6, 3)
        result["others_cores"] = round(max(0.0, others_s / wall_s), 2)
        say(f"  {label:<28} {result['rate_per_s']:>12,.0f}/s   p50 {result['p50_us']:>8,.0f} us   "
            f"p99 {result['p99_us']:>8,.0f} us   CPU a decision: server "
            f"{result['server_cpu_us']:.2f} us, client {result['client_cpu_us']:.2f} us; "
            f"others {result['others_cores']:.2f} cores")
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
        self.figures[f"{name}_per_s"] = round(median("rate_per_s"))
        self.spread[f"{name}_per_s"] = [round(result["rate_per_s"]) for result in results]
        for key in ("p50_us", "p99_us", "p999_us", "server_cpu_us", "client_cpu_us"):
            self.more[f"{name}_{key}"] = round(median(key), 2)
        for key in ("decisions_per_sync", "bytes_per_sync"):
            if all(key in result for result in results):
                self.more[f"{name}_{key}"] = median(key)

    def verify(self, folder):
        """What was answered is there and whole."""
        code, output = CHILDREN.run([self.bin / "gonghui-inspect", "verify", "--data",
                                     folder / "data"])
        self.check(code == 0, f"gonghui-inspect verify: {output.strip()[-1000:]}")
