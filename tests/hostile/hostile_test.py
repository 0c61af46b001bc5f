#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""gonghuid under hostile input and overload.

    hostile_test.py BIN_FOLDER [--seed N] [--seconds S] [NAME ...]

In each test the server stays up, within its memory, and a healthy client beside the attack is
answered rightly and in time.  How fast is told in a table at the end, and asserted by nobody: a
busy neighbour could make it fail.  `tools/hostile` takes more time and says more about it.
"""

import argparse
import pathlib
import sys
import unittest

import scene

CASES = ("case_connections", "case_streams", "case_messages", "case_frames", "case_noise",
         "case_overload", "case_tls")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=scene.Options.seconds)
    parser.add_argument("names", nargs="*")
    # Intermixed: names may stand behind the options.
    arguments = parser.parse_intermixed_args()
    scene.Options.bin = arguments.bin.resolve()
    scene.Options.seed = arguments.seed
    scene.Options.seconds = arguments.seconds
    loader = unittest.defaultTestLoader
    tests = loader.loadTestsFromNames(arguments.names or CASES)
    try:
        result = unittest.TextTestRunner(verbosity=2).run(tests)
    finally:
        scene.City.remove()
    scene.Report.tell()
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
