# SPDX-License-Identifier: Apache-2.0
#
# What the sending side puts into its slots: random inner loads, held against the contract by the oracle's auditor,
# which finds every inner packet again octet by octet; outer headers that never change; refusals by the queue's delay.
import random
import unittest

from rig import (INSIDE, MS, OUTSIDE, PEER4, PEER6, RATE_1000, SECOND, WAN4, WAN6, ReplayTest, Tunnel, fixed,
                 inside_packet, on_demand, outside_packet, plain)
from oracle import aggfrag, esp, gateway, ip, schedule

# The shortest head of an inner packet that may stand at a payload's end holds the length field: 6 octets for IPv6.
LARGEST_IDLE_PAD = 5


def random_load(rng, count, until, largest=9000):
    """Bursts and lulls of packets of all sizes and both families, in order of their moments; the first is at 0."""
    moment, load = 0, []
    while len(load) < count:
        for _ in range(rng.choice([1, 1, 1, 2, 5, 40])):
            size = rng.choice([20, 21, 28, 40, 41, 64, 576, 1341, 1342, 1343, 1400, 1500, largest,
                               rng.randint(20, largest)])
            load.append((moment, inside_packet(rng, size, rng.choice([4, 4, 6]))))
        moment += rng.choice([0, 1, rng.randrange(1, 3 * MS), rng.randrange(1, 20 * MS)])
    return [(moment, packet) for moment, packet in load[:count] if moment < until]


