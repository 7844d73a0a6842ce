# SPDX-License-Identifier: Apache-2.0
#
# IKE between two daemons of which one is behind a NAT: IKE moves to port 4500, ESP goes inside UDP, the tunnel carries
# traffic both ways, and a rekey that the far side begins finds its way back (RFC 7296 §2.23).
import unittest

import pair
from daemons import Daemon, Folder
from main import main
from spaces import World, wait_until

INSIDE, NAT_INSIDE, NAT_OUTSIDE, FAR = "192.0.2.1", "192.0.2.254", "198.51.100.1", "198.51.100.2"
RULES = "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; add rule ip nat out oifname out masquerade"
CONFIG = """\
dataplane: {{ memory: none, idle: adaptive }}
ports:
  wan: {{ vdev: "net_af_packet,iface=wan", address: {local}/24{gateway} }}
  lan: {{ vdev: "net_af_packet,iface=lan", address: 10.{own}.0.1/24 }}
tunnels:
  lab:
    local:  {{ address: {local}, id: gate-{own}.example.net }}
    remote: {{ address: {remote}, id: gate-{other}.example.net }}
    auth: {{ psk: {{ file: lab.psk }} }}
    start: {start}
    tfs: {{ mode: fixed, rate: 2 Mbit/s, packet-size: 500B }}
routes:
  - {{ to: 10.{other}.0.0/24, via: lab }}
"""


class Nat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.clear)
        world = cls.world.add("hosta", "gwa", "nat", "gwb", "hostb")
        world.link("hosta", "eth0", "gwa", "lan").link("gwa", "wan", "nat", "in").link("nat", "out", "gwb", "wan")
        world.link("gwb", "lan", "hostb", "eth0")
        for site in (1, 2):
            world.host(pair.HOST[site], "eth0", [f"{pair.HOST4[site]}/24"], [f"10.{site}.0.1"])
        world.host("nat", "in", [f"{NAT_INSIDE}/24"])
        world.host("nat", "out", [f"{NAT_OUTSIDE}/24"])
        world.sysctl("nat", "net.ipv4.ip_forward", "1")
        world.run("nat", ["nft", RULES])
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.clear)
        cls.folder.write("lab.psk", "bm90IGEgc2VjcmV0LCBidXQgb2YgMjU2IGJpdHM6IDE=\n")
        cls.a, cls.b = (Daemon(world, space, cls.folder) for space in ("gwa", "gwb"))
        cls.a.configure(CONFIG.format(own=1, other=2, local=INSIDE, remote=FAR, start="always", gateway=f", gateway: {NAT_INSIDE}"))
        cls.b.configure(CONFIG.format(own=2, other=1, local=FAR, remote=NAT_OUTSIDE, start="respond", gateway=""))
        cls.b.start()
        cls.a.start()
        for daemon in (cls.a, cls.b):
            cls.addClassCleanup(daemon.stop)

    def sas(self, daemon):
        return daemon.show("ike")["tunnels"]["lab"]["ike-sas"]

    def children(self, daemon):
        return [child for sa in self.sas(daemon) for child in sa["children"] if child["state"] == "installed"]

    def test_through_a_nat_and_back(self):
        up = lambda: all(self.children(daemon) for daemon in (self.a, self.b))  # noqa: E731
        self.assertTrue(wait_until(up, 10), self.a.log() + self.b.log())
        for daemon, nat in ((self.a, "before us"), (self.b, "before the peer")):
            sa = self.sas(daemon)[0]
            self.assertEqual((sa["nat"], sa["local"].split(":")[1], sa["post-quantum"]), (nat, "4500", True))
            self.assertEqual(self.children(daemon)[0]["encapsulation"], "udp")
        self.assertEqual(self.world.ping("hosta", pair.HOST4[2]), 3)
        self.assertEqual(self.world.ping("hostb", pair.HOST4[1]), 3)
        before = self.children(self.b)[0]["spi-in"]
        self.assertEqual(self.b.command("rekey", "lab").returncode, 0)
        renewed = lambda: [child["spi-out"] for child in self.children(self.a)] == \
            [child["spi-in"] for child in self.children(self.b)] != [before]  # noqa: E731
        self.assertTrue(wait_until(renewed, 10), self.b.log())
        self.assertEqual(self.world.ping("hostb", pair.HOST4[1]), 3)


if __name__ == "__main__":
    main()
