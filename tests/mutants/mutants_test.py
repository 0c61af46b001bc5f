#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of tools/mutants and its lists: what is wrong with a list is told, a bug is planted where
it belongs and taken back, and nothing but a failure of a test counts as having caught it.

Nothing is compiled: the programs are scripts of a line.
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import sys
import tempfile
import types
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "mutants"))

import mutant_list  # noqa: E402
from mutant_list import ListError, Mutant, Test  # noqa: E402

LOADER = importlib.machinery.SourceFileLoader("mutants", str(ROOT / "tools" / "mutants"))
mutants = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants", LOADER))
LOADER.exec_module(mutants)

SOURCE = """void f() {
  g();
  if (a < b) {
    g();
  }
}
"""
TESTS = """
tiers.quick = ["passes"]
tiers.slow = ["fails"]
tests.passes.program = "tests/passes"
tests.fails.program = "tests/fails"
tests.fails.arguments = ["--seed", "1"]
"""
ENTRY = {"name": "one-too-many", "bug": "A limit allows one more.", "file": "engine/ledger/a.cc",
         "line": "if (a < b) {", "mutated": "if (a <= b) {"}


def mutant_of(**differing):
    return Mutant(**{**ENTRY, "tiers": ("quick", "slow"), **differing})


class FolderTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path, text, mode=0o644):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")
        (self.root / path).chmod(mode)


class PlantTest(unittest.TestCase):
    def test_the_line_alone_changes_and_keeps_its_indent(self):
        self.assertEqual(mutant_list.planted(SOURCE, mutant_of()),
                         SOURCE.replace("  if (a < b) {", "  if (a <= b) {"))

    def test_nothing_and_several_lines(self):
        self.assertEqual(mutant_list.planted(SOURCE, mutant_of(mutated="")),
                         SOURCE.replace("  if (a < b) {", ""))
        self.assertEqual(mutant_list.planted(SOURCE, mutant_of(mutated="h();\nif (\n    c) {")),
                         SOURCE.replace("  if (a < b) {", "  h();\n  if (\n      c) {"))

    def test_a_line_that_is_there_twice_is_told_by_the_one_before(self):
        twice = mutant_of(line="g();", mutated="")
        with self.assertRaisesRegex(ListError, r"a\.cc: mutant one-too-many: .*lines 2, 4"):
            mutant_list.planted(SOURCE, twice)
        inner = mutant_of(line="g();", mutated="h();", after="if (a < b) {")
        self.assertEqual(mutant_list.planted(SOURCE, inner), SOURCE.replace("    g();", "    h();"))

    def test_a_line_that_is_gone_is_told(self):
        for gone in (mutant_of(line="if (a > b) {"), mutant_of(after="h();")):
            with self.assertRaisesRegex(ListError, "engine/ledger/a.cc: mutant one-too-many: no"):
                mutant_list.planted(SOURCE, gone)


