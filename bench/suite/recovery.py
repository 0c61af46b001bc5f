# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""How long gonghuid takes to start again with a large city on disk."""

import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time

from suite import bars
from suite.servers import Gonghuid
from suite.system import OUT, BenchError, must, resident_bytes, say

MEMBERS = 10_000_000
QUICK_MEMBERS = 100_000
MERCHANTS = 5_000
# 10 million took 80 bytes each in the end; what RocksDB merges is there twice meanwhile.
DISK_BYTES_PER_MEMBER = 240

# Of gonghuid's log.
RECOVERED = re.compile(r"events_replayed=(\d+) load_ms=(\d+) replay_ms=(\d+)")


def recovery(bench):
    """Stopped and started again; then killed under load and started again."""
    members = QUICK_MEMBERS if bench.options.quick else MEMBERS
    free = shutil.disk_usage(OUT).free
    if free < members * DISK_BYTES_PER_MEMBER + 2**30:
        raise BenchError(f"{OUT}: recovery wants {members * DISK_BYTES_PER_MEMBER / 2**30:.1f} "
                         f"GiB of disk for a while, {free / 2**30:.1f} GiB are free")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="run-recovery-", dir=OUT))
    bench.more_folders.append(folder)
    made = make_city(bench, folder, members)
    after_stop(bench, folder, members, made)
    after_kill(bench, folder)
    bench.verify(folder)


def make_city(bench, folder, members):
    """By the engine, not over the wire; gives the (sequence, state hash) that it has then."""
    say(f"bench: recovery with {members:,} members")
    started = time.monotonic()
    output = must([bench.bin / "gonghui-city", "--data", folder / "data", "--csv", folder / "csv",
                   "--members", members, "--merchants", MERCHANTS], "gonghui-city")
    bench.more["recovery_members"] = members
    bench.more["recovery_city_s"] = round(time.monotonic() - started, 1)
    bench.more["recovery_disk_bytes"] = sum(
        file.stat().st_size for file in (folder / "data").rglob("*") if file.is_file())
    say(f"  made in {bench.more['recovery_city_s']} s, "
        f"{bench.more['recovery_disk_bytes'] / 1e9:.2f} GB")
    words = dict(line.split() for line in output.splitlines())
    return int(words["applied_seq"]), words["state_hash"]


def standing(server):
    """(sequence, state hash)."""
    status = server.status()
    return int(status["appliedSeq"]), status["stateHash"]


def start(bench, folder, name):
    """A server, and what its start was made of, kept under that name."""
    server = Gonghuid(bench.bin, folder, bench.options.pipeline)
    try:
        # The log goes on from start to start: the last one counts.
        found = None
        for found in RECOVERED.finditer(server.log.read_text(errors="replace")):
            pass
        if found is None:
            raise BenchError(f"{server.log}: no line says what was recovered")
        events, load_ms, replay_ms = map(int, found.groups())
        bench.more[f"{name}_s"] = round(server.start_s, 2)
        bench.more[f"{name}_checkpoint_s"] = round(load_ms / 1000, 2)
        bench.more[f"{name}_replay_s"] = round(replay_ms / 1000, 2)
        bench.more[f"{name}_replayed_events"] = events
        say(f"  {name}: ready in {server.start_s:.2f} s, {load_ms / 1000:.2f} s for the "
            f"checkpoint, {replay_ms / 1000:.2f} s to replay {events:,} events")
    except BaseException:
        server.stop(check=False)
        raise
    return server


def after_stop(bench, folder, members, made):
    """From the execution of the program until it answers, all in the checkpoint."""
    server = start(bench, folder, "recovery")
    try:
        bench.more["recovery_rss_bytes"] = resident_bytes(server.child.pid)
        bench.check(standing(server) == made,
                    f"recovered {standing(server)}, what was stored is {made}")
    finally:
        server.stop(check=sys.exc_info()[0] is None)
    if members == MEMBERS:
        bench.more["recovery_10m_members_s"] = bench.more["recovery_s"]
        bars.check(bench, "recovery_10m_members_s")


def after_kill(bench, folder):
    """With sales that only the journal has."""
    server = Gonghuid(bench.bin, folder, bench.options.pipeline)
    own_data, bench.data = bench.data, folder / "csv"
    try:
        # Short: a checkpoint is taken once the journal has grown by 256 MiB, or after a minute.
        bench.load(server, "stream", min(2.0, bench.options.seconds), "recovery_stream")
        answered = standing(server)
        os.kill(server.child.pid, signal.SIGKILL)
        server.child.wait()
    finally:
        bench.data = own_data
        server.stop(check=False)
    server = start(bench, folder, "recovery_killed")
    try:
        # All was answered before the kill, and nothing decided since.
        bench.check(standing(server) == answered,
                    f"after a kill there is {standing(server)}, before it was {answered}")
        bench.check(bench.more["recovery_killed_replayed_events"] > 0, "nothing was replayed")
    finally:
        server.stop(check=sys.exc_info()[0] is None)
