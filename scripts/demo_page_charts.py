# SPDX-License-Identifier: Apache-2.0
#
# The pictures of the demo's report: each takes figures of one mode and gives one SVG.
import math

import demo_figures
import demo_statistics as statistics
from tfc.charts import Chart, cumulative, duration, histogram, log_edges, nice_ticks, number

BIN_SECONDS = demo_figures.BIN / demo_figures.SECOND
BITS_TO_MEGABITS = 8 / BIN_SECONDS / 1e6  # octets of a bin -> Mbit/s
GAP_LOW, GAP_HIGH = 1e3, 1e9              # ns
SIZE_HIGH, SIZE_STEP = 1500, 10
LEAST_SHARE = -2                          # power of ten of the least percentage that is drawn


def plain(value):
    return number(value, 2)


def megabits(curve):
    return [octets * BITS_TO_MEGABITS for octets in curve]


def over_time(mode):
    """What went in at host A against what left gateway A."""
    wire, inner = megabits(mode.wire_curve), megabits(mode.inner_curve)
    end = max(mode.phases[-1].end, BIN_SECONDS)
    high = max([*wire, *inner, 1.0]) * 1.15
    chart = Chart((0, end), (0, high), f"Load over time, {mode.name}", "seconds", "Mbit/s")
    chart.y_axis(nice_ticks(0, high), plain).x_axis(nice_ticks(0, end, 7), plain)

    def steps(values):
        return [(at * BIN_SECONDS, value) for at, value in enumerate(values)] + \
            [(len(values) * BIN_SECONDS, value) for value in values[-1:]]

    chart.area(steps(inner), "inside").line(steps(wire), "outside", steps=True)
    for phase in mode.phases:
        chart.band(phase.begin, phase.end, phase.name)
        if phase.begin > 0:
            chart.upright(phase.begin, "border")
    for rekey in mode.negotiation.rekeys:
        chart.upright(rekey.at, "rekey")
    return chart.svg()


def load_against_wire(mode):
    """One dot for each tenth of a second: could the load be read from the wire?"""
    wire, inner = megabits(mode.wire_curve), megabits(mode.inner_curve)
    x_high, y_high = (max([*values, 1.0]) * 1.1 for values in (inner, wire))
    chart = Chart((0, x_high), (0, y_high), f"Wire against inner load, {mode.name}", "inside, Mbit/s", "on the wire, Mbit/s")
    chart.y_axis(nice_ticks(0, y_high), plain).x_axis(nice_ticks(0, x_high, 6), plain)
    return chart.dots(sorted(set((round(x, 2), round(y, 2)) for x, y in zip(inner, wire))), "outside").svg()


def outer_sizes(mode):
    """Share of each size on a logarithmic axis, so that rare sizes show."""
    chart = Chart((0, SIZE_HIGH), (LEAST_SHARE, 2), f"Outer sizes, {mode.name}", "octets of the outer packet", "of all packets",
                  height=260)
    chart.y_axis(range(LEAST_SHARE, 3), lambda power: f"{plain(10 ** power)}\u202f%")
    chart.x_axis(range(0, SIZE_HIGH + 1, 250), lambda size: number(size, 0))
    sizes = mode.sizes
    if not sizes:
        return chart.empty("no packets").svg()
    total, bars = sum(sizes.values()), {}
    for size, count in sizes.items():
        at = min(size, SIZE_HIGH - 1) // SIZE_STEP * SIZE_STEP
        bars[at] = bars.get(at, 0) + count
    chart.bars([(at, at + SIZE_STEP, math.log10(100 * count / total)) for at, count in sorted(bars.items())], "outside",
               lambda left, right, share: f"{left} to {right - 1} octets: {plain(10 ** share)} %", 3)
    if len(sizes) == 1:
        only = next(iter(sizes))
        chart.note(only, 2, f"every packet: {number(only, 0)} octets", "end", shift=(-10, 12))
    return chart.svg()


def curves(mode):
    """(class, sorted gaps) from back to front; the idle phases apart, where there are two."""
    quiet = [phase.gaps for phase in mode.phases if not phase.loaded]
    return [("outside", mode.loaded.gaps), *zip(("idle", "again"), quiet)]


def gaps_close_up(mode, interval):
    """The same for fixed mode, close enough to tell microseconds; what lies outside counts at the edge."""
    both = sorted(mode.idle.gaps + mode.loaded.gaps)
    if not both:
        return Chart((0, 1), (0, 1), "Gaps close up").empty("no packets").svg()
    reach = max(abs(statistics.quantile(both, share) - interval) for share in (0.02, 0.98))
    reach = min(max(reach * 1.1, interval / 50), interval)
    chart = Chart((interval - reach, interval + reach), (0, 1), "Gaps close up", "gap between neighbouring packets",
                  "share not longer")
    chart.y_axis([0, .25, .5, .75, 1], lambda share: f"{number(100 * share, 0)}\u202f%")
    chart.x_axis(nice_ticks(interval - reach, interval + reach, 6), duration)
    for kind, values in curves(mode):
        chart.line([(x, y) for x, y in cumulative(values, 900) if abs(x - interval) <= reach], kind)
    return chart.upright(interval, "mark", f"one slot: {duration(interval)}", "end").svg()


def gaps(mode):
    """Where gaps lie, on a logarithmic axis: what is a spike in fixed mode is spread out in the other."""
    edges = log_edges(GAP_LOW, GAP_HIGH, 12)
    chart = Chart((GAP_LOW, GAP_HIGH), (LEAST_SHARE, 2), f"Histogram of gaps, {mode.name}", "gap between neighbouring packets",
                  "of all gaps", x_log=True, height=260)
    chart.y_axis(range(LEAST_SHARE, 3), lambda power: f"{plain(10 ** power)}\u202f%")
    chart.x_axis([10 ** power for power in range(3, 10)], duration)

    def shares(values):
        return [(left, right, math.log10(100 * part)) for left, right, part in histogram(values, edges) if part > 0]

    def outline(values):
        return [(x, max(y, LEAST_SHARE)) for left, right, part in histogram(values, edges)
                for y in (math.log10(100 * part) if part > 0 else LEAST_SHARE,) for x in (left, right)]

    chart.bars(shares(mode.loaded.gaps), "outside",
               lambda left, right, share: f"{duration(left)} to {duration(right)}: {plain(10 ** share)} %")
    if mode.idle.gaps:
        chart.line(outline(mode.idle.gaps), "idle")
    else:
        chart.note(GAP_LOW * 1.4, 2, "idle: silence, hardly a packet", shift=(0, 14))
    return chart.svg()


def each_second(mode, nominal):
    """Packets of each whole second; the band is the nominal rate, one packet up and down."""
    counts = [(count, "idle") for count in mode.idle.per_second] + [(count, "outside") for count in mode.loaded.per_second]
    if not counts:
        return Chart((0, 1), (0, 1), "Packets of each second").empty("no whole second").svg()
    reach = max(5.0, max(abs(count - nominal) for count, _ in counts) * 1.1)
    low, high = nominal - reach, nominal + reach
    chart = Chart((0, len(counts)), (low, high), "Packets of each second", "seconds, idle first, then loaded", "packets")
    chart.strip(nominal - 1, nominal + 1, "near").y_axis(nice_ticks(math.ceil(low), math.floor(high)), lambda count: number(count, 1))
    chart.x_axis(nice_ticks(0, len(counts), 8), plain)
    for kind in ("idle", "outside"):
        chart.dots([(at + 0.5, count) for at, (count, of) in enumerate(counts) if of == kind], kind)
    return chart.svg()
