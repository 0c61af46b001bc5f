#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""tools/quickstart as a new user meets it, and the commands that the documents give.

    quickstart_test.py BIN_FOLDER [CLASS ...]

Works on a tree of its own: a copy of what the quickstart reads, with the programs
of BIN_FOLDER where it would have built them.
"""

import fcntl
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = None  # from the command line
CARD = "6253011000000016"


class Tree(unittest.TestCase):
    def setUp(self):
        # Short: a Unix socket's path has to fit 107 characters.
        folder = tempfile.TemporaryDirectory(prefix="gh-qs.")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name) / self.name
        for path in ("tools/quickstart", "tools/stage.sh", "bench/workload.yaml",
                     "tests/programmes/01-kunming-metro.yaml",
                     "tests/programmes/02-kunming-shops.yaml"):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, self.root / path)
        (self.root / "build/release").mkdir(parents=True)
        (self.root / "build/release/bin").symlink_to(BIN)
        self.work = self.root / "build/quickstart"

    name = "r"

    def quickstart(self, *words, wanted=0, **options):
        run = subprocess.run([str(self.root / "tools/quickstart"), *words], text=True,
                             capture_output=True, check=False, cwd=self.root, timeout=300,
                             **options)
        self.assertEqual(run.returncode, wanted, run.stdout[-4000:] + run.stderr[-4000:])
        self.assertNotIn("Traceback", run.stderr)
        self.assertNotIn("unbound variable", run.stderr)
        return run

    def paste(self, lines, folder=None):
        """Gives each line to one shell, one by one; what they print, by line."""
        script = "".join(f"{line}\necho \"--- code $?\"\n" for line in lines)
        run = subprocess.run(["bash", "-c", script], text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                             cwd=folder or self.root, timeout=300)
        answers = re.findall(r"(.*?)--- code (\d+)\n", run.stdout, re.DOTALL)
        self.assertEqual(len(answers), len(lines), run.stdout)
        for line, (output, code) in zip(lines, answers):
            # A line says in its comment when it is to be refused.
            self.assertEqual(int(code), 4 if "exit code 4" in line else 0, f"{line}\n{output}")
        return [output for output, _ in answers]


class UsageTest(Tree):
    def test_wrong_usage_is_told_in_words(self):
        for words in (["--members"], ["--members", "many"], ["--members", "0"],
                      ["--merchants", "2"], ["--load-seconds", ""], ["--nonsense"]):
            with self.subTest(words=words):
                run = self.quickstart(*words, wanted=2)
                self.assertTrue(run.stderr.startswith("quickstart: "), run.stderr)
        self.assertIn("throws away", self.quickstart("--help").stdout)

    def test_a_folder_in_use_is_left_alone(self):
        (self.work / "data").mkdir(parents=True)
        with open(self.work / "data/LOCK", "w", encoding="ascii") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)  # as RocksDB does
            run = self.quickstart("--no-install", "--no-build", wanted=1)
            self.assertIn(f"process {os.getpid()} still uses build/quickstart/data", run.stderr)
            self.assertIn("quickstart_test.py", run.stderr)
            self.assertIn("Stop it first: tools/quickstart stop", run.stderr)
            self.assertTrue((self.work / "data/LOCK").exists())
            # What holds it is no server, and is not ended.
            run = self.quickstart("stop", wanted=1)
            self.assertIn("is no server", run.stderr)

    def test_one_at_a_time(self):
        with open(self.root / "build/quickstart.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("another tools/quickstart", self.quickstart("serve", wanted=1).stderr)

    def test_there_is_nothing_to_serve_or_to_stop(self):
        self.assertIn("run tools/quickstart first", self.quickstart("serve", wanted=1).stderr)
        self.assertIn("no server runs", self.quickstart("stop").stdout)


class RunTest(Tree):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.stop)
        self.run_ = self.quickstart("--no-install", "--no-build", "--members", "2000",
                                    "--merchants", "50", "--load-seconds", "1")

    def stop(self):
        self.quickstart("stop")
        self.assertEqual(self.servers(), [])

    def servers(self):
        """Processes of programs that were started from this tree."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if str(self.root) in " ".join(command) and "gonghuid" in command[0]:
                found.append(int(process.name))
        return found

    def test_the_session(self):
        self.assertIn("All four answers are still there", self.run_.stdout)
        self.assertEqual(self.run_.stdout.count("0 wrong"), 2, self.run_.stdout)  # the load
        self.assertEqual(self.servers(), [])

        # The hints, as they are printed.
        served = self.quickstart("serve").stdout
        hints = re.findall(r"^  (.*)$", served.split("one by one:")[1], re.MULTILINE)
        self.assertGreaterEqual(len(hints), 5, served)
        answers = dict(zip(hints, self.paste(hints)))
        sale = next(answers[hint] for hint in hints if "20 % off" in hint)
        self.assertRegex(sale, r"(?i)approved")
        self.assertEqual(self.servers(), [])

        # The README's.
        session = next(block for block in re.findall(
            r"```console\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
            if "tools/quickstart serve" in block)
        lines = re.findall(r"^\$ (.*)$", session, re.MULTILINE)
        self.assertGreaterEqual(len(lines), 5, session)
        self.paste(lines)
        self.assertEqual(self.servers(), [])

    def test_a_server_that_runs_is_not_thrown_away(self):
        self.quickstart("serve")
        (server,) = self.servers()
        again = self.quickstart("--no-install", "--no-build", wanted=1)
        self.assertIn(f"process {server} still uses", again.stderr)
        self.assertIn("gonghuid --config", again.stderr)
        self.assertIn(f"process {server}", self.quickstart("serve").stdout)  # told once more
        self.assertEqual(self.servers(), [server])
        self.paste(["source build/quickstart/env", f"gonghuictl member show --card {CARD}"])
        self.quickstart("stop")
        self.assertEqual(self.servers(), [])
        told = self.quickstart("--no-install", "--no-build", "--members", "20", "--merchants", "5",
                               "--load-seconds", "1").stdout
        self.assertIn("What was done in build/quickstart before is thrown away.", told)

    def test_load_on_a_server_that_leaves_is_a_failure(self):
        for mode in ("unary", "stream"):
            with self.subTest(mode=mode):
                self.quickstart("serve")
                env = (self.work / "env").read_text(encoding="utf-8")
                address = re.search(r"GONGHUI_TERMINAL_SERVER=(\S+)", env).group(1)
                load = subprocess.Popen(
                    [BIN / "gonghui-load", "--server", address, "--insecure", "--data",
                     self.work / "city", "--mode", mode, "--duration", "3", "--warmup", "0",
                     "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                time.sleep(1.5)
                (server,) = self.servers()
                os.kill(server, signal.SIGKILL)
                _, said = load.communicate(timeout=60)
                self.assertEqual(load.returncode, 3, said)
                self.assertIn("requests failed", said)

    def test_the_certificates_of_the_operations_guide(self):
        guide = (ROOT / "docs/OPERATIONS.md").read_text(encoding="utf-8")
        recipe = next(block for block in re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)
                      if "openssl req" in block)
        folder = self.root / "tls"
        folder.mkdir()
        made = subprocess.run(["bash", "-euc", recipe], cwd=folder, text=True, check=False,
                              capture_output=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        # The quickstart's city, now with TLS.
        self.quickstart("serve")
        self.quickstart("stop")
        config = (self.work / "gonghui.toml").read_text(encoding="utf-8")
        files = {"ca_file": "ca.pem", "cert_file": "server.pem", "key_file": "server.key"}
        (folder / "gonghuid.toml").write_text(config + "[terminals.tls]\n" + "".join(
            f'{key} = "{folder / name}"\n' for key, name in files.items()), encoding="utf-8")
        command = [BIN / "gonghuid", "--config", folder / "gonghuid.toml"]
        check = subprocess.run([*command, "--check-config"], text=True, capture_output=True,
                               check=False)
        self.assertEqual((check.returncode, check.stdout), (0, "OK\n"), check.stderr)
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.paste([
                "source build/quickstart/env",
                "for i in {1..300}; do gonghuictl status >/dev/null 2>&1 && break; sleep 0.1; done",
                "export GONGHUI_TLS_CA=tls/ca.pem GONGHUI_TLS_CERT=tls/T0000002.pem "
                "GONGHUI_TLS_KEY=tls/T0000002.key",
                f"gonghuictl authorize --terminal T0000002 --card {CARD} --price 59.90 --capture",
                "[[ $(gonghuictl authorize --terminal T0000003 --card " + CARD +
                " --price 200 2>&1; echo $?) == *5 ]]",  # it is not that terminal
            ])
        finally:
            server.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait(60), 0)


class LongPathTest(RunTest):
    """Below a path that is too long for a Unix socket."""
    name = "long" + 90 * "g"

    test_a_server_that_runs_is_not_thrown_away = None
    test_load_on_a_server_that_leaves_is_a_failure = None
    test_the_certificates_of_the_operations_guide = None


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
