# SPDX-License-Identifier: Apache-2.0
#
# Network namespaces for the daemon's tests: made on demand, removed at the end, joined by veth pairs that are left as
# the kernel makes them. Sockets of the test itself can live in any of them. Builds on the Lab of share/levelgate.
import contextlib
import ctypes
import os
import socket
import struct
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "share", "levelgate"), os.path.join(ROOT, "tests", "support")]
from tfc.namespaces import Lab, LabError, run, wait_until, why_not  # noqa: E402,F401

ETH_P_ALL = 3
CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
CAPTURE_OCTETS = 64 << 20


class World(Lab):
    """Names of namespaces are short here (`gwa`) and unique on the machine."""

    def __init__(self):
        super().__init__()
        self.prefix = f"lgtest-{os.getpid()}"

    def add(self, *names):
        for name in names:
            run(["ip", "netns", "add", self.space(name)])
            self.spaces.append(name)
            self.ip(name, "link", "set", "lo", "up")
        return self

    def link(self, left, left_interface, right, right_interface):
        run(["ip", "link", "add", left_interface, "netns", self.space(left), "type", "veth",
             "peer", "name", right_interface, "netns", self.space(right)])
        self.ip(left, "link", "set", left_interface, "up")
        self.ip(right, "link", "set", right_interface, "up")
        return self

    def host(self, space, interface, addresses, gateways=()):
        """A plain machine: whole checksums on the wire, since a packet socket at the other end sees them so."""
        self.run(space, ["ethtool", "-K", interface, "tx", "off", "gso", "off", "tso", "off"])
        for address in addresses:
            self.ip(space, "address", "add", address, "dev", interface, *(["nodad"] if ":" in address else []))
        for gateway in gateways:
            self.ip(space, *(["-6"] if ":" in gateway else []), "route", "add", "default", "via", gateway)
        return self

    def try_run(self, space, words, **more):
        """The finished process, whatever its exit code."""
        return subprocess.run(["ip", "netns", "exec", self.space(space), *words], check=False, text=True,
                                            capture_output=True, **more)

    def read(self, space, path):
        return self.run(space, ["cat", path]).strip()

    def exists(self, space, interface):
        return self.try_run(space, ["ip", "link", "show", interface]).returncode == 0

    def mac(self, space, interface):
        return self.read(space, f"/sys/class/net/{interface}/address")

    def ping(self, space, address, count=3, interval=0.05, size=56, wait=2):
        """Answers to `count` pings; duplicates are counted in, so more than `count` is a fault."""
        words = ["ping", "-n", "-c", str(count), "-i", str(interval), "-s", str(size), "-W", str(wait), address]
        out = self.try_run(space, words).stdout
        return sum("bytes from" in line for line in out.splitlines())

    @contextlib.contextmanager
    def inside(self, space):
        """What this thread opens here lives in that namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.space(space)}", os.O_RDONLY)
        try:
            if libc.setns(there, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            yield
        finally:
            libc.setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(there)

    def tap(self, space, interface):
        return Wire(self, space, interface)


class Frame:
    """One frame of a wire; `out`: this interface sent it."""

    def __init__(self, time_ns, octets, out):
        self.time_ns, self.octets, self.out = time_ns, octets, out

    @property
    def kind(self):
        return struct.unpack_from("!H", self.octets, 12)[0]

    @property
    def ip(self):
        return self.octets[14:]


class Wire:
    """A packet socket beside an interface: everything that passes, with the kernel's stamps; sends frames as well."""

    def __init__(self, world, space, interface):
        # Deaf until it is bound: one that hears every interface first has a gap while it moves to this one.
        with world.inside(space):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, CAPTURE_OCTETS)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((interface, ETH_P_ALL))
        self.mac = self.socket.getsockname()[4]

    def send(self, octets):
        self.socket.send(octets)

    def frames(self):
        """All that came since the last call."""
        found = []
        while True:
            try:
                octets, more, _, address = self.socket.recvmsg(10000, 64, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return found
            seconds, rest = struct.unpack("@qq", more[0][2])
            found.append(Frame(seconds * 10**9 + rest, octets, address[2] == 4))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
