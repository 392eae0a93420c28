r"""Max-sum messages: how much better the best configuration is with a weight up than down.

In the gauge of a pattern, :math:`z_j=\xi_{aj}\varphi_{j\to a}`, at least `k` products :math:`\xi_{aj}W_j` have to be
+1, and :math:`u_{a\to i}=\xi_{ai}\max(0,-z^{(-i)}_{(k)})` with the `k`-th largest of the others: two numbers and `N`
bits a pattern (`bp.messages._max_sum`). A largest allowed sum is the same for the products -1.
"""

from __future__ import annotations

import numpy as np

from bp.messages import _max_sum
from bp.messages.state import Messages
from bp.problems import _bits
from bp.problems.perceptron import Instance
from bp.randomness import Rng, generator
from replica_theory.typing import Array

_NUMBERS = 3
"""Of a pattern: the message to the members, to the rest, and the k-th largest field."""


class MaxSumState:
    """Max-sum messages of patterns of ±1, updated one pattern after the other in random order.

    Parameters
    ----------
    instance : Instance
        With patterns of ±1 and a single interval of allowed sums.
    rng : Generator
        Source of the orders.

    Attributes
    ----------
    fields : array, shape (N,)
        Fields of all patterns on each weight.
    contradiction : bool
        False: a pattern that cannot be satisfied is one by itself.
    """

    contradiction = False

    def __init__(self, instance: Instance, rng: np.random.Generator) -> None:
        assert instance.bits is not None
        self._bits, self._rng, (p, n) = instance.bits, rng, (instance.n_patterns, instance.n)
        self.fields: Array = np.zeros(n)
        (least, most), *_ = instance.allowed.lattice.tolist()
        bounds = [(1, (least + n) // 2)] if least > -n else []
        bounds += [(-1, (n - most) // 2)] if most < n else []
        self._bounds = bounds
        self._members = [np.zeros_like(self._bits) for _ in bounds]
        self._values = [np.zeros((p, _NUMBERS)) for _ in bounds]
        self.shared = id(self)

    def sweep(self, field: Array, damping: float) -> float:
        """Update every message once (undamped: two numbers and bits cannot be mixed); the largest change."""
        total, change = field + self.fields, 0.0
        for (side, k), members, values in zip(self._bounds, self._members, self._values, strict=True):
            order = self._rng.permutation(len(values))
            moved = _max_sum.sweep(self._bits, order, side, k, members, values, total)
            change = max(change, float(moved))
        self.fields = total - field
        return change

    def scale(self, factor: float) -> None:
        """Multiply all messages by a positive number, which leaves a fixed point one."""
        self.fields = factor * self.fields
        for values in self._values:
            values *= factor

    def measure(self, field: Array) -> tuple[Array, float, Array]:
        """Signs of the weights; maxima have no entropy (NaN)."""
        return np.where(field + self.fields < 0, -1.0, 1.0), np.nan, np.full(len(self._bits), np.nan)

    def snapshot(self) -> Messages:
        """Copy of the messages: for each bound the values, then the members as numbers, by pattern."""
        members = [_bits.unpack(m, len(self.fields)).astype(np.float64) for m in self._members]
        return Messages("max-sum", np.concatenate([*self._values, *members], axis=1), self.fields.copy())

    def restore(self, messages: Messages) -> None:
        """Go back to earlier messages."""
        bounds, n = len(self._bounds), len(self.fields)
        assert messages.g is not None
        self.fields = messages.g.copy()
        for k in range(bounds):
            self._values[k][:] = messages.fields[:, _NUMBERS * k : _NUMBERS * k + _NUMBERS]
            start = _NUMBERS * bounds + n * k
            self._members[k][:] = _bits.pack(messages.fields[:, start : start + n])


def _lacks(instance: Instance) -> str:
    """Why there are no max-sum messages on an instance; empty if there are."""
    if instance.bits is None:
        return "max-sum needs patterns of ±1; these are real"
    if not instance.allowed.is_hard or len(instance.allowed.lattice) > 1:
        return f"max-sum needs a single interval of allowed sums; {instance.model!r} is something else"
    (least, most), *_ = instance.allowed.lattice.tolist()
    if least >= instance.n or most <= -instance.n:
        return f"max-sum needs patterns that leave the weights a choice; {instance.model!r} forces every one"
    return ""


@Instance.optimises("max-sum", _lacks)
def max_sum_messages(instance: Instance, method: str, *, rng: Rng = None) -> MaxSumState:
    """Max-sum messages on an instance."""
    return MaxSumState(instance, generator(rng))
