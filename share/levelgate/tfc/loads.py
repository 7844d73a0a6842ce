# SPDX-License-Identifier: Apache-2.0
#
# Inner traffic as rows of moments and sizes, the same for virtual and for real time: idle, voice, web, bulk, on and off,
# constant rates, mixes, single packets. A load depends on its seed and on the tunnel's capacity only.
from dataclasses import dataclass
from typing import Callable

import numpy as np

SECOND = 10**9
LEAST_PACKET = 40
IMIX = ((64, 7 / 12), (570, 4 / 12), (1500, 1 / 12))
IMPULSE_EVERY = 25  # slots, on average


@dataclass(frozen=True)
class Load:
    """times(seconds, capacity in octets/s, slots/s, random) -> (moments in ns, octets), both in order of time."""

    name: str
    title: str
    make: Callable
    period: float | None = None  # seconds, of an on-off load
    impulses: bool = False


def nothing(*_):
    return np.zeros(0, np.int64), np.zeros(0, np.int64)


def even(share, octets):
    def make(seconds, capacity, _slots, _random):
        gap = SECOND * octets / (share * capacity)
        times = np.arange(int(seconds * SECOND / gap)) * gap
        return times.astype(np.int64), np.full(len(times), octets)
    return make


def poisson(share, sizes):
    def make(seconds, capacity, _slots, random):
        octets, weights = np.array([size for size, _ in sizes]), np.array([weight for _, weight in sizes])
        weights = weights / weights.sum()
        count = int(share * capacity * seconds / (octets @ weights))
        return np.sort(random.integers(0, int(seconds * SECOND), count)), random.choice(octets, count, p=weights)
    return make


def on_off(hertz, share=1.5, octets=1200):
    def make(seconds, capacity, slots, random):
        times, sizes = even(share, octets)(seconds, capacity, slots, random)
        on = (times * hertz * 2 // SECOND) % 2 == 0
        return times[on], sizes[on]
    return make


def voice(seconds, _capacity, _slots, random):
    """Ten callers: 200 octets each 20 ms while somebody talks, silence in between (exponential, 1.0 s and 1.35 s)."""
    rows = []
    for _ in range(10):
        at, talks = -random.random() * 2, random.random() < 0.43
        while at < seconds:
            length = random.exponential(1.0 if talks else 1.35)
            if talks:
                rows.append(np.arange(max(at, 0), min(at + length, seconds), 0.02))
            at, talks = at + length, not talks
    times = np.sort(np.concatenate(rows)) if rows else np.zeros(0)
    return (times * SECOND).astype(np.int64), np.full(len(times), 200)


def web(seconds, capacity, _slots, random):
    """Pages: about 4 a second, each of objects with heavy-tailed sizes, their packets at three times the tunnel's rate."""
    rows = []
    for page in np.sort(random.random(random.poisson(4 * seconds)) * seconds):
        octets = min(int(3000 * (1 + random.pareto(1.3))), int(capacity / 6))
        count = max(octets // 1460, 1)
        rows.append(page + np.arange(count) * 1500 / (3 * capacity))
    times = np.sort(np.concatenate(rows)) if rows else np.zeros(0)
    times = times[times < seconds]
    return (times * SECOND).astype(np.int64), np.full(len(times), 1500)


def single(seconds, _capacity, slots, random):
    """Small packets far apart, at any moment between two slots."""
    count = int(seconds * slots / IMPULSE_EVERY)
    return np.sort(random.integers(0, int(seconds * SECOND), count)), np.full(count, 100)


IDLE = Load("idle", "nothing at all", nothing)
ON_OFF = [Load(f"onoff-{hertz:g}", f"on and off at {hertz:g} Hz, 150 % while on", on_off(hertz), 1 / hertz) for hertz in (0.5, 1, 10, 100)]
LOADS = [
    Load("voice", "ten callers", voice),
    Load("web", "pages in bursts", web),
    Load("bulk", "200 % of the tunnel, 1,500 octets", even(2.0, 1500)),
    *ON_OFF,
    Load("cbr-10-64", "10 % in 64 octets", even(0.1, 64)),
    Load("cbr-50-576", "50 % in 576 octets", even(0.5, 576)),
    Load("cbr-90-1500", "90 % in 1,500 octets", even(0.9, 1500)),
    Load("cbr-100-576", "100 % in 576 octets", even(1.0, 576)),
    Load("imix-90", "90 % of mixed sizes", poisson(0.9, IMIX)),
    Load("poisson-50", "50 % in 576 octets at random", poisson(0.5, ((576, 1),))),
    Load("impulses", "single packets", single, impulses=True),
]
# Under the negative control's load lies a trickle: silence alone would give it away.
TRICKLE = Load("trickle", "a small packet for each slot", lambda seconds, _capacity, slots, _random: (
    (np.arange(int(seconds * slots)) * (SECOND / slots)).astype(np.int64), np.full(int(seconds * slots), 100)))


def by_name(names):
    found = {load.name: load for load in LOADS}
    return [found[name] for name in names]


def merged(first, second):
    times = np.concatenate([first[0], second[0]])
    order = np.argsort(times, kind="stable")
    return times[order], np.concatenate([first[1], second[1]])[order]
