# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""The report's plots: a section each, None if nothing of it was measured."""

import re
import statistics

from suite import plot
from suite.alone import SIZES
from suite.bars import figures_of, number_words
from suite.markup import element
from suite.page import counted, figure, mapping, plots, rounds_of, section, table

MODES = (("unary", "Authorize, one decision a call"),
         ("stream", "AuthorizeStream, 512 decisions a message"))
SERVERS = (("", "gonghuid", "gonghuid"), ("_echo", "echo", "echo"))

# (figure, name, look); the rate is FIGURE_per_s.
PEERS = (
    ("One request a call", (
        ("peers_unary", "gonghuid Authorize", "gonghuid"),
        ("redis_single", "Redis, EVALSHA", "redis"),
        ("postgres_tuned", "PostgreSQL, tuned", "postgres"),
        ("postgres_plain", "PostgreSQL, plain", "postgres"))),
    ("Many requests at once", (
        ("peers_stream", "gonghuid AuthorizeStream", "gonghuid"),
        ("redis_bulk", "Redis, one script", "redis"),
        ("redis_pipelined", "Redis, pipeline", "redis"),
        ("postgres_bulk", "PostgreSQL, an array", "postgres"),
        ("postgres_pipelined", "PostgreSQL, pipeline", "postgres"))),
)

# A percentile's place is the number of its nines, so that the tail has its room.
PERCENTILES = (("p50", 0.3), ("p90", 1), ("p99", 2), ("p999", 3), ("p9999", 4), ("max", 5))
PERCENTILE_WORDS = {"p999": "p99.9", "p9999": "p99.99"}

# How much is asked at once: (part of a figure's name, words, whether it is a rate's).
LOADS = (("alone", "one call at a time", False),
         ("tenth", "10 % of the peak rate", True),
         ("half", "half of the peak rate", True),
         ("eighty", "80 % of the peak rate", True),
         ("", "as fast as it answers", True))

# No call may take longer.
STALL_US = 5_000
# What went on beside the calls, and what was slow.
STALLS_BESIDE = (("calls of more than 5 ms", "stalls_slow_calls"), ("stalls", "stalls_count"),
                 ("the longest stall, ms", "stalls_longest_ms"),
                 ("a request sent late by at most, ms", "stalls_late_max_ms"),
                 ("a bare sleep woken late by at most, ms", "stalls_probe_sleep_max_ms"),
                 ("a bare sync, at most, ms", "stalls_probe_sync_max_ms"),
                 ("cores below half of their pace at a stretch, at most, ms",
                  "stalls_probe_core_max_ms"),
                 ("cores below half of their pace, % of the time", "stalls_probe_slow_cores_percent"),
                 ("stalls beside slow cores, of the longest", "stalls_beside_slow_cores"),
                 ("checkpoints", "stalls_checkpoints"),
                 ("files of tables written", "stalls_files_written"),
                 ("files of tables merged away", "stalls_files_merged"),
                 ("holds expired", "stalls_expired_holds"),
                 ("members imported", "stalls_imported_members"),
                 ("cards imported", "stalls_imported_cards"),
                 ("the import, s", "stalls_import_s"))

STARTS = (("recovery", "after a stop"), ("recovery_killed", "after a kill"))
CORES = re.compile(r"cores_(\d{1,4})_client_cores")


def prefix_of(mode, suffix, load):
    """What the figures of a load begin with; only unary calls are measured alone."""
    if load == "alone":
        return f"alone{suffix}" if mode == "unary" else f"{mode}{suffix}_alone"
    return f"{mode}{suffix}_{load}" if load else f"{mode}{suffix}"


def call_of(title):
    return title.split(",")[0]


def rounds_section(summary):
    found = []
    for mode, title in MODES:
        rows = [(name, look, rounds_of(summary, f"{mode}{suffix}_per_s"))
                for suffix, name, look in SERVERS]
        rows = [row for row in rows if row[2]]
        if rows:
            found.append(figure(
                title, plot.strip(f"rounds-{mode}", f"{title}: the rate of each round",
                                  "decisions / s", rows),
                ["Server", "Median", "Least", "Most", "Each round"],
                [[name, statistics.median(values), min(values), max(values),
                  " ".join(number_words(value) for value in values)]
                 for name, _, values in rows]))
    if not found:
        return None
    return section("Rates of every round",
                   "gonghuid and the empty echo server in turn; the line is the median. A row's "
                   "first round is above, its last below.", plots(found))


