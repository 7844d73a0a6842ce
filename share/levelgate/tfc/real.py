# SPDX-License-Identifier: Apache-2.0
#
# Runs in real time: host A - gateway A = gateway B - host B in namespaces, two daemons, a capture beside gateway B. Each
# loaded stretch has an idle one beside it, in random order, so that what the machine does meanwhile meets both kinds.
# Gateway A, which is judged, polls and has a core of its own where there are two; all else shares the others.
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np

from tfc import gateways, loads, namespaces, pour, wire_view
from tfc.observation import BenchError, Observation

SPACE = {1: "gwa", 2: "gwb"}
FAR_HOST, PORT = "10.2.0.2", 2048
UP_PATIENCE = 30.0
PRECEDENCE = "-20"     # of the gateway that is judged: nearest to a core of its own that a shared machine gives
LEAD = 0.35            # seconds: until a stretch begins, its sender waits ready
TAIL = 0.1
CAPTURE_DELAY = 1.3    # tcpdump gets a block of packets when it is full, or after one second
POUR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pour.py")


class Stretch:
    def __init__(self, condition, run, load, begin, end, before, after, times, octets):
        self.condition, self.run, self.load, self.begin, self.end = condition, run, load, begin, end
        self.before, self.after, self.times, self.octets = before, after, times, octets

    def observation(self, wire):
        def grown(*keys):
            values = []
            for one in (self.before, self.after):
                for key in keys:
                    one = (one or {}).get(key)
                values.append(one)
            return None if None in values else values[1] - values[0]

        return Observation(self.condition, self.run, *wire.between(self.begin, self.end), self.times, self.octets,
                           grown("iptfs-inner-pkt-stats", "tx-pkts"), grown("skipped-slots"), grown("late-slots"),
                           self.load.period, self.load.impulses)


