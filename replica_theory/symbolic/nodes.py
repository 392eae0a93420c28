r"""The three nodes of which functionals are made: Gaussian means, inner maxima, and the kernel of a constraint.

Each knows its derivative in a parameter:

- the mean over :math:`h\sim\mathcal N(c, v)`: :math:`\partial_pE f = E[\partial_pf + c_pf' + \tfrac12v_pf'']` (heat
  equation);
- the maximum over `x`: :math:`\partial_p\max_xf = \partial_pf` at the maximum (envelope theorem);
- the kernel :math:`\ell(h, v)`, a logarithm of a Gaussian mean: :math:`\partial_v\ell = \tfrac12(\ell'' + \ell'^2)`.

Where a variance and the width of the kernel inside move against each other :math:`\ell''` cancels: what is otherwise
done by parts.
"""

from __future__ import annotations

from typing import Any

import sympy


class Mean(sympy.Expr):
    r"""Mean of an expression over a Gaussian variable, ``Mean(expr, h, centre, variance)``.

    Parameters
    ----------
    expr : sympy expression
        What is averaged, a function of `h`.
    h : sympy.Symbol
        The variable, bound in the mean.
    centre, variance : sympy expression
        Its mean and variance.

    Examples
    --------
    >>> import sympy
    >>> h, q = sympy.symbols("h q", positive=True)
    >>> sympy.diff(Mean(sympy.cos(h), h, 0, q), q)
    Mean(-cos(h)/2, h, 0, q)
    """

    def __new__(cls, expr: Any, h: Any, centre: Any = 0, variance: Any = 1) -> Any:
        """The mean; 0 of 0."""
        expr = sympy.sympify(expr)
        return (
            expr if expr.is_zero else sympy.Expr.__new__(cls, expr, h, sympy.sympify(centre), sympy.sympify(variance))
        )

    @property
    def bound_symbols(self) -> list[Any]:
        """The variable."""
        return [self.args[1]]

    @property
    def free_symbols(self) -> set[Any]:
        """Everything but the variable."""
        expr, h, centre, variance = self.args
        return (expr.free_symbols - {h}) | centre.free_symbols | variance.free_symbols

    def _eval_derivative(self, s: Any) -> Any:
        expr, h, centre, variance = self.args
        total = expr.diff(s) if s != h else sympy.Integer(0)
        total += centre.diff(s) * expr.diff(h) + variance.diff(s) * expr.diff(h, 2) / 2
        return Mean(sympy.expand(total), h, centre, variance)

    def _latex(self, printer: Any) -> str:
        expr, h, centre, variance = (printer._print(arg) for arg in self.args)
        return rf"\mathop{{\mathbb E}}_{{{h}\sim\mathcal N({centre}, {variance})}}\left[{expr}\right]"


class Max(sympy.Expr):
    """Maximum of an expression over `x`, ``Max(expr, x)``."""

    def __new__(cls, expr: Any, x: Any) -> Any:
        """The maximum."""
        return sympy.Expr.__new__(cls, sympy.sympify(expr), x)

    @property
    def bound_symbols(self) -> list[Any]:
        """The variable."""
        return [self.args[1]]

    @property
    def free_symbols(self) -> set[Any]:
        """Everything but the variable."""
        return set(self.args[0].free_symbols - {self.args[1]})

    def _eval_derivative(self, s: Any) -> Any:
        expr, x = self.args
        return AtMax(expr.diff(s), expr, x) if s != x else sympy.Integer(0)

    def _latex(self, printer: Any) -> str:
        expr, x = (printer._print(arg) for arg in self.args)
        return rf"\max_{{{x}}}\left[{expr}\right]"


class AtMax(sympy.Expr):
    """Value of an expression where another one is largest, ``AtMax(value, expr, x)``."""

    def __new__(cls, value: Any, expr: Any, x: Any) -> Any:
        """The value; itself where it does not depend on `x`."""
        value = sympy.sympify(value)
        return value if x not in value.free_symbols else sympy.Expr.__new__(cls, value, expr, x)

    @property
    def bound_symbols(self) -> list[Any]:
        """The variable."""
        return [self.args[2]]

    @property
    def free_symbols(self) -> set[Any]:
        """Everything but the variable."""
        value, expr, x = self.args
        return set((value.free_symbols | expr.free_symbols) - {x})

    def _eval_derivative(self, s: Any) -> Any:
        value, expr, x = self.args
        if s == x:
            return sympy.Integer(0)
        moved = -expr.diff(x, s) / expr.diff(x, 2)  # the maximum, by the implicit function theorem
        return AtMax(value.diff(s) + value.diff(x) * moved, expr, x)

    def _latex(self, printer: Any) -> str:
        value, expr, x = (printer._print(arg) for arg in self.args)
        return rf"\left[{value}\right]_{{{x}=\arg\max[{expr}]}}"


class Kernel(sympy.Function):
    r"""Derivative of some order in `h` of the kernel of a constraint, ``Kernel(name, order, h, v)`` (see `kernel`)."""

    @classmethod
    def eval(cls, *args: Any) -> None:
        """Nothing is known in closed form."""

    def fdiff(self, argindex: int = 1) -> Any:
        """By `h` the next order; by the variance the heat equation, by Leibniz' rule at higher orders."""
        name, order, h, v = self.args
        if argindex == 3:
            return Kernel(name, order + 1, h, v)
        if argindex != 4:
            raise sympy.ArgumentIndexError(self, argindex)
        products = [sympy.binomial(order, k) * Kernel(name, k + 1, h, v) * Kernel(name, order - k + 1, h, v)
                    for k in range(int(order) + 1)]  # fmt: skip
        return (Kernel(name, order + 2, h, v) + sympy.Add(*products)) / 2

    def _eval_derivative(self, s: Any) -> Any:
        return sum(self.args[k].diff(s) * self.fdiff(k + 1) for k in (2, 3) if self.args[k].has(s) or s in
                   self.args[k].free_symbols)  # fmt: skip

    def _latex(self, printer: Any, exp: Any = None) -> str:
        name, order, h, v = self.args
        primes = "'" * int(order) if order < 4 else f"^{{({order})}}"
        text = rf"{name}{primes}\left({printer._print(h)}, {printer._print(v)}\right)"
        return text if exp is None else rf"\left[{text}\right]^{{{exp}}}"


def kernel(h: Any, v: Any, name: str = r"\ell") -> Any:
    r"""The kernel of a constraint, :math:`\ell(h, v)`: the logarithm of a mean over a field of mean `h`, variance `v`.

    Parameters
    ----------
    h, v : sympy expression
        Mean and *variance* of the field.
    name : str
        Which constraint, where there are several.

    Returns
    -------
    sympy expression
    """
    return Kernel(sympy.Symbol(name), sympy.Integer(0), h, v)
