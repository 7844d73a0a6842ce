# SPDX-License-Identifier: Apache-2.0
#
# The moments of a fixed-rate tunnel as exact fractions: slot k departs at start + k x interval, the interval is
# octets x 8 / rate seconds, and only the stamp is rounded down to whole nanoseconds. Never adds up intervals.
from fractions import Fraction

ETHERNET_OVERHEAD = 38  # header 14, FCS 4, preamble 8, gap 12


class Schedule:
    def __init__(self, packet_size, bits_per_second, layer="l3", start_ns=0):
        octets = packet_size + (ETHERNET_OVERHEAD if layer == "l2" else 0)
        self.interval = Fraction(octets * 8 * 10**9, bits_per_second)  # nanoseconds
        self.start_ns = start_ns

    def exact(self, slot):
        return self.start_ns + slot * self.interval

    def stamp(self, slot):
        moment = self.exact(slot)
        return moment.numerator // moment.denominator

    def count_before(self, until_ns):
        """How many slots depart before until_ns; until itself is exclusive."""
        if until_ns <= self.start_ns:
            return 0
        slots = Fraction(until_ns - self.start_ns) / self.interval
        return -(-slots.numerator // slots.denominator)

    def first_after(self, moment_ns):
        """The first slot that departs strictly later than moment_ns: what arrives at a slot's moment misses it."""
        slots = Fraction(moment_ns - self.start_ns) / self.interval
        return max(0, slots.numerator // slots.denominator + 1)
