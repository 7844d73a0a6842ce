# SPDX-License-Identifier: Apache-2.0
#
# The test of the test: wires that keep their slots pass, wires that leak in one chosen way fail by the gate that is about
# it, and a test whose controls fail says that it is not to be trusted.
import unittest

import tfc_path  # noqa: F401
import numpy as np

import wires
from tfc import gates


def judged(found):
    all_gates = gates.gates(found)
    return gates.verdict(all_gates), {gate.name: gate for gate in all_gates}


def failing(by_name):
    return {name for name, gate in by_name.items() if gate.fails}


class Honest(unittest.TestCase):
    def test_jitter_of_its_own_is_no_leak(self):
        verdict, by_name = judged(wires.Wires().measure())
        self.assertEqual([verdict, failing(by_name)], ["pass", set()])

    def test_without_any_jitter(self):
        found = wires.Wires(kind="virtual", jitter=0.0, begin=0)
        verdict, by_name = judged(found.measure())
        self.assertEqual([verdict, failing(by_name)], ["pass", set()])

    def test_a_long_interval_catches_more_load_and_that_is_no_leak(self):
        # Few, long delays: between packets they would look as if the load made them.
        found = wires.Wires(jitter=60_000.0, names=("bulk", "impulses")).measure()
        self.assertLess(found.impulse["sigmas"], 4)
        self.assertTrue(judged(found)[1]["cross-correlation"].holds)


    def test_a_stall_of_the_machine_is_no_leak(self):
        found = wires.Wires()
        for one, at in ((found.loaded["onoff-10"][1], 3000), (found.loaded["bulk"][0], 5000), (found.idle[2], 1000)):
            until = one.times[at + 9]  # nine slots late, then all at once
            one.times[at:at + 9] = until - 9 + np.arange(9)
        verdict, by_name = judged(found.measure())
        self.assertEqual(failing(by_name) & {"periodogram", "cross-correlation", "impulse", "mutual-information", "rate"}, set())


class Leaks(unittest.TestCase):
    def assert_fails(self, found, *names):
        verdict, by_name = judged(found)
        self.assertEqual(verdict, "fail")
        self.assertLessEqual(set(names), failing(by_name))
        self.assertFalse([name for name in failing(by_name) if by_name[name].control])

    def test_packets_with_load_are_late_at_random(self):
        self.assert_fails(wires.Wires(wires.late_when_busy(4000)).measure(), "ks", "variance", "entropy", "classifier-logistic",
                          "classifier-stumps", "mutual-information")

    def test_packets_with_load_are_late_by_half_the_jitter(self):
        # On average nothing changes in a saturated tunnel: only what is on and off tells.
        self.assert_fails(wires.Wires(wires.moved_when_busy(1000), names=("onoff-10", "impulses")).measure(), "periodogram",
                          "cross-correlation", "impulse")

    def test_one_size_more(self):
        found = wires.Wires()
        found.loaded["bulk"][1].octets[77] = 1396
        self.assert_fails(found.measure(), "sizes")

    def test_another_header(self):
        found = wires.Wires()
        found.loaded["bulk"][0].headers["IPv4 DSCP 46 ECN 0 TTL 64 DF 1"] += 1
        self.assert_fails(found.measure(), "headers")

    def test_slots_were_skipped(self):
        found = wires.Wires()
        found.loaded["bulk"][0].skipped = 1
        self.assert_fails(found.measure(), "skipped")

    def test_counters_that_nobody_told(self):
        found = wires.Wires()
        found.idle[0].skipped = None
        self.assert_fails(found.measure(), "skipped")

    def test_packets_missing_in_a_second(self):
        found = wires.Wires()
        one = found.loaded["bulk"][0]
        one.times, one.octets = np.delete(one.times, [2500, 2600, 2700]), one.octets[:-3]
        self.assert_fails(found.measure(), "count")

    def test_the_rate_differs(self):
        found = wires.Wires()
        one = found.loaded["onoff-10"][2]
        one.times = one.times + np.arange(len(one.times)) * 15  # 15 ppm
        self.assert_fails(found.measure(), "rate")

    def test_nothing_was_carried(self):
        found = wires.Wires()
        found.loaded["bulk"][0].carried = 0
        self.assert_fails(found.measure(), "carried")

    def test_one_nanosecond_shows_in_virtual_time(self):
        found = wires.Wires(kind="virtual", jitter=0.0, begin=0)
        found.loaded["bulk"][3].times[4000] += 1
        self.assert_fails(found.measure(), "exact")

    def test_padding_and_goodput(self):
        found = wires.Wires().experiment()
        found.goodput = {"padding_share": 0.006, "goodput_of_arithmetic": 0.98}
        self.assert_fails(wires.figures.measure(found), "padding", "goodput")


class Controls(unittest.TestCase):
    def test_a_negative_control_that_is_not_found(self):
        found = wires.Wires()
        found.control_busy = found.control_quiet
        verdict, by_name = judged(found.measure())
        self.assertEqual([verdict, failing(by_name)], ["not-trusted", {"negative-control"}])

    def test_idle_runs_that_differ_among_themselves(self):
        found = wires.Wires()
        for one in found.idle[1::2]:
            one.times = np.sort(one.times + np.random.default_rng(one.run).normal(0, 20_000, len(one.times)).astype(np.int64))
        verdict, by_name = judged(found.measure())
        self.assertEqual(verdict, "not-trusted")
        self.assertLessEqual({"null-variance", "null-entropy"}, failing(by_name))

    def test_too_few_values_are_no_pass(self):
        found = wires.Wires()
        for one in found.idle:
            one.times, one.octets = one.times[:900], one.octets[:900]
        verdict, by_name = judged(found.measure())
        self.assertEqual(verdict, "not-trusted")
        self.assertIsNone(by_name["variance"].holds)
        self.assertTrue(by_name["variance"].fails)

    def test_how_sharp_the_test_is(self):
        found = wires.Wires().measure()
        self.assertIn(found.sensitivity_ns, (1000, 2000, 5000))


if __name__ == "__main__":
    unittest.main()
