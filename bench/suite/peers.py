# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""The same decision in PostgreSQL and in Redis, beside gonghuid.

Both are servers of our own: on a folder below build/bench, which goes when they do, with a Unix
socket and no port.  What the machine runs as services is not touched.
"""

import os
import pathlib
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from suite import bars
from suite.client import measure
from suite.system import CHILDREN, OUT, ROOT, TICKS, BenchError, cpu_seconds, must, say

SCRIPTS = ROOT / "bench" / "peers"
PROGRAM = "gonghui-peers"
SLOTS = 128          # of a fund in tuned.sql; as many as there are connections at most
BUDGET_FEN = 10**13  # never exhausted
USES_PER_DAY = 1_000_000  # as bench/workload.yaml
DISK_BYTES = 12 * 2**30  # for a while: the data, and PostgreSQL's log without a checkpoint
# A socket's path has 107 bytes at most, its own name with it.
SOCKET_FOLDER_BYTES_MAX = 80
# What a database of that size gets of a machine's memory.
SHARED_BUFFERS_MIB = max(128, min(
    2048, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 // 8))

# bench/README.md says what else was tried.
POSTGRES_SETTINGS = {
    # Answers are durable.  gonghui-peers asks and refuses to measure anything else.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # The database is in memory, and no checkpoint falls into a round: gonghuid's do.
    "shared_buffers": f"{SHARED_BUFFERS_MIB}MB",
    "huge_pages": "try",
    "wal_buffers": "64MB",
    "wal_compression": "lz4",
    "min_wal_size": "2GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "wal_level": "minimal",  # no replica to feed
    "max_wal_senders": "0",
    # Queries of a few rows: nothing to compile, plan once.
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "max_connections": "150",
    "update_process_title": "off",
    "timezone": "Asia/Shanghai",
    "listen_addresses": "",
    "logging_collector": "off",
}
REDIS_SETTINGS = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    # The file is not rewritten in a round.
    "auto-aof-rewrite-percentage": "0",
    "save": "",
    "latency-tracking": "no",
    # Threads for sockets earn nothing until the machine has cores for them.
    "io-threads": str(max(1, min(4, os.cpu_count() - 2))),
    "port": "0",
    "daemonize": "no",
}


class Way(NamedTuple):
    """A way to ask a peer: how gonghui-peers is told, and what is tried with it."""

    name: str
    peer: str  # postgres or redis
    beside: str  # what of gonghuid it is compared with
    words: tuple
    tried: tuple  # (connections, items)


WAYS = (
    Way("postgres_plain", "postgres", "unary", ("--variant", "plain"),
        ((32, 1), (64, 1), (128, 1))),
    Way("postgres_tuned", "postgres", "unary", ("--variant", "tuned"),
        ((32, 1), (64, 1), (96, 1), (128, 1))),
    Way("postgres_pipelined", "postgres", "stream", ("--mode", "pipelined"),
        ((8, 64), (16, 64), (8, 256), (16, 256))),
    Way("postgres_bulk", "postgres", "stream", ("--mode", "bulk"),
        ((4, 512), (8, 512), (8, 1024), (4, 2048))),
    Way("redis_single", "redis", "unary", (),
        ((32, 1), (64, 1), (128, 1), (256, 1))),
    Way("redis_pipelined", "redis", "stream", ("--mode", "pipelined"),
        ((8, 64), (16, 64), (16, 256), (32, 256))),
    Way("redis_bulk", "redis", "stream", ("--mode", "bulk"),
        ((4, 64), (8, 64), (8, 256), (16, 256))),
)


# ------------------------------------------------------------------- servers


class Account:
    """Who a peer runs as: PostgreSQL refuses to be root."""

    def __init__(self, preferred):
        self._name = None
        if os.geteuid() == 0:
            known = {entry.pw_name for entry in pwd.getpwall()}
            self._name = preferred if preferred in known else "nobody"

    def words(self, command, signal="TERM"):
        """`command` as that user; `signal` comes when we are killed so that we cannot clean up."""
        if self._name is None:
            return list(command)
        entry = pwd.getpwnam(self._name)
        return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups",
                f"--pdeathsig={signal}", "--", *command]

    def give(self, folder):
        if self._name is not None:
            entry = pwd.getpwnam(self._name)
            os.chown(folder, entry.pw_uid, entry.pw_gid)

    def reaches(self, folder):
        done = subprocess.run(self.words(["test", "-w", str(folder)]), check=False,
                              stdin=subprocess.DEVNULL, timeout=10, cwd="/")
        return done.returncode == 0


def program(name):
    """Debian keeps PostgreSQL's programs off the PATH; the newest of several."""
    def version(folder):
        return [int(part) for part in folder.parent.name.split(".") if part.isdigit()]
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True)
    found = next((str(folder / name) for folder in folders if (folder / name).exists()), None)
    found = found or shutil.which(name)
    if found is None:
        raise BenchError(f"there is no {name}; tools/install-packages --peers")
    return found


