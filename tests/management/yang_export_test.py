# SPDX-License-Identifier: Apache-2.0
#
# `levelgate export yang-json --config`: every setting of RFC 9348 from its key, valid by the modules; and that the judge
# finds what is wrong.
import base64
import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from yanglint import judge, nodes, why_not

LEVELGATE = os.environ["LEVELGATE"]
PORTS = """\
version: 1
ports:
  wan: { vdev: "net_null0", mtu: 1500, address: 198.51.100.1/24 }
  six: { vdev: "net_null2", mtu: 1500, address: "2001:db8::1/64" }
  lan: { vdev: "net_null1", address: 10.1.0.1/24 }
tunnels:
"""
STATIC = """\
  {name}:
    local:  {{ address: "{local}" }}
    remote: {{ address: "{remote}" }}
    static:
      outbound: {{ spi: {spi}, cipher: {cipher}, key: {{ file: {key}-out.key }} }}
      inbound:  {{ spi: {spi}, cipher: {cipher}, key: {{ file: {key}-in.key }} }}
    tfs: {tfs}
{more}"""
NEGOTIATED = """\
  {name}:
    local:  {{ address: 198.51.100.1, id: "{own_id}" }}
    remote: {{ address: {remote}, id: "{peer_id}" }}
    auth: {{ psk: {{ file: psk }} }}
    tfs: {tfs}
{more}"""


def static(name, spi, tfs, more="", local="198.51.100.1", remote="198.51.100.2", cipher="aes256gcm16"):
    return STATIC.format(name=name, spi=spi, tfs=tfs, more=more, local=local, remote=remote, cipher=cipher, key=name)


def negotiated(name, tfs, more="", own_id="198.51.100.1", peer_id="198.51.100.3", remote="198.51.100.3"):
    return NEGOTIATED.format(name=name, tfs=tfs, more=more, own_id=own_id, peer_id=peer_id, remote=remote)


