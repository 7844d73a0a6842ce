# SPDX-License-Identifier: Apache-2.0
#
# levelgate-agentx between a daemon that answers by rote and a master agent: every object of RFC 9349, by its name, with
# the value that the daemon gave; indices that stay; and what is shown while the daemon is away.
import copy
import http.server
import json
import os
import re
import socketserver
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from snmp import MODULE, ROOT, Agents, wait_until, why_not

AGENTX = os.environ["AGENTX"]
HUGE = 2 ** 64 - 1
IPSEC = ["tx-pkts", "tx-octets", "tx-drop-pkts", "rx-pkts", "rx-octets", "rx-drop-pkts"]
INNER = ["tx-pkts", "tx-octets", "rx-pkts", "rx-octets", "rx-incomplete-pkts"]
OUTER = ["tx-extra-pad-pkts", "tx-extra-pad-octets", "tx-all-pad-pkts", "tx-all-pad-octets", "rx-extra-pad-pkts",
         "rx-extra-pad-octets", "rx-all-pad-pkts", "rx-all-pad-octets", "rx-errored-pkts", "rx-missed-pkts"]
IPSEC_OBJECTS = ["txPkts", "txOctets", "txDropPkts", "rxPkts", "rxOctets", "rxDropPkts"]
INNER_OBJECTS = ["txInnerPkts", "txInnerOctets", "rxInnerPkts", "rxInnerOctets", "rxIncompleteInnerPkts"]
OUTER_OBJECTS = ["txExtraPadPkts", "txExtraPadOctets", "txAllPadPkts", "txAllPadOctets", "rxExtraPadPkts",
                 "rxExtraPadOctets", "rxAllPadPkts", "rxAllPadOctets", "rxErroredPkts", "rxMissedPkts"]
CONFIG_OBJECTS = ["congestionControl", "usePathMtuDiscovery", "outerPacketSize", "l2FixedRate", "l3FixedRate",
                  "dontFragment", "maxAggregationTime", "windowSize", "sendImmediately", "lostPacketTimerInterval"]


def counters(base):
    """Every counter with a number of its own."""
    return {"ipsec-stats": {name: base + at for at, name in enumerate(IPSEC)},
            "iptfs-inner-pkt-stats": {name: base + 10 + at for at, name in enumerate(INNER)},
            "iptfs-outer-pkt-stats": {name: base + 20 + at for at, name in enumerate(OUTER)}}


def tunnel(base, layer="l3", rate="500000000"):
    return {**counters(base), "traffic-flow-security": {
        "congestion-control": False, "packet-size": {"use-path-mtu-discovery": True, "outer-packet-size": 1400},
        f"{layer}-fixed-rate": rate, "dont-fragment": True, "max-aggregation-time": "20.5", "window-size": 65535,
        "send-immediately": False, "lost-packet-timer-interval": "9000.0"}}


