# SPDX-License-Identifier: Apache-2.0
#
# The rules of a security gateway around the tunnel (RFC 4301 §5, RFC 1812 §5): TTL, ICMP time exceeded, selectors both
# ways, default discard, what is for the gateway itself, neighbours.
import random
import unittest

from receiving import receiver
from rig import (INSIDE, LAN, MS, OUTSIDE, PEER4, WAN4, WAN6, ReplayTest, Tunnel, fixed, inside_packet, on_demand,
                 outside_packet, plain)
from oracle import aggfrag, esp, gateway, ip, pcap

UNKNOWN = "02:00:00:00:00:00"
VIA = [{"to": "10.2.0.0/16", "via": "lab"}, {"to": "fd02::/64", "via": "lab"}]


def sent_through(tunnel, frames):
    """Inner packets that left by the tunnel, which sends each at once."""
    reassembler, out = aggfrag.Reassembler(), []
    for _, number, body, _ in gateway.decode_wire(frames, tunnel.out_sa()):
        out += reassembler.accept(number, body)
    return out


class Forwarding(ReplayTest):
    def setUp(self):
        super().setUp()
        self.tunnel = Tunnel(on_demand())
        self.rng = random.Random(1)

    def from_inside(self, packets, outputs=("wan", "lan"), **config):
        self.configure(self.tunnel, **config)
        load = [(i * MS, packet) for i, packet in enumerate(packets)]
        return self.replay([("lan", load)], outputs=outputs)

    def from_peer(self, packets, **config):
        """Each in a payload of its own."""
        sa = self.tunnel.in_sa()
        self.configure(self.tunnel, **config)
        return self.replay([("wan", [(i * MS, sa.outer(sa.seal(i + 1, aggfrag.header(0) + packet)))
                                     for i, packet in enumerate(packets)])])

    def test_ttl_is_lowered_by_one(self):
        packets = [inside_packet(self.rng, 100, family, ttl=ttl) for family in (4, 6) for ttl in (2, 3, 64, 128, 255)]
        packets += [inside_packet(self.rng, 100, 4, ttl=ttl, identification=i) for ttl in (2, 255) for i in range(40)]
        out = self.from_inside(packets)
        self.assertEqual(sent_through(self.tunnel, out.frames["wan"]), [ip.with_lower_ttl(p) for p in packets])
        packets = [outside_packet(self.rng, 100, family, ttl=ttl) for family in (4, 6) for ttl in (2, 64, 255)]
        out = self.from_peer(packets)
        self.assertEqual([p for _, p in out.packets("lan")], [ip.with_lower_ttl(p) for p in packets])

    def check_time_exceeded(self, octets, packet, source):
        answer, family = ip.parse(octets), packet[0] >> 4
        self.assertEqual((answer.source, answer.destination), (source, ip.parse(packet).source))
        error = ip.icmp_error(answer)
        self.assertEqual((error.kind, error.code), (11, 0) if family == 4 else (3, 0))
        self.assertTrue(answer.checksum_right and error.checksum_right)
        self.assertEqual(error.quoted, packet[:len(error.quoted)])
        self.assertGreaterEqual(len(error.quoted), min(len(packet), 28))

    def test_time_exceeded_to_the_inside(self):
        packets = [inside_packet(self.rng, 100, family, ttl=ttl) for family in (4, 6) for ttl in (0, 1)]
        out = self.from_inside(packets)
        self.assertEqual(out.drops, {"inner-ttl": 4})
        self.assertEqual(out.frames["wan"], [])
        self.assertEqual([moment for moment, _ in out.packets("lan")], [0, MS, 2 * MS, 3 * MS])
        for (_, octets), packet in zip(out.packets("lan"), packets):
            self.check_time_exceeded(octets, packet, LAN[packet[0] >> 4])

    def test_time_exceeded_back_through_the_tunnel(self):
        packets = [outside_packet(self.rng, 100, family, ttl=1) for family in (4, 6)]
        out = self.from_peer(packets)
        self.assertEqual((out.drops, out.frames["lan"]), ({"inner-ttl": 2}, []))
        answers = sent_through(self.tunnel, out.frames["wan"])
        self.assertEqual(len(answers), 2)
        for octets, packet in zip(answers, packets):
            self.check_time_exceeded(octets, packet, LAN[packet[0] >> 4])

    def test_selectors_outbound(self):
        # All of it is routed into the tunnel; the selectors let some of it in.
        self.tunnel.selectors = {"local": ["10.1.0.0/24", "fd01::/64"], "remote": ["10.2.0.0/24", "fd02::/96"]}
        good = [ip.udp_packet("10.1.0.77", "10.2.0.255", 60), ip.udp_packet("fd01::1:2", "fd02::ffff:ffff", 60)]
        bad = [ip.udp_packet("10.1.1.77", "10.2.0.2", 60), ip.udp_packet("10.1.0.77", "10.2.1.0", 60),
               ip.udp_packet("fd03::2", "fd02::2", 60), ip.udp_packet("fd01::2", "fd02::1:0:0", 60)]
        out = self.from_inside([bad[0], good[0], bad[1], bad[2], good[1], bad[3]], routes=VIA)
        self.assertEqual(sent_through(self.tunnel, out.frames["wan"]), [ip.with_lower_ttl(p) for p in good])
        self.assertEqual((out.drops, out.frames["lan"]), ({"inner-selector": 4}, []))

    def test_selectors_inbound(self):
        good = [outside_packet(self.rng, 60), outside_packet(self.rng, 60, 6)]
        bad = [ip.udp_packet("10.3.0.2", INSIDE[4], 60), ip.udp_packet(OUTSIDE[4], "10.9.0.2", 60),
               ip.udp_packet("fd09::2", INSIDE[6], 60), ip.udp_packet(INSIDE[4], OUTSIDE[4], 60)]
        out = self.from_peer([good[0], *bad, good[1]])
        self.assertEqual([p for _, p in out.packets("lan")], [ip.with_lower_ttl(p) for p in good])
        self.assertEqual((out.drops, out.frames["wan"]), ({"inner-selector": 4}, []))

    def test_no_selectors_are_any(self):
        self.tunnel.selectors = {}
        packet = ip.udp_packet("172.16.0.1", INSIDE[4], 60)
        out = self.from_peer([packet], routes=VIA)
        self.assertEqual(out.packets("lan"), [(0, ip.with_lower_ttl(packet))])

    def test_default_discard(self):
        nowhere = [ip.udp_packet(INSIDE[4], "192.0.2.9", 60), ip.udp_packet(INSIDE[6], "2001:db8:9::9", 60)]
        into_the_open = [ip.udp_packet(INSIDE[4], PEER4, 60), ip.udp_packet(INSIDE[4], "198.51.100.77", 60),
                         ip.udp_packet(INSIDE[6], "2001:db8:1::77", 60)]
        black = ip.udp_packet(INSIDE[4], "10.2.9.9", 60)
        group = [ip.udp_packet(INSIDE[4], "224.0.0.5", 60), ip.udp_packet(INSIDE[4], "255.255.255.255", 60)]
        routes = [*VIA, {"to": "10.2.9.0/24", "blackhole": True}]
        out = self.from_inside([*nowhere, *into_the_open, black, *group], routes=routes)
        self.assertEqual(out.drops, {"no-route": 2, "clear-refused": 3, "blackhole": 1, "not-forwardable": 2})
        self.assertEqual((out.frames["wan"], out.frames["lan"]), ([], []))

    def test_a_gateway_lets_no_clear_text_out_and_a_route_does(self):
        packet = ip.udp_packet(INSIDE[4], "203.0.113.9", 60)
        self.configure(self.tunnel, routes=VIA, wan={"gateway": "198.51.100.254"})
        out = self.replay([("lan", [(0, packet)])])
        self.assertEqual((out.drops, out.frames["wan"]), ({"clear-refused": 1}, []))
        out = self.from_inside([packet], routes=[*VIA, {"to": "203.0.113.0/24", "via": "198.51.100.254"}])
        self.assertEqual((out.drops, out.packets("wan")), ({}, [(0, ip.with_lower_ttl(packet))]))

    def test_out_of_a_tunnel_nothing_leaves_in_clear(self):
        self.tunnel.selectors = {}
        out = self.from_peer([ip.udp_packet(OUTSIDE[4], "198.51.100.77", 60)], routes=VIA)
        self.assertEqual((out.drops, out.frames["wan"]), ({"clear-refused": 1}, []))

    def test_clear_text_from_outside_does_not_enter(self):
        self.configure(self.tunnel)
        clear = [outside_packet(self.rng, 60), ip.udp_packet("198.51.100.77", INSIDE[4], 60),
                 inside_packet(self.rng, 60), ip.udp_packet("198.51.100.77", OUTSIDE[4], 60)]
        out = self.replay([("wan", list(enumerate(clear)))])
        self.assertEqual((out.drops, out.frames["wan"], out.frames["lan"]), ({"clear-refused": 4}, [], []))

    def test_what_is_for_the_gateway_itself(self):
        own = [ip.icmp_echo(INSIDE[4], LAN[4]), ip.icmp_echo(INSIDE[6], LAN[6]), ip.icmp_echo(INSIDE[4], WAN4),
               ip.icmp_echo(INSIDE[6], WAN6)]
        arp = bytes.fromhex("ffffffffffff0200000000090806") + bytes(28)
        self.configure(self.tunnel)
        pcap.write(self.path("lan.pcap"), [pcap.Frame(i, ip.ethernet(p)) for i, p in enumerate(own)]
                   + [pcap.Frame(9, arp)])
        out = self.replay([("lan", self.path("lan.pcap"))])
        self.assertEqual((out.drops, out.frames["wan"], out.frames["lan"]), ({"for-kernel": 5}, [], []))
        self.assertEqual(self.from_peer([ip.icmp_echo(OUTSIDE[4], LAN[4])]).drops, {"for-kernel": 1})

    def test_damaged_packets_from_inside(self):
        good = inside_packet(self.rng, 100)
        damaged = [good[:10] + bytes([good[10] ^ 0x40]) + good[11:], b"\x44" + good[1:], good[:50], good[:12]]
        frames = [pcap.Frame(i, ip.ethernet(p)) for i, p in enumerate([*damaged, good])] + [pcap.Frame(9, b"\2" * 13)]
        self.configure(self.tunnel)
        pcap.write(self.path("lan.pcap"), frames)
        out = self.replay([("lan", self.path("lan.pcap"))])
        self.assertEqual(out.drops, {"inner-checksum": 1, "inner-malformed": 3, "frame-malformed": 1})
        self.assertEqual(sent_through(self.tunnel, out.frames["wan"]), [ip.with_lower_ttl(good)])

    def test_neighbours(self):
        packets = [inside_packet(self.rng, 60)]
        known = [{"port": "wan", "address": PEER4, "mac": "02:11:22:33:44:55"},
                 {"port": "lan", "address": INSIDE[4], "mac": "02:66:77:88:99:aa"}]
        for neighbours, wan, lan in ((), UNKNOWN, UNKNOWN), (known, known[0]["mac"], known[1]["mac"]):
            with self.subTest(neighbours=bool(neighbours)):
                out = self.from_inside(packets, neighbours=neighbours)
                self.assertEqual({frame.octets[:6] for frame in out.frames["wan"]}, {ip.mac(wan)})
                out = self.from_peer([outside_packet(self.rng, 60)], neighbours=neighbours)
                self.assertEqual({frame.octets[:6] for frame in out.frames["lan"]}, {ip.mac(lan)})
                self.assertEqual({frame.octets[12:14] for frame in out.frames["lan"]}, {b"\x08\0"})

    def test_a_neighbour_on_the_other_port_is_nobody(self):
        out = self.from_inside([inside_packet(self.rng, 60)], neighbours=[
            {"port": "lan", "address": PEER4, "mac": "02:11:22:33:44:55"}])
        self.assertEqual({frame.octets[:6] for frame in out.frames["wan"]}, {ip.mac(UNKNOWN)})

    def test_ethernet_destinations_of_captures_are_not_checked(self):
        packets = [inside_packet(self.rng, 60) for _ in range(3)]
        frames = [pcap.Frame(i, ip.ethernet(p, destination)) for i, (p, destination) in enumerate(
            zip(packets, ("00:00:00:00:00:00", "0e:12:34:56:78:9a", UNKNOWN)))]
        self.configure(self.tunnel)
        pcap.write(self.path("lan.pcap"), frames)
        out = self.replay([("lan", self.path("lan.pcap"))])
        self.assertEqual(len(sent_through(self.tunnel, out.frames["wan"])), 3)

    def test_two_gateways_back_to_back(self):
        rng = random.Random(7)
        packets = [inside_packet(rng, rng.randint(40, 4000), rng.choice([4, 6])) for _ in range(60)]
        first = Tunnel(fixed(50_000_000, packet_size="1400B", max_queue_delay="1s"))
        self.configure(first)
        sent = self.replay([("lan", [(i * MS, p) for i, p in enumerate(packets)])])
        # The other end has the same keys the other way round: here its inbound SA is our outbound one.
        other = receiver(local=PEER4, remote=WAN4, spi=first.spi - 1,
                         selectors={"local": ["10.2.0.0/16", "fd02::/64"], "remote": ["10.1.0.0/16", "fd01::/64"]})
        other.in_sa = first.out_sa
        back = [{"to": "10.1.0.0/16", "via": "lab"}, {"to": "fd01::/64", "via": "lab"}]
        self.configure(other, routes=back, wan={"address": PEER4 + "/24"},
                       lan={"address": ["10.2.0.1/24", "fd02::1/64"]})
        out = self.replay([("wan", self.path("out-wan.pcap"))], outputs=("lan",))
        self.assertEqual([p for _, p in out.packets("lan")],
                         [ip.with_lower_ttl(ip.with_lower_ttl(p)) for p in packets])
        self.assertEqual((sent.drops, out.drops), ({}, {}))


class PlainTtl(ReplayTest):
    def test_plain_mode_lowers_it_too(self):
        tunnel, packet = Tunnel(plain()), inside_packet(random.Random(1), 60, ttl=2)
        self.configure(tunnel)
        out = self.replay([("lan", [(0, packet)])])
        _, body, _ = esp.Opener(tunnel.out_sa()).open(esp.esp_of(out.packets("wan")[0][1])[1])
        self.assertEqual(body, ip.with_lower_ttl(packet))


if __name__ == "__main__":
    unittest.main()
