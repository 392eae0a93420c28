"""Franz-Parisi theory against exact enumeration: two roads to the same average that share no line of code.

At finite N, (1/N) E log N_W(dN) is measured on all solutions of many instances, around the solutions themselves. Two
finite-size effects are known and taken out: the binomial, log C(N, k)/N - H2(k/N), which every model has, and the
theory at the load P/N and distance k/N of the instance. What remains is c/N + O(1/N^2) and is extrapolated to N → ∞ by
weighted least squares, where it should vanish within its standard error. Patterns are uniform on the sphere, so that no
parity of N or k enters and norms do not fluctuate (the theory is the same; ±1 patterns are checked at odd N and k). The
mean is over the references of an instance, then over instances, as in the definition.

Systematic errors that remain: the term 1/N^2 (chi2 of the straight line is checked; the symmetric model, whose
corrections are larger, gets a parabola), and references without any solution at distance d, as well as instances
without solutions, whose logarithm is left out. Loads and distances are such that these are fewer than 2 % at N = 15 and
fade exponentially in N.
"""

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import gammaln

import bp
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, binary_entropy, franz_parisi, planted_bound

BINARY, SYMMETRIC = BinaryPerceptron(), SymmetricBinaryPerceptron(1.0)
REFERENCES = 100  # of each instance: their scatter is small beside that between instances


def log_binomial(n):
    """log C(N, k)/N for k = 0, ..., N."""
    k = np.arange(n + 1)
    return (gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)) / n


def draw(model, n_patterns, n, rng, patterns):
    if patterns == "signs":
        return bp.random_instance(model, n, n_patterns / n, rng)
    x = rng.standard_normal((n_patterns, n))
    x *= np.sqrt(n) / np.linalg.norm(x, axis=1, keepdims=True)
    return bp.Instance(x, kappa=model.kappa, constraint="symmetric" if model.is_even else "margin")


def controls(instance):
    """Functions of the patterns alone with known mean, zero, that explain most of the scatter between instances.

    With c the cosines between patterns: sum of c, of c^2 and of c c' over pairs with a pattern in common (E c^2 = 1/N).
    """
    n, p = instance.n, instance.n_patterns
    x = instance.xi.astype(float)
    cosines = x @ x.T / n
    np.fill_diagonal(cosines, 0)
    squares = p * (p - 1) / n
    return [cosines.sum(), (cosines**2).sum() - squares, (cosines.sum(1) ** 2).sum() - squares]


def reduced(samples):
    """Mean and standard error at each size, with the scatter that the controls explain taken out.

    The coefficients (of N S, where they hardly depend on N) are fitted at the size before, those of the first size
    there: coefficients that do not know the instances leave the mean as it is, however few the instances are.
    """
    coefficients, out = None, []
    for n, values, explained in samples:
        design = np.column_stack([np.ones(len(values)), explained])
        fitted = np.linalg.lstsq(design, n * values, rcond=None)[0][1:]
        rest = values - explained @ (fitted if coefficients is None else coefficients) / n
        out.append((rest.mean(), rest.std(ddof=1) / np.sqrt(len(rest))))
        if coefficients is None or len(values) > 100:
            coefficients = fitted
    return np.transpose(out)


def deviations(model, n_patterns, n, instances, distances, patterns):
    """Quenched average minus theory, (instances, distances), controls, and the fraction of isolated references."""
    nodes = [nearest(d, n) for d in distances]
    used = np.unique(np.concatenate(nodes))
    theory = franz_parisi(model, n_patterns / n, used / n).entropy
    reference = log_binomial(n)[used] + theory - binary_entropy(used / n)
    weights = np.zeros((len(used), len(distances)))
    for column, (d, ks) in enumerate(zip(distances, nodes, strict=True)):
        weights[np.searchsorted(used, ks), column] = lagrange(ks / n, d)
    values, explained, isolated = [], [], []
    for sample in range(instances):
        rng = np.random.default_rng([n, n_patterns, sample])
        instance = draw(model, n_patterns, n, rng, patterns)
        found = bp.enumerate_solutions(instance)
        if found.count:
            around = found.around_solutions(min(REFERENCES, found.count), rng)
            values.append(around.entropy[used] - reference)
            isolated.append(around.isolated[used])
            explained.append(controls(instance))
    complete = np.all(np.isfinite(values), axis=1)
    return np.array(values)[complete] @ weights, np.array(explained)[complete], np.mean(isolated, 0) @ np.abs(weights)


def nearest(d, n):
    """The k whose k/N is d, or the four around it."""
    if abs(d * n - round(d * n)) < 1e-9:
        return np.array([round(d * n)])
    return np.floor(d * n).astype(int) + np.array([-1, 0, 1, 2])


def lagrange(nodes, x):
    """Weights of polynomial interpolation at x."""
    powers = np.arange(len(nodes))[:, None]
    return np.linalg.solve((nodes - x) ** powers, powers[:, 0] == 0)


def extrapolate(sizes, means, errors, degree=1):
    """Value at 1/N = 0 of a polynomial in 1/N by weighted least squares, its error, probability of a larger chi2."""
    design = (1 / np.asarray(sizes)[:, None]) ** np.arange(degree + 1) / np.asarray(errors)[:, None]
    target = np.asarray(means) / errors
    covariance = np.linalg.inv(design.T @ design)
    line = covariance @ design.T @ target
    chi2 = np.sum((target - design @ line) ** 2)
    return line[0], np.sqrt(covariance[0, 0]), stats.chi2.sf(chi2, len(target) - degree - 1)


