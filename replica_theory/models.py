r"""What a constraint is: the log-probability kernel that every formula of the theory takes.

A pattern with stability :math:`h = y\,\xi\cdot W/\sqrt N` is satisfied when :math:`h` lies in the allowed set of the
model. If the field is Gaussian with mean :math:`h` and standard deviation :math:`\sigma`, the constraint enters every
functional through

.. math:: \ell(h, \sigma) = \log\big[e^{-\beta} + (1 - e^{-\beta})\, P(h + \sigma x \text{ allowed})\big],
   \qquad x \sim \mathcal N(0, 1),

and through its derivatives in `h` only, since :math:`\partial_{\sigma^2}\ell = (\ell'' + \ell'^2)/2` (heat equation).
A new constraint is a new subclass of `Model` with one method, `log_probability`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
ArrayLike = float | Array
_ModelT = TypeVar("_ModelT", bound="Model")

_LOG_SQRT_2PI = 0.5 * np.log(2 * np.pi)
_SHARP = 1e-9
"""Width at which a Gaussian field is as good as no noise at all."""


class Kernel(NamedTuple):
    r"""A log-probability :math:`\ell` with its first two derivatives in the mean field `h`."""

    log: Array
    d1: Array
    d2: Array


@dataclass(frozen=True, eq=False)
class Model(ABC):
    r"""A constraint on the stabilities, at margin `kappa` and inverse temperature `beta`.

    Parameters
    ----------
    kappa : float or array
        Margin. An array makes every function of the theory broadcast over it.
    beta : float or array, default inf
        Inverse temperature of the energy "number of violated patterns"; ``inf`` counts solutions.

    Raises
    ------
    ValueError
        If `kappa` is not finite, or `beta` is negative or NaN.
    """

    kappa: ArrayLike = 0.0
    beta: ArrayLike = np.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "kappa", _checked("kappa", self.kappa))
        object.__setattr__(self, "beta", _checked("beta", self.beta))
        if not np.all(np.isfinite(self.kappa)):
            raise ValueError(f"kappa must be finite; got {self.kappa}")
        if np.any(np.isnan(self.beta)) or np.any(np.asarray(self.beta) < 0):
            raise ValueError(f"beta must be non-negative (inf counts solutions); got {self.beta}")

    @abstractmethod
    def log_probability(self, mean: Array, std: ArrayLike) -> Kernel:
        r""":math:`\log P(h + \sigma x\ \mathrm{allowed})` and its first two derivatives in `h`.

        Parameters
        ----------
        mean, std : array
            Mean `h` and standard deviation :math:`\sigma > 0` of the field; they broadcast with `kappa`.
        """

    @property
    @abstractmethod
    def edges(self) -> tuple[ArrayLike, ...]:
        """Fields at which a pattern changes from allowed to forbidden (where the kernel is steep)."""

    @property
    def is_even(self) -> bool:
        """Whether the allowed set is symmetric under `h` → `-h` (then overlaps can vanish by symmetry)."""
        return False

    @property
    def is_concave(self) -> bool:
        """Whether the kernel is log-concave in `h` (an interval of allowed fields; not so at finite beta)."""
        return bool(np.all(np.isposinf(self.beta)))

    @property
    def has_teacher(self) -> bool:
        """Whether the labels come from a teacher rather than at random."""
        return False

    def log_kernel(self, mean: Array, std: ArrayLike) -> Kernel:
        r"""The kernel :math:`\ell(h, \sigma)` at the model's `beta`, with its first two derivatives in `h`.

        With :math:`p = (1-e^{-\beta}) P e^{-\ell}` the probability that the pattern is satisfied given its weight,
        :math:`\ell' = p (\log P)'` and :math:`\ell'' = p[(\log P)'' + (\log P)'^2] - \ell'^2`.
        """
        bare = self.log_probability(mean, std)
        if np.all(np.isposinf(self.beta)):
            return bare
        beta = np.asarray(self.beta)
        with np.errstate(divide="ignore"):
            log_weight = np.log(-np.expm1(-beta))
        log = np.logaddexp(-beta, log_weight + bare.log)
        satisfied = np.exp(log_weight + bare.log - log)
        d1 = satisfied * bare.d1
        return Kernel(log, d1, satisfied * (bare.d2 + bare.d1**2) - d1**2)

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        r"""The kernel itself, :math:`e^\ell`, and its derivative in `h` (cheap, for sums that need no logarithm)."""
        kernel = self.log_kernel(mean, std)
        value = np.exp(kernel.log)
        return value, value * kernel.d1

    def violation(self, mean: Array, std: ArrayLike) -> Array:
        r"""Thermal probability that the pattern is violated, :math:`-\partial\ell/\partial\beta` (0 at beta = inf)."""
        beta = np.asarray(self.beta)
        bare = self.log_probability(mean, std).log
        log = self.log_kernel(mean, std).log
        probability: Array = np.exp(-beta - log) * -np.expm1(np.minimum(bare, 0.0))
        return probability

    def allows(self, h: ArrayLike) -> NDArray[np.bool_]:
        """Whether a pattern of stability `h` is satisfied (the edges included)."""
        with np.errstate(all="ignore"):
            sharp = self.log_probability(np.asarray(h, dtype=float), _SHARP)
        return np.asarray(sharp.log >= np.log(0.5) - 1e-6)

    def at(self: _ModelT, **parameters: Any) -> _ModelT:
        """Copy of the model with other parameters, e.g. ``model.at(kappa=0.1)``."""
        return replace(self, **parameters)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, Model)
        return np.array_equal(self.kappa, other.kappa) and np.array_equal(self.beta, other.beta)

    def __hash__(self) -> int:
        return hash((type(self).__name__, np.asarray(self.kappa).tobytes(), np.asarray(self.beta).tobytes()))


@dataclass(frozen=True, eq=False)
class BinaryPerceptron(Model):
    r"""Binary perceptron: a pattern is satisfied when :math:`h \ge \kappa`.

    Examples
    --------
    >>> BinaryPerceptron(kappa=0.0)
    BinaryPerceptron(kappa=0.0, beta=inf)
    """

    def log_probability(self, mean: Array, std: ArrayLike) -> Kernel:
        r""":math:`\log H((\kappa - h)/\sigma)` with its derivatives in `h`."""
        x = (self.kappa - mean) / std
        ratio = hazard(x)
        return Kernel(special.log_ndtr(-x), ratio / std, -ratio * (ratio - x) / np.square(std))

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        r""":math:`e^{-\beta} + (1-e^{-\beta})H(x)` and its derivative, :math:`x = (\kappa - h)/\sigma`."""
        x = (self.kappa - mean) / std
        satisfied = -np.expm1(-np.asarray(self.beta))
        value = np.exp(-np.asarray(self.beta)) + satisfied * special.ndtr(-x)
        return np.asarray(value), np.asarray(satisfied * np.exp(-0.5 * x * x - _LOG_SQRT_2PI) / std)

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """The margin."""
        return (self.kappa,)


@dataclass(frozen=True, eq=False)
class TeacherStudent(BinaryPerceptron):
    r"""Perceptron whose labels are given by a binary teacher; the student must reach :math:`h \ge \kappa`.

    At ``kappa=0`` and ``beta=inf`` the teacher is itself one of the solutions and inference is Bayes-optimal: the
    student-student overlap equals the teacher-student overlap.
    """

    @property
    def has_teacher(self) -> bool:
        """Labels come from a teacher."""
        return True


@dataclass(frozen=True, eq=False)
class SymmetricBinaryPerceptron(Model):
    r"""Symmetric binary perceptron: a pattern is satisfied when :math:`|h| \le \kappa`, :math:`\kappa > 0`."""

    kappa: ArrayLike = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.any(np.asarray(self.kappa) <= 0):
            raise ValueError(f"kappa must be positive for |h| <= kappa to have solutions; got {self.kappa}")

    def log_probability(self, mean: Array, std: ArrayLike) -> Kernel:
        r""":math:`\log[\Phi((\kappa-h)/\sigma) - \Phi((-\kappa-h)/\sigma)]` with its derivatives in `h`."""
        sign = np.where(np.asarray(mean) < 0, -1.0, 1.0)
        near, far = (np.abs(mean) - self.kappa) / std, (np.abs(mean) + self.kappa) / std
        log = _log_ndtr_difference(near, far)
        # In the tail, G/P by the hazard: exp(-near^2/2 - log) would lose near^2 eps.
        tail = near > 0
        direct = np.exp(-0.5 * np.minimum(near, 0.0) ** 2 - _LOG_SQRT_2PI - np.where(tail, 0.0, log))
        share = -np.expm1(special.log_ndtr(-far) - special.log_ndtr(-near))
        density_near = np.where(tail, hazard(np.maximum(near, 0.0)) / share, direct)
        density_far = density_near * np.exp(-0.5 * (far - near) * (far + near))
        d1 = (density_far - density_near) / std
        curvature = (near * density_near - far * density_far) / np.square(std)
        return Kernel(log, sign * d1, curvature - d1**2)

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """Both margins."""
        return (-np.asarray(self.kappa), self.kappa)

    @property
    def is_even(self) -> bool:
        """The allowed set is symmetric."""
        return True


def hazard(x: ArrayLike) -> Array:
    r"""Inverse Mills ratio :math:`G(x)/H(x) = \sqrt{2/\pi}/\mathrm{erfcx}(x/\sqrt2)`, free of overflow."""
    return np.asarray(np.sqrt(2 / np.pi) / special.erfcx(np.asarray(x) / np.sqrt(2)))


def _log_ndtr_difference(near: Array, far: Array) -> Array:
    """log[H(near) - H(far)] for near < far and near + far >= 0, without cancellation in the tail."""
    log_near = special.log_ndtr(-near)
    tail = log_near + np.log1p(-np.exp(special.log_ndtr(-far) - log_near))
    bulk = np.log1p(-(special.ndtr(np.minimum(near, 0.0)) + special.ndtr(-far)))
    return np.asarray(np.where(near > 0, tail, bulk))


def checked_real(name: str, value: Any) -> Array:
    """A fresh float array of the argument.

    Raises
    ------
    TypeError
        If it is not a real number or an array of them (text that spells a number is refused too).
    """
    try:
        if np.asarray(value).dtype.kind not in "USc":
            return np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    raise TypeError(f"{name} must be a real number or an array of them; got {value!r}")


def checked_model(model: Any) -> None:
    """Refuse what is not a model.

    Raises
    ------
    TypeError
        If it is not an instance of `Model`.
    """
    if not isinstance(model, Model):
        raise TypeError(f"model must be a Model such as BinaryPerceptron(kappa=0.0); got {model!r}")


def _checked(name: str, value: Any) -> ArrayLike:
    """The parameter as a float or a read-only float array."""
    array = checked_real(name, value)
    if array.ndim == 0:
        return float(array)
    array.flags.writeable = False
    return array
