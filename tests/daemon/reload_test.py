# SPDX-License-Identifier: Apache-2.0
#
# A running daemon reads its file again, by SIGHUP and by the command: what is good is applied and leaves other tunnels
# alone, what is bad is refused with every fault and changes nothing. And what it shows of itself has the promised form.
import json
import os
import signal
import time
import unittest

import pair
from main import main
from spaces import wait_until

SIDE = "side"  # a second tunnel


class Reload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = pair.make_world()
        cls.addClassCleanup(cls.world.clear)

    def setUp(self):
        self.pair = pair.Pair(self.world)
        self.addCleanup(self.pair.stop)
        pair.make_keys(self.pair.folder, SIDE)
        self.pair.start()
        self.a, self.folder = self.pair.a, self.pair.folder
        self.assertTrue(wait_until(lambda: self.a.tunnel()["state"] == "up", 5))

    def configure(self, text):
        self.a.configure(text)
        os.chmod(self.a.config, 0o600)

    def with_side(self, **settings):
        side = pair.tunnel(1, SIDE, spi=0x3000, outer={1: pair.OUTER4[1], 2: "198.51.100.9"}, **settings)
        text = pair.whole(1).replace("routes:\n", side + "routes:\n")
        return text + f"  - {{ to: 10.7.0.0/24, via: {SIDE} }}\n"

    def test_a_good_change_is_applied_without_losing_a_packet_of_the_other_tunnel(self):
        before = self.a.tunnel()
        ping = self.world.start("hosta", ["ping", "-n", "-i", "0.01", "-c", "150", pair.HOST4[2]], stdout=-1, text=True)
        time.sleep(0.3)
        self.configure(self.with_side())
        self.a.child.send_signal(signal.SIGHUP)
        self.assertTrue(self.a.wait_log(r"INFO config LG-CFG-201 configuration in force: 2 changes"))
        self.assertEqual(set(self.a.show("tunnels")["tunnels"]), {"lab", SIDE})
        self.configure(pair.whole(1))
        done = self.a.command("reload")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, f"tunnels.{SIDE}: removed (live)\nroutes: - 10.7.0.0/24 via {SIDE} (live)\n")
        self.assertIn("150 packets transmitted, 150 received", ping.communicate(timeout=20)[0])
        self.world.stop(ping)
        far = self.pair.b.tunnel()
        for counter in ("rx-missed-pkts", "rx-drop-pkts"):
            self.assertEqual(self.find(far, counter), 0)
        self.assertGreater(self.find(self.a.tunnel(), "tx-pkts"), self.find(before, "tx-pkts"))

    def find(self, value, name):
        """A counter wherever it stands below a tunnel."""
        if name in value:
            return value[name]
        for below in value.values():
            if isinstance(below, dict):
                found = self.find(below, name)
                if found is not None:
                    return found
        return None

    def test_nothing_changed_is_said(self):
        done = self.a.command("reload")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "nothing changed\n", ""))
        self.assertEqual(json.loads(self.a.command("reload", "-o", "json").stdout)["done"], True)

    def test_a_bad_file_is_refused_with_each_fault_and_the_old_state_stands(self):
        self.configure(pair.whole(1).replace("rate: 2 Mbit/s", "rate: 2").replace("aes256gcm16", "aes256gcm"))
        done = self.a.command("reload")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        faults = done.stderr.splitlines()
        self.assertEqual(len(faults), 3, done.stderr)
        for fault in faults:
            self.assertRegex(fault, r"gwa\.yaml:\d+:\d+: error\[LG-CFG-01[12]\]: ")
        self.assertIn("rate needs a unit", done.stderr)
        self.assertIn("LG-CFG-202 the new configuration has 3 faults; the old one stays", self.a.log())
        for fault in faults:
            self.assertIn(fault, self.a.log())
        self.assertEqual(self.pair.ping_all(1), [1, 1, 1, 1])

    def test_what_needs_a_restart_is_refused_with_its_name(self):
        self.configure(pair.whole(1).replace("idle: adaptive", "idle: adaptive, main-core: 0"))
        done = self.a.command("reload")
        self.assertEqual(done.returncode, 1)
        self.assertIn("dataplane.main-core: unset -> 0 (daemon restart)", done.stderr)
        self.assertEqual(self.pair.ping_all(1), [1, 1, 1, 1])

    def test_a_static_key_that_comes_back_is_refused(self):
        self.configure(self.with_side())
        self.assertEqual(self.a.command("reload").returncode, 0)
        self.configure(pair.whole(1))
        self.assertEqual(self.a.command("reload").returncode, 0)
        self.configure(self.with_side())
        done = self.a.command("reload")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rf"^tunnels\.{SIDE}\.static\.(out|in)bound: its key was used by ")
        self.assertIn("LG-CFG-205", self.a.log())
        pair.make_keys(self.folder, SIDE)
        self.assertEqual(self.a.command("reload").returncode, 0)

    def test_addresses_come_and_go_with_the_file(self):
        self.configure(pair.whole(1).replace('"fd01::1/64"', '"fd01::1/64", 10.8.0.1/24'))
        self.assertEqual(self.a.command("reload").returncode, 0)
        self.world.ip("hosta", "address", "add", "10.8.0.2/24", "dev", "eth0")
        self.assertEqual(self.world.ping("hosta", "10.8.0.1", 1), 1)
        self.configure(pair.whole(1))
        self.assertEqual(self.a.command("reload").returncode, 0)
        self.assertNotIn("10.8.0.1", self.world.run("gwa", ["ip", "address", "show", "dev", "lg-lan"]))
        self.assertEqual(self.world.ping("hosta", "10.8.0.1", 1, wait=1), 0)
        self.world.ip("hosta", "address", "del", "10.8.0.2/24", "dev", "eth0")

    def test_the_log_follows_the_file(self):
        log = "log: { level: debug, format: json }"
        self.configure(pair.whole(1) + f"management: {{ {log}, api: {{ socket: {self.a.socket} }} }}\n")
        self.assertEqual(self.a.command("reload").returncode, 0)
        last = json.loads(self.a.log().splitlines()[-1])
        self.assertEqual((last["event"], last["level"], last["component"]), ("LG-CFG-201", "info", "config"))