def percentiles(figures, prefix):
    """Of `{prefix}_p50_us` and so on: (percentile, place, microseconds)."""
    found = []
    for name, place in PERCENTILES:
        value = figures.get(f"{prefix}_{name}_us")
        if value is not None and value > 0:
            found.append((name, place, value))
    return found


def percentile_curves(figures, mode, load, title):
    """Of both servers; None if neither was measured at that load."""
    series, rows = [], []
    names = {}
    for suffix, name, look in SERVERS:
        found = percentiles(figures, prefix_of(mode, suffix, load))
        if found:
            series.append(plot.Series(name, look, tuple((x, y) for _, x, y in found)))
            rows.append((name, {p: y for p, _, y in found}))
            names.update({p: x for p, x, _ in found})
    if not series:
        return None
    ticks = sorted((x, PERCENTILE_WORDS.get(p, p)) for p, x in names.items())
    columns = [p for p, _ in PERCENTILES if p in names]
    return figure(
        title, plot.curves(f"latency-{mode}-{load or 'peak'}", title, "percentile of the calls",
                           "latency, µs (log)", series, y_log=True, x_ticks=ticks),
        ["Server", *(f"{PERCENTILE_WORDS.get(p, p)}, µs" for p in columns)],
        [[name, *(values.get(p, "") for p in columns)] for name, values in rows])


def throughput_curves(figures, mode, title):
    series, rows = [], []
    for suffix, name, look in SERVERS:
        for percentile, words in (("p50", "p50"), ("p99", "p99")):
            points = []
            for load, at_load, of_rate in LOADS:
                if not of_rate:
                    continue
                prefix = prefix_of(mode, suffix, load)
                rate = figures.get(f"{prefix}_per_s")
                latency = figures.get(f"{prefix}_{percentile}_us")
                if rate and latency and rate > 0 and latency > 0:
                    points.append((rate, latency))
                    rows.append([f"{name} {words}", at_load, rate, latency])
            if len(points) > 1:
                series.append(plot.Series(f"{name} {words}", f"{look} {percentile}",
                                          tuple(sorted(points))))
    if not series:
        return None
    title = f"{title}: latency over throughput"
    return figure(title, plot.curves(f"throughput-{mode}", title, "decisions / s",
                                     "latency, µs (log)", series, y_log=True),
                  ["Series", "Load", "Decisions / s", "Latency, µs"], rows)


def latency_section(summary):
    figures = figures_of(summary)
    found = []
    for mode, title in MODES:
        found += [percentile_curves(figures, mode, load, f"{call_of(title)}, {words}")
                  for load, words, _ in LOADS]
        found.append(throughput_curves(figures, mode, call_of(title)))
    found = [one for one in found if one is not None]
    if not found:
        return None
    return section("Latency", "gonghuid answers once a decision is on the disk; the echo has "
                   "nothing to wait for. Below the peak requests come at a given rate, whether "
                   "answers do or not, and each latency counts from when its request was due.",
                   plots(found))


def groups_section(summary):
    figures = figures_of(summary)
    found = []
    for key, words, unit in (("decisions_per_sync", "Decisions a sync", "decisions"),
                             ("bytes_per_sync", "Bytes a sync", "bytes")):
        rows = []
        for mode, title in MODES:
            for load, at_load, _ in LOADS:
                value = figures.get(f"{prefix_of(mode, '', load)}_{key}")
                if value is not None and value > 0:
                    rows.append((call_of(title), at_load, value))
        if rows:
            found.append(figure(
                words, plot.bars(f"groups-{key.replace('_', '-')}", words, f"{unit} (log)",
                                 [(f"{name}\n{load}", (plot.Part(words, "gonghuid", value),))
                                  for name, load, value in rows], log=True),
                ["Call", "Load", words], rows))
    if not found:
        return None
    return section("Group commit", "What one append and fdatasync carries.", plots(found))


