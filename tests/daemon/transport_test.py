# SPDX-License-Identifier: Apache-2.0
#
# IKE over TCP between two daemons, ESP beside it or in the same connection: begun over UDP or over TCP, a connection
# that is reset, and a network that lets no TCP pass (RFC 9329). What IKE itself does is tested in tests/simulation.
import pair
from main import main
from spaces import wait_until

# One at a time, under one name.
RULES = "table inet blocked {{ chain out {{ type filter hook output priority 0; {} }}; }}"
NO_TCP = RULES.format("tcp dport 4500 reject with tcp reset;")
NO_UDP = RULES.format("udp dport { 500, 4500 } drop;")


class Transport(pair.ByIke):
    def start(self, transport, transport_of_b="separate", more=""):
        for own, daemon, start, way in ((1, self.a, "always", transport), (2, self.b, "respond", transport_of_b)):
            text = pair.by_ike(own, start, dpd=("1s", "20s"), more=more)
            daemon.configure(text + f"ike: {{ defaults: {{ transport: {way} }} }}\n")
            daemon.launch()
            self.addCleanup(daemon.stop)
        for daemon in (self.a, self.b):
            daemon.wait_ready()

    # The spaces are those of the next test as well: whatever becomes of this one, they are left open.
    def block(self, space, rules=NO_TCP):
        self.world.run(space, ["nft", rules])
        self.blocked = space
        self.addCleanup(self.unblock)

    def unblock(self):
        space, self.blocked = self.blocked, None
        if space:
            self.world.run(space, ["nft", "delete table inet blocked"])

    def sas(self, daemon):
        return [sa for sa in daemon.show("ike")["tunnels"]["lab"]["ike-sas"] if sa["state"] == "established"]

    def is_up(self, transport):
        return all(len(self.sas(daemon)) == 1 and len(self.sas(daemon)[0]["children"]) == 1 and
                   self.sas(daemon)[0]["transport"] == transport for daemon in (self.a, self.b))

    def assert_up(self, transport, within=40):
        self.assertTrue(wait_until(lambda: self.is_up(transport), within, 0.1),
                        f"{self.sas(self.a)}\n{self.sas(self.b)}\n{self.a.log()}{self.b.log()}")
        self.assert_ping()

    # A slow path: a first echo may be lost while neighbours are asked for, or a connection is made.
    def assert_ping(self):
        self.assertTrue(wait_until(lambda: self.world.ping("hosta", pair.HOST4[2]) == 3, 30, 0.1),
                        self.a.command("show", "tfs").stdout + self.a.log() + self.b.log())

    def carriers(self):
        return {child["encapsulation"] for daemon in (self.a, self.b) for sa in self.sas(daemon)
                for child in sa["children"]}

    # [9329-2-a, 9329-5-a]
    def test_begun_over_udp_it_goes_on_over_tcp(self):
        self.start("separate")
        self.assert_up("tcp")
        self.assertIn(":4500 tcp", self.a.command("show", "ike").stdout)
        self.assertEqual(self.sas(self.a)[0]["children"][0]["encapsulation"], "none")
        before = self.sas(self.a)[0]["spi-initiator"]
        self.assertEqual(self.b.command("rekey", "lab", "--ike").returncode, 0, self.b.log())
        self.assertTrue(wait_until(lambda: self.is_up("tcp") and self.sas(self.a)[0]["spi-initiator"] != before, 20))

    def test_begun_over_tcp(self):
        self.start("tcp")
        self.assert_up("tcp")

    def test_a_large_key_goes_over_tcp(self):
        self.start("separate", more="    large-keys: { method: mceliece348864f, pace: 1 Mbit/s }\n")
        self.assert_up("tcp")
        large = "mceliece348864f"
        self.assertTrue(wait_until(lambda: self.is_up("tcp") and large in self.sas(self.a)[0]["key-exchanges"], 30, 0.1),
                        self.a.log() + self.b.log())

    # [9329-6.1-f]
    def test_a_connection_that_is_reset_comes_back(self):
        self.start("separate")
        self.assert_up("tcp")
        spi = self.sas(self.a)[0]["spi-initiator"]
        self.block("gwa")
        self.assertEqual(self.a.command("rekey", "lab").returncode, 0, "so that something is sent")
        self.assertTrue(wait_until(lambda: self.sas(self.a)[0]["transport"] == "tcp, not connected", 60, 0.05),
                        self.a.log() + self.b.log())
        self.unblock()
        self.assert_up("tcp")
        self.assertEqual(self.sas(self.a)[0]["spi-initiator"], spi, "the same SA")

    def test_where_tcp_is_blocked_it_stays_on_udp(self):
        self.block("gwa")
        self.start("separate")
        self.assert_up("udp")
        self.assertEqual(self.a.log().count("LG-IKE-017"), 1, self.a.log())

    def test_a_peer_that_takes_no_tcp_stays_on_udp(self):
        self.start("separate", transport_of_b="udp")
        self.assert_up("udp")

    # [9329-5-b, 9329-6.1-f, 9329-6.1-q]
    def test_esp_goes_in_the_connection_and_comes_back_with_it(self):
        self.start("tcp", transport_of_b="tcp", more="    esp: { encapsulation: tcp }\n")
        self.assert_up("tcp")
        self.assertEqual(self.carriers(), {"tcp"})
        self.assertIn("slow path, no constant rate", self.a.command("show", "tunnels").stdout)
        self.assertIn("slow path, no constant rate", self.b.command("show", "tfs").stdout)
        spi = self.sas(self.a)[0]["spi-initiator"]
        self.block("gwa")
        self.assertTrue(wait_until(lambda: self.sas(self.a)[0]["transport"] == "tcp, not connected", 60, 0.05),
                        self.a.log() + self.b.log())
        self.assertEqual(self.a.show("tunnels")["tunnels"]["lab"]["state"], "no connection")
        self.unblock()
        self.assert_up("tcp")
        self.assertEqual(self.sas(self.a)[0]["spi-initiator"], spi, "the same SA")
        counts = self.a.show("ike")["tcp-connections"]
        self.assertGreaterEqual(counts["connected"], 2)
        self.assertGreaterEqual(counts["ended"]["reset"], 1)
        self.assertEqual(self.b.show("ike")["tcp-connections"]["unproven"], 0)
        self.assertIn("TCP connections: 1 open", self.b.command("show", "ike").stdout)

    # [9329-5.1-a, 9329-5.1-b]
    def test_where_udp_is_silent_all_falls_back_to_tcp(self):
        self.block("gwa", NO_UDP)
        self.start("fallback", transport_of_b="fallback")
        self.assert_up("tcp", 60)
        self.assertEqual(self.carriers(), {"tcp"})
        self.assertEqual(self.a.log().count("LG-IKE-019"), 1, self.a.log())
        self.assertIn("slow path, no constant rate", self.a.command("show", "tunnels").stdout)

    def test_where_udp_passes_fallback_stays_there(self):
        self.start("fallback", transport_of_b="fallback")
        self.assert_up("udp")
        self.assertEqual(self.carriers(), {"none"})
        self.assertNotIn("slow path", self.a.command("show", "tunnels").stdout)

    def test_auto_takes_tcp_for_large_keys_and_leaves_esp_beside_it(self):
        self.start("auto", transport_of_b="auto", more="    large-keys: { method: mceliece348864f }\n")
        self.assert_up("tcp")
        self.assertEqual(self.carriers(), {"none"})


if __name__ == "__main__":
    main()
