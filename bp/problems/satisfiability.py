"""Satisfiability: clauses, each of which wants one of its literals to be true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.memory import require_memory
from bp.problems.clause_walker import ClauseWalker, Occurrences, Sides, violated
from bp.problems.constraint import frozen
from bp.problems.problem import Messaging, Problem
from bp.problems.propagation import implied
from bp.problems.walkers import Energy, FocusedWalker, Walker
from bp.randomness import Rng, generator
from replica_theory.arguments import (
    POSITIVE,
    checked_choice,
    checked_flag,
    checked_integer,
    checked_number,
    checked_signs,
    is_integer,
    is_listed,
    shown,
)

MAX_VARIABLES = 2**31 - 1
_FOCUS = (0.57, 0.37), (0.38, 0.293)
_REDRAWN = 4
"""Clauses shorter than the root of N by this factor are drawn again where a variable comes twice."""


@dataclass(frozen=True, eq=False, repr=False)
class Satisfiability(Messaging, Problem):
    r"""`M` clauses over `N` variables, a formula in conjunctive normal form.

    Variables are weights: :math:`W_i=+1` is true, -1 false. A literal is a number as in DIMACS files: `i` for variable
    `i`, `-i` for its negation, variables counted from 1. A clause is satisfied if one of its literals is true.

    Parameters
    ----------
    clauses : sequence of sequences of int
        Literals of each clause, of any length; or an array (M, k). A literal that comes twice in a clause counts once;
        a clause with a variable and its negation is always satisfied, and left out.
    n : int, optional
        Number of variables; by default the largest that comes in a clause.
    planted : array_like, shape (N,), optional
        A configuration that satisfies every clause, kept for measurements.

    Attributes
    ----------
    n : int
    starts : array of int64, shape (M + 1,)
        Clause `a` has the literals ``starts[a]`` to ``starts[a + 1]``.
    literals : array of int32
        Those of all clauses, one clause after the other.
    planted : array of int8, shape (N,), or None

    Raises
    ------
    TypeError, ValueError
        If a literal is no integer, is 0 or beyond `n`, or `planted` does not satisfy every clause.

    Examples
    --------
    >>> sat = Satisfiability([[1, -2], [2, 3], [-1, -3]])
    >>> sat.n, sat.n_constraints, sat.errors([1, 1, -1]), sat.errors([1, -1, 1])
    (3, 3, 0, 1)
    """

    n: int
    starts: NDArray[np.int64]
    literals: NDArray[np.int32]
    planted: NDArray[np.int8] | None

    def __init__(self, clauses: Iterable[Sequence[int]], n: int | None = None, *, planted: ArrayLike | None = None):
        self._fill(*_checked_clauses(clauses), n, planted)

    @classmethod
    def of(
        cls, starts: NDArray[np.int64], literals: NDArray[np.int32], n: int | None, planted: ArrayLike | None = None
    ) -> Satisfiability:
        """A formula of clauses that are arrays already, as the attributes; the rest is as for `Satisfiability`."""
        formula = cls.__new__(cls)
        formula._fill(*_arrays(starts, literals), n, planted)
        return formula

    def _fill(
        self, starts: NDArray[np.int64], literals: NDArray[np.int32], n: int | None, planted: ArrayLike | None
    ) -> None:
        largest = int(np.max(np.abs(literals), initial=0))
        n = max(largest, 1) if n is None else checked_integer("n", n, 1, MAX_VARIABLES)
        if largest > n:
            raise ValueError(f"n must be at least {largest}, the largest variable in a clause; got {n}")
        starts, literals = _tidied(starts, literals)
        if len(starts) == 1:
            raise ValueError("clauses must hold at least one that is not always satisfied")
        weights = None if planted is None else checked_signs("planted", planted, n)
        kept = {"n": n, "starts": frozen(starts), "literals": frozen(literals)}
        for name, value in (kept | {"planted": None if weights is None else frozen(weights)}).items():
            object.__setattr__(self, name, value)
        if weights is not None and (wrong := self.errors(weights)):
            raise ValueError(f"planted must satisfy every clause; it violates {wrong}")

    def __repr__(self) -> str:
        sizes = np.unique(self.sizes).tolist()
        lengths = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
        return f"Satisfiability({self.n_constraints} clauses of {lengths} literals over {self.n} variables)"

    model, condensation, relaxation = None, (0.0, 0.25), (0.3, 1e-2)
    couplings = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2)
    betas, order = MappingProxyType({"errors": (5.0, np.inf)}), "sweep"

    @property
    def n_constraints(self) -> int:
        """Number of clauses M."""
        return len(self.starts) - 1

    @property
    def n_edges(self) -> int:
        """Number of literals of all clauses."""
        return len(self.literals)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of literals of each clause, shape (M,)."""
        return np.diff(self.starts)

    @property
    def clauses(self) -> list[list[int]]:
        """The clauses, literals by clause."""
        return [part.tolist() for part in np.split(self.literals, self.starts[1:-1])]

    def violated(self, weights: ArrayLike) -> NDArray[np.bool_]:
        """Which clauses a configuration violates, shape (M,)."""
        signs = checked_signs("weights", weights, self.n)
        wrong = np.empty(self.n_constraints, dtype=np.bool_)
        violated(self.starts, self.literals, signs, wrong)
        return wrong

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Clauses, number of variables, and the planted configuration."""
        kept: dict[str, NDArray[Any]] = {"starts": self.starts, "literals": self.literals, "n": np.asarray(self.n)}
        return kept if self.planted is None else kept | {"planted": self.planted}

    def refutation(self) -> str:
        """A proof by unit propagation that there is no solution, in a sentence; empty where it finds none."""
        return _refuted(self)

    def implied(self, values: NDArray[np.int8]) -> NDArray[np.int8]:
        """Values that follow from some by unit propagation, and these, shape (N,); these alone if a clause fails."""
        found, conflict = implied(self.n, self.starts, self.literals, values)
        return found if conflict < 0 else values

    @property
    def focus(self) -> tuple[float, float]:
        """Noise of WalkSAT and of focused Metropolis search for clauses of this length."""
        return _FOCUS[bool(np.median(self.sizes) > 3)]

    @property
    def energies(self) -> tuple[Energy, ...]:
        """Energies that a walker can follow."""
        return ("errors",)

    def walker(self, weights: ArrayLike, energy: Energy = "errors") -> Walker:
        """A walker by single flips, with the clauses that each flip breaks and makes at hand."""
        signs = checked_signs("weights", weights, self.n)
        checked_choice("energy", energy, self.energies)
        return ClauseWalker(self.occurrences, signs)

    def focused(self, weights: ArrayLike) -> FocusedWalker:
        """A walker by flips of variables of violated clauses."""
        return ClauseWalker(self.occurrences, checked_signs("weights", weights, self.n))

    @cached_property
    def sides(self) -> Sides:
        """The literals as places in arrays of 2N."""
        return Sides.of(self.n, self.starts, self.literals)

    @cached_property
    def occurrences(self) -> Occurrences:
        """Where each variable occurs."""
        return Occurrences.of(self.n, self.starts, self.literals)


def _refuted(formula: Satisfiability) -> str:
    """Why unit propagation fails, in a sentence; empty if it does not."""
    if not np.all(formula.sizes):
        return f"clause {int(np.argmin(formula.sizes)) + 1} is empty"
    conflict = implied(formula.n, formula.starts, formula.literals)[1]
    if conflict < 0:
        return ""
    return f"clauses with a single literal left force every literal of clause {conflict + 1} to be false"


def random_satisfiability(
    n: int, ratio: float, k: int = 3, rng: Rng = None, *, planted: bool = False
) -> Satisfiability:
    r"""Draw a random `k`-satisfiability formula with :math:`M=\mathrm{round}(\mathrm{ratio}\cdot N)` clauses.

    Every clause has `k` different variables, each negated with probability 1/2, independently of the others.

    Parameters
    ----------
    n : int
        Number of variables N.
    ratio : float
        Clauses per variable.
    k : int
        Literals of a clause, at most `n`.
    rng : int, SeedSequence, Generator or None
        Source of randomness.
    planted : bool
        Whether to draw a configuration first, and of all clauses only such as it satisfies.

    Returns
    -------
    Satisfiability

    Raises
    ------
    MemoryError
        If the clauses do not fit in memory.
    TypeError, ValueError
        If a number is not allowed or no clause results.

    Examples
    --------
    >>> random_satisfiability(n=100, ratio=4.2, k=3, rng=1)
    Satisfiability(420 clauses of 3 literals over 100 variables)
    """
    n, k = checked_integer("n", n, 1, MAX_VARIABLES), checked_integer("k", k)
    ratio = checked_number("ratio", ratio, POSITIVE)
    if k > n:
        raise ValueError(f"k must be at most n={n}, a clause having different variables; got {shown(k)}")
    if (m := round(ratio * n)) == 0:
        raise ValueError(f"ratio={ratio} at n={n} gives no clauses; ratio must be at least {0.5 / n:.3g}")
    hidden = checked_flag("planted", planted)
    require_memory(64.0 * m * k, f"{float(m):.6g} clauses of {k} literals", "take a smaller n or ratio")
    rng = generator(rng)
    variables = _different(rng, m, n, k)
    negated = rng.integers(0, 2, (m, k), dtype=np.int8).astype(bool)
    weights = None
    if hidden:
        weights = (2 * rng.integers(0, 2, n) - 1).astype(np.int8)
        true = weights[variables] > 0
        while len(broken := np.flatnonzero((true == negated).all(axis=1))):
            negated[broken] = rng.integers(0, 2, (len(broken), k), dtype=np.int8)
    literals = np.where(negated, -1 - variables, 1 + variables).astype(np.int32).ravel()
    return Satisfiability.of(np.arange(0, m * k + 1, k), literals, n, weights)


def _different(rng: np.random.Generator, m: int, n: int, k: int) -> NDArray[np.int64]:
    """Rows of `k` different numbers below `n`, (m, k)."""
    if _REDRAWN * k * k > n:
        every = np.arange(n)
        return np.array([rng.choice(every, k, replace=False) for _ in range(m)])
    rows = rng.integers(0, n, (m, k))
    todo = np.arange(m)
    while len(todo):
        ordered = np.sort(rows[todo], axis=1)
        todo = todo[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        rows[todo] = rng.integers(0, n, (len(todo), k))
    return rows


def _checked_clauses(clauses: Any) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Clauses as arrays."""
    what = "clauses must be sequences of literals, integers other than 0"
    if not is_listed(clauses):
        raise TypeError(f"{what}; got {shown(clauses)}")
    listed = list(clauses)
    sizes = np.empty(len(listed), dtype=np.int64)
    flat: list[int] = []
    for a, clause in enumerate(listed):
        if not is_listed(clause):
            raise TypeError(f"{what}; clause {a} is {shown(clause)}")
        for literal in (entries := list(clause)):
            if not is_integer(literal):
                raise TypeError(f"{what}; clause {a} holds {shown(literal)}")
            if not 0 < abs(int(literal)) <= MAX_VARIABLES:
                raise ValueError(f"{what} up to {MAX_VARIABLES}; clause {a} holds {shown(literal)}")
        sizes[a] = len(entries)
        flat.extend(map(int, entries))
    if not listed:
        raise ValueError(f"{what}; got none")
    return np.concatenate([[0], np.cumsum(sizes)]), np.array(flat, dtype=np.int32)


