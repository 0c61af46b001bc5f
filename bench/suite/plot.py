# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG: strips of points, curves, bars.

A plot is told apart by shape as well as by colour, and has its title and what it shows as
text.  Same values, same bytes: no plot depends on anything else.
"""

import math
import statistics
from typing import NamedTuple

from suite.bars import number_words
from suite.markup import element, join

WIDTH = 464
HEIGHT = 264       # of curves; strips and bars are as high as they have rows
RIGHT = 22
TOP = 12
LEGEND = 20         # a line of it
BOTTOM = 44
CHARACTER = 6.7    # width of one, of 12 pixels; somewhat more than most have
BOLD = 7.4
LEFT_MAX = 190
TICKS_MAX = 6
TICK_ROOM = 42     # of a tick's words beside those of the next
STRIP_ROW = 58
BAR_ROW = 38
VALUE_ROOM = 70    # beside the longest bar, for its value

SHAPES = {"gonghuid": "circle", "echo": "square", "postgres": "triangle", "redis": "diamond"}


class Series(NamedTuple):
    name: str
    look: str      # class of the style sheet; its shape is in SHAPES
    points: tuple  # of (x, y)


class Part(NamedTuple):
    name: str
    look: str
    value: float


# ---------------------------------------------------------------------- scales


def nice_above(value):
    """The smallest 1, 2 or 5 times a power of ten that is not below a positive value."""
    power = 10.0 ** math.floor(math.log10(value))
    for factor in (1, 2, 5):
        # Or 3 x 0.1, which is above 0.3, would be a step further.
        if value <= factor * power * (1 + 1e-9):
            return factor * power
    return 10 * power


def nice_below(value):
    return 1 / nice_above(1 / value)


class Linear:
    """From zero, or below where a value is, to the step above the largest value."""

    def __init__(self, values, start, end):
        low, high = min(0, *values, 0), max(0, *values, 0)
        step = nice_above((high - low or 1) / min(TICKS_MAX, abs(end - start) // TICK_ROOM))
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        last = max(last, first + 1)
        self.ticks = [index * step for index in range(first, last + 1)]
        self._start, self._end = start, end

    def at(self, value):
        low, high = self.ticks[0], self.ticks[-1]
        return self._start + (self._end - self._start) * (value - low) / (high - low)


class Logarithmic:
    """From 1, 2 or 5 times a power of ten to another; all values are above zero."""

    def __init__(self, values, start, end):
        low, high = nice_below(min(values)), nice_above(max(values))
        if high < low * 1.5:  # one value, or all alike
            high = low * 10
        powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
        for factors in ((1, 2, 5), (1, 3), (1,))[2 if high / low > 999 else 0:]:
            self.ticks = [factor * 10.0 ** power for power in powers for factor in factors
                          if low * 0.999 <= factor * 10.0 ** power <= high * 1.001]
            if len(self.ticks) <= abs(end - start) / TICK_ROOM + 1:
                break
        self._low, self._high = math.log10(low), math.log10(high)
        self._start, self._end = start, end

    def at(self, value):
        return self._start + ((self._end - self._start) * (math.log10(value) - self._low)
                              / (self._high - self._low))


def scale_of(values, start, end, log):
    return (Logarithmic if log else Linear)(values, start, end)


def short(value):
    """A tick's value in few characters."""
    for limit, divisor, suffix in ((1e9, 1e9, " G"), (1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if abs(value) >= limit * 0.999:
            return f"{value / divisor:.3g}{suffix}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


# ----------------------------------------------------------------------- parts


def at(value):
    return f"{value:.1f}"


def text(x, y, words, look, anchor="middle", **attributes):
    return element("text", words, x=at(x), y=at(y), class_=look, text_anchor=anchor,
                   **attributes)


def mark(x, y, look, words=None, size=4.0):
    """A point of a series in the series' shape; `words` are told when it is pointed at."""
    shape = SHAPES.get(look.split()[0], "circle")
    told = element("title", words) if words else None
    if shape == "circle":
        return element("circle", told, cx=at(x), cy=at(y), r=at(size), class_=f"mark {look}")
    if shape == "square":
        corners = ((-.9, -.9), (.9, -.9), (.9, .9), (-.9, .9))
    elif shape == "triangle":
        corners = ((0, -1.1), (1.1, .9), (-1.1, .9))
    else:
        corners = ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0))
    points = " ".join(f"{at(x + dx * size)},{at(y + dy * size)}" for dx, dy in corners)
    return element("polygon", told, points=points, class_=f"mark {look}")


