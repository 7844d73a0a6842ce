# SPDX-License-Identifier: Apache-2.0
#
# The oracle tested by itself: published examples, outer packets that a Linux peer sent, and the laws of packing and
# receiving on random streams. Needs no gateway; if this fails, no comparison with the oracle means anything.
import json
import os
import random
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from oracle import aggfrag, esp, gateway, ip, pcap, schedule  # noqa: E402

VECTORS = os.path.join(HERE, "vectors")


def inner(rng, size, family=4):
    source, destination = ("10.1.0.2", "10.2.0.2") if family == 4 else ("fd01::2", "fd02::2")
    return ip.udp_packet(source, destination, max(size, 40 if family == 6 else 20), fill=rng.randbytes(67))


class PublishedExamples(unittest.TestCase):
    def test_rfc7634_appendix_a(self):
        sent = bytes.fromhex(
            "4500008c23450000403 2de5bcb007199cb0071050102030400000005101112131415161724039428b97f417e3c13753a4f05087b"
            "67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3cbec163f"
            "ac469b502773f6fb94e664da9165b82829f641e076aaa8266b7fb0f7b11b369907e1ad43".replace(" ", ""))
        sa = esp.Sa(0x01020304, "203.0.113.153", "203.0.113.5", "chacha20poly1305", bytes(range(0x80, 0xA4)), esn=False)
        outer, esp_octets = esp.esp_of(sent)
        self.assertTrue(outer.checksum_right)
        body, next_header, pad = sa.open(esp_octets, 5)
        self.assertEqual((len(body), next_header, pad), (84, 4, 2))
        self.assertTrue(ip.parse(body).checksum_right)
        again = sa.outer(sa.seal(5, body, 4, iv=esp_octets[8:16]), identification=0x2345)
        self.assertEqual(again, sent)

    def test_rfc9347_appendix_a(self):
        packer, rng = aggfrag.Packer(1400), random.Random(1)
        sizes = [750, 750, 60, 240, 3000]
        packets = [inner(rng, size) for size in sizes]
        for packet in packets:
            packer.add(packet)
        payloads = packer.drain()
        self.assertEqual([aggfrag.split(p)[0] for p in payloads], [0, 100, 2000, 600])
        self.assertEqual([len(p) for p in payloads], [1404] * 4)
        receiver = aggfrag.Receiver()
        out = [packet for n, p in enumerate(payloads, 1) for _, packet in receiver.accept(0, n, p)]
        self.assertEqual(out, packets)
        self.assertEqual(receiver.counts["extra_pad_octets"], 800)

    def test_room_of_the_goodput_formula(self):
        v4, v6 = esp.Sa(1, "192.0.2.1", "192.0.2.2"), esp.Sa(1, "fd99::1", "fd99::2")
        for size, room in [(256, 198), (576, 518), (1000, 942), (1280, 1222), (1400, 1342), (1500, 1442), (9000, 8942)]:
            self.assertEqual(v4.room(size), room)
            self.assertEqual(room, 4 * ((size - 52) // 4) - 6)
            self.assertEqual(v6.room(size), room - 20)
            self.assertEqual(len(v4.outer(v4.seal(1, aggfrag.all_pad(room)))), size)

    def test_linux_vectors(self):
        names = sorted(n[:-5] for n in os.listdir(VECTORS) if n.endswith(".json"))
        self.assertGreaterEqual(len(names), 4)
        for name in names:
            with self.subTest(name), open(os.path.join(VECTORS, name + ".json"), encoding="utf-8") as file:
                vector = json.load(file)
                sa = vector_sa(vector)
                wire = gateway.decode_wire(pcap.read(os.path.join(VECTORS, name + ".pcap")), sa)
                self.assertEqual([w[1] for w in wire], vector["sequence_numbers"])
                self.assertEqual([len(w[2]) for w in wire], vector["payload_lengths"])
                receiver = aggfrag.Receiver(first_sequence=sa.first_sequence)
                out = [p for _, number, body, _ in wire for _, p in receiver.accept(0, number, body)]
                self.assertEqual(out, [bytes.fromhex(h) for h in vector["inner"]])
                for packet in out:
                    self.assertTrue(ip.parse(packet).checksum_right)


def vector_sa(vector):
    sa = vector["sa"]
    cipher = {16: "aes128gcm16", 32: "aes256gcm16"}[len(sa["key"]) // 2]
    return esp.Sa(int(sa["spi"], 16), sa["src"], sa["dst"], cipher, bytes.fromhex(sa["key"] + sa["salt"]), sa["esn"],
                  sa["udp_encapsulation"] is not None, sa["first_sequence"])


class Esp(unittest.TestCase):
    def test_round_trip_of_every_form(self):
        for cipher in esp.KEY_OCTETS:
            for esn in (True, False):
                for udp in (True, False):
                    for ends in (("192.0.2.1", "192.0.2.2"), ("fd99::1", "fd99::2")):
                        sa = esp.Sa(7, *ends, cipher, b"", esn, udp, first_sequence=2**32 - 2)
                        opener = esp.Opener(sa)
                        for number in range(2**32 - 2, 2**32 + (3 if esn else 0)):
                            outer, octets = esp.esp_of(sa.outer(sa.seal(number, b"payload")))
                            self.assertTrue(outer.checksum_right)
                            self.assertEqual(opener.open(octets), (number, b"payload", 144))

    def test_refusals(self):
        sa = esp.Sa(7, "192.0.2.1", "192.0.2.2", first_sequence=100)
        opener = esp.Opener(sa, 64)
        good = sa.seal(100, b"x")
        for octets, reason in [(sa.seal(99, b"x"), "replay"), (good[:-1] + bytes([good[-1] ^ 1]), "tag"),
                               (b"\0\0\0\x08" + good[4:], "spi"), (good[:20], "short"),
                               (sa.seal(101, b"x", pad=0)[:30], "short")]:
            with self.assertRaises(esp.EspError) as raised:
                opener.open(octets)
            self.assertEqual(raised.exception.reason, reason)
        opener.open(good)
        with self.assertRaises(esp.EspError):
            opener.open(good)
        opener.open(sa.seal(164, b"x"))
        opener.open(sa.seal(101, b"x"))
        with self.assertRaises(esp.EspError):
            opener.open(sa.seal(100, b"x"))


class Laws(unittest.TestCase):
    def stream(self, rng, count=200):
        return [inner(rng, rng.choice([20, 28, 40, 60, 64, 576, 1400, 1500, 9000, rng.randint(20, 9000)]),
                      rng.choice([4, 4, 6])) for _ in range(count)]

    def payloads(self, rng, packets, room, fragment=True):
        packer = aggfrag.Packer(room, fragment, rng.choice([0, 6, 40]))
        out, packets = [], list(packets)
        while packets or packer.waiting_octets():
            if rng.random() < 0.1 and not (packer.half_sent and not fragment):
                out.append(aggfrag.all_pad(room))  # anywhere, also between fragments
            for _ in range(rng.randint(0, 3)):
                if packets:
                    packer.add(packets.pop(0))
            out.append(packer.payload())
        return out

    def test_decode_of_encode_is_the_stream(self):
        for seed in range(40):
            rng = random.Random(seed)
            packets, room = self.stream(rng, 60), rng.choice([6, 20, 41, 198, 1342, 8942])
            payloads = self.payloads(rng, packets, room)
            self.assertEqual({len(p) for p in payloads}, {room + 4})
            receiver = aggfrag.Receiver(rng.randint(0, 5))
            out = [p for n, body in enumerate(payloads, 1) for _, p in receiver.accept(0, n, body)]
            self.assertEqual(out, packets, (seed, room))
            self.assertFalse(set(receiver.counts) - {"inner", "all_pad", "all_pad_octets", "extra_pad",
                                                        "extra_pad_octets"})

    def test_a_loss_takes_only_what_it_touches(self):
        for seed in range(40):
            rng = random.Random(seed)
            packets, room = self.stream(rng), rng.choice([198, 518, 1342])
            payloads = self.payloads(rng, packets, room)
            lost = {n for n in range(1, len(payloads) + 1) if rng.random() < 0.1}
            touched = self.touching(payloads, lost)
            receiver = aggfrag.Receiver(3)
            out = [p for n, body in enumerate(payloads, 1) if n not in lost for _, p in receiver.accept(0, n, body)]
            out += [p for _, p in receiver.finish()]
            self.assertEqual(out, [p for i, p in enumerate(packets) if i not in touched])

    @staticmethod
    def touching(payloads, lost):
        """Indices of inner packets with an octet in a lost payload, found by walking the whole stream."""
        touched, index, left = set(), -1, 0
        for number, payload in enumerate(payloads, 1):
            block_offset, data = aggfrag.split(payload)
            if block_offset == 0 and data[0] >> 4 == 0:
                if left and number in lost:
                    touched.add(index)      # the receiver cannot know that the missing payload was all padding
                continue
            offset = min(left, len(data))
            if left and number in lost:
                touched.add(index)
            left -= offset
            while not left and offset < len(data) and data[offset] >> 4:
                index += 1
                if number in lost:
                    touched.add(index)
                stated = ip.length_of(data[offset:])
                left = max(0, stated - (len(data) - offset))
                offset += stated
        return touched

    def test_displacement_by_the_window_comes_in_order(self):
        rng = random.Random(5)
        packets = self.stream(rng)
        payloads = self.payloads(rng, packets, 518)
        for window in range(0, 6):
            order = list(range(1, len(payloads) + 1))
            for at in range(0, len(order) - window - 1, window + 3):
                order.insert(at + window, order.pop(at))
            receiver = aggfrag.Receiver(window)
            out = [p for n in order for _, p in receiver.accept(0, n, payloads[n - 1])]
            self.assertEqual(out, packets)
            self.assertEqual(receiver.counts["late"] + receiver.counts["missed"], 0)

    def test_lost_timer_releases_at_its_deadline(self):
        receiver = aggfrag.Receiver(10, 1000)
        packets = [inner(random.Random(i), 60) for i in range(6)]
        body = [aggfrag.header(0) + p for p in packets]
        self.assertEqual(len(receiver.accept(0, 1, body[0])), 1)
        self.assertEqual(receiver.accept(10, 3, body[2]), [])       # gap 2 opens: due at 1010
        self.assertEqual(receiver.accept(500, 5, body[4]), [])      # gap 4 opens: due at 1500
        self.assertEqual(receiver.accept(1009, 6, body[5]), [])
        self.assertEqual(receiver.advance(1010), [(1010, packets[2])])
        self.assertEqual(receiver.accept(1200, 2, body[1]), [])     # too late
        self.assertEqual(receiver.advance(1600), [(1500, packets[4]), (1500, packets[5])])
        self.assertEqual((receiver.counts["missed"], receiver.counts["late"]), (2, 1))

    def test_runts_are_completed(self):
        rng = random.Random(3)
        for family in (4, 6):
            first, second = inner(rng, 60, family), inner(rng, 80, family)
            for cut in range(1, 6):
                whole = first + second
                head, tail = whole[:len(first) + cut], whole[len(first) + cut:]
                receiver = aggfrag.Receiver()
                out = [p for _, p in receiver.accept(0, 1, aggfrag.header(0) + head)]
                out += [p for _, p in receiver.accept(0, 2, aggfrag.all_pad(50))]
                out += [p for _, p in receiver.accept(0, 3, aggfrag.header(len(tail)) + tail)]
                self.assertEqual(out, [first, second])

    def test_bad_blocks_cost_only_the_rest_of_their_payload(self):
        good = [inner(random.Random(i), 60) for i in range(3)]
        for bad in (b"\x50" + bytes(59), b"\x45\0\0\x10" + bytes(40), b"\x44" + good[0][1:], b"\x4f\0\0\x30" + bytes(40)):
            receiver = aggfrag.Receiver()
            out = [p for _, p in receiver.accept(0, 1, aggfrag.header(0) + good[0] + bad + good[1])]
            out += [p for _, p in receiver.accept(0, 2, aggfrag.header(0) + good[2])]
            self.assertEqual(out, [good[0], good[2]])
            self.assertEqual(receiver.counts["bad_block"] + receiver.counts["bad_length"], 1)


class Model(unittest.TestCase):
    def test_the_model_passes_its_own_audit(self):
        for seed in range(10):
            rng = random.Random(seed)
            moments = sorted(rng.randrange(0, 50_000_000) for _ in range(150))
            arrivals = [(m, inner(rng, rng.randint(20, 1500))) for m in moments]
            timing = schedule.Schedule(1400, 20_000_000 + seed)
            sender = gateway.FixedSender(timing, 1342, 3_000_000)
            slots = sender.run(arrivals, 80_000_000)
            self.assertEqual(len(slots), timing.count_before(80_000_000))
            exact = [(timing.exact(s.number), s.payload) for s in slots]
            whole, pending = gateway.audit_fixed(exact, arrivals, 1342, 5)
            self.assertEqual(len(whole) + len(sender.refused), len(arrivals))
            self.assertFalse([p for _, p in pending if p not in sender.refused])

    def test_the_audit_sees_faults(self):
        rng = random.Random(1)
        packet = inner(rng, 400)
        good = aggfrag.header(0) + packet + bytes(112)
        for faulty in ([(100, aggfrag.all_pad(512)), (200, good)],                      # padded while it waited
                       [(10, good)],                                                    # left at its own arrival
                       [(100, aggfrag.header(0) + packet + b"\0" * 111 + b"\1")],        # padding not zero
                       [(100, aggfrag.header(8) + packet + bytes(112))],                # wrong BlockOffset
                       [(100, good + b"\0")],                                           # wrong size
                       [(100, aggfrag.header(0) + packet + packet[:3] + bytes(109))],   # not what came in
                       [(100, aggfrag.header(0) + packet[:399] + b"\xee" + bytes(112))]):
            with self.assertRaises(gateway.Fault):
                gateway.audit_fixed(faulty, [(10, packet)], 512)
        gateway.audit_fixed([(100, good)], [(10, packet)], 512)


class Schedules(unittest.TestCase):
    def test_exact_and_exclusive(self):
        timing = schedule.Schedule(1250, 10_000_000)
        self.assertEqual((timing.stamp(7), timing.count_before(10 * 10**9)), (7_000_000, 10_000))
        odd = schedule.Schedule(1400, 333_333_333)
        self.assertEqual(odd.stamp(3), 3 * 1400 * 8 * 10**9 // 333_333_333)
        self.assertEqual(odd.count_before(odd.stamp(5)), 5)
        self.assertEqual(odd.count_before(odd.stamp(5) + 1), 6)
        self.assertEqual(timing.first_after(0), 1)
        self.assertEqual(timing.first_after(999_999), 1)
        self.assertEqual(timing.first_after(1_000_000), 2)


class Captures(unittest.TestCase):
    def test_round_trip_of_every_form(self):
        frames = [pcap.Frame(1_700_000_000_000_001_000 + i * 2000, ip.ethernet(inner(random.Random(i), 60 + i)))
                  for i in range(5)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a")
            for order in "<>":
                for nano in (True, False):
                    pcap.write(path, frames, nano, order=order)
                    self.assertEqual(pcap.read(path), frames)
                for resolution in (6, 9):
                    pcap.write_pcapng(path, frames, resolution, order=order)
                    self.assertEqual(pcap.read(path), frames)
            pcap.write(path, frames, cut=3)
            with self.assertRaises(pcap.Truncated) as raised:
                pcap.read(path)
            self.assertEqual(raised.exception.frames, frames[:4])


class Packets(unittest.TestCase):
    def test_known_checksum_and_ttl(self):
        header = bytes.fromhex("45000073000040004011b861c0a80001c0a800c7")
        self.assertEqual(ip.checksum(header), 0)
        lower = ip.with_lower_ttl(header)
        self.assertEqual((lower[8], ip.checksum(lower)), (63, 0))

    def test_sizes(self):
        for family, least in ((4, 20), (6, 40)):
            for size in range(least, 200):
                packet = inner(random.Random(size), size, family)
                self.assertEqual((len(packet), ip.length_of(packet)), (size, size))


if __name__ == "__main__":
    unittest.main()
