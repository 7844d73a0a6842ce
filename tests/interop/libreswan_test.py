# SPDX-License-Identifier: Apache-2.0
#
# What can be said of the rows with libreswan without libreswan: its texts are read rightly, and a row's settings reach its files.
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "daemon"))
import whack  # noqa: E402
from libreswan_files import Files  # noqa: E402
from matrix import PPK  # noqa: E402
from row import THEIRS, Row  # noqa: E402

STATES = '''#1: "interop":500 ESTABLISHED_IKE_SA (established IKE SA); newest; idle;
#2: "interop":500 ESTABLISHED_CHILD_SA (established Child SA); newest; eroute owner; IKE SA #1; idle;
#2: "interop" esp.21491efb@198.51.100.1 esp.f0f6f35c@198.51.100.2 tun.0@198.51.100.1 tun.0@198.51.100.2 Traffic: ESPin=1KB
'''
ALGORITHMS = "{cipher=AES_GCM_16_256 integ=n/a prf=HMAC_SHA2_384 group=DH31}"
UP = f'''"interop" #1: sent IKE_SA_INIT response to 198.51.100.1:UDP/500 {ALGORITHMS}
"interop" #1: responder established IKE SA; authenticated peer using authby=secret
"interop" #2: responder established Child SA using #1; IPsec tunnel {{ESP=>0x21491efb <0xf0f6f35c xfrm=AES_GCM_16_256-NONE DPD=passive}}
'''
COMPUTED, WITHOUT = '"interop" #1: PPK AUTH calculated as initiator\n', '"interop" #1: peer wants to continue without PPK - switching to NO_PPK\n'


class Secrets:
    """As Credentials, as far as a shared key needs it."""
    psk = "shared"


def seen(states=STATES, log=UP):
    return whack.sas(states, log, "own", "other")


class Texts(unittest.TestCase):
    def test_an_ike_sa_and_its_child(self):
        (ike,) = seen()
        self.assertEqual((ike.established, ike.initiator, ike.cipher, ike.prf, ike.exchanges, ike.spis, ike.ppk),
                         (True, False, "aes256gcm16", "prfsha384", ("x25519",), None, False))
        (child,) = ike.children
        self.assertEqual((child.installed, child.cipher, child.exchanges), (True, "aes256gcm16", ()))
        self.assertEqual((child.spi_in, child.spi_out), ("f0f6f35c", "21491efb"))

    def test_a_rekeyed_child_has_its_exchange(self):
        (ike,) = seen(log=UP + '"interop" #2: initiator rekeyed Child SA #9 using #1; {ESP=>0x1 <0x2 xfrm=AES_GCM_16_256-NONE-DH20 DPD=passive}\n')
        self.assertEqual(ike.children[0].exchanges, ("ecp384",))

    def test_what_is_half_open_is_none(self):
        self.assertEqual(seen('#1: "interop":500 IKE_SA_INIT_R (sent IKE_SA_INIT response); idle;\n'), [])

    def test_a_ppk_is_in_the_keys_until_the_peer_does_without(self):
        for log, expected in ((UP + COMPUTED, True), (UP + COMPUTED + WITHOUT, False), (UP, False),
                              (UP + '"interop" #1: going to try to verify NO_PPK_AUTH.\n', False)):
            self.assertEqual(seen(log=log)[0].ppk, expected, log)

    def test_a_rekeyed_ike_sa_has_the_ppk_of_the_one_before(self):
        rekeyed = f'"interop" #5: responder rekeyed IKE SA #1 {ALGORITHMS}\n'
        states = STATES.replace("#1", "#5")
        self.assertTrue(seen(states, UP + COMPUTED + rekeyed)[0].ppk)
        self.assertFalse(seen(states, UP + COMPUTED + WITHOUT + rekeyed)[0].ppk)
        self.assertEqual(len(seen(states, UP + rekeyed)[0].children), 1)


class Configuration(unittest.TestCase):
    def files(self, **theirs):
        written = {}
        Files(Row("x", "x", [], theirs=theirs), THEIRS, Secrets()).write(lambda name, text: written.update({name: text}), "/there")
        return written

    def test_a_demanded_ppk_is_insisted_upon(self):
        for required, word in ((True, "insist"), (False, "yes")):
            written = self.files(ppk={**PPK, "required": required})
            self.assertIn(f"    ppk={word}\n", written["ipsec.conf"])
            self.assertIn("    ppk-ids=lab-ppk\n", written["ipsec.conf"])
            self.assertIn(f' : PPKS "lab-ppk" "{PPK["secret"]}"\n', written["ipsec.secrets"])

    def test_none_is_refused(self):
        written = self.files()
        self.assertIn("    ppk=no\n", written["ipsec.conf"])
        self.assertNotIn("PPKS", written["ipsec.secrets"])

    def test_keywords_are_its_own(self):
        self.assertIn("    ike=aes_gcm256-sha2_384-dh31\n    esp=aes_gcm256\n    esn=no\n", self.files()["ipsec.conf"])
        self.assertIn("--config /there/ipsec.conf", self.files()["start.sh"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
