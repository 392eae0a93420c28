"""Saddle-point equations of a functional: symbolic, as LaTeX, and as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import scipy
import sympy

from replica_theory.arguments import checked_kind, checked_mapping, checked_number
from replica_theory.models.model import Model
from replica_theory.status import ConvergenceError
from replica_theory.symbolic.functionals import Functional
from replica_theory.symbolic.numbers import numerical

_TOLERANCE = 1e-8
"""Residual up to which a root counts as one."""


@dataclass(frozen=True)
class SaddleEquations:
    """The derivatives of a functional in its unknowns, all of which vanish at a saddle point.

    Attributes
    ----------
    functional : Functional
    gradient : tuple of sympy expressions
        One for each unknown.
    """

    functional: Functional
    gradient: tuple[Any, ...]

    def latex(self) -> str:
        """The equations, one a line, for an ``aligned`` environment."""
        lines = [f"0 &= {sympy.latex(expr)}" for expr in self.gradient]
        return " \\\\\n".join(lines)

    def value(self, values: Mapping[str, float], models: Model | Mapping[str, Model]) -> float:
        r"""The functional at numbers for all its symbols.

        Parameters
        ----------
        values : mapping
            A number for each symbol, by name.
        models : Model or mapping
            The constraint, or one for each name of a kernel (``{"\\ell": model}``).

        Returns
        -------
        float
        """
        return numerical(self.functional.expression, _numbers(values), models)

    def residual(self, values: Mapping[str, float], models: Model | Mapping[str, Model]) -> list[float]:
        """The derivatives at numbers for all symbols, arguments as for `value`.

        Returns
        -------
        list of float
            In the order of ``functional.unknowns``.
        """
        numbers = _numbers(values)
        return [numerical(expr, numbers, models) for expr in self.gradient]

    def solve(self, values: Mapping[str, float], models: Model | Mapping[str, Model]) -> dict[str, float]:
        """A saddle point near given numbers (Powell's hybrid method).

        Parameters
        ----------
        values : mapping
            A number for each symbol: where to start for the unknowns.
        models : Model or mapping
            As for `value`.

        Returns
        -------
        dict
            The numbers at the saddle point, by name.

        Raises
        ------
        ConvergenceError
            If none is found.
        """
        numbers = _numbers(values)
        names = [symbol.name for symbol in self.functional.unknowns]

        def residual(x: Any) -> list[float]:
            return self.residual(numbers | dict(zip(names, map(float, x), strict=True)), models)

        found = scipy.optimize.root(residual, [numbers[name] for name in names], tol=1e-13)
        solved = numbers | dict(zip(names, map(float, found.x), strict=True))
        if not max(map(abs, found.fun)) < _TOLERANCE:
            raise ConvergenceError(
                f"no saddle point of {self.functional.name or 'the functional'} near the start", solved
            )
        return solved


def saddle_equations(functional: Functional) -> SaddleEquations:
    r"""Saddle-point equations of a functional.

    Parameters
    ----------
    functional : Functional
        Of `Mean`, `Max` and `kernel`.

    Returns
    -------
    SaddleEquations

    Raises
    ------
    TypeError
        If it is no `Functional`.

    Examples
    --------
    The replica-symmetric entropy; :math:`\ell''` has cancelled:

    >>> from replica_theory import BinaryPerceptron, symbolic
    >>> equations = symbolic.saddle_equations(symbolic.replica_symmetric())
    >>> print(equations.gradient[0])
    alpha*Mean(-Kernel(\ell, 1, z, 1 - q)**2/2, z, 0, q) + q_hat/2
    >>> point = equations.solve({"alpha": 0.5, "q": 0.3, "q_hat": 0.6}, BinaryPerceptron())
    >>> print(f"{point['q']:.9f}")
    0.322385363
    """
    checked_kind("functional", functional, Functional)
    return SaddleEquations(functional, tuple(functional.expression.diff(s) for s in functional.unknowns))


def _numbers(values: Mapping[str, float]) -> dict[str, float]:
    return {name: checked_number(name, value) for name, value in checked_mapping("values", values).items()}