class Encoder(ReplayTest):
    def audit(self, tunnel, timing, load, out, until):
        """Decodes, audits, compares with the counters; returns (payloads, packets sent whole, packets never begun)."""
        wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
        self.assertEqual([w[0] for w in wire], [timing.stamp(k) for k in range(timing.count_before(until))])
        slots = [(timing.exact(k), body) for k, (_, _, body, _) in enumerate(wire)]
        arrivals = [(moment, ip.with_lower_ttl(packet)) for moment, packet in load]
        whole, pending = gateway.audit_fixed(slots, arrivals, tunnel.room(), LARGEST_IDLE_PAD)
        inner = out.tunnel()["iptfs-inner-pkt-stats"]
        self.assertEqual(inner["tx-pkts"], len(whole))
        return [body for _, _, body, _ in wire], whole, pending

    def test_random_loads(self):
        for seed in range(12):
            rng = random.Random(seed)
            size, rate = rng.choice([128, 256, 576, 1000, 1400, 1500]), rng.randrange(5_000_000, 200_000_000)
            tunnel = Tunnel(fixed(rate, packet_size=f"{size}B", max_queue_delay="10s"), cipher=rng.choice(
                list(esp.KEY_OCTETS)), udp=False)
            load, until = random_load(rng, 150, SECOND // 4), SECOND // 2
            with self.subTest(seed=seed, size=size, rate=rate):
                self.configure(tunnel)
                out = self.replay([("lan", load)], until=until)
                bodies, whole, pending = self.audit(tunnel, schedule.Schedule(size, rate), load, out, until)
                self.assertEqual(out.drops, {})
                inner, outer = out.tunnel()["iptfs-inner-pkt-stats"], out.tunnel()["iptfs-outer-pkt-stats"]
                padding = outer["tx-all-pad-octets"] + outer["tx-extra-pad-octets"]
                self.assertEqual(inner["tx-octets"] + padding, len(bodies) * tunnel.room())
                self.assertEqual(outer["tx-all-pad-pkts"], sum(map(aggfrag.is_all_pad, bodies)))
                if not pending:
                    self.assertEqual(inner["tx-octets"], sum(map(len, whole)))

    def test_every_outer_form_carries_the_same(self):
        rng = random.Random(99)
        load = random_load(rng, 60, SECOND // 4)
        for local, remote in ((WAN4, PEER4), (WAN6, PEER6)):
            for udp in (False, True):
                for esn in (False, True):
                    tunnel = Tunnel(fixed(60_000_000, packet_size="1400B", max_queue_delay="10s"), local=local,
                                    remote=remote, udp=udp, esn=esn, first_out=77)
                    with self.subTest(local=local, udp=udp, esn=esn):
                        self.configure(tunnel)
                        out = self.replay([("lan", load)], until=SECOND // 2)
                        _, whole, _ = self.audit(tunnel, schedule.Schedule(1400, 60_000_000), load, out, SECOND // 2)
                        self.assertEqual(len(whole), len(load))

    def test_the_octets_agree_with_the_model_exactly(self):
        # A whole number of nanoseconds: prediction, refusal and packing must be those of the reference sender.
        for seed in range(6):
            rng = random.Random(seed)
            size = rng.choice([576, 1400, 1500])
            tunnel = Tunnel(fixed(1_000 * size * 8, packet_size=f"{size}B", max_queue_delay="7ms"))
            load, until = random_load(rng, 250, SECOND), SECOND
            timing = schedule.Schedule(size, 1_000 * size * 8)
            sender = gateway.FixedSender(timing, tunnel.room(), 7 * MS)
            slots = sender.run([(moment, ip.with_lower_ttl(packet)) for moment, packet in load], until)
            with self.subTest(seed=seed, size=size):
                self.configure(tunnel)
                out = self.replay([("lan", load)], until=until)
                wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
                self.assertEqual([body for _, _, body, _ in wire], [slot.payload for slot in slots])
                self.assertEqual(out.drops.get("tfs-queue-delay", 0), len(sender.refused))
                self.assertGreater(len(sender.refused), 0)

    def test_nobody_waits_longer_than_the_queue_delay(self):
        for rate in (11_200_000, 12_345_679, 99_999_989):
            rng = random.Random(rate)
            tunnel = Tunnel(fixed(rate, packet_size="1400B", max_queue_delay="20ms"))
            load = sorted(((rng.randrange(SECOND // 3), inside_packet(rng, rng.choice([40, 41, 60, 90, 1500])))
                           for _ in range(3_500)), key=lambda a: a[0])
            load = [(moment - load[0][0], packet) for moment, packet in load]
            timing = schedule.Schedule(1400, rate)
            with self.subTest(rate=rate):
                self.configure(tunnel)
                out = self.replay([("lan", load)], until=SECOND // 2)
                wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
                arrived = {ip.with_lower_ttl(packet): moment for moment, packet in load}
                begun = self.beginnings([body for _, _, body, _ in wire], arrived)
                longest = max(timing.stamp(slot) - arrived[packet] for packet, slot in begun)
                self.assertLessEqual(longest, 20 * MS)
                refused = out.drops.get("tfs-queue-delay", 0)
                self.assertEqual(len(begun) + refused, len(load))

    @staticmethod
    def beginnings(bodies, known):
        """[(packet, slot in which its first octet leaves)] of a lossless stream."""
        reassembler, stream, starts, begun = aggfrag.Reassembler(), [], [], []
        for number, body in enumerate(bodies, 1):
            block_offset, data = aggfrag.split(body)
            offset = block_offset
            while offset < len(data) and data[offset] >> 4:
                starts.append(number - 1)
                offset += ip.length_of(data[offset:]) or len(data)
            stream += reassembler.accept(number, body)
        for packet, slot in zip(stream, starts):
            assert packet in known
            begun.append((packet, slot))
        return begun

    def test_outer_headers_never_change(self):
        rng = random.Random(4)
        load = [(moment, inside_packet(rng, rng.randint(40, 3000), family, ttl=rng.randint(2, 255), **tos))
                for moment in range(0, 200 * MS, 2 * MS)
                for family, tos in ((4, {"tos": rng.randrange(256), "dont_fragment": rng.random() < 0.5}),
                                    (6, {"traffic_class": rng.randrange(256), "flow_label": rng.randrange(1 << 20)}))]
        for local, remote in ((WAN4, PEER4), (WAN6, PEER6)):
            for udp in (False, True):
                tunnel = Tunnel(fixed(40_000_000, packet_size="1400B"), local=local, remote=remote, udp=udp)
                with self.subTest(local=local, udp=udp):
                    self.configure(tunnel)
                    out = self.replay([("lan", load)], until=300 * MS)
                    octets = (20 if local == WAN4 else 40) + (6 if udp else 0)  # up to the UDP checksum
                    headers = {frame.octets[:14 + octets] for frame in out.frames["wan"]}
                    self.assertEqual(len(headers), 1)
                    outer = ip.parse(headers.pop()[14:] + bytes(64))
                    self.assertEqual((outer.source, outer.destination, outer.tos, outer.flow_label, outer.length),
                                     (local, remote, 0, 0, 1400))
                    self.assertTrue(outer.checksum_right)
                    self.assertFalse(outer.more_fragments or outer.fragment_offset)
                    for _, packet in out.packets("wan"):
                        self.udp_checksum(packet, udp)

    def udp_checksum(self, packet, udp):
        """RFC 3948 §2.1: zero over IPv4; RFC 8200 §8.1: a right one over IPv6."""
        outer = ip.parse(packet)
        if not udp:
            return self.assertEqual(outer.protocol, ip.ESP)
        stated = outer.payload[6:8]
        if outer.version == 4:
            return self.assertEqual(stated, b"\0\0")
        pseudo = ip.pseudo_header(outer.source, outer.destination, ip.UDP, len(outer.payload))
        self.assertEqual(ip.checksum(pseudo + outer.payload), 0)
        return self.assertNotEqual(stated, b"\0\0")

    def test_numbers_and_ivs_are_never_used_twice(self):
        tunnel = Tunnel(fixed(RATE_1000, packet_size="1400B"), first_out=2**32 - 500)
        self.configure(tunnel)
        out = self.replay([("lan", random_load(random.Random(3), 100, SECOND))], until=SECOND)
        wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
        self.assertEqual([number for _, number, _, _ in wire], list(range(2**32 - 500, 2**32 + 500)))
        ivs = {esp.esp_of(packet)[1][8:16] for _, packet in out.packets("wan")}
        self.assertEqual(len(ivs), 1_000)

    def test_nothing_leaves_after_the_last_number(self):
        rng = random.Random(6)
        load = [(k * MS, inside_packet(rng, 100)) for k in range(10)]
        for esn, last in ((False, 2**32 - 1), (True, 2**64 - 1)):
            tunnel = Tunnel(fixed(RATE_1000, packet_size="1400B"), esn=esn, first_out=last - 2)
            with self.subTest(esn=esn):
                self.configure(tunnel)
                out = self.replay([("lan", load)], until=20 * MS)
                wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
                self.assertEqual([number for _, number, _, _ in wire], [last - 2, last - 1, last])
                self.assertEqual([stamp for stamp, _, _, _ in wire], [0, MS, 2 * MS])
                sent = out.tunnel()["iptfs-inner-pkt-stats"]["tx-pkts"]
                self.assertEqual((sent, out.drops), (2, {"sequence-exhausted": 8}))
                self.assertEqual((out.tunnel()["slots"], out.tunnel()["skipped-slots"]), (20, 17))

    def test_nothing_leaves_after_the_last_number_in_the_other_modes(self):
        rng = random.Random(6)
        load = [(k * MS, inside_packet(rng, 100)) for k in range(10)]
        for tfs in (on_demand(), plain()):
            tunnel = Tunnel(tfs, esn=False, first_out=2**32 - 2)
            with self.subTest(mode=tfs["mode"]):
                self.configure(tunnel)
                out = self.replay([("lan", load)])
                self.assertEqual((len(out.frames["wan"]), out.drops), (2, {"sequence-exhausted": 8}))

    def test_the_smallest_payload(self):
        tunnel = Tunnel(fixed(8_000_000, packet_size="128B", max_queue_delay="10s"), local=WAN6, remote=PEER6, udp=True)
        self.assertEqual(tunnel.room(), 42)
        load = random_load(random.Random(12), 60, SECOND // 8, 900)
        self.configure(tunnel)
        out = self.replay([("lan", load)], until=SECOND)
        _, whole, _ = self.audit(tunnel, schedule.Schedule(128, 8_000_000), load, out, SECOND)
        self.assertEqual((len(whole), out.drops), (len(load), {}))

    def test_both_directions_at_once(self):
        for seed in range(4):
            rng = random.Random(seed)
            tunnel = Tunnel(fixed(30_000_000 + seed, packet_size="1400B", max_queue_delay="10s",
                                  receive={"reorder-window": 4, "lost-timer": "2ms"}))
            load, until = random_load(rng, 80, SECOND // 4), SECOND // 2
            peer, sa = aggfrag.Packer(1000), tunnel.in_sa()
            for _ in range(150):
                peer.add(outside_packet(rng, rng.randint(40, 2500), rng.choice([4, 6])))
            arrivals = sorted(((i * MS + rng.randrange(3 * MS), sa.outer(sa.seal(i + 1, body)))
                               for i, body in enumerate(peer.drain()) if rng.random() > 0.05), key=lambda a: a[0])
            model = gateway.Inbound(sa, 4, 2 * MS, selectors=tunnel.networks())
            expected = [inner for moment, outer in arrivals for inner in model.accept(moment, outer)]
            expected += model.advance(until - 1)
            with self.subTest(seed=seed):
                self.configure(tunnel)
                out = self.replay([("lan", load), ("wan", arrivals)], until=until)
                self.audit(tunnel, schedule.Schedule(1400, 30_000_000 + seed), load, out, until)
                self.assertEqual(out.packets("lan"), expected)

    def test_hosts_of_both_families_share_a_payload(self):
        tunnel = Tunnel(fixed(packet_size="1400B"))
        self.configure(tunnel)
        rng = random.Random(8)
        load = [(0, inside_packet(rng, 100, family)) for family in (4, 6, 6, 4)]
        out = self.replay([("lan", load)], until=2 * MS)
        body = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())[1][2]
        whole = b"".join(ip.with_lower_ttl(packet) for _, packet in load)
        self.assertEqual(body, aggfrag.header(0) + whole.ljust(1342, b"\0"))
        self.assertEqual({ip.parse(p).source for _, p in load}, {INSIDE[4], INSIDE[6]})
        self.assertEqual({ip.parse(p).destination for _, p in load}, {OUTSIDE[4], OUTSIDE[6]})


if __name__ == "__main__":
    unittest.main()
