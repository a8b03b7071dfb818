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


def jackknife(sums, counts):
    """Standard error of a mean over questions by leaving images out one at a time, degrees of freedom, interval of t and of Wilson."""
    images = len(sums)
    value = sums.sum() / counts.sum()
    deviations = np.array([np.delete(sums, i).sum() / np.delete(counts, i).sum() for i in range(images)]) - value
    error = np.sqrt((images - 1) / images * (deviations**2).sum())
    squares = deviations**2
    df = min(images - 1, max(2, 2 * squares.sum() ** 2 / ((squares**2).sum() - squares.sum() ** 2 / images)))
    t = stats.t.ppf(0.975, df)
    # Both ends of Wilson's interval solve |value − p| = t sqrt(p (1 − p) / n), a quadratic equation in p.
    n = value * (1 - value) / error**2
    wilson = np.sort(np.roots([1 + t**2 / n, -(2 * value + t**2 / n), value**2]).real)
    return {"error": error, "df": df, "t": [value - t * error, value + t * error], "wilson": wilson.tolist()}


def student():
    """Two-sided p-values of Student's t, and its critical values."""
    return {
        "p": [
            {"t": t, "df": df, "p": 2 * stats.t.sf(t, df)}
            for df in (1, 2, 2.5, 9, 23.7, 59, 1000, 40_000)
            for t in (0, 0.1, 0.7, 2.0, 4.5, 12)
        ],
        "critical": [
            {"level": level, "df": df, "t": stats.t.ppf((1 + level) / 2, df)}
            for df in (1, 2.5, 9, 59, 1000)
            for level in (0.8, 0.95, 0.999)
        ],
    }


def clustered():
    """Two models' scores on questions of 12 and of 60 images, unequally many each and correlated within an image."""
    cases = []
    for images in (12, 60):
        image = np.repeat(np.arange(images), rng.integers(1, 13, images))
        skill = rng.normal(0, 1, images)[image]
        a = (skill + rng.normal(0.5, 1, len(image)) > 0).astype(float)
        b = (skill + rng.normal(0.1, 1, len(image)) > 0).astype(float)
        sums = np.array([[x[image == i].sum() for i in range(images)] for x in (a, b)])
        counts = np.bincount(image)
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
                "jackknife": jackknife(sums[0], counts),
                "difference": (a - b).mean(),
                "differenceJackknife": jackknife(sums[0] - sums[1], counts),
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
    "student": student(),
}
path = pathlib.Path(__file__).parent / "fixtures" / "metrics.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(fixtures) + "\n")
print(f"wrote {path}")
