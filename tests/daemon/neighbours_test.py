# SPDX-License-Identifier: Apache-2.0
#
# What the kernel knows is followed: next hops are asked for and packets wait meanwhile, MAC addresses that change are
# noticed, routes on a twin are used, and peers may lie behind a gateway.
import re
import unittest

import pair
from daemons import Daemon, Folder
from main import main
from oracle import ip
from spaces import World, wait_until

HELD = 8  # packets that wait for one neighbour


class QuietHost:
    """A host that answers questions for its address and never says anything unasked."""

    def __init__(self, wire, address, mac):
        self.wire, self.address, self.mac = wire, address, ip.mac(mac)
        self.packed = bytes(map(int, address.split(".")))
        self.heard = set()  # MAC addresses that packets for it were sent to

    def turn(self):
        for frame in self.wire.frames():
            octets = frame.octets
            if frame.out:
                continue
            if frame.kind == 0x0806 and octets[20:22] == b"\0\1" and octets[38:42] == self.packed:
                if octets[:6] in (b"\xff" * 6, self.mac):
                    head = octets[6:12] + self.mac + octets[12:20]
                    self.wire.send(head + b"\0\2" + self.mac + self.packed + octets[22:32])
            elif frame.kind == 0x0800 and frame.ip[16:20] == self.packed:
                self.heard.add(octets[:6])