class ListTest(FolderTest):
    def load(self, entries, head='tiers = ["quick"]'):
        self.write("tests/mutants/tests.toml", TESTS)
        self.write("engine/ledger/a.cc", SOURCE)
        text = head + "\n"
        for entry in entries:
            text += "[[mutant]]\n"
            text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in entry.items())
        self.write("tests/mutants/ledger.toml", text)
        return mutant_list.load(self.root)

    def assert_wrong(self, wanted, *entries, **options):
        with self.assertRaisesRegex(ListError, wanted):
            self.load(entries, **options)

    def test_what_is_right(self):
        catalogue = self.load([ENTRY, {**ENTRY, "name": "another", "tiers": ["slow"],
                                       "hangs": True}])
        first, second = catalogue.mutants
        self.assertEqual(first, mutant_of(tiers=("quick",)))
        self.assertEqual((second.tiers, second.hangs), (("slow",), True))
        (test,) = catalogue.tiers["slow"]
        self.assertEqual(test, Test("fails", "tests/fails", ("--seed", "1")))
        self.assertEqual(test.target, "fails")

    def test_headers_come_last(self):
        self.write("engine/ledger/a.h", SOURCE)
        catalogue = self.load([{**ENTRY, "name": "header", "file": "engine/ledger/a.h"}, ENTRY])
        self.assertEqual([mutant.name for mutant in catalogue.mutants], ["one-too-many", "header"])

    def test_what_is_wrong_is_told_with_list_and_mutant(self):
        for key, value, wanted in (
                ("name", "One Too Many", "small letters"),
                ("bug", "no sentence", "one sentence"),
                ("file", "tests/a.cc", "is below none of"),
                ("file", "engine/ledger/b.cc", "there is no file"),
                ("line", "  if (a < b) {", "indented"),
                ("line", "if (a == b) {", "no line"),
                ("mutated", "if (a < b) {", "is the same"),
                ("mutated", 1, "are texts"),
                ("tiers", ["thorough"], "there is no tier thorough"),
                ("tires", ["quick"], "tires, which nobody reads")):
            with self.subTest(key=key, value=value):
                self.assert_wrong(rf"ledger\.toml: .*{wanted}", {**ENTRY, key: value})

    def test_what_is_missing_is_told(self):
        self.assert_wrong("lacks bug, mutated",
                          {key: ENTRY[key] for key in ("name", "file", "line")})
        self.assert_wrong("neither it nor its list names tiers", ENTRY, head="")
        self.assert_wrong("is listed 2 times", ENTRY, ENTRY)

    def test_every_problem_is_told_at_once(self):
        with self.assertRaises(ListError) as caught:
            self.load([{**ENTRY, "name": "a", "line": "x"}, {**ENTRY, "name": "b", "line": "y"}])
        self.assertEqual(str(caught.exception).count("\n"), 1)


