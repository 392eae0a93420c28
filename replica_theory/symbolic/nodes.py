r"""The nodes of which functionals are made: Gaussian means, inner maxima, the kernel of a constraint, a weight.

Each knows its derivative in a parameter:

- the mean over :math:`h\sim\mathcal N(c, v)`: :math:`\partial_pE f = E[\partial_pf + c_pf' + \tfrac12v_pf'']` (heat
  equation); of two variables :math:`+ \tfrac12\sum_{ij}\partial_pC_{ij}\,\partial_i\partial_jf` for their covariance;
- the maximum over `x`: :math:`\partial_p\max_xf = \partial_pf` at the maximum (envelope theorem);
- the kernel :math:`\ell(h, v)`, a logarithm of a Gaussian mean: :math:`\partial_v\ell = \tfrac12(\ell'' + \ell'^2)`;
- a weight in a field, :math:`g(h, c)`: :math:`\partial_cg = -\tfrac12(g'' + g'^2)`.

Where a variance and the width of the kernel inside move against each other :math:`\ell''` cancels: what is otherwise
done by parts.
"""

from __future__ import annotations

from functools import reduce
from itertools import product
from typing import Any, ClassVar

import sympy

from replica_theory.arguments import checked_kind


class _Binding(sympy.Expr):
    """An expression with variables of its own, which are not replaced."""

    is_commutative = True

    @property
    def bound_symbols(self) -> list[Any]:
        """The variables."""
        raise NotImplementedError

    def _eval_subs(self, old: Any, new: Any) -> Any:
        return self if old in self.bound_symbols else None


class Mean(_Binding):
    r"""Mean of an expression over a Gaussian variable, ``Mean(expr, h, centre, variance)``.

    The mean of a sum is a sum of means, with factors that lack the variable before it, so that equal terms are found.

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
    -Mean(cos(h), h, 0, q)/2
    """

    def __new__(cls, expr: Any, h: Any, centre: Any = 0, variance: Any = 1) -> Any:
        """The mean, by its terms."""
        expr, centre, variance = sympy.sympify((expr, centre, variance))
        _checked_variables(h)
        if isinstance(expr, sympy.Add):
            return sympy.Add(*(Mean(term, h, centre, variance) for term in expr.args))
        before, averaged = expr.as_independent(h, as_Add=False)
        return before if averaged == 1 else before * sympy.Expr.__new__(cls, averaged, h, centre, variance)

    @property
    def bound_symbols(self) -> list[Any]:
        """The variable."""
        return [self.args[1]]

    @property
    def free_symbols(self) -> set[Any]:
        """Everything but the variable."""
        expr, h, centre, variance = self.args
        return set((expr.free_symbols - {h}) | centre.free_symbols | variance.free_symbols)

    def _eval_derivative(self, s: Any) -> Any:
        expr, h, centre, variance = self.args
        terms = [expr.diff(s) if s != h else sympy.Integer(0)]
        terms += _products((centre, s, expr, (h,)), (variance / 2, s, expr, (h, h)))
        return expanded(Mean(expanded(sympy.Add(*terms)), h, centre, variance))

    def _latex(self, printer: Any, exp: Any = None) -> str:
        expr, h, centre, variance = (printer._print(arg) for arg in self.args)
        return _power(rf"\mathop{{\mathbb E}}_{{{h}\sim\mathcal N({centre}, {variance})}}\left[{expr}\right]", exp)


