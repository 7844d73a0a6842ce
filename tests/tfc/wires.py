# SPDX-License-Identifier: Apache-2.0
#
# Wires made by hand: what an observer would see of a gateway that keeps its slots with some jitter of its own, and of one
# that leaks in a way which the test chooses.
from collections import Counter

import tfc_path  # noqa: F401
import numpy as np

from tfc import figures, loads
from tfc.observation import Observation, Schedule

SCHEDULE = Schedule(1400, 1000)
PACKETS, RUNS = 8000, 4
JITTER_NS = 2000.0
TTL = "IPv4 DSCP 0 ECN 0 TTL 64 DF 1"
GOODPUT = {"padding_share": 0.001, "goodput_of_arithmetic": 0.999}


class Wires:
    """leak(times, observation's busy slots, random) -> times: what the load does to the wire; None: nothing."""

    def __init__(self, leak=None, kind="real", jitter=JITTER_NS, seed=5, names=("bulk", "onoff-10", "impulses"),
                 begin=1_000_000_000_000):
        self.random = np.random.default_rng(seed)
        self.kind, self.jitter, self.begin = kind, jitter, begin
        seconds = PACKETS / SCHEDULE.slots_per_second
        chosen = loads.by_name(names)
        self.loaded = {load.name: [] for load in chosen}
        self.idle = []
        for run in range(RUNS):
            for load in chosen:
                self.idle.append(self._observe(f"idle {load.name}", run, loads.IDLE, seconds, None))
                self.loaded[load.name].append(self._observe(load.name, run, load, seconds, leak))
        quiet, busy = loads.Load("quiet", "", loads.nothing), loads.by_name(["poisson-50"])[0]
        self.control_quiet = [self._observe("quiet", run, quiet, seconds, None) for run in range(RUNS)]
        self.control_busy = [self._observe("busy", run, busy, seconds, on_demand) for run in range(RUNS)]
        self.titles = {load.name: load.title for load in chosen}

    def experiment(self):
        return figures.Experiment(self.kind, SCHEDULE, self.idle, self.loaded, self.titles, self.control_quiet,
                                  self.control_busy, dict(GOODPUT), 1)

    def measure(self):
        return figures.measure(self.experiment())

    def _observe(self, name, run, load, seconds, leak):
        times, octets = load.make(seconds, SCHEDULE.octets_per_second, SCHEDULE.slots_per_second, self.random)
        stamps = SCHEDULE.stamps(PACKETS) + np.round(self.random.normal(0, self.jitter, PACKETS)).astype(np.int64)
        if leak is not None:
            busy = np.bincount(np.searchsorted(SCHEDULE.stamps(PACKETS), times).clip(0, PACKETS - 1), minlength=PACKETS) > 0
            stamps = leak(stamps, busy, self.random)
        stamps = np.sort(stamps)
        return Observation(name, run, stamps + self.begin, np.full(len(stamps), 1400), Counter({TTL: len(stamps)}), times + self.begin, octets,
                           len(times), 0, 0, load.period, load.impulses)


def on_demand(_stamps, busy, random):
    """The wire follows the load."""
    count = int(np.count_nonzero(busy)) * 4 + 2000
    return np.cumsum(random.exponential(5e5, count)).astype(np.int64)


def late_when_busy(delay):
    """Each packet that carries something is late by up to twice that."""
    return lambda stamps, busy, random: stamps + np.where(busy, random.uniform(0, 2 * delay, len(stamps)), 0).astype(np.int64)


def moved_when_busy(delay):
    """Each packet that carries something is late by just that."""
    return lambda stamps, busy, _random: stamps + np.where(busy, delay, 0)
