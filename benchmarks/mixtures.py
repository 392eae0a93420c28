"""Mixtures of pattern classes: theory against instances, at a given shift and with inputs of non-zero mean.

``python benchmarks/mixtures.py`` prints five Markdown tables. Capacity and threshold of the slope by the share of the
output +1. At a given shift: entropy, overlap and best shift (by the slope of the free entropy in the shift) by
approximate message passing, instance by instance. The same with noisy labels of a teacher. Inputs of mean b: free
entropy by parallel tempering against the integral over the shift, extrapolated in 1/N. What messages make of such
inputs.
``--root`` is the seed (2026; developed on others), ``--samples`` the instances of a row.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

import bp
from replica_theory import (
    BinaryPerceptron,
    Mixture,
    TeacherStudent,
    capacity,
    local_entropy_threshold,
    replica_symmetric,
)

Array = NDArray[np.float64]

PLAIN, TAUGHT = BinaryPerceptron(), TeacherStudent()
SHARES = ((0.4, 0.4), (0.4, 0.7), (0.2, 0.6), (0.1, 1.2))
"""Share of the output +1, and load."""
NOISES = ((0.1, 0.8, np.inf), (0.1, 0.8, 2.0), (0.2, 1.5, 2.0))
"""Share of inverted labels, load and inverse temperature."""
INPUTS = ((0.4, 0.5, 0.4), (0.2, 0.3, 0.5), (0.2, 0.7, 0.5))
"""Share of the output +1, mean of the inputs, and load."""
BETA = 3.0
SIZES = {101: 4, 201: 2, 401: 1}
"""Weights, and instances for one of `samples`."""
N = 1001


def biased(f: float) -> Mixture:
    """Output +1 with a probability, a free shift."""
    return Mixture([(f, PLAIN, 1), (1 - f, PLAIN, -1)], shift="free")


def row(*cells: object) -> str:
    """A line of Markdown."""
    return f"| {' | '.join(map(str, cells))} |"


def compared(values: Array, theory: float) -> str:
    """Mean and standard error, the theory and the difference in standard errors."""
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return "do not converge"
    error = float(np.std(values, ddof=1) / np.sqrt(len(values)))
    return f"{values.mean():.5f} ± {error:.5f} ({theory:.5f}; {(values.mean() - theory) / error:+.1f})"


def thresholds(root: int, samples: int) -> Iterator[str]:
    """Of theory, which needs neither seeds nor samples."""
    yield row("f", "capacity", "M there", "threshold of the slope, y = ∞", "over capacity", "distance")
    yield row(*["--:"] * 6)
    for f in (0.5, 0.4, 0.3, 0.2, 0.1):
        most, dense = capacity(biased(f)), local_entropy_threshold(biased(f), progress=False)
        share = float(dense.alpha) / float(most.alpha)
        yield row(f, f"{most.alpha:.9f}", f"{abs(float(most.shift or 0.0)) * -1:.6f}", f"{dense.alpha:.8f}",
                  f"{share:.4f}", f"{dense.distance:.4f}")  # fmt: skip


def given(root: int, samples: int) -> Iterator[str]:
    """At the shift of theory."""
    yield row("f", "α", "M", "entropy (theory; z)", "overlap q", "best shift")
    yield row("--:", "--:", "--:", "---", "---", "---")
    for place, (f, alpha) in enumerate(SHARES):
        alpha = round(alpha * N) / N
        theory = replica_symmetric(biased(f), alpha)
        fixed, curvature = biased(f).at(shift=float(theory.shift)), second_derivative(f, alpha, float(theory.shift))
        found = []
        for seed in np.random.SeedSequence([root, 1, place]).spawn(samples):
            instance = bp.random_mixture(fixed, N, alpha, seed)
            run = bp.belief_propagation(instance, "amp", on_failure="return")
            state = instance.messages("amp", init=run.messages)
            state.sweep(np.zeros(N), 0.0)
            slope = float(instance.labels @ state.g) / N
            found.append((run.entropy, run.overlap, float(theory.shift) - slope / curvature, run.converged))
        values = np.array(found)
        values[values[:, 3] == 0] = np.nan
        expected = (theory.entropy, theory.q, theory.shift)
        yield row(f, f"{alpha:.3f}", f"{theory.shift:.4f}",
                  *(compared(values[:, k], float(expected[k])) for k in range(3)))  # fmt: skip


def second_derivative(f: float, alpha: float, shift: float) -> float:
    """Of the entropy in the shift."""
    step = 1e-3
    low, here, high = (replica_symmetric(biased(f).at(shift=shift + k * step), alpha).entropy for k in (-1, 0, 1))
    return float((low - 2 * here + high) / step**2)


def noisy(root: int, samples: int) -> Iterator[str]:
    """Labels of a teacher, some inverted."""
    yield row("ε", "α", "β", "entropy (theory; z)", "energy", "overlap q", "with the teacher")
    yield row("--:", "--:", "--:", "---", "---", "---", "---")
    for place, (eps, alpha, beta) in enumerate(NOISES):
        alpha = round(alpha * N) / N
        model = Mixture([(1 - eps, TAUGHT, 1), (eps, TAUGHT, -1)], beta=beta)
        theory, found = replica_symmetric(model, alpha), []
        for seed in np.random.SeedSequence([root, 2, place]).spawn(samples):
            instance = bp.random_mixture(model, N, alpha, seed)
            run = bp.belief_propagation(instance, "amp", beta=beta, on_failure="return")
            assert instance.teacher is not None
            overlap = instance.overlap(instance.teacher, run.magnetizations)
            found.append((run.entropy, run.energy, run.overlap, overlap, run.converged))
        values = np.array(found)
        values[values[:, 4] == 0] = np.nan
        expected = (theory.entropy, theory.energy, theory.q, theory.teacher_overlap)
        cells = [compared(values[:, k], float(e)) if np.ptp(values[:, k]) > 0 else "0" for k, e in enumerate(expected)]
        yield row(eps, f"{alpha:.3f}", beta, *cells)


def inputs(root: int, samples: int) -> Iterator[str]:
    """Inputs of non-zero mean, by parallel tempering at the inverse temperature BETA."""
    sizes = [f"N = {n}" for n in SIZES]
    yield row("f", "b", "α", "free entropy", *sizes, "N = ∞", "z", f"M, N = {max(SIZES)} (theory; z)")
    yield row(*["--:"] * (6 + len(SIZES)), "---")
    for place, (f, b, alpha) in enumerate(INPUTS):
        differences, errors, shifts = [], [], []
        for k, (n, number) in enumerate(SIZES.items()):
            theory, shift = expected(f, b, round(alpha * n) / n, n)
            seeds = np.random.SeedSequence([root, 3, place, k]).spawn(number * samples)
            found, shifts = [], []
            for seed in seeds:
                instance = bp.random_mixture(biased(f), n, alpha, seed, bias=b)
                sample = bp.parallel_tempering(instance, BETA, sweeps=2000, rng=seed.spawn(1)[0])
                found.append(sample.free_entropy[-1] - theory)
                shifts.append(b * sample.weights[-1].sum() / np.sqrt(n * (1 - b**2)))
            differences.append(np.mean(found))
            errors.append(np.std(found, ddof=1) / np.sqrt(len(found)))
        limit, error = extrapolated(np.array(list(SIZES), dtype=float), np.array(differences), np.array(errors))
        top = float(at_shifts(f, round(alpha * n) / n)[1].max())
        cells = [f"{d:+.4f} ± {e:.4f}" for d, e in zip(differences, errors, strict=True)]
        limits = f"{limit:+.4f} ± {error:.4f}", f"{limit / error:+.1f}"
        yield row(f, b, alpha, f"{top:.5f}", *cells, *limits, compared(np.array(shifts), shift))


@lru_cache
def at_shifts(f: float, alpha: float) -> tuple[Array, Array]:
    """Shifts, and the free entropy at each, at the inverse temperature BETA."""
    grid = np.linspace(-3.0, 2.0, 101)
    points = [replica_symmetric(biased(f).at(shift=float(m), beta=BETA), alpha) for m in grid]
    return grid, np.array([float(point.free_entropy) for point in points])


def expected(f: float, b: float, alpha: float, n: int) -> tuple[float, float]:
    r"""Per weight, log int dM p(M) exp(N phi(M)) over the shift, whose prior is Gaussian; and the mean shift."""
    (grid, values), prior = at_shifts(f, alpha), b**2 / (1 - b**2)
    exponent = n * values - 0.5 * grid**2 / prior - 0.5 * np.log(2 * np.pi * prior)
    top = float(exponent.max())
    weights = np.exp(exponent - top)
    total = float(np.trapezoid(weights, grid))
    return (top + float(np.log(total))) / n, float(np.trapezoid(weights * grid, grid)) / total


def messages(root: int, samples: int) -> Iterator[str]:
    """What belief propagation makes of such inputs, without a temperature."""
    yield row("f", "b", "α", f"entropy by messages, N = {N} (theory; z)", "shift")
    yield row("--:", "--:", "--:", "---", "---")
    for place, (f, b, alpha) in enumerate(INPUTS):
        point, found = replica_symmetric(biased(f), round(alpha * N) / N), []
        for seed in np.random.SeedSequence([root, 4, place]).spawn(samples):
            instance = bp.random_mixture(biased(f), N, alpha, seed, bias=b)
            run = bp.belief_propagation(instance, "amp", damping=0.97, max_iter=4000, on_failure="return")
            shift = b * run.magnetizations.sum() / np.sqrt(N * (1 - b**2))
            found.append((run.entropy, shift) if run.converged else (np.nan, np.nan))
        expected_values = float(point.entropy), float(point.shift or 0.0)
        values = np.array(found).T
        yield row(f, b, alpha, *(compared(column, e) for column, e in zip(values, expected_values, strict=True)))


def extrapolated(n: Array, values: Array, errors: Array) -> tuple[float, float]:
    """The limit of a straight line in 1/N."""
    design = np.stack([np.ones_like(n), 1 / n], axis=1) / errors[:, None]
    covariance = np.linalg.inv(design.T @ design)
    return float((covariance @ design.T @ (values / errors))[0]), float(np.sqrt(covariance[0, 0]))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=int, default=2026)
    parser.add_argument("--samples", type=int, default=20)
    given_arguments = parser.parse_args()
    for part in (thresholds, given, noisy, inputs, messages):
        for line in part(given_arguments.root, given_arguments.samples):
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
