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
    sizes: Counter
    headers: Counter              # (DSCP, ECN, TTL, DF, flow label, UDP ports)
    load_times: np.ndarray = field(repr=False)
    load_octets: np.ndarray = field(repr=False)
    carried: int | None = None    # inner packets that left with these outer ones
    skipped: int | None = None    # slots
    late: int | None = None
    period: float | None = None   # seconds, of an on-off load
    impulses: bool = False

    @property
    def intervals(self):
        return np.diff(self.times)

    def load_per_interval(self):
        """Inner octets that arrived between a packet and the one before it, for each interval."""
        if len(self.times) < 2:
            return np.zeros(0)
        sums = np.concatenate([[0], np.cumsum(self.load_octets)])
        return np.diff(sums[np.searchsorted(self.load_times, self.times, "left")]).astype(float)

    def impulse_indices(self):
        """The interval in which each inner packet arrived."""
        return np.searchsorted(self.times, self.load_times, "left") - 1
