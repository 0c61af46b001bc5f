#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""docs/PROGRAMMES.md, followed from its beginning on a server of tools/quickstart.

    guide_commands_test.py BIN_FOLDER

Every whole example is saved as CODE.yaml where it stands, the one with errors as wrong.yaml,
and the commands are pasted into one shell, one after another.  A command that is to be
refused says so in its comment (exit code 4); one that asks first is told --yes.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "PROGRAMMES.md"
BIN = None  # from the command line

# With nobody to answer, it is answered here.
ASKS_FIRST = re.compile(r"programme rollback|(draw|pool) commit")


def blocks():
    """What stands behind each fence, and between it and the next."""
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(r"^```([^\n]*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def commands(block):
    """The block's lines, those of a here-document as one."""
    found = []
    end = None
    for line in block.splitlines():
        if end is not None:
            found[-1] += "\n" + line
            end = None if line == end else end
            continue
        here = re.search(r"<<(\w+)$", line)
        end = here.group(1) if here else None
        if ASKS_FIRST.search(line):
            line = re.sub(r"\s+#.*", "", line) + " --yes"
        found.append(line)
    return found


class GuideTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """A copy of what the quickstart reads, and of the programs where it would build them."""
        folder = tempfile.TemporaryDirectory(prefix="gh-guide.")
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        for path in ("tools/quickstart", "tools/stage.sh", "bench/workload.yaml",
                     "tests/programmes/01-kunming-metro.yaml",
                     "tests/programmes/02-kunming-shops.yaml"):
            (cls.root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, cls.root / path)
        (cls.root / "build/release").mkdir(parents=True)
        (cls.root / "build/release/bin").symlink_to(BIN)
        cls.addClassCleanup(cls.quickstart, "stop")
        cls.quickstart("--no-install", "--no-build", "--members", "500", "--merchants", "50",
                       "--load-seconds", "1")
        cls.said = cls.follow()

    @classmethod
    def quickstart(cls, *words):
        run = subprocess.run([str(cls.root / "tools/quickstart"), *words], cwd=cls.root,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             check=False, timeout=180)
        if run.returncode != 0:
            raise AssertionError(f"quickstart {words}\n{run.stdout[-4000:]}{run.stderr[-4000:]}")

    @classmethod
    def follow(cls):
        """Does as the guide says; gives (command, exit code, output) of each command."""
        script = ""
        pasted = []
        for kind, text in blocks():
            name = None
            if kind == "yaml":
                code = re.search(r"^programme:\s*\{?\s*code: ([\w-]+)", text, re.MULTILINE)
                name = f"{code.group(1)}.yaml"
            elif kind == "broken":
                name = "wrong.yaml"
            if name is not None:
                # The guide's files differ in their names: none is written over.
                with (cls.root / name).open("x", encoding="utf-8") as file:
                    file.write(text)
            elif kind == "sh":
                for command in commands(text):
                    pasted.append(command)
                    script += f"{command}\necho \"--- code $?\"\n"
        run = subprocess.run(["bash", "-c", script], cwd=cls.root, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False, timeout=240)
        answers = re.findall(r"(.*?)--- code (\d+)\n", run.stdout, re.DOTALL)
        if len(answers) != len(pasted):
            raise AssertionError(f"{len(answers)} of {len(pasted)} ended\n{run.stdout[-4000:]}")
        return [(command, int(code), output)
                for command, (output, code) in zip(pasted, answers)]

    def of(self, *words):
        """What the commands with these words said, in the guide's order."""
        found = [said for command, _, said in self.said if all(word in command for word in words)]
        self.assertTrue(found, words)
        return found

    def shell(self, line):
        run = subprocess.run(["bash", "-c", f"source build/quickstart/env\n{line}"],
                             cwd=self.root, stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, check=False, timeout=60)
        self.assertEqual(run.returncode, 0, f"{line}\n{run.stdout}{run.stderr}")
        return run.stdout

    def test_every_command_ends_as_it_says(self):
        self.assertGreaterEqual(len(self.said), 35)
        for command, code, said in self.said:
            self.assertEqual(code, 4 if "exit code 4" in command else 0, f"{command}\n{said}")

    def test_the_first_programme_and_its_change(self):
        taps = self.of("authorize", "T0000008")
        self.assertEqual([bool(re.search("outcome +approved", tap)) for tap in taps],
                         [True, True, False, False, True], taps)
        self.assertRegex(taps[0], r"\b9\.90 yuan")
        self.assertRegex(self.of("fund list")[0], r"(?m)^films .* 70\.20 yuan")
        # The city's own funds are as they were.
        self.assertRegex(self.of("fund list")[0], r"(?m)^metro-2026 +2026年地铁乘车补贴资金 ")

        self.assertRegex(self.of("programme diff")[0], r"each-month .*2 uses.*3 uses")
        self.assertRegex(self.of("backtest")[0], r"(?m)^gained +1$")
        self.assertRegex(self.of("programme shadow")[0], r"(?m)^gained +1$")
        versions = self.of("programme versions films")[0]
        self.assertRegex(versions, r"(?m)^ +2 +shadow")
        self.assertRegex(versions, r"(?m)^ +1 +active")
        self.assertRegex(self.shell("gonghuictl programme versions films"), r"(?m)^ +1 +active")
        # The budget that was imported, and neither file nor rollback set back.
        self.assertRegex(self.shell("gonghuictl fund list"),
                         r"(?m)^films +观影资金 .* 6,000,000\.00 yuan ")

    def test_codes_draws_and_aid(self):
        codes = (self.root / "codes.csv").read_text(encoding="utf-8").splitlines()
        self.assertEqual(len(codes), 101, "a line of names and a hundred codes")
        series = self.of("voucher series")[0]
        self.assertIn("summer-water", series)
        self.assertIn("quiz-gift", series)
        self.assertRegex(self.of("draw show")[0], r"(?m)^state +committed")
        self.assertRegex(self.of("authorize", "packs")[0], r"entry +person +programme +1 +1")
        self.assertRegex(self.shell("gonghuictl fund solvency mutual -o json"),
                         r'"contributedFen": "10000"')

    def test_elsewhere_nothing_is_heard_of_the_examples(self):
        """A sale of nothing at a pharmacy, with all that the guide made live."""
        said = self.shell("gonghuictl --insecure authorize --terminal T0000009 "
                          "--card 6253011000000016 --price 0 || test $? = 4")
        self.assertIn("no_applicable_benefit", said)

    def test_what_is_wrong_is_told_as_it_stands_there(self):
        told = next(text for kind, text in blocks() if kind == "text")
        self.assertIn(told, self.of("wrong.yaml")[0])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
