# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""What gonghuid is made of, each piece alone and in process: ring, journal, rows, ledger."""

import statistics
import tempfile

from suite import bars, google_benchmark
from suite.system import OUT, say

# journal: events a block, as many as a message of a stream has.
BLOCK = 512
BLOCKS = (64, BLOCK, 4096)

# memory, growth: members.
MANY = 10_000_000
FEW = 100_000
SIZES = (("10k", 10_000), ("100k", 100_000), ("1m", 1_000_000), ("10m", 10_000_000))
# Whose cards, and of which fund, beside any card and eight funds.
SKEWS = ("zipf", "one_member", "one_fund")


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def keep(bench, name, rows, key, digits=None):
    """The median, and every repetition's value beside it."""
    bench.more[name] = round(median(rows, key), digits)
    bench.spread[name] = [round(row[key], digits) for row in rows]


def ring(bench):
    say("bench: ring")
    found = google_benchmark.run(bench, "ring", "ring_bench",
                                 ["PushPop", "Transfer/1", "Transfer/2"], 5, 0.3)
    keep(bench, "ring_per_s", found["Transfer/1"], "items_per_second")
    keep(bench, "ring_2_producers_per_s", found["Transfer/2"], "items_per_second")
    for name, benchmark in (("ring_items_per_turn", "Transfer/1"),
                            ("ring_2_producers_items_per_turn", "Transfer/2")):
        bench.more[name] = round(median(found[benchmark], "items_per_turn"), 1)
    bench.more["ring_push_pop_ns"] = round(1e9 / median(found["PushPop"], "items_per_second"), 2)
    say(f"  {bench.more['ring_per_s']:,} a second from one producer, "
        f"{bench.more['ring_2_producers_per_s']:,} from two; pushed and popped on one thread "
        f"in {bench.more['ring_push_pop_ns']} ns")


def journal(bench):
    say("bench: journal")
    steps = ("Encode", "Seal", "Open", "Decode", "ReadBack")
    # Only what is synced depends much on how large a block is.
    names = [f"{step}/{BLOCK}" for step in steps]
    names += [f"{step}/{size}" for step in ("Append", "BareAppend") for size in BLOCKS]
    with tempfile.TemporaryDirectory(prefix="run-journal-", dir=OUT) as folder:
        found = google_benchmark.run(bench, "journal", "journal_bench", names, 3, 0.2,
                                     folder=folder)
    more = bench.more
    for step in steps:
        name = "journal_" + {"ReadBack": "read"}.get(step, step.lower())
        rows = found[f"{step}/{BLOCK}"]
        keep(bench, f"{name}_records_per_s", rows, "records_per_s")
        more[f"{name}_mb_per_s"] = round(median(rows, "bytes_per_s") / 1e6, 1)
    more["journal_bytes_per_record"] = round(
        median(found[f"Encode/{BLOCK}"], "bytes_per_record"), 1)
    for size in BLOCKS:
        append, bare = found[f"Append/{size}"], found[f"BareAppend/{size}"]
        keep(bench, f"journal_append_{size}_blocks_per_s", append, "blocks_per_s")
        more[f"journal_append_{size}_records_per_s"] = round(median(append, "records_per_s"))
        more[f"journal_append_{size}_mb_per_s"] = round(median(append, "bytes_per_s") / 1e6, 1)
        keep(bench, f"journal_bare_{size}_blocks_per_s", bare, "blocks_per_s")
        more[f"journal_append_{size}_vs_bare"] = round(
            median(append, "blocks_per_s") / median(bare, "blocks_per_s"), 3)
        say(f"  blocks of {size}: {more[f'journal_append_{size}_blocks_per_s']:,} appended and "
            f"synced a second, {more[f'journal_append_{size}_vs_bare']} of what the file alone "
            "does")
    say(f"  records a second: {more['journal_encode_records_per_s']:,} encoded, "
        f"{more['journal_decode_records_per_s']:,} decoded, "
        f"{more['journal_read_records_per_s']:,} read back, verified and decoded")
    replay(bench)


def replay(bench):
    name = f"Replay/{20_000 if bench.options.quick else 2_000_000}"
    with tempfile.TemporaryDirectory(prefix="run-replay-", dir=OUT) as folder:
        rows = google_benchmark.run(bench, "replay", "journal_bench", [name], 3, 0.1,
                                    folder=folder)[name]
    keep(bench, "replay_events_per_s", rows, "events_per_s")
    say(f"  replay {bench.more['replay_events_per_s']:,} events a second")
    bars.check(bench, "replay_events_per_s")


def memory(bench):
    members = FEW if bench.options.quick else MANY
    say(f"bench: memory of {members:,} members")
    name = f"MembersWithCards/{members}"
    row = google_benchmark.run(bench, "memory", "memory_bench", [name], 1, 0.1)[name][0]
    bench.more["memory_members"] = members
    bench.more["bytes_per_member"] = round(row["bytes_per_member"], 1)
    # A tenth: one million of ten.
    bench.more["bytes_per_member_of_a_tenth"] = round(row["bytes_per_member_tenth"], 1)
    bench.more["bytes_per_member_least"] = round(row["bytes_per_member_least"], 1)
    bench.more["bytes_per_member_most"] = round(row["bytes_per_member_most"], 1)
    bench.more["bytes_per_member_most_at"] = round(row["members_at_most"])
    say(f"  {bench.more['bytes_per_member']} bytes a member, "
        f"{bench.more['bytes_per_member_of_a_tenth']} of a tenth as many, at most "
        f"{bench.more['bytes_per_member_most']} (of {row['members_at_most']:,.0f})")
    bars.check(bench, "bytes_per_member")


def growth(bench):
    sizes = SIZES[:2] if bench.options.quick else SIZES
    skewed = "10k" if bench.options.quick else "1m"
    say(f"bench: growth, cities of {', '.join(f'{members:,}' for _, members in sizes)} members")
    names = [f"Growth/uniform_{size}" for size, _ in sizes]
    names += [f"Growth/{skew}_{skewed}" for skew in SKEWS]
    found = google_benchmark.run(bench, "growth", "ledger_bench", names, 9, 0.1)
    more = bench.more
    for size, _ in sizes:
        rows = found[f"Growth/uniform_{size}"]
        keep(bench, f"ledger_{size}_decisions_per_s", rows, "decisions_per_s")
        more[f"ledger_{size}_decision_ns"] = round(1e9 / median(rows, "decisions_per_s"), 1)
        more[f"ledger_{size}_bytes_per_member"] = round(median(rows, "bytes_per_member"), 1)
        say(f"  {size:>4} members: {more[f'ledger_{size}_decisions_per_s']:,} decisions a second, "
            f"{more[f'ledger_{size}_bytes_per_member']} bytes a member")
    uniform = median(found[f"Growth/uniform_{skewed}"], "decisions_per_s")
    for skew in SKEWS:
        rows = found[f"Growth/{skew}_{skewed}"]
        keep(bench, f"ledger_{skew}_decisions_per_s", rows, "decisions_per_s")
        more[f"ledger_{skew}_vs_uniform"] = round(
            median(rows, "decisions_per_s") / uniform, 3)
        say(f"  {skew}: {more[f'ledger_{skew}_vs_uniform']} of uniform, {skewed} members")
    if not bench.options.quick:
        more["ledger_10m_vs_10k"] = round(
            median(found["Growth/uniform_10m"], "decisions_per_s")
            / median(found["Growth/uniform_10k"], "decisions_per_s"), 3)
        say(f"  ledger_10m_vs_10k {more['ledger_10m_vs_10k']}")
        bars.check(bench, "ledger_10m_vs_10k")
