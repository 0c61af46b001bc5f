# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Half of the peak for minutes, with all that a server does beside answering.

Checkpoints are made, RocksDB flushes and compacts, holds that nobody follows up expire, and a
million members with their cards are imported by gonghuictl.  Whether each of these really went on
is checked: a quiet run has no stalls to find.

The longest call counts, from when it was due.  The machine has stalls of its own, and so has
gonghui-load where cores are few.  So the echo is asked at the same rate just before, and probes
tell how long a bare sleep and a bare sync of the same disk took meanwhile (probe.py), and when the
cores were slow (pace.py).  None excuses anything: the echo was alone with the client, the probes
share cores and disk with all.
"""

import csv
import re
import shutil
import statistics
import sys
import threading
import time

from suite import bars, pace
from suite.latency import OPEN, REACHED_MIN
from suite.pace import overlap_ns
from suite.probes import Pace, Probe
from suite.servers import Echo
from suite.system import CORES, OUT, BenchError, must, say

PEAK_SHARE = 0.5  # unless --peak-share says another
ROUNDS_MAX = 3  # of the peak
STALL_MS = 5

MINUTES = 10
QUICK_MINUTES = 1 / 3


class Beside:
    """What goes on beside the load, of a run or of a quick one."""

    def __init__(self, quick):
        self.members = 20_000 if quick else 1_000_000
        # Some thirty in ten minutes, of which each must write what changed since the last.
        self.checkpoint_s = 4 if quick else 20
        # Short, so that nearly all expire within the run.  At some thousand calls a second
        # it is tens of thousands of holds.
        self.hold_s = 5 if quick else 30
        self.holds_percent = 2


# How long the echo is asked: a part of the window, no longer than tells what it is like.
ECHO_PART = 0.1
ECHO_S_MAX = 60
# When the import begins, as a part of the window: there must have been some quiet before.
IMPORT_FROM = 0.2
# Of the holds that were asked for in the window; the last ones still wait when it ends.
EXPIRED_MIN = 0.5
POLL_S = 1.0
HOLDS_EXPIRED = re.compile(r"^\s*hold_expired\s+(\d+)\s", re.MULTILINE)

# Of the probes' figures: what each of their waits is called.
WAITS = {"sleep": "late_wakeups", "sync": "slow_syncs", "core": "slow_cores"}
# The machine's own wait is told beside a stall when it was so much of it.
COVERED_MIN = 0.5


def stalls(bench):
    minutes = bench.options.minutes or (QUICK_MINUTES if bench.options.quick else MINUTES)
    beside = Beside(bench.options.quick)
    files = import_files(bench, beside.members)
    server = bench.gonghuid(checkpoint={"interval_seconds": beside.checkpoint_s})
    try:
        peak_per_s = measured_peak(bench, server)
        rate = max(1, round(bench.options.peak_share * peak_per_s))
        say(f"bench: stalls: {rate:,}/s for {minutes:.3g} min, meanwhile {beside.members:,} "
            f"members are imported, a checkpoint is made every {beside.checkpoint_s} s, and "
            f"{beside.holds_percent} % are holds that expire after {beside.hold_s} s")
        bench.settle(server)
        echo = echo_alone(bench, rate, min(ECHO_S_MAX, minutes * 60 * ECHO_PART))
        bench.settle(server)
        result, probed, watched, imported = loaded(bench, server, beside, files, rate, minutes)
    finally:
        server.stop(check=sys.exc_info()[0] is None)
    bench.more["stalls_minutes"] = round(minutes, 2)
    bench.more["stalls_peak_share"] = bench.options.peak_share
    keep_calls(bench, "stalls_echo", echo)
    keep(bench, result, probed, imported)
    judge_beside(bench, beside, result, watched, imported, expired_holds(bench))
    judge(bench, result)


def measured_peak(bench, server):
    """Just before, because a shared machine's speed changes."""
    rounds = min(bench.options.rounds, ROUNDS_MAX)
    peaks = []
    for _ in range(rounds):
        bench.settle(server)
        peaks.append(bench.load(server, "unary", bench.options.seconds, "stalls_peak"))
    bench.spread["stalls_peak_per_s"] = [round(peak["rate_per_s"]) for peak in peaks]
    bench.more["stalls_peak_per_s"] = round(statistics.median(
        peak["rate_per_s"] for peak in peaks))
    return bench.more["stalls_peak_per_s"]


def load_words(rate):
    return [*OPEN, "--rate", rate, "--stall-ms", STALL_MS]


def echo_alone(bench, rate, seconds):
    """What client and machine make of that rate when nothing is behind it."""
    echo = Echo(bench.bin)
    try:
        return bench.load(echo, "unary", seconds, "stalls_echo", load_words(rate))
    finally:
        echo.stop()


