"""The binary perceptron, with random labels or a teacher's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import special

from replica_theory.models.model import LOG_SQRT_2PI, Kernel, Model
from replica_theory.numerics.namespace import NUMPY, Namespace
from replica_theory.typing import Array, ArrayLike


@dataclass(frozen=True, eq=False, repr=False)
class BinaryPerceptron(Model):
    r"""Binary perceptron: a pattern is satisfied when :math:`h \ge \kappa`.

    Examples
    --------
    >>> BinaryPerceptron(kappa=0.0)
    BinaryPerceptron(kappa=0.0, beta=inf)
    """

    name: ClassVar[str] = "binary"
    title: ClassVar[str] = "binary perceptron"
    condition: ClassVar[str] = "h >= kappa"

    def log_probability(self, mean: Any, std: Any, space: Namespace = NUMPY) -> Kernel:
        r""":math:`\log H((\kappa - h)/\sigma)` with its derivatives in `h`."""
        x = (self.kappa - mean) / std
        ratio = hazard(x, space)
        return Kernel(space.special.log_ndtr(-x), ratio / std, -ratio * (ratio - x) / (std * std))

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        r""":math:`e^{-\beta} + (1-e^{-\beta})H(x)` and its derivative, :math:`x = (\kappa - h)/\sigma`."""
        x = (self.kappa - mean) / std
        satisfied = -np.expm1(-np.asarray(self.beta))
        value = np.exp(-np.asarray(self.beta)) + satisfied * special.ndtr(-x)
        return np.asarray(value), np.asarray(satisfied * np.exp(-0.5 * x * x - LOG_SQRT_2PI) / std)

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """The margin."""
        return (self.kappa,)

    @property
    def allowed_intervals(self) -> tuple[tuple[ArrayLike, ArrayLike], ...]:
        """From the margin on."""
        return ((self.kappa, np.inf),)


@dataclass(frozen=True, eq=False, repr=False)
class TeacherStudent(BinaryPerceptron):
    r"""Perceptron whose labels are given by a binary teacher; the student must reach :math:`h \ge \kappa`.

    At ``kappa=0`` and ``beta=inf`` the teacher is itself one of the solutions and inference is Bayes-optimal: the
    student-student overlap equals the teacher-student overlap.
    """

    name: ClassVar[str] = "teacher-student"
    title: ClassVar[str] = "teacher-student perceptron"
    condition: ClassVar[str] = "h >= kappa with the labels of a binary teacher"

    @property
    def has_teacher(self) -> bool:
        """Labels come from a teacher."""
        return True


def hazard(x: Any, space: Namespace = NUMPY) -> Any:
    r"""Inverse Mills ratio :math:`G(x)/H(x) = \sqrt{2/\pi}/\mathrm{erfcx}(x/\sqrt2)`, free of overflow."""
    return math.sqrt(2 / math.pi) / space.special.erfcx(x / math.sqrt(2))
