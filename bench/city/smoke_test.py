#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""gonghui-city, small: what it leaves is whole, and it spoils nothing that is there.

    bench/city/smoke_test.py --bin build/dev/bin
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import unittest

BIN = None  # of the command line


class CityTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_program(self, name, *words):
        return subprocess.run([BIN / name, *map(str, words)], capture_output=True, text=True,
                              check=False, timeout=120)

    def city(self, members=3_000, merchants=20, cards_max=1_000):
        return self.run_program("gonghui-city", "--data", self.folder / "data",
                                "--csv", self.folder / "csv", "--members", members,
                                "--merchants", merchants, "--cards-max", cards_max)

    def rows(self, name):
        return (self.folder / "csv" / name).read_text(encoding="utf-8").splitlines()

    def test_the_folder_is_whole(self):
        made = self.city()
        self.assertEqual(made.returncode, 0, made.stderr)
        words = dict(line.split() for line in made.stdout.splitlines())
        # A member and a card each, a merchant and a terminal each, a union node, eight funds
        # and the programme.
        self.assertEqual(int(words["applied_seq"]), 2 * 3_000 + 2 * 20 + 1 + 8 + 1)
        verified = self.run_program("gonghui-inspect", "verify", "--data", self.folder / "data")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        self.assertIn(words["state_hash"], verified.stdout)

    def test_what_the_load_reads(self):
        self.assertEqual(self.city().returncode, 0)
        cards = self.rows("cards.csv")
        self.assertEqual(cards[0], "card_number")
        # Spread over all members: every third of them.
        self.assertEqual(len(cards), 1 + 1_000)
        self.assertEqual(int(cards[2]) - int(cards[1]), 3)
        self.assertEqual(self.rows("terminals.csv")[1], "T1,S1")
        self.assertEqual(len(self.rows("terminals.csv")), 1 + 20)
        self.assertEqual(self.rows("merchants.csv")[0], "merchant_id,mcc")

    def test_a_ledger_that_is_there_stays(self):
        self.assertEqual(self.city().returncode, 0)
        again = self.city(members=5)
        self.assertEqual(again.returncode, 1)
        self.assertIn("there is a ledger in it already", again.stderr)
        verified = self.run_program("gonghui-inspect", "verify", "--data", self.folder / "data")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_a_csv_folder_that_can_not_be(self):
        (self.folder / "csv").write_text("a file", encoding="utf-8")
        made = self.city()
        self.assertEqual(made.returncode, 1)
        self.assertIn("csv", made.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    options, rest = parser.parse_known_args()
    BIN = options.bin.resolve()
    unittest.main(argv=[sys.argv[0], *rest])
