"""The load up to which a measure can be sampled by following magnetisations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, get_args

import numpy as np
import scipy

from replica_theory.arguments import checked_choice, checked_model
from replica_theory.models.model import Model
from replica_theory.numerics.progress import alive
from replica_theory.replicas.tilted import COARSE, FINER, ORDINARY, FixedPoint, Tilted
from replica_theory.results.grid import GridResult, broadcast
from replica_theory.results.quantities import SAMPLING
from replica_theory.status import Status, report, silenced, statuses
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typing import ArrayLike

Scheme = Literal["localization", "decimation"]
_LITTLE, _GROWTH, _STEPS = 0.1, 1.6, 15
"""The first load that is looked at, in units of the squared slopes of the kernel; the factor and number of the next."""
_POOR, _TOLERANCE = 1e-5, 1e-10
"""Error of a threshold that counts as inaccurate, in units of it; accuracy of the root."""
_ABOUT, _FAR = 1e-4, 100.0
"""The same of the root by the coarse rule, and how much further that of the ordinary one may be."""


@dataclass(frozen=True, eq=False, repr=False)
class SamplingThreshold(GridResult):
    """Load up to which the fixed point followed by a sampler is unique at all times.

    Attributes
    ----------
    model : Model
    scheme : str
    alpha : float or array
        The threshold; shape of the model's margin. It is 0 where the measure is pinned at any load.
    time : float or array
        Time (of decimation: fraction of weights fixed) at which the second fixed point appears at that load.
    q, rest : float or array
        The overlap at which it appears, and 1 - q.
    entropy : float or array
        Entropy of the measure there, nats per weight.
    error : float or array
        Estimated error of alpha from quadrature.
    status : Status or array of Status
        ``"pinned"`` where the threshold is 0 since q = 1 is a fixed point at any load.
    """

    _coordinates: ClassVar = ("kappa", "beta")
    _quantities: ClassVar = SAMPLING
    _main: ClassVar = "alpha"

    model: Model
    scheme: str
    alpha: ArrayLike
    time: ArrayLike
    q: ArrayLike
    rest: ArrayLike
    entropy: ArrayLike
    error: ArrayLike
    status: Any


def sampling_threshold(model: Model, scheme: Scheme = "localization") -> SamplingThreshold:
    r"""The largest load at which following magnetisations samples the measure :math:`P(W) \propto \prod_\mu w(h^\mu)`.

    It is where the smallest :math:`d\tau/dD = 1 - \alpha E\,\ell''^2\,E\,\mathrm{sech}^4` along the path of
    `localization` becomes zero: beyond, a second fixed point exists at some times.

    Parameters
    ----------
    model : Model
        As for `localization`; an array of margins gives an array of thresholds.
    scheme : {"localization", "decimation"}, default "localization"
        How the sample is revealed: by a growing field (`localization`), or weight by weight, each fixed at random by
        its magnetisation given those before. For decimation the condition is that
        :math:`1 - (1-\theta)\alpha E\,\ell''^2\,E\,\mathrm{sech}^4` is positive at all fractions :math:`\theta` of
        weights fixed.

    Returns
    -------
    SamplingThreshold

    Raises
    ------
    TypeError, ValueError
        If the model is none of those, or the scheme unknown.
    ConvergenceError
        If the fixed point stays unique at all loads that were looked at.

    Notes
    -----
    Near q = 1, :math:`(1-q)E\,\ell''^2 \sim (1-q)^{(p-1)/2}` for a weight that sets in with a power `p` at an edge.
    With p < 1 it diverges: q = 1 is then a fixed point at any load and time, for decimation as for localisation, and
    the threshold is 0 with the status ``"pinned"``. So it is for all solutions alike (p = 0), at a finite beta too:
    they are isolated, and fixing weights by magnetisations, exact as these may be at first, goes wrong before the
    sample is found. p = 1 is marginal (q = 1 becomes a fixed point at some load), p > 1 does not pin. The result is
    replica symmetric, and for N → ∞ before small steps; it says where the fixed point of approximate message passing
    is the right one, not that no other sampler exists. Some two seconds a margin.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> uniform = sampling_threshold(BinaryPerceptron())
    >>> print(uniform.alpha, uniform.status)
    0.0 pinned
    >>> from replica_theory import PowerWeight
    >>> print(f"{sampling_threshold(PowerWeight(power=1.5)).alpha:.6f}")
    0.666284
    """
    checked_model(model, Model, "sampling_threshold", random_labels=True, weighted=True)
    checked_choice("scheme", scheme, get_args(Scheme))
    points = broadcast(kappa=model.kappa, beta=model.beta)
    with alive("sampling threshold"):
        rows = [_row(model.at(kappa=at["kappa"], beta=at["beta"]), scheme) for at in points]
    columns: dict[str, Any] = {name: np.array([getattr(row, name) for row in rows], dtype=float)
                               for name in _Row._fields if name != "status"}  # fmt: skip
    columns["status"] = statuses(row.status for row in rows)
    result = SamplingThreshold(model=model, scheme=scheme, **points.shaped_all(columns))
    report(result, "sampling_threshold", f"of {model}")
    return result


class _Row(NamedTuple):
    alpha: float
    time: float
    q: float
    rest: float
    entropy: float
    error: float
    status: Status


def _row(model: Model, scheme: str) -> _Row:
    kernel = model.log_kernel(np.zeros(()), 1.0)
    low = high = _LITTLE / max(float(kernel.d1**2 + kernel.d2**2), 1e-12)
    first = _tilted(model, low)
    if first is None or first.is_pinned:
        return _Row(0.0, 0.0, 1.0, 0.0, np.log(2), 0.0, Status.PINNED) if first else _lost()
    for _ in range(_STEPS):
        low, high = high, _GROWTH * high
        if _margin(model, high, scheme) < 0:
            break
    else:
        return _lost()
    about = float(scipy.optimize.brentq(lambda a: _margin(model, a, scheme), low, high, rtol=_ABOUT))
    return _polished(model, about, scheme)


def _polished(model: Model, about: float, scheme: str) -> _Row:
    """The threshold by the ordinary rule, from that by the coarse one on."""
    near = _tilted(model, about)
    middle = float(_weakest(near, scheme).strength) if near else np.nan

    def weakest(alpha: float, nodes: tuple[int, int] = ORDINARY) -> tuple[float, float]:
        tilted = _tilted(model, alpha, nodes)
        if tilted is None:
            return np.nan, np.nan
        best = scipy.optimize.minimize_scalar(
            lambda d: _stability(tilted, tilted.at(d), scheme),
            bounds=(0.8 * middle, 1.2 * middle + 0.1), method="bounded", options={"xatol": 1e-4},
        )  # fmt: skip
        return float(best.fun), float(best.x)

    with np.errstate(invalid="ignore"):
        found = scipy.optimize.root_scalar(
            lambda a: weakest(a)[0], x0=about, x1=about * (1 + _ABOUT), rtol=_TOLERANCE, maxiter=30
        )
    alpha = float(found.root)
    tilted = _tilted(model, alpha) if found.converged and abs(alpha / about - 1) < _FAR * _ABOUT else None
    if tilted is None:
        return _lost()
    here, strength = weakest(alpha)
    slope = (weakest(alpha * (1 - _ABOUT))[0] - here) / (alpha * _ABOUT)
    error = abs(weakest(alpha, FINER)[0] - here) / abs(slope) + 2 * _TOLERANCE * alpha
    point, entropy = tilted.at(strength), float(replica_symmetric(model, alpha).entropy)
    error += float(point.missed) * alpha
    time = float(point.time) if scheme == "localization" else tilted.erased(point)[0]
    status = Status.of(0.0, error=error, tolerance=_POOR * alpha)
    return _Row(alpha, time, 1 - float(point.rest), float(point.rest), entropy, error, status)


def _lost() -> _Row:
    return _Row(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, Status.OUT_OF_RANGE)


def _tilted(model: Model, alpha: float, nodes: tuple[int, int] = COARSE) -> Tilted | None:
    """The tilted measures of a load, None where there is no untilted one."""
    with silenced():
        typical = replica_symmetric(model, np.array([alpha]))
    status = typical.status[0]
    if not status.ok or status is Status.NEGATIVE_ENTROPY:
        return None
    return Tilted.of(model, alpha, typical, nodes)


def _margin(model: Model, alpha: float, scheme: str) -> float:
    """The smallest stability; -1 where there is none, or q = 1 is a fixed point."""
    tilted = _tilted(model, alpha)
    return -1.0 if tilted is None or tilted.is_pinned else _stability(tilted, _weakest(tilted, scheme), scheme)


def _weakest(tilted: Tilted, scheme: str) -> FixedPoint:
    return tilted.weakest() if scheme == "localization" else tilted.weakest_erased()


def _stability(tilted: Tilted, point: FixedPoint, scheme: str) -> float:
    return float(point.stability) if scheme == "localization" else tilted.erased(point)[1]
