#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""gonghui-load on a real gonghuid: the workloads that are more than sales.

    load_e2e_test.py BIN_FOLDER

Nothing is said about speed.  What the client counts is compared with what the server counts and
with what its journal holds.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "bench"))

from suite.servers import Gonghuid  # noqa: E402

BIN = None  # from the command line
CITY = ("--seed", "7", "--members", "2000", "--merchants", "60")
OK, USAGE, SOME_FAILED = 0, 2, 3


class LoadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="gonghui-load-test."))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.city = cls.folder / "city"
        subprocess.run([BIN / "gonghui-datagen", *CITY, "--out", cls.city], check=True,
                       capture_output=True, timeout=60)
        cls.data = cls.folder / "imported"
        cls.data.mkdir()
        server = Gonghuid(BIN, cls.data)
        try:
            server.load_data(cls.city, [ROOT / "bench" / "workload.yaml"])
        finally:
            server.stop(check=sys.exc_info()[0] is None)

    def serve(self, **terminals):
        """A server of the test's own, on a copy of the city."""
        folder = self.folder / self._testMethodName
        shutil.copytree(self.data, folder)
        server = Gonghuid(BIN, folder, terminals=terminals)
        self.addCleanup(lambda: server.child.poll() is None and server.stop(check=False))
        return server

    def load(self, server, *words, wanted=OK):
        result = self.folder / f"{self._testMethodName}.json"
        run = subprocess.run(
            [BIN / "gonghui-load", "--server", server.address, "--insecure", "--data", self.city,
             "--warmup", "0", "--json", result, "--quiet", *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False, timeout=120)
        self.assertEqual(run.returncode, wanted, run.stdout[-3000:])
        return json.loads(result.read_text()) if result.exists() else run.stdout

    def assert_journal_is_whole(self, server):
        server.stop()
        run = subprocess.run([BIN / "gonghui-inspect", "verify", "--data", server.folder / "data"],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False, timeout=120)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_taps_sales_and_lives(self):
        server = self.serve()
        before = int(server.status()["decisionCount"])
        result = self.load(server, "--gate-percent", 70, "--lifecycle", 10, "--inflight", 32,
                           "--duration", 2)
        self.assertEqual((result["wrong"], result["failed"], result["follow_ups_declined"]),
                         (0, 0, 0))
        steps = result["steps"]
        begun = steps["tap"] + steps["sale"] + steps["hold"]
        self.assertGreater(begun, 300, steps)
        self.assertAlmostEqual(steps["tap"] / begun, 0.7, delta=0.1)
        self.assertAlmostEqual(steps["hold"] / begun, 0.1, delta=0.07)
        for step in ("capture", "reversal", "refund"):
            self.assertGreater(steps.get(step, 0), 0, steps)
        # All but a few declined and the last ones, which waited for a call when the time was up.
        self.assertGreater(steps["capture"] + steps["reversal"], 0.7 * steps["hold"] - 32, steps)
        self.assertLessEqual(steps["refund"], steps["capture"], steps)
        # Every answer was a decision of its own.
        self.assertEqual(int(server.status()["decisionCount"]) - before, result["checked"])
        self.assert_journal_is_whole(server)

    def test_lives_in_an_open_loop(self):
        # There one thread sends and another receives.
        server = self.serve()
        result = self.load(server, "--lifecycle", 100, "--rate", 300, "--connections", 3,
                           "--threads", 2, "--duration", 2)
        self.assertEqual((result["wrong"], result["failed"], result["follow_ups_declined"]),
                         (0, 0, 0))
        steps = result["steps"]
        self.assertNotIn("sale", steps)
        self.assertGreater(steps["capture"] + steps["reversal"], 0.5 * steps["hold"], steps)
        self.assertGreater(steps["refund"], 0, steps)
        self.assertGreater(result["late"]["max_us"], 0)
        self.assert_journal_is_whole(server)

    def test_a_server_that_refuses_is_measured(self):
        server = self.serve(calls_in_flight_max=1)
        result = self.load(server, "--inflight", 64, "--duration", 1, wanted=SOME_FAILED)
        self.assertEqual(result["wrong"], 0)
        self.assertGreater(result["answered"], 0)
        self.assertEqual(list(result["errors"]), ["RESOURCE_EXHAUSTED"])
        self.assertEqual(result["refused_count"], result["errors"]["RESOURCE_EXHAUSTED"])
        self.assertGreater(result["refused"]["p99_us"], 0)
        self.assertEqual(result["late"], {}, "a closed loop is never late")
        self.assert_journal_is_whole(server)

    def test_what_the_city_does_not_have_is_told(self):
        terminals = (self.city / "terminals.csv").read_text(encoding="utf-8").splitlines()
        (gate, *_), (till, *_) = ([line.split(",")[0] for line in terminals if f",{kind}," in line]
                                  for kind in ("gate", "pos"))
        server = self.serve()
        for terminal, problem in ((gate, "only gates"), (till, "local transport")):
            said = self.load(server, "--terminal", terminal, "--gate-percent", 70, wanted=USAGE)
            self.assertIn(problem, said)


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
