r"""Reinforced belief propagation: every weight is pulled along its own field, harder and harder.

:math:`m = \tanh(yB)` with `B` the field of the patterns and `y` rising from 1: focusing BP at :math:`\gamma = \infty`,
where all replicas are glued to the reference.
"""

from __future__ import annotations

import os
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike

from bp.algorithms import focusing
from bp.algorithms.runs import Run, alone
from bp.algorithms.schedules import Standard
from bp.algorithms.solution import Solution
from bp.problems.perceptron import Instance
from bp.randomness import Rng


def reinforced_bp(
    instance: Instance,
    *,
    steps: int | None = None,
    form: Literal["amp", "edges", "exact"] = "amp",
    iterations_per_step: int | None = None,
    damping: float | None = None,
    beta: float = np.inf,
    max_iter: int | None = None,
    entropies: bool = False,
    dtype: DTypeLike | None = None,
    device: str | None = None,
    rng: Rng = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Solution:
    r"""Solve an instance by reinforced belief propagation.

    Parameters
    ----------
    instance : Instance
        Any constraint, patterns ±1 or real.
    steps : int, optional
        A single pass of so many steps with :math:`y = 1/(1-\rho)`, :math:`\rho = 0, 1/\mathrm{steps}, \ldots`; by
        default slower and slower passes as in `focusing_bp`.
    form, iterations_per_step, damping, beta, max_iter, entropies, dtype, device, rng, checkpoint
        As for `bp.algorithms.focusing.focusing_bp`.

    Returns
    -------
    Solution
        As from `focusing_bp`.

    Raises
    ------
    MemoryError, OSError, RuntimeError, TypeError, ValueError
        As `focusing_bp`.

    Notes
    -----
    An iteration costs :math:`O(PN)`. A. Braunstein and R. Zecchina, PRL 96, 030201 (2006).

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=501, alpha=0.6, rng=1)
    >>> reinforced_bp(inst, rng=1).solved
    True
    """
    options: Any = {"form": form, "iterations_per_step": iterations_per_step, "damping": damping, "beta": beta}
    options |= {"max_iter": max_iter, "entropies": entropies, "dtype": dtype, "device": device}
    return alone(begin(instance, steps=steps, rng=rng, checkpoint=checkpoint, **options))


def begin(instance: Instance, *, steps: int | None = None, **options: Any) -> Run:
    """Check the arguments of `reinforced_bp` and begin its passes."""
    schedule = None if steps is None else Standard(steps)
    return focusing.begin(instance, family="standard", schedule=schedule, **options)