def _arrays(starts: Any, literals: Any) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The arrays, if they are clauses."""
    for name, array in (("starts", starts), ("literals", literals)):
        if not (isinstance(array, np.ndarray) and array.ndim == 1 and array.dtype.kind == "i"):
            raise TypeError(f"{name} must be an array of integers in a row; got {shown(array)}")
    if not (len(starts) > 1 and starts[0] == 0 and starts[-1] == len(literals) and np.all(np.diff(starts) >= 0)):
        raise ValueError(f"starts must rise from 0 to the number of literals, {len(literals)}; got {shown(starts)}")
    if len(literals) and (np.any(literals == 0) or np.max(np.abs(literals.astype(np.int64))) > MAX_VARIABLES):
        raise ValueError(f"literals must be integers other than 0 up to {MAX_VARIABLES}; got {shown(literals)}")
    return starts, literals


def _tidied(starts: NDArray[np.int64], literals: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Clauses in which every variable comes once; those with both of its literals are left out."""
    sizes = np.diff(starts)
    clause = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((literals, np.abs(literals), clause))
    same = (np.abs(literals[order])[1:] == np.abs(literals[order])[:-1]) & (clause[order][1:] == clause[order][:-1])
    if not same.any():
        return starts.astype(np.int64), literals.copy()
    equal = literals[order][1:] == literals[order][:-1]
    always = np.zeros(len(sizes), dtype=bool)
    always[clause[order][1:][same & ~equal]] = True
    kept = ~always[clause]
    kept[order[1:][same & equal]] = False
    left = np.bincount(clause[kept], minlength=len(sizes))[~always]
    return np.concatenate([[0], np.cumsum(left)]), literals[kept]