def loaded(bench, server, beside, files, rate, minutes):
    """The load and all beside it: (client's figures, probes', what was watched, the import)."""
    seconds = minutes * 60
    words = [*load_words(rate), "--holds", beside.holds_percent,
             "--hold-seconds", beside.hold_s]
    # A pace of its own: the usual one is then of these minutes.
    with Probe() as probe, Pace() as cores:
        watch = Watch(server)
        # Daemons: a run that is interrupted does not wait for them, their children are ended.
        importing = Work(lambda: import_members(server, files, seconds * IMPORT_FROM))
        watching = Work(watch.until_over)
        result = bench.load(server, "unary", seconds, "stalls", words)
        ended_ns = time.monotonic_ns()
        watch.over.set()
        watching.result(timeout_s=60)
        # Had it not ended with the load it would not have been beside it all the time; how much
        # later it was is told all the same.
        imported = importing.result(timeout_s=1800)
        imported["ended_before_load"] = imported["until_ns"] <= ended_ns
        imported["rows"] = watch.rows_since_start()
        return result, {**probe.told(), "core": cores.told()}, watch, imported


# ------------------------------------------------------------------ the import


def import_files(bench, count):
    """members.csv and cards.csv of `count` members that the data set does not have."""
    options = bench.options
    folder = OUT / f"more-{options.members}-{count}"
    if not (folder / "done").exists():
        say(f"bench: {count:,} members more, to be imported")
        shutil.rmtree(folder, ignore_errors=True)
        made = folder / "all"
        folder.mkdir()
        # The same seed and more members: the first are those of the data set, then come others.
        must([bench.bin / "gonghui-datagen", "--seed", "2022", "--members",
              options.members + count, "--merchants", 1, "--out", made], "gonghui-datagen")
        write_new_rows(bench.data, made, folder)
        shutil.rmtree(made)
        (folder / "done").touch()
    return {kind: folder / f"{kind}.csv" for kind in ("members", "cards")}


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def write_new_rows(old, made, folder):
    """Of what was made, the rows of members that `old` has not, in unions that it has."""
    unions = {row["union_node_id"] for row in rows_of(old / "members.csv")}
    homes = sorted(unions)
    known = {row["member_id"] for row in rows_of(old / "members.csv")}

    def moved(position, row):
        # A larger city has more enterprises than the data set.
        if row["union_node_id"] not in unions:
            row["union_node_id"] = homes[position % len(homes)]
        return row

    for name, change in (("members.csv", moved), ("cards.csv", lambda _, row: row)):
        with open(folder / name, "w", newline="", encoding="utf-8") as file:
            writer = None
            for position, row in enumerate(rows_of(made / name)):
                if row["member_id"] in known:
                    continue
                if writer is None:
                    writer = csv.DictWriter(file, row.keys(), lineterminator="\n")
                    writer.writeheader()
                writer.writerow(change(position, row))


def import_members(server, files, wait_s):
    """As an office does that joins: members, then their cards; gives when that was."""
    time.sleep(wait_s)
    from_ns = time.monotonic_ns()
    for kind in ("members", "cards"):
        server.ctl("import", kind, "--quiet", files[kind])
    return {"from_ns": from_ns, "until_ns": time.monotonic_ns()}


# ------------------------------------------------------------------ what is watched


class Work:
    """Something on a thread of its own; what goes wrong there is raised where it is asked for."""

    def __init__(self, work):
        self._value = None
        self._error = None

        def run():
            try:
                self._value = work()
            except Exception as error:  # pylint: disable=broad-except; raised by result()
                self._error = error
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def result(self, timeout_s):
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise BenchError(f"stalls: what goes on beside the load does not end in {timeout_s} s")
        if self._error is not None:
            raise self._error
        return self._value


class Watch:
    """What a server does, seen from outside: its status, and its files of tables.

    Polled; what came and went in between is not seen, so each count is the least that it was.
    """

    def __init__(self, server):
        self.over = threading.Event()
        # When each was noticed: the checkpoints, and the looks that found files merged.
        self.checkpoints_ns = []
        self.merges_ns = []
        self.files_written = 0
        self.files_merged = 0  # gone, because others have their contents now
        self._server = server
        status = server.status()
        self._rows_before = table_rows(status)
        self._rows = self._rows_before
        self._checkpoint_seq = status.get("checkpointSeq")
        self._files = self._table_files()

    def until_over(self):
        while not self.over.wait(POLL_S):
            self.look()
        self.look()

    def look(self):
        status = self._server.status()
        self._rows = table_rows(status)
        if status.get("checkpointSeq") != self._checkpoint_seq:
            self._checkpoint_seq = status.get("checkpointSeq")
            self.checkpoints_ns.append(time.monotonic_ns())
        files = self._table_files()
        self.files_written += len(files - self._files)
        if self._files - files:
            self.files_merged += len(self._files - files)
            self.merges_ns.append(time.monotonic_ns())
        self._files = files

    def rows_since_start(self):
        """Rows that came, by table, as of now."""
        self.look()
        return {name: count - self._rows_before.get(name, 0)
                for name, count in self._rows.items()}

    def _table_files(self):
        return {path.name for path in (self._server.folder / "data").glob("*.sst")}


