# SPDX-License-Identifier: Apache-2.0
#
# An observer who learns: logistic regression and boosted stumps on features of windows, judged on runs that they were
# not trained on. Small on purpose; no library but numpy.
import numpy as np

FOLDS = 4
ROUNDS, SHRINKAGE, CUTS = 80, 0.2, 16


class Logistic:
    """Newton's method on standardised features, with a ridge."""

    def __init__(self, ridge=1.0):
        self.ridge = ridge

    def fit(self, rows, labels):
        self.mean, self.spread = rows.mean(axis=0), rows.std(axis=0)
        self.spread[self.spread == 0] = 1
        x, weights = self._whole(rows), np.zeros(rows.shape[1] + 1)
        ridge = np.full(len(weights), self.ridge)
        ridge[0] = 1e-6
        for _ in range(25):
            share = sigmoid(x @ weights)
            gradient = x.T @ (labels - share) - ridge * weights
            curve = (x * (share * (1 - share))[:, None]).T @ x + np.diag(ridge)
            step = np.linalg.solve(curve, gradient)
            weights += step
            if np.max(np.abs(step)) < 1e-6:
                break
        self.weights = weights
        return self

    def score(self, rows):
        return self._whole(rows) @ self.weights

    def _whole(self, rows):
        return np.column_stack([np.ones(len(rows)), np.clip((rows - self.mean) / self.spread, -8, 8)])


class Stumps:
    """Gradient boosting of trees with one split."""

    def fit(self, rows, labels):
        cuts = [np.unique(np.quantile(column, np.linspace(0, 1, CUTS + 2)[1:-1])) for column in rows.T]
        places = [(feature, cut) for feature, some in enumerate(cuts) for cut in some]
        self.stumps, self.base = [], 0.0
        if not places:
            return self
        above = np.array([rows[:, feature] > cut for feature, cut in places], dtype=float)
        counts = above.sum(axis=1)
        score = np.zeros(len(labels))
        for _ in range(ROUNDS):
            share = sigmoid(score)
            pull, curve = labels - share, share * (1 - share)
            high, high_curve = above @ pull, above @ curve
            low, low_curve = pull.sum() - high, curve.sum() - high_curve
            gain = high ** 2 / (high_curve + 1) + low ** 2 / (low_curve + 1)
            gain[(counts == 0) | (counts == len(labels))] = -1
            best = int(np.argmax(gain))
            if gain[best] <= 0:
                break
            values = SHRINKAGE * low[best] / (low_curve[best] + 1), SHRINKAGE * high[best] / (high_curve[best] + 1)
            self.stumps.append((*places[best], *values))
            score += np.where(above[best] > 0, values[1], values[0])
        return self

    def score(self, rows):
        total = np.zeros(len(rows))
        for feature, cut, low, high in self.stumps:
            total += np.where(rows[:, feature] > cut, high, low)
        return total


MODELS = {"logistic": Logistic, "stumps": Stumps}


def sigmoid(values):
    return 1 / (1 + np.exp(-np.clip(values, -35, 35)))


def held_out_scores(model, rows, labels, runs):
    """Of each row by a model that saw no row of its run. None with fewer than two runs of each kind."""
    groups = np.unique(runs)
    if any(len(np.unique(runs[labels == kind])) < 2 for kind in (0, 1)):
        return None
    folds = min(FOLDS, len(groups))
    fold_of = {run: at % folds for at, run in enumerate(groups)}
    fold = np.array([fold_of[run] for run in runs])
    scores = np.zeros(len(rows))
    for at in range(folds):
        seen, own = fold != at, fold == at
        if len(np.unique(labels[seen])) < 2:
            return None
        # Both kinds count alike, however many windows each has: what is scarce is drawn again.
        scores[own] = MODELS[model]().fit(*balanced(rows[seen], labels[seen])).score(rows[own])
    return scores


def balanced(rows, labels):
    idle, loaded = (np.flatnonzero(labels == kind) for kind in (0, 1))
    most = max(len(idle), len(loaded))
    at = np.concatenate([np.resize(idle, most), np.resize(loaded, most)])
    return rows[at], labels[at].astype(float)


def balanced_accuracy(scores, labels):
    """The mean of both kinds' shares that are told right; a score of zero is half right."""
    right = np.where(scores == 0, 0.5, np.where((scores > 0) == (labels == 1), 1.0, 0.0))
    return float((right[labels == 0].mean() + right[labels == 1].mean()) / 2)