def tree_cpu_seconds(pid):
    """What a process used, its children that ended, and those that run."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    used = sum(int(field) for field in fields[11:15]) / TICKS
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = file.read().split()
    for child in children:
        try:
            used += cpu_seconds(child)
        except OSError:
            pass  # it ended just now, and is among the ended the next time
    return used


class Server:
    """A peer's process, its folder, its socket."""

    def __init__(self, name, account):
        self.name = name
        self.account = Account(account)
        self.child = None
        self.folder = None
        self.sockets = None
        try:
            # Not below the build folder, which may be anywhere.
            self.sockets = self._make_folder("gonghui-bench.",
                                             (tempfile.gettempdir(), "/tmp", "/var/tmp"),
                                             SOCKET_FOLDER_BYTES_MAX)
            self.folder = self._make_folder(f"peer-{name}-", (OUT, "/var/tmp"))
            self.log = self.folder / "log"
        except BaseException:
            self.stop()
            raise

    def _make_folder(self, prefix, parents, bytes_max=4096):
        """In the first of `parents` that the peer's user reaches, and where its path is not longer
        than that: a parent that is root's alone (mktemp -d) does not let it through."""
        for parent in dict.fromkeys(map(str, parents)):
            folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            self.account.give(folder)
            if len(os.fsencode(folder)) <= bytes_max and self.account.reaches(folder):
                return folder
            folder.rmdir()
            say(f"bench: {self.name} takes no folder in {parent}: its user cannot reach it, or the "
                "path is too long")
        raise BenchError(f"there is no folder for {self.name}")

    def start(self, command, signal):
        with open(self.log, "ab") as log:
            self.child = CHILDREN.start(self.account.words(command, signal), stdout=log,
                                        stderr=log, cwd=self.folder)

    def wait_until(self, is_ready):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise BenchError(f"{self.name} ended with {self.child.returncode}:\n{self.tail()}")
            if is_ready():
                return
            time.sleep(0.05)
        raise BenchError(f"{self.name} is not ready after 60 s:\n{self.tail()}")

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def settle(self):
        """Waits until it does nothing; whatever it does then, the next round has to bear."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            before = tree_cpu_seconds(self.child.pid)
            time.sleep(0.3)
            if tree_cpu_seconds(self.child.pid) - before <= 0.02:
                return

    def stop(self):
        if self.child is not None:
            CHILDREN.stop(self.child)
        for folder in (self.folder, self.sockets):
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


class Postgres(Server):
    """A cluster of its own; the database has the city of authorize.sql."""

    def __init__(self, members, merchants, budget_fen=BUDGET_FEN, uses_per_day=USES_PER_DAY,
                 settings=None):
        super().__init__("postgres", "postgres")
        try:
            data = self.folder / "data"
            must(self.account.words([program("initdb"), "-D", data, "-U", "bench", "-A", "trust",
                                     "--no-locale", "-E", "UTF8", "--no-sync",
                                     "--no-instructions", "--wal-segsize=64"]),
                 "initdb", timeout_s=120, cwd=self.folder)
            settings = {**POSTGRES_SETTINGS, "unix_socket_directories": self.sockets,
                        **(settings or {})}
            # SIGINT: at once, with whoever is connected.
            self.start([program("postgres"), "-D", str(data),
                        *(word for name, value in settings.items()
                          for word in ("-c", f"{name}={value}"))], signal="INT")
            self.wait_until(lambda: self._psql("-c", "select 1")[0] == 0)
            self.sql("-f", SCRIPTS / "authorize.sql", "-v", f"members={members}",
                     "-v", f"merchants={merchants}", "-v", f"budget={budget_fen}",
                     "-v", f"daily={uses_per_day}", "-v", f"slots={SLOTS}")
            # Its log is used again, which costs less than a new one.
            self.sql("-c", "checkpoint")
        except BaseException:
            self.stop()
            raise
        self.words = ["--peer", "postgres", "--slots", str(SLOTS),
                      "--server", f"host={self.sockets} user=bench dbname=postgres"]

    def _psql(self, *words):
        return CHILDREN.run([program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1",
                             "-h", self.sockets, "-U", "bench", "-d", "postgres", *words],
                            timeout_s=1800)

    def sql(self, *words):
        code, output = self._psql(*words)
        if code != 0:
            raise BenchError(f"psql {' '.join(map(str, words))} failed ({code}):\n"
                             f"{output[-2000:]}")
        return output

    def stop(self):
        # SIGTERM would wait for clients that went wrong.
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(subprocess.signal.SIGINT)
            try:
                self.child.wait(30)
            except subprocess.TimeoutExpired:
                pass
        super().stop()


class Redis(Server):
    """A server of its own with the city of city.lua."""

    CHUNK = 50_000  # members a call, which nothing else is done beside

    def __init__(self, members, merchants, budget_fen=BUDGET_FEN, uses_per_day=USES_PER_DAY,
                 settings=None, scripts=SCRIPTS):
        super().__init__("redis", "redis")
        try:
            self.socket = f"{self.sockets}/redis.sock"
            settings = {**REDIS_SETTINGS, "unixsocket": self.socket, "dir": str(self.folder),
                        **(settings or {})}
            self.start([program("redis-server"),
                        *(word for name, value in settings.items()
                          for word in (f"--{name}", value))], signal="TERM")
            self.wait_until(lambda: self._cli("ping")[1].strip() == "PONG")
            for first in range(1, members + 1, self.CHUNK):
                last = min(members, first + self.CHUNK - 1)
                code, output = self._cli("--eval", SCRIPTS / "city.lua", ",", first, last,
                                         merchants, budget_fen, uses_per_day)
                if code != 0 or output.strip() != "OK":
                    raise BenchError(f"city.lua failed ({code}): {output.strip()[-1000:]}")
        except BaseException:
            self.stop()
            raise
        self.words = ["--peer", "redis", "--server", self.socket, "--scripts", str(scripts)]

    def _cli(self, *words):
        return CHILDREN.run([program("redis-cli"), "-s", self.socket, *map(str, words)],
                            timeout_s=120)


SERVERS = {"postgres": Postgres, "redis": Redis}


# ------------------------------------------------------------------ the part


def ask(bench, server, words, seconds, label):
    """Runs gonghui-peers; gives its figures, with who used how much CPU."""
    result = measure(
        label,
        [bench.bin / PROGRAM, *server.words, *words, "--members", bench.options.members,
         "--merchants", bench.options.merchants, "--duration", seconds,
         "--warmup", min(2.0, seconds / 3)],
        lambda: tree_cpu_seconds(server.child.pid), timeout_s=seconds + 120)
    if result["answered"] == 0:
        raise BenchError(f"{label}: nothing was answered within {seconds} s")
    return result


def best_settings(bench, servers):
    """For each way the connections and items of a message that a short trial likes best."""
    say("bench: peers: how many connections, how many requests at once")
    chosen = {}
    for way in WAYS:
        # The fewest: however busy the machine is, some are answered.
        tried = way.tried[:1] if bench.options.quick else way.tried
        rates = {}
        for connections, items in tried:
            words = [*way.words, "--connections", connections, "--items", items]
            servers[way.peer].settle()
            rates[tuple(words)] = ask(bench, servers[way.peer], words, 1.0,
                                      f"{way.name} {connections} x {items}")["rate_per_s"]
        chosen[way.name] = list(max(rates, key=rates.get))
    return chosen


def audit(bench, servers):
    """All that is stored agrees with the funds and the counters."""
    for name, words in (("postgres", ("--variant", "plain")), ("postgres", ("--variant", "tuned")),
                        ("redis", ())):
        code, output = CHILDREN.run([bench.bin / PROGRAM, *servers[name].words, *words, "--audit"],
                                    timeout_s=600)
        say(f"  {name} {' '.join(words)}: {output.strip()}")
        bench.check(code == 0, f"{name} {' '.join(words)}: {output.strip()[-1000:]}")


def keep(bench, found, chosen):
    for way in WAYS:
        results = found[way.name]
        rates = [round(result["rate_per_s"]) for result in results]
        bench.spread[f"{way.name}_per_s"] = rates
        bench.spread[f"{way.name}_others_cores"] = [result["others_cores"] for result in results]
        bench.more[f"{way.name}_per_s"] = round(statistics.median(rates))
        for key in ("p50_us", "p99_us", "server_cpu_us", "client_cpu_us"):
            bench.more[f"{way.name}_{key}"] = round(
                statistics.median(result[key] for result in results), 2)
        for key in ("connections", "items"):
            bench.more[f"{way.name}_{key}"] = int(chosen[way.name][
                chosen[way.name].index(f"--{key}") + 1])
    for mode in ("unary", "stream"):
        rates = [round(result["rate_per_s"]) for result in found[mode]]
        bench.spread[f"peers_{mode}_per_s"] = rates
        bench.more[f"peers_{mode}_per_s"] = round(statistics.median(rates))
        for peer in SERVERS:
            # Beside the fastest way of the peer, whichever that is; neighbours are compared.
            best = max((way for way in WAYS if way.peer == peer and way.beside == mode),
                       key=lambda way: bench.more[f"{way.name}_per_s"])
            name = f"vs_{peer}" if mode == "unary" else f"vs_{peer}_stream"
            ratios = [round(ours["rate_per_s"] / theirs["rate_per_s"], 2)
                      for ours, theirs in zip(found[mode], found[best.name])]
            bench.spread[name] = ratios
            bench.more[name] = round(statistics.median(ratios), 2)
            say(f"  {name} {bench.more[name]} (beside {best.name})")
            bars.check(bench, name)


def peers(bench):
    """gonghuid, PostgreSQL and Redis in turn, some rounds of each way to ask."""
    options = bench.options
    free = shutil.disk_usage(OUT).free
    if free < DISK_BYTES and not options.quick:
        raise BenchError(f"{OUT}: peers needs {DISK_BYTES / 2**30:.0f} GiB of disk for a while, "
                         f"{free / 2**30:.1f} GiB are free")
    servers = {}
    gonghuid = None
    try:
        for name, server in SERVERS.items():
            say(f"bench: peers: {name} with {options.members:,} members")
            servers[name] = server(options.members, options.merchants)
        chosen = best_settings(bench, servers)
        say(f"bench: peers: in turn, {options.rounds} rounds of {options.seconds} s")
        gonghuid = bench.gonghuid()
        found = {}
        for _ in range(options.rounds):
            for mode in ("unary", "stream"):
                settle(bench, gonghuid, servers)
                found.setdefault(mode, []).append(
                    bench.load(gonghuid, mode, options.seconds, f"peers_{mode}"))
                for way in (way for way in WAYS if way.beside == mode):
                    settle(bench, gonghuid, servers)
                    found.setdefault(way.name, []).append(
                        ask(bench, servers[way.peer], chosen[way.name], options.seconds,
                            way.name))
        keep(bench, found, chosen)
        # What they said of themselves, with the settings that make them durable.
        bench.peers = {way.peer: found[way.name][0]["settings"] for way in WAYS}
        for text in bench.peers.values():
            say(f"  {text}")
        audit(bench, servers)
    finally:
        if gonghuid is not None:
            gonghuid.stop(check=sys.exc_info()[0] is None)
        for server in servers.values():
            server.stop()


def settle(bench, gonghuid, servers):
    """Nobody works at what is left over while another is measured."""
    bench.settle(gonghuid)
    for server in servers.values():
        server.settle()
