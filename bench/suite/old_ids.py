# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Two gonghuids in turn: one with a long past on disk, one without."""

import pathlib
import re
import shutil
import statistics
import sys
import tempfile
import time

from suite import bars
from suite.core import LOAD
from suite.servers import Gonghuid
from suite.system import OUT, BenchError, must, resident_bytes, say

# Few in flight: the latency is that of the call, not of a queue.
LOOK_UP = ["--mode", "unary", "--inflight", "4", "--connections", "1", "--threads", "1"]

# old-ids: how much disk an id may take for a while (as storage/archive_bulk_loader.cc reckons).
OLD_ID_BYTES = 240
OLD_IDS_ASKED_MAX = 100_000  # in each turn


def old_ids(bench):
    """A server with a long past and one without, in turn."""
    count = bench.options.old_ids
    say(f"bench: old-ids: {count:,} of them")
    needed = count * OLD_ID_BYTES + 4 * 2**30
    free = shutil.disk_usage(OUT).free
    if free < needed:
        raise BenchError(f"{OUT}: old-ids needs {needed / 2**30:.1f} GiB of disk for a while, "
                         f"{free / 2**30:.1f} GiB are free; --old-ids N takes fewer")
    folders = {}
    for name in ("none", "old"):
        folders[name] = pathlib.Path(tempfile.mkdtemp(prefix=f"run-{name}-", dir=OUT))
        bench.more_folders.append(folders[name])
    server = Gonghuid(bench.bin, folders["none"], bench.options.pipeline)
    try:
        server.load_data(bench.data, bench.options.programmes)
    finally:
        server.stop(check=sys.exc_info()[0] is None)
    # The same city in both: members, cards, terminals, programmes and the vault's key.
    shutil.copytree(folders["none"] / "data", folders["old"] / "data")
    shutil.copy(folders["none"] / "vault.key", folders["old"] / "vault.key")
    asked = bulk_load(bench, folders["old"], count)

    servers = {}
    try:
        for name in ("none", "old"):
            servers[name] = Gonghuid(bench.bin, folders[name], bench.options.pipeline)
            complete_s = await_filter(servers[name])
            if name == "old":
                bench.more["old_ids_filter_s"] = complete_s
            bench.more[f"old_ids_{name}_start_s"] = round(servers[name].start_s, 2)
        rates_of_old_ids(bench, servers)
        # A server that merely did not look would be fast, too: so old ids are asked.
        look_up_old_ids(bench, servers["old"], asked)
        for name in ("none", "old"):
            bench.more[f"old_ids_{name}_rss_bytes_after"] = resident_bytes(
                servers[name].child.pid)
    finally:
        for server in servers.values():
            server.stop(check=sys.exc_info()[0] is None)
    bench.verify(folders["none"])
    if count <= 2_000_000:  # it reads the whole archive into memory
        bench.verify(folders["old"])


def bulk_load(bench, folder, count):
    """Gives files of old ids to ask for, one for each turn: asked twice, an id is in memory."""
    turns = min(bench.options.rounds, 3)
    named = folder / "old-ids.csv"
    started = time.monotonic()
    output = must([bench.bin / "gonghui-bulkload", "--data", folder / "data",
                   "--generate", count, "--seed", "2022",
                   "--print-ids", min(count, turns * OLD_IDS_ASKED_MAX),
                   "--ids-file", named, "--quiet"], "gonghui-bulkload", timeout_s=7200)
    bench.more["old_ids"] = count
    bench.more["old_ids_load_s"] = round(time.monotonic() - started, 1)
    records, ids = (int(text.replace(",", "")) for text in
                    re.search(r"([\d,]+) bytes of records, ([\d,]+) bytes of ids",
                              output).groups())
    bench.more["old_ids_disk_bytes"] = records + ids
    bench.more["old_ids_record_bytes_each"] = round(records / count, 1)
    bench.more["old_ids_id_bytes_each"] = round(ids / count, 1)
    say(f"  loaded in {bench.more['old_ids_load_s']} s, {(records + ids) / 1e9:.2f} GB: "
        f"{(records + ids) / count:.0f} bytes each")
    header, *rows = named.read_text(encoding="utf-8").splitlines(keepends=True)
    files = []
    for turn in range(turns):
        files.append(folder / f"old-ids-{turn}.csv")
        files[-1].write_text(header + "".join(rows[turn::turns]), encoding="utf-8")
    return files


