#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""The commands of docs/PROGRAMMES.md, one after another against a real server.

    guide_commands_test.py BIN_FOLDER

The guide's first programme is metro.yaml.  What its author would do between two blocks is
done here: some taps, and another figure in the file.
"""

import datetime
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "PROGRAMMES.md"
BIN = None  # from the command line


def blocks(kind):
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class GuideCommands(unittest.TestCase):
    def setUp(self):
        # Short: a Unix socket's path has to fit 107 characters.
        folder = tempfile.TemporaryDirectory(prefix="gh-guide.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        port = free_port()
        self.environment = {
            **os.environ,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "GONGHUI_SERVER": f"unix:{self.folder}/operator.sock",
            "GONGHUI_TERMINAL_SERVER": f"127.0.0.1:{port}",
        }
        (self.folder / "gonghui.toml").write_text(
            f'[data]\ndir = "{self.folder}/data"\n[vault]\nkey_file = "{self.folder}/vault.key"\n'
            f'[terminals]\nlisten = "127.0.0.1:{port}"\n'
            f'[operators]\nlisten = "unix:{self.folder}/operator.sock"\n')
        self.run_line(f"gonghuid --generate-vault-key {self.folder}/vault.key")
        log = (self.folder / "server.log").open("w")
        self.server = subprocess.Popen(
            [BIN / "gonghuid", "--config", self.folder / "gonghui.toml", "--insecure-dev"],
            env=self.environment, stdout=subprocess.DEVNULL,
            stderr=log)
        log.close()
        self.addCleanup(self.stop)
        for _ in range(600):
            if self.run_line("gonghuictl status", wanted=None).returncode == 0:
                return
            self.assertIsNone(self.server.poll(), (self.folder / "server.log").read_text())
            time.sleep(0.1)
        self.fail("the server did not answer in 60 s")

    def stop(self):
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            try:
                self.server.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()

    def run_line(self, line, wanted=0):
        run = subprocess.run(["bash", "-c", line], env=self.environment, cwd=self.folder,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             check=False, timeout=120)
        if wanted is not None:
            self.assertEqual(run.returncode, wanted, f"{line}\n{run.stdout}{run.stderr}")
        return run

    def import_rows(self, kind, header, *rows):
        (self.folder / f"{kind}.csv").write_text("\n".join((header, *rows)) + "\n")
        self.run_line(f"gonghuictl import {kind} {kind}.csv")

    def run_block(self, block):
        shanghai = datetime.timezone(datetime.timedelta(hours=8))
        today = datetime.datetime.now(shanghai).date()
        tomorrow = today + datetime.timedelta(days=1)
        for line in block.splitlines():
            line = line.split("  #")[0].rstrip()
            # Whatever day it is: recorded was today, and new is tomorrow.
            if re.search(r"rollback|(draw|pool) commit", line):
                line += " --yes"  # it asks first, and there is nobody to ask
            line = re.sub(r"--days \S+", f"--days {today}..{today}", line)
            self.run_line(re.sub(r"--at \d{4}-\d\d-\d\d", f"--at {tomorrow}", line))

    def test_every_command_does_as_it_says(self):
        first, second = blocks("sh")
        # A year that is not over: the guide's programme ends some day.
        programme = re.sub(r"until: \d{4}-01-01", "until: 2190-01-01", blocks("yaml")[0])
        (self.folder / "metro.yaml").write_text(programme, encoding="utf-8")
        self.import_rows("unions", "union_node_id,level,display_name", "CITY,city,总工会")
        self.import_rows("members", "member_id,union_node_id,real_name_verified",
                         *(f"M{i},CITY,true" for i in range(20)))
        self.import_rows("cards", "card_number,member_id",
                         *(f"62530110000000{i:02},M{i}" for i in range(20)))
        self.import_rows("merchants", "merchant_id,union_node_id,mcc,display_name",
                         "METRO,CITY,4111,地铁")
        self.import_rows("terminals", "terminal_id,merchant_id,kind", "GATE,METRO,gate")

        self.run_block(first)
        shown = self.run_line("gonghuictl programme list -o json").stdout
        self.assertIn('"metro"', shown)
        for i in range(5):
            self.run_line("gonghuictl --insecure authorize --terminal GATE "
                          f"--card 625301100000000{i} --price 4.00 --capture")

        # The author makes it five rides a day, and goes on.
        (self.folder / "metro.yaml").write_text(programme.replace("uses: 4", "uses: 5"),
                                                encoding="utf-8")
        self.run_block(second)
        versions = self.run_line("gonghuictl programme versions metro -o json").stdout
        self.assertIn("ACTIVE", versions.upper())

    def apply_example(self, code):
        """The guide's programme of that code, which does not end while the test is kept."""
        text = next(text for text in blocks("yaml") if f"{{code: {code}," in text)
        text = re.sub(r"until: \d{4}-01-01", "until: 2190-01-01", text)
        (self.folder / f"{code}.yaml").write_text(text, encoding="utf-8")
        self.run_line(f"gonghuictl programme apply {code}.yaml")

    def test_commands_about_vouchers_draws_and_aid(self):
        self.import_rows("unions", "union_node_id,level,display_name", "CITY,city,总工会")
        self.import_rows("members", "member_id,union_node_id,real_name_verified",
                         *(f"M{i},CITY,true" for i in range(1, 4)))

        (self.folder / "passed.csv").write_text("event_id,member_id\ne-1,M1\ne-2,M2\n")
        self.run_block(blocks("sh voucher")[0])
        codes = (self.folder / "codes.csv").read_text().splitlines()
        self.assertEqual(len(codes), 101, "a line of names and a hundred codes")
        series = self.run_line("gonghuictl voucher series -o json").stdout
        self.assertIn('"summer-water"', series)
        self.assertIn('"quiz-gift"', series)

        self.apply_example("packs")
        (self.folder / "prizes.csv").write_text(
            "series_code,count,valid_from,expires_at\n"
            "pack-won,2,2026-05-06,2190-06-01\n")
        (self.folder / "pool.csv").write_text(
            "series_code,count,weight,valid_from,expires_at\n"
            "quiz-towel,100,30,2026-05-06,2190-09-01\n"
            ",0,70,,\n")
        self.run_block(blocks("sh draw")[0])
        self.assertIn("COMMITTED", self.run_line("gonghuictl draw list -o json").stdout)

        self.import_rows("segments", "segment_code,display_name", "mutual-aid,互助保障会员")
        self.import_rows("funds", "fund_code,display_name,asset,budget_yuan",
                         "mutual-2026,互助资金,money,300")
        (self.folder / "contributions.csv").write_text(
            "receipt_code,fund_code,member_id,segment_code,amount_yuan,covers_from,covers_until\n"
            "R1,mutual-2026,M1,mutual-aid,100,2026-01-01,2190-01-01\n")
        self.run_block(blocks("sh aid")[0])
        solvency = self.run_line("gonghuictl fund solvency mutual-2026 -o json").stdout
        self.assertRegex(solvency, r'"contributedFen": "10000"')


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
