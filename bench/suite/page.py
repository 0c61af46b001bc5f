# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""What sections of the report are made of."""

from suite.bars import number, number_words
from suite.markup import element


def row_of(cells, text_columns, name="td"):
    return element("tr", [
        element("th" if name == "th" or index == 0 else name, cell,
                scope="col" if name == "th" else "row" if index == 0 else None,
                class_="text" if index in text_columns else None)
        for index, cell in enumerate(cells)])


def table(headers, rows, text_columns=(0,), caption=None):
    shown = [[number_words(cell) if number(cell) is not None else cell for cell in row]
             for row in rows]
    return element("div", element(
        "table", element("caption", caption) if caption else None,
        element("thead", row_of(headers, text_columns, "th")),
        element("tbody", [row_of(row, text_columns) for row in shown])), class_="scroll")


def figure(title, svg, headers, rows):
    return element(
        "figure", element("figcaption", title), svg,
        element("details", element("summary", "The same in numbers"), table(headers, rows)))


def section(title, words, *children):
    return element("section", element("h2", title),
                   element("p", words, class_="soft") if words else None, *children)


def plots(figures):
    return element("div", figures, class_="plots")


def rounds_of(summary, name):
    values = mapping(summary.get("spread")).get(name)
    if not isinstance(values, list):
        return []
    return [value for value in values if number(value) is not None]


def mapping(value):
    return value if isinstance(value, dict) else {}


def with_unit(value, unit):
    """As number_words, with the units as one writes them."""
    return number_words(value, {"us": "µs", "/s": " / s"}.get(unit, unit)).replace("  ", " ")


def counted(count, one, many):
    return f"{count:,} {one if count == 1 else many}"
