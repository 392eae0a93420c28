"""A ladder of temperatures against a single chain of as many proposals: the table of ``benchmarks/README.md``.

``python benchmarks/tempering.py`` draws random perceptrons and measures their energy at low temperature by
`bp.parallel_tempering`, whose ladder ends there, and by `bp.monte_carlo` with as many sweeps as all temperatures
together. What is right is known by enumeration (N = 21), or to 1/N by belief propagation. It prints how many runs say
that they reached equilibrium, and of these, and of all, the root mean square deviation beside the error that they state
(energies in thousandths), how many deviate by less than two of their errors, and CPU seconds on one thread.
``--root`` is the seed of all (2026; the method was developed on others).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numba
import numpy as np

import bp
from replica_theory.models.perceptron import BinaryPerceptron

CASES = [(21, 0.5), (21, 1.0), (101, 0.5), (301, 0.5)]
BETAS = (2.0, 4.0, 6.0)
SWEEPS = 4000
HEAD = "| N | α | β | method | reached | rms deviation | stated | of all | stated | within two errors | CPU s |"


def known(instance: Any, beta: float) -> float:
    """The energy, exactly or by messages (NaN where these do not converge)."""
    if instance.n > 30:
        run = bp.belief_propagation(instance, "gaussian", beta=beta, on_failure="return")
        return run.energy if run.converged else np.nan
    counts = bp.enumerate_solutions(instance, energies=True).energy_counts
    assert counts is not None
    weights = counts * np.exp(-beta * np.arange(len(counts)))
    return float(weights @ np.arange(len(counts)) / weights.sum() / instance.n_patterns)


def timed(function: Any, *arguments: Any, **options: Any) -> tuple[Any, float]:
    """A result and its CPU seconds."""
    start = time.process_time()
    result = function(*arguments, **options)
    return result, time.process_time() - start


def row(place: str, runs: list[tuple[float, float, bool, float]]) -> str:
    """A line of Markdown for runs: deviation, error, whether it says that equilibrium was reached, seconds."""
    deviation, error, reached, seconds = (np.array(column) for column in zip(*runs, strict=True))
    cells = [f"{np.count_nonzero(reached)} of {len(runs)}"]
    for chosen in (reached, np.ones(len(runs), dtype=bool)):
        held = [deviation[chosen], error[chosen & np.isfinite(error)]]
        cells += [f"{1e3 * np.sqrt(np.mean(x**2)):.1f}" if len(x) else "" for x in held]
    good = np.abs(deviation[reached]) < 2 * error[reached]
    cells += [f"{np.count_nonzero(good)} of {np.count_nonzero(reached)}", f"{seconds.mean():.2f}"]
    return f"{place} {' | '.join(cells)} |"


def rows(n: int, alpha: float, samples: int, root: int) -> Iterator[str]:
    """Lines of one kind of problem."""
    for beta in BETAS:
        ladders, chains, rungs = [], [], []
        for seed in np.random.SeedSequence([root, n, round(100 * alpha)]).spawn(samples):
            draw, first, second = seed.spawn(3)
            instance = bp.random_instance(BinaryPerceptron(), n, alpha, rng=draw)
            if np.isnan(right := known(instance, beta)):
                continue
            ladder, seconds = timed(bp.parallel_tempering, instance, beta, sweeps=SWEEPS, rng=first)
            ladders.append((ladder.energy[-1] - right, ladder.energy_error[-1], ladder.converged, seconds))
            rungs.append(len(ladder.betas))
            chain, seconds = timed(bp.monte_carlo, instance, beta, sweeps=SWEEPS * rungs[-1], rng=second)
            chains.append((chain.energy - right, chain.energy_error, chain.converged, seconds))
        place = f"| {n} | {alpha:g} | {beta:g} |"
        yield row(f"{place} ladder of {np.mean(rungs):.1f} |", ladders)
        yield row(f"{place} chain |", chains)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20, help="instances of each kind (default %(default)s)")
    parser.add_argument("--n", type=int, nargs="+", help="only these sizes")
    parser.add_argument("--root", type=int, default=2026, help="seed of all (default %(default)s)")
    arguments = parser.parse_args()
    numba.set_num_threads(1)
    small = bp.random_instance(BinaryPerceptron(), 21, 0.5, rng=1)
    bp.monte_carlo(small, 1.0, sweeps=20, rng=1)  # compiles
    bp.parallel_tempering(small, 1.0, sweeps=20, rng=1)
    print(HEAD, "| --: | --: | --: | --- | --: | --: | --: | --: | --: | --: | --: |", sep="\n")
    for n, alpha in CASES:
        if arguments.n and n not in arguments.n:
            continue
        for line in rows(n, alpha, arguments.samples, arguments.root):
            print(line, flush=True)


if __name__ == "__main__":
    main()
