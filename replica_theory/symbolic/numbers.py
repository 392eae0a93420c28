"""Numbers for expressions with Gaussian means, inner maxima and kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Any, NamedTuple

import numpy as np
import sympy
from scipy.special import erf, erfc

from replica_theory.arguments import FINITE, checked_kind, checked_mapping, checked_number, shown
from replica_theory.models.model import Model
from replica_theory.numerics.binary import log2cosh
from replica_theory.status import ConvergenceError
from replica_theory.symbolic.nodes import AtMax, JointMean, Kernel, Log2Cosh, Max, Mean, Tilt
from replica_theory.typing import Array, ArrayLike

_FIRST, _FINEST, _FINER = 16, 400, 1.5
"""Nodes on either side of the middle: at first, up to which they grow, and by what factor."""
_REACH, _FARTHEST, _WIDER = 9.0, 60.0, 1.2
"""The same for half of the range, in standard deviations."""
_MOST = 2**26
"""Nodes of nested means, together."""
_RESOLVED = 1e-14
"""Square of the last Legendre coefficients over the largest value, as the sum is exact to twice their order."""
_VANISHED = 1e-15
"""The values at both ends over the largest one."""
_NOTHING = 1e-9
"""Size of an integrand that is not expected to be resolved better than a larger one."""
_NOWHERE_NEAR = 1e-20
"""Density of a Gaussian at which an integrand that is no number (a quotient of zeros) does not count."""
_LAST = 4
_STEEP, _CENTRAL = 0.3, 0.85
"""Widths of kernels that get an end of the rule where they are steep, if that lies within this share of the range."""
_STEPS, _STILL = 200, 1e-15
_FUNCTIONS = {
    sympy.exp: np.exp, sympy.log: np.log, sympy.cosh: np.cosh, sympy.sinh: np.sinh, sympy.tanh: np.tanh,
    sympy.Abs: np.abs, sympy.sign: np.sign, sympy.asin: np.arcsin, sympy.acos: np.arccos, sympy.atan: np.arctan,
    sympy.cos: np.cos, sympy.sin: np.sin, sympy.erf: erf, sympy.erfc: erfc, Log2Cosh: log2cosh, sympy.Pow: np.power,
}  # fmt: skip


class Numbers:
    r"""Evaluation of expressions, on one set of constraints.

    Gaussian means are Gauss-Legendre sums over either side of the middle (so that :math:`|z|` has its kink at an end),
    or of where a kernel is steep (as nodes are dense at ends), nested ones on tensors of these. Range and number of
    nodes of each grow until the integrand has vanished at the ends and its Legendre coefficients have (where means
    around it have mass), and are remembered from one call to the next. What occurs several times in expressions is
    computed once. Inner maxima are found by Newton's method.

    Parameters
    ----------
    models : Model or mapping
        The constraint, or one for each name of a kernel; an empty mapping if there is none.

    Raises
    ------
    TypeError, ValueError
        If these are no models, or have arrays of parameters, several classes of patterns or a few hidden units.

    Examples
    --------
    >>> import sympy
    >>> from replica_theory.symbolic import Mean, Numbers
    >>> z, q = sympy.symbols("z q")
    >>> print(f"{Numbers({}).at([Mean(sympy.cos(z), z, 0, q)], {'q': 2.0})[0]:.12f}")  # exp(-q/2)
    0.367879441171
    """

    def __init__(self, models: Model | Mapping[str, Model]) -> None:
        for model in models.values() if isinstance(models, Mapping) else [models]:
            checked_kind("models", model, Model, such="BinaryPerceptron()")
            if np.ndim(model.kappa) or np.ndim(model.beta) or model.hidden == "finite" or model.is_mixture:
                allowed = "models must have a single kappa and beta, one class of patterns and no few units"
                raise ValueError(f"{allowed}; got {shown(model)}")
        self._models = models
        self._rules: dict[Any, tuple[int, float]] = {}

    def at(self, expressions: Sequence[Any], values: Mapping[str, float]) -> list[float]:
        """Numbers for expressions.

        Parameters
        ----------
        expressions : sequence of sympy expressions
        values : mapping
            Numbers for their symbols, by name.

        Returns
        -------
        list of float

        Raises
        ------
        TypeError, ValueError
            If these are no expressions, a symbol has no number, a kernel no model, or a function is not known.
        ConvergenceError
            If a mean is not finite, or not resolved by some hundreds of nodes.
        """
        if not isinstance(expressions, (tuple, list)) or not all(isinstance(one, sympy.Expr) for one in expressions):
            raise TypeError(f"expressions must be a list of sympy expressions; got {shown(expressions)}")
        given = checked_mapping("values", values)
        numbers = {name: np.array(checked_number(f"values[{name!r}]", value, FINITE)) for name, value in given.items()}
        space = _Space(numbers, np.ones(()), _rule(_LAST, _REACH, 0.0))
        with np.errstate(all="ignore"):
            return [float(self._of(expr, space)) for expr in expressions]

    def _of(self, expr: Any, space: _Space) -> Array:
        """Numbers for an expression at the nodes of a space."""
        if isinstance(expr, sympy.Symbol):
            if expr.name not in space.values:
                raise ValueError(f"values must have a number for every symbol; {expr.name!r} has none")
            return space.values[expr.name]
        if not expr.args:
            return np.asarray(float(expr))
        if isinstance(expr, sympy.Add):
            return reduce(np.add, (self._of(arg, space) for arg in expr.args))
        if isinstance(expr, sympy.Mul):
            return reduce(np.multiply, (self._of(arg, space) for arg in expr.args))
        if expr not in space.done:
            space.done[expr] = self._new(expr, space)
        return space.done[expr]

    def _new(self, expr: Any, space: _Space) -> Array:
        """The same for what is kept."""
        if isinstance(expr, Mean):
            return self._mean(expr, space)
        if isinstance(expr, JointMean):
            return self._of(expr.nested, space)
        if isinstance(expr, Max | AtMax):
            value, inside, x = expr.args if isinstance(expr, AtMax) else (expr.args[0], *expr.args)
            if (inside, x) not in space.inner:
                space.inner[inside, x] = space.moved(x.name, _top(self._of, inside, x, space))
            return self._of(value, space.inner[inside, x])
        if isinstance(expr, Kernel | Tilt):
            return self._kernel(expr, space)
        if expr.func not in _FUNCTIONS:
            raise ValueError(f"functions must be known ones; got {expr.func}")
        return np.asarray(_FUNCTIONS[expr.func](*(self._of(arg, space) for arg in expr.args)))

    def _mean(self, expr: Any, space: _Space) -> Array:
        """A Gaussian mean by as many nodes as it needs."""
        inside, h, centre, variance = expr.args
        middle, width = self._of(centre, space), np.sqrt(self._of(variance, space))
        if not width.any():
            if (h, centre) not in space.inner:
                space.inner[h, centre] = space.moved(h.name, middle)
            return self._of(inside, space.inner[h, centre])
        steep = _steepest(self._of, inside, h, width, space)
        law = (h, centre, variance, steep)
        while True:
            n, reach = self._rules.setdefault(law, (_FIRST, _REACH))
            if law not in space.inner or space.inner[law].size != (n, reach):
                joint = self._joint(steep, h, middle, width, space)
                space.inner[law] = space.lifted(h.name, middle, width, _rule(n, reach, joint))
            here = space.inner[law]
            mass = self._of(inside, here) * here.rule.density
            bad = ~np.isfinite(mass)
            if bad.any():
                if (np.broadcast_to(here.density, mass.shape)[bad] > _NOWHERE_NEAR).any():
                    return np.full(mass.shape[:-1], np.nan)
                mass = np.where(bad, 0.0, mass)
            contained, resolved = here.rule.contains(mass, space.density), here.rule.resolves(mass, space.density)
            if contained and resolved:
                return np.asarray((mass * here.rule.weights).sum(axis=-1))
            self._rules[law] = (n, reach * _WIDER) if not contained else (int(n * _FINER), reach)
            if reach > _FARTHEST or n > _FINEST or mass.size > _MOST:
                del self._rules[law]
                raise ConvergenceError(f"the mean over {h} is not finite, or needs more than {n} nodes on either side")

    def _joint(self, steep: Any, h: Any, middle: Array, width: Array, space: _Space) -> ArrayLike:
        """Where it is, in standard deviations."""
        if steep is None:
            return 0.0
        name, field_, _ = steep
        at, slope = self._of(field_, space.moved(h.name, middle)), self._of(field_.diff(h), space) * width
        return _nearest([(float(np.asarray(edge)) - at) / slope for edge in _named(self._models, name).edges])

    def _kernel(self, expr: Any, space: _Space) -> Array:
        """The logarithm of a model and its derivatives, all at once."""
        name, order, h, v = expr.args
        model = _named(self._models, name)
        if order > 2:
            raise ValueError(f"expressions must have two derivatives of kernels at most; got order {order}")
        at, width = self._of(h, space), self._of(v, space)
        found = model.log_kernel(at, np.sqrt(width)) if isinstance(expr, Kernel) else model.weights.tilt(at, width)
        space.done.update({expr.func(name, sympy.Integer(k), h, v): np.asarray(found[k]) for k in range(3)})
        return space.done[expr]


@dataclass(frozen=True)
class _Space:
    """Arrays for symbols, what has been computed of them, and the spaces inside: by law of a mean, or by maximum."""

    values: dict[str, Array]
    density: Array
    rule: _Rule
    done: dict[Any, Array] = field(default_factory=dict)
    inner: dict[Any, _Space] = field(default_factory=dict)

    def moved(self, name: str, at: Array) -> _Space:
        """One more symbol."""
        return _Space(self.values | {name: at}, self.density, self.rule)

    def lifted(self, name: str, middle: Array, width: Array, rule: _Rule) -> _Space:
        """One more symbol on an axis of its own, the last one."""
        values = {own: value[..., None] for own, value in self.values.items()}
        values[name] = middle[..., None] + width[..., None] * rule.z
        return _Space(values, self.density[..., None] * rule.density, rule)

    @property
    def size(self) -> tuple[int, float]:
        """Nodes on either side, and half of the range."""
        return self.rule.size


def _steepest(of: Callable[[Any, _Space], Array], inside: Any, h: Any, width: Array, space: _Space) -> Any:
    """The kernel that is steepest in the variable of a mean, if one is steep: its name, field and variance."""
    known, found = {h.name, *space.values}, []
    for name, field_, variance in {(one.args[0], *one.args[2:]) for one in inside.atoms(Kernel)}:
        slope = field_.diff(h)
        others = field_.free_symbols | variance.free_symbols
        if slope == 0 or h in slope.free_symbols | variance.free_symbols or {one.name for one in others} - known:
            continue
        scale = float(np.min(np.sqrt(of(variance, space)) / np.abs(of(slope, space) * width)))
        if scale < _STEEP:
            found.append((scale, (name, field_, variance)))
    tied = [one for scale, one in found if scale == min(other for other, _ in found)] if found else [None]
    return tied[0] if len(tied) == 1 else min(tied, key=str)


def _named(models: Model | Mapping[str, Model], name: Any) -> Model:
    """The model of a name."""
    if isinstance(models, Mapping) and name.name not in models:
        raise ValueError(f"models must have one for every kernel and tilt; {name.name!r} has none")
    return models[name.name] if isinstance(models, Mapping) else models


def _nearest(points: list[Array]) -> Array:
    """The one that is nearest to 0, entry by entry."""
    stacked = np.stack(points)
    return np.asarray(np.take_along_axis(stacked, np.abs(stacked).argmin(axis=0)[None], axis=0)[0])


def _top(of: Callable[[Any, _Space], Array], inside: Any, x: Any, space: _Space) -> Array:
    """Where an expression is largest: Newton's method, by halves where it would leave the side of the top."""
    slope, bend = inside.diff(x), inside.diff(x, 2)
    shape = np.broadcast_shapes(*(value.shape for value in space.values.values()))
    at, low, high = np.zeros(shape), np.full(shape, -np.inf), np.full(shape, np.inf)
    for _ in range(_STEPS):
        here = space.moved(x.name, at)
        rise, curvature = of(slope, here), of(bend, here)
        low, high = np.where(rise > 0, at, low), np.where(rise < 0, at, high)
        step = np.where(curvature < 0, -rise / np.where(curvature < 0, curvature, -1.0), rise)
        following = at + step
        bad = (following <= low) | (following >= high)
        following = np.where(bad & np.isfinite(low + high), 0.5 * (low + high), following)
        moved = np.abs(following - at) > _STILL * (1 + np.abs(at))
        at = following
        if not moved.any():
            break
    return at


