# SPDX-License-Identifier: Apache-2.0
#
# Payloads as no good sender makes them (RFC 9347 §2.2.3, §6.1): runts, contradictions, bad blocks and lengths, foreign
# next headers, dummies, sub-types, cut payloads. The oracle says what must survive and under which name the rest goes.
import random
import struct
import unittest

from receiving import ReceivingTest, forwarded, receiver
from rig import MS, outside_packet
from oracle import aggfrag, esp


def congestion_header(block_offset=0):
    """Sub-type 1 with all of its fields in use (RFC 9347 §6.1.2)."""
    return struct.pack("!BBHIQII", 1, 0x03, block_offset, 77, 1 << 42 | 2 << 21 | 3, 4, 5)


class Payloads(ReceivingTest):
    def setUp(self):
        super().setUp()
        rng = random.Random(5)
        self.small = [outside_packet(rng, 60, family) for family in (4, 6, 4, 6, 4, 4)]
        self.large = outside_packet(rng, 3000)

    def run_payloads(self, payloads, window=3):
        """payloads: octets, or (octets, next header). One millisecond apart; returns (outcome, delivered)."""
        tunnel = receiver(window)
        sa, arrivals = tunnel.in_sa(), []
        for number, what in enumerate(payloads, 1):
            payload, next_header = what if isinstance(what, tuple) else (what, esp.AGGFRAG)
            arrivals.append(((number - 1) * MS, sa.outer(sa.seal(number, payload, next_header))))
        out, _, delivered = self.compare(tunnel, arrivals)
        return out, delivered

    def test_all_padding_between_fragments(self):
        pieces = self.payloads_of([self.large], 1342)
        out, delivered = self.run_payloads([pieces[0], aggfrag.all_pad(1342), aggfrag.header(0), pieces[1],
                                            aggfrag.header(0) + b"\x0f" + bytes(7), congestion_header(), pieces[2]])
        self.assertEqual((delivered, out.drops), (forwarded([self.large]), {}))

    def test_runts_of_every_length(self):
        for first, second in ((self.small[0], self.small[2]), (self.small[1], self.small[3])):
            for cut in range(1, 6):
                whole = first + second
                head, tail = whole[:60 + cut], whole[60 + cut:]
                with self.subTest(version=first[0] >> 4, cut=cut):
                    out, delivered = self.run_payloads([
                        aggfrag.header(0) + head, aggfrag.all_pad(40), aggfrag.header(len(tail)) + tail])
                    self.assertEqual((delivered, out.drops), (forwarded([first, second]), {}))

    def test_runts_octet_by_octet(self):
        packet = self.small[1]
        payloads = [aggfrag.header(len(packet) - i if i else 0) + packet[i:i + 1] for i in range(len(packet))]
        out, delivered = self.run_payloads([*payloads, aggfrag.header(0) + self.small[0]])
        self.assertEqual((delivered, out.drops), (forwarded([packet, self.small[0]]), {}))

    def test_runts_that_contradict(self):
        runt = aggfrag.header(0) + self.small[0] + self.small[2][:2]
        rest = self.small[2][2:]
        for follow in (aggfrag.header(len(rest) + 1) + rest + b"\0" + self.small[4],    # another length than it says
                       aggfrag.header(1) + rest + self.small[4],                        # ends inside the length field
                       aggfrag.header(0) + self.small[4],                               # does not go on at all
                       aggfrag.header(len(rest)) + b"\0\x05" + rest[2:] + self.small[4]):  # a length below the header's
            with self.subTest(follow=follow[:8].hex()):
                self.run_payloads([runt, follow, aggfrag.header(0) + self.small[5]])

    # [9347-2.5-d]
    def test_block_offsets_that_contradict(self):
        head, middle, tail = self.payloads_of([self.large], 1342)
        left = aggfrag.split(middle)[0]
        after = aggfrag.header(0) + self.small[5]
        for wrong in (0, 1, 40, left - 1, left + 1, 1341, 1342, 1343, 65535):
            with self.subTest(wrong=wrong):
                self.run_payloads([head, aggfrag.header(wrong) + middle[4:], tail, after])
        with self.subTest("a new packet instead of the rest"):
            _, delivered = self.run_payloads([head, aggfrag.header(0) + self.small[0], after])
            self.assertEqual(delivered, forwarded([self.small[0], self.small[5]]))
        with self.subTest("an offset into whole packets resynchronises"):
            _, delivered = self.run_payloads([head, aggfrag.header(60) + b"\xee" * 60 + self.small[0], after])
            self.assertEqual(delivered, forwarded([self.small[0], self.small[5]]))

    def test_orphans(self):
        pieces = self.payloads_of([self.large, self.small[0]], 500)
        out, delivered = self.run_payloads([*pieces[1:], aggfrag.header(0) + self.small[5]])
        self.assertEqual(delivered, forwarded([self.small[0], self.small[5]]))
        self.assertEqual(out.drops["aggfrag-orphan"], len(pieces) - 2)

    def test_bad_blocks_cost_the_rest_of_their_payload(self):
        good, after = self.small[0], aggfrag.header(0) + self.small[5]
        bad_blocks = [bytes([kind << 4]) + bytes(59) for kind in (1, 2, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15)]
        bad_blocks += [struct.pack("!BBH", 0x45, 0, length) + bytes(40) for length in (0, 1, 5, 19)]
        bad_blocks += [struct.pack("!BBH", 0x40 | words, 0, 40) + bytes(40) for words in (0, 4, 11, 15)]
        bad_blocks += [struct.pack("!BBH", 0x45, 0, 9217) + bytes(40), struct.pack("!IH", 6 << 28, 9300) + bytes(40)]
        for bad in bad_blocks:
            with self.subTest(bad=bad[:6].hex()):
                out, delivered = self.run_payloads([aggfrag.header(0) + good + bad + self.small[2], after])
                self.assertEqual(delivered, forwarded([good, self.small[5]]))
                self.assertEqual(out.drops, {"aggfrag-block": 1})

    def test_a_foreign_next_header_breaks_what_is_half_there(self):
        head, middle, tail = self.payloads_of([self.large], 1342)
        after = aggfrag.header(0) + self.small[5]
        for next_header in (4, 41, 0, 50, 143, 145, 255):
            with self.subTest(next_header=next_header):
                out, delivered = self.run_payloads([head, (self.small[0], next_header), middle, tail, after])
                self.assertEqual(delivered, forwarded([self.small[5]]))
                self.assertEqual((out.drops["next-header"], out.drops["aggfrag-incomplete"]), (1, 1))

    def test_a_dummy_breaks_nothing(self):
        head, middle, tail = self.payloads_of([self.large], 1342)
        out, delivered = self.run_payloads([(b"", 59), head, (bytes(100), 59), middle, (b"\xff" * 33, 59), tail])
        self.assertEqual(delivered, forwarded([self.large]))
        self.assertEqual(out.drops, {"dummy": 3})

    def test_held_dummies_and_foreigners_keep_their_place(self):
        tunnel = receiver(8)
        sa = tunnel.in_sa()
        head, middle, tail = self.payloads_of([self.large], 1342)
        for next_header in (59, 4):
            order = [(1, head, 144), (5, tail, 144), (4, b"no payload", next_header), (3, middle, 144),
                     (2, aggfrag.all_pad(9), 144), (4, b"again", next_header), (6, head, 144)]
            with self.subTest(next_header=next_header):
                self.compare(tunnel, [(i * 1000, sa.outer(sa.seal(n, body, kind)))
                                      for i, (n, body, kind) in enumerate(order)])

    def test_late_dummies_and_foreigners_are_counted_once(self):
        tunnel = receiver(0)
        sa = tunnel.in_sa()
        for next_header in (59, 4, 144):
            with self.subTest(next_header=next_header):
                body = aggfrag.header(0) + self.small[0]
                self.compare(tunnel, [(0, sa.outer(sa.seal(3, body))), (1, sa.outer(sa.seal(2, body, next_header)))])

    def test_sub_type_1(self):
        after = aggfrag.header(0) + self.small[5]
        head, middle, tail = self.payloads_of([self.large], 1342)
        with self.subTest("with data"):
            out, delivered = self.run_payloads([congestion_header() + self.small[0] + self.small[1], after])
            self.assertEqual((delivered, out.drops), (forwarded([*self.small[:2], self.small[5]]), {}))
        with self.subTest("amid fragments"):
            for at in range(3):
                pieces = [head, middle, tail]
                pieces[at] = congestion_header(aggfrag.split(pieces[at])[0]) + pieces[at][4:]
                out, delivered = self.run_payloads([*pieces, after])
                self.assertEqual((delivered, out.drops), (forwarded([self.large, self.small[5]]), {}))
        with self.subTest("cut"):
            for length in range(1, 24):
                out, delivered = self.run_payloads([head, congestion_header()[:length], middle, tail, after])
                self.assertEqual(delivered, forwarded([self.small[5]]))

    def test_unknown_sub_types(self):
        head, middle, tail = self.payloads_of([self.large], 1342)
        for sub_type in (2, 3, 4, 0x40, 0x60, 128, 255):
            with self.subTest(sub_type=sub_type):
                out, delivered = self.run_payloads([
                    head, bytes([sub_type]) + middle[1:], tail, bytes([sub_type]), aggfrag.header(0) + self.small[5]])
                self.assertEqual(delivered, forwarded([self.small[5]]))
                self.assertEqual((out.drops["aggfrag-sub-type"], out.drops["aggfrag-malformed"]), (1, 1))

    def test_reserved_bits_are_ignored(self):
        congestion = congestion_header()[:1] + b"\xff" + congestion_header()[2:]
        out, delivered = self.run_payloads([b"\0\xff" + bytes(2) + self.small[0], congestion + self.small[1]])
        self.assertEqual((delivered, out.drops), (forwarded(self.small[:2]), {}))

    def test_truncation_at_every_octet(self):
        pieces = self.payloads_of([self.large, *self.small], 1342)
        whole, after = pieces[2], aggfrag.header(0) + self.small[5]
        for length in [*range(0, 40), *range(40, len(whole), 61)]:
            with self.subTest(length=length):
                _, delivered = self.run_payloads([*pieces[:2], whole[:length], after])
                self.assertEqual(delivered[-1:], forwarded([self.small[5]]))

    def test_flipped_bits(self):
        pieces = self.payloads_of([self.large, *self.small, self.large], 1342)
        for bit in range(0, 32 + 48):
            flipped = bytearray(pieces[2])
            flipped[bit // 8] ^= 128 >> bit % 8
            with self.subTest(bit=bit):
                _, delivered = self.run_payloads([*pieces[:2], bytes(flipped), *pieces[3:]])
                if bit != 7:        # that one makes another header of it, and moves every octet behind
                    self.assertEqual(set(delivered) - set(forwarded([self.large, *self.small])),
                                     self.altered(delivered))

    def altered(self, delivered):
        """A flipped bit inside the inner packet itself reaches it; nothing else may change a packet."""
        def one_bit_apart(a, b):
            return len(a) == len(b) and (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count() == 1

        good = forwarded([self.large, *self.small])
        return {packet for packet in delivered if any(one_bit_apart(packet, other) for other in good)}

    def test_random_payloads(self):
        for seed in range(30):
            rng = random.Random(seed)
            blocks = [*self.small, self.large, b"\x50abc", b"\x45\0\0\x07", bytes(9), rng.randbytes(30), b"\x4a"]
            payloads = []
            for _ in range(40):
                body = b"".join(rng.choice(blocks)[:rng.choice([9999, 9999, rng.randrange(1, 80)])]
                                for _ in range(rng.randrange(4)))
                offset = rng.choice([0, 0, 0, rng.randrange(0, 200), len(body), rng.randrange(65536)])
                header = rng.choice([aggfrag.header(offset)] * 4 + [congestion_header(offset), rng.randbytes(3)])
                payloads.append((header + body, rng.choice([144] * 12 + [59, 4])))
            with self.subTest(seed=seed):
                self.run_payloads(payloads)


if __name__ == "__main__":
    unittest.main()