def cpu_section(summary):
    figures = figures_of(summary)
    found = []
    for mode, title in MODES:
        rows = []
        for suffix, name, _ in SERVERS:
            parts = tuple(
                plot.Part(who, who, figures[key])
                for who, key in (("server", f"{mode}{suffix}_server_cpu_us"),
                                 ("client", f"{mode}{suffix}_client_cpu_us"))
                if figures.get(key, -1) >= 0)
            if parts:
                rows.append((name, parts))
        if rows:
            found.append(figure(
                title, plot.bars(f"cpu-{mode}", f"{title}: CPU time a decision",
                                 "CPU time a decision, µs", rows),
                ["Server", "Of the server, µs", "Of the client, µs", "Together, µs"],
                [[name, *({part.name: part.value for part in parts}.get(who, "")
                          for who in ("server", "client")),
                  round(sum(part.value for part in parts), 3)] for name, parts in rows]))
    if not found:
        return None
    return section("Where the time goes", "CPU time of user and system of both processes, all "
                   "threads, over the decisions that were checked.", plots(found))


def peers_section(summary):
    figures = figures_of(summary)
    found = []
    for title, ways in PEERS:
        rows = [(key, name, look, figures[f"{key}_per_s"]) for key, name, look in ways
                if figures.get(f"{key}_per_s", 0) > 0]
        if rows:
            rows.sort(key=lambda row: -row[3])
            details = []
            for key, name, _, rate in rows:
                spread = rounds_of(summary, f"{key}_per_s")
                details.append([
                    name, rate, min(spread, default=""), max(spread, default=""),
                    *(figures.get(f"{key}_{part}", "") for part in
                      ("p50_us", "p99_us", "server_cpu_us", "client_cpu_us", "connections",
                       "items"))])
            found.append(figure(
                title, plot.bars(f"peers-{rows[0][0].replace('_', '-')}-first",
                                 f"{title}: decisions a second", "decisions / s (log)",
                                 [(name, (plot.Part("decisions / s", look, rate),))
                                  for _, name, look, rate in rows], log=True),
                ["Way", "Median / s", "Least / s", "Most / s", "p50, µs", "p99, µs",
                 "CPU server, µs", "CPU client, µs", "Connections", "Requests a message"],
                details))
    if not found:
        return None
    settings = mapping(mapping(summary.get("conditions")).get("peers"))
    return section("Peers", "The same decision, durable, in turn on this machine, each as fast as "
                   "we could make it.", plots(found),
                   [element("p", words, class_="soft") for words in settings.values()])


def growth_curves(figures, key, title, unit):
    points = [(members, figures[f"ledger_{size}_{key}"]) for size, members in SIZES
              if f"ledger_{size}_{key}" in figures]
    if not points:
        return None
    return figure(title, plot.curves(
        f"growth-{key.replace('_', '-')}", f"{title} over the members of a city",
        "members (log)", unit, [plot.Series(title, "gonghuid", tuple(points))], x_log=True),
        ["Members", unit], points)


def start_bars(figures):
    """What a start is made of: the checkpoint, the journal after it, the rest."""
    rows = []
    for key, words in STARTS:
        whole = figures.get(f"{key}_s")
        parts = [(name, figures.get(f"{key}_{part}_s"))
                 for name, part in (("checkpoint", "checkpoint"), ("journal", "replay"))]
        if whole is None or any(value is None for _, value in parts):
            continue
        rest = round(max(0.0, whole - sum(value for _, value in parts)), 2)
        rows.append((words, tuple(plot.Part(name, name, value)
                                  for name, value in (*parts, ("rest", rest)))))
    if not rows:
        return None
    members = figures.get("recovery_members")
    title = f"Start with {members:,} members" if members else "Start"
    return figure(title, plot.bars("start", title, "seconds", rows),
                  ["Start", *(f"{part.name}, s" for part in rows[0][1])],
                  [[name, *(part.value for part in parts)] for name, parts in rows])


