"""Numbers for expressions with Gaussian means, inner maxima and kernels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import sympy

from replica_theory.arguments import checked_kind
from replica_theory.models.model import Model
from replica_theory.symbolic.nodes import AtMax, Kernel, Max, Mean
from replica_theory.typing import Array

_REACH = 11.0
"""Half of the range, in standard deviations."""
_RULES = {1: (12, 20), 2: (12, 20), 3: (5, 12)}
"""Intervals on either side of the middle and nodes in each, by how deep means are nested."""
_STEPS, _STILL = 200, 1e-15


def numerical(expr: Any, values: Mapping[str, float], models: Model | Mapping[str, Model]) -> float:
    r"""A number for an expression.

    Gaussian means are Gauss-Legendre sums on intervals that meet in the middle (so that :math:`|z|` has its kink at an
    end), nested ones on tensors of these; inner maxima are found by Newton's method.

    Parameters
    ----------
    expr : sympy expression
    values : mapping
        Numbers for its symbols, by name.
    models : Model or mapping
        The constraint, or one for each name of a kernel.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If a symbol has no number, a kernel no model, or a function is not known.
    """
    if not isinstance(models, Mapping):
        checked_kind("models", models, Model)
    expr = sympy.sympify(expr)
    return float(_Numbers(models, _depth(expr)).of(expr, {name: np.asarray(x) for name, x in values.items()}))


class _Numbers:
    """Evaluation of expressions on arrays; each mean adds an axis at the end and sums over it."""

    def __init__(self, models: Model | Mapping[str, Model], depth: int) -> None:
        self._models, self._rule = models, _rule(*_RULES[min(max(depth, 1), 3)])

    def of(self, expr: Any, env: dict[str, Array]) -> Array:
        """Numbers for an expression in symbols of which `env` has arrays."""
        if isinstance(expr, sympy.Symbol):
            if expr.name not in env:
                raise ValueError(f"values must have a number for every symbol; {expr.name!r} has none")
            return env[expr.name]
        if expr.is_number and not expr.args:
            return np.asarray(float(expr))
        if isinstance(expr, Mean):
            return self._mean(expr, env)
        if isinstance(expr, Max | AtMax):
            return self._at_max(expr, env)
        if isinstance(expr, Kernel):
            return self._kernel(expr, env)
        parts = [self.of(arg, env) for arg in expr.args]
        if isinstance(expr, sympy.Add):
            return reduce(np.add, parts)
        if isinstance(expr, sympy.Mul):
            return reduce(np.multiply, parts)
        if isinstance(expr, sympy.Pow):
            return np.asarray(np.power(*parts))
        known = {sympy.exp: np.exp, sympy.log: np.log, sympy.cosh: np.cosh, sympy.sinh: np.sinh, sympy.tanh: np.tanh,
                 sympy.Abs: np.abs, sympy.sign: np.sign, sympy.asin: np.arcsin, sympy.acos: np.arccos,
                 sympy.cos: np.cos, sympy.sin: np.sin, sympy.erf: _erf}  # fmt: skip
        if expr.func not in known:
            raise ValueError(f"functions must be known ones; got {expr.func}")
        return np.asarray(known[expr.func](*parts))

    def _mean(self, expr: Any, env: dict[str, Array]) -> Array:
        inside, h, centre, variance = expr.args
        z, weights = self._rule
        middle, width = self.of(centre, env), np.sqrt(self.of(variance, env))
        lifted = {name: value[..., None] if value.ndim else value for name, value in env.items()}
        lifted[h.name] = np.asarray(middle)[..., None] + np.asarray(width)[..., None] * z
        values = self.of(inside, lifted)
        return np.asarray(values @ weights if values.ndim else values)

    def _at_max(self, expr: Any, env: dict[str, Array]) -> Array:
        """Newton's method, by halves where it would leave the side on which the function rises."""
        value, inside, x = expr.args if isinstance(expr, AtMax) else (expr.args[0], *expr.args)
        slope, bend = inside.diff(x), inside.diff(x, 2)
        shape = np.broadcast_shapes(*(value.shape for value in env.values()))
        at, low, high = np.zeros(shape), np.full(shape, -np.inf), np.full(shape, np.inf)
        for _ in range(_STEPS):
            here = self.of(slope, env | {x.name: at})
            low, high = np.where(here > 0, at, low), np.where(here < 0, at, high)
            curvature = self.of(bend, env | {x.name: at})
            step = np.where(curvature < 0, -here / np.where(curvature < 0, curvature, -1.0), here)
            following = at + step
            bad = (following <= low) | (following >= high)
            following = np.where(bad & np.isfinite(low + high), 0.5 * (low + high), following)
            moved = np.abs(following - at) > _STILL * (1 + np.abs(at))
            at = following
            if not moved.any():
                break
        return self.of(value, env | {x.name: at})

    def _kernel(self, expr: Any, env: dict[str, Array]) -> Array:
        name, order, h, v = expr.args
        models = self._models
        if isinstance(models, Mapping) and name.name not in models:
            raise ValueError(f"models must have a constraint for every kernel; {name.name!r} has none")
        model = models[name.name] if isinstance(models, Mapping) else models
        if order > 2:
            raise ValueError(f"kernels are known with two derivatives; got order {order}")
        return np.asarray(model.log_kernel(self.of(h, env), np.sqrt(self.of(v, env)))[int(order)])


def _depth(expr: Any) -> int:
    """How deep means are nested in an expression."""
    return isinstance(expr, Mean) + max(map(_depth, expr.args), default=0)


def _rule(pieces: int, order: int) -> tuple[Array, Array]:
    """Nodes and weights of a standard Gaussian."""
    x, w = np.polynomial.legendre.leggauss(order)
    ends = np.linspace(-_REACH, _REACH, 2 * pieces + 1)
    half = 0.5 * (ends[1] - ends[0])
    z = (0.5 * (ends[1:] + ends[:-1])[:, None] + half * x).ravel()
    weights = np.tile(half * w, len(ends) - 1) * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return z, weights


def _erf(x: Array) -> Array:
    from scipy.special import erf

    return np.asarray(erf(x))
