# SPDX-License-Identifier: Apache-2.0
#
# `levelgate keylog`: what it prints of a configuration with static keys is what each Wireshark takes; it says on every run
# what it does, and prints no key of what Wireshark cannot decrypt.
import os
import random
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "replay"))

from rig import MS, PEER6, WAN6, ReplayTest, Tunnel, inside_packet, on_demand  # noqa: E402
from oracle import ip  # noqa: E402
from tshark import Tshark, each_version  # noqa: E402


class Printing(ReplayTest):
    def keylog(self, version, config="gw.yaml"):
        return subprocess.run([os.environ["LEVELGATE"], "keylog", "--config", self.path(config), "--for",
                               f"wireshark-{version}"], capture_output=True, text=True, timeout=60, check=False)

    def test_it_says_what_it_does(self):
        self.configure(Tunnel(on_demand()))
        done = self.keylog("4.4")
        self.assertEqual((done.returncode, done.stdout.count("\n")), (0, 2))
        self.assertIn("can decrypt the traffic", done.stderr)

    def test_no_key_of_a_cipher_that_wireshark_has_not(self):
        self.configure(tunnel := Tunnel(on_demand(), cipher="chacha20poly1305"))
        done = self.keylog("4.4")
        self.assertEqual([line[:12] for line in done.stdout.splitlines()], ["# tunnel lab"] * 2)
        self.assertNotIn(tunnel.out_sa().keymat.hex()[:16], done.stdout)

    def test_what_it_cannot_do(self):
        self.assertEqual(self.keylog("4.4", "absent.yaml").returncode, 3)
        self.configure(Tunnel(on_demand()))
        self.assertEqual(self.keylog("3.6").returncode, 2)


@each_version(Printing)
class Decrypting:
    version = None

    def test_wireshark_decrypts_with_it(self):
        rng = random.Random(1)
        for more in ({}, {"esn": False}, {"cipher": "aes128gcm16"}, {"local": WAN6, "remote": PEER6},
                     {"first_out": 3 * 2**32 + 9}, {"udp": True}):
            packets = [inside_packet(rng, 700) for _ in range(5)]
            self.configure(tunnel := Tunnel(on_demand(packet_size="500B"), **more))
            self.replay([("lan", [(MS + i * MS, p) for i, p in enumerate(packets)])], until=30 * MS)
            table = self.keylog(self.version).stdout
            good = Tshark(self.version, {"esp_sa": table}, preferences=["esp.enable_authentication_check:TRUE"])
            self.addCleanup(good.close)
            rows = good.fields(self.path("out-wan.pcap"), ["aggfrag.inner", "esp.icv_good"])
            with self.subTest(**more):
                self.assertEqual([bytes.fromhex(value) for row in rows for value in row["aggfrag.inner"]],
                                 [ip.with_lower_ttl(packet) for packet in packets])
                checks = self.version != "4.0" or not tunnel.esn
                self.assertEqual({row["esp.icv_good"][0] in ("1", "True") for row in rows}, {checks})


if __name__ == "__main__":
    unittest.main()
