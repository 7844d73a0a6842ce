# SPDX-License-Identifier: Apache-2.0
#
# From observations to figures, every metric of the test. Judges nothing.
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from tfc import measures
from tfc.contrast import Contrast, all_intervals, contrast

JITTER = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0))
SECOND = 10**9
PLANTED = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000)  # ns
FOUND_AUC = 0.9
ROUNDING_NS = 0.01   # of a mean of whole ns
RANKS = 1000.0       # whatever the unit was
EXTREMES = 0.005     # share at either end that is cut off where squares are summed
STRETCH = 1000       # packets of one look at the rate


@dataclass
class Experiment:
    """Everything that was observed. idle: as many runs as loaded ones where time is real, else one set for all."""

    kind: str                   # virtual or real
    schedule: object
    idle: list
    loaded: dict                # condition: runs
    titles: dict                # condition: what it is
    control_quiet: list
    control_busy: list
    goodput: dict | None = None
    seed: int = 1
    notes: list = field(default_factory=list)

    @property
    def all_loaded(self):
        return [one for runs in self.loaded.values() for one in runs]


@dataclass
class Figures:
    experiment: Experiment = field(repr=False)
    sizes: Counter
    headers: Counter
    seconds: dict               # packets of each whole second
    rate_error_ppm: float | None
    jitter: dict
    skipped: dict
    late: dict
    off_slot: int | None        # packets that left at another moment than their slot's; virtual time
    uncarried: list             # conditions whose load did not get through
    main: Contrast
    null: Contrast
    control: Contrast
    conditions: dict
    lines: dict
    correlations: dict
    impulse: dict
    sensitivity_ns: float | None


def measure(experiment):
    random = np.random.default_rng(experiment.seed)
    idle, loaded = experiment.idle, experiment.all_loaded
    bins = measures.EntropyBins(all_intervals(idle))
    control_bins = measures.EntropyBins(all_intervals(experiment.control_quiet))
    everything = idle + loaded
    return Figures(
        experiment, sum((one.sizes for one in everything), Counter()), sum((one.headers for one in everything), Counter()),
        {"idle": per_second(idle), "loaded": per_second(loaded)},
        rate_error(everything, experiment.schedule), {"idle": jitter(idle, experiment.schedule), "loaded": jitter(loaded, experiment.schedule)},
        {"idle": total(idle, "skipped"), "loaded": total(loaded, "skipped")},
        {"idle": total(idle, "late"), "loaded": total(loaded, "late")},
        off_slot(everything, experiment.schedule) if experiment.kind == "virtual" else None,
        [name for name, runs in experiment.loaded.items() if any(not one.carried for one in runs)],
        contrast(idle, loaded, bins, random), contrast(idle[::2], idle[1::2], bins, random),
        contrast(experiment.control_quiet, experiment.control_busy, control_bins, random),
        per_condition(experiment, bins, random), lines(experiment), correlations(experiment), impulse(experiment),
        sensitivity(idle, bins, random))


def total(observations, what):
    values = [getattr(one, what) for one in observations]
    return None if None in values else sum(values)


