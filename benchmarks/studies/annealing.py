"""Annealing: proposals against size at load 0.3, replicas against one, and where the solutions lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import bp
from bp.algorithms.annealing import SimulatedAnnealing
from bp.algorithms.replicated_annealing import ReplicatedAnnealing
from bp.ensembles.solver_comparison import SolverComparison
from replica_theory import BinaryPerceptron

_RESAMPLES = 400
_DENSITY = "where solutions lie"


def parts(samples: int) -> Iterator[tuple[str, Any, bp.RandomProblems]]:
    """Title, solvers and problems."""
    model = BinaryPerceptron()
    sizes = [101, 201, 301, 401, 601, 801, 1201]
    errors: Any = {"energy": "errors", "max_iter": 10**8}
    one = SimulatedAnnealing(beta=(4, 4), **errors)
    three = ReplicatedAnnealing(replicas=3, beta=(3.5, 3.5), gamma=(1, 1), until="replica", **errors)
    yield (
        "growth, errors",
        {"β = 4": one, "y = 3, β = 3.5, γ = 1": three},
        bp.RandomProblems(model, 0.3, sizes, samples),
    )
    slow = SimulatedAnnealing(energy="errors", beta=(1, 4), max_iter=10**7)
    usual = SimulatedAnnealing(energy="errors", max_iter=10**7)
    schedules = {"β 1 to 4, 1e7": slow, "β 2 to 6, 1e7": usual}
    yield "growth, schedules", schedules, bp.RandomProblems(model, 0.3, [101, 201, 401], samples)
    flips = {"β = 2": SimulatedAnnealing(energy="flips", beta=(2, 2), max_iter=10**8)}
    sizes = [101, 201, 401, 801, 1601]
    yield "growth, flips", flips, bp.RandomProblems(model, 0.3, sizes, samples)
    yield "N = 801, 1e7 proposals", _rivals(10**7), bp.RandomProblems(model, 0.3, 801, samples)
    yield "201 x 5, 3e7 proposals", _rivals(3 * 10**7), bp.RandomProblems(model, 0.3, 1005, samples, units=5)
    yield _DENSITY, _measured(), bp.RandomProblems(model, 0.5, 301, samples)


def _rivals(proposals: int) -> dict[str, Any]:
    """Replicas, and a single one at the schedules that were best for it."""
    options: Any = {"energy": "errors", "max_iter": proposals}
    plain = [(1, 4), (2, 6), (3, 8), (4, 8), (5, 5)]
    alone = {f"y = 1, β {first} to {last}": SimulatedAnnealing(beta=(first, last), **options) for first, last in plain}
    return {"y = 3": ReplicatedAnnealing(replicas=3, gamma=(0.5, 2), until="replica", **options), **alone}


def _measured() -> dict[str, Any]:
    """Solvers by what their run waits for."""
    solvers: dict[str, Any] = {"focusing-bp": "focusing-bp", "y = 1": SimulatedAnnealing()}
    for energy in ("flips", "errors"):
        for y in (3, 7):
            for until in ("replica", "majority"):
                gamma = (0.4, 2.8) if y == 7 else (0.5, 2.0)
                options: Any = {"energy": energy, "until": until, "replicas": y, "gamma": gamma}
                solvers[f"y = {y}, {energy}, {until}"] = ReplicatedAnnealing(**options)
    return solvers


def measurements(title: str) -> tuple[str, ...]:
    """What is measured around the solutions of a part."""
    return ("local_entropy",) if title == _DENSITY else ()


def after(found: Mapping[str, SolverComparison]) -> Iterator[str]:
    """Growth of the median number of proposals with the size, and local entropies, with errors by the bootstrap."""
    rng = np.random.default_rng(1)
    for title, comparison in found.items():
        if title.startswith("growth"):
            for label in comparison.solvers:
                yield f"{title}, {label}: {growth(comparison, label, rng)}"
    if _DENSITY in found:
        yield from densities(found[_DENSITY])


def growth(found: SolverComparison, label: str, rng: np.random.Generator) -> str:
    """Exponential rate and exponent of the median proposals, over the sizes at which most problems are solved."""
    s = list(found.solvers).index(label)
    proposals = np.where(found.values["solved"][s] == 1, found.values["iterations"][s], np.inf)
    runs = {n: proposals[found.n == n] for n in np.unique(found.n)}
    runs = {int(n): times for n, times in runs.items() if np.isfinite(np.median(times))}
    if len(runs) < 2:
        return "most problems unsolved"
    n = np.array(list(runs), dtype=float)
    medians = "; ".join(f"{size}: {np.median(times):.3g}" for size, times in runs.items())
    text = [f"medians {medians}"]
    for name, x in (("rate per weight", n), ("exponent", np.log(n))):
        drawn = [_fit(x, [rng.choice(times, len(times)) for times in runs.values()])[0] for _ in range(_RESAMPLES)]
        slope, residual = _fit(x, list(runs.values()))
        text.append(f"{name} {slope:.3g} ± {np.nanstd(drawn):.1g} (residual {residual:.2f})")
    return ", ".join(text)


def _fit(x: np.ndarray, runs: list[np.ndarray]) -> tuple[float, float]:
    """Slope of the logarithms of medians, and what they are off the line (root of the mean square)."""
    log = np.log([np.median(times) for times in runs])
    if not np.isfinite(log).all():
        return np.nan, np.nan
    line = np.polyfit(x, log, 1)
    return float(line[0]), float(np.sqrt(np.mean((log - np.polyval(line, x)) ** 2)))


def densities(found: SolverComparison) -> Iterator[str]:
    """Mean local entropies of each solver's solutions, with standard errors."""
    yield f"| solver | {' | '.join(f'S at d = {d:g}' for d in found.distance)} |"
    yield f"| --- | {' | '.join('--:' for _ in found.distance)} |"
    for s, label in enumerate(found.solvers):
        cells = []
        for values in found.values["local_entropy"][s].T:
            known = values[np.isfinite(values)]
            error = known.std(ddof=1) / np.sqrt(len(known)) if len(known) > 1 else np.nan
            cells.append(f"{known.mean():.4f} ± {error:.4f} ({len(known)})" if len(known) else "")
        yield f"| {label} | {' | '.join(cells)} |"
