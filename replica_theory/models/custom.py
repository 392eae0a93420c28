"""A constraint given by the user's own kernel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from scipy import special

from replica_theory.arguments import FINITE, checked_callable, checked_flag, checked_real, shown
from replica_theory.models.intervals import checked_edges
from replica_theory.models.model import BETA, SHARP, WEIGHTS, Kernel, Model, Option
from replica_theory.models.weights import BINARY, Weights
from replica_theory.numerics.gaussian import multi_rule
from replica_theory.numerics.namespace import NUMPY, Namespace
from replica_theory.typing import Array, ArrayLike

_UNDERFLOW = 1e-280
"""A user's probability below this has lost its relative accuracy, or will within a difference step."""
_DIFFERENCE = 0.1
"""Spacing over the standard deviation of the stencil that differentiates a user's kernel."""
_KINK, _COST_NODES, _NO_WEIGHT = 1e-3, 241, -700.0
"""Width resolved at an edge of a user's weight, nodes for each, and the logarithm of nothing, in the mean cost."""


@dataclass(frozen=True, eq=False, init=False, repr=False)
class CustomModel(Model):
    r"""A constraint given by the user's own kernel, :math:`P(h, \sigma) = E_x[f(h + \sigma x)]`.

    `f` is the probability that a pattern of stability exactly `h` is satisfied: 0 or 1 for a hard constraint (better
    served by `IntervalModel`, exact and several times faster), in between for a soft one (a noisy output).

    Parameters
    ----------
    function : callable
        ``function(mean, std)``: P, or log P with ``log=True``, for arrays that broadcast. It must decay correctly in
        its tails; a P that underflows is continued by the Gaussian tail of the nearest edge, so give log P where you
        can.
    edges : iterable of float, default (0,)
        Where `f` changes fast, in increasing order: quadratures are refined there.
    log : bool, default False
        Whether `function` returns log P.
    even, concave : bool, default False
        Whether f(-h) = f(h) (then overlaps vanish by symmetry), and whether log P is concave in the mean (then inner
        maxima are unique).
    weighted : bool, default False
        Whether `f` is a weight that may exceed one: known where `PowerWeight` is, at beta = inf.
    kappa : float or array, default 0
        Shift: the kernel is ``function(mean - kappa, std)``.
    beta : float or array, default inf
        Inverse temperature.
    weights : Weights, default BinaryWeights()
        What a weight may be.

    Raises
    ------
    TypeError, ValueError
        If `function` is not callable; if its values are no probabilities (NaN, outside [0, 1]; weights: negative or
        infinite), of the wrong shape, not even or not log-concave though declared so, or no Gaussian average:
        :math:`P(h, \sqrt{\sigma^2+\tau^2}) = \int Dx\,P(h + \tau x, \sigma)` is tested. All of this before any work.

    Notes
    -----
    Derivatives in `h` are central differences of order 12 on log P with spacing :math:`\sigma/10`: P is smooth on the
    scale :math:`\sigma`, and the error is about 1e-13 times :math:`|\log P|` in the first derivative, 1e-12 times in
    the second.

    Examples
    --------
    A pattern that counts as satisfied with probability 0.9 where h > 0 and 0.1 elsewhere:

    >>> from scipy.special import ndtr
    >>> noisy = CustomModel(lambda mean, std: 0.1 + 0.8 * ndtr(mean / std))
    >>> print(f"{float(np.exp(noisy.log_kernel(np.zeros(()), 1.0).log)):.6f}")
    0.500000
    """

    name: ClassVar[str] = "custom"
    title: ClassVar[str] = "perceptron of a custom constraint"
    condition: ClassVar[str] = "satisfied with a probability of h that a function gives"
    options: ClassVar[tuple[Option, ...]] = (
        Option("function", "the kernel function(mean, std)", "code", required=True),
        Option("edges", "where the probability changes fast"),
        Option("log", "whether the function gives the logarithm", "flag"),
        Option("even", "whether the probability is even", "flag"),
        Option("concave", "whether its logarithm is concave", "flag"),
        Option("weighted", "whether it is the mean of a weight that may exceed one", "flag"),
        Option("kappa", "shift of the kernel"),
        BETA,
        WEIGHTS,
    )

    function: Callable[[Array, Array], Any] = special.ndtr
    soft_edges: tuple[float, ...] = (0.0,)
    log: bool = False
    even: bool = False
    concave: bool = False
    weighted: bool = False

    def __init__(
        self,
        function: Callable[[Array, Array], Any],
        edges: Iterable[float] = (0.0,),
        *,
        log: bool = False,
        even: bool = False,
        concave: bool = False,
        weighted: bool = False,
        kappa: ArrayLike = 0.0,
        beta: ArrayLike = np.inf,
        weights: Weights = BINARY,
    ) -> None:
        checked_callable("function", function, "function(mean, std)")
        ends = checked_edges(edges)
        if list(ends) != sorted(set(ends)):
            raise ValueError(f"edges must be in increasing order, none twice; got {shown(edges)}")
        given = {"log": log, "even": even, "concave": concave, "weighted": weighted}.items()
        flags = {name: checked_flag(name, value) for name, value in given}
        _check_user_kernel(function, ends, **flags)
        values = {"function": function, "soft_edges": ends, "kappa": kappa, "beta": beta, "weights": weights}
        for name, value in (values | flags).items():
            object.__setattr__(self, name, value)
        self.__post_init__()

    def __repr__(self) -> str:
        """The model in words; the function by its name and a hash of what it gives, the same in every process."""
        return _in_words(self)

    def at(self, **parameters: Any) -> CustomModel:
        """Copy of the model with other parameters, e.g. ``model.at(kappa=0.1)``."""
        old: dict[str, Any] = {"edges": self.soft_edges, "function": self.function}
        old |= {
            name: getattr(self, name) for name in ("log", "even", "concave", "weighted", "kappa", "beta", "weights")
        }
        return CustomModel(**(old | parameters))

    def log_probability(self, mean: Any, std: Any, space: Namespace = NUMPY) -> Kernel:
        """The user's log P and its derivatives by differences, of numpy arrays only (TypeError for others)."""
        if space.xp is not np:
            raise TypeError("the function of a CustomModel takes numpy arrays: leave device=None")
        h, s = np.broadcast_arrays(np.asarray(mean, dtype=float) - self.kappa, np.asarray(std, dtype=float))
        points = h[..., None] + _DIFFERENCE * s[..., None] * _STENCIL
        widths = np.broadcast_to(s[..., None], points.shape)
        return _differentiated(_user_log(self.function, self.soft_edges, self.log, points, widths), s)

    def acceptance(self, h: ArrayLike) -> Array:
        """The user's kernel without noise."""
        return np.asarray(np.exp(self.log_probability(np.asarray(checked_real("h", h, FINITE)), SHARP).log))

    def violation(self, mean: Array, std: ArrayLike) -> Array:
        """The mean cost of a weight by quadrature over the field; of a probability as for any `Model`."""
        return _mean_cost(self, mean, std) if self.weighted else super().violation(mean, std)

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """Where the kernel is steep."""
        return tuple(e + self.kappa for e in self.soft_edges)

    @property
    def allowed_intervals(self) -> None:
        """None: the constraint may be soft."""

    @property
    def is_weighted(self) -> bool:
        """As declared."""
        return self.weighted

    @property
    def is_even(self) -> bool:
        """As declared (and not shifted)."""
        return self.even and bool(np.all(np.asarray(self.kappa) == 0))

    @property
    def is_concave(self) -> bool:
        """As declared (and beta infinite)."""
        return self.concave and super().is_concave


