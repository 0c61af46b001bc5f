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
import pty
import re
import select
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

    def in_terminal(self, command, wanted=0, typed=None, env=None):
        """Runs it in the foreground of a terminal of its own, and types when a password is
        asked for; what the terminal shows."""
        child, terminal = pty.fork()
        if child == 0:
            try:
                os.chdir(self.root)
                os.execvpe(command[0], command, env or os.environ)
            finally:
                os._exit(126)
        said, until = b"", time.monotonic() + 60
        try:
            while True:
                ready, _, _ = select.select([terminal], [], [], max(0, until - time.monotonic()))
                self.assertTrue(ready, "it hangs: " + said.decode())
                try:
                    piece = os.read(terminal, 4096)
                except OSError:  # how a terminal ends
                    piece = b""
                if not piece:
                    break
                said += piece
                if typed is not None and said.endswith(b"password: "):
                    os.write(terminal, typed.encode() + b"\n")
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            os.close(terminal)  # hangs up on whatever is left
            _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), wanted, said.decode())
        return said.decode()

    def test_a_build_shows_that_it_lives(self):
        # Neither compiles anything: the one configures, the other counts and fails.
        tools = self.root / "fake"
        tools.mkdir()
        (tools / "cmake").write_text(
            "#!/bin/sh\n"
            "[ $1 = --preset ] && exit\n"
            "echo '[7/560] Building CXX object engine/base/check.cc.o'\n"
            "echo 'check.cc:1: note: nothing that counts'\n"
            "sleep 2.5\n"
            "echo 'check.cc:1: error: this is only a test'\n"
            "exit 1\n", encoding="utf-8")
        (tools / "cmake").chmod(0o755)
        stage = self.root / "tools/stage.sh"
        stage.write_text(stage.read_text(encoding="utf-8") + "stage_line_s=1\n", encoding="utf-8")
        (self.root / "build/release/bin").unlink()  # a first build
        path = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
        command = [str(self.root / "tools/quickstart"), "--no-install"]

        run = self.quickstart("--no-install", wanted=1, env=path)
        self.assertIn("The first build", run.stdout)
        self.assertRegex(run.stdout, r"(?m)^configure +0:0\d  ok$")
        self.assertRegex(run.stdout, r"(?m)^build +0:01  \[7/560\] check\.cc\.o$")
        self.assertRegex(run.stdout, r"(?m)^build +0:0\d  FAILED$")
        self.assertIn("error: this is only a test", run.stdout)
        self.assertNotIn("\r", run.stdout)
        self.assertNotIn("\033", run.stdout)

        # A terminal has one line, written anew.
        said = self.in_terminal(command, wanted=1, env=path)
        self.assertRegex(said, r"\r\x1b\[Kbuild +0:01  \[7/560\] check\.cc\.o\r")

    def test_what_is_left_of_a_build_is_guessed(self):
        log = self.root / "log"
        log.write_text("[100/300] Building CXX object a/b.cc.o\n", encoding="utf-8")
        def told(seconds):
            return subprocess.run(
                ["bash", "-euo", "pipefail", "-c", f"source tools/stage.sh; progress {log} {seconds}"],
                cwd=self.root, text=True, capture_output=True, check=True).stdout
        self.assertEqual(told(600), "[100/300] some 20 min left b.cc.o")
        self.assertEqual(told(20), "[100/300] b.cc.o")  # too early to tell
        log.write_text("-- Found Protobuf\n", encoding="utf-8")
        self.assertEqual(told(600), "-- Found Protobuf")
        log.write_text("", encoding="utf-8")
        self.assertEqual(told(600), "")


    def test_a_stage_is_not_stopped_by_the_terminal(self):
        said = self.in_terminal(["bash", "-c", "source tools/stage.sh; run_stage reader log cat"])
        self.assertRegex(said, r"reader +0:0\d  ok")

    def machine(self, sudo=True, **known):
        """An environment in which one package is missing, and what asks for it is not root."""
        fake = self.root / "fake"
        shutil.rmtree(fake, ignore_errors=True)
        fake.mkdir()
        # All programs but sudo, which a test's machine may have or not.
        for folder in os.environ["PATH"].split(":"):
            for program in pathlib.Path(folder).glob("*"):
                if program.name != "sudo" and not (fake / program.name).is_symlink():
                    (fake / program.name).symlink_to(program)
        programs = {
            "id": "echo ${FAKE_UID:-1000}",
            "dpkg-query": "shift 3; for p; do [ $p = ${FAKE_MISSING-g++} ] || "
                          "echo $p installed; done",
            "apt-get": "echo \"$@\" >>$FAKE/apt.said",
            "cmake": "exit 1",
        }
        if sudo:  # the real one reads the terminal, too, and remembers for a while who asked
            programs["sudo"] = """
                if [ "$1" = -n ]; then
                  shift
                  [ -e $FAKE/ticket ] || { echo 'sudo: a password is required' >&2; exit 1; }
                elif [ ! -e $FAKE/ticket ]; then
                  printf '[sudo] password: ' >/dev/tty
                  read -r word </dev/tty
                  [ "$word" = secret ] || { echo 'sudo: 1 incorrect password' >&2; exit 1; }
                  [ -n "$FAKE_FORGETS" ] || touch $FAKE/ticket
                fi
                exec "$@\""""
        for name, text in programs.items():
            (fake / name).unlink(missing_ok=True)
            (fake / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            (fake / name).chmod(0o755)
        return {**os.environ, "PATH": str(fake), "FAKE": str(fake), **known}

    def installs(self):
        """Each command that installs packages, in a tree without programs and without a build."""
        for path in ("tools/check", "tools/install-packages", "tools/packages.txt"):
            shutil.copy(ROOT / path, self.root / path)
        (self.root / "build/release/bin").unlink()
        return (["tools/quickstart", "--no-build"], ["tools/check", "--quick"])

    def apt_said(self):
        log = self.root / "fake/apt.said"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    BY_HAND = "as root run: apt-get update && apt-get install --no-install-recommends g++"

    def test_sudo_may_ask_for_a_password(self):
        for command in self.installs():  # which fail later: there is nothing to build with
            with self.subTest(command=command):
                said = self.in_terminal(command, wanted=1, typed="secret", env=self.machine())
                self.assertRegex(said, r"1 of \d+ are missing: g\+\+\r\n\[sudo\] password: ")
                self.assertEqual(said.count("password"), 1, said)
                self.assertRegex(said, r"packages +0:0\d  ok")
                self.assertRegex(self.apt_said(), r" update\n.* install .* g\+\+\n$")

    def test_who_may_not_install_is_told_what_to_run(self):
        for command in self.installs():
            with self.subTest(command=command):
                said = self.in_terminal(command, wanted=1, typed="wrong", env=self.machine())
                self.assertIn(f"sudo refused; {self.BY_HAND}", said)
                said = self.in_terminal(command, wanted=1, env=self.machine(sudo=False))
                self.assertIn(f"there is no sudo; {self.BY_HAND}", said)
                # A sudo that asks every time cannot do so in a stage, and does not hang there.
                said = self.in_terminal(command, wanted=1, typed="secret",
                                        env=self.machine(FAKE_FORGETS="1"))
                self.assertRegex(said, r"packages +0:0\d  FAILED")
                self.assertIn(f"in a terminal, or {self.BY_HAND}", said)
                # Without a terminal nobody can be asked.
                run = subprocess.run(command, cwd=self.root, text=True, capture_output=True,
                                     check=False, timeout=60, start_new_session=True,
                                     env=self.machine())
                self.assertEqual(run.returncode, 1, run.stderr)
                self.assertIn(f"in a terminal, or {self.BY_HAND}", run.stderr)
                self.assertEqual(self.apt_said(), "")

    def test_nobody_is_asked_without_need(self):
        for command in self.installs():
            with self.subTest(command=command):
                said = self.in_terminal(command, wanted=1, env=self.machine(FAKE_MISSING=""))
                self.assertRegex(said, r"packages +0:0\d  ok")
                self.assertEqual(self.apt_said(), "")
                said = self.in_terminal(command, wanted=1,
                                        env=self.machine(sudo=False, FAKE_UID="0"))
                self.assertRegex(said, r"packages +0:0\d  ok")
                self.assertIn(" install ", self.apt_said())


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