CASES = {
    "small load": (BINARY, 0.2, {10: 400, 15: 300, 20: 120, 25: 6}, (0.2, 0.3), "sphere", 1),
    "a third": (BINARY, 1 / 3, {12: 800, 15: 800, 18: 400, 21: 80, 24: 12, 27: 3}, (0.2, 1 / 3), "sphere", 1),
    "more": (BINARY, 0.4, {15: 1000, 20: 400, 25: 6}, (0.25, 0.35), "sphere", 1),
    "margin": (BinaryPerceptron(0.4), 0.2, {10: 400, 15: 300, 20: 120, 25: 6}, (0.2, 0.3), "sphere", 1),
    "signs": (BINARY, 1 / 3, {15: 800, 21: 120, 27: 3}, (1 / 3,), "signs", 1),
    "symmetric": (SYMMETRIC, 0.5, {12: 1000, 14: 800, 16: 600, 18: 400, 20: 200}, (0.25, 0.35), "sphere", 2),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_quenched_average_extrapolates_to_the_theory(case):
    model, alpha, sizes, distances, patterns, degree = CASES[case]
    measured = [(n, *deviations(model, round(alpha * n), n, m, distances, patterns)) for n, m in sizes.items()]
    for column, d in enumerate(distances):
        means, errors = reduced([(n, values[:, column], explained) for n, values, explained, _ in measured])
        limit, error, probability = extrapolate(list(sizes), means, errors, degree)
        isolated = {n: float(lonely[column]) for n, *_, lonely in measured}
        print(f"{case} d={d:.3f}: {limit:+.5f} +- {error:.5f}, p(chi2) {probability:.2f}, N times deviations")
        print(np.round(means * list(sizes), 3), np.round(errors * list(sizes), 3), isolated)
        assert all(isolated[n] < 2e-2 for n in isolated if n >= 15)
        assert probability > 1e-3
        assert abs(limit) < 4 * error
        assert error < 0.008
        # the annealed value, which forgets that patterns are quenched, is far off
        if model is BINARY and patterns == "sphere":
            assert abs(limit + franz_parisi(model, alpha, d).entropy - planted_bound(model, alpha, d)) > 10 * error


def planted_instance(n_patterns, n, rng):
    """Patterns that a reference of all +1 satisfies: its stabilities, and the instance."""
    kappa = SYMMETRIC.kappa
    s = stats.truncnorm.rvs(-kappa, kappa, size=n_patterns, random_state=rng)
    z = rng.standard_normal((n_patterns, n))
    z -= z.mean(axis=1, keepdims=True)
    z *= np.sqrt(n - 1) / np.linalg.norm(z, axis=1, keepdims=True)
    return s, bp.Instance(z + s[:, None] / np.sqrt(n), kappa=kappa, constraint="symmetric")


def log_probabilities(s, distances):
    """Log-probability of a pattern at each distance from a reference whose stability is s, (len(s), distances)."""
    t = 1 - 2 * np.asarray(distances)
    return SYMMETRIC.log_probability(s[:, None] * t, np.sqrt(1 - t**2)).log


def given_reference(alpha, d):
    """H2 + alpha E_s log P(|h| <= kappa | s): the first moment given the stabilities s of the reference."""
    kappa = SYMMETRIC.kappa
    norm = stats.norm.cdf(kappa) - stats.norm.cdf(-kappa)
    mean, _ = integrate.quad(
        lambda s: stats.norm.pdf(s) / norm * float(log_probabilities(np.array([s]), [d])[0, 0]), -kappa, kappa
    )
    return float(binary_entropy(d)) + alpha * mean


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_planted_bound_is_above_the_quenched_average_of_the_symmetric_model(alpha):
    # With the reference's stabilities s fixed, E log N <= log E[N | s] at every N (Jensen), and its mean over s is
    # strictly below log E N because log P(s) varies with s: the first moment is not the quenched value.
    for d in (0.02, 0.1, 0.3):
        theory = franz_parisi(SYMMETRIC, alpha, d).entropy
        assert theory < given_reference(alpha, d) < planted_bound(SYMMETRIC, alpha, d)


@pytest.mark.slow
def test_symmetric_model_on_large_planted_instances():
    # Enumeration is too small to tell the planted bound from the Franz-Parisi value; belief propagation is not. A
    # planted reference is a typical one (contiguity: Abbe, Li and Sly, FOCS 2021). The first moment given its
    # stabilities, whose mean is known, takes out part of the scatter.
    alpha, n, d, instances = 1.0, 601, 0.1, 6
    values = []
    for sample in range(instances):
        s, instance = planted_instance(n, n, np.random.default_rng([n, sample]))
        local = bp.local_entropy(instance, np.ones(n), d, method="amp").entropy
        values.append(local - alpha * log_probabilities(s, [d]).mean())
    mean = np.mean(values) + given_reference(alpha, d) - float(binary_entropy(d))
    error = np.std(values, ddof=1) / np.sqrt(instances)
    theory, bound = franz_parisi(SYMMETRIC, alpha, d).entropy, planted_bound(SYMMETRIC, alpha, d)
    print(f"{mean:.5f} +- {error:.5f}, Franz-Parisi {theory:.5f}, planted bound {bound:.5f}")
    assert abs(mean - theory) < 4 * error
    assert bound - mean > 3 * error
