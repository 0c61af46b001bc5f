#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""That tools/kill-loop and tools/soak do not say more than they have seen.

No server is started: kill_test is a script of some lines, and the minutes of a soak are made up.
"""

import importlib.machinery
import importlib.util
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WELL = "nothing acknowledged was lost"
FOUND = "9 starts, 21 requests: 20 acknowledged, 1 not (0 of them had been decided); 3 approved"

LOADER = importlib.machinery.SourceFileLoader("soak", str(ROOT / "tools" / "soak"))
soak = importlib.util.module_from_spec(importlib.util.spec_from_loader("soak", LOADER))
LOADER.exec_module(soak)


class KillLoopTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "tools").mkdir()
        shutil.copy(ROOT / "tools" / "kill-loop", self.root / "tools")
        self.program = self.root / "build" / "dev" / "tests" / "recovery" / "kill_test"
        self.program.parent.mkdir(parents=True)

    def loop(self, lines, kills="30"):
        self.program.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        self.program.chmod(0o755)
        return subprocess.run([self.root / "tools" / "kill-loop", kills, "--seed", "5",
                               "--no-build"], capture_output=True, text=True, check=False)

    def test_all_is_well(self):
        done = self.loop(f'echo "{FOUND}"')
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout.count(FOUND), 2)  # of two folders
        self.assertIn(WELL, done.stdout)

    def test_no_test_has_that_name(self):
        done = self.loop('echo "[==========] Running 0 tests from 0 test suites."')
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("NOTHING WAS KILLED", done.stdout)
        self.assertIn("Running 0 tests", done.stdout)
        self.assertNotIn(WELL, done.stdout)

    def test_the_second_folder_had_no_test(self):
        done = self.loop(f'case $1 in *Archive*) ;; *) echo "{FOUND}" ;; esac')
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertNotIn(WELL, done.stdout)

    def test_a_test_fails(self):
        done = self.loop(f'echo "{FOUND}"; exit 1')
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("NOT WELL.  Again: GONGHUI_KILLS=15 GONGHUI_SEED=5", done.stdout)
        self.assertNotIn(WELL, done.stdout)

    def test_its_tests_are_there(self):
        script = (ROOT / "tools" / "kill-loop").read_text(encoding="utf-8")
        test = (ROOT / "tests" / "recovery" / "kill_test.cc").read_text(encoding="utf-8")
        names = re.findall(r"name=(\w+)\.(\w+)", script)
        self.assertEqual(len(names), 2)
        for suite, name in names:
            self.assertIn(f"TEST({suite}, {name})", test)


class SoakTest(unittest.TestCase):
    @staticmethod
    def minutes(count, rss_step=0):
        return [{"rss_bytes": 10**9 + rss_step * i, "fds": 40, "threads": 20, "p99_us": 900.0}
                for i in range(count)]

    def test_few_minutes_are_not_judged_and_that_is_said(self):
        minutes = self.minutes(8, rss_step=10**9)
        self.assertEqual(soak.judge(minutes), [])
        self.assertIn("not judged: 8 minutes", soak.left_out(minutes))

    def test_nine_are_judged(self):
        minutes = self.minutes(9, rss_step=10**9)
        self.assertEqual(len(soak.judge(minutes)), 1)
        self.assertIn("memory grows", soak.judge(minutes)[0])
        self.assertEqual(soak.left_out(minutes), "")
        self.assertEqual(soak.judge(self.minutes(9)), [])


if __name__ == "__main__":
    unittest.main()
