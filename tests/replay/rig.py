# SPDX-License-Identifier: Apache-2.0
#
# One gateway as the replay tests see it: writes its configuration and key files, runs `levelgate replay` on captures
# that the oracle made, and hands back what left by each port and what was counted. Judges nothing by itself.
import ipaddress
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from oracle import esp, ip, pcap  # noqa: E402

MS = 1_000_000
SECOND = 1_000 * MS
WAN4, PEER4, WAN6, PEER6 = "198.51.100.1", "198.51.100.2", "2001:db8:1::1", "2001:db8:1::2"
INSIDE = {4: "10.1.0.2", 6: "fd01::2"}        # a host on our protected side
OUTSIDE = {4: "10.2.0.2", 6: "fd02::2"}       # one behind the peer
LAN = {4: "10.1.0.1", 6: "fd01::1"}           # the gateway's own addresses on the protected side
RATE_1000 = 1_000 * 1_400 * 8                 # 1,000 slots a second with the packet size of 1,400 octets


def keymat(seed, cipher):
    return random.Random(f"key {seed}").randbytes(esp.KEY_OCTETS[cipher] + esp.SALT_OCTETS)


@dataclass
class Tunnel:
    """One tunnel of the gateway. `tfs` is the configuration's own map."""
    tfs: dict
    name: str = "lab"
    local: str = WAN4
    remote: str = PEER4
    cipher: str = "aes256gcm16"
    esn: bool = True
    udp: bool = False
    first_out: int = 1
    first_in: int = 1
    spi: int = 0x1001                           # outbound; inbound is the next one
    replay_window: int | None = None
    selectors: dict = field(default_factory=lambda: {"local": ["10.1.0.0/16", "fd01::/64"],
                                                     "remote": ["10.2.0.0/16", "fd02::/64"]})

    def out_sa(self):
        return esp.Sa(self.spi, self.local, self.remote, self.cipher, keymat(self.spi, self.cipher), self.esn, self.udp,
                      self.first_out)

    def in_sa(self):
        return esp.Sa(self.spi + 1, self.remote, self.local, self.cipher, keymat(self.spi + 1, self.cipher), self.esn,
                      self.udp, self.first_in)

    def room(self):
        return self.out_sa().room(int(self.tfs.get("packet-size", "1400B").removesuffix("B")))

    def networks(self):
        """((networks behind the peer), (networks of ours)) of the selectors; empty: any."""
        return tuple(tuple(map(ipaddress.ip_network, self.selectors[side])) for side in ("remote", "local")
                     if self.selectors)

    def as_map(self, folder):
        def one(sa, first):
            path = os.path.join(folder, f"{sa.spi}.key")
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
                file.write(sa.keymat.hex())
            return {"spi": sa.spi, "cipher": sa.cipher, "key": {"file": os.path.basename(path)},
                    "first-sequence": first}

        out = {"local": {"address": self.local}, "remote": {"address": self.remote}, "tfs": self.tfs,
               "static": {"esn": self.esn, "outbound": one(self.out_sa(), self.first_out),
                          "inbound": one(self.in_sa(), self.first_in)}}
        out["qos"] = {"fair": False}  # the oracles know packets by their order
        if self.selectors:
            out["selectors"] = self.selectors
        if self.udp or self.replay_window:
            out["esp"] = {"encapsulation": "udp" if self.udp else "none"}
        if self.replay_window:
            out["esp"]["replay-window"] = self.replay_window
        return out


def fixed(rate=RATE_1000, **more):
    return {"mode": "fixed", "rate": f"{rate} bit/s", **{k.replace("_", "-"): v for k, v in more.items()}}


def on_demand(**more):
    return {"mode": "on-demand", **{k.replace("_", "-"): v for k, v in more.items()}}


def plain(**more):
    return {"mode": "plain", **{k.replace("_", "-"): v for k, v in more.items()}}