class RoteDaemon(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path):
        super().__init__(path, Page)
        self.path, self.tunnels, self.asked = path, {}, []
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def handle_error(self, *_):
        pass  # a client that waited no longer

    def stop(self):
        self.shutdown()
        self.thread.join()
        self.server_close()
        os.unlink(self.path)


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        body = json.dumps({"schema": 1, "tunnels": self.server.tunnels}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "agent"

    def log_message(self, *_):
        pass


def objects_of_the_mib():
    """Accessible objects by the MIB's own text."""
    with open(os.path.join(ROOT, f"share/levelgate/mibs/{MODULE}.txt"), encoding="utf-8") as file:
        text = file.read()
    return set(re.findall(r"^\s*(\w+) OBJECT-TYPE\s+SYNTAX\s+[^\n]+\n\s+MAX-ACCESS\s+read-only", text, re.MULTILINE))


@unittest.skipIf(why_not(), why_not())
class Walk(unittest.TestCase):
    def setUp(self):
        self.agents = Agents(AGENTX)
        self.addCleanup(lambda: self.assertEqual(self.agents.stop()[1], 0, "levelgate-agentx did not end well"))
        self.socket = os.path.join(self.agents.folder, "api.sock")
        self.daemon = RoteDaemon(self.socket)
        self.addCleanup(lambda: self.daemon.stop())

    def shown(self, tunnels, ready):
        """What is walked when the daemon's new answer has arrived."""
        self.daemon.tunnels = tunnels
        if not self.agents.children:
            self.agents.start(self.socket)
        last = {}

        def arrived():
            last.clear()
            last.update(self.agents.walk())
            return ready(last)

        self.assertTrue(wait_until(arrived), f"{last}\n{self.agents.log('agentx.log')}")
        return last

    def test_every_object_has_its_value(self):
        found = self.shown({"berlin": tunnel(100), "oslo": {**tunnel(HUGE - 40), "traffic-flow-security": {
            **tunnel(0, "l2", str(HUGE))["traffic-flow-security"], "lost-packet-timer-interval": "12.345678"}}},
            lambda all: "rxMissedPkts.2" in all)
        want = {f"{name}.1": f"Counter64: {100 + at}" for at, name in enumerate(IPSEC_OBJECTS)}
        want |= {f"{name}.1": f"Counter64: {110 + at}" for at, name in enumerate(INNER_OBJECTS)}
        want |= {f"{name}.1": f"Counter64: {120 + at}" for at, name in enumerate(OUTER_OBJECTS)}
        want |= {"congestionControl.1": "INTEGER: false(2)", "usePathMtuDiscovery.1": "INTEGER: true(1)",
                 "outerPacketSize.1": "Gauge32: 1400", "l3FixedRate.1": "Counter64: 500000000",
                 "dontFragment.1": "INTEGER: true(1)", "maxAggregationTime.1": "INTEGER: 20.500000",
                 "windowSize.1": "Gauge32: 65535", "sendImmediately.1": "INTEGER: false(2)",
                 "lostPacketTimerInterval.1": "INTEGER: 2147.483647"}
        self.assertEqual({name: value for name, value in found.items() if name.endswith(".1")}, want)
        self.assertEqual(found["rxMissedPkts.2"], f"Counter64: {HUGE - 40 + 29}", "64 bits")
        self.assertEqual(found["l2FixedRate.2"], f"Counter64: {HUGE}")
        self.assertNotIn("l3FixedRate.2", found)
        self.assertEqual(found["lostPacketTimerInterval.2"], "INTEGER: 12.345678")
        every = set(IPSEC_OBJECTS + INNER_OBJECTS + OUTER_OBJECTS + CONFIG_OBJECTS)
        self.assertEqual(every, objects_of_the_mib())
        self.assertEqual({name.split(".")[0] for name in found}, every)

    def test_a_plain_tunnel_has_ipsec_counters_only(self):
        found = self.shown({"bare": counters(7)}, lambda all: len(all) == len(IPSEC_OBJECTS))
        self.assertEqual({name.split(".")[0] for name in found}, set(IPSEC_OBJECTS))

    def test_an_index_stays_with_its_tunnel(self):
        both = {"first": tunnel(1000), "second": tunnel(2000)}
        found = self.shown(both, lambda all: "Counter64: 2000" in all.values())
        at = {value: name for name, value in found.items()}
        first, second = at["Counter64: 1000"], at["Counter64: 2000"]
        self.assertNotEqual(first, second)
        found = self.shown({"second": tunnel(3000)}, lambda all: "Counter64: 3000" in all.values())
        self.assertEqual(found[second], "Counter64: 3000")
        self.assertNotIn(first, found)
        found = self.shown({"second": tunnel(3000), "first": tunnel(4000)}, lambda all: "Counter64: 4000" in all.values())
        self.assertEqual(found[first], "Counter64: 4000")
        self.assertRegex(self.agents.log("agentx.log"), rf"index {first.split('.')[1]} is tunnel first\n")

    def test_nothing_can_be_set(self):
        self.shown({"berlin": tunnel(100)}, lambda all: "Counter64: 100" in all.values())
        told = " ".join(self.agents.ask("snmpset", f"{MODULE}::windowSize.1", "u", "7"))
        self.assertRegex(told, "notWritable|noAccess|authorizationError|not writable")

    def test_what_is_no_answer_is_left_out(self):
        wrong = copy.deepcopy(tunnel(500))
        wrong["ipsec-stats"]["tx-pkts"] = "many"
        wrong["ipsec-stats"]["tx-octets"] = -1
        wrong["traffic-flow-security"] |= {"window-size": 65536, "dont-fragment": 1, "max-aggregation-time": "soon"}
        found = self.shown({"odd": wrong}, lambda all: "Counter64: 502" in all.values())
        names = {name.split(".")[0] for name in found}
        self.assertFalse(names & {"txPkts", "txOctets", "windowSize", "dontFragment", "maxAggregationTime"}, names)
        self.assertIn("txDropPkts", names)

    def test_without_the_daemon_there_is_nothing_and_then_there_is_again(self):
        self.shown({"berlin": tunnel(100)}, lambda all: "Counter64: 100" in all.values())
        tunnels = self.daemon.tunnels
        self.daemon.stop()
        try:
            self.assertTrue(wait_until(lambda: self.agents.walk() == {}))
        finally:
            self.daemon = RoteDaemon(self.socket)
            self.daemon.tunnels = tunnels
        self.shown(tunnels, lambda all: "Counter64: 100" in all.values())

    def test_an_answer_serves_for_the_time_that_was_set(self):
        self.daemon.tunnels = {"berlin": tunnel(100)}
        self.agents.start(self.socket, cache=3600)
        self.assertTrue(wait_until(self.agents.walk))
        for _ in range(3):
            self.assertEqual(len(self.agents.walk()), 30)
        self.assertEqual(self.daemon.asked, ["/v1/show/tfs"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