def svg(identity, title, description, height, *children):
    return element(
        "svg", element("title", title, id=f"{identity}-title"),
        element("desc", description, id=f"{identity}-desc"), *children,
        viewBox=f"0 0 {WIDTH} {height:.0f}", role="img",
        aria_labelledby=f"{identity}-title {identity}-desc")


def legend(names, left, right, line):
    """What is what, in as many lines as it takes: (parts, height)."""
    parts = []
    x, y = left, 0
    for name, look in names:
        width = (30 if line else 18) + len(name) * CHARACTER
        if x > left and x + width > right:
            x, y = left, y + LEGEND
        if line:
            parts.append(element("line", x1=at(x), y1=at(y + 11), x2=at(x + 24), y2=at(y + 11),
                                 class_=f"curve {look}"))
            parts.append(mark(x + 12, y + 11, look))
        else:
            parts.append(element("rect", x=at(x), y=at(y + 5), width="12.0", height="12.0",
                                 class_=f"bar {look}"))
        parts.append(text(x + (30 if line else 18), y + 15, name, "key", "start"))
        x += width + 16
    return parts, y + LEGEND


def x_axis(scale, label, left, right, top, bottom, ticks=None):
    parts = []
    for value, words in ticks or [(tick, short(tick)) for tick in scale.ticks]:
        x = scale.at(value)
        parts.append(element("line", x1=at(x), y1=at(top), x2=at(x), y2=at(bottom),
                             class_="grid"))
        parts.append(text(x, bottom + 16, words, "tick"))
    parts.append(text((left + right) / 2, bottom + 35, label, "axis"))
    return parts


def y_axis(scale, label, left, right, top, bottom):
    parts = []
    for value in scale.ticks:
        y = scale.at(value)
        parts.append(element("line", x1=at(left), y1=at(y), x2=at(right), y2=at(y),
                             class_="grid"))
        parts.append(text(left - 7, y + 4, short(value), "tick", "end"))
    middle = (top + bottom) / 2
    parts.append(text(14, middle, label, "axis", transform=f"rotate(-90 14 {at(middle)})"))
    return parts


def left_of(labels, character=BOLD):
    """Room for the rows' names."""
    return min(LEFT_MAX, 14 + character * max(len(label) for label in labels))


# ----------------------------------------------------------------------- plots


def strip(identity, title, x_label, rows):
    """Each value a point, the median a line; `rows` is of (name, look, values).

    The points of a row go from its first round, above, to its last, below.
    """
    medians = [f"median {number_words(statistics.median(values))}" for _, _, values in rows]
    left = max(left_of(medians, CHARACTER), left_of([name for name, _, _ in rows]))
    right = WIDTH - RIGHT
    bottom = TOP + STRIP_ROW * len(rows)
    scale = Linear([value for _, _, values in rows for value in values], left, right)
    parts = x_axis(scale, x_label, left, right, TOP, bottom)
    for row, (name, look, values) in enumerate(rows):
        y = TOP + STRIP_ROW * (row + 0.5)
        parts.append(text(left - 10, y - 2, name, "name", "end"))
        parts.append(text(left - 10, y + 14, medians[row], "tick", "end"))
        x = scale.at(statistics.median(values))
        parts.append(element("line", x1=at(x), y1=at(y - 25), x2=at(x), y2=at(y + 25),
                             class_=f"median {look}"))
        for index, value in enumerate(values):
            offset = 0 if len(values) == 1 else 36 * (index / (len(values) - 1) - 0.5)
            parts.append(mark(scale.at(value), y + offset, look,
                              f"{name}, round {index + 1}: {number_words(value)}"))
    description = "; ".join(f"{name}: {median}" for (name, _, _), median in zip(rows, medians))
    return svg(identity, title, description, bottom + BOTTOM, parts)


