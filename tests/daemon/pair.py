# SPDX-License-Identifier: Apache-2.0
#
# Host A - gateway A = gateway B - host B: two daemons with one tunnel between them, the same for most tests. What a
# test wants otherwise it names.
import unittest

from daemons import Daemon, Folder
from spaces import World

KEY_OCTETS = {"aes128gcm16": 20, "aes256gcm16": 36, "chacha20poly1305": 36}  # cipher key and salt
OUTER4 = {1: "198.51.100.1", 2: "198.51.100.2"}
OUTER6 = {1: "2001:db8::1", 2: "2001:db8::2"}
SPACE = {1: "gwa", 2: "gwb"}
HOST = {1: "hosta", 2: "hostb"}
HOST4 = {1: "10.1.0.2", 2: "10.2.0.2"}
HOST6 = {1: "fd01::2", 2: "fd02::2"}
FIXED = "{ mode: fixed, rate: 2 Mbit/s, packet-size: 500B }"   # 500 packets/s

PORTS = """\
dataplane: {{ {dataplane} }}
ports:
  wan: {{ vdev: "{wan}" }}
  lan: {{ vdev: "{lan}" }}
interfaces:
  wan: {{ port: wan, addresses: ["{outer}"] }}
  lan: {{ port: lan, addresses: [10.{own}.0.1/24, "fd0{own}::1/64"] }}
"""
TUNNEL = """\
  {name}:
    local:  {{ address: "{local}" }}
    remote: {{ address: "{remote}" }}
    static:
      outbound: {{ spi: {spi_out:#x}, cipher: {cipher}, key: {{ file: {name}-{own}.key }} }}
      inbound:  {{ spi: {spi_in:#x}, cipher: {cipher}, key: {{ file: {name}-{other}.key }} }}
    tfs: {tfs}
{more}"""
IKE_TUNNEL = """\
tunnels:
  lab:
    local:  {{ address: {local} }}
    remote: {{ address: {remote} }}
    auth: {{ psk: {{ file: {psk} }} }}
    start: {start}
    ike: {{ dpd: {{ delay: {dpd_delay}, timeout: {dpd_timeout} }} }}
    tfs: {tfs}
{more}"""
PSK = "bm90IGEgc2VjcmV0LCBidXQgb2YgMjU2IGJpdHM6IDE="
ROUTES = """\
routes:
  - {{ to: 10.{other}.0.0/24, via: lab }}
  - {{ to: "fd0{other}::/64", via: lab }}
"""


def ports(own, dataplane="memory: none, idle: adaptive", wan="net_af_packet,iface=wan", lan="net_af_packet,iface=lan",
          outer=OUTER4):
    length = 64 if ":" in outer[own] else 24
    return PORTS.format(own=own, dataplane=dataplane, wan=wan, lan=lan, outer=f"{outer[own]}/{length}")


def tunnel(own, name="lab", tfs=FIXED, cipher="aes256gcm16", outer=OUTER4, spi=0x1000, more=""):
    other = 3 - own
    return TUNNEL.format(name=name, own=own, other=other, local=outer[own], remote=outer[other], cipher=cipher, tfs=tfs,
                         spi_out=spi + own, spi_in=spi + other, more=more)


def whole(own, **settings):
    """The configuration of one side; settings go to ports() and tunnel()."""
    for_ports = {key: settings[key] for key in ("dataplane", "wan", "lan", "outer") if key in settings}
    for_tunnel = {key: settings[key] for key in ("tfs", "cipher", "outer", "more") if key in settings}
    return ports(own, **for_ports) + "tunnels:\n" + tunnel(own, **for_tunnel) + ROUTES.format(other=3 - own)


def by_ike(own, start="respond", psk="lab.psk", dpd=("10s", "60s"), more=""):
    """The configuration of one side whose tunnel has a preshared key; `more`: lines of the tunnel."""
    other = 3 - own
    tunnel_ = IKE_TUNNEL.format(local=OUTER4[own], remote=OUTER4[other], psk=psk, start=start, tfs=FIXED,
                                dpd_delay=dpd[0], dpd_timeout=dpd[1], more=more)
    return ports(own) + tunnel_ + ROUTES.format(other=other)


def make_keys(folder, name="lab", cipher="aes256gcm16"):
    """Keys of both directions by the site that sends with them."""
    return {site: folder.key(f"{name}-{site}.key", KEY_OCTETS[cipher]) for site in (1, 2)}


def make_world():
    world = World()
    try:
        world.add("hosta", "gwa", "gwb", "hostb")
        world.link("hosta", "eth0", "gwa", "lan").link("gwa", "wan", "gwb", "wan").link("gwb", "lan", "hostb", "eth0")
        for site in (1, 2):
            world.host(HOST[site], "eth0", [f"{HOST4[site]}/24", f"{HOST6[site]}/64"],
                       [f"10.{site}.0.1", f"fd0{site}::1"])
    except BaseException:
        world.clear()
        raise
    return world


class ByIke(unittest.TestCase):
    """Both daemons, not started, with the shared key of a tunnel by IKE in their folder: `a` and `b`."""

    @classmethod
    def setUpClass(cls):
        cls.world = make_world()
        cls.addClassCleanup(cls.world.clear)

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.clear)
        self.folder.write("lab.psk", PSK + "\n")
        self.a, self.b = (Daemon(self.world, space, self.folder) for space in ("gwa", "gwb"))


class Pair:
    """Both daemons, running."""

    def __init__(self, world, **settings):
        self.world, self.folder = world, Folder()
        self.keys = make_keys(self.folder, cipher=settings.get("cipher", "aes256gcm16"))
        self.a = Daemon(world, "gwa", self.folder).configure(whole(1, **settings))
        self.b = Daemon(world, "gwb", self.folder).configure(whole(2, **settings))

    def start(self, **more):
        self.a.launch(**more)  # both at once
        self.b.start(**more)
        self.a.wait_ready()
        return self

    def stop(self):
        codes = [daemon.stop() for daemon in (self.a, self.b) if daemon.child is not None]
        self.folder.clear()
        return codes

    def ping_all(self, count=3):
        """Answers: v4 and v6, A to B and back."""
        ways = [("hosta", HOST4[2]), ("hosta", HOST6[2]), ("hostb", HOST4[1]), ("hostb", HOST6[1])]
        return [self.world.ping(space, address, count) for space, address in ways]

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()