def gateway_map(folder, tunnels, routes=None, neighbours=(), wan=None, lan=None, **sections):
    """The configuration as a map; JSON is YAML too. `wan` and `lan` add to the ports, or change them."""
    whole = {"version": 1,
             "ports": {"wan": {"vdev": "net_af_packet,iface=veth-wan", "address": [WAN4 + "/24", WAN6 + "/64"],
                               **(wan or {})},
                       "lan": {"vdev": "net_af_packet,iface=veth-lan", "address": [LAN[4] + "/24", LAN[6] + "/64"],
                               **(lan or {})}},
             "tunnels": {tunnel.name: tunnel.as_map(folder) for tunnel in tunnels},
             "routes": routes if routes is not None else [{"to": to, "via": tunnel.name} for tunnel in tunnels
                                                          for to in (tunnel.selectors or {}).get("remote", ())],
             **sections}
    if neighbours:
        whole["neighbours"] = list(neighbours)
    return whole


@dataclass
class Outcome:
    exit: int
    text: str
    errors: str
    stats: dict | None
    frames: dict          # of each port that had an output

    def packets(self, port):
        """[(moment, IP packet)] that left by the port; every frame must be Ethernet and hold exactly one."""
        out = []
        for frame in self.frames[port]:
            packet = ip.packet_of(frame)
            assert packet is not None and len(frame.octets) == 14 + len(packet), frame
            out.append((frame.time_ns, packet))
        return out

    def tunnel(self, name="lab"):
        return self.stats["tunnels"][name]

    @property
    def drops(self):
        return self.stats["drops"]


class ReplayTest(unittest.TestCase):
    """Each test has a folder of its own."""
    maxDiff = 2000

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="levelgate-replay-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def assertListEqual(self, first, second, msg=None):
        """Names the first difference; unittest's own needs minutes to print how thousands of packets differ."""
        if first != second:
            at = next((i for i, pair in enumerate(zip(first, second)) if pair[0] != pair[1]),
                      min(len(first), len(second)))
            self.fail(f"{len(first)} and {len(second)} entries differ first at {at}: "
                      f"{first[at:at + 1]!r:.200} and {second[at:at + 1]!r:.200}")

    def path(self, name):
        return os.path.join(self.folder, name)

    def configure(self, *tunnels, name="gw.yaml", **more):
        with open(self.path(name), "w", encoding="ascii") as file:
            json.dump(gateway_map(self.folder, tunnels, **more), file, indent=1)
        return self.path(name)

    def inputs(self, captures):
        """Options for [(port, path or [(moment, IP packet)])], in that order."""
        options = []
        for number, (port, what) in enumerate(captures):
            if not isinstance(what, str):
                frames = [pcap.Frame(moment, ip.ethernet(packet)) for moment, packet in what]
                what = self.path(f"in-{number}-{port}.pcap")
                pcap.write(what, frames)
            options += ["--in", f"{port}={what}"]
        return options

    def replay(self, captures=(), until=None, outputs=("wan", "lan"), config=None, options=("--json",), good=True):
        """Runs the binary on the configuration written last. With good=True anything but exit 0 fails the test."""
        command = [os.environ["LEVELGATE"], "replay", "--config", config or self.path("gw.yaml")]
        command += self.inputs(captures)
        for port in outputs:
            command += ["--out", f"{port}={self.path('out-' + port + '.pcap')}"]
        if until is not None:
            command += ["--until", f"{until}ns"]
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, check=False)
        if good:
            self.assertEqual(done.returncode, 0, done.stderr)
        frames = {}
        for port in outputs:
            if os.path.exists(self.path(f"out-{port}.pcap")):
                frames[port] = pcap.read(self.path(f"out-{port}.pcap"))
        stats = json.loads(done.stdout) if "--json" in options and done.stdout.strip() else None
        return Outcome(done.returncode, done.stdout, done.stderr, stats, frames)


def inside_packet(rng, size, family=4, **more):
    """From a host of ours to one behind the peer; the octets are the generator's, so no two packets are equal."""
    size = max(size, 20 if family == 4 else 40)
    return ip.udp_packet(INSIDE[family], OUTSIDE[family], size, rng.randrange(1, 65536), rng.randrange(1, 65536),
                         fill=rng.randbytes(67), **more)


def outside_packet(rng, size, family=4, **more):
    """The other way."""
    size = max(size, 20 if family == 4 else 40)
    return ip.udp_packet(OUTSIDE[family], INSIDE[family], size, rng.randrange(1, 65536), rng.randrange(1, 65536),
                         fill=rng.randbytes(67), **more)


