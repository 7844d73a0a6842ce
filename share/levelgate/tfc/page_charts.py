# SPDX-License-Identifier: Apache-2.0
#
# The pictures of the confidentiality test's page: each takes figures and gives one SVG.
import numpy as np

from tfc.charts import Chart, cumulative, duration, nice_ticks, number
from tfc.contrast import all_intervals
from tfc.measures import BEFORE

SHOWN_POINTS = 900
LEAST_REACH = 500.0  # ns


def percent(share):
    return f"{number(100 * share, 0)}\u202f%"


def intervals(figures):
    """Cumulative shares of idle and loaded intervals, close up."""
    experiment = figures.experiment
    interval = float(experiment.schedule.interval)
    halves = [np.sort(all_intervals(some)) for some in (experiment.idle[::2], experiment.idle[1::2])]
    loaded = np.sort(all_intervals(experiment.all_loaded))
    if not len(loaded) or not len(halves[0]):
        return Chart((0, 1), (0, 1), "Intervals").empty("no packets").svg()
    low, high = np.quantile(np.concatenate([halves[0], loaded]), [0.01, 0.99])
    reach = max(abs(low - interval), abs(high - interval), LEAST_REACH) * 1.1
    chart = Chart((interval - reach, interval + reach), (0, 1), "Intervals, cumulative shares", "from one packet to the next",
                  "share not longer")
    chart.y_axis([0, .25, .5, .75, 1], percent)
    chart.x_axis(nice_ticks(interval - reach, interval + reach, 4), duration)
    for kind, values in (("outside", loaded), ("idle", halves[0]), ("again", halves[1])):
        if not len(values):
            continue
        points = [(float(x), y) for x, y in cumulative(values, SHOWN_POINTS)]
        # Steps from edge to edge, so that intervals which are all equal show as the one step that they are.
        chart.line([(interval - reach, 0.0), *[one for one in points if abs(one[0] - interval) <= reach], (interval + reach, 1.0)],
                   kind, steps=True)
    return chart.upright(interval, "mark", f"one slot: {duration(interval)}", "start").svg()


def roc(contrast_of, statistic, title):
    """contrast_of: [(class, quiet values, busy values)]: what an observer finds against what he finds wrongly."""
    chart = Chart((0, 1), (0, 1), title, "idle windows taken for loaded", "loaded windows found")
    chart.y_axis([0, .25, .5, .75, 1], percent).x_axis([0, .25, .5, .75, 1], percent)
    chart.line([(0, 0), (1, 1)], "again")
    for kind, quiet, busy in contrast_of:
        if len(quiet) and len(busy):
            chart.line(roc_points(statistic(quiet), statistic(busy)), kind)
    return chart.svg()


def roc_points(quiet, busy):
    cuts = np.unique(np.concatenate([quiet, busy]))[::-1]
    quiet, busy = np.sort(quiet), np.sort(busy)
    if len(cuts) > SHOWN_POINTS:
        cuts = cuts[np.linspace(0, len(cuts) - 1, SHOWN_POINTS).astype(int)]
    rates = [(1 - np.searchsorted(quiet, cut, "left") / len(quiet), 1 - np.searchsorted(busy, cut, "left") / len(busy)) for cut in cuts]
    points = [(0.0, 0.0), *[(float(x), float(y)) for x, y in rates], (1.0, 1.0)]
    # An observer may as well turn his guess round.
    return points if sum(y - x for x, y in points) >= 0 else [(y, x) for x, y in points]


def impulse(figures):
    """Mean interval around a single inner packet, with the band that chance explains."""
    found = figures.impulse
    if not found["profile_ns"]:
        return Chart((0, 1), (0, 1), "Impulses").empty("no impulses").svg()
    profile, error = found["profile_ns"], found["error_ns"] or 0.0
    reach = max(max(abs(one) for one in profile), 5 * error, 1.0) * 1.15
    chart = Chart((-BEFORE, len(profile) - BEFORE), (-reach, reach), "Mean interval around a single inner packet",
                  "slots after the packet came", "ns from the mean interval", height=260)
    chart.strip(-3.5 * error, 3.5 * error, "near")
    chart.y_axis(nice_ticks(-reach, reach, 4), lambda ns: number(ns, 0)).x_axis(range(-BEFORE, len(profile) - BEFORE + 1, 5), lambda at: number(at, 0))
    return chart.dots([(at - BEFORE + 0.5, value) for at, value in enumerate(profile)], "outside").svg()


def wire_over_time(observation, schedule, width=0.05):
    """Inner load and packets of the wire in one run."""
    if len(observation.times) < 2:
        return Chart((0, 1), (0, 1), "Over time").empty("no packets").svg()
    begin = int(observation.times[0])
    seconds = (int(observation.times[-1]) - begin) / 1e9
    count = max(int(seconds / width), 1)

    def megabits(times, octets):
        bins = np.floor((times - begin) / 1e9 / width).astype(int)
        whole = (bins >= 0) & (bins < count)
        return np.bincount(bins[whole], octets[whole], count) * 8 / width / 1e6

    inner = megabits(observation.load_times, observation.load_octets) if len(observation.load_times) else np.zeros(count)
    wire = megabits(observation.times, observation.octets)
    high = max(float(inner.max()), float(wire.max()), 1.0) * 1.15
    chart = Chart((0, count * width), (0, high), "Load and wire over time", "seconds", "Mbit/s", height=260)
    chart.y_axis(nice_ticks(0, high), number).x_axis(nice_ticks(0, count * width, 7), number)
    steps = lambda values: [(at * width, float(value)) for at, value in enumerate(values)]  # noqa: E731
    return chart.area(steps(inner), "inside").line(steps(wire), "outside", steps=True).svg()
