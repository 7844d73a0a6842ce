# SPDX-License-Identifier: Apache-2.0
#
# A part of the table in real time: two daemons in namespaces, joined by a link emulator of the same path model, watched
# from outside. The first IKE packet on the wire is the beginning; the first inner packet that comes to host B, and the
# first packet of each gateway under its second SA, are what is waited for.
import json
import os
import subprocess
import time

from handshake.cells import NAMES
from tfc import captures, namespaces

MESSAGES = "+mceliece6688128f"
METHOD = "mceliece6688128f"
# bits per second, round trip in microseconds, loss in per cent, delivery
CELLS = [(100_000_000, 100_000, 0, "udp-ack"), (100_000_000, 100_000, 10, "udp-ack"), (1_000_000, 100_000, 1, "udp-ack"),
         (100_000_000, 100_000, 0, "tcp"), (100_000_000, 100_000, 0, "separate"), (100_000_000, 100_000, 10, "separate")]
TRANSPORTS = {"udp-ack": "udp", "tcp": "tcp", "separate": "separate"}
# The first that the kernel lets a namespace choose: the model's, or what is most like it where windows are small.
CONGESTION_CONTROLS = ("cubic", "reno")
QUEUED_OCTETS = 1280
PACE_SHARE = 0.95
ADDRESS = {1: "198.51.100.1", 2: "198.51.100.2"}
SPACE = {1: "gwa", 2: "gwb"}
PORT = 2048
PATIENCE = 60.0
# By default what this port sends passes captures of its own side by.
SEEN_PORT = "net_af_packet,iface=wan,qdisc_bypass=0"
ESP, TCP = 50, 6
IKE_TCP_PORT = 4500
KNOCK = ("import socket,sys,time\n"
         "out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
         "while True:\n"
         "    try:\n"
         "        out.sendto(bytes(60), ('10.2.0.2', 2048))\n"
         "    except OSError:\n"
         "        pass\n"
         "    time.sleep(0.01)\n")


class RealError(Exception):
    """A run in real time failed; the text is for people."""


def why_not(emulator, daemon):
    """Empty when a real part can be run here; otherwise what is skipped and why."""
    why = namespaces.why_not()
    if why:
        return f"the real part is skipped: {why}"
    if not os.access(emulator, os.X_OK):
        return f"the real part is skipped: there is no {emulator}: it is built with the tests and not installed"
    if not os.access(daemon, os.X_OK):
        return f"the real part is skipped: there is no {daemon}"
    return ""


class JoinedLab(namespaces.Lab):
    """Gateways A and B are joined by the emulator and not by a veth pair."""

    LINKS = [link for link in namespaces.Lab.LINKS if "wan" not in (link[1], link[3])]

    def __init__(self, emulator, path, seed):
        super().__init__()
        self.emulator, self.path, self.seed = emulator, path, seed

    def build(self):
        super().build()
        words = ["setpriv", "--pdeathsig", "KILL", self.emulator, "--seed", str(self.seed), "--path", self.path, "--spare-neighbours"]
        for option, space in (("--left", "gwa"), ("--right", "gwb")):
            words += [option, f"{self.space(space)}:wan"]
        child = subprocess.Popen(words, start_new_session=True, text=True, stdout=subprocess.PIPE)
        self.children.append(child)
        if child.stdout.readline() != "ready\n":
            raise RealError("the link emulator did not begin; its reason stands above")
        for space in ("gwa", "gwb"):
            self._ready(space, "wan")
            self.sysctl(space, "net.ipv4.tcp_congestion_control", congestion_control())
        # Host A asks for its gateway once a second while the gateway is not there yet: a wait of the probe, not of the tunnel.
        gateway = self.run("gwa", ["cat", "/sys/class/net/lan/address"]).strip()
        self.ip("hosta", "neighbour", "replace", self.HOSTS["hosta"][2], "lladdr", gateway, "dev", "eth0", "nud", "permanent")
        return self


def congestion_control():
    with open("/proc/sys/net/ipv4/tcp_allowed_congestion_control", encoding="ascii") as file:
        allowed = file.read().split()
    return next(name for name in CONGESTION_CONTROLS if name in allowed)  # reno always is


