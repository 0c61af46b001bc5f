# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""A run as one HTML file: the bars, plots with the numbers below them, the conditions.

It needs no network, no script and nothing but Python's standard library.  A section is there if
its figures are in the summary; the same summary and history give the same bytes.
"""

import json
import math
import pathlib

from suite import pace, plot
from suite.bars import (BARS, BY_FIGURE, bound_words, figures_of, judge_all, number,
                        number_words)
from suite.markup import Markup, element, join
from suite.page import counted, figure, mapping, plots, rounds_of, section, table, with_unit
from suite.sections import SECTIONS
from suite.system import BenchError

STYLE = pathlib.Path(__file__).with_name("report.css")

# Of history.ndjson: what has happened to the figures on this machine.
TREND = (
    ("ledger_decisions_per_s", "Ledger, one thread", "decisions / s"),
    ("unary_per_s", "Authorize", "decisions / s"),
    ("unary_vs_echo", "Authorize beside the echo", "ratio"),
    ("stream_per_s", "AuthorizeStream", "decisions / s"),
    ("stream_vs_echo", "AuthorizeStream beside the echo", "ratio"),
    ("sync_us_p50", "Append and sync, p50", "µs"),
)
TREND_LABELS_MAX = 5
OTHERS_CORES_MAX = 0.1  # above it rates are not worth quoting (bench/README.md)


# ------------------------------------------------------------------------ bars


REACH_WIDTH = 120
REACH_MAX = 2  # bars; what is further is cut off
SIGNS = {">=": "≥", "<=": "≤", "<": "<"}


def reach(judged):
    """How much of its bar: the line in the middle is the bar."""
    if judged.margin is None:
        return None
    width = REACH_WIDTH * min(judged.margin, REACH_MAX) / REACH_MAX
    return element(
        "svg",
        element("rect", x="0", y="2", width=f"{width:.1f}", height="10",
                class_="holds" if judged.holds else "short"),
        element("line", x1=REACH_WIDTH // 2, y1="0", x2=REACH_WIDTH // 2, y2="14"),
        viewBox=f"0 0 {REACH_WIDTH} 14", aria_hidden="true")


def reached_words(judged):
    if judged.margin is None:
        return ""
    # Down, so that nothing that falls short looks as if it held.
    return f"{math.floor(100 * judged.margin + 1e-9):,} %"


def bar_row(judged):
    bar = judged.bar
    asked = [SIGNS[bar.comparison], " "]
    if judged.bound is not None:
        asked += [with_unit(judged.bound, bar.unit), " "]
    if isinstance(bar.bound, dict):
        asked.append(element("small", bound_words(bar).replace(" x ", " × ")))
    look, sign = {True: ("holds", "✓ "), False: ("short", "✗ "),
                  None: ("none", "")}[judged.holds]
    return element(
        "tr",
        element("th", bar.words, " ", element("small", element("code", bar.figure)), scope="row",
                class_="text"),
        element("td", with_unit(judged.value, bar.unit), class_="nowrap"),
        element("td", asked),
        element("td", reach(judged), class_="reach"),
        element("td", reached_words(judged), class_="nowrap"),
        element("td", sign + judged.verdict,
                [" ", element("small", judged.note)] if judged.note else None,
                class_=f"text {look}"))


def bars_section(summary):
    judged = judge_all(figures_of(summary))
    if not judged:
        return None
    measured = {one.bar.figure for one in judged}
    missing = [bar.figure for bar in BARS if bar.figure not in measured]
    heads = (("Figure", "text"), ("Value", None), ("Bar", None), ("", "reach"),
             ("Reached", None), ("Verdict", "text"))
    return section(
        "What must hold",
        "Reached is the value over its bar, or the bar over the value where less is better; "
        "the line in the middle is the bar.",
        element("div", element(
            "table",
            element("thead", element("tr", [
                element("th", words, scope="col", class_=look) if words
                else element("td", class_=look) for words, look in heads])),
            element("tbody", [bar_row(one) for one in judged])), class_="scroll bars"),
        element("p", "Not measured in this run: ", [
            join(", " if index else "", element("code", name))
            for index, name in enumerate(missing)], ".", class_="soft") if missing else None)


# ------------------------------------------------- conditions and other runs


def machine_name(summary):
    """As bench/history.ndjson has it."""
    machine = mapping(summary.get("machine"))
    return f"{machine.get('cpu')}, {machine.get('cores')} cores"


def conditions_section(summary):
    machine = mapping(summary.get("machine"))
    conditions = mapping(summary.get("conditions"))
    rows = [("commit", summary.get("commit")), ("at", summary.get("at"))]
    rows += [(name.replace("_", " "), value) for name, value in machine.items()]
    for name, value in conditions.items():
        if name == "peers":
            continue
        if isinstance(value, dict):
            rows += [(f"{name.replace('_', ' ')}, {key}", words) for key, words in value.items()]
        else:
            rows.append((name.replace("_", " "), value))
    rows = [(name, value_words(value)) for name, value in rows if value is not None]
    return section("Conditions", None,
                   table(["Condition", "Value"], rows, text_columns=(0, 1))) if rows else None


def value_words(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    if number(value) is not None:
        return number_words(round(value, 2) if isinstance(value, float) else value)
    return str(value)


def trend_section(summary, history):
    """`history` is the lines of history.ndjson, oldest first."""
    machine = machine_name(summary)
    runs = [run for run in history if isinstance(run, dict) and run.get("machine") == machine]
    identity = (summary.get("at"), summary.get("commit"))
    if (identity not in [(run.get("at"), run.get("commit")) for run in runs]
            and not mapping(summary.get("conditions")).get("quick")):
        runs.append(summary | {"others_cores_max": mapping(
            summary.get("conditions")).get("others_cores_max")})
    found = []
    for key, title, unit in TREND:
        points = [(run, number(run.get(key))) for run in runs]
        points = [(run, value) for run, value in points if value is not None]
        if len(points) < 2:
            continue
        commits = [str(run.get("commit"))[:7] for run, _ in points]
        every = -(-len(points) // TREND_LABELS_MAX)
        bar = BY_FIGURE.get(key)
        level = (None if bar is None or number(bar.bound) is None
                 else (bar.bound, f"bar {number_words(bar.bound)}"))
        found.append(figure(
            title, plot.curves(
                f"trend-{key.replace('_', '-')}", f"{title}, run by run", "commit", unit,
                [plot.Series(title, "gonghuid",
                             tuple((index, value) for index, (_, value) in enumerate(points)))],
                x_ticks=[(index, commits[index]) for index in range(len(points) - 1, -1, -every)],
                level=level),
            ["Commit", "At", unit, "Cores of others, at most"],
            [[str(run.get("commit")), str(run.get("at")), value,
              value_words(run.get("others_cores_max", ""))] for run, value in points]))
    if not found:
        return None
    return section("On this machine so far", "The runs of bench/history.ndjson on a machine of "
                   f"the same name, {machine}. Only ratios compare across days: a shared "
                   "machine's speed changes.", plots(found))


# -------------------------------------------------------------- all the figures


def flat(prefix, value):
    """Figures within figures get both names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(f"{prefix} {key}".strip(), inner)
    elif number(value) is not None or isinstance(value, str):
        yield prefix, value


