"""Fraction of random instances that a solver solves, against the load.

``python benchmarks/success.py --n 1001 --alpha 0.7 0.75 --samples 20 --solver focusing-bp`` prints a row for each load:
instances solved, the 95 % Wilson interval of the probability, median time (s) and iterations of the solved ones, median
time of all; then the load at which a logistic fit to all rows crosses one half, with its error. Instance
k has seed ``--seed`` + k (1000 by default, so that it is none that the solvers were tuned on). Processes run one thread
each; with ``--workers 1`` the products use all threads.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import numpy as np

import bp
from bp.execution.workers import worker_processes
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron


def attempt(n: int, alpha: float, solver: str, kappa: float | None, seed: int) -> tuple[bool, float, int]:
    """Solved, seconds of wall time, iterations."""
    model = BinaryPerceptron() if kappa is None else SymmetricBinaryPerceptron(kappa)
    instance = bp.random_instance(model, n, alpha, rng=seed)
    start = time.perf_counter()
    found = bp.solve(instance, solver, rng=seed)
    assert found.errors == instance.errors(found.weights)
    return found.solved, time.perf_counter() - start, found.iterations


def wilson(solved: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Interval of a binomial probability."""
    centre = (solved + z**2 / 2) / (total + z**2)
    width = z * np.sqrt(solved * (total - solved) / total + z**2 / 4) / (total + z**2)
    return float(centre - width), float(centre + width)


def half_load(alpha: np.ndarray, solved: np.ndarray, total: np.ndarray) -> tuple[float, float]:
    """Load of one half by a logistic fit, and half of the interval that holds it in 68 % (NaN if it is not bracketed).

    The interval is that of the profile likelihood, half a unit below its largest. (The curvature there means nothing
    where at most one load is solved in part: the likeliest slope is infinite then, and the error came out as nothing.)
    """
    if not np.min(solved / total) <= 0.5 <= np.max(solved / total):
        return np.nan, np.nan
    alpha, solved, total = (a[np.argsort(alpha)].astype(float) for a in (alpha, solved, total))
    half = np.linspace(alpha[0], alpha[-1], 801)
    slope = np.geomspace(1 / np.ptp(alpha), 100 / np.min(np.diff(alpha)), 200)
    x = (half[:, None, None] - alpha) * slope[:, None]
    cost = np.sum(solved * np.logaddexp(0, -x) + (total - solved) * np.logaddexp(0, x), axis=-1).min(axis=1)
    within = half[cost <= cost.min() + 0.5]
    best = half[cost <= cost.min() + 1e-3]
    step = half[1] - half[0]
    return float(best.mean()), float(within.max() - within.min() + step) / 2


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1001, help="number of weights (default %(default)s)")
    parser.add_argument("--alpha", type=float, nargs="+", default=[0.7, 0.75], help="loads")
    parser.add_argument("--samples", type=int, default=20, help="instances a load (default %(default)s)")
    parser.add_argument("--solver", default="focusing-bp", help="a name of bp.solvers() (default %(default)s)")
    parser.add_argument("--symmetric", type=float, metavar="KAPPA", help="symmetric constraint of this margin")
    parser.add_argument("--seed", type=int, default=1000, help="seed of the first instance (default %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default %(default)s)")
    arguments = parser.parse_args()
    solved = []
    print(f"{arguments.solver}, N = {arguments.n}\n alpha   solved   95 % interval   time  iterations  time of all")
    with worker_processes(arguments.workers) as executor:
        for alpha in arguments.alpha:
            job = partial(attempt, arguments.n, alpha, arguments.solver, arguments.symmetric)
            seeds = range(arguments.seed, arguments.seed + arguments.samples)
            runs = np.array(list(map(job, seeds) if executor is None else executor.map(job, seeds)))
            done = runs[runs[:, 0] > 0]
            solved.append(len(done))
            low, high = wilson(len(done), len(runs))
            seconds, iterations = np.median(done[:, 1:], axis=0) if len(done) else (np.nan, np.nan)
            count = f"{len(done)}/{len(runs)}"
            print(
                f"{alpha:6.3f} {count:>8}   {low:.2f} - {high:.2f} {seconds:9.2f} {iterations:11.0f}"
                f" {np.median(runs[:, 1]):12.2f}",
                flush=True,
            )
    total = np.full(len(solved), arguments.samples)
    half, error = half_load(np.array(arguments.alpha), np.array(solved), total)
    print(f"half of the instances are solved at alpha = {half:.4f} +- {error:.4f}")


if __name__ == "__main__":
    main()
