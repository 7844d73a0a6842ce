# SPDX-License-Identifier: Apache-2.0
#
# Spoofed IKE_SA_INIT requests in the peer's name (RFC 7296 §2.6): a legitimate peer still connects, its tunnel gets new
# keys and keeps its wire while the flood goes on, and the memory of the gateway stays what it was. How many requests a
# second the machine makes, and how long the peer took, is printed.
import os
import subprocess
import sys
import time

import pair
from main import main
from spaces import wait_until

RATE = 30_000      # requests a second, or as many as this machine makes
PATIENCE = 40      # for what has to come while the flood goes on
MOST_GROWTH = 16 << 20
FLOOD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "init_flood.py")


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Flood(pair.ByIke):
    def setUp(self):
        super().setUp()
        for own, daemon in ((1, self.a), (2, self.b)):
            daemon.configure(pair.by_ike(own))
            daemon.launch()
            self.addCleanup(daemon.stop)
        for daemon in (self.a, self.b):
            daemon.wait_ready()

    def flood(self):
        mac = self.world.mac("gwa", "lg-wan")
        words = ["ip", "netns", "exec", self.world.space("gwb"), sys.executable, "-B", FLOOD, "wan",
                 self.world.mac("gwb", "lg-wan"), mac, pair.OUTER4[2], pair.OUTER4[1], str(RATE)]
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def asked(self):
        return self.a.show("ike")["cookies-asked"]

    def up(self, daemon):
        done = daemon.command("up", "lab", "--timeout", str(PATIENCE), seconds=PATIENCE + 20)
        self.assertEqual(done.returncode, 0, done.stderr + self.a.log())

    def ike_sas(self, daemon):
        return [sa for sa in daemon.show("ike")["tunnels"]["lab"]["ike-sas"] if sa["state"] == "established"]

    def child_spis(self, daemon):
        return {child["spi-in"] for sa in self.ike_sas(daemon) for child in sa["children"]
                if child["state"] == "installed"}

    def rekey(self, daemon, what, keys):
        before = keys(daemon)
        done = daemon.command("rekey", "lab", *what)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(wait_until(lambda: keys(daemon) and not keys(daemon) & before, PATIENCE), self.a.log())

    def ike_spis(self, daemon):
        return {sa["spi-initiator"] for sa in self.ike_sas(daemon)}

    def test_a_peer_connects_and_its_tunnel_lives_on(self):
        self.up(self.b)
        self.assertEqual(self.b.command("down", "lab").returncode, 0)
        before, child = resident(self.a.child.pid), self.flood()
        try:
            self.assertTrue(wait_until(lambda: self.asked() > 20_000, PATIENCE, 0.05), self.a.log())
            began = time.monotonic()
            self.up(self.b)
            connected = time.monotonic() - began
            self.assertTrue(wait_until(lambda: self.a.tunnel()["state"] == "up", PATIENCE), self.a.tunnel())
            sent = self.a.tunnel()["slots"]
            began = time.monotonic()
            for daemon in (self.a, self.b):
                self.rekey(daemon, [], self.child_spis)
                self.rekey(daemon, ["--ike"], self.ike_spis)
            rekeyed = time.monotonic() - began
            self.assertTrue(wait_until(lambda: self.a.tunnel()["slots"] > sent + 500, PATIENCE))
            self.assertIsNone(child.poll(), "the flood has ended too early")
        finally:
            child.terminate()
            told = child.communicate(timeout=PATIENCE)[0].split()
        ike = self.a.show("ike")
        grown = resident(self.a.child.pid) - before
        print(f"{int(told[0]) / float(told[2]):.0f} requests a second for {float(told[2]):.1f} s, {told[1]} not taken; "
              f"{ike['cookies-asked']} cookies asked, {ike['strangers-dropped']} strangers dropped, "
              f"{ike['returned-dropped']} with a cookie, {ike['unread-dropped']} unread; connected after "
              f"{connected:.2f} s, four rekeys in {rekeyed:.2f} s, grown by {grown / 1e6:.1f} MB")
        self.assertLess(grown, MOST_GROWTH)
        self.assertLess(ike["half-open"], 100)
        self.assertEqual(ike["returned-dropped"], 0, "nobody flooded with cookies")
        self.assertEqual(len(self.ike_sas(self.a)), 1)


if __name__ == "__main__":
    main()
