# SPDX-License-Identifier: Apache-2.0
#
# What the dissector shows, held against what the sender put in: captures that `levelgate replay` makes, captures of the
# oracle with loss, misorder, duplicates and all-pad payloads in between, and payloads as no good sender makes them.
import os
import random
import struct
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "replay"))

from rig import (INSIDE, MS, OUTSIDE, PEER4, PEER6, WAN4, WAN6, ReplayTest, Tunnel, fixed, inside_packet,  # noqa: E402
                 on_demand)
from oracle import aggfrag, esp, gateway, ip, pcap  # noqa: E402
from tshark import Tshark, each_version, esp_sa_line  # noqa: E402

EXPERT = "aggfrag.expert."
KINDS = ("short", "cut", "sub_type", "reserved", "empty", "block_offset", "block_type", "block_length", "pad", "orphan",
         "gap", "late", "duplicate", "no_number")
FAULTS = tuple(EXPERT + kind for kind in KINDS)


def large(rng, size, family=4):
    return ip.udp_packet(INSIDE[family], OUTSIDE[family], size, rng.randrange(1, 65536), 4, fill=rng.randbytes(67))


class Dissecting:
    """Captures and what tshark makes of them."""
    version = None

    def tshark(self, *sas, **more):
        made = Tshark(self.version, {"esp_sa": "".join(esp_sa_line(sa, self.version) for sa in sas)}, **more)
        self.addCleanup(made.close)
        return made

    def sa(self, **more):
        return esp.Sa(0x1001, WAN4, PEER4, "aes256gcm16", bytes(range(36)), **more)

    def capture(self, sa, numbered, step=MS):
        """numbered: [(number, payload)] in the order of the capture."""
        frames = [pcap.Frame(i * step, ip.ethernet(sa.outer(sa.seal(number, payload))))
                  for i, (number, payload) in enumerate(numbered)]
        pcap.write(self.path("wire.pcap"), frames)
        return self.path("wire.pcap")

    def inner(self, rows):
        return [bytes.fromhex(value) for row in rows for value in row["aggfrag.inner"]]

    def show(self, payloads, names, sa=None):
        sa = sa or self.sa()
        return self.tshark(sa).fields(self.capture(sa, list(enumerate(payloads, 1))), names)


