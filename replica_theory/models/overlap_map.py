r"""What infinitely many hidden units make of an overlap.

This is :math:`f(q) = \mathrm{Cov}[\varphi(u), \varphi(v)]/\mathrm{Var}\,\varphi(u)`, where `u` and `v` are standard
Gaussians of correlation `q`: the fields of one unit for two configurations of its weights. The output of
:math:`K \to \infty` units is Gaussian, and all that it sees of the weights is :math:`f(q)`. In every energetic term
overlaps are replaced by their images, and conjugates gain the slope :math:`f'` at their own overlap.

=========  =================================================================  ================================
unit       :math:`f(q)`                                                       :math:`f'(q)`
=========  =================================================================  ================================
linear     :math:`q`                                                          1
sign       :math:`\frac2\pi\arcsin q`                                         :math:`\frac2{\pi\sqrt{1-q^2}}`
relu       :math:`[\sqrt{1-q^2} + q(\pi-\arccos q) - 1]/(\pi-1)`              :math:`(\pi-\arccos q)/(\pi-1)`
=========  =================================================================  ================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from replica_theory.arguments import checked_callable, checked_choice, checked_text, shown
from replica_theory.typing import Array, ArrayLike

_TERMS = 120
"""Terms of a series in the overlap."""
_FIELDS = np.linspace(-30.0, 30.0, 3001)
_LOST = 1e-10
"""Share of the variance of an activation that its series may lack."""
_ROUGH = 1e-6
"""Error of differences that stand for derivatives."""


@dataclass(frozen=True)
class OverlapMap:
    r"""The map :math:`f(q)` of overlaps with its first two derivatives, for :math:`0 \le q < 1`.

    Parameters
    ----------
    name : str
        Of the activation.
    value, slope, bend : callable
        :math:`f`, :math:`f'` and :math:`f''` of an array of overlaps; :math:`f(0) = 0` and :math:`f(1) = 1`.

    Raises
    ------
    TypeError, ValueError
        If one of them is no function, `value` is not 0 at 0 or 1 at 1, or the others are not its derivatives.

    Examples
    --------
    >>> print(f"{overlap_map('sign').value(0.5):.6f}")
    0.333333
    """

    name: str
    value: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    bend: Callable[[Any], Any]

    def __post_init__(self) -> None:
        checked_text("name", self.name, "the name of an activation")
        for name in ("value", "slope", "bend"):
            checked_callable(name, getattr(self, name), f"{name}(q)")
        ends = _numbers("value", self.value, np.array([0.0, 1.0]))
        if not np.allclose(ends, [0.0, 1.0], atol=1e-12):
            raise ValueError(f"value must be 0 at q = 0 and 1 at q = 1; got {shown(ends)}")
        q, h = np.array([0.1, 0.5, 0.8]), 1e-5
        for lower, name in ((self.value, "slope"), (self.slope, "bend")):
            given, right, left = (
                _numbers(word, function, at)
                for word, function, at in ((name, getattr(self, name), q), (name, lower, q + h), (name, lower, q - h))
            )
            found = (right - left) / (2 * h)
            if not np.allclose(given, found, atol=_ROUGH, rtol=_ROUGH):
                raise ValueError(f"{name} must be a derivative, {shown(found)} at q = {shown(q)}; got {shown(given)}")

    @property
    def is_identity(self) -> bool:
        """Whether overlaps stay what they are."""
        return self.value is _same

    def at(self, q: Any) -> Any:
        """The image of overlaps."""
        return q if self.is_identity else self.value(q)

    def conjugate(self, q: Any, own: Any) -> Any:
        """The conjugate of an overlap from that of its image, by the chain rule."""
        return own if self.is_identity else self.slope(q) * own

    def curvature(self, q: Any, own: Any, conjugate: Any) -> Any:
        r"""The second derivative in an overlap, :math:`f'^2` times `own` and :math:`f''` times the `conjugate`.

        `own` and `conjugate` are second and first derivatives in the image.
        """
        return own if self.is_identity else self.slope(q) ** 2 * own + self.bend(q) * conjugate


def overlap_map(activation: str | OverlapMap | Callable[[Array], Array]) -> OverlapMap:
    r"""The map of an activation: a known one, a given one, or that of a smooth function.

    Parameters
    ----------
    activation : {"sign", "relu", "linear"}, OverlapMap or callable
        A function takes arrays of fields; its map is the series :math:`f(q) = \sum_{k\ge1}c_k^2q^k/\sum_{k\ge1}c_k^2`
        of its Hermite coefficients :math:`c_k = E\,\varphi(u)\mathrm{He}_k(u)/\sqrt{k!}`.

    Returns
    -------
    OverlapMap

    Raises
    ------
    TypeError, ValueError
        If the word is unknown, or the series of the function needs more than 120 terms (as one with a kink does: give
        its `OverlapMap`) or does not end in numbers.

    Examples
    --------
    >>> import numpy as np
    >>> print(f"{overlap_map(np.tanh).value(0.5):.6f}")
    0.472551
    """
    if isinstance(activation, OverlapMap):
        return activation
    if callable(activation):
        return _series(activation)
    checked_choice("activation", activation, MAPS)
    return MAPS[activation]


def _series(activation: Callable[[Array], Array]) -> OverlapMap:
    """The map of a smooth function."""
    density = np.exp(-0.5 * _FIELDS**2) * (_FIELDS[1] - _FIELDS[0]) / np.sqrt(2 * np.pi)
    values = _numbers("activation", activation, _FIELDS)
    coefficients, before, here = [], np.zeros_like(_FIELDS), np.ones_like(_FIELDS)
    for k in range(_TERMS + 1):
        coefficients.append(float(density @ (values * here)))
        before, here = here, (_FIELDS * here - np.sqrt(k) * before) / np.sqrt(k + 1)
    power = np.array([0.0, *np.square(coefficients[1:])])
    variance = float(density @ values**2) - coefficients[0] ** 2
    if not variance > 0 or abs(power.sum() / variance - 1) > _LOST:
        raise ValueError(
            f"activation must be a smooth function that is not constant, or an OverlapMap; of {shown(activation)} a "
            f"series of {_TERMS} terms has {power.sum():.6g} of a variance of {variance:.6g}"
        )
    polynomials = (np.polynomial.polynomial.polyder(power / power.sum(), order) for order in range(3))
    name = getattr(activation, "__name__", type(activation).__name__)
    return OverlapMap(f"{name}()", *(_Polynomial(tuple(p.tolist())) for p in polynomials))


def _numbers(name: str, function: Callable[[Array], Any], at: Array) -> Array:
    """What a function of the user's gives for an array, if that is a finite number for each entry."""
    try:
        values = np.asarray(function(at), dtype=float)
    except Exception as error:  # whatever it raises
        raise ValueError(f"{name} must be a function of arrays; it raised {type(error).__name__}: {error}") from error
    if values.shape != at.shape or not np.isfinite(values).all():
        raise ValueError(f"{name} must give a finite number for every entry of an array; got {shown(values)}")
    return values


