# SPDX-License-Identifier: Apache-2.0
#
# What `--json` prints: its shape and names (interface: "Static keys, neighbours, replay"; RFC 9348 for the counters),
# and that the sums agree with each other and with the captures (RFC 9347: every slot, every inner packet is accounted for).
import json
import os
import random
import subprocess
import unittest

from rig import MS, SECOND, ReplayTest, Tunnel, fixed, inside_packet, on_demand, outside_packet
from oracle import aggfrag, schedule

GROUPS = {
    "ipsec-stats": {"tx-pkts", "tx-octets", "tx-drop-pkts", "rx-pkts", "rx-octets", "rx-drop-pkts"},
    "iptfs-inner-pkt-stats": {"tx-pkts", "tx-octets", "rx-pkts", "rx-octets", "rx-incomplete-pkts"},
    "iptfs-outer-pkt-stats": {"tx-all-pad-pkts", "tx-all-pad-octets", "tx-extra-pad-pkts", "tx-extra-pad-octets",
                              "rx-all-pad-pkts", "rx-all-pad-octets", "rx-extra-pad-pkts", "rx-extra-pad-octets",
                              "rx-errored-pkts", "rx-missed-pkts"},
}
BESIDE = {"slots", "skipped-slots", "late-slots", "late-pkts", "queue-pkts", "queue-octets", "queue-max-octets",
          "reorder-held-pkts", "reorder-window-pkts", "early-pkts", "joined-early-pkts", "skipped-fragment-pkts",
          "contradiction-pkts", "path-rate-bits-per-second", "path-rtt-us", "breaker-state", "breaker-trips",

          "ip-fragmented-pkts", "ip-fragments-made", "ecn-ce-pkts", "ecn-unexpected-pkts",
          "tcp-taken-pkts", "tcp-refused-pkts"}


class Json(ReplayTest):
    def shape(self, stats, names):
        self.assertEqual(set(stats), {"schema", "tunnels", "drops"})
        self.assertEqual(stats["schema"], 1)
        self.assertEqual(list(stats["tunnels"]), names)
        for counters in stats["tunnels"].values():
            for group, members in GROUPS.items():
                self.assertLessEqual(members, set(counters[group]))
                self.assertTrue(all(type(value) is int and value >= 0 for value in counters[group].values()))
            self.assertLessEqual(BESIDE, set(counters))
        self.assertTrue(all(type(count) is int and count > 0 for count in stats["drops"].values()))

    def test_shape(self):
        self.configure(Tunnel(fixed()), Tunnel(on_demand(), name="other-1", remote="198.51.100.9", spi=0x5001,
                                               selectors={"local": ["10.1.0.0/16"], "remote": ["10.5.0.0/16"]}))
        self.shape(self.replay(until=5 * MS).stats, ["lab", "other-1"])

    def test_no_tunnel_at_all(self):
        self.configure(routes=[])
        out = self.replay([("lan", [(0, inside_packet(random.Random(1), 60))])])
        self.assertEqual(out.stats, {"schema": 1, "tunnels": {}, "drops": {"no-route": 1}})

    def test_one_object_on_one_stream(self):
        self.configure(Tunnel(fixed()))
        for options in (["replay", "--json"], ["--output", "json", "replay"], ["replay"]):
            command = [os.environ["LEVELGATE"], *options, "--config", self.path("gw.yaml"), "--until", "3ms"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            with self.subTest(options=options):
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                if "json" in "".join(options):
                    self.shape(json.loads(done.stdout), ["lab"])
                else:
                    self.assertIn("lab", done.stdout)
                    self.assertIn("nothing was dropped", done.stdout)

    def test_every_slot_and_every_inner_packet_is_accounted_for(self):
        for seed in range(5):
            rng = random.Random(seed)
            tunnel = Tunnel(fixed(20_000_000, packet_size="1400B", max_queue_delay="5ms"))
            load = sorted(((rng.randrange(SECOND // 4), inside_packet(rng, rng.randint(20, 2500))) for _ in range(900)),
                          key=lambda a: a[0])
            self.configure(tunnel)
            out = self.replay([("lan", load)])
            with self.subTest(seed=seed):
                stats, room = out.tunnel(), tunnel.room()
                inner, outer = stats["iptfs-inner-pkt-stats"], stats["iptfs-outer-pkt-stats"]
                sent = len(out.frames["wan"])
                self.assertEqual((stats["slots"], stats["ipsec-stats"]["tx-pkts"]), (sent, sent))
                self.assertEqual(stats["ipsec-stats"]["tx-octets"], 1400 * sent)
                self.assertEqual(inner["tx-pkts"] + stats["ipsec-stats"]["tx-drop-pkts"], len(load))
                self.assertEqual(stats["ipsec-stats"]["tx-drop-pkts"], sum(out.drops.values()))
                self.assertEqual(set(out.drops), {"tfs-queue-delay"})
                padding = outer["tx-all-pad-octets"] + outer["tx-extra-pad-octets"]
                self.assertEqual(inner["tx-octets"] + padding, room * sent)
                self.assertEqual(outer["tx-all-pad-octets"], room * outer["tx-all-pad-pkts"])
                self.assertEqual((stats["queue-pkts"], stats["queue-octets"]), (0, 0))
                timing = schedule.Schedule(1400, 20_000_000)
                # What leaves within the delay, the packet that begins then, and what has left of the one in front.
                most = 5 * MS / timing.interval * room + room + 2 * 2500
                self.assertTrue(2500 < stats["queue-max-octets"] <= most)

    def test_the_queue_at_the_end(self):
        rng = random.Random(3)
        packets = [inside_packet(rng, 1000) for _ in range(5)]
        self.configure(Tunnel(fixed(packet_size="1400B")))
        out = self.replay([("lan", [(0, packet) for packet in packets])], until=1)
        self.assertEqual((out.tunnel()["queue-pkts"], out.tunnel()["queue-octets"]), (5, 5000))
        out = self.replay([("lan", [(0, packet) for packet in packets])], until=MS + 1)
        self.assertEqual(out.tunnel()["queue-pkts"], 4)
        self.assertEqual(out.tunnel()["iptfs-inner-pkt-stats"]["tx-pkts"], 1)

    def test_what_the_window_holds_at_the_end(self):
        tunnel = Tunnel(on_demand(receive={"reorder-window": 8, "lost-timer": "1s"}))
        sa = tunnel.in_sa()
        body = aggfrag.header(0) + outside_packet(random.Random(4), 60)
        self.configure(tunnel)
        out = self.replay([("wan", [(n, sa.outer(sa.seal(n + 2, body))) for n in range(3)])], until=SECOND // 2)
        self.assertEqual((out.tunnel()["reorder-held-pkts"], out.frames["lan"]), (3, []))
        self.assertEqual(out.tunnel()["ipsec-stats"]["rx-pkts"], 3)


if __name__ == "__main__":
    unittest.main()
