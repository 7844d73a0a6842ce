# SPDX-License-Identifier: Apache-2.0
#
# The demo's rekeys under load: numbered streams both ways (demo_stream.py) while Child SAs and the IKE SA get new keys,
# begun by either gateway in turn. Tells what became of every inner packet; judges nothing.
import json
import os
import signal
import subprocess
import sys
import time

import demo_gateways
import demo_traffic
from tfc import namespaces

PORT = 5203
STREAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo_stream.py")
LOAD = 0.4          # of the tunnel's rate, each way: room for what a machine that is shared with others holds up
LEAD, PAUSE = 1.0, 0.6  # seconds: before the first and after the last rekey; between two
DRAIN = 0.5         # until what is under way has come


class Streams:
    """Both directions at once."""

    def __init__(self, lab, bits_per_second):
        self.lab, self.bits = lab, bits_per_second
        self.senders, self.receivers = {}, {}

    def __enter__(self):
        for host in demo_traffic.ADDRESS:
            self.receivers[host] = self._start(host, "receive", str(PORT))
            self.receivers[host].stdout.readline()  # ready
        for host, other in demo_traffic.OTHER.items():
            self.senders[host] = self._start(host, "send", demo_traffic.ADDRESS[other], str(PORT), str(self.bits))
        return self

    def _start(self, host, *words):
        return self.lab.start(host, [sys.executable, "-B", STREAM, *words], stdout=subprocess.PIPE, text=True)

    def results(self):
        """One entry for each direction."""
        sent = {host: self._finish(child) for host, child in self.senders.items()}
        time.sleep(DRAIN)
        found = []
        for host, other in demo_traffic.OTHER.items():
            one = {"from": host} | sent[host] | self._finish(self.receivers[other])
            found.append(one | {"lost": one["sent"] - one["received"]})
        return found

    def _finish(self, child):
        child.send_signal(signal.SIGTERM)
        text, _ = child.communicate(timeout=5)
        self.lab.stop(child)
        try:
            return json.loads(text)
        except ValueError as error:
            raise namespaces.LabError(f"a numbered stream told nothing of itself: {text!r}") from error

    def __exit__(self, *_):
        for child in (*self.senders.values(), *self.receivers.values()):
            self.lab.stop(child)


def run(lab, gateways, bits_per_second, children, tick):
    """`children` rekeys of the Child SA, one of the IKE SA in their midst; tick() is called a few times a second."""
    def wait(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            tick()
            time.sleep(0.05)

    with Streams(lab, LOAD * bits_per_second) as streams:
        wait(LEAD)
        done = []
        for at, what in enumerate(plan(children)):
            wait(PAUSE if at else 0)
            done.append(demo_gateways.rekey(gateways, at % 2, what))
        wait(LEAD)
        return {"rekeys": done, "streams": streams.results()}


def plan(children):
    """Kinds in their order: a Child SA first and, where there is more than one, last."""
    return ["child"] * ((children + 1) // 2) + ["ike"] + ["child"] * (children // 2)
