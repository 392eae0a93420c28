r"""What a weight may be, and the measure it is counted by: binary, on the sphere, or any few levels.

A weight in a Gaussian field of mean `h` and precision `c` enters every functional through

.. math:: g(h, c) = \log\sum_w\rho(w)\,e^{hw - cw^2/2}

and its derivatives: the mean :math:`g' = \langle w\rangle` and the variance :math:`g''`; and
:math:`-2\partial_c g = \langle w^2\rangle`. Where the mean squared weight `Q` is not fixed by the weights themselves,
it is one more order parameter and `c` its conjugate; the fields of the patterns have variance `Q`, and inside one
cluster of overlap `q` the width :math:`\sqrt{Q - q}`.

====================  =======================================================  =======
weights               :math:`g(h, c)`                                          `Q`
====================  =======================================================  =======
`BinaryWeights`       :math:`\log 2\cosh h`                                    1
`SphericalWeights`    :math:`h^2/2c - \frac12\log c - \frac12`                 1
`DiscreteWeights`     as above                                                 free
====================  =======================================================  =======
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np

from replica_theory.arguments import FINITE, POSITIVE, checked_real, checked_text, is_listed, shown
from replica_theory.numerics.binary import log2cosh
from replica_theory.numerics.gaussian import Rule, multi_rule, rule
from replica_theory.typing import Array, ArrayLike

_FEWEST = 41
"""Nodes for each of many steps, at least."""
_FARTHEST = 8.0
"""Steps of the Gaussian variable beyond this many standard deviations need no nodes of their own."""


class Tilt(NamedTuple):
    """A weight in a field: :math:`g`, its mean :math:`g'` and its variance :math:`g''`."""

    log: Array
    mean: Array
    variance: Array


class Step(NamedTuple):
    """A field at which the mean weight rises, and over what range of fields."""

    field: ArrayLike
    width: float


class Entropic(NamedTuple):
    r"""The entropic term and what is read off it, one entry a point.

    `value` is :math:`E\,g(\sqrt{\hat q}z + \hat Rw^*, c)` over `z` and the teacher's weight, `error` its estimated
    quadrature error; `q`, `r` and `square` are :math:`E\langle w\rangle^2`, :math:`E w^*\langle w\rangle` and
    :math:`E\langle w^2\rangle`, `response` is :math:`E(g'')^2`, and `log_prior` is :math:`E\langle\log\rho(w)\rangle`.
    """

    value: Array
    error: Array
    q: Array
    r: Array
    square: ArrayLike
    response: Array
    log_prior: ArrayLike


class Rests(NamedTuple):
    """What is left, Q - q, to relative accuracy also where it is small, with R and Q."""

    rest: Array
    r: Array
    square: ArrayLike


class Orders(NamedTuple):
    """Overlap q, overlap R with the teacher, and mean squared weight Q, one entry a point."""

    q: Array
    r: Array
    square: ArrayLike = 1.0


@dataclass(frozen=True)
class Weights(ABC):
    """What one weight may be; its methods take arrays of fields."""

    name: ClassVar[str] = ""
    """On command lines and in files."""
    square: ClassVar[float | None] = None
    """The mean squared weight `Q` where it is the same for all configurations; None where it is an order parameter."""
    counts: ClassVar[bool] = True
    """Whether entropies count configurations (and are negative only where there are none)."""

    @property
    @abstractmethod
    def moments(self) -> tuple[float, float]:
        """Mean and mean square of a weight without patterns."""

    @property
    def most_square(self) -> float:
        """The largest mean squared weight that configurations can have."""
        return 1.0

    @property
    def is_even(self) -> bool:
        """Whether the measure is the same for `w` and `-w` (then overlaps can vanish by symmetry)."""
        return True

    @property
    def log_measure(self) -> float:
        """Entropy of all configurations, :math:`g(0, 0)`."""
        return 0.0

    @property
    def has_prior(self) -> bool:
        """Whether configurations weigh differently: then free entropy and entropy are two."""
        return False

    @property
    def log_teacher(self) -> float:
        r"""Logarithm of the weight of a typical teacher in the measure, :math:`E\log\rho(w^*)`."""
        return 0.0

    @property
    def text(self) -> str:
        """What `weights_of` makes these weights of; "" if nothing does."""
        return self.name

    @abstractmethod
    def tilt(self, h: Array, c: ArrayLike = 0.0) -> Tilt:
        """:math:`g(h, c)` with its first two derivatives in `h`."""

    def mean(self, h: Array, c: ArrayLike = 0.0) -> Array:
        """:math:`g'`, the mean weight."""
        return self.tilt(h, c).mean

    def variance(self, h: Array, c: ArrayLike = 0.0) -> Array:
        """:math:`g''`, to relative accuracy also where it is small."""
        return self.tilt(h, c).variance

    def multiplier(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0) -> ArrayLike:
        """The `c` that belongs to the other conjugates where `Q` is fixed; elsewhere the `c` that is given."""
        return c

    @abstractmethod
    def means(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 121) -> Orders:
        """Overlaps at given conjugates."""

    @abstractmethod
    def rests(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 121) -> Rests:
        r""":math:`Q - q = E g''` to relative accuracy, `R` and `Q`."""

    @abstractmethod
    def entropic(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 241) -> Entropic:
        """The entropic term at given conjugates, each measure set up once."""


@dataclass(frozen=True)
class _Levels(Weights):
    """Weights of finitely many levels: averages by quadrature over the field."""

    @property
    @abstractmethod
    def _teachers(self) -> tuple[tuple[float, float], ...]:
        """Weights of a teacher and their probabilities, up to what symmetry makes the same."""

    @abstractmethod
    def _steps(self, c: ArrayLike) -> list[Step]:
        """Where the mean weight rises."""

    def _square(self, h: Array, c: ArrayLike, tilt: Tilt) -> Array | None:
        """The mean squared weight where it depends on the field."""
        return tilt.variance + tilt.mean**2

    def log_prior(self, h: Array, c: ArrayLike) -> Array | None:
        """The mean of the logarithm of the prior, where it is not 0."""
        return None

    def means(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 121) -> Orders:
        found: list[list[Array]] = []
        for w, share in self._teachers:
            z, h = self.field(q_hat, r_hat * w, c, n)
            if self.square is not None:
                m = self.mean(h, c)
                found.append([share * z.integrate(m**2), share * w * z.integrate(m)])
                continue
            tilt = self.tilt(h, _column(c))
            square = z.integrate(tilt.variance + tilt.mean**2)
            found.append([share * z.integrate(tilt.mean**2), share * w * z.integrate(tilt.mean), share * square])
        q, r, *square_ = (sum(column[1:], column[0]) for column in zip(*found, strict=True))
        return Orders(q, r, square_[0] if square_ else 1.0)

    def rests(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 121) -> Rests:
        parts = []
        for w, share in self._teachers:
            z, h = self.field(q_hat, r_hat * w, c, n)
            rest, m = self.variance(h, _column(c)), self.mean(h, _column(c))
            square = z.integrate(rest + m**2) if self.square is None else np.ones_like(q_hat)
            parts.append([share * z.integrate(rest), share * w * z.integrate(m), share * square])
        return Rests(*(sum(column[1:], column[0]) for column in zip(*parts, strict=True)))

    def entropic(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 241) -> Entropic:
        parts = []
        for w, share in self._teachers:
            z, h = self.field(q_hat, r_hat * w, c, n)
            tilt = self.tilt(h, _column(c))
            square, prior = self._square(h, c, tilt), self.log_prior(h, c)
            columns = [
                z.integrate(tilt.log),
                z.error(tilt.log),
                z.integrate(tilt.mean**2),
                w * z.integrate(tilt.mean),
                np.ones_like(q_hat) if square is None else z.integrate(square),
                z.integrate(tilt.variance**2),
                np.zeros_like(q_hat) if prior is None else z.integrate(prior),
            ]
            parts.append([share * column for column in columns])
        return Entropic(*(sum(column[1:], column[0]) for column in zip(*parts, strict=True)))

    def field(self, q_hat: Array, shift: Array, c: ArrayLike, n: int) -> tuple[Rule, Array]:
        """Rule over a field of variance `q_hat` about `shift` that resolves the steps, and the fields at its nodes."""
        scale = 1 / np.maximum(np.sqrt(q_hat), 1e-6)
        steps = self._steps(c)
        centers = [np.clip((step.field - shift) * scale, -_FARTHEST, _FARTHEST) for step in steps]
        z = multi_rule(centers, [step.width * scale for step in steps], _nodes(n, len(steps)))
        return z, np.sqrt(q_hat)[..., None] * z.nodes + shift[..., None]


@dataclass(frozen=True)
class BinaryWeights(_Levels):
    r"""Weights :math:`\pm1`, the default.

    Examples
    --------
    >>> import numpy as np
    >>> BinaryWeights().tilt(np.zeros(())).log.round(6).tolist()
    0.693147
    """

    name: ClassVar[str] = "binary"
    square: ClassVar[float | None] = 1.0

    @property
    def moments(self) -> tuple[float, float]:
        """Mean 0, mean square 1."""
        return 0.0, 1.0

    @property
    def log_measure(self) -> float:
        """Entropy of all signs."""
        return float(np.log(2))

    @property
    def _teachers(self) -> tuple[tuple[float, float], ...]:
        return ((1.0, 1.0),)

    def _steps(self, c: ArrayLike) -> list[Step]:
        return [Step(0.0, 1.0)]

    def _square(self, h: Array, c: ArrayLike, tilt: Tilt) -> None:
        return None

    def _field(self, q_hat: Array, shift: Array, c: ArrayLike, n: int) -> tuple[Rule, Array]:
        root = np.sqrt(q_hat)
        scale = 1 / np.maximum(root, 1e-6)
        z = rule(np.clip(-shift * scale, -_FARTHEST, _FARTHEST), scale, n)
        return z, root[..., None] * z.nodes + shift[..., None]

    def means(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 121) -> Orders:
        r""":math:`E\tanh^2`, :math:`E\tanh` and 1."""
        z, h = self._field(q_hat, r_hat, c, n)
        m = np.tanh(h)
        return Orders(z.integrate(m**2), z.integrate(m))

    def entropic(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 241) -> Entropic:
        r"""Averages of :math:`\log2\cosh`, :math:`\tanh` and their powers."""
        z, h = self._field(q_hat, r_hat, c, n)
        log, m = log2cosh(h), np.tanh(h)
        square = m**2
        q, r, response = z.integrate(square), z.integrate(m), z.integrate((1 - square) ** 2)
        return Entropic(z.integrate(log), z.error(log), q, r, 1.0, response, 0.0)

    def tilt(self, h: Array, c: ArrayLike = 0.0) -> Tilt:
        r""":math:`\log2\cosh h`, :math:`\tanh h` and :math:`1 - \tanh^2h`; `c` only shifts the origin, and counts 0."""
        m = np.tanh(h)
        return Tilt(log2cosh(h), m, np.asarray(1 - m**2))

    def mean(self, h: Array, c: ArrayLike = 0.0) -> Array:
        """The hyperbolic tangent."""
        return np.asarray(np.tanh(h))

    def variance(self, h: Array, c: ArrayLike = 0.0) -> Array:
        r""":math:`\mathrm{sech}^2h`."""
        return np.asarray(4 * np.exp(-2 * log2cosh(h)))


@dataclass(frozen=True)
class DiscreteWeights(_Levels):
    r"""Weights of some levels, each with a weight of its own in the measure.

    Without a `prior` every configuration counts 1, and entropies are logarithms of numbers of configurations. With one,
    configurations are weighted by :math:`\prod_i\rho(W_i)`: free entropies are those of this measure, and entropies
    those of the configurations that dominate it, :math:`s = \Phi - E\langle\log\rho\rangle` (at beta = inf).

    Parameters
    ----------
    levels : iterable of float
        At least two different numbers; kept in increasing order.
    prior : iterable of float, optional
        The weight :math:`\rho(w) > 0` of each level, not normalised; 1 each by default.

    Raises
    ------
    TypeError, ValueError
        If the levels are not finite numbers in a row, or are fewer than two, or one stands twice; if a prior is not
        positive, or there is not one for each level.

    Examples
    --------
    >>> DiscreteWeights([1, 0, -1])
    DiscreteWeights(levels=(-1.0, 0.0, 1.0), prior=(1.0, 1.0, 1.0))
    >>> print(f"{DiscreteWeights([-1, 0, 1]).log_measure:.6f}")  # log 3
    1.098612
    """

    levels: tuple[float, ...]
    prior: tuple[float, ...] = ()

    def __init__(self, levels: Any, prior: Any = None) -> None:
        found = _in_a_row("levels", levels)
        if len(found) < 2 or len(set(found)) < len(found):
            raise ValueError(f"levels must be at least two different numbers; got {shown(levels)}")
        weights = [1.0] * len(found) if prior is None else _in_a_row("prior", prior, positive=True)
        if len(weights) != len(found):
            raise ValueError(f"prior must have one number for each of {len(found)} levels; got {shown(prior)}")
        ordered = sorted(zip(found, weights, strict=True))
        object.__setattr__(self, "levels", tuple(w for w, _ in ordered))
        object.__setattr__(self, "prior", tuple(rho for _, rho in ordered))

    @cached_property
    def _w(self) -> Array:
        return np.array(self.levels)

    @cached_property
    def _log_rho(self) -> Array:
        return np.asarray(np.log(np.array(self.prior)))

    @property
    def most_square(self) -> float:
        """The largest squared level."""
        return max(w**2 for w in self.levels)

    @property
    def is_even(self) -> bool:
        """Whether levels and prior are symmetric about 0."""
        mirrored = tuple(-w for w in reversed(self.levels))
        return mirrored == self.levels and self.prior == tuple(reversed(self.prior))

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and mean square under the prior."""
        share = np.array(self.prior) / sum(self.prior)
        return (0.0 if self.is_even else float(share @ self._w)), float(share @ self._w**2)

    @property
    def log_measure(self) -> float:
        """Logarithm of the sum of the prior."""
        return float(np.log(sum(self.prior)))

    @property
    def log_teacher(self) -> float:
        r""":math:`E\log\rho` over the normalised prior."""
        return float(np.array(self.prior) @ self._log_rho) / sum(self.prior)

    @property
    def text(self) -> str:
        """The levels, with their prior where it is not 1."""
        plain = not self.has_prior
        return ",".join(f"{w:.17g}" if plain else f"{w:.17g}:{p:.17g}" for w, p in self._pairs)

    @property
    def has_prior(self) -> bool:
        """Whether the prior is not 1 everywhere."""
        return set(self.prior) != {1.0}

    @property
    def _pairs(self) -> list[tuple[float, float]]:
        return list(zip(self.levels, self.prior, strict=True))

    @property
    def _teachers(self) -> tuple[tuple[float, float], ...]:
        total = sum(self.prior)
        if not self.is_even:
            return tuple((w, rho / total) for w, rho in self._pairs)
        return tuple((w, (1 if w == 0 else 2) * rho / total) for w, rho in self._pairs if w >= 0)

    def _steps(self, c: ArrayLike) -> list[Step]:
        w, log_rho = self._w, self._log_rho
        gaps = np.diff(w)
        ties = [0.5 * (a + b) * np.asarray(c) for a, b in pairwise(w)]
        return [Step(tie - d / gap, 2 / gap) for tie, d, gap in zip(ties, np.diff(log_rho), gaps, strict=True)]

    def log_prior(self, h: Array, c: ArrayLike) -> Array | None:
        """The mean of the logarithm of the prior, None where it is 0."""
        if not self.has_prior:
            return None
        return np.asarray(self.shares(h, _column(c))[1] @ self._log_rho)

    def tilt(self, h: Array, c: ArrayLike = 0.0) -> Tilt:
        """:math:`g(h, c)` with its first two derivatives in `h`, accurate also where one level dominates."""
        log, share = self.shares(h, c)
        mean = share @ self._w
        return Tilt(log, mean, np.asarray((share * (self._w - mean[..., None]) ** 2).sum(axis=-1)))

    def shares(self, h: Array, c: ArrayLike) -> tuple[Array, Array]:
        """The logarithm, and the probability of every level along a last axis."""
        exponents = np.asarray(h)[..., None] * self._w - 0.5 * np.asarray(c)[..., None] * self._w**2 + self._log_rho
        top = exponents.max(axis=-1, keepdims=True)
        shares = np.exp(exponents - top)
        total = shares.sum(axis=-1, keepdims=True)
        return (top + np.log(total))[..., 0], shares / total