def table_rows(status):
    # A zero is left out of the JSON of a message.
    return {table["name"]: int(table.get("rowCount", 0)) for table in status.get("tables", ())}


def expired_holds(bench):
    """Of the journal: the server keeps no count of them.  Nothing but this part lets any expire."""
    output = must([bench.bin / "gonghui-inspect", "stats", "--data", bench.folder / "data"],
                  "gonghui-inspect stats")
    found = HOLDS_EXPIRED.search(output)
    return int(found.group(1)) if found else 0


# ------------------------------------------------------------------ what is told


def stretches_of(found):
    """(from, until) of the stalls that are told one by one, by the monotonic clock."""
    begin_ns = found["window_from_monotonic_ns"]
    return [(begin_ns + stall["from_s"] * 1e9,
             begin_ns + stall["from_s"] * 1e9 + stall["ms"] * 1e6) for stall in found["longest"]]


def beside_machine(stretches, probed):
    """How many stalls there are of which the machine's own wait was most."""
    return {kind: sum(overlap_ns(stretch, probed[kind]["long"])
                      >= COVERED_MIN * (stretch[1] - stretch[0]) for stretch in stretches)
            for kind in WAITS}


def keep_calls(bench, name, result):
    more = bench.more
    found = result["stalls"]
    more[f"{name}_max_ms"] = round(result["max_us"] / 1e3, 2)
    for part in ("p50", "p90", "p99", "p999", "p9999", "max"):
        more[f"{name}_{part}_us"] = round(result[f"{part}_us"], 1)
    more[f"{name}_per_s"] = round(result["rate_per_s"])
    more[f"{name}_slow_calls"] = found["slow_calls"]
    more[f"{name}_count"] = found["count"]
    more[f"{name}_longest_ms"] = round(found["longest_ms"], 2)
    more[f"{name}_late_max_ms"] = round(result["late"]["max_us"] / 1e3, 2)


def keep(bench, result, probed, imported):
    keep_calls(bench, "stalls", result)
    more = bench.more
    found = result["stalls"]
    more["stalls_offered_per_s"] = result["offered_per_s"]
    for name in ("server", "client", "others"):
        more[f"stalls_{name}_cores"] = result[f"{name}_cores"]
    for kind in WAITS:
        more[f"stalls_probe_{kind}_max_ms"] = round(probed[kind]["max_ms"], 2)
    more["stalls_probe_slow_cores_percent"] = probed["core"]["slow_percent"]
    stretches = stretches_of(found)
    more["stalls_told"] = len(stretches)
    for kind, count in beside_machine(stretches, probed).items():
        more[f"stalls_beside_{WAITS[kind]}"] = count
    more["stalls_beside_import"] = sum(
        overlap_ns(stretch, [(imported["from_ns"], imported["until_ns"])]) > 0
        for stretch in stretches)
    # One by one, in order of time.
    for key, source in (("at_s", "from_s"), ("ms", "ms"), ("calls", "calls")):
        bench.spread[f"stalls_{key}"] = [round(stall[source], 2) for stall in found["longest"]]
    say(f"  longest call {more['stalls_max_ms']} ms, p99.9 {more['stalls_p999_us'] / 1e3:.2f} ms, "
        f"p99.99 {more['stalls_p9999_us'] / 1e3:.2f} ms; {more['stalls_slow_calls']:,} calls of "
        f"more than {STALL_MS} ms in {more['stalls_count']:,} stalls, the longest "
        f"{more['stalls_longest_ms']} ms")
    say(f"  bare: a sleep woken {more['stalls_probe_sleep_max_ms']} ms late, a sync of "
        f"{more['stalls_probe_sync_max_ms']} ms, cores below half of their pace for "
        f"{more['stalls_probe_core_max_ms']} ms ({more['stalls_probe_slow_cores_percent']} % of the "
        f"time); of {more['stalls_told']} stalls "
        f"{more['stalls_beside_late_wakeups']} beside such a sleep, "
        f"{more['stalls_beside_slow_syncs']} beside such a sync, "
        f"{more['stalls_beside_slow_cores']} beside such cores, "
        f"{more['stalls_beside_import']} during the import; the echo's longest call "
        f"{more['stalls_echo_max_ms']} ms")


