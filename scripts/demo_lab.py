# SPDX-License-Identifier: Apache-2.0
#
# The demo's world: host A - gateway A = gateway B - host B, four network namespaces on veth pairs. What it makes it
# removes again, and it ends only processes that it started, by their ids. Never touches anything outside its own names.
import os
import signal
import subprocess
import time

OFFLOADS = ["tx", "off", "rx", "off", "gso", "off", "tso", "off", "gro", "off"]


class LabError(Exception):
    """The world cannot be made, or something in it failed; the text is for people."""


class Lab:
    """Namespaces are named lgdemo-ID-hosta, ...; ID keeps two runs apart."""

    # namespace, its interfaces: name, address v4, address v6; None: the daemon's twin carries the addresses
    HOSTS = {"hosta": ("10.1.0.2/24", "fd01::2/64", "10.1.0.1", "fd01::1"),
             "hostb": ("10.2.0.2/24", "fd02::2/64", "10.2.0.1", "fd02::1")}
    LINKS = [("hosta", "eth0", "gwa", "lan"), ("gwa", "wan", "gwb", "wan"), ("gwb", "lan", "hostb", "eth0")]

    def __init__(self, ident=None, prefix="lgdemo"):
        self.prefix = f"{prefix}-{ident or os.getpid()}"
        self.spaces, self.children = [], []

    def space(self, name):
        return f"{self.prefix}-{name}"

    def build(self):
        for name in ("hosta", "gwa", "gwb", "hostb"):
            run(["ip", "netns", "add", self.space(name)])
            self.spaces.append(name)
            self.ip(name, "link", "set", "lo", "up")
        for left, left_if, right, right_if in self.LINKS:
            run(["ip", "link", "add", left_if, "netns", self.space(left), "type", "veth",
                 "peer", "name", right_if, "netns", self.space(right)])
            for space, interface in ((left, left_if), (right, right_if)):
                self._ready(space, interface)
        for name, (v4, v6, via4, via6) in self.HOSTS.items():
            self.ip(name, "address", "add", v4, "dev", "eth0")
            self.ip(name, "address", "add", v6, "dev", "eth0", "nodad")
            self.ip(name, "route", "add", "default", "via", via4)
            self.ip(name, "-6", "route", "add", "default", "via", via6)
        return self

    def _ready(self, space, interface):
        # A gateway's port belongs to the daemon: the kernel beside it shall neither speak nor answer there.
        if space.startswith("gw"):
            self.sysctl(space, f"net.ipv6.conf.{interface}.disable_ipv6", "1")
        self.run(space, ["ethtool", "-K", interface, *OFFLOADS])
        self.ip(space, "link", "set", interface, "up")

    def sysctl(self, space, key, value):
        self.run(space, ["sh", "-c", f"echo {value} > /proc/sys/{key.replace(chr(46), chr(47))}"])

    def ip(self, space, *words):
        run(["ip", "-n", self.space(space), *words])

    def run(self, space, words, **more):
        return run(["ip", "netns", "exec", self.space(space), *words], **more)

    def start(self, space, words, **more):
        """A process that the lab ends when it ends."""
        child = subprocess.Popen(["ip", "netns", "exec", self.space(space), *words], **more)
        self.children.append(child)
        return child

    def stop(self, child, how=signal.SIGTERM, patience=5.0):
        if child.poll() is None:
            child.send_signal(how)
            try:
                child.wait(patience)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if child in self.children:
            self.children.remove(child)
        return child.returncode

    def clear(self):
        for child in reversed(list(self.children)):
            self.stop(child)
        for name in reversed(self.spaces):
            subprocess.run(["ip", "netns", "delete", self.space(name)], check=False, stderr=subprocess.DEVNULL)
        self.spaces.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear()


def run(words, **more):
    done = subprocess.run(words, check=False, text=True, capture_output=True, **more)
    if done.returncode != 0:
        raise LabError(f"{' '.join(words)}: {(done.stderr or done.stdout).strip() or done.returncode}")
    return done.stdout


def why_not():
    """Empty when namespaces can be made here; otherwise one line that says why not."""
    if os.geteuid() != 0:
        return "root is needed: network namespaces, packet sockets and TAP devices"
    name = f"lgdemo-{os.getpid()}-probe"
    try:
        run(["ip", "netns", "add", name])
        run(["ip", "-n", name, "link", "add", "probe0", "type", "veth", "peer", "name", "probe1"])
        if not os.path.exists("/dev/net/tun"):
            return "/dev/net/tun is missing: modprobe tun"
    except (LabError, OSError) as error:
        return f"network namespaces are not possible here: {error}"
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)
    return ""


def wait_until(condition, seconds, step=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(step)
    return False
