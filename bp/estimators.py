r"""The solvers as classifiers of scikit-learn: binary weights that label patterns, found by any solver.

They derive from scikit-learn's own base classes (``clone``, ``get_params``, tags, validation and the names of features
are theirs), so that this module needs it: the extra ``sklearn``. ``import bp`` does not; this module is loaded when one
of its classes is asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.algorithms.solver import Solver, solver_of
from bp.messages.propagation import belief_propagation
from bp.problems.binarization import Binarizer
from bp.problems.committee import Committee, checked_units
from bp.problems.majority import unit_sums, vote_log_odds
from bp.problems.perceptron import Instance
from bp.randomness import generator
from replica_theory.arguments import (
    FINITE,
    checked_beta,
    checked_choice,
    checked_flag,
    checked_integer,
    checked_mapping,
    checked_number,
)
from replica_theory.status import Status
from replica_theory.typing import Array

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils.metaestimators import available_if
    from sklearn.utils.multiclass import check_classification_targets, type_of_target
    from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data
except ImportError as error:
    raise ImportError(
        f"bp.estimators needs scikit-learn 1.6 or later: pip install 'binary-perceptron[sklearn]' ({error})",
        name=error.name,
    ) from error

Binarize = Literal["auto", "projections", "median"]
Vote = Literal["marginals", "weights"]

_LOAD, _FEWEST, _MOST = 0.5, 501, 4001
"""Patterns a weight that the default number of projections aims at; least and most projections that a unit sees."""
_HEAT = (4.0, 2.0, 1.0, 0.5)
"""Inverse temperatures at which the vote is taken, one after the other, where it is not found at those before."""
_TOL = 1e-4
"""Residual of the messages of the vote, far below what probabilities are read to."""
_BLOCK = 1 << 22
"""Entries of patterns that are labelled at a time."""


def _votes(estimator: Any) -> bool:
    """Whether there are probabilities: not with the weights alone."""
    if estimator.vote == "weights":
        raise AttributeError("predict_proba needs vote='marginals': one configuration has no probabilities")
    return True


class _BinaryWeightsClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What both classifiers share: everything but the problem that is solved."""

    _limits: ClassVar[Mapping[str, int]] = {}
    """Iterations of solvers that stop sooner here than by their own defaults."""

    def __init__(
        self,
        solver: str | Solver = "focusing-bp",
        *,
        kappa: float = 0.0,
        binarize: Binarize | None = "auto",
        n_projections: int | None = None,
        vote: Vote = "marginals",
        beta: float = np.inf,
        solver_options: Mapping[str, Any] | None = None,
        random_state: Any = None,
    ) -> None:
        self.solver = solver
        self.kappa = kappa
        self.binarize = binarize
        self.n_projections = n_projections
        self.vote = vote
        self.beta = beta
        self.solver_options = solver_options
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Find weights that label the patterns `X` (P, F) as `y` (P,) does, two labels of any kind.

        Raises
        ------
        MemoryError
            If patterns of ±1 do not fit in memory.
        TypeError, ValueError
            If the patterns are no finite real numbers, there are not two labels, a parameter is not allowed, or the
            solver does not apply to such patterns. That no weights label all patterns right is no error (`solved_`).
        """
        solver = self._checked()
        rows, given = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(given)
        self.classes_, codes = np.unique(given, return_inverse=True)
        if len(self.classes_) > 2:
            kind = type_of_target(given, input_name="y")
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        if len(self.classes_) < 2:
            raise ValueError(f"y must have two labels; got one class, {self.classes_[0]!r}")
        known = self.random_state is None or isinstance(self.random_state, int | np.integer | np.random.Generator)
        seed = self.random_state if known else check_random_state(self.random_state).randint(2**31)
        rng = generator(seed)
        self.binarizer_ = self._binarizer(rows, rng.spawn(1)[0])
        problem = self._problem(self._entries(rows), 2 * codes - 1)
        self.solution_ = solver(problem, rng=rng)
        self.weights_ = self.solution_.weights.reshape(_shape(problem))
        self.errors_, self.n_iter_ = self.solution_.errors, self.solution_.iterations
        self.solved_ = self.solution_.solved
        if self.vote == "marginals":
            self.magnetizations_, self.beta_ = _marginals(problem, self.beta, self.weights_)
        return self

    def problem(self, X: ArrayLike, y: ArrayLike) -> Any:
        """The problem that patterns and labels are to the solvers, in entries of this fitted estimator.

        It is for measurements such as ``bp.local_entropy(estimator.problem(X, y), estimator.solution_.weights)``.

        Raises
        ------
        TypeError, ValueError
            As `fit`, and if a label is not one of `classes_`.
        """
        check_is_fitted(self)
        rows, given = validate_data(self, X, y, reset=False, dtype=np.float64)
        if not np.isin(given, self.classes_).all():
            raise ValueError(f"y must hold the classes {self.classes_.tolist()}; got {np.unique(given).tolist()}")
        return self._problem(self._entries(rows), np.where(given == self.classes_[1], 1, -1))

    def decision_function(self, X: ArrayLike) -> Array:
        r"""How much more speaks for ``classes_[1]`` than for ``classes_[0]``, shape (P,).

        With ``vote="marginals"`` the log-odds of the vote (`bp.problems.majority.vote_log_odds`), in nats; with
        ``vote="weights"`` the stability :math:`W\cdot\xi/\sqrt{n}` of the unit in the middle of all `K`, whose sign
        is what the majority says.
        """
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=np.float64)
        step = max(1, _BLOCK // max(self.weights_.size, rows.shape[1]))
        blocks = (rows[first : first + step] for first in range(0, len(rows), step))
        return np.concatenate([self._decide(self._entries(block)) for block in blocks])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Labels, shape (P,): ``classes_[1]`` where the decision function is positive, else ``classes_[0]``."""
        decisions = self.decision_function(X)
        return np.asarray(self.classes_[(decisions > 0).astype(np.int64)])

    @available_if(_votes)
    def predict_proba(self, X: ArrayLike) -> Array:
        """Fractions of all students that give each label, shape (P, 2), columns as in `classes_`."""
        odds = self.decision_function(X)
        return np.exp(-np.logaddexp(0.0, np.stack([odds, -odds], axis=1)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def _checked(self) -> Solver:
        """The solver, once it is clear that every parameter is allowed."""
        checked_number("kappa", self.kappa, FINITE)
        checked_beta(self.beta)
        if self.binarize is not None:
            checked_choice("binarize", self.binarize, get_args(Binarize))
        checked_choice("vote", self.vote, get_args(Vote))
        if self.n_projections is not None:
            checked_integer("n_projections", self.n_projections)
        options = {} if self.solver_options is None else checked_mapping("solver_options", self.solver_options)
        if isinstance(self.solver, str) and self.solver in self._limits:
            options = {"max_iter": self._limits[self.solver]} | options
        return solver_of(self.solver, options)

    def _binarizer(self, X: Array, rng: np.random.Generator) -> Binarizer | None:
        """What makes patterns of ±1 of `X`, None if it is taken as it is."""
        if self.binarize is None or (self.binarize == "auto" and np.all(np.abs(X) == 1)):
            return None
        if self.binarize == "median":
            return Binarizer.medians(X)
        units, parts = self._architecture
        wanted = int(np.clip(len(X) / (_LOAD * units), _FEWEST, _MOST)) | 1
        return Binarizer.projections(X, parts * (self.n_projections or wanted), rng)

    def _entries(self, X: Array) -> NDArray[Any]:
        """Patterns as the weights see them."""
        return X if self.binarizer_ is None else self.binarizer_(X)

    def _decide(self, entries: NDArray[Any]) -> Array:
        """The decision function of a block of patterns."""
        tree = self._architecture[1] > 1
        if self.vote == "marginals":
            return vote_log_odds(self.magnetizations_, entries, tree=tree)
        sums = unit_sums(self.weights_.astype(np.float64), entries.astype(np.float64), tree=tree)
        return np.asarray(np.median(sums, axis=0) / np.sqrt(self.weights_.shape[1]))


def _shape(problem: Any) -> tuple[int, int]:
    """Units, and weights of each."""
    units = getattr(problem, "units", 1)
    return units, problem.n // units


def _marginals(problem: Any, lowest: float, weights: NDArray[Any]) -> tuple[Array, float]:
    """Magnetizations of all students at the lowest temperature at which they are found, and its inverse."""
    for beta in (lowest, *(heat for heat in _HEAT if heat < lowest)):
        found = belief_propagation(problem, "amp", beta=beta, damping=0.5, tol=_TOL, on_failure="return")
        if found.status is Status.CONVERGED:
            return found.magnetizations.reshape(weights.shape), beta
    warnings.warn(
        "belief propagation converged at no temperature: the vote is that of the weights found alone",
        ConvergenceWarning,
        stacklevel=3,
    )
    return weights.astype(np.float64), np.nan


class BinaryPerceptronClassifier(_BinaryWeightsClassifier):
    r"""Binary perceptron as a classifier of two labels (extra ``sklearn``).

    Weights :math:`W_i=\pm1` with :math:`y\,\xi\cdot W/\sqrt N\ge\kappa` on every training pattern are looked for by a
    solver of this package. Labels of new patterns are those of the weights found, or those that most of all solutions
    give, by the marginals of belief propagation (the Bayes vote).

    Parameters
    ----------
    solver : str or Solver
        One of `bp.solvers()`, or a solver with its options.
    kappa : float
        Margin.
    binarize : {"auto", "projections", "median"} or None
        How patterns of ±1 come of the data. ``"projections"``: random projections of the standardised features, each
        cut at random (`bp.problems.binarization.Binarizer.projections`), by which binary weights can separate what no
        plane does; ``"median"``: every feature cut at its median over the training patterns, so that N is the number of
        features; ``"auto"``: data of ±1 as they are, else projections; None: all data as they are, real ones too.
    n_projections : int, optional
        Number of projections, N; by default twice as many as patterns, odd, between 501 and 4001.
    vote : {"marginals", "weights"}
        Who labels: all solutions together, with probabilities, whatever the solver found; or the weights that it found.
    beta : float
        Inverse temperature of the vote. Where there are no solutions, or belief propagation does not converge, it is
        taken at the first of 4, 2, 1 and 1/2 below `beta` at which it does: see `beta_`.
    solver_options : mapping, optional
        Options of a solver given by name, e.g. ``{"max_iter": 500}``: where labels are noisy, a limit saves the time
        that defaults spend on what cannot be solved.
    random_state : int, RandomState, Generator or None
        Seed of projections and solver; an integer gives the solver what ``rng`` of that value does in `bp.solve`.

    Attributes
    ----------
    classes_ : array, shape (2,)
        The labels; the second is the perceptron's +1.
    weights_ : array of int8, shape (1, N)
        Weights ±1 with the fewest errors that the solver met.
    solved_ : bool
        Whether they label all training patterns right (with the margin).
    errors_ : int
        Training patterns that they violate.
    n_iter_ : int
        Iterations of the solver.
    solution_ : Solution
        All that the solver returned, with its trace and status.
    magnetizations_ : array, shape (1, N)
        Mean weights of the students that vote (with ``vote="marginals"``).
    beta_ : float
        Inverse temperature at which they vote; NaN if belief propagation converged nowhere, in which case the weights
        alone label (and `fit` warns).
    binarizer_ : Binarizer or None
        What made patterns of ±1.
    n_features_in_, feature_names_in_ : int, array
        As everywhere in scikit-learn.

    Raises
    ------
    ImportError
        As ``bp.BinaryPerceptronClassifier`` is asked for, if scikit-learn is not installed.

    Notes
    -----
    A sum that is exactly zero, which only even N has, counts for ``classes_[0]``, while at kappa = 0 it satisfies a
    training pattern of either label; so `solved_` implies a training score of one where N is odd or kappa > 0, with
    ``vote="weights"``. More than two labels: ``sklearn.multiclass.OneVsRestClassifier``.

    Examples
    --------
    Eights and threes of 8 × 8 pixels:

    >>> import bp
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> X, y = load_digits(return_X_y=True)
    >>> two = (y == 3) | (y == 8)
    >>> train, test, label, truth = train_test_split(X[two], y[two], random_state=1)
    >>> classifier = bp.BinaryPerceptronClassifier(random_state=1).fit(train, label)
    >>> classifier.solved_, classifier.classes_.tolist(), classifier.score(test, truth) > 0.95
    (True, [3, 8], True)
    """

    @property
    def _architecture(self) -> tuple[int, int]:
        """Units, and parts of a pattern of which each unit sees one."""
        return 1, 1

    def _problem(self, entries: NDArray[Any], labels: NDArray[Any]) -> Instance:
        return Instance(entries, labels, kappa=float(self.kappa))


class CommitteeMachineClassifier(_BinaryWeightsClassifier):
    r"""Committee machine with binary weights as a classifier of two labels (extra ``sklearn``).

    The label is what most of `K` binary perceptrons say (``bp.problems.committee.Committee``).

    Parameters
    ----------
    solver : str or Solver
        As for `bp.BinaryPerceptronClassifier`. SBPI is the default because the node variables of focusing BP on
        committees presume patterns without correlations, which data seldom are.
    units : int
        Number of units `K`, odd.
    tree : bool
        Whether every unit sees its own part of a pattern, or all see the whole; data as they are, or cut at their
        medians, must then have a number of features that `units` divides.
    solver_options : mapping, optional
        Options of a solver given by name. SBPI and replicated SGD stop after 200 sweeps or epochs if nothing is said,
        sooner than in `bp.solve`: data that they solve take some ten, and a sweep of a committee takes long.
    kappa, binarize, vote, beta, random_state
        As for `bp.BinaryPerceptronClassifier`; kappa is the margin of the units.
    n_projections : int, optional
        Number of projections that a unit sees; by default such that there are twice as many weights as patterns, odd,
        between 501 and 4001.

    Attributes
    ----------
    weights_ : array of int8, shape (K, n)
        Weights ±1 of the units.
    magnetizations_ : array, shape (K, n)
    classes_, solved_, errors_, n_iter_, solution_, beta_, binarizer_, n_features_in_, feature_names_in_
        As for `bp.BinaryPerceptronClassifier`.

    Raises
    ------
    ImportError
        As ``bp.CommitteeMachineClassifier`` is asked for, if scikit-learn is not installed.

    Notes
    -----
    In a fully connected machine the units may change places, and all solutions together have equal mean weights in all
    units as long as belief propagation does not break this symmetry: their vote is then that of one perceptron's
    marginals. ``vote="weights"`` keeps what the solver found.

    Examples
    --------
    >>> import bp
    >>> from sklearn.datasets import make_moons
    >>> X, y = make_moons(200, noise=0.1, random_state=1)
    >>> machine = bp.CommitteeMachineClassifier(units=3, random_state=1).fit(X, y)
    >>> machine.solved_, machine.weights_.shape, machine.score(X, y) > 0.95
    (True, (3, 501), True)
    """

    _limits: ClassVar[Mapping[str, int]] = {"sbpi": 200, "replicated-sgd": 200}

    def __init__(
        self,
        solver: str | Solver = "sbpi",
        *,
        units: int = 5,
        tree: bool = False,
        kappa: float = 0.0,
        binarize: Binarize | None = "auto",
        n_projections: int | None = None,
        vote: Vote = "marginals",
        beta: float = np.inf,
        solver_options: Mapping[str, Any] | None = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            solver,
            kappa=kappa,
            binarize=binarize,
            n_projections=n_projections,
            vote=vote,
            beta=beta,
            solver_options=solver_options,
            random_state=random_state,
        )
        self.units = units
        self.tree = tree

    @property
    def _architecture(self) -> tuple[int, int]:
        """Units, and parts of a pattern of which each unit sees one."""
        return self.units, self.units if self.tree else 1

    def _checked(self) -> Solver:
        checked_units(self.units)
        checked_flag("tree", self.tree)
        return super()._checked()

    def _problem(self, entries: NDArray[Any], labels: NDArray[Any]) -> Committee:
        return Committee(entries, labels, units=self.units, tree=self.tree, kappa=float(self.kappa))
