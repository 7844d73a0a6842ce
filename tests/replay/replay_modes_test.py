# SPDX-License-Identifier: Apache-2.0
#
# The modes beside fixed: on-demand (RFC 9347 without padding, with a timer), plain tunnel-mode ESP, and sending without
# fragments, with the ICMP errors that they need (RFC 4301 §8.2).
import random
import unittest

from receiving import ReceivingTest, forwarded
from rig import (INSIDE, LAN, MS, OUTSIDE, PEER4, PEER6, SECOND, WAN4, WAN6, ReplayTest, Tunnel, fixed, inside_packet,
                 on_demand, outside_packet, plain)
from oracle import aggfrag, esp, gateway, ip, schedule


def some_load(seed, count=200, largest=3000, gap=400_000):
    rng, moment, load = random.Random(seed), 0, []
    while len(load) < count:
        for _ in range(rng.choice([1, 1, 1, 2, 8])):
            size = rng.choice([20, 40, 60, 576, 1336, 1342, 1400, rng.randint(20, largest)])
            load.append((moment, inside_packet(rng, min(size, largest), rng.choice([4, 6]))))
        moment += rng.choice([0, 1, rng.randrange(1, gap), rng.randrange(1, 10 * gap)]) or 1
    return load[:count]


class OnDemand(ReplayTest):
    def run_load(self, tunnel, load):
        self.configure(tunnel)
        out = self.replay([("lan", load)])
        wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
        self.assertEqual([number for _, number, _, _ in wire], list(range(1, len(wire) + 1)))
        return out, wire

    def test_as_the_model_says(self):
        for seed in range(8):
            for delay in (0, 1, 50_000, MS, 20 * MS):
                load = some_load(seed)
                tunnel = Tunnel(on_demand(packet_size=f"{1400 - seed}B", init_delay=f"{delay}ns"), udp=seed % 2 == 1)
                with self.subTest(seed=seed, delay=delay):
                    out, wire = self.run_load(tunnel, load)
                    arrivals = [(moment, ip.with_lower_ttl(packet)) for moment, packet in load]
                    expected = gateway.OnDemandSender(tunnel.room(), delay).run(arrivals)
                    self.assertEqual([(stamp, len(body)) for stamp, _, body, _ in wire],
                                     [(moment, len(payload)) for moment, payload in expected])
                    self.assertEqual([body for _, _, body, _ in wire], [payload for _, payload in expected])
                    self.assertTrue(all(outer.length <= 1400 - seed for _, _, _, outer in wire))
                    self.assertEqual(out.drops, {})
                    self.assertEqual(out.tunnel()["iptfs-outer-pkt-stats"]["tx-extra-pad-pkts"], 0)
                    self.assertEqual(out.tunnel()["iptfs-inner-pkt-stats"]["tx-pkts"], len(load))

    def test_without_delay_a_packet_leaves_at_its_own_moment(self):
        rng = random.Random(1)
        load = [(i * 777_777, inside_packet(rng, 100)) for i in range(20)]
        _, wire = self.run_load(Tunnel(on_demand()), load)
        self.assertEqual([stamp for stamp, _, _, _ in wire], [moment for moment, _ in load])

    def test_the_first_packet_arms_the_timer(self):
        rng = random.Random(2)
        packets = [inside_packet(rng, 100) for _ in range(4)]
        load = [(0, packets[0]), (400_000, packets[1]), (999_999, packets[2]), (MS, packets[3])]
        _, wire = self.run_load(Tunnel(on_demand(init_delay="1ms")), load)
        whole = [body for _, _, body, _ in wire]
        self.assertEqual([stamp for stamp, _, _, _ in wire], [MS, 2 * MS])
        self.assertEqual(whole, [aggfrag.header(0) + b"".join(forwarded(packets[:3])),
                                 aggfrag.header(0) + forwarded(packets)[3]])

    def test_silence_sends_nothing(self):
        self.configure(Tunnel(on_demand()))
        self.assertEqual(self.replay(until=10 * SECOND).frames["wan"], [])

    def test_without_fragments_every_payload_holds_whole_packets(self):
        for delay in (0, 2 * MS):
            tunnel, load = Tunnel(on_demand(init_delay=f"{delay}ns", fragment=False)), some_load(9, largest=1342)
            with self.subTest(delay=delay):
                out, wire = self.run_load(tunnel, load)
                arrivals = [(moment, ip.with_lower_ttl(packet)) for moment, packet in load]
                expected = gateway.OnDemandSender(tunnel.room(), delay, fragment=False).run(arrivals)
                self.assertEqual([(stamp, body) for stamp, _, body, _ in wire], expected)
                self.assertEqual({aggfrag.split(body)[0] for _, _, body, _ in wire}, {0})
                self.assertEqual(out.drops, {})


