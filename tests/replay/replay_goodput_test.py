# SPDX-License-Identifier: Apache-2.0
#
# Goodput at saturation against the formula of RFC 9347 appendix C: with a queue that is never empty, what is carried is
# the room of a payload times the rate, for inner packets of every size, counted by decoding and by the counters.
import random
import unittest

from rig import INSIDE, MS, OUTSIDE, PEER6, RATE_1000, WAN6, ReplayTest, Tunnel, fixed
from oracle import aggfrag, gateway, ip

SLOTS = 80
LEAST = 0.995       # of the formula
SIZES = [*range(40, 112), *range(112, 1500, 37), 1340, 1341, 1342, 1343, 1344, 1400, 1500]


class Goodput(ReplayTest):
    def saturated(self, tunnel, size, family, **network):
        """Runs SLOTS slots with half a payload more than fits arriving between two; returns (payloads, outcome)."""
        rng, room = random.Random(size), tunnel.room()
        packet = ip.udp_packet(INSIDE[family], OUTSIDE[family], size, fill=rng.randbytes(61))
        load, offered = [(0, packet)], size
        for slot in range(SLOTS):
            while offered < (slot + 1) * room + 3 * room // 2:
                load.append((slot * MS + 1, packet))
                offered += size
        self.configure(tunnel, **network)
        out = self.replay([("lan", load)], until=(SLOTS + 1) * MS)
        wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
        self.assertEqual(len(wire), SLOTS + 1)
        return [body for _, _, body, _ in wire][1:], out

    def inner_octets(self, bodies, packet_octets):
        """(inner octets, whole inner packets) of consecutive payloads that begin with a block."""
        reassembler, inner, left = aggfrag.Reassembler(), 0, 0
        for number, body in enumerate(bodies, 1):
            block_offset, data = aggfrag.split(body)
            self.assertEqual(block_offset, left)
            offset = min(left, len(data))
            left -= offset
            while offset < len(data) and not left and data[offset] >> 4:
                offset += packet_octets
                left, offset = max(0, offset - len(data)), min(offset, len(data))
            inner += offset
            whole = reassembler.accept(number, body)
            self.assertEqual({len(packet) for packet in whole} - {packet_octets}, set())
        return inner, reassembler.counts["inner"]

    def reaches(self, tunnel, size, family=4, **network):
        bodies, out = self.saturated(tunnel, size, family, **network)
        octets, whole = self.inner_octets(bodies, size)
        inner, outer = out.tunnel()["iptfs-inner-pkt-stats"], out.tunnel()["iptfs-outer-pkt-stats"]
        self.assertEqual((inner["tx-octets"], inner["tx-pkts"]), (octets, whole))
        self.assertEqual(outer["tx-all-pad-pkts"], 1)                       # slot 0
        self.assertEqual(octets + outer["tx-extra-pad-octets"], SLOTS * tunnel.room())
        self.assertGreaterEqual(octets / (SLOTS * tunnel.room()), LEAST, (size, octets))

    def test_large_packets_at_saturation(self):
        """The figure of docs/confidentiality.md: padding under 0.5 % of octets, goodput within 1 % of the arithmetic."""
        tunnel = Tunnel(fixed(RATE_1000, packet_size="1400B"))
        bodies, out = self.saturated(tunnel, 1500, 4)
        octets, _ = self.inner_octets(bodies, 1500)
        outer, carried = out.tunnel()["iptfs-outer-pkt-stats"], SLOTS * tunnel.room()
        padding = outer["tx-all-pad-octets"] + outer["tx-extra-pad-octets"] - tunnel.room()   # but slot 0
        self.assertLess(padding / carried, 0.005)
        self.assertGreater(octets / carried, 0.99)

    def test_every_inner_size(self):
        tunnel = Tunnel(fixed(RATE_1000, packet_size="1400B"))
        for size in SIZES:
            with self.subTest(size=size):
                self.reaches(tunnel, size)

    def test_every_inner_size_of_ipv6_over_ipv6_in_udp(self):
        tunnel = Tunnel(fixed(1_000 * 1500 * 8, packet_size="1500B"), local=WAN6, remote=PEER6, udp=True)
        for size in SIZES[::4]:
            with self.subTest(size=size):
                self.reaches(tunnel, size, 6)

    def test_sizes_of_the_outer_packet(self):
        for packet_size in (576, 1000, 1280, 1400, 1500, 9000):
            tunnel = Tunnel(fixed(1_000 * packet_size * 8, packet_size=f"{packet_size}B"))
            room = 4 * ((packet_size - 52) // 4) - 6
            self.assertEqual(tunnel.room(), room)
            for size in (576, 1500):
                with self.subTest(packet_size=packet_size, size=size):
                    self.reaches(tunnel, size, wan={"mtu": 9000})


if __name__ == "__main__":
    unittest.main()
