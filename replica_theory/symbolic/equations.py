"""Saddle-point equations of a functional: symbolic, as LaTeX, and as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import scipy
import sympy

from replica_theory.arguments import checked_kind, checked_mapping
from replica_theory.models.model import Model
from replica_theory.status import ConvergenceError
from replica_theory.symbolic.functionals import Functional
from replica_theory.symbolic.nodes import expanded
from replica_theory.symbolic.numbers import Numbers

_TOLERANCE = 1e-9
"""Residual up to which a root counts as one."""
_OUTSIDE = 1e6
"""Residual where there is none: steps that lead there are shortened."""
_WIDE = 160
"""Characters of LaTeX that stand on one line."""
_MARKS = {"ref": r"\tilde{%s}", "hat": r"\hat{%s}"}


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
        r"""The functional and its equations for an ``aligned`` environment, each ended by a double backslash.

        Returns
        -------
        str
            ``\Phi = ...``, then ``\partial_q\Phi = ... = 0`` for each unknown.
        """
        symbols = self.functional.expression.atoms(sympy.Symbol)
        names = {symbol: _latex(symbol.name) for symbol in symbols if "\\" not in symbol.name}
        lines = [_lines(r"\Phi &", self.functional.expression, names)]
        for symbol, expr in zip(self.functional.unknowns, self.gradient, strict=True):
            lines.append(_lines(rf"0 = \partial_{{{names[symbol]}}}\Phi &", expr, names))
        return " \\\\\n".join(lines)

    def value(self, values: Mapping[str, float], models: Model | Mapping[str, Model]) -> float:
        r"""The functional at numbers for all its symbols.

        Parameters
        ----------
        values : mapping
            A number for each symbol, by name.
        models : Model or mapping
            The constraint, or one for each name of a kernel (``{"\\ell": model}``; empty if there is none).

        Returns
        -------
        float

        Raises
        ------
        TypeError, ValueError
            If a symbol has no number, or a kernel no model.
        """
        return Numbers(models).at([self.functional.expression], values)[0]

    def residual(self, values: Mapping[str, float], models: Model | Mapping[str, Model]) -> list[float]:
        """The derivatives at numbers for all symbols; arguments and errors as for `value`.

        Returns
        -------
        list of float
            In the order of ``functional.unknowns``.
        """
        return Numbers(models).at(self.gradient, values)

    def solve(self, values: Mapping[str, float], models: Model | Mapping[str, Model]) -> dict[str, float]:
        """A saddle point near given numbers (Powell's hybrid method); any one, stable or not.

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
        TypeError, ValueError
            As for `value`.
        ConvergenceError
            If none is found.
        """
        at, numbers = Numbers(models), checked_mapping("values", values)
        names = [symbol.name for symbol in self.functional.unknowns]
        at.at(self.gradient, numbers)  # refuses what is missing

        def residual(x: Any) -> list[float]:
            try:
                found = at.at(self.gradient, numbers | dict(zip(names, map(float, x), strict=True)))
            except ConvergenceError:
                return [_OUTSIDE] * len(names)
            return [value if abs(value) < _OUTSIDE else _OUTSIDE for value in found]

        found = scipy.optimize.root(residual, [numbers[name] for name in names], tol=1e-13, options={"factor": 0.5})
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
        Of `Mean`, `Max`, `kernel` and elementary functions.

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
    -alpha*Mean(Kernel(\ell, 1, z, 1 - q)**2, z, 0, q)/2 + q_hat/2
    >>> point = equations.solve({"alpha": 0.5, "q": 0.3, "q_hat": 0.6}, BinaryPerceptron())
    >>> print(f"{point['q']:.9f}")
    0.322385363
    """
    checked_kind("functional", functional, Functional, such="symbolic.replica_symmetric()")
    return SaddleEquations(functional, tuple(expanded(functional.expression.diff(s)) for s in functional.unknowns))


def _lines(head: str, expr: Any, names: Mapping[Any, str]) -> str:
    """An equation, on as many lines as its terms fill."""
    lines = [f"{head} = "]
    for k, term in enumerate(sympy.Add.make_args(expr)):
        text = sympy.latex(term, symbol_names=names, long_frac_ratio=2)
        text = text if k == 0 or text.startswith("-") else f"+ {text}"
        if k > 0 and len(lines[-1]) + len(text) > _WIDE:
            lines.append("&\\quad ")
        lines[-1] += f"{text} "
    return " \\\\\n".join(line.rstrip() for line in lines)


def _latex(name: str) -> str:
    r"""How a symbol is printed: ``q_1_hat`` as :math:`\hat q_1`, ``q_ref`` as :math:`\tilde q`.

    A ``d`` before a letter is printed as :math:`\delta`.
    """
    letter, *marks = name.split("_")
    small = len(letter) == 2 and letter[0] == "d"
    text = rf"\delta {letter[1:]}" if small else sympy.latex(sympy.Symbol(letter or name))
    for mark in marks:
        text = _MARKS[mark] % text if mark in _MARKS else rf"{text}_{{{mark}}}"
    return text