def growth_section(summary):
    figures = figures_of(summary)
    found = [growth_curves(figures, "decision_ns", "Time of a decision", "ns a decision"),
             growth_curves(figures, "bytes_per_member", "Memory of the ledger",
                           "bytes a member"),
             start_bars(figures)]
    found = [one for one in found if one is not None]
    if not found:
        return None
    return section("Growth", "Decisions in process, on one thread, of any card and fund; and how "
                   "long gonghuid takes until it answers again.", plots(found))


def cores_section(summary):
    figures = figures_of(summary)
    counts = sorted(int(name[1]) for name in map(CORES.fullmatch, figures) if name)
    found = []
    for mode, title in MODES:
        rows = [[count, *(figures.get(f"cores_{count}_{mode}_{key}", "")
                          for key in ("per_s", "p99_us", "server_cpu_us")),
                 figures[f"cores_{count}_client_cores"]]
                for count in counts if f"cores_{count}_{mode}_per_s" in figures]
        if rows:
            found.append(figure(title, plot.bars(
                f"cores-{mode}", f"{title}: decisions a second by cores of gonghuid",
                "decisions / s",
                [(counted(count, "core", "cores"),
                  (plot.Part("decisions / s", "gonghuid", rate),)) for count, rate, *_ in rows]),
                ["Cores of gonghuid", "Decisions / s", "p99, µs", "CPU server, µs",
                 "Cores of the client"], rows))
    if not found:
        return None
    return section("Cores", "gonghuid held to some cores, the client on the rest, or on all of "
                   "them where none are left.", plots(found))


def overload_section(summary):
    figures = figures_of(summary)
    rows = [(words, figures[key]) for words, key in (
        ("offered", "overload_offered_per_s"), ("decided", "overload_per_s"),
        ("refused", "overload_refused_per_s")) if key in figures]
    if not rows:
        return None
    title = "Authorize, twice the peak rate"
    return section(
        "Overload", "Refused is what gonghuid told to come back later.",
        plots([figure(title, plot.bars(
            "overload", title, "requests / s",
            [(words, (plot.Part("requests / s", "gonghuid", rate),)) for words, rate in rows]),
            ["What", "Requests / s"], rows)]),
        element("p", figures["overload_note"]) if "overload_note" in figures else None)


def stalls_section(summary):
    figures = figures_of(summary)
    series, rows = [], []
    for prefix, name, look in (("stalls", "gonghuid, with all that goes on", "gonghuid"),
                               ("stalls_echo", "echo, alone", "echo")):
        found = percentiles(figures, prefix)
        if found:
            series.append(plot.Series(name, look, tuple((x, y) for _, x, y in found)))
            rows.append([name, *({p: y for p, _, y in found}.get(p, "") for p, _ in PERCENTILES)])
    if not any(one.look == "gonghuid" for one in series):
        return None
    minutes = figures.get("stalls_minutes")
    share = 100 * figures.get("stalls_peak_share", 0.5)
    title = f"Authorize, {share:g} % of the peak rate" + (
        f", {number_words(minutes)} minutes" if minutes is not None else "")
    beside = [[words, figures[key]] for words, key in STALLS_BESIDE if key in figures]
    told = [rounds_of(summary, f"stalls_{key}") for key in ("at_s", "ms", "calls")]
    return section(
        "Stalls", "Checkpoints, compaction, holds that expire and a bulk import go on meanwhile. "
        "Each latency counts from when its request was due; slow calls whose waits overlap are "
        "one stall.",
        plots([figure(title, plot.curves(
            "stalls", title, "percentile of the calls", "latency, µs (log)", series, y_log=True,
            x_ticks=[(place, PERCENTILE_WORDS.get(p, p)) for p, place in PERCENTILES],
            level=(STALL_US, "5 ms")),
            ["Server", *(f"{PERCENTILE_WORDS.get(p, p)}, µs" for p, _ in PERCENTILES)], rows)]),
        table(["What", "Figure"], beside) if beside else None,
        element("details", element("summary", "The longest stalls"),
                table(["At, s", "Lasted, ms", "Calls"], list(zip(*told)), text_columns=()))
        if all(told) else None,
        element("p", figures["stalls_note"]) if "stalls_note" in figures else None)


# In the order of the page.
SECTIONS = (rounds_section, latency_section, overload_section, stalls_section, groups_section,
            cpu_section, peers_section, growth_section, cores_section)
