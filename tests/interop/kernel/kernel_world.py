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
        self.interfaces = {"wan": "wan0", "lan": "lan0"}   # of the two ports

    def space(self, name):
        return f"{self.prefix}-{NAMES[name]}"

    def build(self, outer, mtu=PLAIN_MTU, with_relay=False, peer="kernel"):
        self.guest.up().prove(peer)
        self._wire(with_relay)
        self._inside(mtu)
        self._address(outer)
        return self

    def _wire(self, with_relay):
        """The gateway's ports belong to levelgate: the kernel beside it has no address there. None of the lab's interfaces goes
        down for a moment, which a guest may not survive."""
        gateway = self.space("gwa")
        for interface in ("wan0", "lan0"):
            self.ip("gwa", "address", "flush", "dev", interface)
        if with_relay:
            run(["ip", "link", "add", "wire", "netns", gateway, "type", "veth", "peer", "name", "near", "netns", gateway])
            self.sysctl("gwa", "net.ipv6.conf.near.disable_ipv6", "1")
            self.run("gwa", ["ethtool", "-K", "wire", "tx", "off", "gso", "off", "tso", "off"])
            for interface in ("wire", "near"):
                self.ip("gwa", "link", "set", interface, "up")
            self.sysctl("gwa", "net.ipv6.conf.wan0.disable_ipv6", "1")
            self.relay = Relay(self, "gwa", near="near", far="wan0")
            self.interfaces["wan"] = "wire"

    def _inside(self, mtu):
        """The other side keeps its MTU: a guest's interface may know no larger one."""
        for space, interface in (("gwa", "lan0"), ("hosta", "lan0")):
            self.ip(space, "link", "set", interface, "mtu", str(mtu))
        for site in (1, 2):
            self.ip(pair.HOST[site], "route", "replace", "default", "via", f"10.{site}.0.1")

    def _address(self, outer):
        """The guest is site 2 of the other tests."""
        length = 64 if ":" in outer[2] else 24
        family = "-6" if ":" in outer[1] else "-4"
        self.guest.run(f"set -e; ip address flush dev wan0; ip address add {outer[2]}/{length} dev wan0; "
                       f"ip {family} route replace default via {outer[1]}; "
                       "ip -4 route replace 10.1.0.0/24 dev wan0; ip -6 route replace fd01::/64 dev wan0")
        self.guest_mac = self.guest.run("cat /sys/class/net/lan0/address").strip()

    def gateway_mac(self, site):
        return self.mac("gwa", "lan0") if site == 1 else self.guest_mac

    def clear(self):
        for child in reversed(list(self.children)):
            self.stop(child)
        if self.relay:
            self.relay.close()
        self.guest.down()
