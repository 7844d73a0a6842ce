# SPDX-License-Identifier: Apache-2.0
#
# Two daemons on veth pairs by packet sockets: traffic passes both ways, only one of daemon and kernel answers, and when
# a daemon ends, however early, the machine is as it was before.
import glob
import os
import signal
import struct
import time
import unittest

import pair
from daemons import Daemon, Folder, free_huge_pages
from main import main
from oracle import ip
from spaces import wait_until

HUGE_PAGES = 2 * 104  # of both daemons


def arp_request(mac, sender, target):
    packed = [bytes(map(int, address.split("."))) for address in (sender, target)]
    question = struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1)
    return b"\xff" * 6 + mac + question + mac + packed[0] + bytes(6) + packed[1]


def neighbour_solicitation(mac, sender, target):
    import ipaddress
    packed = ipaddress.IPv6Address(target).packed
    group = ipaddress.IPv6Address(b"\xff\x02" + bytes(9) + b"\x01\xff" + packed[13:])
    body = struct.pack("!BBHI", 135, 0, 0, 0) + packed + b"\x01\x01" + mac
    value = ip.checksum(ip.pseudo_header(sender, str(group), ip.ICMPV6, len(body)) + body)
    packet = ip.ipv6(sender, str(group), ip.ICMPV6, body[:2] + struct.pack("!H", value) + body[4:], 255)
    return b"\x33\x33" + group.packed[12:] + mac + b"\x86\xdd" + packet


def is_arp_reply(frame):
    return not frame.out and frame.kind == 0x0806 and frame.octets[20:22] == b"\0\2"


def is_advertisement(frame):
    return not frame.out and frame.kind == 0x86DD and frame.ip[6] == ip.ICMPV6 and frame.ip[40] == 136


def is_echo_reply(frame):
    return not frame.out and frame.kind == 0x0800 and frame.ip[9] == ip.ICMP and frame.ip[20] == 0


