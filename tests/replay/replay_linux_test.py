# SPDX-License-Identifier: Apache-2.0
#
# What a Linux kernel sent (vectors/README.md), played into the gateway from the recorded outer packets: every inner packet
# comes out octet for octet, in order, and nothing is counted as lost, late or wrong.
import glob
import json
import os
import unittest
from dataclasses import dataclass

from receiving import forwarded
from rig import HERE, ReplayTest, Tunnel, on_demand
from oracle import aggfrag, esp, gateway, pcap

VECTORS = os.path.join(HERE, "vectors")
SECRETS = {16: "aes128gcm16", 32: "aes256gcm16"}
OURS = {"wan": {"address": ["10.99.0.2/24"]}, "lan": {"address": ["10.2.0.1/24", "fd02::1/64"]}}
SELECTORS = {"local": ["10.2.0.0/16", "fd02::/64"], "remote": ["10.1.0.0/16", "fd01::/64"]}


@dataclass
class Recorded(Tunnel):
    """A tunnel whose inbound SA is the one that was recorded."""
    sa: esp.Sa = None

    def in_sa(self):
        return self.sa


def recorded_sa(said):
    return esp.Sa(int(said["spi"], 16), said["src"], said["dst"], SECRETS[len(said["key"]) // 2],
                  bytes.fromhex(said["key"] + said["salt"]), said["esn"], said["udp_encapsulation"] is not None,
                  said["first_sequence"])


class Linux(ReplayTest):
    def played(self, name):
        with open(os.path.join(VECTORS, name + ".json"), encoding="utf-8") as file:
            vector = json.load(file)
        sa = recorded_sa(vector["sa"])
        tunnel = Recorded(on_demand(), local=sa.destination, remote=sa.source, cipher=sa.cipher, esn=sa.esn, udp=sa.udp,
                          first_in=sa.first_sequence, selectors=SELECTORS, sa=sa)
        self.configure(tunnel, **OURS)
        return vector, sa, self.replay([("wan", os.path.join(VECTORS, name + ".pcap"))])

    def test_every_recorded_stream_is_decoded_exactly(self):
        names = sorted(os.path.basename(path)[:-5] for path in glob.glob(os.path.join(VECTORS, "*.json")))
        self.assertGreaterEqual(len(names), 4)
        for name in names:
            with self.subTest(name):
                vector, sa, out = self.played(name)
                self.assertListEqual([packet for _, packet in out.packets("lan")],
                                     forwarded([bytes.fromhex(inner) for inner in vector["inner"]]))
                self.assertEqual(out.drops, {})
                counted = out.tunnel()
                self.assertEqual(counted["ipsec-stats"]["rx-pkts"], len(vector["sequence_numbers"]))
                self.assertEqual(counted["iptfs-inner-pkt-stats"]["rx-pkts"], len(vector["inner"]))
                for group, counter in (("iptfs-outer-pkt-stats", "rx-errored-pkts"), ("iptfs-outer-pkt-stats", "rx-missed-pkts"),
                                       ("iptfs-outer-pkt-stats", "rx-all-pad-pkts"), ("iptfs-inner-pkt-stats", "rx-incomplete-pkts")):
                    self.assertEqual(counted[group][counter], 0, counter)

    def test_the_streams_hold_what_they_shall_show(self):
        """Aggregates, fragments, both inner versions and a number above 32 bits: else the test above proves little."""
        seen = set()
        for path in glob.glob(os.path.join(VECTORS, "*.pcap")):
            with open(path[:-5] + ".json", encoding="utf-8") as file:
                sa = recorded_sa(json.load(file)["sa"])
            wire = gateway.decode_wire(pcap.read(path), sa)
            receiver = aggfrag.Receiver(first_sequence=sa.first_sequence)
            for _, number, body, _ in wire:
                out = receiver.accept(0, number, body)
                seen |= {f"IPv{packet[0] >> 4}" for _, packet in out}
                seen |= {"aggregate"} if len(out) > 1 else set()
                seen |= {"fragment"} if aggfrag.split(body)[0] else set()
                seen |= {"64 bits"} if number >> 32 else set()
        self.assertEqual(seen, {"IPv4", "IPv6", "aggregate", "fragment", "64 bits"})


if __name__ == "__main__":
    unittest.main()
