r"""Local energy: the fraction of patterns that configurations at a distance from one violate.

At distance `d` the overlap is :math:`t = 1-2d`. The stability of a pattern :math:`\xi` that the configuration gives the
stability `h` has mean :math:`th` and variance :math:`(1-t^2)(|\xi|^2-h^2)/(N-1)`, exactly, for weights drawn uniformly
on the sphere at this overlap as for `dN` flips of randomly chosen weights ±1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.problems.perceptron import Instance
from bp.randomness import Rng, generator
from replica_theory.arguments import checked_distance, checked_integer, checked_kind
from replica_theory.typing import Array


def local_energy(
    instance: Instance, weights: ArrayLike, distance: ArrayLike, *, samples: int | None = None, rng: Rng = None
) -> Any:
    r"""Fraction of the patterns that configurations at a distance from one violate.

    .. math:: E(d) = \frac1P\sum_\mu\Pr\Big[th_\mu + \sigma_\mu x\ \text{forbidden}\Big], \qquad
       \sigma_\mu^2 = (1-t^2)\frac{|\xi^\mu|^2-h_\mu^2}{N-1}, \qquad t = 1-2d,

    with a Gaussian `x`, which is right as N → ∞; or the mean over `samples` configurations that are drawn.
    ``replica_theory.local_energy`` is the same for references of theory.

    Parameters
    ----------
    instance : Instance
        Weights ±1 or on the sphere, a hard constraint.
    weights : array_like, shape (N,)
        The configuration; it need not be a solution.
    distance : float or array_like
        Distances in [0, 1/2].
    samples : int, optional
        Number of configurations to draw at each distance, with round(dN) flips of ±1; by default the formula is used.
    rng : int, SeedSequence, Generator or None
        Source of the draws.

    Returns
    -------
    float or array

    Raises
    ------
    TypeError, ValueError
        For a bad argument, a soft constraint, or other weights.

    Examples
    --------
    >>> import replica_theory as rt
    >>> from bp import random_instance, solve
    >>> inst = random_instance(rt.BinaryPerceptron(weights=rt.SphericalWeights()), n=501, alpha=1.0, rng=1)
    >>> found = solve(inst, "gradient-descent", rng=1)
    >>> formula = local_energy(inst, found.weights, [0.0, 0.1])
    >>> drawn = local_energy(inst, found.weights, [0.0, 0.1], samples=100, rng=1)
    >>> float(formula[0]), bool(abs(drawn - formula).max() < 0.01)
    (0.0, True)
    """
    checked_kind("instance", instance, Instance)
    if reason := instance.lacks_domain("spins", "reals"):
        raise ValueError(f"local_energy {reason}")
    d = np.asarray(checked_distance(distance))
    chosen = instance.checked("weights", weights)
    _ = instance.allowed.stabilities  # soft constraints have none
    number, random = checked_integer("samples", 1 if samples is None else samples), generator(rng)
    if samples is None:
        energy = np.array([_formula(instance, chosen, 1.0 - 2.0 * x) for x in d.flat])
    else:
        energy = np.array([_drawn(instance, chosen, float(x), number, random) for x in d.flat])
    return float(energy[0]) if d.ndim == 0 else energy.reshape(d.shape)


def _formula(instance: Instance, weights: NDArray[Any], t: float) -> float:
    """The mean probability of a violation at an overlap."""
    if t == 1.0:
        return instance.errors(weights) / instance.n_patterns
    h: Array = instance.stabilities(weights)
    free = np.maximum(instance.norms**2 - h**2, 0.0) / max(instance.n - 1, 1)
    std = np.sqrt(np.maximum((1.0 - t**2) * free, np.finfo(float).tiny))
    above = 0.0 if instance.thresholds is None else instance.thresholds
    return float(np.mean(-np.expm1(instance.model.log_probability(t * h - above, std).log)))


def _drawn(instance: Instance, weights: NDArray[Any], d: float, samples: int, rng: np.random.Generator) -> float:
    """The mean over configurations drawn at a distance."""
    errors, n = 0, instance.n
    for _ in range(samples):
        if instance.domain == "spins":
            other = weights.copy()
            other[rng.permutation(n)[: round(d * n)]] *= -1
        else:
            away = rng.standard_normal(n)
            away -= weights * (away @ weights) / n
            t, length = 1.0 - 2.0 * d, float(np.linalg.norm(away)) or 1.0
            other = t * weights + np.sqrt(1.0 - t**2) * away * (np.sqrt(n) / length)
        errors += instance.errors(other)
    return errors / (samples * instance.n_patterns)
