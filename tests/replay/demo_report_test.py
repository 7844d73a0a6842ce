# SPDX-License-Identifier: Apache-2.0
#
# The demo's report on synthetic runs: statistics against values by hand, captures in every octet order and unit, each
# demand broken on purpose, IKE's handshake and rekeys included, and a page that is well formed, without scripts and without anything from outside.
import copy
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from collections import Counter

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SCRIPTS = os.path.join(ROOT, "scripts")
sys.path[:0] = [SCRIPTS, os.path.join(ROOT, "share", "levelgate")]
import demo_figures  # noqa: E402
import demo_page  # noqa: E402
import demo_statistics as statistics  # noqa: E402
import demo_verdict  # noqa: E402
from tfc import captures  # noqa: E402

SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND
SLOT = 1_000_000  # ns: 1000 packets per second
SIZE = 1400
V4 = {"A": bytes([10, 1, 0, 2]), "B": bytes([10, 2, 0, 2]), "wan": bytes([198, 51, 100, 1])}


def frame(size, source=V4["wan"], destination=V4["wan"]):
    header = struct.pack(">BBHHHBBH", 0x45, 0, size, 0, 0, 64, 50, 0) + source + destination
    return (bytes(12) + b"\x08\x00" + header).ljust(64, b"\0")


