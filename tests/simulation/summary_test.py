#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""That a plain run of ctest ends with what the simulations came to: ctest keeps to itself whatever
a test prints that passes.

Runs ctest on a folder of its own, with the build folder's CTestCustom.cmake and a test that is a
line.  Arguments: the build folder, ctest.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

BUILD, CTEST = pathlib.Path(sys.argv.pop(1)), sys.argv.pop(1)
SUMMARY = "sim-summary.txt"


class SummaryTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        custom = (BUILD / "CTestCustom.cmake").read_text(encoding="utf-8")
        self.assertIn(str(BUILD / SUMMARY), custom)
        (self.folder / "CTestCustom.cmake").write_text(
            custom.replace(str(BUILD / SUMMARY), str(self.folder / SUMMARY)), encoding="utf-8")

    def ctest(self, line):
        """What ctest prints when its one test runs this line of a shell."""
        (self.folder / "CTestTestfile.cmake").write_text(
            f'add_test(one "/bin/sh" "-c" "{line}")\n', encoding="utf-8")
        done = subprocess.run([CTEST], cwd=self.folder, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_it_comes_last(self):
        printed = self.ctest(f"echo 7 seeds from 1 on, 21 operations >> {SUMMARY}")
        below = printed.partition("100% tests passed")[2]
        self.assertIn("7 seeds from 1 on, 21 operations", below)

    def test_nothing_of_an_earlier_run(self):
        (self.folder / SUMMARY).write_text("of yesterday\n", encoding="utf-8")
        printed = self.ctest("true")
        self.assertNotIn("of yesterday", printed)
        self.assertNotIn("Simulated", printed)


if __name__ == "__main__":
    unittest.main()
