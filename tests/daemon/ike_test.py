# SPDX-License-Identifier: Apache-2.0
#
# Tunnels kept by IKE between two daemons: start modes, down and up, a peer that dies and comes back, a rekey of each kind
# under a running ping, a changed PPK, and a wrong key explained. What IKE itself does is tested in tests/simulation and
# tests/interop.
import signal
import time

import pair
from main import main
from spaces import wait_until

OLD_PPK, NEW_PPK = "b2xkIHBwayBvZiAyNTYgYml0cyBmb3IgYSBsYWIuLi4=", "bmV3IHBwayBvZiAyNTYgYml0cyBmb3IgYSBsYWIuLi4="
OTHER_PSK = "bm90IGEgc2VjcmV0LCBidXQgb2YgMjU2IGJpdHM6IDI="


class Ike(pair.ByIke):
    def setUp(self):
        super().setUp()
        self.folder.write("other.psk", OTHER_PSK + "\n")

    def start(self, a="always", b="respond", psk_of_b="lab.psk", more=""):
        for own, daemon, start, psk in ((1, self.a, a, "lab.psk"), (2, self.b, b, psk_of_b)):
            daemon.configure(pair.by_ike(own, start, psk, dpd=("1s", "3s"), more=more))
            daemon.launch()
            self.addCleanup(daemon.stop)
        for daemon in (self.a, self.b):
            daemon.wait_ready()

    def sas(self, daemon):
        return [sa for sa in daemon.show("ike")["tunnels"]["lab"]["ike-sas"] if sa["state"] == "established"]

    def children(self, daemon):
        return [child for sa in self.sas(daemon) for child in sa["children"] if child["state"] == "installed"]

    def is_up(self):
        return all(len(self.sas(daemon)) == 1 and len(self.children(daemon)) == 1 for daemon in (self.a, self.b))

    def assert_up(self):
        self.assertTrue(wait_until(self.is_up, 15, 0.1), self.a.log() + self.b.log())

    def test_both_begin_and_one_pair_of_sas_is_left(self):
        self.start(b="always")
        self.assert_up()
        self.assertEqual(self.children(self.a)[0]["spi-in"], self.children(self.b)[0]["spi-out"])
        self.assertEqual(self.world.ping("hosta", pair.HOST4[2]), 3)

    def test_nobody_begins_until_up_is_said(self):
        self.start(a="respond")
        self.assertEqual(self.a.tunnel()["state"], "waiting")
        done = self.b.command("up", "lab")
        self.assertEqual((done.returncode, done.stdout), (0, "lab is up\n"), done.stderr)
        self.assert_up()

    def test_a_packet_from_inside_begins(self):
        self.start(a="on-traffic")
        self.assertEqual(self.sas(self.a), [])
        self.assertTrue(wait_until(lambda: self.world.ping("hosta", pair.HOST4[2], count=1, wait=1) == 1, 10))
        self.assert_up()

    def test_down_is_quiet_and_up_begins_anew(self):
        self.start()
        self.assert_up()
        self.assertTrue(wait_until(lambda: self.a.tunnel()["state"] == "up", 5))
        self.assertEqual(self.a.command("down", "lab").returncode, 0)
        self.assertTrue(wait_until(lambda: not self.sas(self.b), 5))
        skipped = self.a.tunnel()["skipped-slots"]
        time.sleep(2.5)  # two looks of the daemon at its counters
        self.assertEqual((self.a.tunnel()["state"], self.a.tunnel()["skipped-slots"]), ("waiting", skipped))
        self.assertNotIn("up-seconds", self.a.tunnel())
        self.assertEqual(self.a.command("up", "lab").returncode, 0)
        self.assert_up()

    def test_rekeys_of_both_kinds_lose_no_ping(self):
        self.start()
        self.assert_up()
        child, sa = self.children(self.a)[0]["spi-in"], self.sas(self.a)[0]["spi-initiator"]
        ping = self.world.start("hosta", ["ping", "-n", "-i", "0.01", "-c", "200", pair.HOST4[2]], stdout=-1, text=True)
        self.assertEqual(self.a.command("rekey", "lab").returncode, 0)
        self.assertTrue(wait_until(lambda: self.is_up() and self.children(self.a)[0]["spi-in"] != child, 10, 0.05))
        self.assertEqual(self.b.command("rekey", "lab", "--ike").returncode, 0)
        self.assertTrue(wait_until(lambda: self.is_up() and self.sas(self.a)[0]["spi-initiator"] != sa, 10, 0.05))
        self.assertIn("200 packets transmitted, 200 received", ping.communicate(timeout=20)[0])
        self.world.stop(ping)
        for daemon in (self.a, self.b):
            self.assertEqual(self.sas(daemon)[0]["key-exchanges"], ["x25519", "mlkem768"])
            self.assertEqual(self.children(daemon)[0]["key-exchanges"], ["x25519", "mlkem768"])

    def test_a_large_key_comes_while_traffic_flows(self):
        self.start(more="    large-keys: { method: mceliece8192128f, pace: 20 Mbit/s }\n")
        self.assertTrue(wait_until(lambda: self.world.ping("hosta", pair.HOST4[2], count=1, wait=1) == 1, 10))
        ping = self.world.start("hosta", ["ping", "-n", "-i", "0.01", "-c", "300", pair.HOST4[2]], stdout=-1, text=True)
        large = ["x25519", "mlkem768", "mceliece8192128f"]
        rekeyed = lambda: self.is_up() and self.sas(self.a)[0]["key-exchanges"] == large and \
            self.children(self.a)[0]["key-exchanges"] == ["x25519", "mlkem768"]  # the first child has none of its own
        self.assertTrue(wait_until(rekeyed, 30, 0.05), self.a.log() + self.b.log())
        self.assertEqual(self.sas(self.b)[0]["key-exchanges"], large)
        self.assertIn("300 packets transmitted, 300 received", ping.communicate(timeout=20)[0])
        self.world.stop(ping)

    def test_a_changed_ppk_comes_in_by_rekeys_and_loses_no_ping(self):
        self.folder.write("old.ppk", OLD_PPK + "\n")
        self.folder.write("new.ppk", NEW_PPK + "\n")
        self.start(more="    ppk: { id: old, file: old.ppk }\n")
        self.assert_up()
        self.assertEqual([(sa["ppk"], sa["ppk-exchange"]) for sa in self.sas(self.a)], [("old", "IKE_INTERMEDIATE")])
        self.assertIn("ppk: old by IKE_INTERMEDIATE", self.b.command("show", "ike", "lab").stdout)
        child, sa = self.children(self.a)[0]["spi-in"], self.sas(self.a)[0]["spi-initiator"]
        ping = self.world.start("hosta", ["ping", "-n", "-i", "0.01", "-c", "200", pair.HOST4[2]], stdout=-1, text=True)
        more = "    ppk: { id: new, file: new.ppk, others: [ { id: old, file: old.ppk } ] }\n"
        for own, daemon, start in ((1, self.a, "always"), (2, self.b, "respond")):
            daemon.configure(pair.by_ike(own, start, "lab.psk", dpd=("1s", "3s"), more=more))
            done = daemon.command("reload")
            self.assertIn("tunnels.lab.ppk.id: old -> new (rekey)", done.stdout, done.stderr)
            self.assertNotIn(OLD_PPK, done.stdout)
        self.assertEqual(self.sas(self.a)[0]["spi-initiator"], sa)
        self.assertEqual(self.a.command("rekey", "lab").returncode, 0)
        self.assertTrue(wait_until(lambda: self.is_up() and self.children(self.a)[0]["spi-in"] != child, 10, 0.05))
        self.assertEqual([self.children(daemon)[0]["ppk"] for daemon in (self.a, self.b)], ["new", "new"])
        self.assertEqual(self.b.command("rekey", "lab", "--ike").returncode, 0)
        self.assertTrue(wait_until(lambda: self.is_up() and self.sas(self.a)[0]["spi-initiator"] != sa, 10, 0.05))
        for daemon in (self.a, self.b):
            self.assertEqual([(one["ppk"], one["ppk-exchange"]) for one in self.sas(daemon)], [("new", "CREATE_CHILD_SA")])
            self.assertNotIn(NEW_PPK, daemon.log())
        self.assertIn("200 packets transmitted, 200 received", ping.communicate(timeout=20)[0])
        self.world.stop(ping)

    def test_a_peer_that_died_is_noticed_and_taken_back(self):
        self.start()
        self.assert_up()
        self.b.stop(signal.SIGKILL)
        self.assertTrue(self.a.wait_log(r"ERROR ike lab LG-IKE-012 no answer from 198\.51\.100\.2", 15), self.a.log())
        self.b.start()
        self.assert_up()

    def test_a_peer_that_says_goodbye_is_gone_at_once(self):
        self.start()
        self.assert_up()
        self.b.stop()
        self.assertTrue(self.a.wait_log("LG-IKE-005 the peer closed the IKE SA"), self.a.log())

    def test_a_wrong_key_is_explained(self):
        self.start(psk_of_b="other.psk")
        self.assertTrue(self.a.wait_log("LG-IKE-032", 10), self.a.log())
        self.assertIn("[LG-IKE-032]\n", self.b.command("explain", "lab").stdout)
        self.assertIn("AUTHENTICATION_FAILED", self.a.command("explain", "lab").stdout)
        self.assertEqual(self.a.tunnel()["state"], "connecting")


if __name__ == "__main__":
    main()
