# SPDX-License-Identifier: Apache-2.0
#
# From inner headers to outer ones and back (RFC 9347 §2.2.3.1, §2.2.5 to §2.2.7): IPv4 cut before the tunnel as RFC 791
# says, the shortest first fragment, DSCP, flow label and ECN of outer packets, ECN of arriving ones (RFC 6040 §4.2).
import random
import struct
import unittest

from receiving import forwarded
from rig import (INSIDE, LAN, MS, OUTSIDE, PEER6, SECOND, WAN6, ReplayTest, Tunnel, fixed, inside_packet, on_demand,
                 outside_packet, plain)
from oracle import aggfrag, esp, fragments, gateway, ip, schedule

COPIED, NOT_COPIED = bytes([0x83, 7, 4, 10, 9, 9, 9]), bytes([7, 7, 4, 10, 8, 8, 8])


class Marked(Tunnel):
    """A tunnel with a `qos` map."""
    qos = None

    def as_map(self, folder):
        out = super().as_map(folder)
        out["qos"] = {**out["qos"], **(self.qos or {})}
        return out


def marked(tunnel, **qos):
    tunnel.qos = {key.replace("_", "-"): value for key, value in qos.items()}
    return tunnel


def cuttable(rng, size):
    """IPv4 without DF, some with options, some fragments themselves."""
    kind, more = rng.randrange(4), {}
    if kind == 1:
        more["options"] = b"".join(rng.sample([COPIED, NOT_COPIED, b"\1", b"\1"], rng.randint(1, 4)))
        more["options"] += bytes(-len(more["options"]) % 4)
    if kind == 2:
        more = {"fragment_offset": 8 * rng.randrange(1, 500), "more_fragments": rng.random() < 0.5}
    header = 20 + len(more.get("options", b""))
    return ip.ipv4(INSIDE[4], OUTSIDE[4], 253, rng.randbytes(size - header), identification=rng.randrange(65536),
                   tos=rng.randrange(256), **more)


class Fragments(ReplayTest):
    def sent(self, tunnel, load):
        """(the inner packets on the wire in their order, the outcome)."""
        self.configure(tunnel)
        out = self.replay([("lan", load)], until=load[-1][0] + SECOND)
        inner, joined, opener = [], aggfrag.Reassembler(), esp.Opener(tunnel.out_sa())
        for _, octets in out.packets("wan"):
            sequence, body, next_header = opener.open(esp.esp_of(octets)[1])
            inner += joined.accept(sequence, body) if next_header == 144 else [body]
        return inner, out

    def test_every_mode_cuts_as_the_oracle(self):
        for seed, tfs in enumerate((fixed(fragment=False, max_queue_delay="10s"), on_demand(fragment=False),
                                    plain(), on_demand(mtu="576B"), fixed(mtu="900B", max_queue_delay="10s"),
                                    plain(mtu="1000B"))):
            rng, tunnel = random.Random(seed), Tunnel(tfs)
            room = 1346 if tfs["mode"] == "plain" else tunnel.room()
            limit = int(tfs.get("mtu", f"{room}B").removesuffix("B"))
            load = [(i * 10 * MS, cuttable(rng, rng.choice([limit, limit + 1, limit + 8, rng.randint(100, 4000)])))
                    for i in range(60)]
            with self.subTest(tfs=tfs):
                inner, out = self.sent(tunnel, load)
                expected = [fragments.cut(packet, limit) for packet in forwarded([p for _, p in load])]
                self.assertListEqual(inner, [one for group in expected for one in group])
                self.assertTrue(all(len(one) <= limit for one in inner))
                self.assertEqual(out.drops, {})
                self.assertEqual(out.frames["lan"], [])
                stats = out.tunnel()
                cut = [group for group in expected if len(group) > 1]
                self.assertEqual((stats["ip-fragmented-pkts"], stats["ip-fragments-made"]),
                                 (len(cut), sum(map(len, cut))))

    def test_the_oracle_joins_what_it_cuts(self):
        rng = random.Random(5)
        for _ in range(200):
            size, mtu = rng.randint(100, 3000), rng.randint(68, 1500)
            packet = ip.ipv4(INSIDE[4], OUTSIDE[4], 253, rng.randbytes(size), options=COPIED + b"\1" + NOT_COPIED + b"\0")
            parts = fragments.cut(packet, mtu)
            rng.shuffle(parts)
            self.assertEqual(fragments.join(parts), packet)
            self.assertIsNone(fragments.join(parts[1:]))

    def test_what_cannot_be_cut_is_answered(self):
        bad_option = ip.ipv4(INSIDE[4], OUTSIDE[4], 253, bytes(2000), options=bytes([0x83, 9, 4, 0]))
        beyond = ip.ipv4(INSIDE[4], OUTSIDE[4], 253, bytes(2000), fragment_offset=64_000, more_fragments=True)
        whole = inside_packet(random.Random(1), 2000, dont_fragment=True)
        self.configure(Tunnel(on_demand(fragment=False)))
        out = self.replay([("lan", [(0, bad_option), (MS, beyond), (2 * MS, whole)])])
        self.assertEqual(out.drops, {"tfs-too-big": 3})
        self.assertEqual([moment for moment, _ in out.packets("lan")], [0, 2 * MS])  # none about a later fragment
        for _, octets in out.packets("lan"):
            answer = ip.parse(octets)
            error = ip.icmp_error(answer)
            self.assertEqual((answer.source, error.kind, error.code, error.mtu), (LAN[4], 3, 4, 1342))

    def test_a_configured_mtu_answers_where_splitting_would_be_possible(self):
        rng = random.Random(3)
        load = [(0, inside_packet(rng, 1000, dont_fragment=True)), (MS, inside_packet(rng, 1001, dont_fragment=True)),
                (200 * MS, inside_packet(rng, 1001, 6))]
        tunnel = Tunnel(on_demand(mtu="1000B"))
        inner, out = self.sent(tunnel, load)
        self.assertEqual(inner, forwarded([load[0][1]]))
        self.assertEqual([ip.icmp_error(ip.parse(octets)).mtu for _, octets in out.packets("lan")], [1000, 1000])