def _in_words(model: CustomModel) -> str:
    name = getattr(model.function, "__name__", type(model.function).__name__)
    values = np.asarray(model.function(*np.meshgrid(_PROBES, [0.25, 1.0])), dtype=float)
    mark = hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:8]
    rest = {"soft_edges": model.soft_edges, "log": model.log, "even": model.even, "concave": model.concave}
    rest |= {"weighted": True} if model.weighted else {}
    about = {"kappa": model.kappa, "beta": model.beta, "function": f"{name}[{mark}]"}
    rest |= {} if model.weights == BINARY else {"weights": model.weights}
    words = [f"{key}={value}" for key, value in (about | rest).items()]
    return f"CustomModel({', '.join(words)})"


def _mean_cost(model: CustomModel, mean: Array, std: ArrayLike) -> Array:
    """The mean of -log w under a weight w of the field, by quadrature."""
    h, s = np.broadcast_arrays(np.asarray(mean, dtype=float), np.asarray(std, dtype=float))
    x = multi_rule([(np.asarray(edge) - h) / s for edge in model.edges], [np.full_like(h, _KINK)], _COST_NODES)
    log = model.log_probability(h[..., None] + s[..., None] * x.nodes, SHARP).log
    kept = model.log_kernel(h, s).log[..., None]
    return -x.integrate(np.exp(log - kept) * np.maximum(log, _NO_WEIGHT))


