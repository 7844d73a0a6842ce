# SPDX-License-Identifier: Apache-2.0
#
# Each kind of virtual port starts, is shown, and carries traffic where it can: packet sockets are everybody's test,
# here are AF_XDP, TAP, memif, ring, pcap and null.
import os
import struct
import time
import unittest

import pair
from daemons import Daemon, Folder
from main import main
from oracle import ip, pcap
from spaces import LabError, World, wait_until

HEAD = "dataplane: { memory: none, idle: adaptive }\nports:\n"


class Ports(unittest.TestCase):
    def setUp(self):
        self.world, self.folder = World(), Folder()
        self.addCleanup(self.folder.clear)
        self.addCleanup(self.world.clear)
        self.world.add("host", "gw").link("host", "eth0", "gw", "lan")
        self.world.host("host", "eth0", ["10.1.0.2/24", "fd01::2/64"])

    def port(self, vdev, addresses='[10.1.0.1/24, "fd01::1/64"]', name="gw", more=""):
        text = HEAD + f'  lan: {{ vdev: "{vdev}"{more} }}\n'
        text += f"interfaces:\n  lan: {{ port: lan, addresses: {addresses} }}\n"
        return Daemon(self.world, "gw", self.folder, name).configure(text)

    def shown(self, daemon, driver):
        port = daemon.show("ports")["ports"]["lan"]
        self.assertEqual(port["driver"], driver)
        self.assertRegex(port["mac"], r"^(?!00:00:00:00:00:00)([0-9a-f]{2}:){5}[0-9a-f]{2}$")
        self.assertIn("lan ", daemon.table("ports"))
        return port

    def assert_host_reaches_it(self, daemon):
        answers = [self.world.ping("host", address) for address in ("10.1.0.1", "fd01::1")]
        self.assertEqual(answers, [3, 3], daemon.log())
        port = daemon.show("ports")["ports"]["lan"]
        self.assertGreaterEqual(min(port["rx-pkts"], port["tx-pkts"]), 6)

    def routed(self, mtu=0):
        """host - gw - far by packet sockets, without a tunnel."""
        key = f"mtu: {mtu}, " if mtu else ""
        text = HEAD + "".join(f'  {port}: {{ {key}vdev: "net_af_packet,iface={port}", address: 10.{net}.0.1/24 }}\n'
                              for port, net in (("lan", 1), ("far", 2)))
        return Daemon(self.world, "gw", self.folder).configure(text)

    def test_af_packet_with_large_mtus(self):
        self.world.add("far").link("far", "eth0", "gw", "far").host("far", "eth0", ["10.2.0.2/24"], ["10.2.0.1"])
        self.world.ip("host", "route", "add", "default", "via", "10.1.0.1")
        for mtu in (4010, 8106, 9130, 0):  # the largest of each size of frames; the interfaces' own
            if not mtu:
                for interface in ("lan", "far"):
                    self.world.ip("gw", "link", "set", interface, "mtu", "4444")
            daemon = self.routed(mtu).start()
            for space in ("host", "far"):
                self.world.ip(space, "link", "set", "eth0", "mtu", str(mtu or 4444))
            self.assertEqual(self.shown(daemon, "net_af_packet")["mtu"], mtu or 4444)
            self.assertEqual(self.world.ping("host", "10.2.0.2", 2, size=(mtu or 4444) - 28), 2, mtu)
            self.assertEqual(self.world.read("gw", "/sys/class/net/lg-lan/mtu"), "1500")
            self.assertEqual(daemon.stop(), 0)
        daemon = self.routed(9131).launch()
        self.assertEqual(daemon.wait(), 78)
        self.assertIn("ports.lan.mtu: 9131 is more than a packet socket takes: 9130", daemon.log())

    def test_af_xdp(self):
        try:
            daemon = self.port("net_af_xdp,iface=lan").start()
        except LabError as error:
            if "queue 0 could not be made" in str(error) or "could not make" in str(error):
                self.skipTest("AF_XDP sockets are not possible here: " + str(error).splitlines()[-1])
            raise
        self.shown(daemon, "net_af_xdp")
        self.assert_host_reaches_it(daemon)
        self.assertEqual(daemon.stop(), 0)
        self.assertNotIn("xdp", self.world.run("gw", ["ip", "link", "show", "lan"]))

    def test_live_pcap(self):
        daemon = self.port("net_pcap0,rx_iface_in=lan,tx_iface=lan").start()
        self.shown(daemon, "net_pcap0")
        self.assert_host_reaches_it(daemon)
        self.assertEqual(daemon.stop(), 0)

    def test_pcap_files(self):
        inside, outside = (os.path.join(self.folder.path, name) for name in ("in.pcap", "out.pcap"))
        request = b"\xff" * 6 + bytes.fromhex("020000000002") + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1)
        request += bytes.fromhex("020000000002") + bytes([10, 1, 0, 2]) + bytes(6) + bytes([10, 1, 0, 1])
        pcap.write(inside, [pcap.Frame(0, request)] * 3)
        daemon = self.port(f"net_pcap0,rx_pcap={inside},tx_pcap={outside}").start()
        self.assertTrue(wait_until(lambda: daemon.show("ports")["ports"]["lan"]["rx-pkts"] == 3, 3))
        time.sleep(0.2)
        self.assertEqual(daemon.stop(), 0)
        replies = [frame for frame in pcap.read(outside)
                   if frame.octets[12:14] == b"\x08\x06" and frame.octets[20:22] == b"\0\2"]
        self.assertEqual(len(replies), 3)

    def test_tap_beside_its_twin(self):
        daemon = self.port("net_tap,iface=outside").start()
        self.shown(daemon, "net_tap")
        self.world.ip("gw", "link", "set", "outside", "netns", self.world.space("host"))
        self.world.ip("host", "address", "flush", "dev", "eth0")
        self.world.ip("host", "link", "set", "outside", "up")
        for address in ("10.1.0.2/24", "fd01::2/64"):
            self.world.ip("host", "address", "add", address, "dev", "outside", *(["nodad"] if ":" in address else []))
        self.assert_host_reaches_it(daemon)
        self.assertEqual(daemon.stop(), 0)
        self.assertFalse(self.world.exists("gw", "lg-lan"))

    def test_memif_between_two_daemons(self):
        socket = os.path.join(self.folder.path, "memif.sock")
        common = f"id=0,socket={socket},socket-abstract=no"
        server = self.port(f"net_memif,role=server,{common}", name="server").start()
        self.assertFalse(self.shown(server, "net_memif")["link"])
        other = self.port(f"net_memif,role=client,{common}", '[10.1.0.9/24, "fd01::9/64"]', name="other",
                          more=", twin: lg-other")
        other.start()
        linked = lambda: server.show("ports")["ports"]["lan"]["link"] and other.show("ports")["ports"]["lan"]["link"]
        self.assertTrue(wait_until(linked, 5))
        # The kernel knows both addresses as its own and would take the short way: ask from one twin past it.
        with self.world.tap("gw", "lg-other") as wire:
            mac = ip.mac(self.world.mac("gw", "lg-other"))
            server_mac = ip.mac(server.show("ports")["ports"]["lan"]["mac"])
            before = server.show("ports")["ports"]["lan"]["rx-pkts"]
            for number in range(5):
                other_side = ip.icmp_echo("10.1.0.9", "10.1.0.1", 5, number)
                self.assertEqual(len(wire.mac), 6)
                self.send_from_kernel(wire, server_mac + mac + b"\x08\x00" + other_side)
            arrived = lambda: server.show("ports")["ports"]["lan"]["rx-pkts"] - before
            self.assertTrue(wait_until(lambda: arrived() >= 5, 3), arrived())
        self.assertGreaterEqual(server.show("ports")["ports"]["lan"]["twin-tx-pkts"], 5)  # they went on to its kernel
        self.assertEqual([other.stop(), server.stop()], [0, 0])

    @staticmethod
    def send_from_kernel(wire, frame):
        """A packet socket on a TAP sends what the kernel would: towards the daemon."""
        wire.send(frame)

    def test_ring_returns_what_it_is_given(self):
        daemon = self.port("net_ring0").start()
        self.shown(daemon, "net_ring0")
        with self.world.tap("gw", "lg-lan") as wire:
            before = daemon.show("ports")["ports"]["lan"]
            for _ in range(4):
                wire.send(b"\xff" * 6 + wire.mac + b"\x88\xb5" + bytes(46))
            moved = lambda: [daemon.show("ports")["ports"]["lan"][key] - before[key] for key in ("tx-pkts", "rx-pkts")]
            self.assertTrue(wait_until(lambda: min(moved()) >= 4, 3), moved())
            back = [frame for frame in wire.frames() if not frame.out and frame.kind == 0x88B5]
            self.assertEqual(len(back), 4)
        self.assertEqual(daemon.stop(), 0)

    def test_null_takes_everything(self):
        daemon = self.port("net_null0,no-rx=1").start()
        port = self.shown(daemon, "net_null0")
        self.assertEqual((port["link"], port["rx-pkts"]), (True, 0))
        with self.world.tap("gw", "lg-lan") as wire:
            wire.send(b"\xff" * 6 + wire.mac + b"\x88\xb5" + bytes(46))
            self.assertTrue(wait_until(lambda: daemon.show("ports")["ports"]["lan"]["tx-pkts"] > port["tx-pkts"], 3))
        self.assertEqual(daemon.stop(), 0)

    def test_a_tunnel_over_af_xdp_on_one_side_and_a_packet_socket_on_the_other(self):
        world = pair.make_world()
        self.addCleanup(world.clear)
        both = pair.Pair(world, tfs="{ mode: fixed, rate: 4 Mbit/s, packet-size: 1400B }")
        self.addCleanup(both.stop)
        both.a.configure(pair.whole(1, tfs="{ mode: fixed, rate: 4 Mbit/s, packet-size: 1400B }",
                                    wan="net_af_xdp,iface=wan", lan="net_af_xdp,iface=lan"))
        try:
            both.start()
        except LabError as error:
            if "queue 0 could not be made" in str(error):
                self.skipTest("AF_XDP sockets are not possible here")
            raise
        self.assertEqual(both.ping_all(), [3, 3, 3, 3])
        self.assertEqual(world.ping("hosta", pair.HOST4[2], 5, size=1400), 5)


if __name__ == "__main__":
    main()
