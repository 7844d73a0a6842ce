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
ROUNDING_NS = 0.01  # of a mean of whole ns


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
    """The slope of each run's moments against the configured interval: the worst, in parts per million. A straight line
    through all, since single packets at the ends may be late."""
    errors = [abs(measures.slope(one.times) / float(schedule.interval) - 1) * 1e6 for one in observations if len(one.times) > 1]
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
        own = [one for one in experiment.idle if one.condition == f"idle {name}"] or experiment.idle
        one = contrast(own, runs, bins, random, thorough=False)
        window = one.at(1000)
        found[name] = {"title": experiment.titles[name], "packets": sum(len(run.times) for run in runs),
                       "inner_packets": int(sum(len(run.load_times) for run in runs)), "inner_carried": total(runs, "carried"),
                       "ks": one.ks, "variance_auc": window.variance_auc, "entropy_auc": window.entropy_auc,
                       "skipped": total(runs, "skipped"), "jitter": jitter(runs, experiment.schedule)}
    return found


def lines(experiment):
    """Periodogram at the frequency of each on-off load, of intervals and of phases."""
    found = {}
    for name, runs in experiment.loaded.items():
        periods = {run.period for run in runs}
        if None in periods or not runs:
            continue
        period, interval = periods.pop(), float(experiment.schedule.interval) / SECOND
        cycles = interval / period
        own = [one for one in experiment.idle if one.condition == f"idle {name}"] or experiment.idle
        pairs = [([one.intervals for one in some], [measures.phases(one.intervals) for one in some]) for some in (runs, own)]
        half = max(len(own) // 2, 1)
        found[name] = {"hertz": 1 / period,
                       "intervals_db": measures.line_decibels(pairs[0][0], pairs[1][0], cycles),
                       "phases_db": measures.line_decibels(pairs[0][1], pairs[1][1], cycles),
                       "idle_db": max(measures.line_decibels(some[:half], some[half:] or some, cycles) for some in pairs[1])}
    return found


def correlations(experiment):
    """Load against intervals over lags of a second each way; null: the same load against an idle run."""
    lags, found = experiment.schedule.slots_per_second, {}
    for name, runs in experiment.loaded.items():
        own = [one for one in experiment.idle if one.condition == f"idle {name}"] or experiment.idle
        rhos, nulls, counts = [], [], []
        for at, run in enumerate(runs):
            intervals, load, _ = run.by_slot(experiment.schedule)
            if len(intervals) < 2:
                continue
            idle = own[at % len(own)].by_slot(experiment.schedule)[0]
            count = min(len(idle), len(load))
            rhos.append(measures.cross_correlation(load, intervals, lags))
            nulls.append(measures.cross_correlation(load[:count], idle[:count], lags))
            counts.append(len(intervals))
        if rhos:
            found[name] = {"rho": max(rhos), "idle_rho": max(nulls), "intervals": min(counts), "lags": lags, "runs": len(rhos)}
    return found


def impulse(experiment):
    """The mean interval around single inner packets."""
    profiles, weights, error = [], [], 0.0
    for run in experiment.all_loaded:
        if not run.impulses:
            continue
        profile, spread = measures.impulse_profile(run.by_slot(experiment.schedule)[0], run.impulse_slots(experiment.schedule))
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