class RunTest(FolderTest):
    """A copy that is not built; one of its programs looks at the source instead."""

    PROGRAMS = {
        "passes": "exit 0",
        "fails": "grep -q 'a < b' engine/ledger/a.cc || "
                 "{ echo '[ RUN      ] X.Y'; echo '[  FAILED  ] X.Y (1 ms)'; exit 1; }",
        "crashes": "echo '[ RUN      ] X.Z'; kill -SEGV $$",
        "hangs": "sleep 1000 & wait",
    }

    def setUp(self):
        super().setUp()
        self.source = self.root / "src" / ENTRY["file"]
        for name, value in (("COPY", self.root / "src"), ("BUILD", self.root / "src" / "build"),
                            ("LOGS", self.root / "logs"), ("PROOF", self.root / "proof.json"),
                            ("LIMIT_S", 1000), ("LIMIT_TIMES", 0)):
            self.enterContext(mock.patch.object(mutants, name, value))
        self.said = io.StringIO()
        self.enterContext(contextlib.redirect_stderr(self.said))
        (self.root / "logs").mkdir()
        self.write("src/engine/ledger/a.cc", SOURCE)
        for name, text in self.PROGRAMS.items():
            self.write(f"src/build/{name}", f"#!/bin/sh\n{text}\n", mode=0o755)
        self.bench = mutants.Bench(types.SimpleNamespace(jobs=2, lock=None), str(self.root))
        self.bench.seconds = dict.fromkeys(self.PROGRAMS, 0)
        self.builds = []
        self.compiles = True
        self.bench.build = self.build

    def build(self, targets):
        self.builds.append(self.source.read_text(encoding="utf-8"))
        return self.compiles

    def judge(self, *tests, mutant=mutant_of(tiers=("quick",)), also=()):
        tiers = {"quick": tuple(Test(name, name) for name in tests),
                 "slow": tuple(Test(name, name) for name in also)}
        verdict = mutants.judge(self.bench, mutant, tiers)
        self.assertEqual(self.source.read_text(encoding="utf-8"), SOURCE)
        self.assertIn("a <= b", self.builds[0])
        return verdict

    def test_what_fails_has_caught_it(self):
        verdict = self.judge("passes", "fails")
        self.assertEqual((verdict.result, verdict.tier, verdict.test, verdict.case, verdict.how),
                         ("caught", "quick", "fails", "X.Y", "failed"))

    def test_what_crashes_has_caught_it(self):
        verdict = self.judge("crashes")
        self.assertEqual((verdict.result, verdict.case, verdict.how), ("caught", "X.Z", "crashed"))

    def test_what_nothing_fails_on_survives(self):
        verdict = self.judge("passes", also=["passes"], mutant=mutant_of())
        self.assertEqual(verdict.result, "survived")
        self.assertEqual(len(self.builds), 2)  # a tier at a time
        self.assertIn("SURVIVED", mutants.tell(verdict))

    def test_the_second_tier_is_asked_when_the_first_has_passed(self):
        self.assertEqual(self.judge("passes", also=["fails"], mutant=mutant_of()).tier, "slow")
        self.assertEqual(len(self.builds), 2)
        self.builds.clear()
        self.assertEqual(self.judge("fails", also=["fails"], mutant=mutant_of()).tier, "quick")
        self.assertEqual(len(self.builds), 1)

    def test_a_hang_counts_only_where_one_is_expected(self):
        self.enterContext(mock.patch.object(mutants, "LIMIT_S", 0.3))
        self.assertEqual(self.judge("hangs").result, "hangs")
        verdict = self.judge("hangs", mutant=mutant_of(tiers=("quick",), hangs=True))
        self.assertEqual((verdict.result, verdict.how), ("caught", "hung"))

    def test_what_does_not_compile_is_a_mistake_of_the_list(self):
        self.compiles = False
        self.assertEqual(self.judge("fails").result, "does not build")

    def test_who_is_still_running_when_another_fails_is_stopped(self):
        verdict = self.judge("hangs", "fails")  # else this test takes longer than it may
        self.assertEqual((verdict.test, verdict.how), ("fails", "failed"))

    def test_tests_that_fail_by_themselves_end_it(self):
        for name in ("crashes", "hangs"):
            self.enterContext(mock.patch.object(mutants, "LIMIT_S", 0.3 if name == "hangs" else 60))
            self.bench.seconds = {name: 0}
            with self.assertRaisesRegex(mutants.RunError, f"{name} .* without any mutant"):
                mutants.prove(self.bench, {"quick": (Test(name, name),)})

    def test_what_was_proved_is_not_proved_again_until_a_file_changes(self):
        tiers = {"quick": (Test("passes", "passes"),)}
        for wanted in (1, 1):
            mutants.prove(self.bench, tiers)
            self.assertEqual(len(self.builds), wanted)
        self.write("src/engine/ledger/a.cc", SOURCE + "\n")
        mutants.prove(self.bench, tiers)
        self.assertEqual(len(self.builds), 2)


class CopyTest(FolderTest):
    def test_the_copy_is_as_the_checkout_and_what_is_unchanged_keeps_its_time(self):
        self.enterContext(mock.patch.object(mutants, "ROOT", self.root / "checkout"))
        self.enterContext(mock.patch.object(mutants, "COPY", self.root / "copy"))
        self.write("checkout/engine/a.cc", "a")
        self.write("checkout/tools/run", "b", mode=0o755)
        mutants.refresh_copy()
        self.assertTrue(os.access(self.root / "copy/tools/run", os.X_OK))
        before = (self.root / "copy/engine/a.cc").stat().st_mtime_ns
        (self.root / "checkout/tools/run").unlink()
        self.write("copy/build/object", "kept")
        self.write("checkout/engine/b.cc", "c")
        mutants.refresh_copy()
        self.assertEqual((self.root / "copy/engine/a.cc").stat().st_mtime_ns, before)
        self.assertTrue((self.root / "copy/engine/b.cc").is_file())
        self.assertFalse((self.root / "copy/tools/run").exists())
        self.assertTrue((self.root / "copy/build/object").is_file())
        # As after a run that was killed.
        self.write("copy/engine/a.cc", "mutated")
        mutants.refresh_copy()
        self.assertEqual((self.root / "copy/engine/a.cc").read_text(encoding="utf-8"), "a")


if __name__ == "__main__":
    unittest.main()
