# SPDX-License-Identifier: Apache-2.0
#
# ESP on the receiving side (RFC 4303 §3.4, appendix A; RFC 4106; RFC 7634; RFC 3948): ciphers, numbers of 32 and 64
# bits across every edge, the replay window to its limits, forged and damaged packets, foreign SPIs.
import random
import unittest

from receiving import ReceivingTest, forwarded, receiver
from rig import MS, PEER4, PEER6, WAN4, WAN6, ReplayTest, Tunnel, fixed, outside_packet
from oracle import aggfrag, esp, gateway, ip


class Esp(ReceivingTest):
    def setUp(self):
        super().setUp()
        rng = random.Random(9)
        self.packets = [outside_packet(rng, rng.randint(40, 1300), rng.choice([4, 6])) for _ in range(40)]

    def bodies(self, count):
        return [aggfrag.header(0) + packet for packet in self.packets[:count]]

    def numbered(self, tunnel, numbers, step=1000):
        """One good packet of each number, in that order."""
        sa = tunnel.in_sa()
        return [(i * step, sa.outer(sa.seal(number, aggfrag.header(0) + self.packets[i % 40])))
                for i, number in enumerate(numbers)]

    def test_every_cipher_and_every_outer_form(self):
        for cipher in esp.KEY_OCTETS:
            for esn in (True, False):
                for udp in (True, False):
                    for local, remote in ((WAN4, PEER4), (WAN6, PEER6)):
                        tunnel = receiver(cipher=cipher, esn=esn, udp=udp, local=local, remote=remote)
                        with self.subTest(cipher=cipher, esn=esn, udp=udp, local=local):
                            outers = self.outers(tunnel, self.bodies(8))
                            out, _, delivered = self.compare(tunnel, self.at(range(0, 8 * MS, MS), outers))
                            self.assertEqual((delivered, out.drops), (forwarded(self.packets[:8]), {}))

    def test_every_cipher_sends_what_the_oracle_opens(self):
        for cipher in esp.KEY_OCTETS:
            for esn in (True, False):
                tunnel = Tunnel(fixed(packet_size="1400B"), cipher=cipher, esn=esn, first_out=2**32 - 30)
                with self.subTest(cipher=cipher, esn=esn):
                    self.configure(tunnel)
                    out = self.replay(until=60 * MS)
                    wire = gateway.decode_wire(out.frames["wan"], tunnel.out_sa())
                    self.assertEqual(len(wire), 60 if esn else 30)

    def test_the_replay_window_to_its_edges(self):
        for size in (64, 65, 100, 4096, 65_536):
            for esn in (True, False):
                top = 100_000
                numbers = [top, top - size + 1, top - size, top - size + 2, top - size + 1, top, top + 1,
                           top - size + 1, top - size + 2, top - size + 3, 1, top + 2 * size, top + size,
                           top + size + 1]
                tunnel = receiver(0, replay_window=size, esn=esn)
                with self.subTest(size=size, esn=esn):
                    out, model, _ = self.compare(tunnel, self.numbered(tunnel, numbers))
                    # Refused: top - size, the two repeated, top - size + 1 (marked), top - size + 2 (marked), 1, and
                    # top + size, which is one behind the window that top + 2 size made.
                    self.assertEqual(out.drops["replay"], 7)
                    self.assertEqual(model.opened, 7)

    def test_replays_of_everything(self):
        tunnel = receiver()
        outers = self.outers(tunnel, self.bodies(20))
        arrivals = self.at(range(0, 20_000, 1000), outers) + [(30_000 + i, outer) for i, outer in enumerate(outers)]
        out, _, delivered = self.compare(tunnel, arrivals)
        self.assertEqual((len(delivered), out.drops), (20, {"replay": 20}))

    def test_a_duplicate_at_the_same_moment(self):
        tunnel = receiver()
        outers = self.outers(tunnel, self.bodies(3))
        out, _, _ = self.compare(tunnel, [(0, o) for o in (outers[0], outers[0], outers[1], outers[2], outers[1])])
        self.assertEqual(out.drops, {"replay": 2})

    def test_first_sequence(self):
        for first in (2, 1000, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63, 2**64 - 40):
            tunnel = receiver(first_in=first)
            with self.subTest(first=first):
                numbers = [first - 1, *range(first, first + 12), first + 5, first - 1]
                out, _, delivered = self.compare(tunnel, self.numbered(tunnel, numbers))
                self.assertEqual(len(delivered), 12)
                self.assertEqual(sum(out.drops.values()), 3)

    def test_esn_wraps(self):
        edge = 2**32
        for window in (64, 4096):
            tunnel = receiver(8, first_in=edge - 20, replay_window=window)
            numbers = list(range(edge - 20, edge + 20))
            for at in range(3, 36, 7):
                numbers.insert(at + 5, numbers.pop(at))         # reordered across the edge as well
            with self.subTest(window=window):
                out, _, delivered = self.compare(tunnel, self.numbered(tunnel, numbers))
                self.assertEqual((len(delivered), out.drops), (40, {}))

    def test_esn_jumps_over_the_wrap(self):
        edge = 2**32
        tunnel = receiver(3, first_in=edge - 5000)
        numbers = [edge - 5000, edge - 4999, edge + 10, edge - 100, edge + 11, edge - 4085, edge - 4086, edge + 12,
                   edge + 2**31, edge + 2**31 + 1, 2 * edge + 5, 2 * edge + 6]
        self.compare(tunnel, self.numbered(tunnel, numbers))

    def test_without_esn_the_last_number_is_the_last(self):
        tunnel = receiver(first_in=2**32 - 5, esn=False)
        numbers = [*range(2**32 - 5, 2**32), 0, 1, 2**32 - 1]
        out, _, delivered = self.compare(tunnel, self.numbered(tunnel, [n & 0xFFFFFFFF for n in numbers]))
        self.assertEqual((len(delivered), out.drops), (5, {"replay": 3}))

    def test_forged_and_damaged_packets(self):
        tunnel = receiver()
        good = self.outers(tunnel, self.bodies(30))
        head = 20                                                       # of the outer IPv4 header
        rng = random.Random(2)
        arrivals, now = [(0, good[0])], 0
        for i, outer in enumerate(good[1:], 1):
            for position in (head + 8, head + 16, len(outer) - 1, rng.randrange(head + 8, len(outer))):
                damaged = bytearray(outer)
                damaged[position] ^= 1 << rng.randrange(8)
                arrivals.append(((now := now + 100), bytes(damaged)))
            arrivals.append(((now := now + 100), outer))                # and it still opens afterwards
        out, _, delivered = self.compare(tunnel, arrivals)
        self.assertEqual((delivered, out.drops), (forwarded(self.packets[:30]), {"auth-failed": 29 * 4}))

    def test_a_forged_number_moves_nothing(self):
        for esn in (True, False):
            tunnel = receiver(esn=esn)
            sa, forger = tunnel.in_sa(), receiver(esn=esn, spi=0x1001, cipher="aes256gcm16").in_sa()
            forger = esp.Sa(sa.spi, sa.source, sa.destination, sa.cipher, bytes(36), esn)
            arrivals = [(0, sa.outer(sa.seal(1, self.bodies(1)[0])))]
            for i, number in enumerate((2, 3, 100, 5_000, 2**31 + 7, 2**32 - 1)):
                arrivals.append((1000 + i, forger.outer(forger.seal(number, b"forged"))))
            arrivals += [(2000 + n, sa.outer(sa.seal(n, self.bodies(20)[n]))) for n in range(2, 12)]
            with self.subTest(esn=esn):
                out, _, delivered = self.compare(tunnel, arrivals)
                self.assertEqual((len(delivered), out.drops), (11, {"auth-failed": 6}))

    def test_foreign_spis_and_keys(self):
        tunnel = receiver()
        sa = tunnel.in_sa()
        other_spi = esp.Sa(sa.spi + 1, sa.source, sa.destination, sa.cipher, sa.keymat)
        other_esn = esp.Sa(sa.spi, sa.source, sa.destination, sa.cipher, sa.keymat, esn=False)
        other_key = esp.Sa(sa.spi, sa.source, sa.destination, sa.cipher, bytes(36))
        chacha = esp.Sa(sa.spi, sa.source, sa.destination, "chacha20poly1305", sa.keymat)
        body = self.bodies(1)[0]
        arrivals = [(i, one.outer(one.seal(1, body)))
                    for i, one in enumerate((other_spi, other_esn, other_key, chacha))]
        out, _, delivered = self.compare(tunnel, [*arrivals, (9, sa.outer(sa.seal(1, body)))])
        self.assertEqual(out.drops, {"unknown-spi": 1, "auth-failed": 3})
        self.assertEqual(delivered, forwarded(self.packets[:1]))

    def test_padding_and_trailers(self):
        tunnel = receiver()
        sa = tunnel.in_sa()
        body = aggfrag.header(0) + self.packets[0]
        base = -(len(body) + 2) % 4
        arrivals = [(i, sa.outer(sa.seal(i + 1, body, pad=base + 4 * i))) for i in range(4)]
        arrivals.append((5, sa.outer(sa.seal(5, body, pad=base + 4 * ((255 - base) // 4)))))    # as long as it may be
        for i, trailer in enumerate((b"\x05\x90", b"\xff\x90", b"\x02\x01\x90", b"\x02\x01\x02\x90", b"\0\0\x02\x90")):
            clear = bytes(-(len(trailer)) % 4) + trailer
            number = 10 + i
            iv = number.to_bytes(8, "big")
            sealed = sa.aead.encrypt(sa.salt + iv, clear, sa.associated_data(number))
            octets = sa.spi.to_bytes(4, "big") + number.to_bytes(4, "big") + iv + sealed
            arrivals.append((10 + i, sa.outer(octets)))
        out, _, delivered = self.compare(tunnel, arrivals)
        self.assertEqual(len(delivered), 5)
        self.assertEqual(out.drops, {"esp-malformed": 5})

    def test_cut_esp_packets(self):
        tunnel = receiver()
        sa = tunnel.in_sa()
        octets = sa.seal(1, self.bodies(1)[0])
        lengths = (8, 12, 16, 20, 32, 35, 36, 37, 38, 39, 40)
        arrivals = [(i, sa.outer(octets[:length])) for i, length in enumerate(lengths)]
        out, _, _ = self.compare(tunnel, [*arrivals, (99, sa.outer(octets))])
        self.assertEqual(out.drops, {"esp-malformed": 9, "auth-failed": 2})


class OuterHeaders(ReplayTest):
    """What stands in front of ESP: judged by the texts alone, as the oracle's receiver begins behind it."""

    def run_outers(self, outers, tunnel=None):
        tunnel = tunnel or receiver()
        self.configure(tunnel)
        return self.replay([("wan", list(enumerate(outers)))])

    def test_damaged_outer_headers(self):
        tunnel = receiver()
        sa = tunnel.in_sa()
        good = sa.outer(sa.seal(1, aggfrag.header(0) + outside_packet(random.Random(1), 60)))
        bad_checksum = good[:10] + bytes([good[10] ^ 1]) + good[11:]
        too_long = ip.ipv4(PEER4, WAN4, ip.ESP, good[20:] + bytes(20))[:len(good)]
        short_header = b"\x44" + good[1:]
        out = self.run_outers([bad_checksum, too_long, short_header, good])
        self.assertEqual(out.drops, {"outer-malformed": 3})
        self.assertEqual(len(out.frames["lan"]), 1)

    def test_outer_fragments_are_refused(self):
        tunnel = receiver()
        sa = tunnel.in_sa()
        octets = sa.seal(1, aggfrag.header(0) + outside_packet(random.Random(1), 600))
        first = ip.ipv4(PEER4, WAN4, ip.ESP, octets[:400], more_fragments=True, identification=7)
        second = ip.ipv4(PEER4, WAN4, ip.ESP, octets[400:], fragment_offset=400, identification=7)
        out = self.run_outers([first, second])
        self.assertEqual((out.drops, out.frames["lan"]), ({"outer-fragment": 2}, []))

    def test_udp_forms(self):
        tunnel = receiver(udp=True)
        sa = tunnel.in_sa()
        octets = sa.seal(1, aggfrag.header(0) + outside_packet(random.Random(1), 60))
        keepalive = ip.ipv4(PEER4, WAN4, ip.UDP, ip.udp(PEER4, WAN4, 4500, 4500, b"\xff"))
        ike = ip.ipv4(PEER4, WAN4, ip.UDP, ip.udp(PEER4, WAN4, 4500, 4500, bytes(4) + octets))
        stub = ip.ipv4(PEER4, WAN4, ip.UDP, ip.udp(PEER4, WAN4, 4500, 4500, b"\0\1\2"))
        wrong_length = ip.ipv4(PEER4, WAN4, ip.UDP, b"\x11\x94\x11\x94\x00\x07\0\0" + octets)
        other_port = ip.ipv4(PEER4, WAN4, ip.UDP, ip.udp(PEER4, WAN4, 4500, 4501, octets))
        behind_nat = ip.ipv4(PEER4, WAN4, ip.UDP, ip.udp(PEER4, WAN4, 61_000, 4500, octets))
        out = self.run_outers([keepalive, ike, stub, wrong_length, other_port, behind_nat], tunnel)
        self.assertEqual(out.drops, {"for-kernel": 3, "esp-malformed": 1, "outer-malformed": 1})
        self.assertEqual(len(out.frames["lan"]), 1)

    def test_ethernet_padding_behind_the_packet_is_ignored(self):
        tunnel = receiver()
        sa = tunnel.in_sa()
        good = sa.outer(sa.seal(1, aggfrag.header(0) + outside_packet(random.Random(1), 60)))
        self.configure(tunnel)
        out = self.replay([("wan", [(0, good + b"\xee" * 30)])])
        self.assertEqual((len(out.frames["lan"]), out.drops), (1, {}))


if __name__ == "__main__":
    unittest.main()
