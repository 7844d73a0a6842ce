# SPDX-License-Identifier: Apache-2.0
#
# The real gateway's wire, and a leak planted in the capture of it: what replay showed passes, and the same with load-carrying
# packets a little late does not. So the test would find such a gateway.
import os
import tempfile
import unittest

import tfc_path  # noqa: F401
import numpy as np

from tfc import experiments, figures, gates
from tfc.command import Settings
from tfc.observation import Schedule

SETTINGS = Settings("virtual", Schedule(1400, 2000), 6000, 2, 3, True)
LATE_NS = 300


class Planted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="levelgate-tfc-")
        cls.addClassCleanup(cls.folder.cleanup)

    def setUp(self):
        self.experiment = experiments.in_virtual_time(SETTINGS, os.environ["LEVELGATE"], self.folder.name, lambda _: None)

    def judge(self):
        all_gates = gates.gates(figures.measure(self.experiment))
        return gates.verdict(all_gates), {gate.name for gate in all_gates if gate.fails}

    def test_the_gateway_and_the_leak(self):
        self.assertEqual(self.judge(), ("pass", set()))
        for runs in self.experiment.loaded.values():
            for one in runs:
                self.plant(one)
        verdict, failed = self.judge()
        self.assertEqual(verdict, "fail")
        self.assertLessEqual({"exact", "ks", "variance", "entropy", "classifier-logistic", "classifier-stumps", "periodogram",
                              "cross-correlation", "mutual-information", "impulse"}, failed)

    @staticmethod
    def plant(one):
        """Slots before which something came in are late by up to LATE_NS."""
        busy = np.bincount(np.searchsorted(one.times, one.load_times).clip(0, len(one.times) - 1), minlength=len(one.times)) > 0
        late = np.random.default_rng(one.run).integers(0, LATE_NS, len(one.times))
        one.times = one.times + np.where(busy, late, 0)


if __name__ == "__main__":
    unittest.main()
