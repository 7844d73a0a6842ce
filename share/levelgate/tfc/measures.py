# SPDX-License-Identifier: Apache-2.0
#
# Statistics of two kinds of intervals: pure functions on arrays. What has too few values to tell anything is None, never
# zero; what never changes tells nothing, and so is no difference at all.
import math
from statistics import NormalDist

import numpy as np

BINS = 64  # of entropy and of mutual information


def ks_distance(first, second):
    """Kolmogorov-Smirnov: the largest distance of the cumulative distributions."""
    if not len(first) or not len(second):
        return None
    first, second = np.sort(first), np.sort(second)
    both = np.concatenate([first, second])
    apart = (np.searchsorted(first, both, "right") / len(first)) - (np.searchsorted(second, both, "right") / len(second))
    return float(np.max(np.abs(apart)))


def ks_chance(first_count, second_count, level=0.01):
    """The distance that two samples of one and the same distribution exceed with probability `level`."""
    if not first_count or not second_count:
        return None
    return math.sqrt(-math.log(level / 2) / 2 * (first_count + second_count) / (first_count * second_count))


def ranks(values):
    """From 1; equal values share the mean of their ranks."""
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[at]


def auc(idle, loaded):
    """Area under the ROC curve: how often a value of `loaded` is above one of `idle`, equal ones counted half."""
    if not len(idle) or not len(loaded):
        return None
    above = ranks(np.concatenate([idle, loaded]))[len(idle):].sum() - len(loaded) * (len(loaded) + 1) / 2
    return float(above / (len(idle) * len(loaded)))


def auc_chance(idle_count, loaded_count, level=0.01):
    """How far from 1/2 chance alone takes it, exceeded with probability `level`."""
    if not idle_count or not loaded_count:
        return None
    spread = math.sqrt((idle_count + loaded_count + 1) / (12 * idle_count * loaded_count))
    return NormalDist().inv_cdf(1 - level / 2) * spread


def windows(intervals, size):
    """One row for each whole window."""
    count = len(intervals) // size
    return np.reshape(np.asarray(intervals[:count * size], dtype=float), (count, size))


class EntropyBins:
    """Bins of one width for all windows, set by the idle intervals (Fu et al. 2003)."""

    def __init__(self, idle):
        low, high = np.quantile(idle, [0.005, 0.995]) if len(idle) else (0.0, 1.0)
        self.low, self.width = float(low), max((float(high) - float(low)) / (BINS - 2), 1.0)

    def entropy(self, rows):
        """Of each row, in bits."""
        if not len(rows):
            return np.zeros(0)
        codes = np.clip(np.floor((rows - self.low) / self.width).astype(np.int64) + 1, 0, BINS - 1)
        codes += np.arange(len(rows))[:, None] * BINS
        shares = np.bincount(codes.ravel(), minlength=len(rows) * BINS).reshape(len(rows), BINS) / rows.shape[1]
        return -np.sum(shares * np.log2(np.where(shares > 0, shares, 1)), axis=1)


QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
LAGS = (1, 2, 5)
FEATURES = ("mean", "log variance", "entropy", *(f"q{q:g}" for q in QUANTILES), "least", "greatest",
            *(f"autocorrelation {lag}" for lag in LAGS))


def features(rows, bins):
    """One row of FEATURES for each window."""
    mean = rows.mean(axis=1)
    apart = rows - mean[:, None]
    power = np.mean(apart ** 2, axis=1)
    columns = [mean, np.log(power + 1.0), bins.entropy(rows), *np.quantile(rows, QUANTILES, axis=1),
               rows.min(axis=1), rows.max(axis=1)]
    for lag in LAGS:
        product = np.mean(apart[:, :-lag] * apart[:, lag:], axis=1)
        columns.append(np.divide(product, power, out=np.zeros_like(power), where=power > 0))
    return np.column_stack(columns)


