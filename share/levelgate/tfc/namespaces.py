# SPDX-License-Identifier: Apache-2.0
#
# A lab on one machine: host A - gateway A = gateway B - host B, four network namespaces on veth pairs. What it makes it
# removes again, and it ends only processes that it started, by their ids. Never touches anything outside its own names.
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NAME = "lglab"
OFFLOADS = ["tx", "off", "rx", "off", "gso", "off", "tso", "off", "gro", "off"]


class LabError(Exception):
    """The world cannot be made, or something in it failed; the text is for people."""


class Lab:
    """Namespaces are named lglab-ID-hosta, ...; ID is this process's and keeps two runs apart."""

    # namespace, its interfaces: name, address v4, address v6; None: the daemon's twin carries the addresses
    HOSTS = {"hosta": ("10.1.0.2/24", "fd01::2/64", "10.1.0.1", "fd01::1"),
             "hostb": ("10.2.0.2/24", "fd02::2/64", "10.2.0.1", "fd02::1")}
    LINKS = [("hosta", "eth0", "gwa", "lan"), ("gwa", "wan", "gwb", "wan"), ("gwb", "lan", "hostb", "eth0")]

    def __init__(self):
        self.prefix = f"{NAME}-{os.getpid()}"
        self.spaces, self.children = [], []

    def space(self, name):
        return f"{self.prefix}-{name}"

    def build(self):
        for name in ("hosta", "gwa", "gwb", "hostb"):
            self.spaces.append(name)  # before it is there: an interruption in between leaves nothing behind
            run(["ip", "netns", "add", self.space(name)])
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
        """A process that the lab ends when it ends, and that the kernel ends should this one be killed. In a session of
        its own: Ctrl-C is for the program, which ends its processes in order."""
        words = ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.space(space), *words]
        with shielded():
            child = subprocess.Popen(words, start_new_session=True, preexec_fn=unshield, **more)
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
        with shielded():
            for child in reversed(list(self.children)):
                self.stop(child)
            for name in reversed(self.spaces):
                delete_space(self.space(name))
            self.spaces.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clear()


@contextlib.contextmanager
def shielded():
    """What must not be left half done: signals that would end the program wait until it is."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def unshield():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)


def delete_space(name):
    subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)


def make_folder():
    return tempfile.mkdtemp(prefix=f"{NAME}-{os.getpid()}-")


def remove_leftovers():
    """What labs left whose processes were killed: its names tell a process that is no more."""
    for line in run(["ip", "netns", "list"]).splitlines():
        if is_leftover(line):
            delete_space(line.split()[0])
    with os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if is_leftover(entry.name) and entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                shutil.rmtree(entry.path, ignore_errors=True)


def is_leftover(name):
    found = re.match(rf"{NAME}-(\d+)-\w+", name)
    return found is not None and (int(found[1]) == os.getpid() or not os.path.exists(f"/proc/{found[1]}"))


def run(words, **more):
    done = subprocess.run(words, check=False, text=True, capture_output=True, start_new_session=True, **more)
    if done.returncode != 0:
        raise LabError(f"{' '.join(words)}: {(done.stderr or done.stdout).strip() or done.returncode}")
    return done.stdout


def why_not():
    """Empty when namespaces can be made here; otherwise one line that says why not."""
    if os.geteuid() != 0:
        return "root is needed: network namespaces, packet sockets and TAP devices"
    name = f"{NAME}-{os.getpid()}-probe"
    try:
        run(["ip", "netns", "add", name])
        run(["ip", "-n", name, "link", "add", "probe0", "type", "veth", "peer", "name", "probe1"])
        if not os.path.exists("/dev/net/tun"):
            return "/dev/net/tun is missing: modprobe tun"
    except (LabError, OSError) as error:
        return f"network namespaces are not possible here: {error}"
    finally:
        with shielded():
            delete_space(name)
    return ""


def machine():
    """What the figures depend on."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
        file.seek(0)
        guest = any(line.startswith("flags") and " hypervisor" in line for line in file)
    return {"processor": model, "cores": os.cpu_count(), "kernel": os.uname().release, "virtual": guest,
            "load": os.getloadavg()[0]}


def wait_until(condition, seconds, step=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(step)
    return False