def everything_section(summary):
    rows = []
    tops = {key: value for key, value in summary.items() if number(value) is not None}
    for name, value in (*flat("", tops), *flat("", mapping(summary.get("more")))):
        spread = rounds_of(summary, name)
        rows.append([element("code", name), value, min(spread, default=""),
                     max(spread, default=""), len(spread) or ""])
    if not rows:
        return None
    return section("All figures", None, element(
        "details", element("summary", f"{len(rows)} figures as in summary.json"),
        table(["Figure", "Value", "Least", "Most", "Rounds"], rows)))


# --------------------------------------------------------------------- the page


def cards(summary):
    machine = mapping(summary.get("machine"))
    judged = judge_all(figures_of(summary))
    found = []
    if judged:
        held = sum(one.holds is True for one in judged)
        found.append(("Bars", f"{held} of {len(judged)} hold",
                      f"{len(BARS) - len(judged)} of {len(BARS)} not measured"))
    if machine:
        words = [f"{machine[key]} {unit}" for key, unit in (("cores", "cores"),
                                                            ("memory_gib", "GiB"))
                 if key in machine]
        found.append(("Machine", machine.get("cpu"), ", ".join(words)))
    if summary.get("commit"):
        found.append(("Commit", summary["commit"], None))
    if summary.get("at"):
        day, _, time = str(summary["at"]).replace("+00:00", " UTC").partition("T")
        found.append(("At", day, time))
    return element("dl", [
        element("div", element("dt", name),
                element("dd", value, [" ", element("small", more)] if more else None))
        for name, value, more in found], class_="cards") if found else None