class JointMean(_Binding):
    r"""Mean over two correlated Gaussians, ``JointMean(expr, (g, h), (centre_g, centre_h), (v_gg, v_gh, v_hh))``.

    Where :math:`v_{gg} = v_{gh}^2/v_{hh}` one variable is a multiple of the other. To write it so all the same lets the
    derivatives in the covariance cancel what they should.

    Examples
    --------
    >>> import sympy
    >>> g, h, r = sympy.symbols("g h r")
    >>> sympy.diff(JointMean(sympy.sin(g) * sympy.sin(h), (g, h), (0, 0), (1, r, 1)), r)
    JointMean(cos(g)*cos(h), (g, h), (0, 0), (1, r, 1))
    """

    def __new__(cls, expr: Any, pair: Any, centres: Any, covariance: Any) -> Any:
        """The mean, by its terms."""
        expr, pair, centres, covariance = map(sympy.sympify, (expr, tuple(pair), tuple(centres), tuple(covariance)))
        _checked_variables(*pair)
        if isinstance(expr, sympy.Add):
            return sympy.Add(*(JointMean(term, pair, centres, covariance) for term in expr.args))
        before, averaged = expr.as_independent(*pair, as_Add=False)
        return before if averaged == 1 else before * sympy.Expr.__new__(cls, averaged, pair, centres, covariance)

    @property
    def nested(self) -> Any:
        """The same as a mean over `g`, given `h`, in one over `h`."""
        expr, (g, h), (first, second), (own, cross, other) = self.args
        return Mean(Mean(expr, g, first + cross / other * (h - second), own - cross**2 / other), h, second, other)

    @property
    def bound_symbols(self) -> list[Any]:
        """Both variables."""
        return list(self.args[1])

    @property
    def free_symbols(self) -> set[Any]:
        """Everything but the variables."""
        expr, pair, centres, covariance = self.args
        return set((expr.free_symbols - set(pair)) | centres.free_symbols | covariance.free_symbols)

    def _eval_derivative(self, s: Any) -> Any:
        expr, (g, h), (first, second), (own, cross, other) = self.args
        terms = [expr.diff(s) if s not in (g, h) else sympy.Integer(0)]
        terms += _products((first, s, expr, (g,)), (second, s, expr, (h,)), (cross, s, expr, (g, h)),
                           (own / 2, s, expr, (g, g)), (other / 2, s, expr, (h, h)))  # fmt: skip
        return expanded(JointMean(expanded(sympy.Add(*terms)), *self.args[1:]))

    def _latex(self, printer: Any, exp: Any = None) -> str:
        expr, (g, h), (first, second), (own, cross, other) = self.args
        own, cross, other, g, h = map(printer._print, (own, cross, other, g, h))
        matrix = rf"\left(\begin{{smallmatrix}}{own} & {cross} \\ {cross} & {other}\end{{smallmatrix}}\right)"
        centre = "0" if first.is_zero and second.is_zero else f"({printer._print(first)}, {printer._print(second)})"
        law = rf"({g}, {h})\sim\mathcal N\left({centre}, {matrix}\right)"
        return _power(rf"\mathop{{\mathbb E}}_{{{law}}}\left[{printer._print(expr)}\right]", exp)


class Max(_Binding):
    """Maximum of an expression over `x`, ``Max(expr, x)``.

    Examples
    --------
    >>> import sympy
    >>> x, a = sympy.symbols("x a", positive=True)
    >>> sympy.diff(Max(a * x - x**2 / 2, x), a)  # x at the maximum
    AtMax(x, a*x - x**2/2, x)
    """

    def __new__(cls, expr: Any, x: Any) -> Any:
        """The maximum."""
        _checked_variables(x)
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
        return AtMax(expanded(expr.diff(s)), expr, x) if s != x else sympy.Integer(0)

    def _latex(self, printer: Any, exp: Any = None) -> str:
        expr, x = (printer._print(arg) for arg in self.args)
        return _power(rf"\max_{{{x}}}\left[{expr}\right]", exp)


class AtMax(_Binding):
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
        moved = -expr.diff(x).diff(s) / expr.diff(x, 2)  # the maximum, by the implicit function theorem
        return AtMax(expanded(value.diff(s) + value.diff(x) * moved), expr, x)

    def _latex(self, printer: Any, exp: Any = None) -> str:
        value, expr, x = (printer._print(arg) for arg in self.args)
        return _power(rf"\left[{value}\right]_{{{x}=\arg\max[{expr}]}}", exp)


class _HeatKernel(sympy.Function):
    """Derivative of some order in `h` of the logarithm of a solution of the heat equation."""

    rate: ClassVar[Any]
    """What `v` counts of the variance of a field."""

    @classmethod
    def eval(cls, name: Any, order: Any, h: Any, v: Any) -> Any:
        """Nothing is known in closed form."""
        flat = expanded(h), expanded(v)
        return None if flat == (h, v) else cls(name, order, *flat)

    def fdiff(self, argindex: int = 1) -> Any:
        """By `h` the next order; by `v` the heat equation, by Leibniz' rule at higher orders."""
        name, order, h, v = self.args
        if argindex == 3:
            return self.func(name, order + 1, h, v)
        if argindex != 4:
            raise sympy.ArgumentIndexError(self, argindex)
        products = [
            sympy.binomial(order, k) * self.func(name, k + 1, h, v) * self.func(name, order - k + 1, h, v)
            for k in range(int(order) + 1)
        ]
        return self.rate * (self.func(name, order + 2, h, v) + sympy.Add(*products))

    def _eval_derivative(self, s: Any) -> Any:
        return sympy.Add(*(self.args[k].diff(s) * self.fdiff(k + 1) for k in (2, 3) if s in self.args[k].free_symbols))

    def _latex(self, printer: Any, exp: Any = None) -> str:
        name, order, h, v = self.args
        primes = "'" * int(order) if order < 4 else f"^{{({order})}}"
        return _power(rf"{name}{primes}\left({printer._print(h)}, {printer._print(v)}\right)", exp)