class Show(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = pair.make_world()
        cls.addClassCleanup(cls.world.clear)
        cls.pair = pair.Pair(cls.world)
        cls.addClassCleanup(cls.pair.stop)
        cls.pair.start()
        cls.pair.ping_all(1)
        cls.a = cls.pair.a

    def test_every_topic_answers_in_both_forms(self):
        for topic in ("tunnels", "tfs", "drops", "ports", "neighbours", "routes"):
            value = self.a.show(topic)
            self.assertEqual(value["schema"], 1)
            self.assertIn("tunnels" if topic == "tfs" else topic, value)
            self.assertTrue(self.a.table(topic).strip())

    def test_tunnels_and_tfs_are_as_promised(self):
        measured = lambda: min(self.a.tunnel()[f"wire-{way}-bits-per-second"] for way in ("out", "in")) > 1e6
        self.assertTrue(wait_until(measured, 5, 0.3))
        head, row = self.a.table("tunnels").splitlines()[:2]
        titles = ["TUNNEL", "STATE", "PEER", "UP", "WIRE OUT", "WIRE IN", "INNER OUT", "INNER IN", "FILL", "LOSS",
                  "PACING p99.9"]
        self.assertEqual([title for title in titles if title not in head], [])
        self.assertRegex(row, r"^lab +up +198\.51\.100\.2 +\d+s +[\d.]+ Mbit/s +[\d.]+ Mbit/s ")
        tunnel = self.a.tunnel()
        for group in ("ipsec-stats", "iptfs-inner-pkt-stats", "iptfs-outer-pkt-stats"):
            self.assertIn(group, tunnel)
        for key in ("state", "slots", "skipped-slots", "late-slots", "queue-octets"):
            self.assertIn(key, tunnel)
        text = self.a.table("tfs", "lab")
        self.assertRegex(text, r"^lab +fixed 2 Mbit/s \(l3\), 500-byte packets every 2 ms, worker 0\n")
        for label in ("outbound", "inbound", "outer packets", "all padding", "inner packets", "queue now / max",
                      "pacing error"):
            self.assertIn(label, text)

    def test_ports_and_neighbours_tell_what_is_there(self):
        ports = self.a.show("ports")["ports"]
        self.assertEqual(set(ports), {"wan", "lan"})
        wan = ports["wan"]
        self.assertEqual((wan["link"], wan["side"], wan["mtu"], wan["twin"], wan["driver"], wan["addresses"]),
                         (True, "outer", 1500, "lg-wan", "net_af_packet", ["198.51.100.1/24"]))
        self.assertEqual(wan["mac"], self.world.mac("gwa", "wan"))
        self.assertGreater(wan["rx-pkts"], 0)
        found = {n["address"]: (n["port"], n["mac"], n["from"]) for n in self.a.show("neighbours")["neighbours"]}
        self.assertEqual(found[pair.OUTER4[2]], ("wan", self.world.mac("gwb", "wan"), "kernel"))
        self.assertEqual(found[pair.HOST4[1]], ("lan", self.world.mac("hosta", "eth0"), "kernel"))

    def test_exit_codes_for_what_is_not_there(self):
        unknown = self.a.command("show", "tunnels", "nobody")
        self.assertEqual((unknown.returncode, unknown.stderr), (5, 'levelgate: there is no tunnel "nobody"\n'))
        self.assertEqual(self.a.command("show", "weather").returncode, 2)
        self.a.socket, there = self.a.socket + "-not", self.a.socket
        gone = self.a.command("show", "tunnels")
        self.a.socket = there
        self.assertEqual(gone.returncode, 4)
        self.assertIn("is levelgated running?", gone.stderr)


if __name__ == "__main__":
    main()