def notices(summary):
    conditions = mapping(summary.get("conditions"))
    found = []
    if conditions.get("quick"):
        found.append(element("p", "A quick run: it shows that everything works. Its figures "
                             "mean nothing, and its bars are not asked to hold."))
    others = number(conditions.get("others_cores_max"))
    if others is not None and others > OTHERS_CORES_MAX:
        found.append(element("p", f"Others used up to {number_words(others)} cores meanwhile: "
                             "only the ratios mean something."))
    slow, longest_ms = (number(mapping(summary.get("more")).get(f"slow_cores_{name}"))
                        for name in ("percent", "max_ms"))
    if None not in (slow, longest_ms) and slow >= pace.TOLD_PERCENT:
        found.append(element("p", f"{pace.words(slow, longest_ms)}: the figures are of this "
                             "machine as it was then."))
    if str(summary.get("commit", "")).endswith("+changes"):
        found.append(element("p", "Measured with changes that are in no commit."))
    failures = summary.get("failed_checks")
    failures = failures if isinstance(failures, list) else []
    if failures:
        found.append(element("p", element("strong", counted(
            len(failures), "failed check", "failed checks"))))
        found.append(element("ul", [element("li", words) for words in failures]))
    return element("div", found, class_="notice") if found else None


def report_html(summary, history=()):
    sections = [bars_section(summary), *(of(summary) for of in SECTIONS),
                trend_section(summary, history), conditions_section(summary),
                everything_section(summary)]
    sections = [one for one in sections if one is not None]
    if not sections:
        sections = [element("p", "Nothing was measured.")]
    title = "Gonghui: benchmarks"
    if summary.get("commit"):
        title += f" at {summary['commit']}"
    return "<!DOCTYPE html>\n" + element(
        "html", element("head", element("meta", charset="utf-8"),
                        element("meta", name="viewport",
                                content="width=device-width, initial-scale=1"),
                        element("title", title),
                        element("style", Markup(STYLE.read_text(encoding="utf-8")))), "\n",
        element("body", element("header", element("h1", title)), cards(summary),
                notices(summary), element("main", [join(one, "\n") for one in sections]),
                element("footer", "Client and server share one machine, TCP on loopback, no TLS; "
                        "every answer is checked. bench/README.md tells how each figure is taken "
                        "and what is left out.")), lang="en") + "\n"


def read_history(path):
    """Lines that are not JSON are left out: a report is no place to fail for them."""
    runs = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                runs.append(json.loads(line))
            except json.JSONDecodeError:
                continue
    return runs


def write_report(summary, path, history_path):
    """Gives the path that it wrote."""
    path.write_text(report_html(summary, read_history(history_path)), encoding="utf-8")
    return path


def report_on(summary_path, history_path):
    """report.html of a summary.json of some time ago, beside it."""
    try:
        summary = json.loads(summary_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchError(f"{summary_path}: {error}") from None
    if not isinstance(summary, dict):
        raise BenchError(f"{summary_path}: is no summary of a run")
    return write_report(summary, summary_path.with_name("report.html"), history_path)
