"""Complexity of random formulas by survey propagation, and the ratio at which it vanishes.

``python benchmarks/surveys.py`` draws formulas at some ratios below the threshold of K = 3 and 4, and prints a row for
each: formulas whose surveys settled, the complexity per variable with its standard error over formulas and their
scatter, and CPU seconds; then, from the straight line and from the parabola through all ratios, where the complexity is
zero, with the error that follows from those of the rows. ``--root`` is the seed of all.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np

import bp
import replica_theory as rt

RATIOS = {3: (4.16, 4.18, 4.2, 4.22, 4.24), 4: (9.5, 9.6, 9.7, 9.8)}
PUBLISHED = {3: 4.267, 4: 9.931}
"""Mertens, Mezard and Zecchina, Random Struct. Algorithms 28, 340 (2006)."""


def complexities(k: int, ratio: float, n: int, samples: int, root: int) -> tuple[np.ndarray, float]:
    """Complexities of the formulas whose surveys settled, and CPU seconds of one."""
    found, begun = [], time.process_time()
    for sample in range(samples):
        seed = np.random.SeedSequence([root, k, round(1000 * ratio), n, sample])
        formula = bp.random_satisfiability(n, ratio, k, rng=np.random.default_rng(seed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rt.ConvergenceWarning)
            surveys = bp.belief_propagation(formula, "survey", damping=0.0, tol=1e-4, max_iter=2000, init=0.5, rng=1)
        if surveys.converged:
            found.append(surveys.entropy)
    return np.array(found), (time.process_time() - begun) / samples


def zero(ratios: np.ndarray, means: np.ndarray, errors: np.ndarray, degree: int) -> tuple[float, float]:
    """Where a polynomial through the rows falls to zero next after them, and its error."""
    centre = ratios.mean()

    def root(values: np.ndarray) -> float:
        roots = np.roots(np.polyfit(ratios - centre, values, degree, w=1 / errors)) + centre
        near = roots[np.isreal(roots)].real
        return float(near[np.argmin(np.abs(near - ratios[-1]))]) if len(near) else np.nan

    draws = np.random.default_rng(0).normal(means, errors, (1000, len(means)))
    return root(means), float(np.nanstd([root(values) for values in draws]))


def main() -> None:
    """Print the rows and the zeros."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--k", type=int, nargs="+", default=list(RATIOS), choices=list(RATIOS), help="literals a clause"
    )
    parser.add_argument("--n", type=int, default=50_000, help="variables (default %(default)s)")
    parser.add_argument("--samples", type=int, default=20, help="formulas a row (default %(default)s)")
    parser.add_argument("--root", type=int, default=2026, help="seed of all (default %(default)s)")
    arguments = parser.parse_args()
    for k in arguments.k:
        print("\n| K | N | ratio | settled | complexity | scatter | CPU s each |", flush=True)
        print("| --: | --: | --: | --: | --: | --: | --: |")
        rows = []
        for ratio in RATIOS[k]:
            found, seconds = complexities(k, ratio, arguments.n, arguments.samples, arguments.root)
            scatter = found.std(ddof=1) if len(found) > 1 else np.nan
            error = scatter / np.sqrt(max(len(found), 1))
            settled = f"{len(found)} of {arguments.samples}"
            mean = f"{found.mean():.5f} ± {error:.5f}" if len(found) else ""
            print(
                f"| {k} | {arguments.n} | {ratio:g} | {settled} | {mean} | {scatter:.5f} | {seconds:.2g} |", flush=True
            )
            if len(found) > 1:
                rows.append((ratio, found.mean(), error))
        for degree, shape in ((1, "straight line"), (2, "parabola")):
            if len(rows) > degree:
                place, error = zero(*np.array(rows).T, degree)
                print(f"\n{shape}: zero at {place:.4f} ± {error:.4f} (published {PUBLISHED[k]})", flush=True)


if __name__ == "__main__":
    main()