@dataclass(frozen=True)
class SphericalWeights(Weights):
    r"""Real weights on the sphere :math:`|W|^2 = N`; entropies are relative to its uniform measure.

    They are never positive, and :math:`-\infty` where no volume is left: a negative entropy is no failure here. The
    conjugate `c` is the Lagrange multiplier :math:`\lambda = \frac12(1 + \sqrt{1 + 4(\hat q+\hat R^2)}) = 1/(1-q)`.

    Examples
    --------
    >>> import numpy as np
    >>> means = SphericalWeights().means(np.array(2.0), np.array(0.0))
    >>> float(means.q), means.square
    (0.5, 1.0)
    """

    name: ClassVar[str] = "spherical"
    square: ClassVar[float | None] = 1.0
    counts: ClassVar[bool] = False

    @property
    def moments(self) -> tuple[float, float]:
        """Mean 0, mean square 1."""
        return 0.0, 1.0

    def tilt(self, h: Array, c: ArrayLike = 1.0) -> Tilt:
        r""":math:`h^2/2c - \frac12\log c - \frac12`, :math:`h/c` and :math:`1/c`, at a multiplier `c` > 0."""
        h, c = np.broadcast_arrays(np.asarray(h, dtype=float), np.asarray(c, dtype=float))
        return Tilt(np.asarray(0.5 * h**2 / c - 0.5 * np.log(c) - 0.5), np.asarray(h / c), np.asarray(1 / c))

    def multiplier(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0) -> Array:
        r""":math:`\lambda`, at which :math:`Q = 1`."""
        return np.asarray(0.5 * (1 + np.sqrt(1 + 4 * (q_hat + r_hat**2))))

    def means(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 121) -> Orders:
        r""":math:`(\hat q+\hat R^2)/\lambda^2` and :math:`\hat R/\lambda`."""
        lam = self.multiplier(q_hat, r_hat)
        return Orders(np.asarray((q_hat + r_hat**2) / lam**2), np.asarray(r_hat / lam), 1.0)

    def rests(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 121) -> Rests:
        r""":math:`1/\lambda` and :math:`\hat R/\lambda`."""
        lam = self.multiplier(q_hat, r_hat)
        return Rests(np.asarray(1 / lam), np.asarray(r_hat / lam), 1.0)

    def entropic(self, q_hat: Array, r_hat: Array, c: ArrayLike = 0.0, n: int = 241) -> Entropic:
        r""":math:`(\hat q+\hat R^2)/2\lambda - \frac12\log\lambda - \frac12`, and what follows from it."""
        lam, zero = self.multiplier(q_hat, r_hat), np.zeros_like(q_hat)
        value = 0.5 * (q_hat + r_hat**2) / lam - 0.5 * np.log(lam) - 0.5
        means = self.means(q_hat, r_hat)
        return Entropic(value, zero, means.q, means.r, np.ones_like(q_hat), np.asarray(lam**-2), 0.0)


