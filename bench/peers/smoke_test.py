#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""bench/peers and bench/suite/peers.py, small: servers of our own with a few thousand members.

    bench/peers/smoke_test.py --bin build/dev/bin

Each way to ask is right, also while funds and limits run out; and what is not right or not
durable is not measured.  Nothing is said about time: where something has to happen first (a fund
has to run out), there are as many turns as that takes.
"""

import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile
import types
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from suite import peers  # noqa: E402
from suite.system import CHILDREN, OUT, BenchError  # noqa: E402

MEMBERS = 3_000
MERCHANTS = 200
# Transactions of several requests that search the same slots may deadlock; that shall not take
# a second each time.
SMALL = {"shared_buffers": "64MB", "max_wal_size": "512MB", "min_wal_size": "128MB",
         "deadlock_timeout": "50ms"}
POSTGRES_WAYS = (("--variant", "plain"),
                 ("--variant", "plain", "--mode", "pipelined", "--transactions", "each"),
                 ("--variant", "tuned"),
                 ("--mode", "pipelined", "--transactions", "each"),
                 ("--mode", "pipelined"),
                 ("--mode", "bulk"))
REDIS_WAYS = ((), ("--mode", "pipelined"), ("--mode", "bulk"))
# So that of messages of 16 requests some have a repeat and some have none.
REPEATS = ("--repeat-percent", "5")
TURNS = 100
BIN = None  # of the command line


class PeersTest(unittest.TestCase):
    """gonghui-peers against servers with the settings of the benchmark."""

    def setUp(self):
        OUT.mkdir(parents=True, exist_ok=True)
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="gonghui-peers-test."))
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)

    def redis(self, **city):
        server = peers.Redis(MEMBERS, MERCHANTS, **city)
        self.addCleanup(server.stop)
        return server

    def run_client(self, server, *words, members=MEMBERS):
        """Gives exit code, output and figures."""
        file = self.scratch / "result.json"
        file.unlink(missing_ok=True)
        code, output = CHILDREN.run(
            [BIN / peers.PROGRAM, *server.words, "--members", members, "--merchants", MERCHANTS,
             "--duration", "0.3", "--warmup", "0.05", "--json", file, "--quiet", *words],
            timeout_s=100)
        return code, output, json.loads(file.read_text()) if file.exists() else None

    def must_be_right(self, server, *words, **how):
        code, output, result = self.run_client(server, *words, **how)
        self.assertEqual(code, 0, output)
        self.assertEqual(result["wrong"], 0)
        self.assertGreater(result["checked"], 0)
        self.assertGreater(result["replayed"], 0)
        return result

    def must_refuse(self, server, code, *words, **how):
        """Everything is right, and something is refused with `code`."""
        for _ in range(TURNS):
            result = self.must_be_right(server, *words, "--may-run-out", **how)
            if result["codes"].get(code, 0) > 0:
                return
        self.fail(f"nothing was refused with {code}: {result}")

    def must_be_seen(self, server, *words, what):
        code, output, _ = self.run_client(server, *words)
        self.assertEqual(code, 1, output)
        self.assertIn(what, output)

    def audit(self, server, *words):
        return CHILDREN.run([BIN / peers.PROGRAM, *server.words, *words, "--audit"], timeout_s=60)

    def must_balance(self, server, *words):
        code, output = self.audit(server, *words)
        self.assertEqual(code, 0, output)
        self.assertIn("the books are right", output)


class PostgresTest(PeersTest):
    """One cluster for all: each costs seconds."""

    @classmethod
    def setUpClass(cls):
        OUT.mkdir(parents=True, exist_ok=True)
        cls.server = peers.Postgres(MEMBERS, MERCHANTS, settings=SMALL)

    @classmethod
    def tearDownClass(cls):
        pid = cls.server.child.pid
        cls.server.stop()
        for left in (cls.server.folder, cls.server.sockets, f"/proc/{pid}"):
            assert not pathlib.Path(left).exists(), left

    def begin(self, slot_fen=10**9, uses_per_day=10**6):
        """As authorize.sql leaves it, with other funds and limits."""
        self.server.sql("-c", f"""
            truncate plain.usage, plain.authorization, tuned.usage, tuned.authorization;
            update plain.fund set budget_fen = {slot_fen * peers.SLOTS}, spent_fen = 0;
            update tuned.fund set budget_fen = {slot_fen * peers.SLOTS};
            update tuned.fund_slot set left_fen = {slot_fen};
            update rule set uses_per_day = {uses_per_day},
                            pays_percent = (array[80, 60, 50])[1 + (id - 1) % 3]""")

    def must_all_balance(self):
        for variant in ("plain", "tuned"):
            self.must_balance(self.server, "--variant", variant)

    def test_every_way(self):
        self.begin()
        for words in POSTGRES_WAYS:
            with self.subTest(words=words):
                result = self.must_be_right(self.server, *words, "--connections", "4",
                                            "--items", "16", *REPEATS)
                self.assertIn("synchronous_commit=on", result["settings"])
        self.must_all_balance()
        # Whatever the clock says: the books would be wrong after midnight.
        self.assertEqual(self.days(), "20000")

    def days(self):
        return self.server.sql("-At", "-c", """
            select string_agg(distinct day::text, ' ' order by day::text) from
            (select day from plain.usage union all select day from tuned.usage) d""").strip()

    def test_counters_begin_anew_with_a_day(self):
        for words in (("--variant", "plain"), ("--variant", "tuned"), ("--mode", "bulk")):
            with self.subTest(words=words):
                self.begin(uses_per_day=1)
                for day in ("20000", "20001"):
                    self.must_refuse(self.server, "65", *words, "--connections", "2",
                                     "--items", "16", "--day", day, members=20)
                    used = self.server.sql("-At", "-c", f"""
                        select count(*) > 0 and max(uses) = 1 from
                        (select * from plain.usage union all select * from tuned.usage) u
                        where day = {day}""")
                    self.assertEqual(used.strip(), "t")
                # The tuned counters of the first day are gone, which is what --day is for.
                code, output = self.audit(self.server, *words)
                self.assertEqual(code, int("plain" not in words), output)

    def test_a_function_that_answers_wrongly_is_seen(self):
        self.begin()
        self.server.sql("-c", "update rule set pays_percent = pays_percent - 1")
        for variant in ("plain", "tuned"):
            self.must_be_seen(self.server, "--variant", variant, what="best rule")
        # And what is stored otherwise than it was taken.
        self.server.sql("-c", "update tuned.fund_slot set left_fen = left_fen - 1 where slot = 7",
                        "-c", "update plain.fund set spent_fen = spent_fen + 1 where id = 4")
        for variant, fund in (("tuned", 1), ("plain", 4)):
            code, output = self.audit(self.server, "--variant", variant)
            self.assertEqual(code, 1, output)
            self.assertIn(f"WRONG BOOKS: fund {fund} lost", output)

    def test_funds_run_out_exactly(self):
        # Some ten uses of a fund, and nearly all of them want more than a slot holds.
        for words in POSTGRES_WAYS:
            with self.subTest(words=words):
                self.begin(slot_fen=100)
                self.must_refuse(self.server, "51", *words, "--connections", "4", "--items", "8")
                self.must_all_balance()
                # Whoever was refused wanted no more than the largest cap, which was not there.
                left = self.server.sql("-At", "-c", """
                    select min(budget_fen - taken_fen) from (select * from plain.books
                    union all select * from tuned.books) b where taken_fen > 0""")
                self.assertLess(int(left), 3_000)

    def test_limits_are_kept(self):
        for words in POSTGRES_WAYS:
            with self.subTest(words=words):
                self.begin(uses_per_day=2)
                # So few that each comes several times at once.
                self.must_refuse(self.server, "65", *words, "--connections", "4",
                                 "--items", "32", members=20)
                self.must_all_balance()
                most = self.server.sql("-At", "-c", """
                    select max(uses) from (select uses from plain.usage
                    union all select uses from tuned.usage) u""")
                self.assertEqual(int(most), 2)

    def test_what_is_not_durable_is_not_measured(self):
        server = types.SimpleNamespace(words=[*self.server.words])
        server.words[-1] += " options='-c synchronous_commit=off'"
        code, output, result = self.run_client(server)
        self.assertEqual(code, 2, output)
        self.assertIn("synchronous_commit is off", output)
        self.assertIsNone(result)

    def test_the_part_without_gonghuid(self):
        """What tools/bench does with both peers, and what it makes of the results."""
        self.begin()
        bench = types.SimpleNamespace(
            bin=BIN, figures={}, more={}, spread={}, failures=[],
            options=types.SimpleNamespace(members=MEMBERS, merchants=MERCHANTS, quick=True))
        bench.check = lambda right, what: right or bench.failures.append(what)
        servers = {"postgres": self.server, "redis": self.redis()}
        ask = peers.ask

        def ask_until_answered(bench, server, words, _, label):
            for seconds in (0.3, 3.0):
                try:
                    return ask(bench, server, words, seconds, label)
                except BenchError as error:
                    if "nothing was answered" not in str(error):
                        raise
            return ask(bench, server, words, 30.0, label)

        with mock.patch.object(peers, "ask", ask_until_answered):
            chosen = peers.best_settings(bench, servers)
            found = {way.name: [peers.ask(bench, servers[way.peer], chosen[way.name], None,
                                          way.name)] for way in peers.WAYS}
        found["unary"] = found["stream"] = [{"rate_per_s": 1_000_000.0}]
        peers.keep(bench, found, chosen)
        peers.audit(bench, servers)
        self.assertEqual(bench.failures, [])
        for mode, name in (("unary", "vs_{}"), ("stream", "vs_{}_stream")):
            for peer in peers.SERVERS:
                fastest = max(found[way.name][0]["rate_per_s"] for way in peers.WAYS
                              if way.peer == peer and way.beside == mode)
                self.assertAlmostEqual(bench.more[name.format(peer)], 1_000_000 / fastest,
                                       delta=0.01)


class RedisTest(PeersTest):
    """A server for each test: they start at once."""

    def test_every_way(self):
        server = self.redis()
        for words in REDIS_WAYS:
            with self.subTest(words=words):
                result = self.must_be_right(server, *words, "--connections", "4",
                                            "--items", "16", *REPEATS)
                self.assertIn("appendfsync=always", result["settings"])
        self.must_balance(server)
        self.assertEqual(self.days(server), {20000})
        self.run_redis(server, "decrby", "left:3", "1")
        code, output = self.audit(server)
        self.assertEqual(code, 1, output)
        self.assertIn("WRONG BOOKS: fund 3 lost", output)

    def run_redis(self, server, *words):
        code, output = CHILDREN.run([peers.program("redis-cli"), "-s", server.socket, *words],
                                    timeout_s=30)
        self.assertEqual(code, 0, output)
        return output

    def days(self, server):
        """Of the counters, whose values are day * 10,000,000 + uses."""
        return {int(day) for day in self.run_redis(server, "eval", """
            local days = {}
            for _, member in ipairs(redis.call('KEYS', 'use:*')) do
              for _, value in ipairs(redis.call('HVALS', member)) do
                days[#days + 1] = math.floor(tonumber(value) / 10000000)
              end
            end
            return table.concat(days, ' ')""", "0").split()}

    def test_counters_begin_anew_with_a_day(self):
        server = self.redis(uses_per_day=1)
        for day in (20000, 20001):
            self.must_refuse(server, "65", "--connections", "2", "--day", str(day), members=20)
            self.assertIn(day, self.days(server))

    def test_funds_run_out_exactly(self):
        for words in REDIS_WAYS:
            with self.subTest(words=words):
                server = self.redis(budget_fen=10_000)
                self.must_refuse(server, "51", *words, "--connections", "4", "--items", "16")
                self.must_balance(server)

    def test_limits_are_kept(self):
        server = self.redis(uses_per_day=2)
        for words in REDIS_WAYS:
            with self.subTest(words=words):
                self.must_refuse(server, "65", *words, "--connections", "4", "--items", "32",
                                 members=20)
        self.must_balance(server)

    def test_a_wrong_script_is_seen(self):
        scripts = self.scratch / "scripts"
        scripts.mkdir()
        shutil.copy(peers.SCRIPTS / "audit.lua", scripts)
        right = (peers.SCRIPTS / "authorize.lua").read_text(encoding="utf-8")
        for before, after, what in (
                # Decides a repeat anew.
                ("if earlier then", "if false then", "asked again"),
                # Takes what the content was before for granted.
                ("about == content and answer or '94,0,0'", "answer", "asked again"),
                # Does not take the fund.
                ("call('DECRBY', left, fen)", "1", "fund 1 lost")):
            with self.subTest(after=after):
                self.assertEqual(right.count(before), 1)
                (scripts / "authorize.lua").write_text(right.replace(before, after),
                                                       encoding="utf-8")
                self.must_be_seen(self.redis(scripts=scripts), what=what)

    def test_what_is_not_durable_is_not_measured(self):
        server = self.redis(settings={"appendfsync": "everysec"})
        code, output, _ = self.run_client(server)
        self.assertEqual(code, 2, output)
        self.assertIn("appendfsync is everysec", output)

    def test_a_folder_for_temporary_files_that_does_not_do(self):
        """One that is root's alone, as mktemp -d makes it; and one with a long name."""
        for folder in (self.scratch, self.scratch / ("long" * 30)):
            folder.mkdir(mode=0o700, exist_ok=True)
            with self.subTest(folder=folder), mock.patch.object(tempfile, "tempdir", str(folder)):
                self.must_be_right(self.redis())
                if os.geteuid() == 0 or folder != self.scratch:
                    self.assertEqual(list(folder.glob("gonghui-bench.*")), [], "not there")

    def test_nothing_is_left(self):
        server = self.redis()
        pid = server.child.pid
        server.stop()
        for left in (server.folder, server.sockets, f"/proc/{pid}"):
            self.assertFalse(pathlib.Path(left).exists(), left)


def main():
    global BIN
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="folder of gonghui-peers")
    options, rest = parser.parse_known_args()
    BIN = options.bin.resolve()
    try:
        unittest.main(argv=[sys.argv[0], *rest])
    finally:
        CHILDREN.stop_all()


if __name__ == "__main__":
    main()
