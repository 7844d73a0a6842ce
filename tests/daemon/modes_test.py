# SPDX-License-Identifier: Apache-2.0
#
# The modes on the wire, captured beside it and opened with the keys by the oracle: constant size and count in fixed
# mode whatever is inside, no padding packets on demand, one packet for each in plain mode; in IPv6, in UDP, with every
# cipher and every library that seals.
import time
import unittest

import pair
from main import main
from oracle import aggfrag, esp, ip

SIZE, RATE = 500, 2_000_000
SLOTS_PER_SECOND = RATE // (SIZE * 8)


class Modes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = pair.make_world()
        cls.addClassCleanup(cls.world.clear)
        for site in (1, 2):
            cls.world.sysctl(pair.SPACE[site], "net.ipv6.conf.default.accept_dad", "0")

    def running(self, **settings):
        both = pair.Pair(self.world, **settings)
        self.addCleanup(both.stop)
        both.start()
        return both

    def opened(self, both, frames, **more):
        """Of the outer packets from A to B: [(stamp, whole length, payload, next header)]; every one must open."""
        outer = more.get("outer", pair.OUTER4)
        cipher = more.get("cipher", "aes256gcm16")
        sa = esp.Sa(0x1001, outer[1], outer[2], cipher, both.keys[1], udp=more.get("udp", False))
        opener, found = esp.Opener(sa), []
        for frame in frames:
            if frame.out or frame.kind not in (0x0800, 0x86DD):
                continue
            packet = ip.parse(frame.ip)
            if packet.source != outer[1] or packet.protocol not in (ip.ESP, ip.UDP):
                continue
            if not found:  # the capture begins somewhere
                opener.window.top = int.from_bytes(esp.esp_of(frame.ip)[1][4:8], "big") - 1
            sequence, body, next_header = opener.open(esp.esp_of(frame.ip)[1])
            found.append((frame.time_ns, packet.length, body, next_header, sequence))
        return found

    def captured(self, seconds, during=None):
        with self.world.tap("gwb", "wan") as wire:
            end = time.monotonic() + seconds
            if during:
                during()
            time.sleep(max(end - time.monotonic(), 0))
            return wire.frames()

    def assert_constant(self, packets):
        """One size, AGGFRAG in each, and no number is missing."""
        self.assertEqual({length for _, length, *_ in packets}, {SIZE})
        self.assertEqual({next_header for *_, next_header, _ in packets}, {esp.AGGFRAG})
        numbers = [sequence for *_, sequence in packets]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def count_of_each_second(self, packets):
        begin, counts = packets[0][0], []
        for second in range((packets[-1][0] - begin) // 10**9):
            first = begin + second * 10**9
            counts.append(sum(first <= stamp < first + 10**9 for stamp, *_ in packets))
        return counts

    def test_fixed_mode_is_constant_in_size_and_count_idle_and_loaded(self):
        both = self.running(tfs=f"{{ mode: fixed, rate: {RATE} bit/s, packet-size: {SIZE}B }}")
        self.assertEqual(both.ping_all(1), [1, 1, 1, 1])
        for name, load in (("idle", None), ("loaded", lambda: self.world.ping("hosta", pair.HOST4[2], 60, 0.02, 1300))):
            skipped = both.a.tunnel()["skipped-slots"]
            packets = self.opened(both, self.captured(3.2, load))
            skipped = both.a.tunnel()["skipped-slots"] - skipped
            self.assert_constant(packets)
            all_pad = sum(aggfrag.is_all_pad(body) for _, _, body, *_ in packets)
            self.assertEqual(all_pad == len(packets), load is None)
            counts = self.count_of_each_second(packets)
            if skipped:
                self.skipTest(f"{name}: this machine was too busy, {skipped} slots were skipped: {counts}")
            for count in counts:
                self.assertLessEqual(abs(count - SLOTS_PER_SECOND), 1, f"{name}: {counts}")

    def test_on_demand_sends_nothing_unasked_and_no_more_than_its_size(self):
        both = self.running(tfs=f"{{ mode: on-demand, packet-size: {SIZE}B }}")
        self.assertEqual(both.ping_all(1), [1, 1, 1, 1])
        self.assertEqual(self.opened(both, self.captured(0.5)), [])
        packets = self.opened(both, self.captured(0.5, lambda: self.world.ping("hosta", pair.HOST4[2], 3, 0.02, 1000)))
        self.assertGreaterEqual(len(packets), 9)  # 1028 octets each
        self.assertLessEqual(max(length for _, length, *_ in packets), SIZE)
        self.assertFalse(any(aggfrag.is_all_pad(body) for _, _, body, *_ in packets))

    def test_plain_is_one_esp_packet_for_each_inner_packet(self):
        both = self.running(tfs="{ mode: plain, packet-size: 1500B }")
        self.assertEqual(both.ping_all(1), [1, 1, 1, 1])
        ping = lambda: [self.world.ping("hosta", address, 2, 0.02) for address in (pair.HOST4[2], pair.HOST6[2])]
        packets = self.opened(both, self.captured(0.4, ping))
        inner = [(next_header, body[0] >> 4) for _, _, body, next_header, _ in packets]
        self.assertEqual([kind for kind in inner if kind == (4, 4)], [(4, 4)] * 2)
        self.assertEqual(set(inner) - {(4, 4)}, {(41, 6)})

    def test_outer_ipv6(self):
        both = self.running(outer=pair.OUTER6)
        self.assertEqual(both.ping_all(2), [2, 2, 2, 2])
        self.assert_constant(self.opened(both, self.captured(0.5), outer=pair.OUTER6))

    def test_in_udp_with_either_outer_version(self):
        for outer in (pair.OUTER4, pair.OUTER6):
            both = self.running(outer=outer, more="    esp: { encapsulation: udp }\n")
            self.assertEqual(both.ping_all(2), [2, 2, 2, 2], outer[1])
            packets = self.opened(both, self.captured(0.4), outer=outer, udp=True)
            self.assert_constant(packets)
            both.stop()

    def test_every_cipher_between_both_libraries(self):
        for cipher in ("aes128gcm16", "aes256gcm16", "chacha20poly1305"):
            with self.subTest(cipher=cipher):
                both = pair.Pair(self.world, cipher=cipher)
                self.addCleanup(both.stop)
                for site, daemon, library in ((1, both.a, "openssl"), (2, both.b, "ipsec-mb")):
                    dataplane = f"memory: none, idle: adaptive, crypto: {library}"
                    daemon.configure(pair.whole(site, cipher=cipher, dataplane=dataplane))
                both.start()
                self.assertIn("crypto=openssl", both.a.log())
                self.assertIn("crypto=ipsec-mb", both.b.log())
                self.assertEqual(both.ping_all(2), [2, 2, 2, 2])
                self.assert_constant(self.opened(both, self.captured(0.2), cipher=cipher))
                both.stop()


if __name__ == "__main__":
    main()
