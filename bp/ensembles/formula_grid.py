"""The random formulas that a run asks for: every ratio at every size, so many of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike

from bp.memory import require_memory
from bp.messages.state import Form
from replica_theory.arguments import POSITIVE, checked_integer, checked_integers, checked_kind, checked_numbers
from replica_theory.models.registry import particulars
from replica_theory.models.satisfiability import RandomSatisfiability

LITERAL = 160.0
"""Bytes that a literal takes while a formula is drawn, and its messages."""


@dataclass(frozen=True)
class FormulaGrid:
    """Ratios, sizes and samples of random satisfiability; its methods are those of `bp.ensembles.grid.Grid`.

    Attributes
    ----------
    model : RandomSatisfiability
    alpha : tuple of float
        Clauses per variable, all different; every one gives a clause at every size.
    n : tuple of int
        Sizes, all different, at least the length of a clause.
    samples : int
        Formulas of each ratio and size.
    """

    methods: ClassVar[tuple[Form, ...]] = ("exact",)
    """Forms of the messages, first that which is taken by default."""

    model: RandomSatisfiability
    alpha: tuple[float, ...]
    n: tuple[int, ...]
    samples: int

    @classmethod
    def checked(cls, model: RandomSatisfiability, alpha: ArrayLike, n: ArrayLike, samples: int, *, least: int) -> Self:
        """A grid of what a user gave; TypeError or ValueError if there is none such."""
        checked_kind("model", model, RandomSatisfiability)
        sizes = checked_integers("n", n, least)
        samples = checked_integer("samples", samples, least)
        grid = cls(model, checked_numbers("alpha", alpha, POSITIVE), sizes, samples)
        grid.require_constraints(sizes)
        return grid

    def require_constraints(self, n: Sequence[int], instead: str = "") -> None:
        """Refuse sizes at which a clause has too few variables, or a ratio that gives no clause."""
        low, smallest = min(self.alpha), min(n)
        if smallest < self.model.k:
            raise ValueError(f"n must be at least k={self.model.k}, the variables of a clause; got {smallest}{instead}")
        if round(low * smallest) < 1:
            raise ValueError(
                f"alpha={low} at n={smallest} gives no clauses; alpha must be above {0.5 / smallest:.3g}{instead}"
            )

    def require_memory(
        self,
        method: Form,
        n: Sequence[int] | None = None,
        *,
        entry: float = LITERAL,
        instead: str = "choose a smaller n",
    ) -> None:
        """Refuse formulas that do not fit with their messages, of `entry` bytes a literal (MemoryError)."""
        literals = max(self.alpha) * max(self.n if n is None else n) * self.model.k
        require_memory(max(entry, LITERAL) * literals, f"{literals:.3g} literals of a formula", instead)

    def settings(self, root: int) -> dict[str, Any]:
        """What the points of a run depend on (not their number: more samples extend a run)."""
        named = {"model": type(self.model).__name__, **particulars(self.model)}
        return named | {"alpha": self.alpha, "n": self.n, "seed": root}