def per_second(observations):
    counts = []
    for one in observations:
        if len(one.times):
            whole = int((one.times[-1] - one.times[0]) // SECOND)
            bins = np.bincount((one.times - one.times[0]) // SECOND)
            counts += bins[:whole].tolist()
    return counts


def rate_error(observations, schedule):
    """The slope of moments against the configured interval, in parts per million: the median over stretches of each run, since
    a single slot that is missing is counted elsewhere; the worst run."""
    errors = []
    for one in observations:
        stretches = [one.times[at:at + STRETCH] for at in range(0, len(one.times) - STRETCH + 1, STRETCH)]
        if stretches:
            slopes = [measures.slope(some) for some in stretches]
            errors.append(abs(float(np.median(slopes)) / float(schedule.interval) - 1) * 1e6)
    return round(max(errors), 4) if errors else None


def jitter(observations, schedule):
    apart = np.abs(all_intervals(observations) - float(schedule.interval))
    if not len(apart):
        return {name: None for name, _ in JITTER}
    return {name: float(np.quantile(apart, share)) for name, share in JITTER}


def off_slot(observations, schedule):
    """Packets off the configured schedule's exact stamps, and missing ones."""
    return sum(int(np.count_nonzero(one.times != schedule.stamps(len(one.times)))) + int(not len(one.times)) for one in observations)


def per_condition(experiment, bins, random):
    """Each load against the idle runs of its own moments, or all of them in virtual time."""
    found = {}
    for name, runs in experiment.loaded.items():
        one = contrast(idle_beside(experiment, name), runs, bins, random, thorough=False)
        window = one.at(1000)
        found[name] = {"title": experiment.titles[name], "packets": sum(len(run.times) for run in runs),
                       "inner_packets": int(sum(len(run.load_times) for run in runs)), "inner_carried": total(runs, "carried"),
                       "ks": one.ks, "variance_auc": window.variance_auc, "entropy_auc": window.entropy_auc,
                       "skipped": total(runs, "skipped"), "jitter": jitter(runs, experiment.schedule)}
    return found


def idle_beside(experiment, name):
    return [one for one in experiment.idle if one.condition == f"idle {name}"] or experiment.idle


def ranked(loaded, idle):
    """Both lists of series by their ranks among all, from 0 to RANKS: where values are rare and huge, a sum of squares sees
    nothing else, and an observer would do the same."""
    together = loaded + idle
    ranks = measures.ranks(np.concatenate(together))
    series = np.split(ranks * (RANKS / len(ranks)), np.cumsum([len(one) for one in together])[:-1])
    return series[:len(loaded)], series[len(loaded):]


def without_extremes(loaded, idle):
    """Both lists of series, cut to where nearly all of either kind is, in the same unit."""
    edges = np.array([np.quantile(np.concatenate(some), [EXTREMES, 1 - EXTREMES]) for some in (loaded, idle)])
    low, high = edges[:, 0].min(), edges[:, 1].max()
    return [np.clip(one, low, high) for one in loaded], [np.clip(one, low, high) for one in idle]


def lines(experiment):
    """Periodogram at the frequency of each on-off load, of intervals and of lateness, by rank."""
    found = {}
    for name, runs in experiment.loaded.items():
        if not runs or runs[0].period is None:
            continue
        cycles = float(experiment.schedule.interval) / SECOND / runs[0].period
        loaded, idle = ([one.by_slot(experiment.schedule) for one in some if len(one.times) > 1]
                        for some in (runs, idle_beside(experiment, name)))
        if not loaded or not idle:
            continue
        decibels, idle_decibels = [], []
        for what in ("intervals", "lateness"):
            series = [[getattr(one, what) for one in some] for some in (loaded, idle)]
            if what == "lateness":
                series = [[np.round(measures.without_slope(one), 3) for one in some] for some in series]
            series = ranked(*series)
            decibels.append(measures.line_decibels(*series, cycles))
            idle_decibels.append(measures.line_decibels(series[1], series[1], cycles))
        found[name] = {"hertz": 1 / runs[0].period, "intervals_db": decibels[0], "lateness_db": decibels[1],
                       "idle_intervals_db": idle_decibels[0], "idle_lateness_db": idle_decibels[1]}
    return found


def correlations(experiment):
    """Load against intervals, by rank, over lags of a second each way; null: the same loads against idle runs."""
    lags, found = experiment.schedule.slots_per_second, {}
    for name, runs in experiment.loaded.items():
        loaded, idle = ([one.by_slot(experiment.schedule) for one in some if len(one.times) > 1]
                        for some in (runs, idle_beside(experiment, name)))
        if not loaded or not idle:
            continue
        series, beside = ranked([one.intervals for one in loaded], [one.intervals for one in idle])
        rhos = [measures.cross_correlation(one.load, some, lags) for one, some in zip(loaded, series)]
        nulls = []
        for one in loaded:
            for some in beside[:len(loaded)]:
                count = min(len(some), len(one.load))
                nulls.append(measures.cross_correlation(one.load[:count], some[:count], lags))
        found[name] = {"rho": max(rhos), "idle_rho": max(nulls), "intervals": min(map(len, series)), "lags": lags, "runs": len(rhos)}
    return found


def impulse(experiment):
    """The mean interval around single inner packets."""
    profiles, weights, error = [], [], 0.0
    for name, runs in experiment.loaded.items():
        runs = [run for run in runs if run.impulses and len(run.times) > 1]
        if not runs:
            continue
        slots = [run.by_slot(experiment.schedule) for run in runs]
        series = without_extremes([one.intervals for one in slots],
                                  [one.by_slot(experiment.schedule).intervals for one in idle_beside(experiment, name)])[0]
        for run, one, intervals in zip(runs, slots, series):
            profile, spread = measures.impulse_profile(intervals, one.of(run.load_times))
            if profile is not None:
                profiles.append(profile)
                weights.append(len(run.load_times))
                error += spread ** 2 * len(run.load_times) ** 2
    if not profiles:
        return {"impulses": 0, "profile_ns": [], "error_ns": None, "sigmas": None}
    profile, error = np.average(profiles, axis=0, weights=weights), error ** 0.5 / sum(weights)
    return {"impulses": int(sum(weights)), "profile_ns": profile.tolist(), "error_ns": error,
            "sigmas": float(np.max(np.abs(profile)) / error) if np.max(np.abs(profile)) > ROUNDING_NS else 0.0}


def sensitivity(idle, bins, random):
    """The least mean delay, at random from packet to packet, that this test would find in every second idle run."""
    quiet, busy = idle[::2], idle[1::2] or idle
    for delay in PLANTED:
        planted = [late(one, delay, random) for one in busy]
        window = contrast(quiet, planted, bins, random, thorough=False).at(1000)
        if window.variance_auc is None:
            return None
        if max(window.variance_auc, window.entropy_auc) > FOUND_AUC:
            return float(delay)
    return None


class Planted:
    """An observation whose packets left late."""

    def __init__(self, intervals, run):
        self.intervals, self.run = intervals, run


def late(observation, mean_delay, random):
    times = observation.times + np.round(random.uniform(0, 2 * mean_delay, len(observation.times))).astype(np.int64)
    return Planted(np.diff(np.sort(times)), observation.run)
