# SPDX-License-Identifier: Apache-2.0
#
# The key log of two daemons with a tunnel by IKE: what it holds lets tshark read a capture of the wire, ESP and IKE, before
# and after rekeys. It is announced everywhere, holds for its owner only, and without it no key is anywhere.
import os
import re
import stat
import sys
import unittest

import pair
from main import main
from spaces import ROOT, wait_until

sys.path.insert(0, os.path.join(ROOT, "tests", "wireshark"))

from tshark import Tshark, why_not  # noqa: E402

ON = """\
management:
  api: {{ socket: {socket} }}
  log: {{ level: debug }}
  keylog: {{ directory: {directory}, for: wireshark-{version}, acknowledge-risk: traffic-can-be-decrypted }}
"""
OFF = "management: {{ api: {{ socket: {socket} }}, log: {{ level: debug }} }}\n"
TOPICS = ("tunnels", "tfs", "ike", "sa", "ports", "routes", "drops", "neighbours", "certs", "algorithms")


class KeyLog(pair.ByIke):
    def setUp(self):
        super().setUp()
        self.directory = os.path.join(self.folder.path, "keys")

    def start(self, version=None):
        for own, daemon, start in ((1, self.a, "always"), (2, self.b, "respond")):
            management = (ON if own == 1 and version else OFF).format(socket=daemon.socket, directory=self.directory,
                                                                      version=version)
            daemon.configure(pair.by_ike(own, start) + management)
        self.b.start()
        self.addCleanup(self.b.stop)
        self.a.start()
        self.addCleanup(self.a.stop)
        self.assertTrue(wait_until(lambda: self.a.tunnel()["state"] == "up", 15, 0.1), self.a.log())

    def capture(self, space):
        """Hears what arrives at the gateway's wire: what the daemon sends itself passes no tap of its host."""
        path = os.path.join(self.folder.path, f"{space}.pcap")
        tcpdump = self.world.start(space, ["tcpdump", "-U", "--immediate-mode", "-B", "16384", "-i", "wan", "-w", path, "-Z", "root", "esp or udp"],
                                   stderr=-3, stdout=-3)
        self.addCleanup(self.world.stop, tcpdump)
        self.assertTrue(wait_until(lambda: os.path.exists(path) and os.path.getsize(path) >= 24, 10))
        return path, tcpdump

    def children(self):
        return [child["spi-in"] for sa in self.a.show("ike")["tunnels"]["lab"]["ike-sas"] if sa["state"] == "established"
                for child in sa["children"] if child["state"] == "installed"]

    def table(self, name):
        with open(os.path.join(self.directory, name), encoding="ascii") as file:
            return file.read()

    def keys(self):
        return re.findall(r"[0-9a-f]{40,}", self.table("esp_sa") + self.table("ikev2_decryption_table"))

    def everything_shown(self):
        return "".join(daemon.command("show", topic, *more).stdout for daemon in (self.a, self.b) for topic in TOPICS
                       for more in ((), ("-o", "json"))) + self.a.command("explain", "lab").stdout

    def decrypt(self, version):
        captures = [self.capture(space) for space in ("gwa", "gwb")]
        self.start(version)
        self.assertEqual(self.world.ping("hosta", pair.HOST4[2], size=900), 3)
        old = self.children()
        self.assertEqual(self.a.command("rekey", "lab").returncode, 0)
        self.assertTrue(wait_until(lambda: self.children() and self.children() != old, 10, 0.05))
        before = len(self.table("ikev2_decryption_table").splitlines())
        self.assertEqual(self.a.command("rekey", "lab", "--ike").returncode, 0)
        self.assertTrue(wait_until(lambda: len(self.table("ikev2_decryption_table").splitlines()) > before, 10, 0.05))
        self.assertEqual(self.world.ping("hosta", pair.HOST6[2], size=900), 3)
        self.assertEqual(self.a.command("rekey", "lab").returncode, 0)      # under the new IKE SA
        self.assertTrue(wait_until(lambda: len(self.table("esp_sa").splitlines()) >= 6, 10, 0.05), self.table("esp_sa"))
        for _, tcpdump in captures:
            self.world.stop(tcpdump)
        reader = Tshark(version, {name: self.table(name) for name in ("esp_sa", "ikev2_decryption_table")})
        self.addCleanup(reader.close)
        names = ["icmp.type", "icmpv6.type", "aggfrag.sub_type", "esp.spi", "isakmp.exchangetype", "isakmp.notify.msgtype",
                 "isakmp.ispi", "aggfrag.expert.block_offset", "aggfrag.expert.sub_type", "aggfrag.expert.block_type"]
        rows = [row for path, _ in captures for row in reader.fields(path, names, "-Y", "aggfrag || esp || isakmp")]
        esp_ = [row for row in rows if row["esp.spi"]]
        self.assertEqual([row for row in esp_ if not row["aggfrag.sub_type"]], [])
        self.assertEqual([row for row in rows for name, value in row.items() if name.startswith("aggfrag.expert") and value], [])
        self.assertEqual(sorted(kind for row in rows for kind in row["icmp.type"]), ["0"] * 3 + ["8"] * 3)
        self.assertGreaterEqual({kind for row in rows for kind in row["icmpv6.type"]}, {"128", "129"})
        self.assertGreaterEqual(len({row["esp.spi"][0] for row in esp_}), 4)
        # 16442 is USE_AGGFRAG (RFC 9347 §7.3): it stands in IKE_AUTH (35) and in each CREATE_CHILD_SA (36) of a child.
        told = [(row["isakmp.exchangetype"][0], row["isakmp.ispi"][0]) for row in rows if "16442" in row["isakmp.notify.msgtype"]]
        self.assertEqual({exchange for exchange, _ in told}, {"35", "36"})
        self.assertEqual(len({sa for _, sa in told}), 2, told)

    @unittest.skipIf(why_not("4.0"), why_not("4.0"))
    def test_tshark_4_0_reads_the_whole_tunnel(self):
        self.decrypt("4.0")

    @unittest.skipIf(why_not("4.4"), why_not("4.4"))
    def test_tshark_4_4_reads_the_whole_tunnel(self):
        self.decrypt("4.4")

    def test_it_is_announced_and_keys_are_in_its_directory_alone(self):
        self.start("4.4")
        self.assertEqual(stat.S_IMODE(os.stat(self.directory).st_mode), 0o700)
        for name in ("esp_sa", "ikev2_decryption_table"):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.directory, name)).st_mode), 0o600)
        self.assertRegex(self.a.log(), r"WARN keylog .*LG-CFG-206 THE KEY LOG IS ON")
        self.assertRegex(self.a.log(), r"WARN keylog lab LG-CFG-206 keys of an SA are in the key log: ESP from")
        self.assertIn("THE KEY LOG IS ON", self.a.table("tunnels"))
        self.assertEqual(self.a.show("tunnels")["key-log"], self.directory)
        self.assertIn("LG-CFG-118", self.a.command("check", self.a.config).stdout)
        keys, shown = self.keys(), self.a.log() + self.b.log() + self.everything_shown()
        self.assertGreaterEqual(len(keys), 4)
        for key in keys:
            self.assertNotIn(key, shown)
            self.assertNotIn(key[:16], shown)

    def test_it_is_off_by_default_and_no_reload_switches_it_on(self):
        self.start()
        self.assertFalse(os.path.exists(self.directory))
        self.assertNotIn("key-log", self.a.show("tunnels"))
        self.assertNotIn("KEY LOG", self.everything_shown().upper())
        self.assertNotRegex(self.a.log(), "(?i)key ?log")
        self.a.configure(pair.by_ike(1, "always") + ON.format(socket=self.a.socket, directory=self.directory, version="4.4"))
        self.assertNotEqual(self.a.command("reload").returncode, 0)
        self.assertFalse(os.path.exists(self.directory))

    def test_a_directory_that_others_may_enter_stops_the_start(self):
        os.mkdir(self.directory)
        os.chmod(self.directory, 0o750)
        self.a.configure(pair.by_ike(1) + ON.format(socket=self.a.socket, directory=self.directory, version="4.4"))
        self.assertEqual(self.a.launch().wait(), 77)
        self.assertIn("is open to others", self.a.log())


if __name__ == "__main__":
    main()