def state_of(world, space, interface):
    """All that a daemon changes on an interface, as texts that can be compared."""
    flags = int(world.read(space, f"/sys/class/net/{interface}/flags"), 16)
    # UP and PROMISC; running or not depends on the other end as well
    return {"flags": flags & 0x101, "mtu": world.read(space, f"/sys/class/net/{interface}/mtu"),
            "offloads": world.run(space, ["ethtool", "-k", interface]),
            "disable_ipv6": world.read(space, f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6"),
            "nftables": world.run(space, ["nft", "list", "ruleset"]),
            "interfaces": sorted(os.path.basename(line) for line in world.run(space, ["ls", "/sys/class/net"]).split())}


class Traffic(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = pair.make_world()
        cls.addClassCleanup(cls.world.clear)
        cls.pair = pair.Pair(cls.world)
        cls.addClassCleanup(cls.pair.stop)
        cls.pair.start()

    def test_a_first_ping_passes_both_ways_in_both_versions(self):
        self.assertEqual(self.pair.ping_all(), [3, 3, 3, 3])
        for daemon in (self.pair.a, self.pair.b):
            self.assertEqual(daemon.drops(), {})

    def answers_to(self, space, interface, request, is_answer):
        with self.world.tap(space, interface) as wire:
            wire.send(request(wire.mac))
            time.sleep(0.4)
            return sum(map(is_answer, wire.frames()))

    def test_arp_is_answered_once(self):
        for space, interface, own, target in (("hosta", "eth0", "10.1.0.2", "10.1.0.1"),
                                              ("gwb", "wan", "198.51.100.2", "198.51.100.1")):
            request = lambda mac, own=own, target=target: arp_request(mac, own, target)
            self.assertEqual(self.answers_to(space, interface, request, is_arp_reply), 1, interface)

    def test_neighbour_discovery_is_answered_once(self):
        request = lambda mac: neighbour_solicitation(mac, "fd01::2", "fd01::1")
        self.assertEqual(self.answers_to("hosta", "eth0", request, is_advertisement), 1)

    def test_ping_to_the_gateway_is_answered_once(self):
        gateway = ip.mac(self.world.mac("gwa", "lan"))
        request = lambda mac: gateway + mac + b"\x08\x00" + ip.icmp_echo("10.1.0.2", "10.1.0.1")
        self.assertEqual(self.answers_to("hosta", "eth0", request, is_echo_reply), 1)

    def test_the_kernel_below_neither_forwards_nor_answers_for_others(self):
        self.world.sysctl("gwa", "net.ipv4.ip_forward", "1")
        gateway = ip.mac(self.world.mac("gwa", "lan"))
        with self.world.tap("gwb", "wan") as far:
            with self.world.tap("hosta", "eth0") as near:
                near.send(gateway + near.mac + b"\x08\x00" + ip.icmp_echo("10.1.0.2", "198.51.100.2"))
            time.sleep(0.3)
            clear = [f for f in far.frames() if f.kind == 0x0800 and f.ip[9] == ip.ICMP]
        self.assertEqual(clear, [])
        self.assertTrue(wait_until(lambda: self.pair.a.drops().get("clear-refused"), 2))


class HugePages(unittest.TestCase):
    def test_pings_pass_with_huge_pages(self):
        if free_huge_pages() < HUGE_PAGES:
            self.skipTest(f"{free_huge_pages()} huge pages of 2 MiB are free, {HUGE_PAGES} are needed")
        before = free_huge_pages()
        world = pair.make_world()
        self.addCleanup(world.clear)
        with pair.Pair(world, dataplane="memory: 208MiB, idle: adaptive") as both:
            self.assertEqual(both.ping_all(), [3, 3, 3, 3])
            self.assertLess(free_huge_pages(), before)
        self.assertTrue(wait_until(lambda: free_huge_pages() == before, 3), "huge pages are kept")


class End(unittest.TestCase):
    def setUp(self):
        self.world = pair.make_world()
        self.addCleanup(self.world.clear)
        self.folder = Folder()
        self.addCleanup(self.folder.clear)
        pair.make_keys(self.folder)
        self.daemon = Daemon(self.world, "gwa", self.folder)
        self.world.ip("gwa", "link", "set", "lan", "down")  # comes up with the daemon, goes down with it
        text = pair.whole(1).replace("wan: { vdev:", "wan: { mtu: 1400, vdev:")
        self.daemon.configure(text)
        self.before = self.states()

    def states(self):
        return {interface: state_of(self.world, "gwa", interface) for interface in ("wan", "lan")}

    def assert_nothing_is_left(self):
        self.assertEqual(self.states(), self.before)
        self.assertFalse(os.path.exists(self.daemon.socket))
        self.assertFalse(os.path.exists(f"/proc/{self.daemon.child.pid}"))
        self.assertEqual(glob.glob(f"/var/run/dpdk/*{self.daemon.child.pid}*"), [])

    def test_term_and_interrupt_end_it_with_zero_and_leave_nothing(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            self.daemon.start()
            self.assertTrue(os.path.exists(self.daemon.socket))
            self.assertTrue(self.world.exists("gwa", "lg-wan"))
            during = self.states()["wan"]
            self.assertEqual((during["flags"], during["mtu"], during["disable_ipv6"]), (0x101, "1400", "1"))
            self.assertIn("policy drop", during["nftables"])
            self.assertEqual(self.daemon.stop(how), 0)
            self.assert_nothing_is_left()

    def test_a_signal_during_the_start_ends_it_as_well(self):
        for moment in (0.1, 0.25, 0.4):
            self.daemon.launch()
            self.assertTrue(self.daemon.wait_log(" starts "))
            time.sleep(moment)
            self.assertEqual(self.daemon.stop(), 0, self.daemon.log())
            self.assert_nothing_is_left()

    def test_what_a_killed_daemon_left_is_no_obstacle(self):
        self.daemon.start()
        self.daemon.stop(signal.SIGKILL)
        self.assertTrue(os.path.exists(self.daemon.socket))
        self.daemon.start()
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(self.states()["wan"]["nftables"], "")
        self.assertFalse(os.path.exists(self.daemon.socket))


if __name__ == "__main__":
    main()