def archive_status(server):
    found = server.status().get("archive", {})
    return {key: int(found.get(key, 0)) for key in
            ("diskLookupCount", "thawedCount", "filterBytes", "filterComplete")}


def await_filter(server):
    """Seconds until it need not ask the disk for every id any more."""
    started = time.monotonic()
    while not archive_status(server)["filterComplete"]:
        if time.monotonic() - started > 1800:
            raise BenchError("the filter of old ids is not complete after 1800 s")
        time.sleep(0.2)
    return round(time.monotonic() - started, 1)


def rates_of_old_ids(bench, servers):
    """New ids at both servers in turn."""
    options = bench.options
    for server in servers.values():
        for mode in LOAD:
            bench.load(server, mode, min(2.0, options.seconds), f"{mode} warm-up")
    for name, server in servers.items():
        bench.settle(server)
        bench.more[f"old_ids_{name}_rss_bytes"] = resident_bytes(server.child.pid)
    before = archive_status(servers["old"])
    bench.more["old_ids_filter_bytes"] = before["filterBytes"]
    found = {}
    asked = 0
    for turn in range(options.rounds):
        for mode in LOAD:
            for name in (("none", "old"), ("old", "none"))[turn % 2]:
                # What either left to be done would be done in this one's time.
                for server in servers.values():
                    bench.settle(server)
                label = f"{mode}_{'old_ids' if name == 'old' else 'no_old_ids'}"
                result = bench.load(servers[name], mode, options.seconds, label)
                found.setdefault((mode, name), []).append(result)
                asked += result["checked"] if name == "old" else 0
    looked = archive_status(servers["old"])["diskLookupCount"] - before["diskLookupCount"]
    bench.more["old_ids_false_positives_per_million"] = round(looked / max(1, asked) * 1e6)
    bars.check(bench, "old_ids_false_positives_per_million")
    for mode in LOAD:
        old, none = found[mode, "old"], found[mode, "none"]
        for name, results in (("old_ids", old), ("no_old_ids", none)):
            rates = [round(result["rate_per_s"]) for result in results]
            bench.spread[f"{mode}_{name}_per_s"] = rates
            bench.more[f"{mode}_{name}_per_s"] = round(statistics.median(rates))
            bench.more[f"{mode}_{name}_server_cpu_us"] = round(
                statistics.median(result["server_cpu_us"] for result in results), 3)
        ratios = [round(a["rate_per_s"] / b["rate_per_s"], 3) for a, b in zip(old, none)]
        ratio = round(statistics.median(ratios), 3)
        bench.spread[f"{mode}_old_ids_vs_none"] = ratios
        bench.more[f"{mode}_old_ids_vs_none"] = ratio
        by_cpu = statistics.median((b["server_cpu_us"] + b["client_cpu_us"])
                                   / (a["server_cpu_us"] + a["client_cpu_us"])
                                   for a, b in zip(old, none))
        bench.more[f"{mode}_old_ids_vs_none_by_cpu"] = round(by_cpu, 3)
        say(f"  {mode}: with old ids {ratio} of the rate without")
        bars.check(bench, f"{mode}_old_ids_vs_none")


def look_up_old_ids(bench, server, asked):
    """One by one: an id that is new, and one that is found on disk, in turn."""
    found = {"new": [], "found": []}
    for file in asked:
        bench.settle(server)
        found["new"].append(bench.load(server, "unary", bench.options.seconds,
                                      "new id, few in flight", LOOK_UP))
        bench.settle(server)
        before = archive_status(server)
        result = bench.load(server, "unary", bench.options.seconds, "old id, few in flight",
                           [*LOOK_UP, "--old-ids", file])
        found["found"].append(result)
        thawed = archive_status(server)["thawedCount"] - before["thawedCount"]
        # When all were asked it goes on with the first, which are in memory then.
        with open(file, "rb") as rows:
            expected = min(result["checked"], sum(1 for _ in rows) - 1)
        bench.check(thawed >= 0.99 * expected,
                   f"only {thawed} of {expected} old ids came from the disk")
    for name, results in found.items():
        for key in ("p50_us", "p99_us", "server_cpu_us"):
            bench.more[f"old_ids_{name}_{key}"] = round(
                statistics.median(result[key] for result in results), 2)
        bench.spread[f"old_ids_{name}_p50_us"] = [round(result["p50_us"], 1)
                                                 for result in results]
