#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""gonghuid from its start to its end under valgrind.

    valgrind_test.py BIN_FOLDER SMALL_TABLES VALGRIND

A new folder, a small city, calls of terminals and operators, SIGTERM; then what it wrote, once
more.  Each time it ends with code 0: memcheck has seen no use of what is not there, not set or
given back, and nothing that was lost.  There are no suppressions: what libraries keep until the
process ends, they keep reachable, and that is no error.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from suite.servers import Gonghuid  # noqa: E402

FOUND_SOMETHING = 99  # valgrind's exit code for the program then


class Options:
    bin = small_tables = valgrind = None


class ValgrindTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="gonghui-valgrind.")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.city = self.folder / "city"
        self.run_program("gonghui-datagen", "--seed", 7, "--members", 50, "--merchants", 5,
                         "--out", self.city)

    def run_program(self, name, *words):
        run = subprocess.run([Options.bin / name, *map(str, words)], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False, timeout=120)
        self.assertEqual(run.returncode, 0, f"{name}: {run.stdout[-3000:]}")

    def start(self, report):
        return Gonghuid(
            Options.bin, self.folder,
            # Its own page for each row that is made ready would take valgrind minutes.
            memory={"reserve_bytes_max": 0},
            wrap=("env", f"LD_PRELOAD={Options.small_tables}", Options.valgrind, "--quiet",
                  f"--error-exitcode={FOUND_SOMETHING}", "--leak-check=full",
                  "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
                  "--num-callers=30", f"--log-file={report}"))

    def end(self, server, report):
        server.stop(check=False)
        # Its own warnings of large reservations are not errors.
        said = [line for line in report.read_text(errors="replace").splitlines()
                if "Warning: set address range perms" not in line]
        self.assertEqual(server.child.returncode, 0,
                         "\n".join(said[:200]) + server.log.read_text(errors="replace")[-3000:])

    def test_from_start_to_end(self):
        report = self.folder / "first.valgrind"
        server = self.start(report)
        try:
            server.load_data(self.city, [ROOT / "bench" / "workload.yaml"])
            for mode in ("unary", "stream"):
                self.run_program("gonghui-load", "--server", server.address, "--insecure",
                                 "--data", self.city, "--inflight", 4, "--warmup", 0,
                                 "--duration", 0.5, "--quiet", "--mode", mode)
            server.ctl("fund", "list")
            server.ctl("programme", "list")
            before = server.status()
            self.assertGreater(int(before["decisionCount"]), 0)
        finally:
            self.end(server, report)
        report = self.folder / "second.valgrind"
        server = self.start(report)
        try:
            self.assertEqual(server.status()["stateHash"], before["stateHash"])
        finally:
            self.end(server, report)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("small_tables", type=pathlib.Path)
    parser.add_argument("valgrind")
    parser.parse_args(sys.argv[1:4], namespace=Options)
    Options.bin = Options.bin.resolve()
    Options.small_tables = Options.small_tables.resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
