# SPDX-License-Identifier: Apache-2.0
#
# The harness itself, with strongSwan on both sides: rows that must pass do, and rows with a fault seeded into them fail
# at the step that the fault concerns. A harness that cannot fail would prove nothing of levelgate.
import dataclasses
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "daemon"))
import play  # noqa: E402
import spaces  # noqa: E402
import strongswan  # noqa: E402
import vici  # noqa: E402
from observed import exchanges_of  # noqa: E402
from play import ROWS  # noqa: E402

NOT_POSSIBLE = 77
SHORT = ["we initiate", "as expected"]


class Harness(unittest.TestCase):
    def outcome(self, name, **changes):
        result = play.play(dataclasses.replace(ROWS[name], **changes), stand_in=True)
        return result.outcome, result.reason

    def assert_fails(self, pattern, name, **changes):
        outcome, reason = self.outcome(name, **changes)
        self.assertEqual(outcome, "failed", reason)
        self.assertRegex(reason, pattern)

    def test_vici_messages_come_back_as_they_went(self):
        message = {"a": "1", "list": ["x", "y", ""], "section": {"b": "2", "inner": {"c": "3"}}, "empty": {}, "z": "4"}
        self.assertEqual(vici.Reader(vici.encode(message)).section(), message)

    def test_exchanges_are_read_from_keywords(self):
        self.assertEqual(exchanges_of("aes256gcm16-prfsha384-x25519-ke1_ecp384-ke2_mlkem768"),
                         ("x25519", "ecp384", "mlkem768"))
        self.assertEqual(exchanges_of("aes256-sha256-modp2048"), ("modp2048",))
        self.assertEqual(exchanges_of("aes256gcm16"), ())

    def test_names_of_rows_are_unique(self):
        rows = play.matrix.OLD_PEER + play.matrix.NEW_PEER + play.misconfigurations.ROWS + play.libreswan_rows.ROWS
        self.assertEqual(len(ROWS), len(rows))

    def test_a_row_of_each_kind_passes(self):
        for name in ("rekeys", "ecdsa-p256", "dpd-ours", "wrong-psk"):
            with self.subTest(row=name):
                self.assertEqual(self.outcome(name), ("passed", ""))

    def test_another_key_is_a_failure(self):
        self.assert_fails("step 1, we initiate: cannot initiate", "psk", steps=SHORT, ours={"psk": "another"})

    def test_another_algorithm_is_a_failure(self):
        self.assert_fails("step 2, as expected: ike cipher: aes256gcm16, expected aes128gcm16", "psk", steps=SHORT,
                          ike={"cipher": "aes128gcm16"})

    def test_another_role_is_a_failure(self):
        self.assert_fails("the roles are swapped", "psk", steps=["we initiate", "they are the initiator"])

    def test_no_way_for_packets_is_a_failure(self):
        self.assert_fails("ping 10.2.0.2: 0 answers", "psk", steps=["we initiate", "ping"],
                          ours={"remote-ts": ["10.2.0.0/31"]})

    def test_pings_that_are_lost_are_a_failure(self):
        self.assert_fails("pings under load: ", "rekeys-loaded", ours={"dpd": "1s", "tries": 2},
                          steps=["we initiate", "pings begin", "they die", "we notice", "pings end without a loss"])

    def test_what_is_not_in_the_log_is_a_failure(self):
        self.assert_fails("not in the peer's log", "psk", steps=SHORT, logged=["IKE_FOLLOWUP_KE"])

    def test_a_tunnel_that_must_not_come_up_is_a_failure(self):
        self.assert_fails("it came up", "wrong-psk", ours={})

    def test_another_cause_is_a_failure(self):
        self.assert_fails("the cause is not named", "wrong-psk", refused="TS_UNACCEPTABLE")

    def test_a_rekey_without_its_key_exchange_is_a_failure(self):
        self.assert_fails("the child was rekeyed with", "rekeys", steps=["we initiate", "we rekey the child"],
                          ours={"esp": ["aes256gcm16"]}, theirs={"esp": ["aes256gcm16-x25519", "aes256gcm16"]})

    def test_an_unknown_step_is_a_failure(self):
        self.assert_fails("no such step", "psk", steps=["we hope"])


if __name__ == "__main__":
    why = spaces.why_not() or strongswan.why_not("5.9.8")
    if why:
        print(f"skipped: {why}")
        sys.exit(NOT_POSSIBLE)
    unittest.main(verbosity=2)