def _stencils(half: int) -> tuple[Array, Array, Array]:
    """Nodes of a central difference formula on 2 half + 1 points, and weights of the first and second derivative."""
    nodes = np.arange(-half, half + 1, dtype=float)
    powers = nodes[None, :] ** np.arange(2 * half + 1)[:, None]
    moments = np.zeros((2 * half + 1, 2))
    moments[1, 0], moments[2, 1] = 1.0, 2.0
    weights: Array = np.linalg.solve(powers, moments).astype(np.float64)
    return nodes.astype(np.float64), weights[:, 0], weights[:, 1]


_STENCIL, _FIRST, _SECOND = _stencils(6)
_PROBES = np.linspace(-3.0, 3.0, 25)


def _user_log(
    function: Callable[[Array, Array], Any], edges: tuple[float, ...], log: bool, mean: Array, std: Array
) -> Array:
    """Log P of a user's function."""
    values = np.asarray(function(mean, std), dtype=float)
    if log:
        return values
    with np.errstate(divide="ignore"):
        result = np.log(values)
    lost = values < _UNDERFLOW
    if lost.any():
        distance = np.min([np.abs(mean[lost] - e) for e in edges], axis=0)
        result[lost] = special.log_ndtr(-distance / std[lost])
    return np.asarray(result)


def _differentiated(values: Array, std: Array) -> Kernel:
    """The kernel of its values on the stencil."""
    middle = len(_STENCIL) // 2
    # Differences of the differences to the middle: constants drop out before they are rounded.
    change = values - values[..., middle, None]
    d1, d2 = change @ _FIRST / (_DIFFERENCE * std), change @ _SECOND / np.square(_DIFFERENCE * std)
    return Kernel(values[..., middle], np.asarray(d1), np.asarray(d2))


@lru_cache(maxsize=64)
def _check_user_kernel(
    function: Callable[[Array, Array], Any],
    edges: tuple[float, ...],
    log: bool,
    even: bool,
    concave: bool,
    weighted: bool,
) -> None:
    """Refuse a kernel that is not the Gaussian average of a probability (or weight)."""
    most, kind = (np.finfo(float).max, "[0, inf)") if weighted else (1 + 1e-12, "[0, 1]")
    offsets = np.array([-3.0, -1.0, -0.3, 0.0, 0.3, 1.0, 3.0])
    means = np.unique(np.concatenate([e + offsets for e in edges] + [offsets]))
    means = np.unique(np.concatenate([means, -means]))
    stds = np.array([0.1, 0.4, 1.0])[:, None]

    def probability(mean: Array, std: Array) -> Array:
        try:
            raw = np.asarray(function(mean, std))
        except Exception as error:
            raise ValueError(f"function(mean, std) must take arrays that broadcast; it raised {error!r}") from error
        expected = np.broadcast_shapes(mean.shape, std.shape)
        if raw.shape != expected or raw.dtype.kind not in "fiu":
            raise ValueError(f"function must return real values of shape {expected}; got {raw.dtype} of {raw.shape}")
        values = np.asarray(np.exp(raw) if log else raw, dtype=float)
        if not (good := (values >= 0) & (values <= most)).all():  # NaN included
            worst = raw.ravel()[int(np.argmin(good))]
            name = "log P with P" if log else "P"
            raise ValueError(f"function must return {name} in {kind}; got {worst}")
        return values

    narrow = probability(means, stds)
    if not narrow[-1].max() > 0:
        raise ValueError("function must allow something; it returned P = 0 everywhere")
    if even and not np.allclose(narrow, narrow[:, ::-1], rtol=1e-9, atol=1e-14):
        raise ValueError("function was declared even, but P(-h) differs from P(h)")
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    spread = means[:, None] + stds[1:, :, None] * nodes
    average = probability(spread, np.broadcast_to(stds[1:, :, None], spread.shape)) @ weights / weights.sum()
    wide = probability(means, np.sqrt(2.0) * stds[1:])
    if not np.allclose(average, wide, rtol=1e-6 if weighted else 0, atol=1e-6):
        raise ValueError(
            "function is no probability of a Gaussian field: P(h, sqrt(s^2 + t^2)) differs from the average of "
            f"P(h + t x, s) over x by {np.abs(average - wide).max():.2g}"
        )
    if concave:
        line = np.linspace(means[0], means[-1], 201)
        with np.errstate(divide="ignore"):
            curve = np.log(probability(line, np.array(0.4)))
        if (np.diff(curve[np.isfinite(curve)], 2) > 1e-9).any():
            raise ValueError("function was declared concave, but log P is not concave in the mean")
