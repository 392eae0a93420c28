r"""Random instances of mixtures of pattern classes: thresholds of their own, noisy labels, inputs of non-zero mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bp.memory import require_memory
from bp.problems import _bits
from bp.problems.perceptron import Instance, random_bits, sphere_instance
from bp.problems.weights import random_weights
from bp.randomness import Rng, generator
from replica_theory.arguments import POSITIVE, Allowed, checked_integer, checked_model, checked_number, shown
from replica_theory.models.mixture import Mixture
from replica_theory.models.model import Model

_BYTES = 25
"""What an entry takes while it is drawn and checked."""
_ALIKE = 1e-12
"""By how much edges that are moved alike may differ."""
_INSIDE = Allowed("lie between -1 and 1, both excluded", lambda b: (b > -1) & (b < 1))


def random_mixture(model: Model, n: int, alpha: float, rng: Rng = None, *, bias: float = 0.0) -> Instance:
    r"""Draw an instance of a mixture: :math:`P = \mathrm{round}(\alpha N)` patterns, in random order, of its classes.

    The numbers of patterns of the classes are those expected, rounded up or down at random so that their means are
    right. A pattern of class `c` has the label :math:`y_c` (times the teacher's, if there is one) and the threshold
    that is left of the shift: its stability :math:`y_c(u+M)` is allowed where :math:`y_cu-\theta` is one that the model
    of the first class allows.

    Parameters
    ----------
    model : Mixture
        Its models allow the same intervals up to a shift of all edges (its beta is not part of an instance).
    n : int
        Number of weights.
    alpha : float
        Load; :math:`\mathrm{round}(\alpha n)` must be at least 1.
    rng : int, SeedSequence, Generator or None
        Source of randomness.
    bias : float, default 0
        Mean `b` of the inputs ±1, other than 0 if and only if the shift of the model is free: then
        :math:`u+M = \xi\cdot W/\sqrt{N(1-b^2)}` with the :math:`M = b\sum_iW_i/\sqrt{N(1-b^2)}` that the weights make,
        and ``patterns`` are the inputs over :math:`\sqrt{1-b^2}`.

    Returns
    -------
    Instance

    Raises
    ------
    TypeError, ValueError
        If the model is no mixture, its classes differ by more than a shift, an argument is out of range, or `bias` does
        not fit the shift.

    Notes
    -----
    Messages take weights for independent, which is wrong for inputs of non-zero mean: the constraints hold the sum of
    the weights together. For belief propagation give the shift (the maximum of its entropy over the shift is that of a
    free one, see the theory pages); enumeration and solvers take any inputs.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron, Mixture
    >>> plain = BinaryPerceptron()
    >>> mixed = Mixture([(0.4, plain, 1), (0.6, plain, -1)], shift=-0.2)
    >>> inst = random_mixture(mixed, n=101, alpha=0.5, rng=1)
    >>> inst.n_patterns, int((inst.labels > 0).sum()), sorted(set(inst.thresholds.tolist()))
    (50, 20, [-0.2, 0.2])
    """
    checked_model(model, Mixture, "random_mixture", single=True, any_weights=True, mixtures=True)
    assert isinstance(model, Mixture)
    n, alpha = checked_integer("n", n), checked_number("alpha", alpha, POSITIVE)
    bias = checked_number("bias", bias, _INSIDE)
    if model.is_free != (bias != 0):
        raise ValueError(
            f"bias must be other than 0 if and only if the shift is free; got bias={bias} with {shown(model)}"
        )
    n_patterns = round(alpha * n)
    if n_patterns == 0:
        raise ValueError(f"alpha={alpha} at n={n} gives no patterns; alpha must be at least {0.5 / n:.3g}")
    first, moves = translated(model)
    require_memory(_BYTES * n_patterns * n, f"{n_patterns} patterns on {n} weights", "take a smaller n or alpha")
    rng = generator(rng)
    member = _members(model, n_patterns, rng)
    if bias == 0.0:
        entries: NDArray[Any] = _bits.unpack(random_bits(rng, n_patterns, n), n)
    else:
        entries = np.where(rng.random((n_patterns, n)) < 0.5 * (1 + bias), 1.0, -1.0) / np.sqrt(1 - bias**2)
    return _labelled(model, first, moves, entries, member, rng)


def on_sphere(model: Model, n: int, alpha: float, rng: np.random.Generator) -> Instance:
    """An instance of any model with patterns uniform on the sphere, a mixture at a given shift."""
    if not isinstance(model, Mixture):
        return sphere_instance(model, n, alpha, rng)
    x = rng.standard_normal((round(alpha * n), n))
    x *= np.sqrt(n) / np.linalg.norm(x, axis=1, keepdims=True)
    first, moves = translated(model)
    return _labelled(model, first, moves, x, _members(model, len(x), rng), rng)


def translated(model: Mixture) -> tuple[Model, NDArray[np.float64]]:
    """The constraint of the first class, and by how much that of each has to be moved, (C,), with the shift in it.

    Raises
    ------
    ValueError
        If classes differ by more than a shift of all edges, or one is soft.
    """
    first = model.classes[0].model
    ends, shift = [one.model.allowed_intervals for one in model], model.given_shift
    moves = []
    for one, own in zip(model, ends, strict=True):
        if own is None or ends[0] is None:
            raise ValueError(f"an instance needs hard constraints; got a class {shown(one.model)}")
        mine, theirs = np.asarray(own, dtype=float), np.asarray(ends[0], dtype=float)
        same = mine.shape == theirs.shape and np.array_equal(mine[~np.isfinite(mine)], theirs[~np.isfinite(theirs)])
        inner = np.isfinite(theirs) & same
        ways = mine[inner] - theirs[inner] if np.array_equal(np.isfinite(mine), inner) else np.array([np.nan])
        if not np.ptp(ways) <= _ALIKE:
            raise ValueError(f"the classes of an instance may differ by a shift of all edges; got {shown(model)}")
        moves.append(float(ways[0]) + float(np.asarray(model.kappa)) - one.output * shift)
    return first.at(weights=model.weights), np.array(moves)


def _members(model: Mixture, n_patterns: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The class of each pattern, (P,)."""
    ends = np.cumsum([one.probability for one in model])
    ends[-1] = 1.0
    counts = np.diff(np.floor(ends * n_patterns + rng.random()), prepend=0.0).astype(np.int64)
    counts[-1] = n_patterns - counts[:-1].sum()
    return rng.permutation(np.repeat(np.arange(len(ends)), counts))


def _labelled(
    model: Mixture,
    first: Model,
    moves: NDArray[np.float64],
    entries: NDArray[Any],
    member: NDArray[np.int64],
    rng: np.random.Generator,
) -> Instance:
    """The instance with labels and thresholds; those of a teacher come before the outputs."""
    labels = np.array([one.output for one in model])[member]
    teacher = None
    if model.has_teacher:
        teacher = random_weights(model.weights, entries.shape[1], rng)
        labels = labels * np.where(entries.astype(np.float64) @ teacher < 0, -1, 1)
    return Instance(entries, labels, constraint=first, teacher=teacher, thresholds=moves[member])
