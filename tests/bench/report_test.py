#!/usr/bin/python3 -B
# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the report of tools/bench: whole, well-formed, by itself, whatever was measured."""

import copy
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from suite import plot, report, sections  # noqa: E402
from suite.bars import BARS  # noqa: E402
from suite.markup import element, join  # noqa: E402

HOSTILE = "</table><script>alert('1')</script> & \"quoted\" \x1b[31m\x00 工会"


def everything():
    """A summary that has every figure that the report knows."""
    more = {bar.figure: 1 for bar in BARS}
    more |= {"sync_us_p99": 386.2, "idle_cpu_percent": 0.03, "recovery_members": 10_000_000,
             "pipeline": {"adaptive": {"unary_per_s": 27902}}}
    for name in ("unary", "stream"):
        for echo, factor in (("", 2), ("_echo", 1)):
            for load, part in (("", 1.0), ("_tenth", 0.1), ("_half", 0.5), ("_eighty", 0.8)):
                prefix = f"{name}{echo}{load}"
                more |= latencies(prefix, 300 * factor * (1 + part))
                more[f"{prefix}_per_s"] = round(40_000 * part / factor)
                more |= {f"{prefix}_decisions_per_sync": 80.5 * part,
                         f"{prefix}_bytes_per_sync": 9703 * part}
            more |= {f"{name}{echo}_server_cpu_us": 20.5 * factor,
                     f"{name}{echo}_client_cpu_us": 31.25}
        for count in (1, 2):
            more |= {f"cores_{count}_client_cores": 1, f"cores_{count}_{name}_per_s": 20_000,
                     f"cores_{count}_{name}_p99_us": 900.5}
    more |= latencies("overload", 9000) | {
        "overload_offered_per_s": 40_000, "overload_per_s": 19_000,
        "overload_refused_per_s": 20_000}
    more |= latencies("stalls", 600) | latencies("stalls_echo", 150) | {
        key: 2 for _, key in sections.STALLS_BESIDE} | {"stalls_minutes": 10}
    more |= latencies("alone", 450) | latencies("alone_echo", 200)
    for _, ways in sections.PEERS:
        for position, (key, _, _) in enumerate(ways):
            more |= latencies(key, 1000) | {f"{key}_per_s": 100_000 // (position + 1)}
    for size, ns in (("10k", 180.5), ("100k", 240), ("1m", 390), ("10m", 420)):
        more |= {f"ledger_{size}_decision_ns": ns, f"ledger_{size}_bytes_per_member": 96.5}
    for start in ("recovery", "recovery_killed"):
        more |= {f"{start}_s": 8.5, f"{start}_checkpoint_s": 7, f"{start}_replay_s": 0.5}
    figures = {"ledger_decisions_per_s": 5_100_000, "unary_per_s": 20543,
               "unary_echo_per_s": 21477, "unary_vs_echo": 0.907, "stream_per_s": 361813,
               "stream_echo_per_s": 1433600, "stream_vs_echo": 0.249, "sync_us_p50": 285.1}
    for name in figures:
        more.pop(name, None)
    return figures | {
        "at": "2026-01-02T03:04:05+00:00", "commit": "0123456789ab",
        "machine": {"cpu": "Some CPU", "cores": 2, "memory_gib": 8.0, "kernel": "6.1",
                    "data_filesystem": "ext4"},
        "conditions": {"parts": ["unary", "stream"], "quick": False, "rounds": 3,
                       "client": {"unary": "--mode unary"}, "others_cores_max": 0.05,
                       "peers": {"redis": "Redis 7, appendfsync=always"}},
        "more": more,
        "spread": {name: [round(value * part, 3) for part in (0.9, 1, 1.2)]
                   for name, value in figures.items()},
        "failed_checks": []}


def latencies(prefix, p50):
    return {f"{prefix}_{name}_us": p50 * factor for name, factor in
            (("p50", 1), ("p90", 1.5), ("p99", 3), ("p999", 7), ("max", 30))}


def run_of(at, commit, machine="Some CPU, 2 cores", **figures):
    return {"at": at, "commit": commit, "machine": machine, "others_cores_max": 0.0} | figures


HISTORY = [run_of("2025-12-01", "aaaaaaaaaaaa", unary_per_s=20_000, unary_vs_echo=0.8),
           run_of("2025-12-02", "bbbbbbbbbbbb", unary_per_s=None, unary_vs_echo=None),
           run_of("2025-12-03", "cccccccccccc", "Another, 2 cores", unary_per_s=99_999),
           run_of("2025-12-04", "dddddddddddd", unary_per_s=22_000, unary_vs_echo=0.9)]


def tree_of(html):
    return ElementTree.fromstring(html)


def text_of(node):
    return " ".join("".join(node.itertext()).split())


def headings(tree):
    return [text_of(node) for node in tree.iter("h2")]


def section_of(tree, heading):
    return next(node for node in tree.iter("section") if text_of(node.find("h2")) == heading)


def rows_of(node):
    return [[text_of(cell) for cell in row] for row in node.iter("tr")]


class MarkupTest(unittest.TestCase):
    def test_escapes_text_and_attributes(self):
        self.assertEqual(element("p", "a<b & \"c\"", title="<&\">"),
                         '<p title="&lt;&amp;&quot;&gt;">a&lt;b &amp; &quot;c&quot;</p>')

    def test_markup_is_taken_as_it_is_and_nothing_left_out(self):
        self.assertEqual(join(element("b", 1), None, ["<", [element("i")]]),
                         "<b>1</b>&lt;<i></i>")

    def test_every_element_ends_but_the_void_ones(self):
        self.assertEqual(element("td"), "<td></td>")
        self.assertEqual(element("meta", charset="utf-8"), '<meta charset="utf-8"/>')

    def test_names_of_attributes(self):
        self.assertEqual(element("a", class_="x", stroke_width=2, viewBox="0 0 1 1", scope=None),
                         '<a class="x" stroke-width="2" viewBox="0 0 1 1"></a>')

    def test_what_xml_has_no_place_for(self):
        text = element("p", "\x00\x1b[0m\ud800\ufffe\ttab")
        self.assertEqual(text_of(ElementTree.fromstring(text)),
                         "\ufffd\ufffd[0m\ufffd\ufffd tab")


class ScaleTest(unittest.TestCase):
    VALUES = ([1], [0], [0, 0], [0.3], [5, 5], [1, 2, 3], [34_311, 39_599], [1e-7, 2e-7],
              [1.5e9], [0.1, 1e6], [7, 7.1], [1000], [3, 20_000])

    def test_every_value_is_between_the_ends(self):
        for log in (False, True):
            for values in self.VALUES:
                if log and min(values) <= 0:
                    continue
                scale = plot.scale_of(values, 100, 400, log)
                for value in values:
                    self.assertTrue(99.9 <= scale.at(value) <= 400.1, (log, values))
                self.assertGreaterEqual(len(scale.ticks), 2, (log, values))
                self.assertEqual(scale.ticks, sorted(set(scale.ticks)))
                self.assertLessEqual(len(scale.ticks), 300 / plot.TICK_ROOM + 1, (log, values))

    def test_a_linear_scale_begins_at_zero(self):
        self.assertEqual(plot.Linear([30, 40], 0, 300).at(0), 0)
        self.assertEqual(plot.Linear([30, 40], 0, 300).ticks, [0, 10, 20, 30, 40])
        self.assertEqual(plot.Linear([-3, 40], 0, 300).ticks[0], -10)

    def test_a_logarithmic_scale_is_even_in_decades(self):
        scale = plot.Logarithmic([1, 100], 0, 200)
        self.assertAlmostEqual(scale.at(10), 100)

    def test_upwards(self):
        self.assertAlmostEqual(plot.Linear([10], 200, 0).at(10), 0)

    def test_nice(self):
        for value, nice in ((1, 1), (1.01, 2), (2, 2), (3, 5), (5, 5), (6, 10), (0.3, 0.5),
                            (0.2, 0.2), (7e6, 1e7)):
            self.assertAlmostEqual(plot.nice_above(value) / nice, 1)
        self.assertAlmostEqual(plot.nice_below(0.3), 0.2)
        self.assertAlmostEqual(plot.nice_below(500), 500)

    def test_short(self):
        for value, words in ((0, "0"), (0.5, "0.5"), (250, "250"), (5000, "5,000"),
                             (10_000, "10 k"), (2.5e6, "2.5 M"), (3e9, "3 G")):
            self.assertEqual(plot.short(value), words)


class PlotTest(unittest.TestCase):
    def rectangles(self, svg, look):
        return [(float(node.get("x")), float(node.get("width")))
                for node in ElementTree.fromstring(svg).iter("rect")
                if node.get("class") == f"bar {look}" and node.find("title") is not None]

    def test_stacked_bars_are_side_by_side_and_as_long_as_they_are_large(self):
        svg = plot.bars("id", "Title", "us", [
            ("a", (plot.Part("server", "server", 30), plot.Part("client", "client", 10)))])
        (x, width), = self.rectangles(svg, "server")
        (next_x, next_width), = self.rectangles(svg, "client")
        self.assertAlmostEqual(x + width, next_x, delta=0.2)
        self.assertAlmostEqual(width / next_width, 3, delta=0.05)

    def test_the_smallest_bar_of_a_logarithmic_plot_can_be_seen(self):
        svg = plot.bars("id", "Title", "/ s", [
            (name, (plot.Part("rate", "gonghuid", value),)) for name, value in
            (("a", 100), ("b", 10), ("c", 1))], log=True)
        widths = [width for _, width in self.rectangles(svg, "gonghuid")]
        self.assertGreater(widths[2], 5)
        # Each a decade from the next.
        self.assertAlmostEqual(widths[0] - widths[1], widths[1] - widths[2], delta=0.3)

    def test_a_strip_has_a_point_for_each_round_in_its_place(self):
        svg = plot.strip("id", "Title", "/ s", [("a", "gonghuid", [10, 40, 20])])
        tree = ElementTree.fromstring(svg)
        points = [(float(node.get("cx")), float(node.get("cy"))) for node in tree.iter("circle")]
        self.assertEqual(sorted(points, key=lambda point: point[1]), points)
        self.assertLess(points[0][0], points[2][0])
        self.assertLess(points[2][0], points[1][0])
        median, = (node for node in tree.iter("line") if "median" in node.get("class"))
        self.assertEqual(float(median.get("x1")), points[2][0])

    def test_higher_values_are_higher(self):
        svg = plot.curves("id", "Title", "x", "y", [plot.Series("a", "echo", ((1, 5), (2, 50)))],
                          y_log=True)
        line, = ElementTree.fromstring(svg).iter("polyline")
        (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in line.get("points").split())
        self.assertLess(x1, x2)
        self.assertGreater(y1, y2)


class ReportTest(unittest.TestCase):
    def whole(self):
        html = report.report_html(everything(), HISTORY)
        return html, tree_of(html)

    def test_every_section_when_everything_was_measured(self):
        _, tree = self.whole()
        self.assertEqual(headings(tree), [
            "What must hold", "Rates of every round", "Latency", "Overload", "Stalls",
            "Group commit", "Where the time goes", "Peers", "Growth", "Cores",
            "On this machine so far", "Conditions", "All figures"])
        self.assertNotIn("Not measured", text_of(tree))
        self.assertNotIn("not judged", text_of(tree))

    def test_nothing_when_nothing_was_measured(self):
        for summary in ({}, {"more": {}, "spread": {}, "failed_checks": []},
                        {"unary_per_s": None, "more": None, "spread": None, "machine": None}):
            tree = tree_of(report.report_html(summary))
            self.assertEqual(headings(tree), [])
            self.assertIn("Nothing was measured.", text_of(tree))
            self.assertEqual(list(tree.iter("svg")), [])

    def test_a_section_only_with_its_figures(self):
        for figures, heading in (({"alone_p90_us": 4.5}, "Latency"),
                                 ({"unary_decisions_per_sync": 4}, "Group commit"),
                                 ({"stream_server_cpu_us": 4}, "Where the time goes"),
                                 ({"redis_bulk_per_s": 4}, "Peers"),
                                 ({"stalls_p999_us": 4}, "Stalls"),
                                 ({"ledger_1m_decision_ns": 4}, "Growth")):
            tree = tree_of(report.report_html({"more": figures}))
            self.assertEqual([name for name in headings(tree) if name != "What must hold"],
                             [heading, "All figures"], figures)

    def test_stalls_one_by_one_and_what_went_on(self):
        summary = everything()
        summary["more"] |= {"stalls_peak_share": 0.2, "stalls_expired_holds": 81_234,
                            "stalls_note": "The machine <stalls>."}
        summary["spread"] |= {"stalls_at_s": [1.5, 30.25], "stalls_ms": [7.5, 12],
                              "stalls_calls": [40, 3_000]}
        node = section_of(tree_of(report.report_html(summary)), "Stalls")
        self.assertIn("Authorize, 20 % of the peak rate, 10 minutes", text_of(node))
        self.assertIn(["holds expired", "81,234"], rows_of(node))
        self.assertIn(["30.25", "12", "3,000"], rows_of(node))
        self.assertIn("The machine <stalls>.", text_of(node))

    def test_every_plot_is_told_in_words_and_numbers(self):
        _, tree = self.whole()
        figures = list(tree.iter("figure"))
        self.assertGreater(len(figures), 25)
        for figure in figures:
            svg = figure.find("svg")
            self.assertEqual(svg.get("role"), "img")
            told = [node.text for node in svg
                    if node.get("id") in svg.get("aria-labelledby").split()]
            self.assertEqual(len(told), 2, "title and description")
            self.assertTrue(all(told))
            axes = [node.text for node in svg.iter("text") if node.get("class") == "axis"]
            self.assertTrue(axes and all(axes), told)
            rows = rows_of(figure.find("details"))
            self.assertGreaterEqual(len(rows), 2, told)
            self.assertEqual({len(row) for row in rows}, {len(rows[0])}, told)

    def test_the_numbers_of_a_plot_are_those_of_the_summary(self):
        _, tree = self.whole()
        cpu = section_of(tree, "Where the time goes")
        self.assertEqual(rows_of(cpu)[1:3], [["gonghuid", "41", "31.25", "72.25"],
                                             ["echo", "20.5", "31.25", "51.75"]])
        growth = rows_of(section_of(tree, "Growth"))
        self.assertIn(["10,000", "180.5"], growth)
        self.assertIn(["after a stop", "7", "0.5", "1"], growth)
        latency = rows_of(section_of(tree, "Latency"))
        self.assertIn(["gonghuid", "450", "675", "1,350", "3,150", "13,500"], latency)
        rates = rows_of(section_of(tree, "Rates of every round"))
        self.assertIn(["gonghuid", "20,543", "18,488.7", "24,651.6",
                       "18,488.7 20,543 24,651.6"], rates)

    def test_the_fastest_peer_is_first(self):
        _, tree = self.whole()
        rows = rows_of(section_of(tree, "Peers"))
        self.assertEqual(rows[1][:2], ["gonghuid Authorize", "100,000"])
        self.assertEqual(rows[4][:2], ["PostgreSQL, plain", "25,000"])

    def test_identities_are_unique(self):
        _, tree = self.whole()
        found = [node.get("id") for node in tree.iter() if node.get("id")]
        self.assertEqual(len(found), len(set(found)))

    def test_everything_is_within_its_plot(self):
        _, tree = self.whole()
        for svg in tree.iter("svg"):
            _, _, width, height = map(float, svg.get("viewBox").split())
            for node in svg.iter():
                for names, limit in ((("x", "x1", "x2", "cx"), width),
                                     (("y", "y1", "y2", "cy"), height)):
                    for name in names:
                        if node.get(name) is not None:
                            self.assertTrue(0 <= float(node.get(name)) <= limit,
                                            ElementTree.tostring(node))

    def test_nothing_from_elsewhere_and_no_script(self):
        html, tree = self.whole()
        for word in ("http:", "https:", "//", "url(", "@import", "<script", "javascript"):
            self.assertNotIn(word, html.lower())
        for node in tree.iter():
            self.assertNotIn(node.tag, ("script", "link", "img", "iframe", "object", "embed"))
            for name in node.keys():
                self.assertNotIn(name, ("src", "href", "srcset", "style", "data"))
                self.assertFalse(name.startswith("on"), name)

    def test_both_schemes_and_paper(self):
        html, _ = self.whole()
        for word in ("color-scheme: light dark", "prefers-color-scheme: dark", "@media print"):
            self.assertIn(word, html)

    def test_every_look_has_a_style(self):
        html, tree = self.whole()
        style = html[html.index("<style>"):html.index("</style>")]
        for node in tree.iter():
            for look in (node.get("class") or "").split():
                if look not in ("p99", "axis", "key", "text"):
                    self.assertIn(f".{look}", style, ElementTree.tostring(node))

    def test_values_are_escaped_wherever_they_come_from(self):
        summary = everything()
        summary["commit"] = summary["at"] = HOSTILE
        summary["machine"] = {"cpu": HOSTILE, "cores": HOSTILE, HOSTILE: HOSTILE}
        summary["conditions"] = {"parts": [HOSTILE], "peers": {HOSTILE: HOSTILE},
                                 "client": {HOSTILE: HOSTILE}, HOSTILE: HOSTILE}
        summary["more"] |= {HOSTILE: 7, "words": HOSTILE, "pipeline": {HOSTILE: {HOSTILE: 1}}}
        summary["failed_checks"] = [HOSTILE]
        machine = report.machine_name(summary)
        html = report.report_html(summary, [
            run_of(HOSTILE + one, HOSTILE, machine, unary_per_s=5) for one in "12"])
        self.assertNotIn("<script", html)
        tree = tree_of(html)
        self.assertIn("alert('1')", text_of(tree))
        self.assertIn("工会", text_of(tree))
        self.assertIn("</table>", text_of(next(tree.iter("li"))))

    def test_figures_that_are_none(self):
        """Absent, or of a kind that nobody expects: no figure may be a failure."""
        for value in (None, "text", {}, [], [None, "x"], True, 0, -1, -0.5, math.nan, math.inf,
                      1e300, 1e-300):
            summary = everything()
            summary["more"] = {name: value for name in summary["more"]}
            for name in list(summary):
                if isinstance(summary[name], (int, float)):
                    summary[name] = value
            summary["spread"] = {name: [value] for name in summary["spread"]}
            tree_of(report.report_html(summary, HISTORY))
            summary["spread"] = value
            tree_of(report.report_html(summary, HISTORY))
            for name in ("more", "machine", "conditions", "failed_checks", "at", "commit"):
                other = everything()
                other[name] = value
                tree_of(report.report_html(other, HISTORY))

    def test_each_figure_alone_and_each_absent(self):
        whole = everything()
        for name, value in whole["more"].items():
            tree_of(report.report_html({"more": {name: value}}))
            summary = copy.copy(whole)
            summary["more"] = {key: one for key, one in whole["more"].items() if key != name}
            tree_of(report.report_html(summary))

    def test_the_same_summary_gives_the_same_bytes(self):
        html, _ = self.whole()
        self.assertEqual(html, report.report_html(json.loads(json.dumps(everything())), HISTORY))


class BarsSectionTest(unittest.TestCase):
    def rows(self, **more):
        tree = tree_of(report.report_html({"more": more}))
        rows = rows_of(section_of(tree, "What must hold"))
        return {row[0].split()[-1]: row[1:] for row in rows[1:]}, text_of(tree)

    def test_exactly_at_the_bound(self):
        rows, text = self.rows(bytes_per_member=100, recovery_10m_members_s=10, unary_vs_echo=0.9)
        self.assertEqual(rows["bytes_per_member"],
                         ["100 bytes", "≤ 100 bytes", "", "100 %", "✓ holds"])
        self.assertEqual(rows["recovery_10m_members_s"],
                         ["10 s", "< 10 s", "", "100 %", "✗ falls short"])
        self.assertEqual(rows["unary_vs_echo"], ["0.9", "≥ 0.9", "", "100 %", "✓ holds"])
        self.assertIn("2 of 3 hold", text)
        self.assertIn(f"{len(BARS) - 3} of {len(BARS)} not measured", text)

    def test_just_short_of_it_is_not_rounded_up(self):
        rows, _ = self.rows(ledger_decisions_per_s=4_999_999)
        self.assertEqual(rows["ledger_decisions_per_s"],
                         ["4,999,999 / s", "≥ 5,000,000 / s", "", "99 %", "✗ falls short"])

    def test_a_bound_of_other_figures(self):
        rows, _ = self.rows(alone_p50_us=500, alone_echo_p50_us=200, sync_us_p50=200)
        self.assertEqual(rows["alone_p50_us"],
                         ["500 µs", "≤ 500 µs alone_echo_p50_us + 1.5 × sync_us_p50", "", "100 %",
                          "✓ holds"])
        rows, text = self.rows(alone_p50_us=500, alone_echo_p50_us=200)
        self.assertEqual(rows["alone_p50_us"][1:],
                         ["≤ alone_echo_p50_us + 1.5 × sync_us_p50", "", "",
                          "not judged what its bound is made of was not measured"])
        self.assertIn("0 of 1 hold", text)

    def test_a_note_stands_beside_the_verdict_and_excuses_nothing(self):
        rows, text = self.rows(overload_goodput=0.2, overload_per_s=4000,
                               overload_note="The client had <no> core left.")
        self.assertEqual(rows["overload_goodput"],
                         ["0.2", "≥ 0.9", "", "22 %",
                          "✗ falls short The client had <no> core left."])
        self.assertIn("0 of 1 hold", text)

    def test_what_was_not_measured_is_named(self):
        _, text = self.rows(bytes_per_member=100)
        self.assertIn("Not measured in this run: ledger_decisions_per_s, hot_fund_vs_cold,", text)


class NoticesTest(unittest.TestCase):
    def notice(self, **summary):
        tree = tree_of(report.report_html(everything() | summary))
        return " ".join(text_of(node) for node in tree.iter("div")
                        if node.get("class") == "notice")

    def test_none(self):
        self.assertEqual(self.notice(), "")
        self.assertEqual(self.notice(conditions={"others_cores_max": 0.1}), "")

    def test_what_makes_figures_worth_less(self):
        self.assertIn("A quick run", self.notice(conditions={"quick": True}))
        self.assertIn("up to 0.11 cores", self.notice(conditions={"others_cores_max": 0.11}))
        for percent, told in ((0.99, False), (1.0, True)):
            self.assertEqual("below half of their pace for 1 % of the run, at most 1,120 ms" in
                             self.notice(more={"slow_cores_percent": percent,
                                               "slow_cores_max_ms": 1_120.4}), told)
        self.assertIn("in no commit", self.notice(commit="0123456789ab+changes"))
        self.assertIn("1 failed checkunary: 3 wrong", self.notice(failed_checks=["unary: 3 wrong"]))
        self.assertIn("2 failed checks", self.notice(failed_checks=["a", "b"]))


class TrendTest(unittest.TestCase):
    def trend(self, history, **summary):
        tree = tree_of(report.report_html(everything() | summary, history))
        if "On this machine so far" not in headings(tree):
            return None
        figure = next(node for node in section_of(tree, "On this machine so far").iter("figure")
                      if text_of(node.find("figcaption")) == "Authorize")
        return [(row[0][:4], row[2]) for row in rows_of(figure)[1:]]

    def test_runs_of_this_machine_and_then_this_one(self):
        self.assertEqual(self.trend(HISTORY),
                         [("aaaa", "20,000"), ("dddd", "22,000"), ("0123", "20,543")])

    def test_this_run_is_there_once_when_it_is_recorded(self):
        history = [*HISTORY, run_of("2026-01-02T03:04:05+00:00", "0123456789ab",
                                    unary_per_s=20_543)]
        self.assertEqual(self.trend(history),
                         [("aaaa", "20,000"), ("dddd", "22,000"), ("0123", "20,543")])

    def test_a_quick_run_is_no_part_of_it(self):
        self.assertEqual(self.trend(HISTORY, conditions={"quick": True}),
                         [("aaaa", "20,000"), ("dddd", "22,000")])

    def test_one_run_is_no_trend(self):
        self.assertIsNone(self.trend(HISTORY[2:3]))

    def test_many_runs(self):
        history = [run_of(str(day), f"{day:012x}", unary_per_s=20_000 + day)
                   for day in range(200)]
        html = report.report_html(everything(), history)
        svg = next(node for node in tree_of(html).iter("svg")
                   if (node.get("aria-labelledby") or "").startswith("trend-unary-per-s-"))
        commits = [node.text for node in svg.iter("text")
                   if node.get("class") == "tick" and re.fullmatch(r"[0-9a-f]{7}", node.text)]
        self.assertLessEqual(len(commits), report.TREND_LABELS_MAX)
        self.assertIn("0123456", commits)

    def test_the_history_in_the_repository(self):
        runs = report.read_history(ROOT / "bench" / "history.ndjson")
        self.assertGreater(len(runs), 1)
        for run in runs:
            cpu, _, cores = run["machine"].rpartition(", ")
            summary = run | {"machine": {"cpu": cpu, "cores": int(cores.split()[0])}}
            self.assertEqual(report.machine_name(summary), run["machine"])
            tree_of(report.report_html(summary, runs))


class ToolTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "summary.json"
        self.html = self.file.with_name("report.html")

    def bench(self, **environment):
        return subprocess.run([sys.executable, "-B", ROOT / "tools" / "bench", "--report",
                               self.file], capture_output=True, text=True, timeout=60,
                              check=False, env=os.environ | environment)

    def test_writes_it_beside_the_summary_and_always_the_same(self):
        self.file.write_text(json.dumps(everything()))
        found = set()
        for seed in ("1", "2"):
            done = self.bench(PYTHONHASHSEED=seed, LC_ALL="C")
            self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
            self.assertIn(str(self.html), done.stderr)
            found.add(self.html.read_bytes())
        self.assertEqual(len(found), 1)
        self.assertIn("What must hold", headings(tree_of(found.pop().decode())))

    def test_what_is_no_summary(self):
        for text in (None, "", "{", "[1]", "7"):
            if text is not None:
                self.file.write_text(text)
            done = self.bench()
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(f"bench: {self.file}: ", done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            self.assertFalse(self.html.exists())

    def test_history_with_a_broken_line(self):
        path = self.file.with_name("history.ndjson")
        self.assertEqual(report.read_history(path), [])
        path.write_text('{"commit": "a"}\n{"comm\n\n[1]\n')
        self.assertEqual(report.read_history(path), [{"commit": "a"}, [1]])
        tree_of(report.report_html(everything(), report.read_history(path)))


if __name__ == "__main__":
    unittest.main()