class _Rule(NamedTuple):
    """A rule for a standard Gaussian of two parts, and what reads off whether it resolves."""

    size: tuple[int, float]
    z: Array
    weights: Array
    density: Array
    last: Array

    def contains(self, mass: Array, density: Array) -> bool:
        """Whether the integrand has vanished at both ends, where there is some density outside."""
        ends = np.maximum(np.abs(mass[..., 0]), np.abs(mass[..., -1]))
        return bool(np.all(density * ends <= _VANISHED * np.maximum(np.abs(mass).max(axis=-1), _NOTHING)))

    def resolves(self, mass: Array, density: Array) -> bool:
        """Whether the last Legendre coefficients of the integrand have."""
        halves = mass.reshape(*mass.shape[:-1], 2, -1)
        tails = np.abs(halves @ self.last).max(axis=(-1, -2))
        return bool(np.all(density * tails**2 <= _RESOLVED * np.maximum(np.abs(mass).max(axis=-1), _NOTHING) ** 2))


def _rule(n: int, reach: float, joint: ArrayLike) -> _Rule:
    """Gauss-Legendre on either side of a joint (of the middle, where it lies far out); an array of joints adds axes."""
    x, w, last = _legendre(n)
    at = np.where(np.abs(joint) < _CENTRAL * reach, joint, 0.0)[..., None]
    z = np.concatenate([(at + reach) * x - reach, at + (reach - at) * x], axis=-1)
    weights = np.concatenate([(at + reach) * w, (reach - at) * w], axis=-1)
    return _Rule((n, reach), z, weights, np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi), last)


@cache
def _legendre(n: int) -> tuple[Array, Array, Array]:
    """Nodes and weights between 0 and 1, and what gives the last coefficients."""
    x, w = np.polynomial.legendre.leggauss(n)
    orders = np.arange(n - _LAST, n)
    last = w[:, None] * np.polynomial.legendre.legvander(x, n - 1)[:, orders] * (orders + 0.5)
    return 0.5 * (x + 1), 0.5 * w, last