def mutual_information(labels, values, random, shuffles=12):
    """(bits, bits with labels shuffled): per value; the second is what chance shows, and its mean the bias."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1])) if len(values) else []
    codes = np.searchsorted(edges, values, "right")
    kinds = np.unique(labels, return_inverse=True)[1]

    def bits(kinds):
        rows, columns = int(kinds.max(initial=0)) + 1, len(edges) + 1
        joint = np.bincount(kinds * columns + codes, minlength=rows * columns).reshape(rows, columns) / max(len(kinds), 1)
        apart = joint.sum(axis=1)[:, None] * joint.sum(axis=0)[None, :]
        seen = joint > 0
        return float(np.sum(joint[seen] * np.log2(joint[seen] / apart[seen])))

    return bits(kinds), [bits(random.permutation(kinds)) for _ in range(shuffles)]


def slope(times):
    """Of the straight line through all moments: the mean interval."""
    at = np.arange(len(times), dtype=float)
    at -= at.mean()
    return float(at @ (times - times[0]) / (at @ at))


def without_slope(series):
    """Less the straight line through it: two clocks are never equally fast."""
    if len(series) < 2:
        return np.zeros(len(series))
    at = np.arange(len(series), dtype=float)
    at -= at.mean()
    return series - np.mean(series) - at * (at @ series / (at @ at))


def power(series, cycles):
    """Of one series at frequencies in cycles per sample, its mean taken out."""
    series = np.asarray(series, dtype=float) - np.mean(series)
    turns = np.exp(-2j * np.pi * np.outer(cycles, np.arange(len(series))))
    return np.abs(turns @ series) ** 2 / max(len(series), 1)


def line_decibels(loaded, idle, cycles):
    """The line at `cycles` per sample in series of loaded runs, above the floor that idle runs show around it."""
    around = cycles * np.concatenate([np.linspace(0.7, 0.93, 8), np.linspace(1.07, 1.3, 8)])
    line = float(np.mean([power(series, [cycles])[0] for series in loaded]))
    floor = float(np.mean([power(series, around) for series in idle]))
    least = 1e-3  # so that nothing above nothing is no line
    return 10 * math.log10((line + least) / (floor + least))


def cross_correlation(load, series, lags):
    """The largest |rho| of two equally long series over lags of up to `lags` samples each way; 0 if one never changes."""
    load, series = (np.asarray(one, dtype=float) - np.mean(one) for one in (load, series))
    norm = math.sqrt(float(load @ load) * float(series @ series))
    if norm == 0:
        return 0.0
    size = 1 << (2 * len(load) - 1).bit_length()
    product = np.fft.irfft(np.conj(np.fft.rfft(load, size)) * np.fft.rfft(series, size), size)
    lags = min(lags, len(load) - 1)
    return float(np.max(np.abs(np.concatenate([product[:lags + 1], product[len(product) - lags:]])))) / norm


def correlation_chance(count, lags, level=0.01):
    """What |rho| over so many lags exceeds by chance alone with probability `level`, for series without memory."""
    return NormalDist().inv_cdf(1 - level / (2 * (2 * lags + 1))) / math.sqrt(max(count, 1))


BEFORE, AFTER = 5, 20  # slots of an impulse's profile


def impulse_profile(series, impulses):
    """(mean of series - its mean at offsets -BEFORE..AFTER from each impulse's index, standard error)."""
    series = np.asarray(series, dtype=float)
    at = np.asarray(impulses, dtype=np.int64)
    at = at[(at >= BEFORE) & (at + AFTER < len(series))]
    if len(at) < 2:
        return None, None
    rows = series[at[:, None] + np.arange(-BEFORE, AFTER + 1)] - series.mean()
    return rows.mean(axis=0), float(series.std() / math.sqrt(len(at)))


def sigmas(count, level=0.01):
    """How many standard errors one of `count` independent values exceeds by chance with probability `level`."""
    return NormalDist().inv_cdf(1 - level / (2 * count))