class LeastFragment(ReplayTest):
    def test_as_the_model_says(self):
        for least in (6, 40, 256, 1341, 9600):
            rng = random.Random(least)
            tunnel = Tunnel(fixed(packet_size="1400B", min_fragment=f"{least}B", max_queue_delay="10s"))
            moments = [0, *sorted(rng.randrange(SECOND // 3) for _ in range(199))]  # replay begins with the first
            load = [(moment, inside_packet(rng, rng.randint(40, 3000), rng.choice([4, 6]))) for moment in moments]
            self.configure(tunnel)
            out = self.replay([("lan", load)], until=SECOND)
            with self.subTest(least=least):
                timing = schedule.Schedule(1400, 1000 * 1400 * 8)
                model = gateway.FixedSender(timing, tunnel.room(), 10 * SECOND, least)
                slots = model.run([(moment, ip.with_lower_ttl(packet)) for moment, packet in load], SECOND)
                wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
                self.assertListEqual([(stamp, body) for stamp, _, body, _ in wire],
                                     [(slot.stamp, slot.payload) for slot in slots])
                self.assertEqual((out.drops, model.refused), ({}, []))


class OuterHeaders(ReplayTest):
    def load(self, rng):
        four = [ip.ipv4(INSIDE[4], OUTSIDE[4], 253, rng.randbytes(rng.randint(40, 1200)), ttl=rng.randint(2, 255),
                        tos=rng.randrange(256), identification=rng.randrange(65536), dont_fragment=rng.random() < 0.5)
                for _ in range(40)]
        six = [ip.ipv6(INSIDE[6], OUTSIDE[6], 253, rng.randbytes(rng.randint(40, 1200)), hop_limit=rng.randint(2, 255),
                       traffic_class=rng.randrange(256), flow_label=rng.randrange(1 << 20)) for _ in range(40)]
        packets = four + six
        rng.shuffle(packets)
        return [(i * MS, packet) for i, packet in enumerate(packets)]

    def outers(self, tunnel, load=None):
        self.configure(tunnel)
        out = self.replay([("lan", load or self.load(random.Random(1)))], until=SECOND)
        return [octets for _, octets in out.packets("wan")]

    def test_they_are_constant_whatever_is_inside(self):
        for tfs in (fixed(), on_demand(), plain()):
            for ends in ({}, {"local": WAN6, "remote": PEER6}):
                for dscp, word in ((0, None), (46, "ef"), (10, "af11"), (63, 63)):
                    tunnel = Marked(tfs, **ends)
                    if word is not None:
                        marked(tunnel, outer_dscp=word, **({"flow_label": 0xABCDE} if ends else {}))
                    with self.subTest(tfs=tfs, ends=ends, word=word):
                        seen = {(p.tos, p.ttl, p.identification, p.dont_fragment, p.more_fragments, p.fragment_offset,
                                 p.flow_label, p.protocol, p.checksum_right)
                                for p in map(ip.parse, self.outers(tunnel))}
                        label = 0xABCDE if ends and word is not None else 0
                        self.assertEqual(seen, {(dscp << 2, 64, 0, not ends, False, 0, label, 50, True)})

    def test_fixed_mode_differs_in_esp_alone(self):
        busy = self.outers(Tunnel(fixed()))
        idle = self.outers(Tunnel(fixed()), [(0, inside_packet(random.Random(1), 60))])
        self.assertEqual(len(busy), len(idle))
        self.assertEqual({octets[:20] for octets in busy}, {octets[:20] for octets in idle})
        self.assertEqual(len({octets[:20] for octets in busy}), 1)

    def test_a_plain_tunnel_may_copy_the_dscp_and_no_more(self):
        load = self.load(random.Random(2))
        outers = self.outers(marked(Marked(plain()), inner_dscp="copy"), load)
        self.assertEqual([ip.parse(octets).tos for octets in outers],
                         [ip.parse(packet).tos & 0xFC for _, packet in load])
        self.assertTrue(all(ip.parse(octets).checksum_right for octets in outers))


# RFC 6040 §4.2, figure 4: (inner, outer) -> what leaves; None: dropped.
NOT, ECT1, ECT0, CE = 0, 1, 2, 3
FIGURE_4 = {(NOT, NOT): NOT, (NOT, ECT0): NOT, (NOT, ECT1): NOT, (NOT, CE): None,
            (ECT0, NOT): ECT0, (ECT0, ECT0): ECT0, (ECT0, ECT1): ECT1, (ECT0, CE): CE,
            (ECT1, NOT): ECT1, (ECT1, ECT0): ECT1, (ECT1, ECT1): ECT1, (ECT1, CE): CE,
            (CE, NOT): CE, (CE, ECT0): CE, (CE, ECT1): CE, (CE, CE): CE}


class ArrivingEcn(ReplayTest):
    @staticmethod
    def with_ecn(outer, ecn):
        changed = bytearray(outer)
        if outer[0] >> 4 == 6:
            struct.pack_into("!I", changed, 0, struct.unpack_from("!I", outer)[0] | ecn << 20)
            return bytes(changed)
        changed[1] |= ecn
        changed[10:12] = b"\0\0"
        struct.pack_into("!H", changed, 10, ip.checksum(bytes(changed[:20])))
        return bytes(changed)

    def inner(self, family, ecn):
        more = {"tos": ecn} if family == 4 else {"traffic_class": ecn}
        return outside_packet(random.Random(ecn), 200, family, **more)

    def test_plain_mode(self):
        for ends in ({}, {"local": WAN6, "remote": PEER6}):
            tunnel = Tunnel(plain(), **ends)
            sa = tunnel.in_sa()
            cells = [(family, *cell) for family in (4, 6) for cell in FIGURE_4]
            arrivals = [(i * 10, self.with_ecn(sa.outer(sa.seal(i + 1, self.inner(family, inner),
                                                                4 if family == 4 else 41)), outer))
                        for i, (family, inner, outer) in enumerate(cells)]
            self.configure(tunnel)
            out = self.replay([("wan", arrivals)])
            leaves = {i * 10: FIGURE_4[cell] for i, (_, *cell) in enumerate(cells) for cell in [tuple(cell)]}
            with self.subTest(ends=ends):
                self.assertEqual({moment: ip.parse(octets).tos & 3 for moment, octets in out.packets("lan")},
                                 {moment: ecn for moment, ecn in leaves.items() if ecn is not None})
                self.assertTrue(all(ip.parse(octets).checksum_right for _, octets in out.packets("lan")))
                self.assertEqual(out.drops, {"outer-congestion": 2})
                self.assertEqual(out.tunnel()["ecn-ce-pkts"], 8)
                self.assertEqual(out.tunnel()["ecn-unexpected-pkts"], 2 * 5)

    def test_aggregates(self):
        tunnel = Tunnel(on_demand())
        sa = tunnel.in_sa()
        packets = [self.inner(4, ecn) for ecn in range(4)]
        arrivals = [(i * 10, self.with_ecn(sa.outer(sa.seal(i + 1, aggfrag.header(0) + b"".join(packets), 144)), i))
                    for i in range(4)]
        self.configure(tunnel)
        out = self.replay([("wan", arrivals)])
        self.assertEqual([octets for _, octets in out.packets("lan")], forwarded(packets) * 4)
        self.assertEqual((out.drops, out.tunnel()["ecn-ce-pkts"], out.tunnel()["ecn-unexpected-pkts"]), ({}, 1, 3))


if __name__ == "__main__":
    unittest.main()