class Plain(ReceivingTest):
    def test_each_packet_becomes_one(self):
        for local, remote in ((WAN4, PEER4), (WAN6, PEER6)):
            for udp in (False, True):
                tunnel = Tunnel(plain(), local=local, remote=remote, udp=udp)
                load = some_load(3, 60, largest=1300)
                with self.subTest(local=local, udp=udp):
                    self.configure(tunnel)
                    out = self.replay([("lan", load)])
                    opener, got = esp.Opener(tunnel.out_sa()), []
                    for moment, octets in out.packets("wan"):
                        sequence, body, next_header = opener.open(esp.esp_of(octets)[1])
                        self.assertEqual(next_header, 4 if body[0] >> 4 == 4 else 41)
                        got.append((moment, sequence, body))
                    self.assertEqual(got, [(moment, i, ip.with_lower_ttl(p)) for i, (moment, p) in enumerate(load, 1)])
                    self.assertEqual(out.drops, {})

    def test_what_comes_in(self):
        rng = random.Random(4)
        tunnel = Tunnel(plain())
        sa = tunnel.in_sa()
        four, six = outside_packet(rng, 200), outside_packet(rng, 300, 6)
        kinds = [(four, 4), (six, 41), (four + bytes(77), 4), (bytes(50), 59), (aggfrag.header(0) + four, 144),
                 (b"", 4), (four[:100], 4), (b"\x45" + bytes(19), 4), (six, 41)]
        arrivals = [(i * 10, sa.outer(sa.seal(i + 1, body, kind))) for i, (body, kind) in enumerate(kinds)]
        self.configure(tunnel)
        out = self.replay([("wan", arrivals)])
        self.assertEqual(out.packets("lan"), [(0, forwarded([four])[0]), (10, forwarded([six])[0]),
                                              (20, forwarded([four])[0]), (80, forwarded([six])[0])])
        self.assertEqual(out.drops, {"dummy": 1, "next-header": 1, "inner-malformed": 3})

    def test_order_is_that_of_arrival(self):
        tunnel = Tunnel(plain())
        sa = tunnel.in_sa()
        packets = [outside_packet(random.Random(i), 100) for i in range(6)]
        arrivals = [(i, sa.outer(sa.seal(number, packets[i], 4))) for i, number in enumerate((5, 3, 4, 9, 1, 2))]
        self.configure(tunnel)
        out = self.replay([("wan", arrivals)])
        self.assertEqual([packet for _, packet in out.packets("lan")], forwarded(packets))


