# SPDX-License-Identifier: Apache-2.0
#
# Capture files and the command itself: every input format, stamps and their order, cut and unreadable files, output
# files, exit codes, subsets of the options, and the same result every time.
import os
import random
import struct
import subprocess
import unittest

from receiving import forwarded
from rig import MS, SECOND, ReplayTest, Tunnel, fixed, inside_packet, on_demand, outside_packet
from oracle import aggfrag, gateway, ip, pcap

EPOCH = 1_700_000_000 * SECOND + 123_456_000


class Captures(ReplayTest):
    def setUp(self):
        super().setUp()
        rng = random.Random(1)
        self.tunnel = Tunnel(on_demand())
        self.configure(self.tunnel)
        self.packets = [inside_packet(rng, 60 + i, rng.choice([4, 6])) for i in range(6)]
        self.moments = [0, 1000, 5000, 5000, 2 * MS, 3 * SECOND]       # microseconds, so that every format holds them

    def frames(self, ethernet=True, link=pcap.ETHERNET):
        return [pcap.Frame(EPOCH + moment, ip.ethernet(packet) if ethernet else packet, link)
                for moment, packet in zip(self.moments, self.packets)]

    def sent(self, out):
        """[(moment, inner packet)] that went into the tunnel."""
        reassembler, sent = aggfrag.Reassembler(), []
        for stamp, number, body, _ in gateway.decode_wire(out.frames["wan"], self.tunnel.out_sa()):
            sent += [(stamp, packet) for packet in reassembler.accept(number, body)]
        return sent

    def expect_all(self, path):
        out = self.replay([("lan", path)])
        self.assertEqual(self.sent(out), list(zip(self.moments, forwarded(self.packets))))
        self.assertEqual((out.drops, out.errors), ({}, ""))

    def test_every_form_of_pcap(self):
        for order in "<>":
            for nano in (True, False):
                with self.subTest(order=order, nano=nano):
                    pcap.write(self.path("a"), self.frames(), nano, order=order)
                    self.expect_all(self.path("a"))

    def test_every_form_of_pcapng(self):
        for order in "<>":
            for resolution in (6, 7, 9, 10):
                with self.subTest(order=order, resolution=resolution):
                    pcap.write_pcapng(self.path("a"), self.frames(), resolution, order=order)
                    self.expect_all(self.path("a"))

    def test_raw_ip(self):
        for link in (101, 12, 14):
            with self.subTest(link=link):
                pcap.write(self.path("a"), self.frames(False, link), link=link)
                self.expect_all(self.path("a"))
                pcap.write_pcapng(self.path("a"), self.frames(False, link), link=link)
                self.expect_all(self.path("a"))

    def test_nanoseconds_are_kept(self):
        self.moments = [0, 1, 999, 1001, 123_456_789, 123_456_790]
        for write in (pcap.write, pcap.write_pcapng):
            write(self.path("a"), self.frames())
            self.expect_all(self.path("a"))

    def test_time_zero_is_the_earliest_stamp_of_all_inputs(self):
        sa = self.tunnel.in_sa()
        inner = outside_packet(random.Random(3), 100)
        pcap.write(self.path("lan"), self.frames())
        outer = sa.outer(sa.seal(1, aggfrag.header(0) + inner))
        pcap.write(self.path("wan"), [pcap.Frame(EPOCH - 7 * MS, ip.ethernet(outer))])
        out = self.replay([("lan", self.path("lan")), ("wan", self.path("wan"))])
        self.assertEqual(out.packets("lan"), [(0, ip.with_lower_ttl(inner))])
        self.assertEqual([moment for moment, _ in self.sent(out)], [moment + 7 * MS for moment in self.moments])

    def test_frames_enter_in_the_order_of_stamps(self):
        frames = self.frames()
        random.Random(2).shuffle(frames)
        pcap.write(self.path("a"), frames)
        out = self.replay([("lan", self.path("a"))])
        stable = sorted(frames, key=lambda frame: frame.time_ns)
        self.assertEqual(self.sent(out), [(frame.time_ns - EPOCH, ip.with_lower_ttl(ip.packet_of(frame)))
                                          for frame in stable])

    def test_equal_stamps_enter_in_the_order_of_options_then_of_the_file(self):
        # Two captures of one port, and one of the other, all at one moment; and more of them than one burst.
        rng = random.Random(4)
        parts = [[inside_packet(rng, 60) for _ in range(count)] for count in (3, 70, 40)]
        sa = self.tunnel.in_sa()
        outer = [sa.outer(sa.seal(1, aggfrag.header(0) + outside_packet(rng, 60)))]
        out = self.replay([("lan", [(0, p) for p in parts[1]]), ("wan", [(0, outer[0])]),
                           ("lan", [(0, p) for p in parts[0]]), ("lan", [(0, p) for p in parts[2]])])
        self.assertEqual([packet for _, packet in self.sent(out)], forwarded(parts[1] + parts[0] + parts[2]))
        self.assertEqual(len(out.frames["lan"]), 1)

    def test_until_ends_the_playing(self):
        pcap.write(self.path("a"), self.frames())
        out = self.replay([("lan", self.path("a"))], until=5000)
        self.assertEqual(self.sent(out), list(zip(self.moments[:2], forwarded(self.packets[:2]))))
        out = self.replay([("lan", self.path("a"))], until=5001)
        self.assertEqual(len(self.sent(out)), 4)

    def test_a_cut_file_is_played_up_to_the_cut_named_and_exit_1(self):
        for cut in (1, 17, 60, 80, 90):
            for write in (pcap.write, pcap.write_pcapng):
                write(self.path("cut.pcap"), self.frames())
                with open(self.path("cut.pcap"), "r+b") as file:
                    file.truncate(os.path.getsize(self.path("cut.pcap")) - cut)
                with self.assertRaises(pcap.Truncated) as raised:
                    pcap.read(self.path("cut.pcap"))
                whole = len(raised.exception.frames)
                with self.subTest(cut=cut, write=write.__name__, whole=whole):
                    out = self.replay([("lan", self.path("cut.pcap"))], good=False)
                    self.assertEqual(out.exit, 1)
                    self.assertIn("cut.pcap", out.errors)
                    self.assertEqual(self.sent(out), list(zip(self.moments, forwarded(self.packets)))[:whole])
                    self.assertEqual(out.tunnel()["iptfs-inner-pkt-stats"]["tx-pkts"], whole)

    def test_unreadable_captures_are_exit_1_and_named(self):
        contents = {"empty": b"", "short": b"\xa1\xb2", "text": b"what is this? no capture" * 9,
                    "header": struct.pack("<IHHiIII", pcap.NANO_MAGIC, 2, 4, 0, 0, 9, 1)[:20],
                    "wireless": struct.pack("<IHHiIII", pcap.NANO_MAGIC, 2, 4, 0, 0, 9, 105)}
        for name, content in contents.items():
            with open(self.path(name), "wb") as file:
                file.write(content)
        for name in [*contents, "missing", "."]:
            with self.subTest(name=name):
                out = self.replay([("lan", self.path(name))], good=False)
                self.assertEqual((out.exit, out.text), (1, ""))
                self.assertIn(self.path(name), out.errors)

    def test_unwritable_outputs_are_exit_1_and_named(self):
        done = self.command("--out", "wan=" + self.path("no/such/folder.pcap"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no/such/folder.pcap", done.stderr)

    def command(self, *options, config="gw.yaml"):
        return subprocess.run([os.environ["LEVELGATE"], "replay", "--config", self.path(config), *options],
                              capture_output=True, text=True, timeout=60, check=False)

    def test_missing_and_wrong_configurations_are_exit_3(self):
        self.assertEqual(self.command(config="missing.yaml").returncode, 3)
        with open(self.path("gw.yaml"), encoding="ascii") as file:
            text = file.read()
        for name, wrong in (("syntax", text[:-20]), ("key", text.replace('"selectors"', '"selektors"')),
                            ("version", text.replace('"version": 1', '"version": 2')), ("empty", ""),
                            ("mode", text.replace('"on-demand"', '"sometimes"'))):
            with open(self.path("wrong.yaml"), "w", encoding="ascii") as file:
                file.write(wrong)
            with self.subTest(name):
                done = self.command("--out", "wan=" + self.path("untouched.pcap"), config="wrong.yaml")
                self.assertEqual((done.returncode, done.stdout), (3, ""))
                self.assertIn("wrong.yaml", done.stderr)
                self.assertFalse(os.path.exists(self.path("untouched.pcap")))

    def test_key_files_are_judged(self):
        key = self.path(f"{self.tunnel.spi}.key")
        os.chmod(key, 0o644)
        self.assertEqual(self.command().returncode, 3)
        os.chmod(key, 0o600)
        self.assertEqual(self.command().returncode, 0)
        with open(key, "w", encoding="ascii") as file:
            file.write("\n ".join(self.tunnel.out_sa().keymat.hex().upper()[i:i + 7] for i in range(0, 72, 7)) + "\n")
        pcap.write(self.path("a"), self.frames())
        self.expect_all(self.path("a"))
        os.remove(key)
        self.assertEqual(self.command().returncode, 3)

    def test_usage_errors_are_exit_2(self):
        pcap.write(self.path("a"), self.frames())
        for options in (["--in", "nowhere=" + self.path("a")], ["--in", self.path("a")], ["--out", "lan"],
                        ["--until", "soon"], ["--until", "2"], ["--frobnicate"],
                        ["--out", "wan=" + self.path("x"), "--out", "wan=" + self.path("y")]):
            with self.subTest(options=options):
                self.assertEqual(self.command(*options).returncode, 2)
        done = subprocess.run([os.environ["LEVELGATE"], "replay"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)

    def test_every_option_may_be_left_out(self):
        pcap.write(self.path("a"), self.frames())
        for outputs in ((), ("wan",), ("lan",), ("wan", "lan")):
            for captures in ((), (("lan", self.path("a")),)):
                with self.subTest(outputs=outputs, captures=captures):
                    out = self.replay(captures, outputs=outputs)
                    self.assertEqual(set(out.frames), {name for name in outputs})
                    sent = len(self.packets) if captures else 0
                    self.assertEqual(out.tunnel()["iptfs-inner-pkt-stats"]["tx-pkts"], sent)

    def test_an_empty_output_is_a_valid_capture(self):
        self.replay()
        with open(self.path("out-wan.pcap"), "rb") as file:
            content = file.read()
        self.assertEqual(len(content), 24)
        self.assertIn(struct.unpack("<I", content[:4])[0], (pcap.NANO_MAGIC, 0x4D3CB2A1))

    def test_an_input_without_a_frame(self):
        pcap.write(self.path("a"), [])
        out = self.replay([("lan", self.path("a"))])
        self.assertEqual((out.frames["wan"], out.drops), ([], {}))

    def test_the_same_every_time(self):
        rng = random.Random(6)
        tunnel = Tunnel(fixed(77_000_000, packet_size="1000B", receive={"reorder-window": 8}))
        sa = tunnel.in_sa()
        inner = sorted(((rng.randrange(SECOND // 5), inside_packet(rng, rng.randint(20, 3000))) for _ in range(400)),
                       key=lambda a: a[0])
        outer = sorted(((i * 100_000 + rng.randrange(300_000),
                         sa.outer(sa.seal(i + 1, aggfrag.header(0) + outside_packet(rng, 60))))
                        for i in range(500) if i % 17), key=lambda a: a[0])
        self.configure(tunnel)
        results = []
        for _ in range(2):
            out = self.replay([("lan", inner), ("wan", outer)])
            contents = [out.text]
            for port in ("wan", "lan"):
                with open(self.path(f"out-{port}.pcap"), "rb") as file:
                    contents.append(file.read())
            results.append(contents)
        self.assertEqual(results[0], results[1])
        self.assertGreater(len(results[0][2]), 1000)

    def test_the_same_with_every_cipher_backend(self):
        tunnel = Tunnel(fixed(packet_size="1400B"))
        load = [(i * MS // 3, packet) for i, packet in enumerate(self.packets)]
        results = set()
        for backend in ("auto", "openssl"):
            self.configure(tunnel, dataplane={"crypto": backend})
            self.replay([("lan", load)], until=20 * MS)
            with open(self.path("out-wan.pcap"), "rb") as file:
                results.add(file.read())
        self.assertEqual(len(results), 1)


if __name__ == "__main__":
    unittest.main()
