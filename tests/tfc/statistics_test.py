# SPDX-License-Identifier: Apache-2.0
#
# The statistics against values by hand and against slow, obvious versions of themselves.
import math
import unittest

import tfc_path  # noqa: F401
import numpy as np

from tfc import classify, measures


def slow_ks(first, second):
    return max(abs(sum(x <= at for x in first) / len(first) - sum(x <= at for x in second) / len(second)) for at in [*first, *second])


def slow_auc(idle, loaded):
    return sum((y > x) + (y == x) / 2 for x in idle for y in loaded) / (len(idle) * len(loaded))


class Distances(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(3)

    def test_ks_against_the_definition(self):
        for _ in range(200):
            first, second = (self.random.integers(0, 9, self.random.integers(1, 30)) for _ in range(2))
            self.assertAlmostEqual(measures.ks_distance(first, second), slow_ks(first, second))

    def test_ks_of_the_same_and_of_different_kinds(self):
        self.assertEqual(measures.ks_distance([1, 1, 1], [1, 1]), 0)
        self.assertEqual(measures.ks_distance([1, 2], [3, 4]), 1)
        self.assertIsNone(measures.ks_distance([], [1]))

    def test_ks_chance_is_exceeded_as_often_as_it_says(self):
        bound, above = measures.ks_chance(300, 400, 0.05), 0
        for _ in range(400):
            above += measures.ks_distance(self.random.random(300), self.random.random(400)) > bound
        self.assertTrue(4 <= above <= 36, above)

    def test_auc_against_the_definition(self):
        for _ in range(200):
            idle, loaded = (self.random.integers(0, 6, self.random.integers(1, 20)) for _ in range(2))
            self.assertAlmostEqual(measures.auc(idle, loaded), slow_auc(idle, loaded))

    def test_auc_of_constructed_kinds(self):
        self.assertEqual(measures.auc([1, 2, 3], [4, 5]), 1)
        self.assertEqual(measures.auc([4, 5], [1, 2, 3]), 0)
        self.assertEqual(measures.auc([7] * 5, [7] * 9), 0.5)
        self.assertIsNone(measures.auc([], [1]))

    def test_auc_chance_is_exceeded_as_often_as_it_says(self):
        wide, above = measures.auc_chance(30, 50, 0.05), 0
        for _ in range(400):
            above += abs(measures.auc(self.random.random(30), self.random.random(50)) - 0.5) > wide
        self.assertTrue(4 <= above <= 36, above)


class Windows(unittest.TestCase):
    def test_whole_windows_only(self):
        self.assertEqual(measures.windows(np.arange(25), 10).tolist(), [list(range(10)), list(range(10, 20))])
        self.assertEqual(measures.windows(np.arange(5), 10).shape, (0, 10))

    def test_entropy_of_known_rows(self):
        bins = measures.EntropyBins(np.arange(0, 6200))
        one, two = [100] * 8, [100] * 4 + [5000] * 4
        self.assertEqual(bins.entropy(np.array([one, two], dtype=float)).tolist(), [0, 1])
        self.assertEqual(len(bins.entropy(np.zeros((0, 8)))), 0)

    def test_features_are_finite_even_where_nothing_changes(self):
        rows = np.vstack([np.full(1000, 250_000.0), np.random.default_rng(1).normal(250_000, 900, 1000)])
        found = measures.features(rows, measures.EntropyBins(rows[1]))
        self.assertEqual(found.shape, (2, len(measures.FEATURES)))
        self.assertTrue(np.isfinite(found).all())


class Information(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(4)

    def corrected(self, labels, values):
        bits, shuffled = measures.mutual_information(labels, values, self.random)
        return bits - np.mean(shuffled)

    def test_a_binary_symmetric_channel(self):
        labels = self.random.integers(0, 2, 60_000)
        for error in (0.0, 0.05, 0.11, 0.3, 0.5):
            values = labels ^ (self.random.random(len(labels)) < error)
            entropy = 0 if error == 0 else -error * math.log2(error) - (1 - error) * math.log2(1 - error)
            self.assertAlmostEqual(self.corrected(labels, values), 1 - entropy, delta=0.01)

    def test_independent_values_tell_nothing_although_the_raw_figure_says_so(self):
        labels, values = self.random.integers(0, 2, 4000), self.random.random(4000)
        bits, shuffled = measures.mutual_information(labels, values, self.random)
        self.assertGreater(bits, 0.005)
        self.assertAlmostEqual(bits - np.mean(shuffled), 0, delta=5 * np.std(shuffled) + 1e-4)

    def test_one_value_only(self):
        self.assertEqual(measures.mutual_information(np.array([0, 1, 0, 1]), np.full(4, 9.0), self.random)[0], 0)


class Series(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(6)

    def test_a_planted_line_is_found_where_it_is_and_only_there(self):
        noise = [self.random.normal(0, 100, 8000) for _ in range(6)]
        at = np.arange(8000)
        planted = [one + 30 * np.sin(2 * np.pi * 0.01 * at) for one in noise[:3]]
        self.assertGreater(measures.line_decibels(planted, noise[3:], 0.01), 15)
        for cycles in (0.004, 0.02, 0.1):
            self.assertLess(measures.line_decibels(planted, noise[3:], cycles), 6)

    def test_no_line_in_what_never_changes(self):
        flat = [np.full(5000, 250_000.0)]
        self.assertEqual(measures.line_decibels(flat, flat, 0.01), 0)

    def test_a_slope_is_taken_out_and_nothing_else(self):
        at = np.arange(1000.0)
        self.assertLess(np.abs(measures.without_slope(333.0 * at + 5)).max(), 1e-6)
        self.assertAlmostEqual(measures.slope(333.0 * at + 5), 333.0)
        self.assertGreater(np.abs(measures.without_slope(333.0 * at + 40 * (at == 500))).max(), 39)

    def test_cross_correlation_finds_a_delayed_copy(self):
        load = self.random.normal(0, 1, 6000)
        series = np.roll(load, 37) * 0.3 + self.random.normal(0, 1, 6000)
        self.assertAlmostEqual(measures.cross_correlation(load, series, 100), 0.29, delta=0.05)
        self.assertLess(measures.cross_correlation(load, series, 20), measures.correlation_chance(6000, 20, 1e-4))
        self.assertEqual(measures.cross_correlation(load, np.full(6000, 5.0), 100), 0)

    def test_cross_correlation_against_the_definition(self):
        load, series = self.random.normal(0, 1, 50), self.random.normal(0, 1, 50)
        x, y = load - load.mean(), series - series.mean()
        norm = math.sqrt((x @ x) * (y @ y))
        slow = max(abs(sum(x[i] * y[i + lag] for i in range(50) if 0 <= i + lag < 50)) / norm for lag in range(-7, 8))
        self.assertAlmostEqual(measures.cross_correlation(load, series, 7), slow)

    def test_impulse_profile(self):
        series, impulses = self.random.normal(100, 10, 50_000), np.arange(20, 49_000, 31)
        profile, error = measures.impulse_profile(series, impulses)
        self.assertLess(np.abs(profile).max() / error, measures.sigmas(len(profile), 0.001))
        series[impulses + 2] += 5
        profile, error = measures.impulse_profile(series, impulses)
        self.assertEqual(int(np.argmax(profile)), measures.BEFORE + 2)
        self.assertGreater(profile.max() / error, 10)


class Classifiers(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(8)
        self.labels = np.tile([0, 1], 400)
        self.runs = np.repeat(np.arange(8), 100)

    def accuracy(self, model, rows):
        return classify.balanced_accuracy(classify.held_out_scores(model, rows, self.labels, self.runs), self.labels)

    def test_a_planted_difference_is_found(self):
        rows = self.random.normal(0, 1, (800, 5))
        rows[:, 3] += 2 * self.labels
        for model in classify.MODELS:
            self.assertGreater(self.accuracy(model, rows), 0.8, model)

    def test_stumps_find_what_no_line_divides(self):
        rows = self.random.normal(0, 1, (800, 3))
        rows[:, 1] *= 1 + 3 * self.labels
        self.assertLess(self.accuracy("logistic", rows), 0.6)
        self.assertGreater(self.accuracy("stumps", rows), 0.7)

    def test_noise_is_noise(self):
        bound = 0.5 + 3 * math.sqrt(0.25 / 800)
        for model in classify.MODELS:
            self.assertLess(self.accuracy(model, self.random.normal(0, 1, (800, 16))), bound, model)

    def test_what_only_names_the_run_is_not_learnt(self):
        """Each run has a value of its own, and one kind more of it: learnt by heart it would tell, held out it cannot."""
        self.labels = (np.arange(800) % 100 < np.repeat(self.random.integers(20, 80, 8), 100)).astype(int)
        rows = np.column_stack([self.runs * 10.0, self.random.normal(0, 1, 800)])
        for model in classify.MODELS:
            self.assertLess(self.accuracy(model, rows), 0.6, model)

    def test_nothing_changes_and_nothing_is_found(self):
        for model in classify.MODELS:
            self.assertEqual(self.accuracy(model, np.ones((800, 4))), 0.5)

    def test_too_few_runs(self):
        self.assertIsNone(classify.held_out_scores("stumps", np.ones((4, 1)), np.array([0, 1, 0, 1]), np.zeros(4, int)))


if __name__ == "__main__":
    unittest.main()