def judge_beside(bench, beside, result, watched, imported, expired):
    """A run in which nothing went on beside the load says nothing about stalls."""
    more = bench.more
    checkpoints = len(watched.checkpoints_ns)
    more["stalls_checkpoints"] = checkpoints
    more["stalls_files_written"] = watched.files_written
    more["stalls_files_merged"] = watched.files_merged
    more["stalls_expired_holds"] = expired
    more["stalls_imported_members"] = imported["rows"].get("members", 0)
    more["stalls_imported_cards"] = imported["rows"].get("cards", 0)
    # Beside stalls_at_s, by the same clock.
    begin_ns = result["stalls"]["window_from_monotonic_ns"]
    for name, times_ns in (("checkpoints", watched.checkpoints_ns), ("merges", watched.merges_ns),
                           ("import", (imported["from_ns"], imported["until_ns"]))):
        bench.spread[f"stalls_{name}_at_s"] = [round((at_ns - begin_ns) / 1e9, 1)
                                               for at_ns in times_ns]
    more["stalls_import_s"] = round((imported["until_ns"] - imported["from_ns"]) / 1e9, 1)
    say(f"  meanwhile {checkpoints} checkpoints, {watched.files_written} files of tables "
        f"written and {watched.files_merged} merged away, {expired:,} holds expired, "
        f"{more['stalls_imported_members']:,} members and {more['stalls_imported_cards']:,} cards "
        f"imported in {more['stalls_import_s']} s")
    bench.check(checkpoints > 1, f"stalls: {checkpoints} checkpoints were made")
    bench.check(watched.files_written > 0, "stalls: RocksDB flushed nothing")
    # Compaction comes when it comes: not within some seconds.
    bench.check(bench.options.quick or watched.files_merged > 0,
                "stalls: RocksDB compacted nothing")
    holds = result["steps"].get("hold", 0)
    bench.check(expired > 0 and expired >= EXPIRED_MIN * holds,
                f"stalls: of {holds:,} holds only {expired:,} expired")
    bench.check(more["stalls_imported_members"] == beside.members,
                f"stalls: {more['stalls_imported_members']:,} of {beside.members:,} members were "
                "imported")
    bench.check(more["stalls_imported_cards"] >= beside.members,
                f"stalls: {beside.members:,} members came with only "
                f"{more['stalls_imported_cards']:,} cards")
    bench.check(imported["ended_before_load"],
                f"stalls: the import took {more['stalls_import_s']} s, longer than the load")


def judge(bench, result):
    more = bench.more
    offered = result["offered_per_s"]
    reached = result["rate_per_s"] / offered
    bench.check(bench.options.quick or reached >= REACHED_MIN,
                f"stalls: {reached:.2f} of {offered:,}/s was reached")
    notes = []
    if more["stalls_minutes"] < MINUTES:
        notes.append(f"The run had {more['stalls_minutes']:g} minutes, not {MINUTES}.")
    if more["stalls_peak_share"] < PEAK_SHARE:
        notes.append(f"It asked for {more['stalls_peak_share']:g} of the peak, not {PEAK_SHARE}.")
    if more["stalls_late_max_ms"] > STALL_MS:
        used = sum(more[f"stalls_{name}_cores"] for name in ("server", "client", "others"))
        notes.append(
            f"gonghui-load sent up to {more['stalls_late_max_ms']:,g} ms late, for want of a core "
            f"or because all its calls were under way; {used:.2f} of {CORES} cores were used.")
    if more["stalls_echo_max_ms"] > STALL_MS:
        notes.append(
            f"The echo, which only answers, had calls of up to {more['stalls_echo_max_ms']:,g} ms "
            "at the same rate: machine and client alone take so long.")
    bare_ms = max(more["stalls_probe_sleep_max_ms"], more["stalls_probe_sync_max_ms"])
    if bare_ms > STALL_MS:
        notes.append(
            f"Meanwhile a bare sleep was woken up to {more['stalls_probe_sleep_max_ms']:g} ms late "
            f"and a bare sync took up to {more['stalls_probe_sync_max_ms']:g} ms on this machine, "
            f"with this load on it; of the {more['stalls_told']} longest stalls "
            f"{more['stalls_beside_late_wakeups']} were beside such a wake-up, "
            f"{more['stalls_beside_slow_syncs']} beside such a sync.")
    if more["stalls_probe_slow_cores_percent"] >= pace.TOLD_PERCENT or more["stalls_beside_slow_cores"]:
        words = pace.words(more["stalls_probe_slow_cores_percent"], more["stalls_probe_core_max_ms"])
        notes.append(
            f"{words}; of the {more['stalls_told']} longest stalls "
            f"{more['stalls_beside_slow_cores']} were beside that.")
    if notes:
        more["stalls_note"] = " ".join(notes)
        say(f"  {more['stalls_note']}")
    bars.check(bench, "stalls_max_ms")
