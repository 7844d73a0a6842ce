# SPDX-License-Identifier: Apache-2.0
#
# Host A - levelgate = guest - host B: the namespaces that the lab makes around its guest, under the names and addresses
# that the other tests use. Between levelgate and the guest lies a relay, if a row asks for one.
import pair
from guest import Guest
from relay import Relay
from spaces import World, run

NAMES = {"gwa": "dut", "hosta": "dutlan", "hostb": "peerlan"}
PLAIN_MTU = 1500


class KernelWorld(World):
    """The spaces belong to the lab; what runs in them is ended with this world, then they are removed."""

    def __init__(self, lab):
        super().__init__()
        self.guest, self.relay, self.guest_mac = Guest(lab, self.prefix), None, None

    def space(self, name):
        return f"{self.prefix}-{NAMES[name]}"

    def build(self, outer, mtu=PLAIN_MTU, with_relay=False):
        self.guest.up().prove()
        self._wire(with_relay)
        self._inside(mtu)
        self._address(outer, mtu)
        return self

    def _wire(self, with_relay):
        """The gateway's ports are `wan` and `lan`, and the kernel beside it says nothing there."""
        gateway = self.space("gwa")
        self._rename("lan0", "lan")
        self._rename("wan0", "far" if with_relay else "wan")
        if with_relay:
            run(["ip", "link", "add", "wan", "netns", gateway, "type", "veth", "peer", "name", "near", "netns", gateway])
            for interface in ("near", "far"):
                self.sysctl("gwa", f"net.ipv6.conf.{interface}.disable_ipv6", "1")
            self.run("gwa", ["ethtool", "-K", "wan", "tx", "off", "gso", "off", "tso", "off"])
            for interface in ("wan", "near"):
                self.ip("gwa", "link", "set", interface, "up")
            self.relay = Relay(self, "gwa", near="near", far="far")

    def _rename(self, old, new):
        self.ip("gwa", "address", "flush", "dev", old)
        self.ip("gwa", "link", "set", old, "down")
        self.ip("gwa", "link", "set", old, "name", new)
        self.ip("gwa", "link", "set", new, "up")

    def _inside(self, mtu):
        for space, interface in (("gwa", "lan"), ("hosta", "lan0"), ("hostb", "lan0")):
            self.ip(space, "link", "set", interface, "mtu", str(mtu))
        for site in (1, 2):
            self.ip(pair.HOST[site], "route", "replace", "default", "via", f"10.{site}.0.1")

    def _address(self, outer, mtu):
        """The guest is site 2 of the other tests."""
        length = 64 if ":" in outer[2] else 24
        family = "-6" if ":" in outer[1] else "-4"
        self.guest.run(f"set -e; ip link set lan0 mtu {mtu}; ip address flush dev wan0; ip address add {outer[2]}/{length} dev wan0; "
                       f"ip {family} route replace default via {outer[1]}; "
                       "ip -4 route replace 10.1.0.0/24 dev wan0; ip -6 route replace fd01::/64 dev wan0")
        self.guest_mac = self.guest.run("cat /sys/class/net/lan0/address").strip()

    def gateway_mac(self, site):
        return self.mac("gwa", "lan") if site == 1 else self.guest_mac

    def clear(self):
        for child in reversed(list(self.children)):
            self.stop(child)
        if self.relay:
            self.relay.close()
        self.guest.down()
