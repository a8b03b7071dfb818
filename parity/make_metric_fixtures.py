"""Reference numbers for the metrics' tests, from SciPy and NumPy.

    pip install numpy scipy
    python parity/make_metric_fixtures.py        # writes parity/fixtures/metrics.json
"""

import json
import pathlib

import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(20250321)


def entropy(weights):
    """Attention entropy over N vision tokens, normalised by log N (paper, §7.2)."""
    p = np.asarray(weights, dtype=np.float64)
    p = p / p.sum() + 1e-10
    return stats.entropy(p, base=2) / np.log2(len(p))  # stats.entropy renormalises


def entropies():
    cases = [
        [1, 1, 1, 1],
        [1, 0, 0, 0],
        [0.2, 0.3, 0.5],
        rng.dirichlet(np.full(64, 0.05)).tolist(),
        (rng.random(576) * 1e-4).tolist(),
    ]
    return [{"weights": case, "entropy": entropy(case)} for case in cases]


def binomial_tests():
    pairs = [(0, 0), (0, 1), (3, 9), (9, 3), (7, 7), (6, 7), (0, 12), (40, 71), (1_012, 1_150), (50_000, 50_700)]
    return [
        {"onlyA": a, "onlyB": b, "p": stats.binomtest(a, a + b, 0.5).pvalue if a + b else 1.0} for a, b in pairs
    ]


def numbers():
    values = np.exp(rng.normal(2, 1.5, 300))
    values[:3] = [0.5, 100.0, 100.0]
    probabilities = [0, 0.025, 0.25, 0.5, 0.9, 0.975, 1]
    linear, linear_edges = np.histogram(values, bins=17)
    logarithmic, log_edges = np.histogram(values, bins=np.geomspace(0.5, 100, 12))
    return {
        "values": values.tolist(),
        "probabilities": probabilities,
        "quantiles": np.quantile(values, probabilities).tolist(),
        "linear": {"edges": linear_edges.tolist(), "counts": linear.tolist()},
        "log": {
            "edges": log_edges.tolist(),
            "counts": logarithmic.tolist(),
            "below": int((values < 0.5).sum()),
            "above": int((values > 100).sum()),
        },
    }


def clustered():
    """Two models' scores on questions of 9 and of 60 images, unequally many each and correlated within an image."""
    cases = []
    for images in (9, 60):
        image = np.repeat(np.arange(images), rng.integers(1, 13, images))
        skill = rng.normal(0, 1, images)[image]
        a = (skill + rng.normal(0.5, 1, len(image)) > 0).astype(float)
        b = (skill + rng.normal(0.1, 1, len(image)) > 0).astype(float)
        sums = np.array([[x[image == i].sum() for i in range(images)] for x in (a, b)])
        counts = np.bincount(image)
        draws = rng.integers(0, images, (200_000, images))
        means = sums[0][draws].sum(1) / counts[draws].sum(1)
        differences = (sums[0] - sums[1])[draws].sum(1) / counts[draws].sum(1)
        p = {
            alternative: stats.permutation_test(
                (sums[0] - sums[1],),
                np.sum,
                permutation_type="samples",
                alternative=alternative,
                n_resamples=200_000,
                rng=rng,
            ).pvalue
            for alternative in ("two-sided", "greater")
        }
        cases.append(
            {
                "image": [f"image {i}" for i in image],
                "a": a.tolist(),
                "b": b.tolist(),
                "mean": a.mean(),
                "interval": np.quantile(means, [0.025, 0.975]).tolist(),
                "difference": (a - b).mean(),
                "differenceInterval": np.quantile(differences, [0.025, 0.975]).tolist(),
                "p": p,
            }
        )
    return cases


fixtures = {
    "made with": {"numpy": np.__version__, "scipy": scipy.__version__, "by": "parity/make_metric_fixtures.py"},
    "entropies": entropies(),
    "binomialTests": binomial_tests(),
    "numbers": numbers(),
    "clustered": clustered(),
}
path = pathlib.Path(__file__).parent / "fixtures" / "metrics.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(fixtures) + "\n")
print(f"wrote {path}")