def write_capture(path, packets, order="<", unit=1):
    """packets: (time in ns, captured octets)."""
    magic = 0xA1B23C4D if unit == 1 else 0xA1B2C3D4
    with open(path, "wb") as file:
        file.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 64, 1))
        for time, data in packets:
            file.write(struct.pack(order + "IIII", time // SECOND, time % SECOND // unit, len(data), len(data) + 1000))
            file.write(data)


def counters(skipped=0):
    return {"ipsec-stats": {"tx-pkts": 9000}, "iptfs-inner-pkt-stats": {"tx-pkts": 70, "rx-pkts": 60, "rx-incomplete-pkts": 0},
            "skipped-slots": skipped, "late-slots": 2, "pacing-p50-ns": 900, "pacing-p99-ns": 4000, "pacing-p999-ns": 9000,
            "pacing-max-ns": 70000}


def traffic():
    ping = {"sent": 40, "received": 39, "min_ms": 0.3, "avg_ms": 2.5, "max_ms": 21.0}
    return {"ping4": dict(ping), "ping6": dict(ping),
            "bursts": [{"from": "hosta", "kind": "tcp", "bits_per_second": 7.5e6},
                       {"from": "hostb", "kind": "udp", "bits_per_second": 5e6, "packets": 200, "lost": 3},
                       {"from": "hosta", "kind": "tcp", "failed": True}]}


def ike_frame(exchange, marker=False, octets=300):
    """An IKE message over UDP; with the marker it is one on port 4500."""
    port = 4500 if marker else 500
    udp = struct.pack(">HHHH", port, port, octets - 20, 0) + (bytes(4) if marker else b"")
    message = bytes(16) + bytes([46, 0x20, exchange, 0x08]) + bytes(8)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, octets, 0, 0, 64, 17, 0) + V4["wan"] + V4["wan"]
    return bytes(12) + b"\x08\x00" + ip + udp + message


def ike_sa(**other):
    child = {"spi-in": "00001001", "spi-out": "00002001", "cipher": "aes256gcm16", "esn": True, "aggfrag": True,
             "key-exchanges": [], "state": "installed", "sends": True}
    return {"role": "initiator", "suite": "aes256gcm16-prfsha384-x25519-ke1_mlkem768", "post-quantum": True,
            "downgrade-protection": "both", "key-exchanges": ["x25519", "mlkem768"], "local-id": "gate-a", "remote-id": "gate-b",
            "local-auth": "ECDSA", "remote-auth": "ECDSA", "remote-authority": "demo", "children": [child]} | other


def rekey(what, begin, before, after):
    return {"what": what, "by": 0, "begin_ns": BEGIN + begin, "end_ns": BEGIN + begin + 30_000_000, "before": before, "after": after,
            "exchanges": ["x25519", "mlkem768"]}


def stream(sender):
    return {"from": sender, "sent": 1000, "received": 1000, "lost": 0, "duplicates": 0, "reordered": 0, "longest_pause_ms": 2.5}


class Run:
    """A record as demo_run.py writes it, in a folder of its own; a test bends it before it is reported."""

    def __init__(self, folder):
        self.folder = folder
        self.wire = {"fixed": [(BEGIN + SLOT // 2 + at * SLOT, frame(SIZE)) for at in range(8000)],
                     "on-demand": [(BEGIN + 2 * SECOND + at * SLOT * 3, frame(100 + at % 50)) for at in range(500)]}
        self.inner = {mode: [(BEGIN + 5 * SECOND + at * 2 * SLOT, frame(1000, V4["A"], V4["B"])) for at in range(300)]
                      for mode in self.wire}
        # A: IKE_SA_INIT, IKE_INTERMEDIATE, IKE_AUTH in two fragments; B answers each. Later a rekey, which is no handshake.
        self.ike = [[(BEGIN + at * 1000, ike_frame(exchange)) for at, exchange in ((0, 34), (2000, 43), (4000, 35), (4010, 35), (9000, 36))],
                    [(BEGIN + at * 1000, ike_frame(exchange, True)) for at, exchange in ((1000, 34), (3000, 43), (5500, 35))]]
        self.record = {"packet_size": SIZE, "rate_bits_per_second": SIZE * 8 * 1000,
                       "machine": {"processor": "a <fast> one & only", "cores": 2, "kernel": "6.1", "virtual": True},
                       "modes": {"fixed": self.mode("fixed", [("idle 1", 0, 2), ("idle 2", 2, 4), ("loaded", 4, 8)]),
                                 "on-demand": self.mode("on-demand", [("idle", 0, 1), ("loaded", 1, 5)])}}

    def mode(self, name, phases):
        def path(side):
            return os.path.join(self.folder, f"{side}-{name}.pcap")

        record = {"captures": {side: path(side) for side in ("wire", "inner")}, "tunnels_before": [counters(5), counters(5)],
                  "phases": [], "tunnels": [counters(5)] * 2, "drops": [{"tfs-queue-delay": 4}, {}], "capture_lost": 0,
                  "memory_mib": [{"resident": 100.0, "huge_pages": 20.0}] * 2}
        for phase, begin, end in phases:
            record["phases"].append({"name": phase, "loaded": phase == "loaded", "begin_ns": BEGIN + begin * SECOND,
                                     "end_ns": BEGIN + end * SECOND, "tunnels": [counters(5), counters(5)]})
        record["ike"] = {"captures": [path("ike-a"), path("ike-b")], "sas": [ike_sa(), ike_sa(role="responder")]}
        if name == "fixed":
            record["phases"][-1] |= {"rekeys": [rekey("child", 5 * SECOND, ["1001", "2001"], ["1002", "2002"]),
                                                rekey("ike", 6 * SECOND, ["a1", "b1"], ["a2", "b2"])],
                                     "streams": [stream("hosta"), stream("hostb")]}
        record["phases"][-1]["traffic"] = traffic()
        return record

    @property
    def fixed(self):
        return self.record["modes"]["fixed"]

    def write(self):
        for mode, record in self.record["modes"].items():
            write_capture(record["captures"]["wire"], self.wire[mode])
            write_capture(record["captures"]["inner"], self.inner[mode])
            for path, messages in zip(record["ike"]["captures"], self.ike):
                write_capture(path, messages)
        path = os.path.join(self.folder, "run.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.record, file)
        return path

    def measure(self):
        self.write()
        return demo_figures.measure(copy.deepcopy(self.record))

    def report(self):
        """(exit code, closing line or None, page or None, what was complained about)."""
        page = os.path.join(self.folder, "report.html")
        words = [sys.executable, "-B", os.path.join(SCRIPTS, "demo_report.py"), self.write(), page]
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        text = None
        if os.path.exists(page):
            with open(page, encoding="utf-8") as file:
                text = file.read()
        return done.returncode, json.loads(done.stdout) if done.stdout else None, text, done.stderr


class WithRun(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="demo-report-test-")
        self.addCleanup(folder.cleanup)
        self.run_ = Run(folder.name)


class Statistics(unittest.TestCase):
    def test_ks_distance_by_hand(self):
        for first, second, distance in [([1, 2, 3], [1, 2, 3], 0), ([1, 2], [3, 4], 1), ([1, 2, 3, 4], [3, 4, 5, 6], 0.5),
                                        ([1, 1, 1, 2], [1, 2, 2, 2], 0.5), ([5], [1, 5, 9], 1 / 3),
                                        ([1, 1, 2, 2], [1, 2], 0), ([0, 10], [1, 2, 3], 0.5)]:
            with self.subTest(first=first, second=second):
                self.assertAlmostEqual(statistics.ks_distance(first, second), distance)
                self.assertAlmostEqual(statistics.ks_distance(second, first), distance)
        self.assertIsNone(statistics.ks_distance([], [1]))
        self.assertIsNone(statistics.ks_distance([1], []))

    def test_ks_chance_is_the_known_coefficient(self):
        # c(0.01) is 1.628 in every table
        self.assertAlmostEqual(statistics.ks_chance(200, 200), 1.628 * math.sqrt(400 / 40000), places=3)
        self.assertIsNone(statistics.ks_chance(0, 5))

    def test_rate_is_intervals_by_time(self):
        self.assertEqual(statistics.rate([0, SECOND // 2, SECOND]), 2)
        for few in ([], [7], [7, 7]):
            self.assertIsNone(statistics.rate(few))

    def test_slots_are_counted_with_both_ends(self):
        self.assertEqual(statistics.slots([0, SECOND // 2 + 7, 2 * SECOND - 40], 1000), 2001)
        self.assertIsNone(statistics.slots([5], 1000))

    def test_gaps_are_sorted_and_one_fewer(self):
        self.assertEqual(statistics.gaps([0, 5, 6, 9]), [1, 3, 5])
        self.assertEqual(statistics.gaps([4]), [])

    def test_between_takes_its_begin_and_not_its_end(self):
        self.assertEqual(statistics.between([1, 2, 3, 4], 2, 4), [2, 3])

    def test_only_whole_bins_count(self):
        self.assertEqual(statistics.per_bin([0, 1, 9, 10, 25, 29], 0, 29, 10), [3, 1])
        self.assertEqual(statistics.per_bin([0, 1, 10], 0, 20, 10, [5, 6, 7]), [11, 7])
        self.assertEqual(statistics.per_bin([3, 12], 5, 15, 10), [1])
        self.assertEqual(statistics.per_bin([1], 0, 9, 10), [])

    def test_quantile_and_shift(self):
        values = list(range(1, 101))
        self.assertEqual([statistics.quantile(values, share) for share in (0, 0.5, 0.99, 1)], [1, 50, 99, 100])
        self.assertEqual(statistics.quantile_shift(values, [value + 3 for value in values]), 3)
        self.assertIsNone(statistics.quantile([], 0.5))

    def test_correlation(self):
        self.assertAlmostEqual(statistics.correlation([1, 2, 3], [10, 20, 30]), 1)
        self.assertAlmostEqual(statistics.correlation([1, 2, 3], [3, 2, 1]), -1)
        self.assertAlmostEqual(statistics.correlation([1, 2, 1, 2], [1, 1, 2, 2]), 0)
        self.assertIsNone(statistics.correlation([1, 2], [5, 5]))

    def test_relative_difference(self):
        self.assertAlmostEqual(statistics.relative_difference(99, 100), 0.01)
        self.assertIsNone(statistics.relative_difference(None, 100))
        self.assertIsNone(statistics.relative_difference(1, 0))


class Captures(WithRun):
    def capture(self, data):
        path = os.path.join(self.run_.folder, "x.pcap")
        with open(path, "wb") as file:
            file.write(data)
        return path

    def test_every_octet_order_and_unit(self):
        path = os.path.join(self.run_.folder, "x.pcap")
        for order in "<>":
            for unit in (1, 1000):
                write_capture(path, [(BEGIN + 5000, frame(1400)), (BEGIN + 9000, frame(60))], order, unit)
                packets = captures.outer_packets(path)
                self.assertEqual([list(packets.times), list(packets.sizes)], [[BEGIN + 5000, BEGIN + 9000], [1400, 60]])

    def test_a_record_that_was_not_finished_is_left_out(self):
        path = os.path.join(self.run_.folder, "x.pcap")
        write_capture(path, [(BEGIN, frame(1400)), (BEGIN + 1, frame(1400))])
        whole = captures.read(path)
        for cut in (1, 30, 63, 64, 70, 79, 80):
            self.assertEqual(len(captures.outer_packets(self.capture(whole[:-cut]))), 1, cut)

    def test_not_a_capture(self):
        ethernet = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 64, 1)
        for data in (b"", ethernet[:23], b"\x0a\x0d\x0d\x0a" + bytes(30), ethernet[:20] + struct.pack("<I", 101)):
            with self.assertRaises(captures.CaptureError):
                list(captures.frames(data))
        self.assertEqual(list(captures.frames(ethernet)), [])

    def test_ipv6_and_what_is_no_ip(self):
        v6 = bytes(12) + b"\x86\xdd" + b"\x60\0\0\0" + struct.pack(">HBB", 500, 6, 64) + bytes(32)
        self.assertEqual(captures.ip_of(v6)[0], 540)
        for other in (bytes(12) + b"\x08\x06" + bytes(40), v6[:40], frame(100)[:30], b""):
            self.assertIsNone(captures.ip_of(other))

    def test_ike_messages_with_and_without_the_marker_and_nothing_else(self):
        path = os.path.join(self.run_.folder, "x.pcap")
        esp_in_udp = bytearray(ike_frame(34, True))
        esp_in_udp[42:46] = b"\0\0\x10\x01"
        other_port = bytearray(ike_frame(34))
        other_port[34:38] = struct.pack(">HH", 53, 53)
        write_capture(path, [(1, ike_frame(34)), (2, ike_frame(43, True, 900)), (3, bytes(esp_in_udp)), (4, bytes(other_port)),
                             (5, frame(SIZE)), (6, ike_frame(35)[:60])])
        self.assertEqual(list(captures.ike_messages(path)), [(1, 34, 300), (2, 43, 900)])

    def test_inner_packets_of_one_direction_only(self):
        path = os.path.join(self.run_.folder, "x.pcap")
        write_capture(path, [(2, frame(300, V4["A"], V4["B"])), (3, frame(400, V4["B"], V4["A"])),
                             (4, frame(500, V4["A"], V4["wan"])), (1, frame(200, V4["A"], V4["B"]))])
        packets = captures.inner_packets(path, ["10.1.0.2", "fd01::2"], ["10.2.0.2", "fd02::2"])
        self.assertEqual([list(packets.times), list(packets.sizes)], [[1, 2], [200, 300]])


class Figures(WithRun):
    def test_a_level_run(self):
        figures = self.run_.measure()
        fixed = figures.fixed
        self.assertEqual([figures.nominal_rate, fixed.idle.rate, fixed.loaded.rate], [1000, 1000, 1000])
        self.assertEqual([fixed.idle.packets, fixed.loaded.packets], [4000, 4000])
        self.assertEqual(fixed.sizes, Counter({SIZE: 8000}))
        self.assertEqual([fixed.ks_idle_loaded, fixed.ks_idle_idle, fixed.rate_difference], [0, 0, 0])
        self.assertEqual([fixed.idle.per_second, fixed.loaded.per_second], [[1000] * 4, [1000] * 4])
        self.assertEqual([fixed.idle.skipped, fixed.loaded.skipped], [0, 0])
        self.assertAlmostEqual(fixed.traffic["udp_loss"], 3 / 200)
        self.assertAlmostEqual(fixed.traffic["ping_loss"], 2 / 80)
        self.assertEqual(sum(fixed.inner_curve), 300 * 1000)

    def test_skipped_slots_are_those_of_the_phase(self):
        # 5 before the first phase do not count; then 2 + 3 idle, 4 loaded, at either gateway or both
        seen = [[counters(7), counters(5)], [counters(7), counters(8)], [counters(10), counters(9)]]
        for phase, both in zip(self.run_.fixed["phases"], seen):
            phase["tunnels"] = both
        fixed = self.run_.measure().fixed
        self.assertEqual([fixed.idle.skipped, fixed.loaded.skipped], [5, 4])

    def test_counters_that_nobody_told_are_not_known(self):
        self.run_.fixed["phases"][0]["tunnels"] = [None, counters(5)]
        self.run_.fixed["tunnels"] = [None, None]
        self.run_.fixed["memory_mib"] = [None, None]
        figures = self.run_.measure()
        self.assertIsNone(figures.fixed.idle.skipped)
        self.assertIn("skipped", demo_page.page(figures))

    def test_the_handshake_ends_with_the_last_ike_auth(self):
        negotiation = self.run_.measure().fixed.negotiation
        self.assertEqual(negotiation.handshake_ms, 5.5)
        self.assertEqual([(site, exchange) for _, site, exchange, _ in negotiation.messages],
                         [("A", "IKE_SA_INIT"), ("B", "IKE_SA_INIT"), ("A", "IKE_INTERMEDIATE"), ("B", "IKE_INTERMEDIATE"),
                          ("A", "IKE_AUTH"), ("A", "IKE_AUTH"), ("B", "IKE_AUTH")])
        self.assertEqual([one.longest_gap for one in negotiation.rekeys], [SLOT, SLOT])

    def test_a_hole_of_the_wire_at_a_rekey_shows(self):
        del self.run_.wire["fixed"][5010:5014]
        self.assertEqual([one.longest_gap for one in self.run_.measure().fixed.negotiation.rekeys], [5 * SLOT, SLOT])

    def test_on_demand_without_idle_packets(self):
        mode = self.run_.measure().modes["on-demand"]
        self.assertIsNone(mode.idle.rate)
        self.assertIsNone(mode.ks_idle_loaded)
        self.assertEqual(len(mode.sizes), 50)


class Verdict(WithRun):
    def assert_fails(self, *named):
        code, line, page, complaint = self.run_.report()
        self.assertEqual([code, line["result"]], [1, "fail"])
        self.assertEqual(len(line["failures"]), len(named), line["failures"])
        for failure, name in zip(line["failures"], named):
            self.assertIn(name, failure)
            self.assertIn(name, complaint)
        self.assertIn("FAILED", page)
        self.assertNotIn("stayed level", page)

    def test_a_level_run_passes_and_tells_its_figures(self):
        code, line, page, complaint = self.run_.report()
        self.assertEqual([code, line["result"], line["failures"]], [0, "pass", []])
        self.assertEqual(complaint.count("\n"), 1)  # where the report is, and no complaint
        self.assertEqual(line["packets_per_second"], {"nominal": 1000, "idle": 1000, "loaded": 1000, "difference_percent": 0})
        self.assertEqual([line["distinct_outer_sizes"], line["ks_distance"]], [1, {"idle_loaded": 0, "idle_idle": 0}])
        self.assertEqual(line["skipped_slots"], {"idle": 0, "loaded": 0})
        self.assertEqual(line["inner_loss_percent"], {"udp": 1.5, "ping": 2.5})
        self.assertEqual(line["ping_ms"]["ipv6"], {"min_ms": 0.3, "avg_ms": 2.5, "max_ms": 21.0})
        self.assertEqual(line["inner_packets_lost"], 0)
        ike = line["ike"]
        self.assertEqual([ike["suite"], ike["esp_suite"], ike["post_quantum"], ike["downgrade_protection"], ike["handshake_ms"]],
                         ["aes256gcm16-prfsha384-x25519-ke1_mlkem768", "aes256gcm16-esn", True, "both", 5.5])
        self.assertEqual(ike["rekeys"]["child"], {"count": 1, "spis_before": ["1001", "2001"], "spis_after": ["1002", "2002"],
                                                  "spis_differ": True, "key_exchanges": ["x25519", "mlkem768"], "slowest_ms": 30.0})
        self.assertEqual(ike["inner_packets_over_rekeys"],
                         {"sent": 2000, "received": 2000, "lost": 0, "duplicates": 0, "reordered": 0})
        self.assertIn("PASSED", page)

    def test_one_inner_packet_lost_twice_or_late_over_the_rekeys(self):
        for what in ("lost", "duplicates", "reordered"):
            self.run_.fixed["phases"][-1]["streams"] = [stream("hosta"), stream("hostb") | {what: 1}]
            self.assert_fails("no inner packet lost, doubled or out of order")

    def test_no_numbered_packet_at_all(self):
        self.run_.fixed["phases"][-1]["streams"] = []
        self.assert_fails("no inner packet lost, doubled or out of order")

    def test_a_rekey_that_keeps_an_spi(self):
        self.run_.fixed["phases"][-1]["rekeys"][1]["after"] = ["a2", "b1"]
        self.assert_fails("the IKE SA was rekeyed")

    def test_a_rekey_that_lost_its_post_quantum_part(self):
        self.run_.fixed["phases"][-1]["rekeys"][0]["exchanges"] = ["x25519"]
        self.assert_fails("the Child SA was rekeyed")

    def test_no_rekeys(self):
        self.run_.fixed["phases"][-1]["rekeys"] = []
        self.assert_fails("the Child SA was rekeyed", "the IKE SA was rekeyed")

    def test_no_post_quantum_exchange_and_half_a_protection(self):
        self.run_.fixed["ike"]["sas"][0] = ike_sa(**{"post-quantum": False, "downgrade-protection": "initiator only"})
        self.assert_fails("post-quantum key exchange", "downgrade protection")

    def test_no_sa_told(self):
        self.run_.fixed["ike"]["sas"] = [None, None]
        self.assert_fails("post-quantum key exchange", "downgrade protection")

    def test_nothing_carried(self):
        for key in ("ping4", "ping6"):
            self.run_.fixed["phases"][-1]["traffic"][key] = {"sent": 40, "received": 0}
        self.assert_fails("carried traffic (fixed)")

    def test_only_pings_carried(self):
        self.run_.record["modes"]["on-demand"]["phases"][-1]["traffic"]["bursts"] = [
            {"from": "hosta", "kind": "tcp", "failed": True}]
        self.assert_fails("carried traffic (on-demand)")

    def test_sizes_differ_by_one_packet_of_thousands(self):
        self.run_.wire["fixed"][1234] = (self.run_.wire["fixed"][1234][0], frame(SIZE - 4))
        self.assert_fails("one outer size")

    def test_loaded_rate_differs(self):
        # 5 of 4000 packets missing are 0.125 %
        del self.run_.wire["fixed"][6000:6005]
        self.assert_fails("idle and loaded rates differ")

    def test_a_quick_run_forgives_slots_that_were_counted(self):
        self.run_.record["quick"] = True
        del self.run_.wire["fixed"][6000:6100]
        self.assert_fails("each slot sent or counted")
        self.run_.fixed["phases"][-1]["tunnels"] = [counters(105), counters(5)]
        self.assertEqual(self.run_.report()[0], 0)

    def test_a_whole_run_does_not(self):
        del self.run_.wire["fixed"][6000:6100]
        self.run_.fixed["phases"][-1]["tunnels"] = [counters(105), counters(5)]
        self.assert_fails("idle and loaded rates differ")

    def test_a_slot_counted_as_skipped_by_the_other_gateway_explains_nothing(self):
        self.run_.record["quick"] = True
        del self.run_.wire["fixed"][6000:6100]
        self.run_.fixed["phases"][-1]["tunnels"] = [counters(5), counters(105)]
        self.assert_fails("each slot sent or counted")

    def test_slots_counted_as_skipped_and_sent_all_the_same(self):
        self.run_.record["quick"] = True
        self.run_.fixed["phases"][-1]["tunnels"] = [counters(105), counters(5)]
        self.assert_fails("each slot sent or counted")

    def test_what_the_capture_lost_is_not_missing(self):
        self.run_.record["quick"] = True
        del self.run_.wire["fixed"][6000:6100]
        self.run_.fixed["capture_lost"] = 100
        self.assertEqual(self.run_.report()[0], 0)

    def test_loaded_rate_within_the_bound(self):
        del self.run_.wire["fixed"][6000:6003]
        self.assertEqual(self.run_.report()[0], 0)

    def test_a_faster_loaded_rate_differs_too(self):
        extra = [(BEGIN + 6 * SECOND + at, frame(SIZE)) for at in range(5)]
        self.run_.wire["fixed"] += extra
        self.assert_fails("idle and loaded rates differ")

    def test_nothing_on_the_wire(self):
        self.run_.wire["fixed"] = []
        self.assert_fails("one outer size", "idle and loaded rates differ", "each slot sent or counted")

    def test_everything_at_once(self):
        self.run_.fixed["phases"][-1]["traffic"] = {"ping4": {"sent": 0, "received": 0}, "ping6": {"sent": 0, "received": 0},
                                                    "bursts": []}
        self.run_.wire["fixed"] = self.run_.wire["fixed"][:4000] + [(BEGIN + 4 * SECOND + 1, frame(50))]
        self.assert_fails("carried traffic (fixed)", "one outer size", "idle and loaded rates differ")

    def test_goals_do_not_fail_the_run(self):
        self.run_.fixed["phases"][-1]["tunnels"] = [counters(9), counters(5)]
        self.run_.fixed["memory_mib"] = [{"resident": 200.0, "huge_pages": 60.0}] * 2
        self.run_.wire["fixed"] = [(time + (at % 2) * 1000, data) if at >= 4000 else (time, data)
                                   for at, (time, data) in enumerate(self.run_.wire["fixed"])]
        figures = self.run_.measure()
        missed = [check.name for check in demo_verdict.checks(figures) if not check.holds]
        self.assertEqual(len(missed), 3, missed)
        self.assertEqual(demo_verdict.failures(figures), [])

    def test_a_record_that_cannot_be_read(self):
        path = self.run_.write()
        for spoil in ("{", "[]", '{"packet_size": 1400}', "{}"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(spoil)
            page = os.path.join(self.run_.folder, "none.html")
            done = subprocess.run([sys.executable, "-B", os.path.join(SCRIPTS, "demo_report.py"), path, page], check=False,
                                  capture_output=True, text=True)
            self.assertEqual([done.returncode, done.stdout, os.path.exists(page)], [2, "", False], spoil)
            self.assertIn("cannot be read", done.stderr)


class Page(WithRun):
    ALLOWED = {"html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "figure", "figcaption",
               "h1", "h2", "h3", "p", "span", "strong", "small", "br", "ul", "li", "dl", "dt", "dd", "div", "table", "thead",
               "tbody", "tr", "th", "td", "svg", "path", "rect", "line", "circle", "text", "code"}

    def check(self, page):
        doctype, rest = page.split("\n", 1)
        self.assertEqual(doctype, "<!DOCTYPE html>")
        root = ElementTree.fromstring(rest)
        for element in root.iter():
            self.assertIn(element.tag, self.ALLOWED)
            for name, value in element.attrib.items():
                self.assertFalse(name.startswith("on") or name in ("href", "src", "srcset", "action"), (element.tag, name))
                self.assertNotIn("://", value)
        for word in ("<script", "javascript:", "@import", "url(", "http:", "https:", "nan", "None"):
            self.assertNotIn(word, page)
        return root

    def test_page_stands_alone(self):
        root = self.check(demo_page.page(self.run_.measure()))
        self.assertEqual(len(root.findall(".//svg")), 10)
        for picture in root.findall(".//svg"):
            self.assertTrue(picture.get("aria-label"))

    def test_page_of_an_empty_run(self):
        self.run_.wire = dict.fromkeys(self.run_.wire, [])
        self.run_.inner = dict.fromkeys(self.run_.inner, [])
        self.run_.ike = [[], []]
        for mode in self.run_.record["modes"].values():
            del mode["phases"][-1]["traffic"]
            mode["ike"]["sas"] = [None, None]
            mode |= {"tunnels": [None, None], "drops": [None, None], "memory_mib": [None, None], "capture_lost": None}
        self.check(demo_page.page(self.run_.measure()))

    def test_text_from_outside_is_escaped(self):
        page = demo_page.page(self.run_.measure())
        self.assertIn("a &lt;fast&gt; one &amp; only", page)


if __name__ == "__main__":
    unittest.main()
