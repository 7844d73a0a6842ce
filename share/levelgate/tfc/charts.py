# SPDX-License-Identifier: Apache-2.0
#
# Small inline-SVG charts for reports: line, area, bars, cumulative curve, on linear or logarithmic axes.
# Colours come from the page's style sheet by class, so a chart follows light and dark. No scripts, no outside links.
import html
import math


def number(value, digits=2):
    """A figure as text: thousands apart by a thin space, no trailing zeros."""
    if value is None:
        return "–"
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return ("0" if text == "-0" else text).replace(",", "\u202f").replace("-", "\u2212")


def duration(ns):
    """A length of time in its natural unit."""
    for unit, octave in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if abs(ns) >= octave:
            return f"{number(ns / octave, 2)}\u202f{unit}"
    return f"{number(ns, 0)}\u202fns"


def nice_ticks(low, high, count=5):
    step = (high - low) / max(count, 1)
    magnitude = 10 ** math.floor(math.log10(step))
    step = min((m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= step * 0.999), default=step)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


class Chart:
    """One chart. Data coordinates in, SVG text out; a caller adds layers from back to front."""

    WIDTH, HEIGHT = 560, 290
    LEFT, RIGHT, TOP, BOTTOM = 58, 20, 16, 46

    def __init__(self, x_range, y_range, label, x_title="", y_title="", x_log=False, height=None):
        self.x_low, self.x_high = x_range
        self.y_low, self.y_high = y_range
        self.x_log, self.label = x_log, label
        self.height = height or self.HEIGHT
        self.x_title, self.y_title = x_title, y_title
        self.grid, self.layers, self.notes = [], [], []

    def x(self, value):
        low, high = self.x_low, self.x_high
        if self.x_log:
            value, low, high = (math.log10(max(v, 1e-12)) for v in (value, low, high))
        share = (value - low) / (high - low)
        return self.LEFT + min(max(share, -0.002), 1.002) * (self.WIDTH - self.LEFT - self.RIGHT)

    def y(self, value):
        share = (value - self.y_low) / (self.y_high - self.y_low)
        return self.height - self.BOTTOM - min(max(share, 0), 1) * (self.height - self.TOP - self.BOTTOM)

    def x_axis(self, ticks, text):
        base = self.height - self.BOTTOM
        for tick in ticks:
            at = self.x(tick)
            self.grid.append(f'<line class="tick" x1="{at:.1f}" x2="{at:.1f}" y1="{base}" y2="{base + 4}"/>')
            self.grid.append(f'<text class="axis" x="{at:.1f}" y="{base + 17}" text-anchor="middle">{text(tick)}</text>')
        return self

    def y_axis(self, ticks, text):
        for tick in ticks:
            at = self.y(tick)
            kind = "base" if tick == self.y_low else "grid"
            self.grid.append(f'<line class="{kind}" x1="{self.LEFT}" x2="{self.WIDTH - self.RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
            self.grid.append(f'<text class="axis" x="{self.LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{text(tick)}</text>')
        return self

    def line(self, points, kind, steps=False):
        if points:
            self.layers.append(f'<path class="line {kind}" d="{self._path(points, steps)}"/>')
        return self

    def area(self, points, kind):
        if points:
            base = self.y(self.y_low)
            path = self._path(points, True)
            self.layers.append(f'<path class="area {kind}" d="{path}L{self.x(points[-1][0]):.1f} {base:.1f}'
                               f'L{self.x(points[0][0]):.1f} {base:.1f}Z"/>')
        return self

    def bars(self, bars, kind, hint=None, least_width=1.5):
        """bars: [(x0, x1, y)]; hint(x0, x1, y) is shown when the pointer rests on a bar."""
        for x0, x1, value in bars:
            if value <= self.y_low:
                continue
            left, right, top = self.x(x0), self.x(x1), self.y(value)
            if right - left < least_width:
                left, right = (left + right - least_width) / 2, (left + right + least_width) / 2
            tip = f"<title>{html.escape(hint(x0, x1, value))}</title>" if hint else ""
            height = max(self.y(self.y_low) - top, 0.8)
            self.layers.append(f'<rect class="bar {kind}" x="{left:.1f}" y="{self.y(self.y_low) - height:.1f}" '
                               f'width="{right - left:.1f}" height="{height:.1f}">{tip}</rect>')
        return self

    def strip(self, y0, y1, kind):
        """From edge to edge."""
        top, bottom = self.y(y1), self.y(y0)
        self.layers.append(f'<rect class="{kind}" x="{self.LEFT}" y="{top:.1f}" width="{self.WIDTH - self.LEFT - self.RIGHT}" '
                           f'height="{max(bottom - top, 0.5):.1f}"/>')
        return self

    def dots(self, points, kind):
        for x, y in points:
            self.layers.append(f'<circle class="dot {kind}" cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3"/>')
        return self

    def band(self, x0, x1, text):
        left, right = self.x(x0), self.x(x1)
        self.notes.append(f'<text class="phase" x="{(left + right) / 2:.1f}" y="{self.TOP - 4}" text-anchor="middle">'
                          f'{html.escape(text)}</text>')
        return self

    def upright(self, at, kind="mark", text="", anchor="start"):
        where = self.x(at)
        self.notes.append(f'<line class="{kind}" x1="{where:.1f}" x2="{where:.1f}" y1="{self.TOP}" '
                          f'y2="{self.height - self.BOTTOM}"/>')
        if text:
            shift = 6 if anchor == "start" else -6
            self.notes.append(f'<text class="note" x="{where + shift:.1f}" y="{self.TOP + 12}" text-anchor="{anchor}">'
                              f'{html.escape(text)}</text>')
        return self

    def note(self, at_x, at_y, text, anchor="start", kind="note", shift=(0, 0)):
        self.notes.append(f'<text class="{kind}" x="{self.x(at_x) + shift[0]:.1f}" y="{self.y(at_y) + shift[1]:.1f}" '
                          f'text-anchor="{anchor}">{html.escape(text)}</text>')
        return self

    def empty(self, text):
        self.notes.append(f'<text class="empty" x="{(self.LEFT + self.WIDTH - self.RIGHT) / 2}" y="{self.height / 2}" '
                          f'text-anchor="middle">{html.escape(text)}</text>')
        return self

    def svg(self):
        titles = (f'<text class="axis-title" x="{(self.LEFT + self.WIDTH - self.RIGHT) / 2}" y="{self.height - 8}" '
                  f'text-anchor="middle">{html.escape(self.x_title)}</text>'
                  f'<text class="axis-title" x="{-(self.height - self.BOTTOM + self.TOP) / 2}" y="13" '
                  f'transform="rotate(-90)" text-anchor="middle">{html.escape(self.y_title)}</text>')
        return (f'<svg viewBox="0 0 {self.WIDTH} {self.height}" role="img" aria-label="{html.escape(self.label)}">'
                + "".join(self.grid) + "".join(self.layers) + "".join(self.notes) + titles + "</svg>")

    def _path(self, points, steps):
        out, last_y = [], None
        for x, y in points:
            px, py = self.x(x), self.y(y)
            if last_y is None:
                out.append(f"M{px:.1f} {py:.1f}")
            elif steps:
                out.append(f"H{px:.1f}" if abs(py - last_y) < 0.05 else f"H{px:.1f}V{py:.1f}")
            else:
                out.append(f"L{px:.1f} {py:.1f}")
            last_y = py
        return "".join(out)


def cumulative(values, points=500):
    """[(value, share of values not greater)] of a sorted list, thinned to about that many points, both ends kept."""
    count = len(values)
    if not count:
        return []
    picks = sorted({round(i * (count - 1) / (points - 1)) for i in range(points)} | set(range(min(20, count)))
                   | set(range(max(0, count - 20), count)))
    return [(values[i], (i + 1) / count) for i in picks]


def histogram(values, edges):
    """Share of all values in each bin between edges; what lies outside counts in the first or last bin."""
    counts = [0] * (len(edges) - 1)
    at = 0
    for value in values:                      # sorted
        while at < len(counts) - 1 and value >= edges[at + 1]:
            at += 1
        counts[at] += 1
    total = max(len(values), 1)
    return [(edges[i], edges[i + 1], counts[i] / total) for i in range(len(counts))]


def log_edges(low, high, per_decade=16):
    start, stop = math.log10(low), math.log10(high)
    count = round((stop - start) * per_decade)
    return [10 ** (start + i * (stop - start) / count) for i in range(count + 1)]
