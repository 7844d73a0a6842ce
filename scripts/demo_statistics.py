# SPDX-License-Identifier: Apache-2.0
#
# The demo's statistics: pure functions on numbers. Times are nanoseconds, in order; what has too few values to tell
# anything is None, never zero.
import math
from bisect import bisect_left

SECOND = 1_000_000_000


def between(times, begin, end):
    """Those of begin <= time < end."""
    return times[bisect_left(times, begin):bisect_left(times, end)]


def gaps(times):
    """The sorted distances of neighbours."""
    return sorted(later - earlier for earlier, later in zip(times, times[1:]))


def rate(times):
    """Events per second from the first to the last of them."""
    if len(times) < 2 or times[-1] == times[0]:
        return None
    return (len(times) - 1) * SECOND / (times[-1] - times[0])


def slots(times, per_second):
    """How many slots of a constant rate lie from the first to the last of these events, both counted."""
    if len(times) < 2:
        return None
    return round((times[-1] - times[0]) * per_second / SECOND) + 1


def relative_difference(value, reference):
    if value is None or not reference:
        return None
    return abs(value - reference) / reference


def ks_distance(first, second):
    """Kolmogorov-Smirnov: the largest distance of the cumulative distributions of two sorted lists."""
    if not first or not second:
        return None
    at, other, largest = 0, 0, 0.0
    while at < len(first) and other < len(second):
        value = min(first[at], second[other])
        while at < len(first) and first[at] == value:
            at += 1
        while other < len(second) and second[other] == value:
            other += 1
        largest = max(largest, abs(at / len(first) - other / len(second)))
    return largest


def ks_chance(first_count, second_count, level=0.01):
    """The distance that two samples of one and the same distribution exceed with probability `level`."""
    if not first_count or not second_count:
        return None
    return math.sqrt(-math.log(level / 2) / 2 * (first_count + second_count) / (first_count * second_count))


def quantile(values, share):
    """Of a sorted list: the least value that is not below `share` of all."""
    if not values:
        return None
    return values[min(max(math.ceil(share * len(values)) - 1, 0), len(values) - 1)]


def quantile_shift(first, second):
    """How far apart two sorted lists are, in their own unit, wherever between their 5th and 95th percentile."""
    if not first or not second:
        return None
    return max(abs(quantile(first, percent / 100) - quantile(second, percent / 100)) for percent in range(5, 96))


def per_bin(times, begin, end, width, weights=None):
    """Events, or the sum of their weights, in each whole bin of [begin, end)."""
    bins = [0] * max((end - begin) // width, 0)
    first = bisect_left(times, begin)
    for index in range(first, len(times)):
        at = (times[index] - begin) // width
        if at >= len(bins):
            break
        bins[at] += weights[index] if weights is not None else 1
    return bins


def correlation(first, second):
    """Pearson's coefficient; None when one side never changes."""
    count = len(first)
    if count < 2:
        return None
    mean_1, mean_2 = sum(first) / count, sum(second) / count
    spread_1 = sum((x - mean_1) ** 2 for x in first)
    spread_2 = sum((y - mean_2) ** 2 for y in second)
    if spread_1 == 0 or spread_2 == 0:
        return None
    both = sum((x - mean_1) * (y - mean_2) for x, y in zip(first, second))
    return both / math.sqrt(spread_1 * spread_2)


def share(part, whole):
    return part / whole if whole else None
