"""How a computation ended: one word for programs, one sentence for people."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 1e-9
"""A complexity or a stability negative by less counts as zero."""


class Status(StrEnum):
    """Outcome of one point of a computation; a member equals its short name, and `sentence` says what it means.

    Examples
    --------
    >>> Status.CONVERGED == "converged", str(Status.FOLD), Status("fold") is Status.FOLD
    (True, 'fold', True)
    """

    CONVERGED = "converged"
    UNSTABLE = "unstable"
    NO_REFERENCE = "no-reference"
    NEGATIVE_ENTROPY = "negative-entropy"
    NEGATIVE_COMPLEXITY = "negative-complexity"
    NO_ZERO_COMPLEXITY = "no-zero-complexity"
    SADDLE_LOST = "saddle-lost"
    FOLD = "fold"
    MAX_ITERATIONS = "max-iterations"
    INACCURATE_QUADRATURE = "inaccurate-quadrature"
    OUT_OF_RANGE = "out-of-range"
    SATURATED = "saturated"
    UNPHYSICAL = "unphysical"
    UNSATISFIABLE = "unsatisfiable"
    BELOW_ZERO = "below-zero"
    COEXISTENCE = "coexistence"
    PINNED = "pinned"

    @property
    def sentence(self) -> str:
        """The outcome in a sentence."""
        return _SENTENCES[self]

    @classmethod
    def of(
        cls,
        entropy: float,
        complexity: float = 0.0,
        *,
        error: float = 0.0,
        stability: float = np.inf,
        reference: float = np.inf,
        rounding: float = 0.0,
        tolerance: float = np.inf,
    ) -> Status:
        """The outcome of a point whose equations are solved, by its numbers: the one rule for all of them.

        The first that holds of: inaccurate, no reference, negative entropy, negative complexity, unstable, converged.

        Parameters
        ----------
        entropy, complexity : float
            An entropy below ``-rounding``, or a complexity below -1e-9, is negative; NaN (there is none) is not.
        error : float
            Estimated error of the entropy; above `tolerance`, or NaN, the point is inaccurate whatever its numbers.
        stability : float
            Below -1e-9 the saddle point is unstable against replica-symmetry breaking; NaN (not known) is not.
        reference : float
            Entropy of the references; below -1e-9 there are none. Unlimited where any configuration is a reference.
        rounding, tolerance : float

        Returns
        -------
        Status

        Examples
        --------
        >>> str(Status.of(0.1)), str(Status.of(0.1, stability=-0.2)), str(Status.of(-0.1, stability=-0.2))
        ('converged', 'unstable', 'negative-entropy')
        """
        if np.isfinite(tolerance) and not error <= tolerance:
            return cls.INACCURATE_QUADRATURE
        if reference < -_ROUNDING:
            return cls.NO_REFERENCE
        if entropy < -rounding:
            return cls.NEGATIVE_ENTROPY
        if complexity < -_ROUNDING:
            return cls.NEGATIVE_COMPLEXITY
        return cls.UNSTABLE if stability < -_ROUNDING else cls.CONVERGED

    @property
    def ok(self) -> bool:
        """Whether the numbers of the point are those of a converged solution, whatever the sentence says of it."""
        return self in _SOLVED


_SOLVED = (
    Status.CONVERGED,
    Status.UNSTABLE,
    Status.NO_REFERENCE,
    Status.NEGATIVE_ENTROPY,
    Status.NEGATIVE_COMPLEXITY,
    Status.COEXISTENCE,
    Status.PINNED,
)

_SENTENCES = {
    Status.CONVERGED: "converged to the requested tolerance.",
    Status.UNSTABLE: (
        "the saddle point converged but is unstable against replica-symmetry breaking (its stability is negative): the "
        "numbers are those of the replica-symmetric approximation."
    ),
    Status.NO_REFERENCE: (
        "the saddle point converged but its references do not exist: their own entropy is negative (the load is above "
        "their capacity, or the temperature below their freezing point)."
    ),
    Status.NEGATIVE_ENTROPY: (
        "the saddle point converged but its entropy is negative: the load is above capacity (at finite beta: the "
        "temperature is below the freezing point), or no solution is typically found at this distance."
    ),
    Status.NEGATIVE_COMPLEXITY: (
        "the saddle point converged but the complexity is negative: no reference has so large a local entropy."
    ),
    Status.NO_ZERO_COMPLEXITY: "the complexity does not vanish at any y up to 500 on the branch that was followed.",
    Status.SADDLE_LOST: "the branch of saddle points that was followed ends before this point.",
    Status.FOLD: "the branch of saddle points that was followed turns back before this point (at the fold reported).",
    Status.MAX_ITERATIONS: "the iteration limit was reached before the residual fell below the tolerance.",
    Status.INACCURATE_QUADRATURE: "the quadrature error estimate stayed above the tolerance at the largest rule.",
    Status.OUT_OF_RANGE: "the requested value lies outside what this computation can reach.",
    Status.SATURATED: (
        "the messages saturated, ran away or kept oscillating; that does not say whether there are solutions (bp.solve "
        "looks for one; method='exact' or bp.enumerate_solutions suit small instances)."
    ),
    Status.UNPHYSICAL: (
        "the messages converged to an entropy or energy that no configurations have (entropy above that of all of "
        "them, energy outside [0, 1])."
    ),
    Status.UNSATISFIABLE: "it is proved that no weights satisfy every pattern.",
    Status.BELOW_ZERO: (
        "the local entropy is bounded below zero at this distance, so that no solutions are expected there; the "
        "messages that would give its value did not converge."
    ),
    Status.COEXISTENCE: (
        "the fixed point reached from the typical overlap is not the only one: a sampler that follows it may miss the "
        "one that dominates (replica-symmetric theory)."
    ),
    Status.PINNED: (
        "q = 1 is a fixed point at any load, since the weight of a pattern sets in too fast at its edge: no load can "
        "be sampled by following magnetisations, neither by localisation nor by decimation."
    ),
}


def statuses(values: Iterable[Status | str], shape: tuple[int, ...] | None = None) -> NDArray[np.object_]:
    """An array of members, from members or their short names; numpy would make plain text of them.

    Parameters
    ----------
    values : iterable of Status or str
    shape : tuple of int, optional
        Shape of the array; one axis by default.

    Raises
    ------
    ValueError
        If a word names no outcome.
    """
    members = [Status(str(value)) for value in values]
    array = np.empty(len(members), dtype=object)
    for place, member in enumerate(members):
        array[place] = member
    return array if shape is None else array.reshape(shape)


class ConvergenceError(RuntimeError):
    """Raised by a scalar call whose point did not converge.

    Attributes
    ----------
    result : object
        The result as far as it got (its `status` says what happened).
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result


class ConvergenceWarning(UserWarning):
    """Warned once by an array call in which some points did not converge."""


def report(result: Any, call: str, point: str = "") -> None:
    """Make failed points heard: raise for a scalar call, warn once for an array call.

    Parameters
    ----------
    result : object
        With a `status`, of a single point or an array of them; carried by the error.
    call : str
        The function that was called, for the message.
    point : str
        What it was asked for, for the message of a scalar call.

    Raises
    ------
    ConvergenceError
        If the single point of a scalar call failed.
    """
    status = np.asarray(result.status, dtype=object)
    failed = [s for s in status.ravel() if not s.ok]
    if not failed:
        return
    if status.ndim == 0:
        raise ConvergenceError(f"{call}{point and f' {point}'}: {failed[0].sentence}", result)
    kinds = "; ".join(f"{failed.count(s)} x {s.value}" for s in dict.fromkeys(failed))
    warnings.warn(f"{call}: {len(failed)} of {status.size} points are NaN ({kinds})", ConvergenceWarning, stacklevel=3)


@contextmanager
def silenced() -> Iterator[None]:
    """Keep the warnings of an inner call quiet: the caller reads its statuses and reports them itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
