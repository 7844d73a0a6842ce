# SPDX-License-Identifier: Apache-2.0
#
# What an observer of the wire saw in one run of one condition, and what was sent inside meanwhile. Times are nanoseconds.
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np


class BenchError(Exception):
    """The bench cannot run, or something in it failed; the text is for people."""


@dataclass(frozen=True)
class Schedule:
    """Slots of fixed mode: slot k leaves at k intervals after the first."""

    packet_size: int
    slots_per_second: int

    @property
    def bits_per_second(self):
        return self.packet_size * 8 * self.slots_per_second

    @property
    def interval(self):
        """Nanoseconds, exactly."""
        return Fraction(10**9, self.slots_per_second)

    @property
    def room(self):
        """Octets of data blocks in one payload: AES-GCM with an 8-octet IV in an IPv4 packet (RFC 9347 appendix C)."""
        return 4 * ((self.packet_size - 52) // 4) - 6

    @property
    def octets_per_second(self):
        """What can be carried inside."""
        return self.room * self.slots_per_second

    def stamps(self, count):
        """Of the first slots, in whole nanoseconds."""
        return np.arange(count, dtype=np.int64) * self.interval.numerator // self.interval.denominator


@dataclass
class Observation:
    condition: str
    run: int
    times: np.ndarray = field(repr=False)
    octets: np.ndarray = field(repr=False)  # of each outer packet
    headers: Counter              # (DSCP, ECN, TTL, DF, flow label, UDP ports)
    load_times: np.ndarray = field(repr=False)
    load_octets: np.ndarray = field(repr=False)
    carried: int | None = None    # inner packets that left with these outer ones
    skipped: int | None = None    # slots
    late: int | None = None
    period: float | None = None   # seconds, of an on-off load
    impulses: bool = False

    @property
    def sizes(self):
        return Counter(dict(zip(*(row.tolist() for row in np.unique(self.octets, return_counts=True)))))

    @property
    def intervals(self):
        return np.diff(self.times)

    def by_slot(self, schedule):
        """Load is laid on the schedule and not between packets: a long interval would catch more of any load, and seem to
        follow it. What is missing tells nothing here."""
        interval = float(schedule.interval)
        if len(self.times) < 2:
            return Slots(np.zeros(0), np.zeros(0), np.zeros(0), 0.0, interval)
        since = self.times - self.times[0]
        phase = np.angle(np.mean(np.exp(2j * np.pi * (since % interval) / interval))) / (2 * np.pi) * interval
        slots = np.round((since - phase) / interval).astype(np.int64)
        behind = since - phase - slots * interval
        slots -= slots[0]
        apart = self.intervals.astype(float)
        intervals, lateness = np.full(slots[-1] + 1, np.median(apart)), np.full(slots[-1] + 1, np.median(behind))
        intervals[slots[1:]], lateness[slots] = apart, behind
        # What comes after the slot before is what this slot's packet may carry.
        begin = float(self.times[0] + phase - interval)
        cells = np.floor((self.load_times - begin) / interval).astype(np.int64)
        inside = (cells >= 0) & (cells < len(intervals))
        return Slots(intervals, lateness, np.bincount(cells[inside], self.load_octets[inside], len(intervals)), begin, interval)


@dataclass
class Slots:
    """One entry for each slot."""

    intervals: np.ndarray   # to the packet before
    lateness: np.ndarray    # against the schedule as it fits best; of either sign
    load: np.ndarray        # inner octets that came before the slot
    begin: float
    interval: float

    def of(self, moments):
        """The slot that each moment is before."""
        return np.floor((moments - self.begin) / self.interval).astype(np.int64)
