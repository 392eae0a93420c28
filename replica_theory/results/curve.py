"""Entropy as a function of distance: the one curve type that theory and instances share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from replica_theory.arguments import checked_kind
from replica_theory.models.model import Model
from replica_theory.results.grid import GridResult, Points
from replica_theory.results.quantities import CURVE, OVERLAPS
from replica_theory.status import Status, statuses
from replica_theory.typing import Array

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class EntropyCurve(GridResult):
    r"""Entropy (nats per weight) of the solutions at distance `d` from a reference, and what belongs to it.

    Distance is :math:`d = (1 - t)/2` for overlap :math:`t = W\cdot\tilde W/N`. All arrays have the shape of `distance`
    (0-d for a scalar call). Points that did not converge are NaN, their `status` says why.

    Attributes
    ----------
    distance : array
        Distances `d` in [0, 1/2].
    entropy : array
        Local entropy, nats per weight.
    slope : array
        Its derivative :math:`dS/dd`.
    complexity : array or None
        Logarithm of the number of references per weight, where the computation has one.
    y : array or None
        Number of replicas conjugate to the local entropy, where the computation has one.
    overlaps : mapping of str to array
        Order parameters and their conjugates, by name (``"q"``, ``"q_hat"``, ...).
    status : array of Status
        Outcome of each point.
    error : array or None
        Estimated numerical error of `entropy`.
    label : str
        What the curve is, for legends.
    model : Model or None
        The constraint on the solutions.
    alpha : array or None
        Load of each point.
    settings : mapping
        What else was asked for, by the names of the arguments: models, words, numbers and lists of them.
    """

    _coordinates: ClassVar = ("distance", "alpha", "kappa", "beta")
    _quantities: ClassVar = CURVE
    _overlaps: ClassVar = OVERLAPS
    _floats: ClassVar = False

    distance: Array
    entropy: Array
    slope: Array
    status: NDArray[np.object_]
    complexity: Array | None = None
    y: Array | None = None
    overlaps: Mapping[str, Array] = field(default_factory=dict)
    error: Array | None = None
    label: str = ""
    model: Model | None = None
    alpha: Array | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def _about(self) -> list[str]:
        return [repr(self.label)] if self.label else []

    def _description(self) -> str:
        return " ".join(self.label.split()) or super()._description()

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw entropy against distance.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure by default.
        **style
            Passed to `Axes.plot`; `label` defaults to the curve's own.

        Returns
        -------
        matplotlib Axes
        """
        from matplotlib import axes, pyplot

        if ax is None:
            ax = pyplot.subplots()[1]
        checked_kind("ax", ax, axes.Axes)
        style.setdefault("label", self.label or None)
        distance = np.atleast_1d(self.distance)
        ax.plot(distance, np.broadcast_to(np.atleast_1d(self.entropy), distance.shape), **style)
        ax.set_xlabel("distance $d$")
        ax.set_ylabel("entropy (nats per weight)")
        return ax


class Row(NamedTuple):
    """Everything that one point of a curve reports."""

    status: Status
    entropy: float = np.nan
    slope: float = np.nan
    complexity: float = np.nan
    y: float = np.nan
    error: float = np.nan
    overlaps: dict[str, float] = {}  # noqa: RUF012


AT_REFERENCE = Row(Status.CONVERGED, 0.0, np.inf, error=0.0)
"""The limit d = 0 wherever the reference itself is allowed: one configuration, at any temperature."""
EXCLUDED = Row(Status.NEGATIVE_ENTROPY, -np.inf, np.inf, error=0.0)
"""The limit d = 0 where the reference is not allowed."""
FAILED = Row(Status.SADDLE_LOST)
INACCURATE = 1e-7
"""Estimated error of an entropy above which a point of a curve counts as inaccurate."""


def assemble(
    rows: Sequence[Row],
    points: Points,
    label: str,
    *,
    names: Iterable[str],
    replicas: bool = True,
    model: Model | None = None,
    settings: Mapping[str, Any] | None = None,
) -> EntropyCurve:
    """The curve of `rows` at the `points` (their distance and alpha), with overlaps `names` even where all failed.

    Without `replicas` the curve has no complexity and no y. Points that are not `Status.ok` are NaN, but for their
    error and the fold.
    """
    rows = [row if row.status.ok else _blank(row) for row in rows]

    def column(values: list[float]) -> Array:
        return np.array(values, dtype=float).reshape(points.shape)

    return EntropyCurve(
        distance=points.array("distance"),
        entropy=column([row.entropy for row in rows]),
        slope=column([row.slope for row in rows]),
        status=statuses((row.status for row in rows), points.shape),
        complexity=column([row.complexity for row in rows]) if replicas else None,
        y=column([row.y for row in rows]) if replicas else None,
        overlaps={name: column([row.overlaps.get(name, np.nan) for row in rows]) for name in names},
        error=column([row.error for row in rows]),
        label=label,
        model=model,
        alpha=points.array("alpha"),
        settings=dict(settings or {}),
    )


def _blank(row: Row) -> Row:
    """A failed point without its numbers."""
    return Row(row.status, error=row.error, overlaps={"fold": row.overlaps.get("fold", np.nan)})
