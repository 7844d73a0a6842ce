# SPDX-License-Identifier: Apache-2.0
#
# The schedule of fixed mode, slot by slot (interface: "Static keys, neighbours, replay"): how many packets leave, at
# which moments, of which size, with which numbers, idle and under any load.
import random
import unittest

from rig import MS, PEER4, PEER6, RATE_1000, SECOND, WAN4, WAN6, ReplayTest, Tunnel, fixed, inside_packet
from oracle import aggfrag, gateway, schedule

# packet size, rate in bit/s: none of them gives a whole number of nanoseconds
ODD = [(1400, 333_333_333), (1400, 12_345_679), (128, 7_654_321), (576, 99_999_989), (1500, 20_000_003),
       (1000, 4_096_001)]


class Schedule(ReplayTest):
    def stamps_and_numbers(self, tunnel, timing, out, until):
        """Every slot before `until` has its packet: exact stamp, the configured size, numbers without a gap."""
        count = timing.count_before(until)
        self.assertEqual([frame.time_ns for frame in out.frames["wan"]], [timing.stamp(k) for k in range(count)])
        wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
        self.assertEqual([number for _, number, _, _ in wire], list(range(tunnel.first_out, tunnel.first_out + count)))
        self.assertEqual({len(frame.octets) - 14 for frame in out.frames["wan"]},
                         {int(tunnel.tfs["packet-size"].removesuffix("B"))} if count else set())
        self.assertEqual(out.tunnel()["slots"], count)
        self.assertEqual(out.tunnel()["skipped-slots"], 0)
        self.assertEqual(out.tunnel()["late-slots"], 0)
        return wire

    def test_a_thousand_slots_a_second_for_ten_seconds_are_ten_thousand_packets(self):
        tunnel = Tunnel(fixed(RATE_1000, packet_size="1400B"))
        self.configure(tunnel)
        out = self.replay(until=10 * SECOND)
        self.assertEqual([frame.time_ns for frame in out.frames["wan"]], [k * MS for k in range(10_000)])
        wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
        self.assertEqual([number for _, number, _, _ in wire], list(range(1, 10_001)))
        self.assertEqual({body for _, _, body, _ in wire}, {aggfrag.all_pad(1342)})
        self.assertEqual({len(frame.octets) for frame in out.frames["wan"]}, {1414})
        self.assertEqual(out.frames["lan"], [])
        outer = out.tunnel()["iptfs-outer-pkt-stats"]
        self.assertEqual((outer["tx-all-pad-pkts"], outer["tx-all-pad-octets"]), (10_000, 10_000 * 1342))
        self.assertEqual(out.tunnel()["ipsec-stats"]["tx-pkts"], 10_000)
        self.assertEqual(out.tunnel()["ipsec-stats"]["tx-octets"], 10_000 * 1400)

    def test_odd_intervals_are_exact_fractions(self):
        for size, rate in ODD:
            for layer in ("l3", "l2"):
                with self.subTest(size=size, rate=rate, layer=layer):
                    tunnel = Tunnel(fixed(rate, packet_size=f"{size}B", rate_layer=layer, max_queue_delay="1s"))
                    timing = schedule.Schedule(size, rate, layer)
                    until = timing.stamp(2_000) + 1
                    self.configure(tunnel)
                    self.stamps_and_numbers(tunnel, timing, self.replay(until=until), until)

    def test_every_outer_form(self):
        for udp in (False, True):
            for local, remote in ((WAN4, PEER4), (WAN6, PEER6)):
                for layer in ("l3", "l2"):
                    with self.subTest(udp=udp, local=local, layer=layer):
                        tunnel = Tunnel(fixed(31_415_927, packet_size="1280B", rate_layer=layer), local=local,
                                        remote=remote, udp=udp)
                        timing = schedule.Schedule(1280, 31_415_927, layer)
                        self.configure(tunnel)
                        wire = self.stamps_and_numbers(tunnel, timing, self.replay(until=SECOND // 2), SECOND // 2)
                        self.assertEqual({body for _, _, body, _ in wire}, {aggfrag.all_pad(tunnel.room())})

    def test_the_fastest_and_the_slowest_schedule(self):
        # 100 ns and 10 s from slot to slot are the ends of what is allowed.
        for rate, until in ((112_000_000_000, MS), (1_120, 95 * SECOND), (1_401, 60 * SECOND)):
            tunnel = Tunnel(fixed(rate, packet_size="1400B", max_queue_delay="10s"))
            with self.subTest(rate=rate):
                self.configure(tunnel)
                self.stamps_and_numbers(tunnel, schedule.Schedule(1400, rate), self.replay(until=until), until)

    def test_until_is_exclusive(self):
        tunnel = Tunnel(fixed(333_333_333, packet_size="1400B"))
        timing = schedule.Schedule(1400, 333_333_333)
        self.configure(tunnel)
        for until in (0, 1, timing.stamp(1), timing.stamp(1) + 1, timing.stamp(777), timing.stamp(777) + 1):
            with self.subTest(until=until):
                out = self.replay(until=until)
                expected = sum(1 for k in range(780) if timing.stamp(k) < until)
                self.assertEqual(len(out.frames["wan"]), expected)

    def test_no_slot_is_missing_under_load(self):
        rng = random.Random(1)
        for per_second in (1_000, 3_000, 7_001, 20_000):
            rate, until = per_second * 1400 * 8, SECOND // 5
            tunnel = Tunnel(fixed(rate, packet_size="1400B"))
            load = sorted(((rng.randrange(until), inside_packet(rng, rng.choice([40, 60, 576, 1400, 1500, 4000])))
                           for _ in range(per_second // 3)), key=lambda a: a[0])
            load += [(until // 2, inside_packet(rng, 400)) for _ in range(200)]     # and one burst
            load.sort(key=lambda a: a[0])
            with self.subTest(per_second=per_second):
                self.configure(tunnel)
                out = self.replay([("lan", load)], until=until + load[0][0])
                timing = schedule.Schedule(1400, rate)
                wire = self.stamps_and_numbers(tunnel, timing, out, until + load[0][0])
                self.assertTrue(any(not aggfrag.is_all_pad(body) for _, _, body, _ in wire))

    def test_load_does_not_move_a_slot(self):
        rng = random.Random(2)
        tunnel = Tunnel(fixed(77_777_777, packet_size="1000B"))
        self.configure(tunnel)
        moments = [0] + sorted(rng.randrange(SECOND // 4) for _ in range(1_500))
        load = [(moment, inside_packet(rng, rng.randrange(20, 3_000))) for moment in moments]
        idle, busy = self.replay(until=SECOND // 4), self.replay([("lan", load)], until=SECOND // 4)
        self.assertEqual([f.time_ns for f in busy.frames["wan"]], [f.time_ns for f in idle.frames["wan"]])
        self.assertEqual({len(f.octets) for f in busy.frames["wan"]}, {1014})
        self.assertGreater(busy.tunnel()["iptfs-inner-pkt-stats"]["tx-pkts"], 300)

    def test_a_packet_at_the_very_moment_of_a_slot_goes_with_the_next(self):
        tunnel = Tunnel(fixed(packet_size="1400B"))
        self.configure(tunnel)
        first, second, third = (inside_packet(random.Random(i), 100) for i in range(3))
        out = self.replay([("lan", [(0, first), (3 * MS - 1, second), (5 * MS, third)])], until=8 * MS)
        wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
        self.assertEqual([k for k, (_, _, body, _) in enumerate(wire) if not aggfrag.is_all_pad(body)], [1, 3, 6])

    def test_without_until_one_slot_follows_the_last_packet(self):
        tunnel = Tunnel(fixed(packet_size="1400B"))
        self.configure(tunnel)
        self.assertEqual(len(self.replay().frames["wan"]), 1)
        out = self.replay([("lan", [(0, inside_packet(random.Random(1), 3 * 1342))])])
        wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
        self.assertEqual([aggfrag.is_all_pad(body) for _, _, body, _ in wire], [True, False, False, False, True])

    def test_two_tunnels_keep_a_schedule_each(self):
        one = Tunnel(fixed(10_000_019, packet_size="1400B"))
        two = Tunnel(fixed(33_000_017, packet_size="576B"), name="other", remote="198.51.100.3", spi=0x3001,
                     selectors={"local": ["10.1.0.0/16"], "remote": ["10.3.0.0/16"]})
        self.configure(one, two)
        out = self.replay(until=SECOND // 2)
        for tunnel, size, rate in ((one, 1400, 10_000_019), (two, 576, 33_000_017)):
            timing = schedule.Schedule(size, rate)
            stamps = [frame.time_ns for frame in out.frames["wan"] if len(frame.octets) == size + 14]
            self.assertEqual(stamps, [timing.stamp(k) for k in range(timing.count_before(SECOND // 2))])
            self.assertEqual(out.tunnel(tunnel.name)["skipped-slots"], 0)


if __name__ == "__main__":
    unittest.main()