class TooBig(ReplayTest):
    """Where nothing is fragmented and nothing may be cut: dropped, counted, answered (type 3 code 4, or Packet Too Big)."""

    def answers(self, tunnel, limit):
        rng = random.Random(limit)
        fits = [inside_packet(rng, limit, family) for family in (4, 6)]
        over = [inside_packet(rng, size, 4, dont_fragment=True) for size in (limit + 1, 3000)]
        over += [inside_packet(rng, size, 6) for size in (limit + 1, 3000)]
        load = list(zip(range(0, 600 * MS, 100 * MS), [*fits, *over]))
        self.configure(tunnel)
        out = self.replay([("lan", load)], until=700 * MS)
        self.assertEqual(out.drops, {"tfs-too-big": 4})
        answers = out.packets("lan")
        self.assertEqual([moment for moment, _ in answers], [moment for moment, _ in load[2:]])
        for (_, octets), packet in zip(answers, over):
            answer, family = ip.parse(octets), packet[0] >> 4
            self.assertEqual((answer.source, answer.destination), (LAN[family], INSIDE[family]))
            self.assertTrue(answer.checksum_right)
            error = ip.icmp_error(answer)
            self.assertTrue(error.checksum_right)
            self.assertEqual((error.kind, error.code, error.mtu), (3, 4, limit) if family == 4 else (2, 0, limit))
            self.quotes(error.quoted, packet, len(octets), 576 if family == 4 else 1280)
        return out, fits

    def quotes(self, quoted, packet, octets, longest):
        """RFC 1812 §4.3.2.3, RFC 4443 §3: as much of the packet as fits; its TTL may have been lowered already."""
        self.assertLessEqual(octets, longest)
        self.assertTrue(octets == longest or len(quoted) == len(packet))
        self.assertIn(quoted, (packet[:len(quoted)], ip.with_lower_ttl(packet)[:len(quoted)]))

    def test_fixed_mode(self):
        tunnel = Tunnel(fixed(packet_size="1400B", fragment=False))
        out, fits = self.answers(tunnel, 1342)
        wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
        self.assertEqual(len(wire), schedule.Schedule(1400, 1000 * 1400 * 8).count_before(700 * MS))
        inner = [body[4:] for _, _, body, _ in wire if not aggfrag.is_all_pad(body)]
        self.assertEqual(inner, forwarded(fits))

    def test_on_demand_mode(self):
        tunnel = Tunnel(on_demand(packet_size="1000B", fragment=False), udp=True)
        self.answers(tunnel, tunnel.room())

    def test_plain_mode(self):
        # 1400 - 20 - 8 - 8 - 2 - 16 = 1346 octets of one inner packet.
        self.answers(Tunnel(plain(packet_size="1400B")), 1346)

    def test_plain_mode_over_ipv6(self):
        self.answers(Tunnel(plain(packet_size="1400B"), local=WAN6, remote=PEER6), 1326)

    def test_fixed_mode_without_fragments_keeps_its_shape(self):
        tunnel = Tunnel(fixed(packet_size="1000B", fragment=False))
        load = [(moment, packet) for moment, packet in some_load(12, 200, largest=tunnel.room(), gap=2 * MS)]
        self.configure(tunnel)
        out = self.replay([("lan", load)], until=SECOND)
        wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
        timing = schedule.Schedule(1000, 1000 * 1400 * 8)
        slots = range(timing.count_before(SECOND))
        self.assertEqual([stamp for stamp, _, _, _ in wire], [timing.stamp(k) for k in slots])
        self.assertEqual({(aggfrag.split(body)[0], len(body)) for _, _, body, _ in wire}, {(0, tunnel.room() + 4)})
        reassembler = aggfrag.Reassembler()
        inner = [packet for number, (_, _, body, _) in enumerate(wire) for packet in reassembler.accept(number, body)]
        known = iter(ip.with_lower_ttl(packet) for _, packet in load)
        self.assertTrue(all(packet in known for packet in inner))
        self.assertEqual(len(inner) + out.drops.get("tfs-queue-delay", 0), len(load))

    def test_errors_are_never_answered(self):
        rng = random.Random(5)
        unanswerable = [
            ip.ipv4(INSIDE[4], OUTSIDE[4], ip.ICMP, b"\x03\x01" + bytes(2000), dont_fragment=True),
            ip.ipv4(INSIDE[4], OUTSIDE[4], ip.UDP, rng.randbytes(2000), fragment_offset=2000, dont_fragment=True),
            ip.ipv6(INSIDE[6], OUTSIDE[6], ip.ICMPV6, b"\x01\x00" + bytes(2000))]
        self.configure(Tunnel(on_demand(fragment=False)))
        out = self.replay([("lan", list(enumerate(unanswerable)))])
        self.assertEqual((out.drops, out.frames["lan"]), ({"tfs-too-big": 3}, []))


if __name__ == "__main__":
    unittest.main()
