# SPDX-License-Identifier: Apache-2.0
#
# What management systems read of running daemons: instance data that yanglint finds valid, metrics, and RFC 9349's
# objects through a sub-agent, all with the counters that `show tfs` has.
import json
import os
import re
import sys
import unittest

from daemons import Daemon, Folder
from main import main
from pair import PSK, Pair, by_ike, make_world
from spaces import ROOT, wait_until

sys.path.insert(0, os.path.join(ROOT, "tests/management"))
import snmp
import yanglint

AGENTX = os.environ.get("AGENTX", "")
GROUPS = ["ipsec-stats", "iptfs-inner-pkt-stats", "iptfs-outer-pkt-stats"]


def export(daemon, form):
    done = daemon.command("export", form)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


def entries(instance):
    """Whatever holds counters, by its name: connections and SAs."""
    found = {entry["name"]: entry["child-sa-info"]
             for entry in instance.get("ietf-i2nsf-ike:ipsec-ike", {}).get("conn-entry", [])}
    for entry in instance.get("ietf-i2nsf-ikeless:ipsec-ikeless", {}).get("sad", {}).get("sad-entry", []):
        found[entry["name"]] = entry
    return found


def counter(entry, group, name):
    return int(entry["ietf-ipsec-iptfs:" + group][name])


class Static(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = make_world()
        cls.addClassCleanup(cls.world.clear)
        cls.pair = Pair(cls.world)
        cls.addClassCleanup(cls.pair.stop)
        cls.pair.start()
        assert any(cls.world.ping("hosta", "10.2.0.2", 3) for _ in range(5)), cls.pair.a.log()
        assert wait_until(lambda: cls.pair.a.tunnel()["state"] == "up", 60, 0.2), cls.pair.a.log()

    @unittest.skipIf(yanglint.why_not(), yanglint.why_not())
    def test_instance_data_is_valid(self):
        self.assertEqual(yanglint.judge(export(self.pair.a, "yang-json"), "data"), "")

    def test_counters_are_those_of_show_tfs(self):
        before = self.pair.a.show("tfs")["tunnels"]["lab"]
        found = entries(json.loads(export(self.pair.a, "yang-json")))
        after = self.pair.a.show("tfs")["tunnels"]["lab"]
        self.assertEqual(set(found), {"lab/outbound", "lab/inbound"})
        for group in GROUPS:
            for name in before[group]:
                way = "outbound" if name.startswith("tx-") else "inbound"
                value = counter(found[f"lab/{way}"], group, name)
                self.assertLessEqual(before[group][name], value, f"{group} {name}")
                self.assertLessEqual(value, after[group][name], f"{group} {name}")
        self.assertGreater(before["iptfs-inner-pkt-stats"]["tx-pkts"], 0)
        self.assertEqual(found["lab/outbound"]["ietf-ipsec-iptfs:traffic-flow-security"],
                         after["traffic-flow-security"])

    def test_metrics_are_those_of_show_tfs(self):
        before = self.pair.a.show("tfs")["tunnels"]["lab"]
        text = export(self.pair.a, "prometheus")
        after = self.pair.a.show("tfs")["tunnels"]["lab"]
        for metric, group, name in (("tunnel_wire_packets_total", "ipsec-stats", "pkts"),
                                    ("tunnel_inner_bytes_total", "iptfs-inner-pkt-stats", "octets"),
                                    ("tfs_all_pad_packets_total", "iptfs-outer-pkt-stats", "all-pad-pkts")):
            for way, prefix in (("out", "tx-"), ("in", "rx-")):
                value = re.search(rf'^levelgate_{metric}{{tunnel="lab",direction="{way}"}} (\d+)$', text, re.MULTILINE)
                self.assertIsNotNone(value, metric)
                self.assertLessEqual(before[group][prefix + name], int(value[1]))
                self.assertLessEqual(int(value[1]), after[group][prefix + name])
        self.assertIn('levelgate_tunnel_up{tunnel="lab"} 1\n', text)
        self.assertRegex(text, r'levelgate_build_info{version="[^"]+",dpdk="DPDK [^"]+",crypto="[^"]+"} 1\n')
        self.assertRegex(text, r'levelgate_port_up{port="wan"} 1\n')

    @unittest.skipIf(snmp.why_not(), snmp.why_not())
    @unittest.skipIf(not AGENTX, "levelgate-agentx is not built: net-snmp's headers are missing (Debian: libsnmp-dev)")
    def test_snmp_shows_the_same(self):
        agents = snmp.Agents(AGENTX)
        self.addCleanup(agents.stop)
        agents.start(self.pair.a.socket)
        before = self.pair.a.show("tfs")["tunnels"]["lab"]
        want = before["iptfs-inner-pkt-stats"]["tx-pkts"]
        found = {}
        self.assertTrue(wait_until(lambda: found.update(agents.walk()) or "txInnerPkts.1" in found, 60, 0.2),
                        agents.log("agentx.log"))
        after = self.pair.a.show("tfs")["tunnels"]["lab"]
        value = int(found["txInnerPkts.1"].removeprefix("Counter64: "))
        self.assertLessEqual(want, value)
        self.assertLessEqual(value, after["iptfs-inner-pkt-stats"]["tx-pkts"])
        self.assertEqual(found["outerPacketSize.1"], "Gauge32: 500")
        self.assertEqual(found["l3FixedRate.1"], "Counter64: 2000000")
        self.assertGreater(int(found["rxPkts.1"].removeprefix("Counter64: ")), 0)
        self.assertRegex(agents.log("agentx.log"), "index 1 is tunnel lab\n")


class Negotiated(unittest.TestCase):
    def test_connection_and_its_state(self):
        world, folder = make_world(), Folder()
        self.addCleanup(folder.clear)
        self.addCleanup(world.clear)
        folder.write("lab.psk", PSK)
        a = Daemon(world, "gwa", folder).configure(by_ike(1, start="always"))
        b = Daemon(world, "gwb", folder).configure(by_ike(2))
        for daemon in (a, b):
            self.addCleanup(daemon.stop)
        b.start()
        a.start()
        self.assertTrue(wait_until(lambda: a.tunnel()["state"] == "up", 60, 0.2), a.log())
        text = export(a, "yang-json")
        entry = json.loads(text)["ietf-i2nsf-ike:ipsec-ike"]["conn-entry"][0]
        shown = a.show("ike")["tunnels"]["lab"]["ike-sas"][0]
        self.assertEqual(entry["state"]["initiator"], shown["role"] == "initiator")
        self.assertEqual(int(entry["state"]["initiator-ikesa-spi"]), int(shown["spi-initiator"], 16))
        self.assertGreater(counter(entry["child-sa-info"], "ipsec-stats", "rx-pkts"), 0)
        self.assertNotIn(PSK, text)
        self.assertIn('levelgate_tunnel_up{tunnel="lab"} 1\n', export(a, "prometheus"))
        if yanglint.why_not():
            self.skipTest(yanglint.why_not())
        self.assertEqual(yanglint.judge(text, "data"), "")


if __name__ == "__main__":
    main()
