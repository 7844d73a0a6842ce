# SPDX-License-Identifier: Apache-2.0
#
# Spoofed IKE_SA_INIT requests in the peer's name (RFC 7296 §2.6): a legitimate peer still connects, the memory of the
# gateway stays what it was, and the wire of a running tunnel goes on. How many requests a second there are depends on
# the machine, and is printed.
import os
import subprocess
import sys
import time
import unittest

import pair
from daemons import Daemon, Folder
from main import main
from spaces import wait_until

SECONDS = 6
MOST_GROWTH = 16 << 20
FLOOD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "init_flood.py")


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Flood(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = pair.make_world()
        cls.addClassCleanup(cls.world.clear)

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.clear)
        self.folder.write("lab.psk", pair.PSK + "\n")
        self.a, self.b = (Daemon(self.world, space, self.folder) for space in ("gwa", "gwb"))
        for own, daemon in ((1, self.a), (2, self.b)):
            daemon.configure(pair.by_ike(own))
            daemon.launch()
            self.addCleanup(daemon.stop)
        for daemon in (self.a, self.b):
            daemon.wait_ready()

    def flood(self):
        mac = self.world.mac("gwa", "lg-wan")
        words = ["ip", "netns", "exec", self.world.space("gwb"), sys.executable, "-B", FLOOD, "wan",
                 self.world.mac("gwb", "lg-wan"), mac, pair.OUTER4[2], pair.OUTER4[1], str(SECONDS)]
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def up(self, daemon):
        done = daemon.command("up", "lab", "--timeout", "5")
        self.assertEqual(done.returncode, 0, done.stderr + self.a.log())

    def asked(self):
        return self.a.show("ike")["cookies-asked"]

    def test_a_peer_connects_and_a_tunnel_runs_on(self):
        self.up(self.b)
        self.assertEqual(self.b.command("down", "lab").returncode, 0)
        before, child = resident(self.a.child.pid), self.flood()
        try:
            self.assertTrue(wait_until(lambda: self.asked() > 100, 5, 0.05), self.a.log())
            began = time.monotonic()
            self.up(self.b)
            connected = time.monotonic() - began
            self.assertTrue(wait_until(lambda: self.a.tunnel()["state"] == "up", 5), self.a.tunnel())
            sent = self.a.tunnel()["slots"]
            self.assertTrue(wait_until(lambda: self.a.tunnel()["slots"] > sent + 500, 5))
        finally:
            told = child.communicate(timeout=SECONDS + 20)[0].split()
        print(f"{int(told[0]) / SECONDS:.0f} requests a second, {told[1]} not taken; {self.asked()} cookies asked; "
              f"connected after {connected:.2f} s, grown by {(resident(self.a.child.pid) - before) / 1e6:.1f} MB")
        self.assertLess(resident(self.a.child.pid) - before, MOST_GROWTH)
        self.assertLess(self.a.show("ike")["half-open"], 100)
        self.assertEqual(len([sa for sa in self.a.show("ike")["tunnels"]["lab"]["ike-sas"]
                              if sa["state"] == "established"]), 1)


if __name__ == "__main__":
    main()
