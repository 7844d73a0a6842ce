# SPDX-License-Identifier: Apache-2.0
#
# Runs in virtual time: the real data plane on captures by `levelgate replay`. The clock jumps from one event to the next,
# so every stamp is exact, and a difference of one nanosecond would be the gateway's own.
import contextlib
import json
import os
import subprocess

import numpy as np

from tfc import gateways, loads, wire_view
from tfc.observation import BenchError, Observation

FORGED_SHARE = 0.5  # of the slots, in the attack
REPLAY_SECONDS = 300


class Virtual:
    kind = "virtual"

    def __init__(self, levelgate, folder, schedule, packets, seed):
        self.levelgate, self.folder, self.schedule, self.packets, self.seed = levelgate, folder, schedule, packets, seed
        gateways.make_keys(folder)
        self.configs = {(site, mode): gateways.write(folder, site, tfs) for site in (1, 2)
                        for mode, tfs in (("fixed", gateways.fixed(schedule)), ("on-demand", gateways.on_demand(schedule)))}

    @property
    def seconds(self):
        return self.packets / self.schedule.slots_per_second

    def load(self, load, run):
        random = np.random.default_rng([self.seed, run, *load.name.encode()])
        return load.make(self.seconds, self.schedule.octets_per_second, self.schedule.slots_per_second, random)

    def observe(self, load, run, mode="fixed", trickle=False):
        """One run with a load inside; trickle: on top of a packet in each second slot."""
        times, octets = self.load(load, run)
        if trickle:
            times, octets = loads.merged(self.load(loads.TRICKLE, run), (times, octets))
        inputs = self._from_inside(times, octets)
        return self._run(load.name, run, mode, inputs, times - times[:1].sum(), octets, load)

    def observe_both_ways(self, run):
        """A load each way: gateway B's own wire is what arrives at A's."""
        load = loads.by_name(["imix-90"])[0]
        times, octets = self.load(load, run)
        far = self.path("far.pcap")
        wire_view.write_load(self.path("far-load.pcap"), times, octets, wire_view.DESTINATION, wire_view.SOURCE)
        self._replay(2, "fixed", [("lan", self.path("far-load.pcap"))], far)
        inputs = [*self._from_inside(times, octets), ("wan", far)]
        return self._run("both-ways", run, "fixed", inputs, times, octets, load)

    def observe_attack(self, run):
        """Forged packets at the outer port: of our SA with numbers of all kinds, and of none."""
        load = loads.by_name(["imix-90"])[0]
        times, octets = self.load(load, run)
        random = np.random.default_rng([self.seed, run, 99])
        count = int(FORGED_SHARE * self.packets)
        stamps = np.sort(random.integers(0, int(self.seconds * loads.SECOND), count))
        forged = [wire_view.forged_frame(int(random.choice([gateways.SPI[2], 0x7777])), int(random.integers(1, 2**32)),
                                         int(random.integers(60, 1500))) for _ in range(count)]
        wire_view.write_capture(self.path("forged.pcap"), stamps, forged)
        inputs = [*self._from_inside(times, octets), ("wan", self.path("forged.pcap"))]
        return self._run("attack", run, "fixed", inputs, times, octets, load)

    def goodput(self, octets=1500):
        """A queue that is never empty: what share of all octets is padding, and how near the arithmetic it comes."""
        slots = min(self.packets, 5000)
        schedule = self.schedule
        seconds = slots / schedule.slots_per_second
        times, sizes = loads.even(1.05, octets)(seconds, schedule.octets_per_second, schedule.slots_per_second, None)
        self._from_inside(times, sizes)
        stats = self._replay(1, "fixed", [("lan", self.path("load.pcap"))], self.path("wire.pcap"), int(seconds * 1e9))
        tunnel = stats["tunnels"][gateways.TUNNEL]
        inner, outer = tunnel["iptfs-inner-pkt-stats"], tunnel["iptfs-outer-pkt-stats"]
        first = schedule.room  # slot 0 leaves before anything has come
        padding = outer["tx-all-pad-octets"] + outer["tx-extra-pad-octets"] - first
        room = (tunnel["slots"] - 1) * schedule.room
        return {"inner_packet_octets": octets, "slots": tunnel["slots"] - 1, "room_octets": schedule.room,
                "padding_share": padding / room, "goodput_of_arithmetic": inner["tx-octets"] / room,
                "goodput_bits_per_second": inner["tx-octets"] * 8 / ((tunnel["slots"] - 1) / schedule.slots_per_second)}

    def path(self, name):
        return os.path.join(self.folder, name)

    def _from_inside(self, times, octets):
        if not len(times):
            return []
        wire_view.write_load(self.path("load.pcap"), times, octets)
        return [("lan", self.path("load.pcap"))]

    def _run(self, name, run, mode, inputs, times, octets, load):
        stats = self._replay(1, mode, inputs, self.path("wire.pcap"))
        tunnel = stats["tunnels"][gateways.TUNNEL]
        return Observation(name, run, *wire_view.Wire(self.path("wire.pcap")).whole(), times, octets,
                           tunnel["iptfs-inner-pkt-stats"]["tx-pkts"], tunnel.get("skipped-slots"), tunnel.get("late-slots"),
                           load.period, load.impulses)

    def _replay(self, site, mode, inputs, out, until=None):
        until = until or int(self.seconds * loads.SECOND)
        words = [self.levelgate, "replay", "--json", "--config", self.configs[site, mode], "--until", f"{until}ns", "--out", f"wan={out}"]
        for port, path in inputs:
            words += ["--in", f"{port}={path}"]
        try:
            done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=REPLAY_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BenchError(f"levelgate replay: {error}") from error
        for _, path in inputs:
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)
        if done.returncode != 0:
            raise BenchError(f"{' '.join(words)}: {done.stderr.strip()}")
        return json.loads(done.stdout)