def path_of(cell, queue_packets):
    rate, trip, loss, _ = cell
    return f"rate={rate} bit/s, delay={trip // 2}us, loss={loss}%, queue={queue_packets * QUEUED_OCTETS}B"


def config(folder, site, cell):
    """The path of one gateway's configuration. Its constant rate is small, since it takes its part of the line."""
    other, rate = 3 - site, max(64_000, min(cell[0] // 100, 1_000_000))
    whole = {"version": 1, "dataplane": {"memory": "none", "idle": "adaptive"},
             "ports": {"wan": {"vdev": SEEN_PORT, "address": [f"{ADDRESS[site]}/24"]},
                       "lan": {"vdev": "net_af_packet,iface=lan", "address": [f"10.{site}.0.1/24"]}},
             "tunnels": {"lab": {"local": {"address": ADDRESS[site]}, "remote": {"address": ADDRESS[other]},
                                 "auth": {"psk": {"file": "lab.psk"}}, "start": "always" if site == 1 else "respond",
                                 "ike": {"transport": TRANSPORTS[cell[3]]},
                                 "large-keys": {"method": METHOD, "pace": f"{int(cell[0] * PACE_SHARE)} bit/s"},
                                 "tfs": {"mode": "fixed", "rate": f"{rate} bit/s", "packet-size": "200B"}}},
             "routes": [{"to": f"10.{other}.0.0/24", "via": "lab"}],
             "management": {"api": {"socket": os.path.join(folder, f"{site}.sock")}}}
    path = os.path.join(folder, f"gateway-{site}.yaml")
    with open(path, "w", encoding="ascii") as file:
        json.dump(whole, file, indent=1)
    return path


def make_psk(folder):
    with open(os.open(os.path.join(folder, "lab.psk"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(os.urandom(32).hex() + "\n")


def esp_packets(path, source):
    """(time, SPI) of what left a gateway."""
    packed = bytes(int(part) for part in source.split("."))
    for moment, frame in captures.frames(captures.read(path)):
        ip = captures.ip_of(frame)
        if ip and frame[12:14] == captures.IPV4 and ip[1] == packed and frame[captures.ETHERNET + 9] == ESP:
            begin = captures.ETHERNET + 4 * (frame[captures.ETHERNET] & 15)
            yield moment, frame[begin:begin + 4]


def ike_packets(path):
    """(time, octets of the IP packet) of all that carries IKE, whatever it carries of it, over UDP and over TCP."""
    found = [(moment, size) for moment, _, size in captures.ike_messages(path)]
    for moment, frame in captures.frames(captures.read(path)):
        ip = captures.ip_of(frame)
        if not ip or frame[12:14] != captures.IPV4 or frame[captures.ETHERNET + 9] != TCP:
            continue
        begin = captures.ETHERNET + 4 * (frame[captures.ETHERNET] & 15)
        if IKE_TCP_PORT in (int.from_bytes(frame[begin:begin + 2], "big"), int.from_bytes(frame[begin + 2:begin + 4], "big")):
            found.append((moment, ip[0]))
    return sorted(found)


def second_sa(path, source):
    """When the first packet under another SPI than the first one left; None: not yet."""
    first = None
    for moment, spi in esp_packets(path, source):
        first = first or spi
        if spi != first:
            return moment
    return None


class Run:
    """One handshake in real time."""

    def __init__(self, options, folder, cell, queue_packets, seed):
        self.options, self.folder, self.cell, self.queue_packets, self.seed = options, folder, cell, queue_packets, seed

    def figures(self):
        with JoinedLab(self.options.emulator, path_of(self.cell, self.queue_packets), self.seed) as self.lab:
            self.lab.build()
            wires = {space: self._capture(space, interface) for space, interface in (("gwa", "wan"), ("gwb", "wan"), ("hostb", "eth0"))}
            responder = self._daemon(2)
            self._await_socket(2)
            before = self._memory(responder)
            self.lab.start("hosta", ["/usr/bin/python3", "-B", "-c", KNOCK])
            initiator = self._daemon(1)
            if not namespaces.wait_until(lambda: self._look(wires, initiator, responder) is not None, PATIENCE, 0.25):
                raise RealError(f"no large-key protection within {PATIENCE:g} s:\n{self._tail(1)}{self._tail(2)}")
            found = self._look(wires, initiator, responder)
            grown = self._memory(responder) - before
        return {**found, "responder-grown-octets": grown}

    def _look(self, wires, *daemons):
        if any(child.poll() is not None for child in daemons):
            raise RealError(f"levelgated ended:\n{self._tail(1)}{self._tail(2)}")
        sent = ike_packets(wires["gwa"])
        inner = captures.inner_packets(wires["hostb"], ["10.1.0.2"], ["10.2.0.2"]).times
        second = [second_sa(wires[SPACE[site]], ADDRESS[site]) for site in (1, 2)]
        if not sent or not inner or None in second:
            return None
        begin, end = sent[0][0], max(second)
        octets = sum(size for moment, size in sent if moment <= end)
        return {"first-inner-us": (inner[0] - begin) // 1000, "large-key-us": (end - begin) // 1000, "octets-at-initiator": octets}

    def _capture(self, space, interface):
        path = os.path.join(self.folder, f"{space}.pcap")
        if os.path.exists(path):
            os.remove(path)
        words = ["tcpdump", "-i", interface, "-n", "-p", "-U", "--immediate-mode", "-s", "96", "-B", "32768", "-Z", "root",
                 "--time-stamp-precision=nano", "-w", path]
        with open(f"{path}.log", "w", encoding="utf-8") as log:
            self.lab.start(space, words, stdout=log, stderr=log)
        if not namespaces.wait_until(lambda: os.path.exists(path) and os.path.getsize(path) >= 24, 10):
            raise RealError(f"tcpdump does not write {path}")
        return path

    def _daemon(self, site):
        words = [self.options.levelgated, "--config", config(self.folder, site, self.cell)]
        with open(self._log(site), "w", encoding="utf-8") as log:
            return self.lab.start(SPACE[site], words, stdout=log, stderr=log)

    def _await_socket(self, site):
        path = os.path.join(self.folder, f"{site}.sock")
        if not namespaces.wait_until(lambda: os.path.exists(path), 30):
            raise RealError(f"levelgated does not begin:\n{self._tail(site)}")
        time.sleep(0.5)

    def _log(self, site):
        return os.path.join(self.folder, f"gateway-{site}.log")

    def _tail(self, site):
        try:
            with open(self._log(site), encoding="utf-8") as file:
                return "".join(file.readlines()[-12:])
        except OSError:
            return ""

    @staticmethod
    def _memory(child):
        with open(f"/proc/{child.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def measured(options, figures, folder, say):
    """Each cell some times, beside the same cell in virtual time."""
    make_psk(folder)
    shown = []
    for cell in CELLS:
        beside = next((one for one in figures["cells"] if one["keys"] == MESSAGES and
                       (one["bits-per-second"], one["round-trip-us"], one["loss-percent"], one["delivery"]) == cell), None)
        runs = []
        for number in range(options.runs):
            say(f"real time: {cell[0] / 1e6:g} Mbit/s, {cell[1] / 1000:g} ms, {cell[2]} %, {NAMES[cell[3]]}: run {number + 1} of {options.runs}")
            runs.append(Run(options, folder, cell, figures["settings"]["queue-packets"], figures["settings"]["seed"] + number).figures())
        entry = {"bits-per-second": cell[0], "round-trip-us": cell[1], "loss-percent": cell[2], "delivery": cell[3],
                 "keys": MESSAGES, "runs": runs}
        for key, virtual in (("first-inner", "first-inner"), ("large-key", "large-key")):
            real = sorted(one[f"{key}-us"] for one in runs)[(len(runs) - 1) // 2]
            there = beside and beside[virtual]["median-us"]
            entry[key] = {"real-median-us": real, "virtual-median-us": there,
                          "ratio-permille": round(1000 * real / there) if there else None}
        shown.append(entry)
    return shown


def conditions():
    """What the runs depend on and the path does not say."""
    return {"congestion-control": congestion_control(), "load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
