"""Samples of stochastic localisation against enumeration and theory: the tables of ``benchmarks/README.md``.

``python benchmarks/localization.py PART`` draws random perceptrons and samples them by `bp.localize`. Parts:

``enumeration``: N = 20, alpha = 0.3, where the measure is known. For each weight and rule for the magnetisations (by
enumeration: what is left are steps; by messages: their loops besides), over all samples or those that are sound
(messages at rest, no pattern of weight zero): their share; the mean square of (m - exact) over its standard error,
over weights and problems, which is 1 for fair samples; the total variation distance of the first five weights beyond
that of as many fair samples; overlaps of pairs of samples, and the logarithm of the weight a pattern, both less what
is exact.

``steps``: the same for numbers of steps, magnetisations by enumeration.

``curve``: N = 4001, alpha = 0.3: 1 - q at times, beside the theory of N → ∞, with standard errors over problems, and
overlaps of pairs of samples beside the replica-symmetric one; weights as they are (p = 1) and all solutions alike
(p = 0, forced).

``loads``: N = 1001, p = 1: samples that are sound, and the drift of all together, against the load (forced from the
theory's limit on).

``--root`` is the seed of all (2026; the method was developed on others), ``--samples`` the problems of each row.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numba
import numpy as np
from scipy.special import logsumexp

import bp
import replica_theory as rt
from bp.algorithms.observation import observe

TIMES = (0.1, 0.5, 1.0, 2.0, 4.0)
DRAWS = 25
"""Samples of each small problem by messages; twenty times as many by enumeration."""
FIVE = 5
CASES = (
    (1.0, np.inf, ("enumeration", "exact", "amp")),
    (2.0, np.inf, ("enumeration", "exact")),
    (0.0, np.inf, ("exact",)),
    (0.0, 1.0, ("exact",)),
)
"""Powers, inverse temperatures, and rules for the magnetisations."""


class Measure(NamedTuple):
    """Configurations (C, N), logarithms of their probabilities, and of their weights a pattern."""

    configurations: Any
    log_shares: Any
    log_weights: Any


def enumerated(instance: Any, power: float, beta: float) -> Measure:
    """The measure on an instance, exactly."""
    n, p = instance.n, instance.n_patterns
    cube = (2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1).astype(np.float32)
    stabilities = cube @ instance.xi.T.astype(np.float32) / np.sqrt(n)
    bad = np.count_nonzero(stabilities < 0, axis=1)
    if beta < np.inf:
        logs = -beta * bad.astype(float)
    else:
        cube, stabilities = cube[bad == 0], stabilities[bad == 0].astype(float)
        with np.errstate(divide="ignore"):
            logs = power * np.log(stabilities).sum(axis=1) if power else np.zeros(len(cube))
        cube, logs = cube[logs > -np.inf], logs[logs > -np.inf]
    return Measure(cube.astype(float), logs - logsumexp(logs), logs / p)


def exact_means(measure: Measure) -> Any:
    """Magnetisations in fields, by enumeration."""

    def means(fields: Any) -> Any:
        logs = measure.log_shares + fields @ measure.configurations.T
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        return shares @ measure.configurations / shares.sum(axis=1, keepdims=True)

    return means


def first_five(weights: Any, shares: Any = None) -> Any:
    """Shares of the values of the first five weights."""
    codes = (weights[:, :FIVE] > 0) @ 2 ** np.arange(FIVE)
    held = np.bincount(codes, shares, minlength=2**FIVE)
    return held / held.sum()


def judged(measure: Measure, weights: Any, log_weights: Any, rng: Any) -> tuple[float, float, float, float]:
    """Mean square deviation of magnetisations, distance beyond chance, overlap and logarithm of the weight, less."""
    shares, size, n = np.exp(measure.log_shares), len(weights), weights.shape[1]
    m = shares @ measure.configurations
    free = 1 - m**2 > 1e-9
    z2 = float(np.mean(size * (weights.mean(axis=0) - m)[free] ** 2 / (1 - m**2)[free]))
    exact = first_five(measure.configurations, shares)
    distance = 0.5 * float(np.abs(first_five(weights) - exact).sum())
    fair = rng.multinomial(size, exact, 200) / size
    distance -= 0.5 * float(np.abs(fair - exact).sum(axis=1).mean())
    pairs = (np.sum(weights.sum(axis=0) ** 2) - size * n) / (size * (size - 1) * n)
    excess = float(log_weights.mean() - shares @ measure.log_weights)
    return z2, distance, float(pairs - np.mean(m**2)), excess


def log_weights_of(instance: Any, power: float, beta: float, weights: Any) -> Any:
    """Logarithms of the weights of configurations, a pattern (of those that have one)."""
    stabilities = weights @ instance.xi.T / np.sqrt(instance.n)
    if beta < np.inf:
        return -beta * np.mean(stabilities < 0, axis=1)
    return power * np.mean(np.log(np.maximum(stabilities, 1e-300)), axis=1) if power else np.zeros(len(weights))


def problems(model: Any, n: int, alpha: float, samples: int, root: int) -> Iterator[tuple[Any, Any, Any]]:
    """Instances, each with two sources of randomness."""
    for seed in np.random.SeedSequence([root, n, round(1000 * alpha)]).spawn(samples):
        draw, first, second = seed.spawn(3)
        yield bp.random_instance(model, n, alpha, rng=draw), first, second


def mean(values: Any, scale: float = 1.0) -> str:
    """The mean with its standard error."""
    held = scale * np.asarray(values)
    return f"{held.mean():.3f} ± {held.std(ddof=1) / np.sqrt(len(held)):.3f}"


SMALL = "| weight | magnetisations by | samples | share | z² | distance, 10⁻³ | overlap, 10⁻³ | log w, 10⁻³ | CPU ms |"
RULE = "| --- | --- | --- | --: | --: | --: | --: | --: | --: |"


def row(place: str, kept: list[Any], of: int, seconds: float) -> str:
    """A line for what was kept of the samples of each problem."""
    values = np.array([one[1:] for one in kept])
    share = sum(one[0] for one in kept) / of
    cells = [mean(values[:, 0]), *(mean(values[:, k], 1e3) for k in (1, 2, 3))]
    cells[3] = cells[3] if np.all(np.abs(values[:, 3]) < 1) else ""  # some patterns have no weight at all
    return f"{place} {share:.3f} | {' | '.join(cells)} | {1e3 * seconds / of:.1f} |"


def enumeration(samples: int, root: int) -> Iterator[str]:
    """Against enumeration."""
    yield from (SMALL, RULE)
    for power, beta, rules in CASES:
        model = rt.PowerWeight(power=power)
        place = f"| p = {power:g} |" if beta == np.inf else f"| β = {beta:g} |"
        for rule in rules:
            every, sound, drawn, seconds = [], [], 0, 0.0
            for instance, first, second in problems(model, 20, 0.3, samples, root):
                measure, rng = enumerated(instance, power, beta), np.random.default_rng(second)
                start = time.process_time()
                if rule == "enumeration":
                    weights = by_enumeration(measure, 32, first)
                    good = np.ones(len(weights), dtype=bool)
                else:
                    found = bp.localize(instance, samples=DRAWS, method=rule, beta=beta, rng=first, force=True)
                    weights = found.weights.astype(float)
                    good = found.sound
                seconds, drawn = seconds + time.process_time() - start, drawn + len(weights)
                logs = log_weights_of(instance, power, beta, weights)
                every.append((len(weights), *judged(measure, weights, logs, rng)))
                if good.sum() > 1:
                    sound.append((good.sum(), *judged(measure, weights[good], logs[good], rng)))
            yield row(f"{place} {rule} | all |", every, drawn, seconds)
            if rule != "enumeration":
                yield row(f"{place} {rule} | sound |", sound, drawn, seconds)


def by_enumeration(measure: Measure, steps: int, seed: Any) -> Any:
    """Samples with the exact magnetisations."""
    streams = [np.random.default_rng(one) for one in seed.spawn(20 * DRAWS)]
    grid = 24.0 * (np.arange(steps + 1) / steps) ** 2
    return observe(exact_means(measure), grid, streams, measure.configurations.shape[1]).weights.astype(float)


def steps(samples: int, root: int) -> Iterator[str]:
    """Numbers of steps."""
    yield from (SMALL.replace("samples", "steps"), RULE)
    for number in (8, 16, 32, 64):
        every, drawn, seconds = [], 0, 0.0
        for instance, first, second in problems(rt.PowerWeight(power=1.0), 20, 0.3, samples, root):
            measure, start = enumerated(instance, 1.0, np.inf), time.process_time()
            weights = by_enumeration(measure, number, first)
            seconds, drawn = seconds + time.process_time() - start, drawn + len(weights)
            logs = log_weights_of(instance, 1.0, np.inf, weights)
            every.append((len(weights), *judged(measure, weights, logs, np.random.default_rng(second))))
        yield row(f"| p = 1 | enumeration | {number} |", every, drawn, seconds)


def curve(samples: int, root: int) -> Iterator[str]:
    """Overlap curves at N = 4001."""
    yield f"| p | | {' | '.join(f'τ = {t:g}' for t in TIMES)} | entropy | pairs | sound | CPU s |"
    yield f"| --: | --- | {'--: | ' * (len(TIMES) + 4)}".rstrip()
    for power in (1.0, 0.0):
        model, rows, areas, pairs, sound, seconds = rt.PowerWeight(power=power), [], [], [], 0, 0.0
        for instance, first, _ in problems(model, 4001, 0.3, samples, root):
            start = time.process_time()
            found = bp.localize(
                instance, samples=2, times=TIMES, max_iter=2000 if power else 200, rng=first, force=True
            )
            seconds += time.process_time() - start
            rows.append(1 - found.overlap[np.searchsorted(found.times, TIMES)])
            areas.append(found.entropy)
            pairs.append(float(found.weights[0].astype(float) @ found.weights[1]) / instance.n)
            sound += np.count_nonzero(found.sound)
        measured, error = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) / np.sqrt(samples)
        cells = [f"{a:.5f} ± {e:.5f}" for a, e in zip(measured, error, strict=True)]
        area = f"{np.mean(areas):.4f} ± {np.std(areas, ddof=1) / np.sqrt(samples):.4f}"
        tail = f"{area} | {mean(pairs)} | {sound} of {2 * samples} | {seconds / (2 * samples):.2f} |"
        yield f"| {power:g} | measured | {' | '.join(cells)} | {tail}"
        theory = 1 - np.asarray(rt.localization(model, 0.3, TIMES).q)
        point = rt.replica_symmetric(model, 0.3)
        tail = f"{point.entropy:.4f} | {point.q:.3f} | | |"
        yield f"| {power:g} | theory | {' | '.join(f'{x:.5f}' for x in theory)} | {tail}"
        off = " | ".join(f"{z:.1f}" for z in (measured - theory) / error)
        yield f"| {power:g} | difference over error | {off} | | | | |"


def loads(samples: int, root: int) -> Iterator[str]:
    """Samples against the load."""
    yield "| α | sound | with patterns of weight 0 | these, of them | largest drift | CPU s |"
    yield "| --: | --: | --: | --: | --: | --: |"
    for alpha in (0.3, 0.5, 0.6, 0.7):
        sound, bad, errors, missed, seconds = 0, 0, [], [], 0.0
        for instance, first, _ in problems(rt.PowerWeight(power=1.0), 1001, alpha, samples, root):
            start = time.process_time()
            found = bp.localize(instance, rng=first, force=True)
            seconds += time.process_time() - start
            sound += np.count_nonzero(found.sound)
            bad += np.count_nonzero(found.errors)
            errors += found.errors[found.errors > 0].tolist()
            missed.append(np.mean(found.agreements - found.overlaps, axis=0)[:-1])
        gap, error = np.mean(missed, axis=0), np.std(missed, axis=0, ddof=1) / np.sqrt(samples)
        k = int(np.argmax(np.abs(gap)))
        patterns = f"{np.mean(errors):.1f}" if errors else ""
        yield (
            f"| {alpha:g} | {sound} of {samples} | {bad} of {samples} | {patterns} | "
            f"{gap[k]:.4f} ± {error[k]:.4f} | {seconds / samples:.2f} |"
        )


PARTS = {"enumeration": enumeration, "steps": steps, "curve": curve, "loads": loads}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=[*PARTS, []], help="which tables (default: all)")
    parser.add_argument("--samples", type=int, default=20, help="problems of each row (default %(default)s)")
    parser.add_argument("--root", type=int, default=2026, help="seed of all (default %(default)s)")
    arguments = parser.parse_args()
    numba.set_num_threads(1)
    bp.localize(bp.random_instance(rt.PowerWeight(), 21, 0.5, rng=1), method="exact", steps=2, rng=1)  # compiles
    for part in arguments.part or PARTS:
        print(f"\n{part}\n", flush=True)
        for line in PARTS[part](arguments.samples, arguments.root):
            print(line, flush=True)


if __name__ == "__main__":
    main()
