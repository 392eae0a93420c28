"""Stochastic localisation as N → ∞: the overlap that approximate message passing reaches, time by time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np

from replica_theory.arguments import (
    POSITIVE,
    Allowed,
    checked_model,
    checked_number,
    checked_real,
)
from replica_theory.models.model import Model, heat
from replica_theory.replicas.tilted import FINER, Tilted
from replica_theory.results.grid import GridResult
from replica_theory.results.quantities import LOCALIZATION
from replica_theory.status import Status, report, statuses
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, replica_symmetric
from replica_theory.typing import Array, ArrayLike

_TIMES = Allowed("be at least 0 and finite", lambda t: (t >= 0) & (t < np.inf))
_POOR = 1e-7
"""Error of an overlap that counts as inaccurate."""
_TURNING = 1e-6
"""Stability below which the error of an overlap is that of a square root."""


@dataclass(frozen=True, eq=False, repr=False)
class Localization(GridResult):
    r"""Fixed points of the tilted measure; arrays have the shape of the times.

    Attributes
    ----------
    model : Model
    alpha : float
    time : float or array
        Times :math:`\tau`.
    q, rest : float or array
        Overlap :math:`q(\tau)` of the magnetisations with the sample (and with themselves) reached from the typical
        overlap, and :math:`1 - q`, which keeps its digits.
    q_hat : float or array
        Its conjugate :math:`\alpha E\,\ell'^2`.
    strength : float or array
        Signal-to-noise ratio `D` of the field on a weight (inf at q = 1).
    q_other : float or array
        Largest overlap of the stable fixed points that coexist with it, 1 where the measure is pinned; NaN if there is
        none.
    free_entropy : float or array
        :math:`f_\tau(q)`, nats per weight: :math:`\frac1NE\log\sum_WP(W)Z\,e^{(\tau W^*+\sqrt\tau g)\cdot W}`.
    stability : float or array
        De Almeida-Thouless stability of the tilted measure,
        :math:`d\tau/dD = 1 - \alpha E\,\ell''^2\,E\,\mathrm{sech}^4`.
    q_ref, q_hat_ref, entropy : float or array
        Typical overlap :math:`\tilde q` of two samples, its conjugate, and the entropy of the measure, nats per weight.
    error : float or array
        Estimated numerical error of `q`.
    status : Status or array of Status
        ``"coexistence"`` where another fixed point exists at that time (so it is at any time if the measure is pinned),
        else that of the untilted measure.
    """

    _coordinates: ClassVar = ("time", "kappa", "beta")
    _quantities: ClassVar = LOCALIZATION
    _main: ClassVar = "q"

    model: Model
    alpha: float
    time: ArrayLike
    q: ArrayLike
    rest: ArrayLike
    q_hat: ArrayLike
    strength: ArrayLike
    q_other: ArrayLike
    free_entropy: ArrayLike
    stability: ArrayLike
    q_ref: ArrayLike
    q_hat_ref: ArrayLike
    entropy: ArrayLike
    error: ArrayLike
    status: Any

    @property
    def is_unique(self) -> Any:
        """Whether the fixed point reached is the only one, time by time."""
        unique = np.isnan(self.q_other)
        return unique if np.ndim(unique) else bool(unique)

    def landscape(self, q: ArrayLike) -> Array:
        r"""The free entropy :math:`f_\tau(q)` at given overlaps, its maximum over the rest of the order parameters.

        Local maxima are the stable fixed points; :math:`\partial_qf_\tau = \frac12(\tau - \tau(q))`.

        Parameters
        ----------
        q : float or array
            Overlaps, from `q_ref` on and below 1.

        Returns
        -------
        array, shape of `time` followed by that of `q`

        Examples
        --------
        >>> from replica_theory import PowerWeight
        >>> found = localization(PowerWeight(power=1.0), 0.3, 1.0)
        >>> print(found.landscape([0.6, found.q, 0.8]).round(6))
        [1.131937 1.147001 1.138526]
        """
        ref = float(np.ravel(self.q_ref)[0]) if np.size(self.q_ref) else 0.0
        allowed = Allowed(f"lie in [q_ref, 1), q_ref = {ref:.6g}", lambda x: (x >= ref - 1e-12) & (x < 1))
        at = np.asarray(checked_real("q", q, allowed))
        tilted = _tilted(self.model, self.alpha)
        points = tilted.series(np.array([tilted.strength_of(1 - x) for x in at.ravel().tolist()]))
        times = np.ravel(self.time)[:, None]
        return np.asarray(points.free_entropy(times)).reshape(np.shape(self.time) + at.shape)


def localization(model: Model, alpha: float, times: ArrayLike) -> Localization:
    r"""Overlap of message passing with the sample that it is shown ever better, :math:`\tau W^* + \sqrt\tau g`.

    Algorithmic stochastic localisation draws a sample of :math:`P(W) \propto \prod_\mu w(h^\mu)` by following the
    magnetisations in the field :math:`dy = m(y, \tau)\,d\tau + dB`. As N → ∞ it draws from the right measure if the
    fixed point of approximate message passing that continues the typical one (:math:`q = \tilde q` at :math:`\tau = 0`)
    is the only one at all times.

    Parameters
    ----------
    model : Model
        A constraint on binary weights with random labels, at one `kappa` and `beta`: solutions alike, or weighted
        (`PowerWeight`, a `CustomModel` of weights).
    alpha : float
        Load, positive.
    times : float or array
        Times :math:`\tau \ge 0`.

    Returns
    -------
    Localization
        Floats for a single time.

    Raises
    ------
    TypeError, ValueError
        If the model is none of these, or a number out of range.
    ConvergenceError
        If the untilted measure has no replica-symmetric saddle point.

    Notes
    -----
    Replica symmetric, and with N → ∞ before the steps in time become small and many. Near q = 1,
    :math:`E\,\ell'^2 \sim (1-q)^{(p-1)/2}` for a weight that sets in with a power `p`: for p < 1 (all solutions alike:
    p = 0) q = 1 is a fixed point at any load and time, and the one followed ends at a finite time; beyond, q = 1 is
    given.
    Fixing weights one by one at their magnetisations (decimation) reveals the sample in another way, and fails for the
    same reason: see `sampling_threshold`. The area below :math:`\frac12(1-q(\tau))` is the entropy where the point is
    unique. About half a second for a model and load, 30 ms a time.

    References
    ----------
    El Alaoui, Montanari and Sellke, FOCS 2022; Ghio, Dandi, Krzakala and Zdeborová, PNAS 121, e2311810121 (2024);
    Demyanenko, Straziota, Baldassi and Lucibello, arXiv:2502.16292.

    Examples
    --------
    >>> from replica_theory import PowerWeight
    >>> found = localization(PowerWeight(power=1.0), 0.3, [0.1, 1.0, 4.0])
    >>> print((1 - found.q).round(6), found.is_unique.all())
    [0.569586 0.279437 0.034291] True
    """
    checked_model(model, Model, "localization", single=True, random_labels=True, weighted=True)
    alpha, asked = checked_number("alpha", alpha, POSITIVE), checked_real("times", times, _TIMES)
    shape = np.shape(asked)
    typical = replica_symmetric(model, alpha)
    tilted = _tilted(model, alpha)
    rows = [_reached(tilted, typical, float(time)) for time in np.ravel(asked)]
    names = _Row._fields
    columns = {name: np.array([getattr(row, name) for row in rows]) for name in names if name != "status"}
    same = {"q_ref": tilted.q_ref, "q_hat_ref": tilted.q_hat_ref, "entropy": float(typical.entropy)}
    columns |= {name: np.full(len(rows), value) for name, value in same.items()}
    columns |= {"time": np.ravel(asked), "status": statuses(row.status for row in rows)}
    shaped = {k: v.reshape(shape) if shape else v.item() for k, v in columns.items()}
    result = Localization(model=model, alpha=alpha, **shaped)
    report(result, "localization", f"at alpha={alpha}, time={times}")
    return result


class _Row(NamedTuple):
    q: float
    rest: float
    q_hat: float
    strength: float
    q_other: float
    free_entropy: float
    stability: float
    error: float
    status: Status


@lru_cache(maxsize=16)
def _tilted(model: Model, alpha: float) -> Tilted:
    return Tilted.of(model, alpha, replica_symmetric(model, alpha))


def _reached(tilted: Tilted, typical: ReplicaSymmetric, time: float) -> _Row:
    """The first fixed point of a time, and whether there is another one."""
    found = tilted.fixed_points(time)
    if not found:  # the one followed has ended: the sample itself is left
        free = time - heat(tilted.model, tilted.alpha, float(typical.energy))
        status = typical.status if typical.status is not Status.CONVERGED else Status.COEXISTENCE
        return _Row(1.0, 0.0, np.inf, np.inf, 1.0, free, np.nan, 0.0, status)
    point, other = found[0], 1.0 if tilted.is_pinned else 1 - float(found[-1].rest) if len(found) > 1 else np.nan
    again, stability = tilted.with_nodes(FINER).at(float(point.strength)), float(point.stability)
    wrong = abs(float(again.time - point.time)) + float(point.q_hat * point.missed)
    error = wrong / max(abs(stability), _TURNING) * float(point.response) + 1e-15
    status = Status.of(float(typical.entropy), stability=float(typical.stability), error=error, tolerance=_POOR)
    if status is Status.CONVERGED and np.isfinite(other):
        status = Status.COEXISTENCE
    rest, q_hat, strength, free = map(float, (point.rest, point.q_hat, point.strength, point.free_entropy(time)))
    return _Row(1 - rest, rest, q_hat, strength, other, free, stability, error, status)
