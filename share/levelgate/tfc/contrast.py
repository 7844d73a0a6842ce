# SPDX-License-Identifier: Apache-2.0
#
# Two kinds of runs side by side, as somebody would compare them who wants to tell one from the other: distributions,
# windows, a trained classifier, mutual information. The same for idle and loaded, idle and idle, and the negative control.
from dataclasses import asdict, dataclass, field

import numpy as np

from tfc import classify, measures

WINDOWS = (100, 1000, 10000)
JUDGED = 1000             # intervals of the windows that gates are about
MOST_VALUES = 400_000     # of each kind, in what is shuffled
LEAST_WINDOWS = 4         # of each kind


@dataclass
class WindowFigures:
    size: int
    windows: list           # of each kind
    variance_auc: float | None
    entropy_auc: float | None
    chance: float | None    # half width of what chance gives, 99 %


@dataclass
class Classifier:
    accuracy: float | None
    auc: float | None
    windows: int
    bound: float | None     # 0.5 + 3 sqrt(0.25 / m), of the scarcer kind twice
    distinguishes: bool | None = None


@dataclass
class Contrast:
    ks: float | None
    ks_chance: float | None
    windows: list
    classifiers: dict
    mutual_information: dict
    counts: list = field(default_factory=list)

    def at(self, size):
        return next((one for one in self.windows if one.size == size), None)

    def best_auc(self, size=JUDGED):
        """The best that a statistic or a classifier tells, wherever it is; an AUC below 1/2 tells as much as one above."""
        window = self.at(size)
        found = [window.variance_auc, window.entropy_auc] if window else []
        found += [one.auc for one in self.classifiers.values()]
        return max((max(one, 1 - one) for one in found if one is not None), default=None)

    def as_map(self):
        return asdict(self)


def all_intervals(observations):
    return np.concatenate([one.intervals for one in observations]) if observations else np.zeros(0)


def rows_of(observations, size):
    """(windows, the run of each); runs are told apart by their place."""
    rows = [measures.windows(one.intervals, size) for one in observations]
    runs = [np.full(len(some), at) for at, some in enumerate(rows)]
    return np.concatenate(rows) if rows else np.zeros((0, size)), np.concatenate(runs) if runs else np.zeros(0, int)


def contrast(quiet, busy, bins, random, thorough=True):
    """bins: of entropy; thorough: the classifiers and mutual information too."""
    intervals = all_intervals(quiet), all_intervals(busy)
    found = Contrast(measures.ks_distance(*intervals), measures.ks_chance(*map(len, intervals)), [], {}, {},
                     [len(one) for one in intervals])
    for size in WINDOWS:
        found.windows.append(window_figures(quiet, busy, size, bins))
    if thorough:
        found.classifiers = classifiers(quiet, busy, bins)
        found.mutual_information = information(*intervals, random)
    return found


def window_figures(quiet, busy, size, bins):
    rows = rows_of(quiet, size)[0], rows_of(busy, size)[0]
    counts = [len(one) for one in rows]
    if min(counts) < LEAST_WINDOWS:
        return WindowFigures(size, counts, None, None, None)
    # Rounding of float sums is no difference.
    variances = [np.round(one.var(axis=1), 6) for one in rows]
    entropies = [np.round(bins.entropy(one), 9) for one in rows]
    return WindowFigures(size, counts, measures.auc(*variances), measures.auc(*entropies), measures.auc_chance(*counts))


def classifiers(quiet, busy, bins):
    (quiet_rows, quiet_runs), (busy_rows, busy_runs) = rows_of(quiet, JUDGED), rows_of(busy, JUDGED)
    scarce = min(len(quiet_rows), len(busy_rows))
    labels = np.concatenate([np.zeros(len(quiet_rows), int), np.ones(len(busy_rows), int)])
    # Runs of equal number go into one fold, so that what a moment of the machine did to both kinds is held out together.
    runs = np.concatenate([run_numbers(quiet, quiet_runs), run_numbers(busy, busy_runs)])
    rows = np.concatenate([quiet_rows, busy_rows])
    found = {}
    for name in classify.MODELS:
        scores = None
        if scarce >= LEAST_WINDOWS:
            scores = classify.held_out_scores(name, np.round(measures.features(rows, bins), 6), labels, runs)
        if scores is None:
            found[name] = Classifier(None, None, 2 * scarce, None)
            continue
        found[name] = Classifier(classify.balanced_accuracy(scores, labels), measures.auc(scores[labels == 0], scores[labels == 1]),
                                 2 * scarce, 0.5 + 3 * (0.25 / (2 * scarce)) ** 0.5)
        found[name].distinguishes = found[name].accuracy > found[name].bound
    return found


def run_numbers(observations, runs):
    return np.array([one.run for one in observations], dtype=int)[runs] if len(runs) else runs


def information(quiet, busy, random):
    """Of the kind in one interval."""
    quiet, busy = (random.choice(one, MOST_VALUES, replace=False) if len(one) > MOST_VALUES else one for one in (quiet, busy))
    count = min(len(quiet), len(busy))
    if not count:
        return {"bits": None, "shuffled_bits": None, "corrected_bits": None}
    # As many of each, so that one bit is all there is to know.
    quiet, busy = (random.choice(one, count, replace=False) for one in (quiet, busy))
    labels = np.repeat([0, 1], count)
    bits, shuffled = measures.mutual_information(labels, np.concatenate([quiet, busy]), random)
    return {"bits": bits, "shuffled_bits": float(np.mean(shuffled)), "shuffled_spread": float(np.std(shuffled)),
            "corrected_bits": max(bits - float(np.mean(shuffled)), 0.0)}