class Kernel(_HeatKernel):
    r"""Derivative of some order in `h` of the kernel of a constraint, ``Kernel(name, order, h, v)`` (see `kernel`)."""

    rate = sympy.Rational(1, 2)


class Tilt(_HeatKernel):
    r"""Derivative of some order in `h` of a weight in a field, ``Tilt(name, order, h, c)`` (see `tilt`)."""

    rate = -sympy.Rational(1, 2)


class Log2Cosh(sympy.Function):
    r"""The free entropy of a weight :math:`\pm1` in a field, :math:`\log2\cosh h`; its derivative is the tanh.

    Examples
    --------
    >>> import sympy
    >>> Log2Cosh(sympy.Symbol("h")).diff()
    tanh(h)
    """

    @classmethod
    def eval(cls, *args: Any) -> None:
        """It is left as it is."""

    def fdiff(self, argindex: int = 1) -> Any:
        """The mean of the weight."""
        return sympy.tanh(self.args[0])

    def _latex(self, printer: Any, exp: Any = None) -> str:
        return _power(rf"\log 2\cosh\left({printer._print(self.args[0])}\right)", exp)


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

    Examples
    --------
    >>> import sympy
    >>> h, v = sympy.symbols("h v", positive=True)
    >>> kernel(h, v).diff(v)
    Kernel(\ell, 1, h, v)**2/2 + Kernel(\ell, 2, h, v)/2
    """
    return Kernel(sympy.Symbol(name), sympy.Integer(0), *sympy.sympify((h, v)))


def tilt(h: Any, c: Any, name: str = "g") -> Any:
    r"""A weight in a field, :math:`g(h, c) = \log\sum_w\rho(w)e^{hw-cw^2/2}`, of the `weights` of the model.

    Parameters
    ----------
    h, c : sympy expression
        Mean of the field and its precision.
    name : str
        Whose weight, where there are several models.

    Returns
    -------
    sympy expression

    Examples
    --------
    The derivative in `c` is half the mean square:

    >>> import sympy
    >>> h, c = sympy.symbols("h c", positive=True)
    >>> tilt(h, c).diff(c)
    -Tilt(g, 1, h, c)**2/2 - Tilt(g, 2, h, c)/2
    """
    return Tilt(sympy.Symbol(name), sympy.Integer(0), *sympy.sympify((h, c)))


def expanded(expr: Any) -> Any:
    """An expression with products of sums multiplied out and shares that add up to 1 collected.

    Arguments of functions and means are left as they are.
    """
    if isinstance(expr, sympy.Add):
        return _collected(sympy.Add(*map(expanded, expr.args)))
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and 1 < expr.exp <= 4 and isinstance(expr.base, sympy.Add):
        expr = sympy.Mul(*[expr.base] * int(expr.exp), evaluate=False)
    if not isinstance(expr, sympy.Mul):
        return expr
    sums = [sympy.Add.make_args(expanded(arg)) for arg in expr.args]
    return _collected(sympy.Add(*(sympy.Mul(*factors) for factors in product(*sums))))


def _checked_variables(*variables: Any) -> None:
    for variable in variables:
        checked_kind("variable", variable, sympy.Symbol, such="sympy.Symbol('z')")


def _products(*rules: tuple[Any, Any, Any, tuple[Any, ...]]) -> list[Any]:
    """Derivatives of parameters of a law times those of an expression in its variables, where the former are not 0."""
    found = []
    for parameter, s, expr, variables in rules:
        rate = parameter.diff(s)
        if rate != 0:
            found.append(rate * reduce(lambda inside, variable: inside.diff(variable), variables, expr))
    return found


def _collected(total: Any) -> Any:
    """A sum with ``c*a/(a + b) + c*b/(a + b)`` replaced by ``c``."""
    terms = set(sympy.Add.make_args(total))
    for term in sympy.Add.make_args(total):
        for power in term.args if isinstance(term, sympy.Mul) else ():
            if not (isinstance(power, sympy.Pow) and power.exp == -1 and isinstance(power.base, sympy.Add)):
                continue
            shares = power.base.args
            factor = term / power / shares[0]
            parts = {factor * share * power for share in shares}
            if term in parts and parts <= terms:
                return _collected(total - sympy.Add(*parts) + factor)
    return total


def _power(text: str, exponent: Any) -> str:
    return text if exponent is None else rf"\left({text}\right)^{{{exponent}}}"
