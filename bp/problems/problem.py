"""What a problem is to the algorithms: one realisation of the disorder, and what can be done with it.

Every problem counts the constraints that a configuration violates. What it can do beyond that it offers through small
protocols, and a solver runs on every problem that has the protocol it needs: `Flippable` (walks by single flips),
`Focused` (walks by flips in violated constraints), `Online` (constraints shown one at a time), `Differentiable`
(descent in real weights), `Graphical` (messages, see `bp.messages.state`).
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.problems.learners import Learner
from bp.problems.walkers import Energy, FocusedWalker, Order, Walker
from bp.randomness import Rng, generator
from replica_theory.arguments import checked_choice, checked_field, checked_signs, shown

Domain = Literal["spins", "levels", "reals"]
"""What a weight is: ±1, one of the levels of the model, or a real number, all of them on the sphere."""


class Problem(ABC):
    """One realisation of the disorder on `n` weights; frozen, its arrays read-only.

    Attributes
    ----------
    n : int
        Number of weights.
    model : Model or None
        The system of `replica_theory` that this is an instance of.
    """

    n: int
    model: Any

    @property
    def domain(self) -> Domain:
        """Whether weights are ±1 (``"spins"``), of some levels (``"levels"``), or on the sphere (``"reals"``)."""
        return "spins"

    def require_spins(self, what: str) -> None:
        """Refuse weights other than ±1, where nothing else is known.

        Raises
        ------
        ValueError
            If the weights are others.
        """
        if reason := self.lacks_domain("spins"):
            raise ValueError(f"{what} {reason}")

    def lacks_domain(self, *domains: Domain) -> str:
        """What weights of some domains are needed, and which there are, as the end of a sentence; empty if they fit."""
        if self.domain in domains:
            return ""
        names = {"spins": "±1", "levels": "of levels", "reals": "on the sphere"}
        needed = " or ".join(names[domain] for domain in domains)
        given = names["spins"] if self.domain == "spins" else shown(self.model.weights)
        return f"needs weights {needed}; those of the problem are {given}"

    def checked(self, name: str, weights: ArrayLike) -> NDArray[Any]:
        """A fresh configuration of the problem's weights; TypeError or ValueError if it is none."""
        return checked_signs(name, weights, self.n)

    @property
    @abstractmethod
    def n_constraints(self) -> int:
        """Number of constraints."""

    @abstractmethod
    def violated(self, weights: ArrayLike) -> NDArray[np.bool_]:
        """Which constraints a configuration violates, shape (n_constraints,)."""

    @abstractmethod
    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Everything that the problem is made of, for files and fingerprints."""

    def errors(self, weights: ArrayLike) -> int:
        """Number of constraints that a configuration violates."""
        return int(np.count_nonzero(self.violated(weights)))

    def overlap(self, weights: ArrayLike, others: ArrayLike) -> float:
        r"""Overlap :math:`\frac1N\sum_iW_iV_i` of two configurations, or of magnetizations, shape (N,) each.

        It is formed in floating point: weights and teachers are int8, and numpy multiplies them within int8, where
        ``weights @ weights`` overflows from N = 128 on.

        Raises
        ------
        TypeError, ValueError
            If one is not N finite real numbers.

        Examples
        --------
        >>> import bp, replica_theory as rt
        >>> inst = bp.random_instance(rt.TeacherStudent(), n=201, alpha=0.5, rng=1)
        >>> inst.overlap(inst.teacher, inst.teacher), int(inst.teacher @ inst.teacher)
        (1.0, -55)
        """
        return float(checked_field("weights", weights, self.n) @ checked_field("others", others, self.n)) / self.n

    def start(self, rng: Rng) -> NDArray[Any]:
        """A random configuration, uniform of ±1."""
        return (2 * generator(rng).integers(0, 2, self.n) - 1).astype(np.int8)

    @property
    def alpha(self) -> float:
        """Load: constraints per weight."""
        return self.n_constraints / self.n

    def log_acceptance(self, weights: ArrayLike) -> NDArray[np.float64] | None:
        """Log-probability that a configuration satisfies each constraint; None where there is no doubt (`violated`)."""
        return None

    def refutation(self) -> str:
        """Why no configuration satisfies every constraint, in a sentence; empty where that is not proved."""
        return ""

    condensation: ClassVar[tuple[float, float]] = (0.2, 0.65)
    r"""Strengths :math:`\rho` of a reinforcement between which messages condense: little before, frozen after."""

    couplings: ClassVar[tuple[float, ...]] = (0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.7, 1.9, 2.1, 2.3, 2.5)
    r"""Couplings :math:`\gamma` to a reference, in turn, that lead a configuration to where solutions are many."""

    relaxation: ClassVar[tuple[float, float]] = (0.5, 1e-3)
    """Damping, and change of a magnetization in a sweep, with which messages are relaxed for one step of a solver."""

    betas: ClassVar[Mapping[Energy, tuple[float, float]]] = MappingProxyType({"errors": (2, 6), "flips": (0.5, 4)})
    r"""First and last inverse temperature :math:`\beta` of annealing by energy; the last may be infinite."""

    order: ClassVar[Order] = "random"
    """Whether annealing proposes flips at random or of one weight after the other."""

    def implied(self, values: NDArray[np.int8]) -> NDArray[np.int8]:
        """Values ±1 of weights that follow from some, and these; 0 where nothing follows. By default these alone."""
        return values

    @property
    def is_even(self) -> bool:
        """Whether a configuration and its mirror image violate the same constraints."""
        return bool(getattr(self.model, "is_even", False))

    @property
    def is_symmetric(self) -> bool:
        """Whether some exchange of weights leaves the constraints as they are, so that messages cannot tell these."""
        return False

    @property
    def n_edges(self) -> int:
        """Number of pairs of a weight and a constraint that it enters."""
        return self.n * self.n_constraints

    @property
    def tightened(self) -> Self:
        """The problem that messages in search of a solution are passed on: by default this one."""
        return self

    @property
    def fingerprint(self) -> str:
        """Hash of everything in the problem that a solver depends on."""
        digest = hashlib.sha256(type(self).__name__.encode())
        for name, array in sorted(self.arrays().items()):
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(array.tobytes() if array.ndim == 0 else np.ascontiguousarray(array).data)
        return digest.hexdigest()[:16]


class Messaging(Problem):
    """Problems whose forms of messages are offered by other modules (`bp.messages`), each kind its own."""

    _forms: ClassVar[dict[tuple[str, Domain], Callable[..., Any]]] = {}
    _optima: ClassVar[dict[str, tuple[Callable[..., Any], Callable[[Any], str]]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._forms, cls._optima = dict(cls._forms), dict(cls._optima)

    @property
    def forms(self) -> tuple[str, ...]:
        """Names of the forms of messages that there are for this problem: sums over configurations."""
        return tuple(form for form, domain in self._forms if domain == self.domain)

    def optima(self, method: str) -> str:
        """Why there are no messages of a form that looks for the best configuration; empty if there are."""
        if method not in self._optima:
            return f"{method} messages are not known for {type(self).__name__}"
        if reason := self.lacks_domain("spins"):
            return f"{method} {reason}"
        return self._optima[method][1](self)

    def messages(self, method: str, **options: Any) -> Any:
        """Messages of a form on this problem, ready to be swept: see `bp.messages.state.Graphical`.

        Raises
        ------
        TypeError, ValueError
            If there is no such form.
        """
        if isinstance(method, str) and method in self._optima and not self.optima(method):
            return self._optima[method][0](self, method, **options)
        checked_choice("method", method, self.forms)
        return self._forms[method, self.domain](self, method, **options)

    @classmethod
    def offers(
        cls, *forms: str, domains: Sequence[Domain] = ("spins",)
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator of the function that makes the messages of some forms: ``make(problem, form, **options)``.

        `domains` says for which weights they are (`Problem.domain`).
        """

        def register(make: Callable[..., Any]) -> Callable[..., Any]:
            cls._forms |= {(form, domain): make for form in forms for domain in domains}
            return make

        return register

    @classmethod
    def optimises(cls, form: str, lacks: Callable[[Any], str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """As `offers`, for maxima over configurations; `lacks` says in a sentence why a problem has none."""

        def register(make: Callable[..., Any]) -> Callable[..., Any]:
            cls._optima[form] = make, lacks
            return make

        return register


@runtime_checkable
class Flippable(Protocol):
    """Problems on which one can walk by single flips.

    Attributes
    ----------
    energies : tuple of str
        Energies that a walker can follow: ``"errors"``, the number of violated constraints, always; ``"flips"``, the
        number of flips by which they are missed, where that means something.
    """

    n: int

    @property
    def energies(self) -> tuple[Energy, ...]:
        """Energies that a walker can follow."""

    def walker(self, weights: ArrayLike, energy: Energy = "errors") -> Walker:
        """A walker that sets out from a configuration."""


@runtime_checkable
class Focused(Protocol):
    """Problems on which one can walk by flips in violated constraints.

    Attributes
    ----------
    focus : pair of float
        Noise of WalkSAT, and that of focused Metropolis search, that suit the problem.
    """

    n: int

    @property
    def focus(self) -> tuple[float, float]:
        """Noise of WalkSAT, and that of focused Metropolis search."""

    def focused(self, weights: ArrayLike) -> FocusedWalker:
        """A walker that sets out from a configuration."""


@runtime_checkable
class Online(Protocol):
    """Problems whose constraints can be shown one at a time."""

    n: int

    def present(self, a: int, weights: NDArray[Any]) -> tuple[float, NDArray[np.float64]]:
        """By how many flips constraint `a` is satisfied, negative if it is not, and the direction (N,) of its gain."""

    def learner(self, weights: ArrayLike) -> Learner:
        """Fields with the signs of a configuration, to be taught by constraints shown one at a time."""


@runtime_checkable
class Differentiable(Protocol):
    """Problems on real weights whose constraints say by how much they are satisfied, and how that grows."""

    n: int

    @property
    def stiffness(self) -> float:
        """Largest curvature of half the sum of the squared stabilities."""

    def gaps(self, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """By how much each stability is inside what is allowed, negative if it is not, and its slope ±1 in it, (M,)."""

    def ascent(self, slopes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gradient in the weights (N,) of a function of the stabilities with these slopes (M,)."""
