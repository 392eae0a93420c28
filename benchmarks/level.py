"""How often a crosscheck disagrees where theory and simulation agree.

``python benchmarks/level.py --runs 200 --samples 8`` makes so many crosschecks of the binary perceptron, each with
another seed, and prints for the rows of N = infinity the mean z^2 beside what their degrees of freedom claim, and for
rows and verdicts how many p-values lie below 0.05 and 0.01.
"""

from __future__ import annotations

import argparse

import numpy as np

import bp
from replica_theory import BinaryPerceptron


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="crosschecks (default %(default)s)")
    parser.add_argument("--samples", type=int, default=8, help="instances of each size (default %(default)s)")
    parser.add_argument("--alpha", type=float, nargs="+", default=[0.4], help="loads")
    parser.add_argument("--n", type=int, nargs="+", default=[201, 401, 801], help="sizes")
    parser.add_argument("--comparisons", nargs="+", default=["entropy", "state-evolution"], help="what to compare")
    arguments = parser.parse_args()
    z, dof, p, verdicts = [], [], [], []
    for seed in range(arguments.runs):
        check = bp.crosscheck(BinaryPerceptron(), arguments.alpha, arguments.n, arguments.samples, seed,
                              comparisons=arguments.comparisons)  # fmt: skip
        rows = [row for row in check.rows if np.isinf(row.n) and np.isfinite(row.p_value)]
        z += [row.z for row in rows]
        dof += [row.dof for row in rows]
        p += [row.p_value for row in rows]
        verdicts.append(check.verdict.p_value)
    freedom = np.array(dof)
    claimed = np.mean(freedom[freedom > 2] / (freedom[freedom > 2] - 2))
    print(f"{len(z)} rows of N = infinity: mean z^2 {np.mean(np.square(z)):.2f}, claimed {claimed:.2f}")
    for name, values in (("rows", p), ("verdicts", verdicts)):
        shares = ", ".join(f"{np.mean(np.array(values) < level):.3f} below {level:g}" for level in (0.05, 0.01))
        print(f"{len(values)} {name}: {shares}")


if __name__ == "__main__":
    main()