@dataclass(frozen=True)
class _Polynomial:
    """A polynomial by its coefficients, equal to another one of the same."""

    coefficients: tuple[float, ...]

    def __call__(self, q: ArrayLike) -> Any:
        return np.polynomial.polynomial.polyval(q, self.coefficients)


def _relu(q: ArrayLike) -> Any:
    root = np.sqrt(1 - np.square(q))
    return (q * (np.pi - np.arccos(q)) - np.square(q) / (1 + root)) / (np.pi - 1)


def _same(q: Any) -> Any:
    return q


IDENTITY = OverlapMap("linear", _same, np.ones_like, np.zeros_like)
"""Linear units: one perceptron."""

MAPS = {
    "linear": IDENTITY,
    "relu": OverlapMap(
        "relu",
        _relu,
        lambda q: (np.pi - np.arccos(q)) / (np.pi - 1),
        lambda q: 1 / (np.sqrt(1 - np.square(q)) * (np.pi - 1)),
    ),
    "sign": OverlapMap(
        "sign",
        lambda q: 2 / np.pi * np.arcsin(q),
        lambda q: 2 / (np.pi * np.sqrt(1 - np.square(q))),
        lambda q: 2 / np.pi * q * (1 - np.square(q)) ** -1.5,
    ),
}
"""The known activations by name."""