BINARY = BinaryWeights()
"""The default of every model."""


def weights_of(text: str) -> Weights:
    """Weights from a word or from their levels, as command lines and files have them.

    Parameters
    ----------
    text : str
        ``"binary"``, ``"spherical"``, levels such as ``"-1,0,1"``, or levels with their prior, ``"-1:1,0:0.5,1:1"``.

    Raises
    ------
    TypeError, ValueError
        If it is something else.

    Examples
    --------
    >>> weights_of("-1,0,1") == DiscreteWeights([-1, 0, 1]), weights_of("spherical")
    (True, SphericalWeights())
    """
    checked_text("weights", text, "binary, spherical or levels such as -1,0,1")
    if text in (word := {kind.name: kind for kind in (BinaryWeights, SphericalWeights)}):
        return word[text]()
    parts = [part.split(":") for part in text.split(",")]
    try:
        numbers = [[float(number) for number in part] for part in parts]
    except ValueError:
        numbers = []
    if len({len(part) for part in numbers}) != 1 or len(numbers[0]) > 2:
        raise ValueError(f"weights must be binary, spherical or levels such as -1,0,1; got {shown(text)}")
    return DiscreteWeights(*map(list, zip(*numbers, strict=True)))


def _in_a_row(name: str, values: Any, *, positive: bool = False) -> list[float]:
    whole = isinstance(values, str | bytes | bytearray | memoryview | Mapping | Set | np.ndarray)
    listed = list(values) if is_listed(values) and not whole else values
    found = np.asarray(checked_real(name, listed, POSITIVE if positive else FINITE))
    if found.ndim != 1:
        raise ValueError(f"{name} must be numbers in a row; got {shown(values)}")
    row: list[float] = (found + 0.0).tolist()
    return row


def _nodes(n: int, steps: int) -> int:
    """Nodes for each of several steps: those of one lie in the tails of the others'."""
    return n if steps < 3 else max(_FEWEST, 2 * (n // steps) + 1)


def _column(c: ArrayLike) -> ArrayLike:
    """`c`, one entry a point, beside fields that have a last axis of nodes."""
    return np.asarray(c)[..., None] if np.ndim(c) else c