class Neighbours(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = pair.make_world()
        cls.addClassCleanup(cls.world.clear)
        cls.pair = pair.Pair(cls.world, tfs="{ mode: on-demand, packet-size: 1400B }")
        text = pair.whole(2, tfs="{ mode: on-demand, packet-size: 1400B }")
        cls.pair.b.configure(text + '  - { to: 10.9.0.0/24, via: lab }\n  - { to: "fd09::/64", via: lab }\n'
                             'neighbours: [ { port: wan, address: 198.51.100.77, mac: "02:00:00:00:00:77" } ]\n')
        cls.addClassCleanup(cls.pair.stop)
        cls.pair.start()
        assert cls.pair.ping_all(1) == [1, 1, 1, 1]

    def forget(self, address):
        self.world.ip("gwb", "neigh", "flush", "dev", "lg-lan")
        gone = lambda: address not in [n["address"] for n in self.pair.b.show("neighbours", "lan")["neighbours"]]
        self.assertTrue(wait_until(gone, 2))

    def test_an_unknown_neighbour_is_asked_for_while_its_packets_wait(self):
        gateway = ip.mac(self.world.mac("gwa", "lan"))
        for host, source in ((pair.HOST4[2], pair.HOST4[1]), (pair.HOST6[2], pair.HOST6[1])):
            self.forget(host)
            kind = b"\x08\x00" if "." in host else b"\x86\xdd"
            with self.world.tap("hosta", "eth0") as near, self.world.tap("hostb", "eth0") as far:
                for number in range(HELD):
                    near.send(gateway + near.mac + kind + ip.icmp_echo(source, host, 7, number))
                arrived, asked = [], []

                def all_came():
                    frames = [f for f in far.frames() if not f.out]
                    asked.extend(f for f in frames if f.kind == 0x0806 or (f.kind == 0x86DD and f.ip[40] == 135))
                    arrived.extend(f for f in frames if (f.kind == 0x0800 and f.ip[20] == 8) or
                                   (f.kind == 0x86DD and f.ip[40] == 128))
                    return len(arrived) == HELD

                self.assertTrue(wait_until(all_came, 3), f"{host}: {len(arrived)} of {HELD}")
                self.assertTrue(asked)
            self.assertIn(host, [n["address"] for n in self.pair.b.show("neighbours", "lan")["neighbours"]])

    def change_mac(self, mac):
        self.world.ip("hostb", "link", "set", "eth0", "address", mac)

    def test_a_neighbour_that_says_that_its_mac_changed_is_followed_at_once(self):
        self.change_mac("02:00:00:00:b0:01")
        self.assertEqual(self.world.ping("hostb", "10.2.0.1", 1), 1)  # it asks for the gateway with its new one
        self.assertTrue(wait_until(lambda: self.world.ping("hosta", pair.HOST4[2], 1, wait=1), 2))
        self.assertIn("02:00:00:00:b0:01", [n["mac"] for n in self.pair.b.show("neighbours")["neighbours"]])

    def test_a_neighbour_that_changes_its_mac_silently_is_noticed(self):
        for key, value in (("base_reachable_time_ms", 3000), ("delay_first_probe_time", 1), ("retrans_time_ms", 200)):
            self.world.sysctl("gwb", f"net.ipv4.neigh.lg-lan.{key}", value)
        with self.world.tap("hosta", "eth0") as near, self.world.tap("hostb", "eth0") as far:
            host = QuietHost(far, "10.2.0.77", "02:00:00:00:b0:03")
            request = ip.mac(self.world.mac("gwa", "lan")) + near.mac + b"\x08\x00"
            request += ip.icmp_echo(pair.HOST4[1], host.address)

            def heard():
                near.send(request)
                host.turn()
                return host.mac in host.heard

            self.assertTrue(wait_until(heard, 3))
            host.mac = ip.mac("02:00:00:00:b0:04")
            self.assertFalse(wait_until(heard, 1))  # it told nobody
            self.assertTrue(wait_until(heard, 22))

    def test_a_route_on_the_twin_is_used_and_shown_until_it_goes(self):
        for address, hop, prefix, bits in (("10.9.0.1", "10.1.0.2", "10.9.0.0/24", 32),
                                           ("fd09::1", "fd01::2", "fd09::/64", 128)):
            self.world.ip("hosta", "address", "add", f"{address}/{bits}", "dev", "lo")
            self.assertEqual(self.world.ping("hostb", address, 1, wait=1), 0)
            self.world.ip("gwa", "route", "add", prefix, "via", hop, "dev", "lg-lan")
            shown = lambda: [r for r in self.pair.a.show("routes", "lan")["routes"] if r["to"] == prefix]
            self.assertTrue(wait_until(shown, 2))
            route = shown()[0]
            self.assertEqual((route["via"], route["port"], route["in-use"], route["clear-text-allowed"]),
                             (hop, "lan", True, False))
            self.assertEqual(self.world.ping("hostb", address, 2), 2)
            self.world.ip("gwa", "route", "del", prefix, "dev", "lg-lan")
            self.assertTrue(wait_until(lambda: not shown(), 2))
            before = self.pair.a.drops().get("no-route", 0)
            self.assertEqual(self.world.ping("hostb", address, 1, wait=1), 0)
            self.assertGreater(self.pair.a.drops()["no-route"], before)

    def test_a_neighbour_of_the_file_is_shown_as_such_and_not_asked_for(self):
        neighbours = self.pair.b.show("neighbours", "wan")["neighbours"]
        fixed = [n for n in neighbours if n["address"] == "198.51.100.77"]
        self.assertEqual([(n["mac"], n["from"], n["port"]) for n in fixed], [("02:00:00:00:00:77", "file", "wan")])
        self.assertEqual({n["from"] for n in neighbours if n not in fixed}, {"kernel"})


class BehindGateways(unittest.TestCase):
    """hosta - gwa - router - gwb - hostb; the gateways do not share a network."""

    WAN = {1: "198.51.100.1", 2: "203.0.113.1"}
    ROUTER = {1: "198.51.100.254", 2: "203.0.113.254"}

    def text(self, site, gateway=True):
        more = f", gateway: {self.ROUTER[site]}" if gateway else ""
        return (f"dataplane: {{ memory: none, idle: adaptive }}\nports:\n"
                f'  wan: {{ vdev: "net_af_packet,iface=wan", address: {self.WAN[site]}/24{more} }}\n'
                f'  lan: {{ vdev: "net_af_packet,iface=lan", address: 10.{site}.0.1/24 }}\n'
                "tunnels:\n" + pair.tunnel(site, outer=self.WAN) +
                f"routes:\n  - {{ to: 10.{3 - site}.0.0/24, via: lab }}\n")

    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.clear)
        self.world.add("hosta", "gwa", "router", "gwb", "hostb")
        self.world.link("hosta", "eth0", "gwa", "lan").link("gwa", "wan", "router", "r1")
        self.world.link("router", "r2", "gwb", "wan").link("gwb", "lan", "hostb", "eth0")
        self.world.sysctl("router", "net.ipv4.ip_forward", "1")
        for site in (1, 2):
            self.world.host("router", f"r{site}", [f"{self.ROUTER[site]}/24"])
            self.world.host(pair.HOST[site], "eth0", [f"{pair.HOST4[site]}/24"], [f"10.{site}.0.1"])
        self.folder = Folder()
        self.addCleanup(self.folder.clear)
        pair.make_keys(self.folder)

    def test_peers_reach_each_other_and_a_gateway_may_leave_the_file(self):
        daemons = [Daemon(self.world, pair.SPACE[site], self.folder).configure(self.text(site)).launch()
                   for site in (1, 2)]
        for daemon in daemons:
            daemon.wait_ready()
        a = daemons[0]
        self.assertEqual(self.world.ping("hosta", pair.HOST4[2]), 3)
        self.assertEqual(self.world.ping("hostb", pair.HOST4[1]), 3)
        default = lambda: self.world.run("gwa", ["ip", "route", "show", "default"])
        self.assertTrue(re.search(r"^default via 198.51.100.254 dev lg-wan .*metric 32768", default()), default())
        to = [r for r in a.show("routes")["routes"] if r["to"] == "0.0.0.0/0" and r["in-use"]]
        self.assertEqual([(r["via"], r["port"]) for r in to], [("198.51.100.254", "wan")])
        # The gateway's own traffic takes the same way: its kernel reaches beyond the router.
        self.assertEqual(self.world.ping("gwa", self.ROUTER[2], 1), 1)

        a.configure(self.text(1, gateway=False))
        done = a.command("reload")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(default(), "")
        # Without a route to the peer nothing leaves any more, and people are told.
        self.assertTrue(wait_until(lambda: "no route" in a.table("tunnels"), 3), a.table("tunnels"))


if __name__ == "__main__":
    main()