@each_version(ReplayTest)
class OfReplay(Dissecting):
    def compare(self, tunnel, arrivals, until):
        self.configure(tunnel)
        out = self.replay([("lan", arrivals)], until=until)
        sa = tunnel.out_sa()
        wire = gateway.decode_wire(out.frames["wan"], sa)
        names = ["esp.sequence", "aggfrag.sub_type", "aggfrag.block_offset", "aggfrag.all_pad", "aggfrag.pad_octets",
                 "aggfrag.data_octets", "aggfrag.inner", "aggfrag.number", "aggfrag.gap", "esp.icv_bad", *FAULTS]
        rows = self.tshark(sa, preferences=["esp.enable_authentication_check:TRUE"]).fields(self.path("out-wan.pcap"), names)
        self.assertEqual(len(rows), len(wire))
        whole = aggfrag.Reassembler()
        for row, (_, number, payload, _) in zip(rows, wire):
            block_offset, data = aggfrag.split(payload)
            before = whole.counts.copy()
            packets = whole.accept(number, payload)
            added = whole.counts - before
            self.assertEqual([row[name] for name in names[:6]],
                             [[str(number & 0xFFFFFFFF)], ["0"], [str(block_offset)],
                              [self.truth(aggfrag.is_all_pad(payload))],
                              [str(added["all_pad_octets"] + added["extra_pad_octets"])], [str(len(data))]])
            self.assertEqual(row["aggfrag.number"], [str(number)])
            self.assertEqual([bytes.fromhex(value) for value in row["aggfrag.inner"]], packets)
            for fault in FAULTS:
                self.assertEqual(row[fault], [])
            # 4.0 knows no ESN, so it holds an ICV with the wrong number.
            self.assertEqual(row["esp.icv_bad"], [self.truth(self.version == "4.0" and sa.esn)])
        return self.inner(rows)

    def truth(self, value):
        return ("1" if value else "0") if self.version == "4.0" else str(value)

    def test_a_fixed_tunnel_of_both_families(self):
        for esn in (True, False):
            for size in (400, 1400):
                rng = random.Random(size)
                packets = [inside_packet(rng, rng.choice((40, 60, 576, 1200, 1400)), rng.choice((4, 6)))
                           for _ in range(60)]
                tunnel = Tunnel(fixed(10_000_000, packet_size=f"{size}B", max_queue_delay="1s"), esn=esn)
                with self.subTest(esn=esn, size=size):
                    shown = self.compare(tunnel, [(MS + i * MS // 4, p) for i, p in enumerate(packets)], 150 * MS)
                    self.assertEqual(shown, [ip.with_lower_ttl(packet) for packet in packets])

    def test_an_on_demand_tunnel_over_ipv6_and_udp(self):
        rng = random.Random(2)
        packets = [inside_packet(rng, rng.randrange(60, 1400)) for _ in range(40)]
        for more in ({"udp": True}, {"local": WAN6, "remote": PEER6}):
            with self.subTest(**more):
                shown = self.compare(Tunnel(on_demand(packet_size="500B"), esn=False, **more),
                                     [(MS + i * 1000, p) for i, p in enumerate(packets)], 100 * MS)
                self.assertEqual(shown, [ip.with_lower_ttl(packet) for packet in packets])

    def test_numbers_above_32_bits(self):
        rng = random.Random(3)
        packets = [inside_packet(rng, 1400) for _ in range(12)]
        self.configure(tunnel := Tunnel(on_demand(packet_size="400B"), first_out=2**32 - 10))
        self.replay([("lan", [(MS + i * MS, p) for i, p in enumerate(packets)])], until=50 * MS)
        rows = self.tshark(tunnel.out_sa()).fields(self.path("out-wan.pcap"), ["aggfrag.inner", "aggfrag.number"])
        self.assertEqual(self.inner(rows), [ip.with_lower_ttl(packet) for packet in packets])   # joined over the wrap too
        self.assertEqual([int(row["aggfrag.number"][0]) for row in rows],
                         list(range(2**32 - 10, 2**32 - 10 + len(rows))))
        tunnel = Tunnel(on_demand(packet_size="400B"), first_out=7 * 2**32 + 5)
        self.configure(tunnel)
        self.replay([("lan", [(MS, packets[0])])], until=50 * MS)
        good = self.tshark(tunnel.out_sa(), preferences=["esp.enable_authentication_check:TRUE"])
        rows = good.fields(self.path("out-wan.pcap"), ["esp.icv_good", "aggfrag.inner"])
        self.assertEqual(self.inner(rows), [ip.with_lower_ttl(packets[0])])
        self.assertEqual({row["esp.icv_good"][0] for row in rows}, {self.truth(self.version != "4.0")})


@each_version(ReplayTest)
class Headers(Dissecting):
    def test_every_field_of_sub_type_1(self):
        rng = random.Random(4)
        names = ["sub_type", "flags.p", "flags.e", "block_offset", "loss_event_rate", "rtt", "echo_delay",
                 "transmit_delay", "tval", "techo"]
        edges = [(0, 0, 0, 0, 0), (2**32 - 1, 2**22 - 1, 2**21 - 1, 2**21 - 1, 2**32 - 1)]
        payloads, expected = [], []
        for i in range(40):
            loss, rtt, echo, delay, value = edges[i] if i < 2 else [rng.randrange(2**n) for n in (32, 22, 21, 21, 32)]
            techo, flags = rng.randrange(2**32), i % 4
            payloads.append(struct.pack("!BBHIQII", 1, flags, 0, loss, rtt << 42 | echo << 21 | delay, value, techo) +
                            large(rng, 60))
            p, e = ((bool(flags & bit)) for bit in (2, 1))
            if self.version == "4.0":
                p, e = int(p), int(e)
            expected.append([f"{v}" for v in (1, p, e, 0, loss, rtt, echo, delay, f"0x{value:08x}", f"0x{techo:08x}")])
        rows = self.show(payloads, ["aggfrag." + name for name in names] + list(FAULTS))
        self.assertEqual([[row["aggfrag." + name][0] for name in names] for row in rows], expected)
        self.assertEqual({value for row in rows for fault in FAULTS for value in row[fault]}, set())

    def test_the_example_of_the_rfc(self):
        """RFC 9347 appendix A: payloads of 1,400 octets of data; inner packets of 750, 750, 60, 240 and 3,000."""
        rng, packer = random.Random(5), aggfrag.Packer(1400)
        packets = [large(rng, size) for size in (750, 750, 60, 240, 3000)]
        for packet in packets:
            packer.add(packet)
        rows = self.show(packer.drain(), ["aggfrag.block_offset", "aggfrag.inner", "aggfrag.pad_octets", "aggfrag.inner_begun",
                                          "aggfrag.inner_whole", "ip.len"])
        self.assertEqual([row["aggfrag.block_offset"] for row in rows], [["0"], ["100"], ["2000"], ["600"]])
        self.assertEqual([row["aggfrag.pad_octets"] for row in rows], [["0"], ["0"], ["0"], ["800"]])
        self.assertEqual([row["aggfrag.inner_begun"] for row in rows], [["2"], ["3"], ["0"], ["0"]])
        self.assertEqual([row["aggfrag.inner_whole"] for row in rows], [["1"], ["3"], ["0"], ["1"]])
        self.assertEqual([row["ip.len"][1:] for row in rows], [["750"], ["750", "60", "240"], [], ["3000"]])
        self.assertEqual(self.inner(rows), packets)

    def test_as_a_plugin(self):
        sa, packet = self.sa(), large(random.Random(6), 100)
        shown = self.tshark(sa, plugin=True).fields(self.capture(sa, [(1, aggfrag.header(0) + packet)]), ["aggfrag.inner"])
        self.assertEqual(self.inner(shown), [packet])

    def test_protocol_144_without_esp(self):
        packet = large(random.Random(7), 100)
        pcap.write(self.path("bare.pcap"), [pcap.Frame(0, ip.ethernet(ip.ipv4(WAN4, PEER4, 144, aggfrag.header(0) + packet)))])
        rows = self.tshark().fields(self.path("bare.pcap"), ["aggfrag.inner", EXPERT + "no_number"])
        self.assertEqual((self.inner(rows), len(rows[0][EXPERT + "no_number"])), ([packet], 1))


@each_version(ReplayTest)
class Joining(Dissecting):
    def stream(self, rng, count):
        """Payloads of a good sender, all-pad ones in between; [(packet, numbers that carry it)]."""
        packer = aggfrag.Packer(rng.randrange(50, 400))
        packets = [large(rng, rng.choice((40, 61, 200, 900, 2500)), rng.choice((4, 6))) for _ in range(count)]
        for packet in packets:
            packer.add(packet)
        payloads = []
        for payload in packer.drain():
            payloads += [aggfrag.all_pad(packer.room) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
            payloads.append(payload)
        carried, whole = [], aggfrag.Reassembler()
        began = {}
        for number, payload in enumerate(payloads, 1):
            was_open, before = bool(whole.started), number
            for i, packet in enumerate(whole.accept(number, payload)):
                carried.append((packet, (began["at"] if i == 0 and was_open else before, number)))
            if whole.started and not (was_open and began.get("of") == len(carried)):
                began = {"at": number, "of": len(carried)}
        return payloads, carried

    def test_loss_misorder_and_duplicates(self):
        for seed in range(12):
            rng = random.Random(seed)
            payloads, carried = self.stream(rng, 60)
            numbers = [n for n in range(1, len(payloads) + 1) if rng.random() > seed % 4 * 0.05]
            there = set(numbers)
            for _ in range(len(numbers) // 4 if seed % 3 else 0):
                at = rng.randrange(len(numbers))
                numbers.insert(max(0, at - rng.randrange(1, 9)), numbers.pop(at))
            for _ in range(5 if seed % 2 else 0):
                numbers.insert(rng.randrange(len(numbers)), rng.choice(numbers))
            first = numbers.index(min(numbers, key=numbers.index))
            self.assertEqual(first, 0)
            expected = [packet for packet, (begin, end) in carried if set(range(begin, end + 1)) <= there]
            sa = self.sa()
            rows = self.tshark(sa).fields(self.capture(sa, [(n, payloads[n - 1]) for n in numbers]),
                                          ["aggfrag.inner", EXPERT + "block_offset", EXPERT + "duplicate"])
            repeated = [i for i, row in enumerate(rows) if row[EXPERT + "duplicate"]]
            shown = self.inner([row for i, row in enumerate(rows) if i not in repeated])
            with self.subTest(seed=seed):
                self.assertEqual(len(repeated), len(numbers) - len(there))
                self.assertEqual([row for row in rows if row[EXPERT + "block_offset"]], [])
                self.assertListEqual(sorted(shown), sorted(expected))
                if numbers == sorted(there):
                    self.assertListEqual(shown, expected)

    def test_equal_sizes_are_not_spliced_over_a_gap(self):
        rng = random.Random(8)
        one, two = large(rng, 300), large(rng, 300)
        pieces = [aggfrag.header(0) + one[:200], aggfrag.header(100) + one[200:] + two[:200], aggfrag.header(100) + two[200:]]
        sa = self.sa()
        rows = self.tshark(sa).fields(self.capture(sa, [(1, pieces[0]), (3, pieces[2])]),
                                      ["aggfrag.inner", EXPERT + "gap", EXPERT + "orphan"])
        self.assertEqual(self.inner(rows), [])
        self.assertEqual([len(row[EXPERT + "gap"]) + len(row[EXPERT + "orphan"]) for row in rows], [0, 2])

    def test_runts_of_every_length(self):
        rng = random.Random(9)
        for family in (4, 6):
            for cut in range(1, 7):
                one, two = large(rng, 60, family), large(rng, 90, family)
                payloads = [aggfrag.header(0) + one + two[:cut], aggfrag.all_pad(40),
                            *(aggfrag.header(90 - at) + two[at:at + 1] for at in range(cut, 12)),
                            aggfrag.header(78) + two[12:]]
                rows = self.show(payloads, ["aggfrag.inner", *FAULTS])
                with self.subTest(family=family, cut=cut):
                    self.assertEqual(self.inner(rows), [one, two])
                    self.assertEqual({fault for row in rows for fault in FAULTS if row[fault]}, set())

    def test_two_directions_are_two_streams(self):
        rng = random.Random(10)
        one, two = large(rng, 500), large(rng, 500)
        sas = [esp.Sa(0x1001, a, b, "aes256gcm16", bytes(36)) for a, b in ((WAN4, PEER4), (PEER4, WAN4))]
        frames = [pcap.Frame(i, ip.ethernet(sa.outer(sa.seal(number, payload)))) for i, (sa, number, payload) in enumerate((
            (sas[0], 1, aggfrag.header(0) + one[:400]), (sas[1], 1, aggfrag.header(0) + two[:400]),
            (sas[0], 2, aggfrag.header(100) + one[400:]), (sas[1], 2, aggfrag.header(100) + two[400:])))]
        pcap.write(self.path("both.pcap"), frames)
        self.assertEqual(self.inner(self.tshark(*sas).fields(self.path("both.pcap"), ["aggfrag.inner"])), [one, two])

    def test_a_second_pass_shows_the_same_and_where_a_fragment_is_joined(self):
        """The filter makes tshark show ESP's numbers to the first pass too, as Wireshark does."""
        rng = random.Random(11)
        payloads, _ = self.stream(rng, 40)
        numbers = list(range(1, len(payloads) + 1))
        numbers[20:28] = reversed(numbers[20:28])
        sa = self.sa()
        capture = self.capture(sa, [(n, payloads[n - 1]) for n in numbers])
        names = ["aggfrag.inner", "aggfrag.interval", "aggfrag.gap", *FAULTS]
        once = self.tshark(sa).fields(capture, names)
        twice = self.tshark(sa).fields(capture, [*names, "aggfrag.reassembled_in", "aggfrag.reassembled_from"], "-2", "-R",
                                       "esp.spi && esp.sequence")
        self.assertEqual([row["aggfrag.inner"] for row in once], [row["aggfrag.inner"] for row in twice])
        self.assertEqual([row["aggfrag.gap"] for row in once], [row["aggfrag.gap"] for row in twice])
        for number, row in enumerate(twice, 1):
            for fragment in row["aggfrag.reassembled_from"]:
                self.assertIn(str(number), twice[int(fragment) - 1]["aggfrag.reassembled_in"])
        self.assertTrue(any(row["aggfrag.reassembled_from"] for row in twice))


@each_version(ReplayTest)
class Faults(Dissecting):
    def kinds(self, payloads):
        """The kinds of expert information of each payload, and the inner packets."""
        rows = self.show(payloads, ["aggfrag.inner", *FAULTS])
        return [{fault.removeprefix(EXPERT) for fault in FAULTS if row[fault]} for row in rows], self.inner(rows)

    def test_each_rule(self):
        rng = random.Random(12)
        small, big = large(rng, 60), large(rng, 500)
        head, rest = aggfrag.header(0) + big[:400], big[400:]
        bad_length = bytearray(small)
        bad_length[2:4] = (19).to_bytes(2, "big")
        congestion = struct.pack("!BBHIQII", 1, 0xFC, 0, 1, 2, 3, 4)
        cases = {
            "sub-type unknown": ([b"\x02\0\0\0" + small], [{"sub_type"}], []),
            "sub-type 255": ([b"\xff"], [{"short"}], []),
            "shorter than the header": ([b"\0\0\0"], [{"short"}], []),
            "sub-type 1 shorter than its header": ([b"\x01" + bytes(22)], [{"short"}], []),
            "nothing at all": ([b""], [set()], []),         # ESP calls no dissector then
            "header alone": ([aggfrag.header(0)], [{"empty"}], []),
            "report alone": ([aggfrag.header(0, 1)], [{"empty"}], []),
            "reserved octet": ([aggfrag.header(0, 0, 0x80) + small], [{"reserved"}], [small]),
            "reserved bits": ([congestion + small], [{"reserved"}], [small]),
            "block type 5": ([aggfrag.header(0) + small + b"\x50" + bytes(9)], [{"block_type"}], [small]),
            "IPv4 length below its header": ([aggfrag.header(0) + small + bytes(bad_length)], [{"block_length"}], [small]),
            "IPv4 length zero": ([aggfrag.header(0) + b"\x45" + bytes(59)], [{"block_length"}], []),
            "IHL 4": ([aggfrag.header(0) + b"\x44" + small[1:]], [{"block_length"}], []),
            "padding with contents": ([aggfrag.header(0) + small + b"\0\0secret"], [{"pad"}], [small]),
            "begin not captured": ([aggfrag.header(100) + rest + small], [{"orphan"}], [small]),
            "a middle alone": ([aggfrag.header(3000) + rest], [{"orphan"}], []),
            "BlockOffset too large": ([head, aggfrag.header(101) + rest + b"\0" + small], [set(), {"block_offset"}], [small]),
            "BlockOffset too small": ([head, aggfrag.header(99) + rest[1:] + small], [set(), {"block_offset"}], [small]),
            "BlockOffset 0 in the middle": ([head, aggfrag.header(0) + small], [set(), {"block_offset"}], [small]),
            "BlockOffset clipped": ([head[:104], aggfrag.header(200) + big[100:300]], [set(), {"block_offset"}], []),
            "continued although whole": ([aggfrag.header(0) + small, aggfrag.header(100) + rest + small],
                                         [set(), {"block_offset"}], [small, small]),
            "continued after padding": ([aggfrag.header(0) + small + bytes(9), aggfrag.all_pad(60),
                                         aggfrag.header(9) + bytes(9) + small], [set(), set(), {"block_offset"}],
                                        [small, small]),
            "a runt with an impossible length": ([aggfrag.header(0) + small + b"\x45", aggfrag.header(70) + bytes(70) + small],
                                                 [set(), {"block_offset"}], [small, small]),
            "unreadable in the middle": ([head, b"\x07\0\0\0", aggfrag.header(100) + rest],
                                         [set(), {"sub_type"}, {"orphan"}], []),
        }
        for name, (payloads, kinds, inner) in cases.items():
            with self.subTest(name):
                self.assertEqual(self.kinds(payloads), (kinds, inner))

    def test_out_of_order_contradictions_are_told_by_the_later_one(self):
        small, sa = large(random.Random(13), 60), self.sa()
        capture = self.capture(sa, [(1, aggfrag.header(0) + small), (3, aggfrag.header(100) + bytes(100) + small),
                                    (2, aggfrag.header(0) + small), (2, aggfrag.header(0) + small)])
        rows = self.tshark(sa).fields(capture, FAULTS)
        self.assertEqual([{fault.removeprefix(EXPERT) for fault in FAULTS if row[fault]} for row in rows],
                         [set(), {"gap", "orphan"}, {"late", "block_offset"}, {"duplicate"}])

    def test_authenticated_garbage_is_never_a_lua_error(self):
        for seed in range(2):
            rng = random.Random(seed)
            payloads = []
            for _ in range(1500):
                sub_type = rng.choice((0, 0, 0, 0, 1, 1, 2, 200))
                data = rng.randbytes(rng.choice((0, 1, 2, 5, 40, 90, 300)))
                start = bytes([rng.choice((0x00, 0x45, 0x60, 0x4F, 0x50))] + [0, 0, rng.randrange(256)] * rng.randrange(2))
                offset = rng.choice((0, 0, 0, 1, 5, 60, len(data), rng.randrange(65536)))
                payload = bytes([sub_type, rng.choice((0, 0, 255))]) + struct.pack("!H", offset)
                payload += rng.randbytes(20) * (sub_type == 1) + start + data
                payloads.append(payload[:rng.choice((len(payload), len(payload), rng.randrange(len(payload) + 1)))])
            numbers = [max(0, i + rng.choice((0, 0, 0, 0, -3, 5, 9000 * (i % 200 == 0)))) for i in range(1, len(payloads) + 1)]
            sa = self.sa()
            capture = self.capture(sa, list(zip(numbers, payloads)))
            text = self.tshark(sa).run(capture, "-V")
            self.assertEqual(text.count("Aggregation and Fragmentation Payload (IP-TFS)\n"), sum(map(bool, payloads)))


@each_version(ReplayTest)
class Statistics(Dissecting):
    def test_of_a_stream(self):
        rng, packer = random.Random(14), aggfrag.Packer(500)
        for _ in range(20):
            packer.add(large(rng, 300))
        payloads = [*packer.drain(), aggfrag.all_pad(500), aggfrag.all_pad(500), aggfrag.all_pad(500)]   # 12 and 3
        sa = self.sa()
        numbered = [(n + (n > 14), payload) for n, payload in enumerate(payloads, 1)]
        told = self.tshark(sa, preferences=["aggfrag.statistics:TRUE"]).run(self.capture(sa, numbered), "-q")
        self.assertEqual([line.strip() for line in told.splitlines()], [
            "AGGFRAG streams", f"{WAN4} > {PEER4} spi 0x00001001", "payloads 15, numbers missing 1",
            "inner packets 20, 1.333 per payload", "all-pad payloads 3 (20.00 %)", "pad octets 1500 (20.00 % of 7500)",
            "intervals: mean 1000.000 us, deviation 0.000, min 1000.000, p50 1000.000, p99 1000.000, max 1000.000"])
        self.assertEqual(self.tshark(sa).run(self.capture(sa, numbered), "-q"), "")


if __name__ == "__main__":
    unittest.main()
