#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# The page: what it says of goals and of cells that never came; what is read from
# captures of real runs.
import os
import struct
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "share", "levelgate"))
from handshake import cells, page, real  # noqa: E402


def cell(delivery, loss=10, large=1_500_000, **more):
    whole = {"bits-per-second": 100_000_000, "round-trip-us": 100_000, "loss-percent": loss, "keys": "+mceliece6688128f",
             "delivery": delivery, "runs": 20, "done": 20, "first-inner": {"median-us": 350_000, "p99-us": 900_000},
             "large-key": {"median-us": large, "p99-us": large}, "octets-over-needed-permille": 1119, "responder-octets": 1_000_000,
             "queue-drops": 0}
    return {**whole, **more}


def figures(goal_holds=True):
    return {"schema": 1, "seconds": 3, "settings": {"seed": 1, "seeds": 5, "queue-packets": 1000, "patience-us": 300_000_000},
            "key-costs": [{"name": "x25519", "generate-us": 50, "encapsulate-us": 100, "decapsulate-us": 60}], "needed": [],
            "cells": [cell("rfc7383", large=None), cell("udp-ack"), cell("tcp", large=31_740_000), cell("separate", large=30_030_000)],
            "goals": [{"name": "a goal", "measured-us": 1_500_000, "allowed-us": 2_000_000, "holds": goal_holds}],
            "published": [{"path": "100 Mbit/s", "transport": "UDP", "time": "about 10 s", "source": "somebody <who>"}]}


class Page(unittest.TestCase):
    def test_it_tells_goals_and_what_is_not_there(self):
        text = page.page(figures(), {})
        self.assertIn("REACHED", text)
        self.assertIn("TCP: large key (p99)", text)
        self.assertIn("31.74", text)
        self.assertIn("somebody &lt;who&gt;", text, "text from outside is escaped")
        self.assertIn("never", text)
        self.assertIn("about 10 s", text)
        self.assertNotIn("<script", text)

    def test_a_missed_goal_is_seen(self):
        self.assertIn("MISSED", page.page(figures(goal_holds=False), {}))

    def test_real_figures_stand_beside_virtual_ones(self):
        self.assertNotIn("In real time", page.page(figures(), {}))
        one = {"real-median-us": 1_650_000, "virtual-median-us": 1_500_000, "ratio-permille": 1100}
        entry = {"bits-per-second": 100_000_000, "round-trip-us": 100_000, "loss-percent": 10, "delivery": "separate", "runs": [{}], "first-inner": one, "large-key": one}
        text = page.page(figures() | {"real": [entry], "real-conditions": {"congestion-control": "reno", "load": 1.5, "cores": 2}}, {})
        self.assertIn("1.1<", text)
        self.assertIn("separate transports</td>", text)
        self.assertIn("reno", text)
        self.assertIn("skipped: no root", page.page(figures() | {"real-skipped": "skipped: no root"}, {}))

    def test_what_never_came_is_no_point_of_a_line(self):
        points = cells.over_loss(figures()["cells"], 100_000_000, 100_000, "+mceliece6688128f", "rfc7383")
        self.assertEqual(points, [])
        points = cells.over_loss(figures()["cells"], 100_000_000, 100_000, "+mceliece6688128f", "udp-ack")
        self.assertEqual(points, [(10, 1.5)])


def ipv4(source, protocol, payload):
    addresses = bytes(source) + bytes([198, 51, 100, 9])
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + addresses
    return bytes(12) + b"\x08\x00" + header + payload


def write_capture(file, frames):
    file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 96, 1))
    for moment, frame in frames:
        file.write(struct.pack("<IIII", moment, 0, len(frame), len(frame)) + frame)
    file.flush()


class Captures(unittest.TestCase):
    def test_ike_is_found_over_both_transports(self):
        own = (198, 51, 100, 1)
        marked = struct.pack("!HHHH", 4500, 4500, 40, 0) + bytes(4) + bytes(28)
        frames = [(1, ipv4(own, 6, struct.pack("!HH", 40_001, 4500) + bytes(36))), (2, ipv4(own, 17, marked)),
                  (3, ipv4(own, 6, struct.pack("!HH", 40_001, 22) + bytes(36))), (4, ipv4(own, 50, bytes(40)))]
        with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
            write_capture(file, frames)
            self.assertEqual(real.ike_packets(file.name), [(1_000_000_000, 60), (2_000_000_000, 60)])

    def test_the_second_sa_is_found_by_its_first_packet(self):
        own, other = (198, 51, 100, 1), (198, 51, 100, 2)
        frames = [(1, ipv4(own, 50, b"\0\0\1\1" + bytes(20))), (2, ipv4(other, 50, b"\0\0\7\7" + bytes(20))),
                  (3, ipv4(own, 50, b"\0\0\1\1" + bytes(20))), (4, ipv4(own, 17, bytes(20))), (5, ipv4(own, 50, b"\0\0\2\2" + bytes(20)))]
        with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
            write_capture(file, frames)
            self.assertEqual(real.second_sa(file.name, "198.51.100.1"), 5_000_000_000)
            self.assertIsNone(real.second_sa(file.name, "198.51.100.2"))


if __name__ == "__main__":
    unittest.main()
