# SPDX-License-Identifier: Apache-2.0
#
# Immediate delivery (RFC 9347 §2.5) against the oracle: which inner packet leaves at which moment, in which order, and
# what is counted, under loss, displacement, duplication, faults, and the end of the window and of the timer.
import itertools
import random
import unittest

from receiving import LOST_TIMER, ReceivingTest, forwarded, receiver
from rig import MS, SECOND, outside_packet
from oracle import aggfrag


class Immediate(ReceivingTest):
    def stream(self, seed, count=60, room=1342, largest=3000):
        rng = random.Random(seed)
        packets = [outside_packet(rng, rng.choice([20, 40, 60, 576, 1400, rng.randint(20, largest)]),
                                  rng.choice([4, 4, 6])) for _ in range(count)]
        return packets, self.payloads_of(packets, room, rng, all_pad=0.1)

    def test_in_order_it_does_what_the_other_mode_does(self):
        for seed, room in enumerate((6, 41, 198, 1342, 8942)):
            packets, payloads = self.stream(seed, 40, room, 300 if room < 100 else 9000)
            arrivals = range(0, len(payloads) * 1000, 1000)
            with self.subTest(room=room):
                outs = []
                for immediate in (False, True):
                    tunnel = receiver(immediate=immediate)
                    out, _, delivered = self.compare(tunnel, self.at(arrivals, self.outers(tunnel, payloads)))
                    self.assertEqual(delivered, forwarded(packets))
                    outs.append(out.packets("lan"))
                self.assertEqual(outs[0], outs[1])

    def test_after_one_loss_nothing_whole_waits(self):
        packets = [outside_packet(random.Random(i), 300) for i in range(20)]
        tunnel = receiver(10, immediate=True)
        outers = self.outers(tunnel, [aggfrag.header(0) + p for p in packets])
        arrivals = [(i * MS, outer) for i, outer in enumerate(outers) if i != 7]
        out, model, _ = self.compare(tunnel, arrivals)
        self.assertEqual([moment for moment, _ in out.packets("lan")], [moment for moment, _ in arrivals])
        self.assertEqual(model.receiver.counts["missed"], 1)
        self.assertEqual(out.tunnel()["early-pkts"], 5)          # until the timer has given up the gap

    def test_orders_of_five(self):
        rng = random.Random(5)
        packets = [outside_packet(rng, size) for size in (100, 700, 90, 60, 300, 50)]
        payloads = self.payloads_of(packets, 270)
        self.assertEqual(len(payloads), 5)
        for number, order in enumerate(itertools.permutations(range(5))):
            if number % 8:
                continue
            tunnel = receiver(5, immediate=True)
            outers = self.outers(tunnel, payloads)
            with self.subTest(order=order):
                arrivals = self.at(range(0, 5000, 1000), [outers[i] for i in order])
                _, _, delivered = self.compare(tunnel, arrivals)
                self.assertCountEqual(delivered, forwarded(packets))

    def test_at_the_edge_of_the_timer_fragments_are_too_late_and_whole_packets_are_not(self):
        rng = random.Random(6)
        split, whole, other = outside_packet(rng, 500), outside_packet(rng, 80), outside_packet(rng, 90)
        for offset in (-1, 0):
            tunnel = receiver(5, immediate=True)
            first, middle, last = self.outers(tunnel, [aggfrag.header(0) + split[:200],
                                                       aggfrag.header(300) + split[200:] + whole,
                                                       aggfrag.header(0) + other])
            with self.subTest(offset=offset):
                _, model, delivered = self.compare(tunnel, [(0, first), (MS, last), (MS + LOST_TIMER + offset, middle)])
                late = forwarded([other, whole]) if offset == 0 else forwarded([other, split, whole])
                self.assertEqual(delivered, late)
                self.assertEqual(model.receiver.counts["late"], offset == 0)

    def test_random_mixtures(self):
        for seed in range(12):
            rng = random.Random(7000 + seed)
            _, payloads = self.stream(seed, rng.choice([30, 60]), rng.choice([30, 198, 518, 1342]))
            for i, payload in enumerate(payloads):              # some that no honest sender makes
                if rng.random() < 0.03:
                    payloads[i] = rng.choice([payload[:rng.randrange(len(payload))], b"\2" + payload[1:], b"\1" + payload[1:],
                                              payload[:3] + bytes([payload[3] ^ 8]) + payload[4:]])
            window, timer = rng.choice([0, 1, 3, 16, 64]), rng.choice([10_000, 300_000, 5 * MS, SECOND])
            tunnel = receiver(window, timer, immediate=True, replay_window=rng.choice([100, 4096]),
                              first_in=rng.choice([1, 1, 2**32 - 20]))
            interval, arrivals = rng.choice([1_000, 100_000]), []
            for i, outer in enumerate(self.outers(tunnel, payloads)):
                if rng.random() < 0.05:
                    continue                                                        # lost
                for _ in range(rng.choice([1, 1, 1, 1, 1, 2, 3])):                  # duplicated
                    jitter = rng.choice([0, 0, 0, rng.randrange(2 * window + 3)])   # displaced
                    arrivals.append(((i + jitter) * interval + rng.randrange(interval // 2 + 1), outer))
            arrivals.sort(key=lambda a: a[0])
            arrivals = [(moment - arrivals[0][0], outer) for moment, outer in arrivals]
            with self.subTest(seed=seed, window=window, timer=timer):
                self.compare(tunnel, arrivals)


if __name__ == "__main__":
    unittest.main()