def curves(identity, title, x_label, y_label, series, *, x_log=False, y_log=False,
           x_ticks=None, level=None):
    """`x_ticks` is of (value, words); `level` (value, words), a line across."""
    right = WIDTH - RIGHT
    keys, top = [], TOP
    if len(series) > 1:
        keys, height = legend([(one.name, one.look) for one in series], 50, WIDTH, True)
        top += height
    bottom = HEIGHT - BOTTOM
    points = [point for one in series for point in one.points]
    reached = [y for _, y in points] + ([level[0]] if level else [])
    y_scale = scale_of(reached, bottom, top, y_log)
    left = 30 + CHARACTER * max(len(short(tick)) for tick in y_scale.ticks)
    if x_ticks is None:
        x_scale = scale_of([x for x, _ in points], left, right, x_log)
    else:
        places = [x for x, _ in points] + [value for value, _ in x_ticks]
        # With a little air: these do not begin at zero.
        x_scale = Places(min(places), max(places), left + 18, right - 14)
    parts = [keys, y_axis(y_scale, y_label, left, right, top, bottom),
             x_axis(x_scale, x_label, left, right, top, bottom, x_ticks)]
    if level:
        y = y_scale.at(level[0])
        parts.append(element("line", x1=at(left), y1=at(y), x2=at(right), y2=at(y),
                             class_="level"))
        parts.append(text(right, y + 15 if y < top + 16 else y - 5, level[1], "tick", "end"))
    for one in series:
        path = " ".join(f"{at(x_scale.at(x))},{at(y_scale.at(y))}" for x, y in one.points)
        parts.append(element("polyline", points=path, class_=f"curve {one.look}"))
        for x, y in one.points:
            parts.append(mark(x_scale.at(x), y_scale.at(y), one.look,
                              f"{one.name}: {number_words(y)}"))
    description = "; ".join(f"{one.name}: from {number_words(one.points[0][1])} to "
                            f"{number_words(one.points[-1][1])}" for one in series)
    return svg(identity, title, description, HEIGHT, parts)


class Places:
    """Places with names, from the first to the last."""

    def __init__(self, low, high, start, end):
        self._low, self._range = low, high - low
        self._start, self._end = start, end

    def at(self, value):
        if self._range == 0:
            return (self._start + self._end) / 2
        return self._start + (self._end - self._start) * (value - self._low) / self._range


def bars(identity, title, x_label, rows, *, log=False):
    """`rows` is of (name, parts), the parts side by side; on a logarithmic scale only one.

    What stands behind a line feed in a name is told more softly, below it.
    """
    totals = [sum(part.value for part in parts) for _, parts in rows]
    keys = {part.name: part.look for _, parts in rows for part in parts}
    stacked = any(len(parts) > 1 for _, parts in rows)
    names = [name.split("\n") for name, _ in rows]
    left = max(left_of([lines[0] for lines in names]),
               left_of([line for lines in names for line in lines[1:]] or [""], CHARACTER))
    right = WIDTH - VALUE_ROOM
    legend_parts, height = legend(keys.items(), left, WIDTH, False) if stacked else ([], 0)
    top = TOP + height
    bottom = top + BAR_ROW * len(rows)
    # A logarithmic axis has no zero: it begins well below the smallest bar.
    scale = scale_of([*totals, min(totals) / 3] if log else totals, left, right, log)
    found = [legend_parts, x_axis(scale, x_label, left, right, top, bottom)]
    for row, (name, parts) in enumerate(rows):
        y = top + BAR_ROW * row + 6
        height = BAR_ROW - 12
        first, *second = names[row]
        name = ", ".join(names[row])
        found.append(text(left - 8, y + (9 if second else 17), first, "name", "end"))
        found += [text(left - 8, y + 23, line, "tick", "end") for line in second]
        sum_before = 0
        x = left
        for part in parts:
            end = scale.at(sum_before + part.value)
            found.append(element(
                "rect", element("title", f"{name}, {part.name}: {number_words(part.value)}"),
                x=at(x), y=at(y), width=at(max(0.0, end - x)), height=at(height),
                class_=f"bar {part.look}"))
            inside = number_words(round(part.value, 2))
            if stacked and end - x > len(inside) * CHARACTER + 6:
                found.append(text((x + end) / 2, y + height / 2 + 4, inside,
                                  f"inside {part.look}"))
            sum_before += part.value
            x = end
        found.append(text(x + 6, y + height / 2 + 4, number_words(round(totals[row], 2)),
                          "value", "start"))
    description = "; ".join(f"{', '.join(lines)}: {number_words(round(total, 2))}"
                            for lines, total in zip(names, totals))
    return svg(identity, title, description, bottom + BOTTOM, join(found))
