# SPDX-License-Identifier: Apache-2.0
#
# Order, loss and time on the receiving side (RFC 9347 §2.2.3): the reorder window to its edges, the deadline of each
# gap, huge jumps, duplicates, and random mixtures of all of them, against the oracle.
import random
import unittest

from receiving import LOST_TIMER, ReceivingTest, disturbed, forwarded, receiver
from rig import MS, SECOND, Tunnel, fixed, outside_packet
from oracle import aggfrag, gateway


class Order(ReceivingTest):
    def stream(self, seed, count=120, room=1342, largest=3000):
        rng = random.Random(seed)
        packets = [outside_packet(rng, rng.choice([20, 40, 60, 576, 1400, rng.randint(20, largest)]),
                                  rng.choice([4, 4, 6])) for _ in range(count)]
        return packets, self.payloads_of(packets, room, rng, all_pad=0.1)

    def test_appendix_a(self):
        rng = random.Random(1)
        packets = [outside_packet(rng, size) for size in (750, 750, 60, 240, 3000)]
        payloads = self.payloads_of(packets, 1400)
        self.assertEqual([aggfrag.split(p)[0] for p in payloads], [0, 100, 2000, 600])
        tunnel = receiver()
        out, _, delivered = self.compare(tunnel, self.at(range(0, 4 * MS, MS), self.outers(tunnel, payloads)))
        self.assertEqual(delivered, forwarded(packets))
        self.assertEqual([moment for moment, _ in out.packets("lan")], [0, MS, MS, MS, 3 * MS])
        self.assertEqual(out.drops, {})
        self.assertEqual(out.tunnel()["iptfs-outer-pkt-stats"]["rx-extra-pad-octets"], 800)

    def test_nothing_lost_nothing_changed(self):
        for seed, room in enumerate((6, 20, 41, 198, 1342, 8942)):
            packets, payloads = self.stream(seed, 60, room, 300 if room < 100 else 9000)
            tunnel = receiver()
            with self.subTest(room=room):
                arrivals = self.at(range(0, len(payloads) * 1000, 1000), self.outers(tunnel, payloads))
                out, _, delivered = self.compare(tunnel, arrivals)
                self.assertEqual(delivered, forwarded(packets))
                self.assertEqual(out.drops, {})

    # [9347-2.2.3-b]
    def test_displaced_by_the_window_is_in_order_and_by_one_more_is_late(self):
        packets, payloads = self.stream(7, 200)
        for window in (0, 1, 2, 3, 8, 31):
            for extra in (0, 1):
                displaced = list(range(len(payloads)))
                for at in range(2, len(displaced) - window - 2, window + 5):
                    displaced.insert(at + window + extra, displaced.pop(at))
                tunnel = receiver(window)
                outers = self.outers(tunnel, payloads)
                with self.subTest(window=window, extra=extra):
                    arrivals = self.at(range(0, len(payloads) * 1000, 1000), [outers[i] for i in displaced])
                    out, model, delivered = self.compare(tunnel, arrivals)
                    late = model.receiver.counts["late"]
                    if extra:
                        self.assertGreater(late, 0)
                        self.assertEqual(model.receiver.counts["missed"], late)
                    else:
                        self.assertEqual((late, out.drops), (0, {}))
                        self.assertEqual(delivered, forwarded(packets))

    def test_every_gap_has_its_own_deadline(self):
        packets = [outside_packet(random.Random(i), 100) for i in range(1, 10)]
        tunnel = receiver(20)
        outers = dict(enumerate(self.outers(tunnel, [aggfrag.header(0) + p for p in packets]), 1))
        # Gaps 2 (opens at 1 ms), 4 (at 3 ms), 6 and 7 (at 4 ms); 6 comes in time, 2 comes too late.
        arrivals = [(0, outers[1]), (MS, outers[3]), (3 * MS, outers[5]), (4 * MS, outers[8]), (5 * MS, outers[6]),
                    (6 * MS + 1, outers[2]), (20 * MS, outers[9])]
        out, model, _ = self.compare(tunnel, arrivals)
        moments = [moment for moment, _ in out.packets("lan")]
        self.assertEqual(moments, [0, MS + LOST_TIMER, 3 * MS + LOST_TIMER, 3 * MS + LOST_TIMER, 4 * MS + LOST_TIMER,
                                   20 * MS])
        self.assertEqual((model.receiver.counts["missed"], model.receiver.counts["late"]), (3, 1))

    def test_what_comes_at_the_deadline_is_late_and_just_before_is_not(self):
        packets = [outside_packet(random.Random(i), 100) for i in range(3)]
        for offset, late in ((-1, 0), (0, 1)):
            tunnel = receiver(5)
            first, second, third = self.outers(tunnel, [aggfrag.header(0) + p for p in packets])
            with self.subTest(offset=offset):
                _, model, _ = self.compare(tunnel, [(0, first), (MS, third), (MS + LOST_TIMER + offset, second)])
                self.assertEqual(model.receiver.counts["late"], late)

    def test_huge_jumps(self):
        packets = [outside_packet(random.Random(i), 100) for i in range(8)]
        for window in (0, 3, 1000):
            for jump in (window, window + 1, 5_000, 2**31, 2**32 + 5, 2**45):
                tunnel = receiver(window)
                sa = tunnel.in_sa()
                numbers = [1, 2, 4, 4 + jump, 5 + jump, 3 + jump, 2 + jump, 6 + jump]
                outers = [sa.outer(sa.seal(n, aggfrag.header(0) + p)) for n, p in zip(numbers, packets)]
                with self.subTest(window=window, jump=jump):
                    self.compare(tunnel, self.at(range(0, 8000, 1000), outers))

    def test_loss_takes_only_what_it_touches_and_what_follows_comes_through(self):
        for seed in range(6):
            rng = random.Random(seed)
            packets, payloads = self.stream(seed, 150)
            tunnel = receiver(rng.choice([0, 3, 10]))
            kept = [(i * MS // 4, outer) for i, outer in enumerate(self.outers(tunnel, payloads))
                    if i == 0 or rng.random() > 0.08]
            with self.subTest(seed=seed):
                _, _, delivered = self.compare(tunnel, kept)
                lines = iter(forwarded(packets))
                self.assertTrue(all(packet in lines for packet in delivered))       # a subsequence
                self.assertGreater(len(delivered), len(packets) // 2)

    def test_the_first_packet_lost(self):
        packets, payloads = self.stream(11, 30)
        for lost in (1, 2, 5):
            tunnel = receiver(3)
            outers = self.outers(tunnel, payloads)[lost:]
            with self.subTest(lost=lost):
                _, model, _ = self.compare(tunnel, self.at(range(0, len(outers) * 1000, 1000), outers))
                self.assertEqual(model.receiver.counts["missed"], lost)

    def test_random_mixtures(self):
        for seed in range(25):
            rng = random.Random(1000 + seed)
            _, payloads = self.stream(seed, rng.choice([40, 120]), rng.choice([198, 518, 1342]))
            window, timer = rng.choice([0, 1, 3, 16, 64]), rng.choice([10_000, 300_000, 5 * MS, SECOND])
            tunnel = receiver(window, timer, replay_window=rng.choice([64, 100, 4096]),
                              first_in=rng.choice([1, 1, 2**32 - 20]))
            arrivals = disturbed(rng, self.outers(tunnel, payloads), window, rng.choice([1_000, 100_000, 2 * MS]))
            with self.subTest(seed=seed, window=window, timer=timer):
                self.compare(tunnel, arrivals)

    def test_the_automatic_timer_is_in_proportion_to_the_rate(self):
        # One and a half windows of packets, a millisecond at least, a second at most. Arrivals come at our own rate;
        # the one that is missing stretches their learnt interval a little.
        packets = [outside_packet(random.Random(i), 100) for i in range(12)]
        for per_second, window in ((1_000, 3), (100, 3), (20_000, 3), (2, 3), (1_000, 40)):
            tunnel = Tunnel(fixed(per_second * 1400 * 8, packet_size="1400B", max_queue_delay="1s",
                                  receive={"reorder-window": window}))
            interval = SECOND // per_second
            expected = min(max(interval * (window + 1) * 3 // 2, MS), SECOND)
            outers = self.outers(tunnel, [aggfrag.header(0) + p for p in packets])
            with self.subTest(per_second=per_second, window=window):
                self.configure(tunnel)
                # Number 9 is missing; 10 opens the gap.
                arrivals = [(i * interval, outer) for i, outer in enumerate(outers[:10]) if i != 8]
                out = self.replay([("wan", arrivals)], until=9 * interval + 2 * SECOND)
                waited = out.packets("lan")[-1][0] - 9 * interval
                self.assertTrue(expected <= waited <= min(max(expected * 11 // 10, MS), SECOND), (expected, waited))

    def test_fragments_of_a_slow_tunnel_come_together(self):
        large = outside_packet(random.Random(1), 3000)
        for seconds in (1, 4, 9):
            tunnel = Tunnel(fixed(1400 * 8 // seconds, packet_size="1400B", max_queue_delay="10s"))
            outers = self.outers(tunnel, self.payloads_of([large], 1342))
            with self.subTest(seconds=seconds):
                self.configure(tunnel)
                out = self.replay([("wan", [(i * seconds * SECOND, outer) for i, outer in enumerate(outers)])])
                self.assertEqual(out.packets("lan"), [(2 * seconds * SECOND, forwarded([large])[0])])
                self.assertEqual(out.drops, {})

    def test_a_packet_that_is_never_finished_is_given_up(self):
        tunnel = receiver()
        payloads = self.payloads_of([outside_packet(random.Random(1), 3000)], 1342)[:2]
        out, _, _ = self.compare(tunnel, self.at((0, MS), self.outers(tunnel, payloads)))
        self.assertEqual(out.drops, {"aggfrag-incomplete": 1})

    def test_the_payloads_of_the_reference_sender(self):
        rng = random.Random(31)
        packets, payloads = self.stream(31, 200)
        tunnel = receiver()
        path = self.path("peer.pcap")
        moments = [i * 280_000 + rng.randrange(1000) for i in range(len(payloads))]
        moments[0] = 0
        gateway.wire_capture(tunnel.in_sa(), payloads, moments, path)
        self.configure(tunnel)
        out = self.replay([("wan", path)])
        self.assertEqual([packet for _, packet in out.packets("lan")], forwarded(packets))


if __name__ == "__main__":
    unittest.main()