class Real:
    kind = "real"

    def __init__(self, binaries, folder, schedule, packets, seed, say):
        self.levelgate, self.daemon = binaries
        self.folder, self.schedule, self.packets, self.seed, self.say = folder, schedule, packets, seed, say
        self.cores = sorted(os.sched_getaffinity(0))
        self.own_core = self.cores[-1] if len(self.cores) > 1 else None
        self.children = {}
        gateways.make_keys(folder)

    @property
    def seconds(self):
        return self.packets / self.schedule.slots_per_second

    @contextlib.contextmanager
    def tunnel(self, mode):
        """Both gateways up in that mode, the wire being captured; yields a list of stretches, which then hold observations."""
        with namespaces.Lab() as self.lab:
            self.lab.build()
            self._keep_others_off()
            self._sink()
            for site in (2, 1):
                self._start(site, mode)
            self._await_up()
            path = os.path.join(self.folder, f"wire-{mode}.pcap")
            capture, log = self._capture(path)
            stretches, observations = [], []
            try:
                yield stretches, observations
                time.sleep(CAPTURE_DELAY)
            finally:
                self.lab.stop(capture, signal.SIGINT)
                for site, child in self.children.items():
                    self.lab.stop(child, signal.SIGTERM, 8.0)
        wire = wire_view.Wire(path)
        observations += [stretch.observation(wire) for stretch in stretches]
        self.capture_lost = self._lost(log)

    def stretch(self, condition, run, load, trickle=False):
        """One stretch of the wire with a load inside."""
        random = np.random.default_rng([self.seed, run, *load.name.encode()])
        arguments = (self.seconds, self.schedule.octets_per_second, self.schedule.slots_per_second, random)
        times, octets = load.make(*arguments)
        if trickle:
            times, octets = loads.merged(loads.TRICKLE.make(*arguments), (times, octets))
        begin = time.time_ns() + int(LEAD * 1e9)
        end = begin + int(self.seconds * 1e9)
        path = os.path.join(self.folder, "load.bin")
        sender = None
        if len(times):
            pour.write(path, times.tolist(), octets.tolist())
            sender = self.lab.start("hosta", [sys.executable, "-B", POUR, "send", path, str(begin), FAR_HOST, str(PORT)])
        self._sleep_until(begin - int(LEAD * 5e8))
        before = self._counters()
        self._sleep_until(end + int(TAIL * 1e9))
        after = self._counters()
        if sender is not None:
            self.lab.stop(sender)
        self._all_alive()
        # Load is dated by plan, not by when it was really sent: a sender on a busy machine runs at the ticks of its timer, at
        # which the gateway is disturbed as well, and would seem to be the cause.
        return Stretch(condition, run, load, begin, end, before, after, times + begin, octets)

    def _keep_others_off(self):
        if self.own_core is not None:
            os.sched_setaffinity(0, set(self.cores) - {self.own_core})

    def _start(self, site, mode):
        tfs = gateways.fixed(self.schedule) if mode == "fixed" else gateways.on_demand(self.schedule)
        dataplane = {"memory": "none", "idle": "poll" if site == 1 and self.own_core is not None else "adaptive"}
        if self.own_core is not None:
            # The other worker naps and is urgent when it wakes: on the core of the judged one it would be its disturbance.
            dataplane |= {"main-core": self.cores[0], "workers": [self.own_core if site == 1 else self.cores[0]]}
        config = gateways.write(self.folder, site, tfs, dataplane=dataplane,
                                management={"api": {"socket": self._socket(site)}})
        words = ["taskset", "-c", ",".join(map(str, self.cores)), self.daemon, "--config", config]
        if site == 1:
            words = ["nice", "-n", PRECEDENCE, *words]
        with open(self._log(site), "a", encoding="utf-8") as log:
            self.children[site] = self.lab.start(SPACE[site], words, stdout=log, stderr=log)
        if site == 1:
            # Each session is a group of its own for the scheduler: niceness counts inside it, this between groups.
            with contextlib.suppress(OSError), open(f"/proc/{self.children[site].pid}/autogroup", "w", encoding="ascii") as file:
                file.write(PRECEDENCE)

    def _sink(self):
        self.lab.start("hostb", [sys.executable, "-B", POUR, "sink", str(PORT)])

    def _socket(self, site):
        return os.path.join(self.folder, f"{SPACE[site]}.sock")

    def _log(self, site):
        return os.path.join(self.folder, f"{SPACE[site]}.log")

    def _log_tail(self, site):
        with open(self._log(site), encoding="utf-8") as file:
            return "".join(file.readlines()[-12:])

    def _all_alive(self):
        for site, child in self.children.items():
            if child.poll() is not None:
                raise BenchError(f"levelgated ended:\n{self._log_tail(site)}")

    def _await_up(self):
        def answers():
            self._all_alive()
            words = ["ip", "netns", "exec", self.lab.space("hosta"), "ping", "-n", "-q", "-c", "1", "-W", "1", FAR_HOST]
            return subprocess.run(words, check=False, capture_output=True).returncode == 0

        if not namespaces.wait_until(answers, UP_PATIENCE, 0.1):
            raise BenchError(f"no ping came through the tunnel within {UP_PATIENCE:g} s:\n{self._log_tail(1)}{self._log_tail(2)}")

    def _capture(self, path):
        """Outer packets from A, as they come to B: stamped by the kernel as they pass."""
        log = f"{path}.log"
        words = ["tcpdump", "-i", "wan", "-n", "-p", "-U", "-s", "64", "-B", "65536", "-Z", "root",
                 "--time-stamp-precision=nano", "-w", path, "-Q", "in", f"ip proto 50 and src {gateways.ADDRESS[1]}"]
        with open(log, "w", encoding="utf-8") as file:
            child = self.lab.start("gwb", words, stdout=file, stderr=file)
        if not namespaces.wait_until(lambda: os.path.exists(path) and os.path.getsize(path) >= 24, 5):
            raise BenchError(f"tcpdump does not write {path}")
        return child, log

    def _lost(self, log):
        with open(log, encoding="utf-8") as file:
            found = re.search(r"(\d+) packets? dropped by kernel", file.read())
        return int(found[1]) if found else None

    def _counters(self):
        words = [self.levelgate, "--socket", self._socket(1), "show", "tunnels", "-o", "json"]
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=10)
        return json.loads(done.stdout)["tunnels"][gateways.TUNNEL] if done.returncode == 0 else None

    @staticmethod
    def _sleep_until(moment_ns):
        time.sleep(max(moment_ns - time.time_ns(), 0) / 1e9)