def export(tunnels, keys=()):
    with tempfile.TemporaryDirectory() as folder:
        def write(name, text):
            with open(os.path.join(folder, name), "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(text)

        for number, (name, octets) in enumerate(keys):
            for way in ("out", "in"):
                write(f"{name}-{way}.key", f"{2 * number + (way == 'in') + 1:02x}" * octets)
        write("psk", base64.b64encode(bytes(range(32))).decode())
        write("gw.yaml", PORTS + tunnels)
        done = subprocess.run([LEVELGATE, "export", "yang-json", "--config", os.path.join(folder, "gw.yaml")],
                              capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


FIXED = "{ mode: fixed, rate: 20 Mbit/s, packet-size: 1400B }"
EVERY_KEY = ("{ mode: fixed, rate: 3 Mbit/s, rate-layer: l2, packet-size: 1000B, fragment: false, max-queue-delay: 7500us, "
             "receive: { reorder-window: 77, lost-timer: 12345us } }")
TFS = "traffic-flow-security"


def settings(data):
    """The settings of the only policy that has some: leaf -> value, once."""
    found = {}
    for path, value in nodes(data):
        if TFS in path:
            found.setdefault("/".join(path[path.index(TFS) + 1:]), set()).add(json.dumps(value))
    return {leaf: json.loads(values.pop()) for leaf, values in found.items() if len(values) == 1}


class Settings(unittest.TestCase):
    def test_every_leaf_follows_its_key(self):
        want = {"congestion-control": False, "packet-size/use-path-mtu-discovery": False,
                "packet-size/outer-packet-size": 1000, "l2-fixed-rate": "3000000", "dont-fragment": True,
                "max-aggregation-time": "7.5", "window-size": 77, "send-immediately": False,
                "lost-packet-timer-interval": "12.345"}
        for data in (export(static("lab", 4097, EVERY_KEY), [("lab", 36)]), export(negotiated("berlin", EVERY_KEY))):
            self.assertEqual(settings(data), want)

    def test_what_a_mode_has_not_is_left_out(self):
        found = settings(export(static("lab", 4097, FIXED), [("lab", 36)]))
        self.assertEqual(found["l3-fixed-rate"], "20000000")
        self.assertNotIn("l2-fixed-rate", found)
        self.assertNotIn("lost-packet-timer-interval", found, "automatic: it follows the rate")
        found = settings(export(static("lab", 4097, "{ mode: on-demand, packet-size: 1400B }"), [("lab", 36)]))
        self.assertNotIn("l3-fixed-rate", found)
        self.assertEqual(settings(export(static("lab", 4097, "{ mode: plain }"), [("lab", 36)])), {})

    def test_selectors_become_policies(self):
        more = "    selectors: { local: [10.1.0.0/16, 10.3.0.0/16], remote: [10.2.0.0/16, \"fd02::/64\"] }\n"
        data = export(static("lab", 4097, FIXED, more), [("lab", 36)])
        policies = data["ietf-i2nsf-ikeless:ipsec-ikeless"]["spd"]["spd-entry"]
        pairs = {(entry["direction"],) + tuple(entry["ipsec-policy-config"]["traffic-selector"].values())
                 for entry in policies}
        self.assertEqual(pairs, {(way, local, "10.2.0.0/16") for way in ("outbound", "inbound")
                                 for local in ("10.1.0.0/16", "10.3.0.0/16")})
        anything = export(negotiated("berlin", FIXED))
        spd = anything["ietf-i2nsf-ike:ipsec-ike"]["conn-entry"][0]["spd"]["spd-entry"]
        self.assertEqual([entry["ipsec-policy-config"]["traffic-selector"]["local-prefix"] for entry in spd],
                         ["0.0.0.0/0", "::/0"])


class Secrets(unittest.TestCase):
    def test_no_key_is_in_it(self):
        text = json.dumps(export(static("lab", 4097, FIXED) + negotiated("berlin", FIXED), [("lab", 36)]))
        psk = bytes(range(32))
        for secret in ("01" * 32, "02" * 32, psk.hex(), base64.b64encode(psk).decode()):
            self.assertNotIn(secret, text)


@unittest.skipIf(why_not(), why_not())
class Valid(unittest.TestCase):
    def whole(self):
        """Both cases, every kind of id that has a form, both families, every cipher and mode."""
        tunnels = (
            static("lab", 4097, EVERY_KEY) + static("six", 4098, FIXED, local="2001:db8::1", remote="2001:db8::2",
                                                    cipher="chacha20poly1305", more="    esp: { encapsulation: udp }\n")
            + static("od", 4099, "{ mode: on-demand, packet-size: 1400B }", cipher="aes128gcm16")
            + static("bare", 4100, "{ mode: plain }")
            + negotiated("berlin", FIXED, own_id="paris.example.net", peer_id="gate@example.net",
                         more="    selectors: { local: [10.1.0.0/16], remote: [10.2.0.0/16] }\n    start: respond\n")
            + negotiated("oslo", EVERY_KEY, peer_id="198.51.100.4", remote="198.51.100.4",
                         more="    esp: { encapsulation: none, rekey: { bytes: 1GiB } }\n    start: on-traffic\n"))
        return export(tunnels, [("lab", 36), ("six", 36), ("od", 20), ("bare", 36)])

    def test_it_is_valid(self):
        data = self.whole()
        self.assertEqual({top for top in data}, {"ietf-i2nsf-ike:ipsec-ike", "ietf-i2nsf-ikeless:ipsec-ikeless"})
        self.assertEqual(judge(data, "config"), "")

    def test_the_judge_sees_what_is_wrong(self):
        data = export(negotiated("berlin", FIXED))

        def policy(of):
            entry = of["ietf-i2nsf-ike:ipsec-ike"]["conn-entry"][0]["spd"]["spd-entry"][0]
            return entry["ipsec-policy-config"]["processing-info"]["ipsec-sa-cfg"]["ietf-ipsec-iptfs:traffic-flow-security"]

        wrongs = [("window-size", 65536), ("l3-fixed-rate", 20000000), ("dont-fragment", "no"),
                  ("max-aggregation-time", "0.0000001"), ("send-at-once", True), ("l2-fixed-rate", "1")]
        for leaf, value in wrongs:
            wrong = copy.deepcopy(data)
            policy(wrong)[leaf] = value
            self.assertNotEqual(judge(wrong, "config"), "", f"{leaf}: {value}")
        state = copy.deepcopy(data)
        state["ietf-i2nsf-ike:ipsec-ike"]["conn-entry"][0]["state"] = {"initiator": True}
        self.assertNotEqual(judge(state, "config"), "", "state is no configuration")


if __name__ == "__main__":
    unittest.main(verbosity=2)
