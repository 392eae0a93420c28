"""The public functions, constructors and methods of both packages, and what each of their arguments may be."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import sympy
from fuzz_kinds import (
    MAPPING,
    NOTHING,
    RNG,
    Kind,
    array,
    flag,
    integer,
    integers,
    is_integer,
    number,
    numbers_in,
    of,
    path,
    reals,
    several,
    signs,
    word,
    words,
)
from scipy.special import ndtr

import bp
import replica_theory as rt
from bp.algorithms.schedules import SCHEDULES
from bp.algorithms.solution import SolverStatus
from bp.algorithms.solver import Solver
from bp.ensembles.measurements import MEASUREMENTS
from bp.ensembles.trial import COLUMNS
from bp.problems.patterns import LabelledPatterns
from bp.problems.problem import Problem
from bp.validation.comparisons import COMPARISONS
from replica_theory.quoted.entries import ENTRIES


def noisy(mean: Any, std: Any) -> Any:
    """A soft constraint: 0.9 where h > 0, 0.1 elsewhere."""
    return 0.1 + 0.8 * ndtr(mean / std)


MODEL, STUDENT, CLAUSAL = rt.BinaryPerceptron(), rt.TeacherStudent(), rt.RandomSatisfiability()
MIXED = rt.Mixture([(0.4, MODEL, 1), (0.6, MODEL, -1)], shift=-0.2)
INSTANCE = bp.Instance([[1, -1, 1], [1, 1, 1]])
COMMITTEE = bp.Committee([[1, -1, 1], [1, 1, 1]], units=3)
FORMULA = bp.Satisfiability([[1, -2], [2, 3]])
CURVE = rt.EntropyCurve(*(np.zeros(()) for _ in range(3)), np.array(rt.Status.CONVERGED))
POINT = rt.replica_symmetric(MODEL, 0.3)
LOCALIZED = rt.localization(MODEL, 0.3, 1.0)
SOLUTIONS = bp.SolutionSet(3, 1, np.ones(3), np.array([1, 7, 0]), np.array([7], dtype=np.uint32))
SPREAD = np.arange(12.0).reshape(1, 3, 4)
TABLE = bp.Ensemble(
    MODEL, np.array([0.5]), np.array([3, 5, 7]), np.zeros(0), {"entropy": SPREAD}, 1, 4, "focusing-bp", "amp", 4, {}
)
SOLVED = bp.Solution(np.ones(3, dtype=np.int8), 0, 1, np.zeros(1, [("errors", int)]), SolverStatus.SOLVED)
COMPARED = bp.SolverComparison(
    {"sbpi": {"solver": "sbpi"}}, {"sbpi": "sweeps"}, ("Instance",), np.array([0]), np.array([3]), np.array([0.5]),
    np.zeros(0), {name: np.ones((1, 1)) for name in COLUMNS}, np.array([["solved"]]), {}, 1, "amp", np.inf
)  # fmt: skip
ROW = bp.Row("entropy", 0.5, 5.0, "theory", "simulation", "equal")
QUOTED = rt.QuotedNumber("capacity", "margin 0", 0.83, 1e-9, "", "0.83", 0.825, 0.835, "", "", "inside")
CHECK = bp.Crosscheck(MODEL, (5,), 2, 1, "amp", ("entropy",), (ROW,), {"entropy": {5: []}})
SOFT = bp.Instance([[1, -1, 1], [1, 1, 1]], constraint=rt.CustomModel(noisy))
DATASET = of(str, usual=None, test=lambda value: False)
MESSAGES = bp.Messages("amp", np.zeros(3), np.zeros(2))


def same(q: Any) -> Any:
    return q


def positive(x: Any) -> Any:
    return (x > 0) & (x < np.inf)


def non_negative(x: Any) -> Any:
    return (x >= 0) & (x < np.inf)


def single(model: Any) -> bool:
    return np.ndim(model.kappa) == np.ndim(model.beta) == 0


def hard(model: Any) -> bool:
    return bool(np.all(np.isposinf(model.beta)))


def random_labels(model: Any) -> bool:
    return not model.has_teacher


def model_of(*tests: Callable[[Any], bool], kind: type[rt.Model] = rt.Model, usual: Any = MODEL) -> Kind:
    return of(kind, usual=usual, test=lambda model: all(test(model) for test in tests))


ANY_MODEL = model_of()
RANDOM = model_of(random_labels)
HARD_RANDOM = model_of(hard, random_labels)
SAMPLED = model_of(single, random_labels)
DRAWABLE = model_of(single)
TUPLES = model_of(
    single, hard, random_labels, lambda model: model.allowed_intervals is not None, usual=rt.SymmetricBinaryPerceptron()
)
DRAWABLE_MARGIN = model_of(single, kind=rt.BinaryPerceptron)
TEACHER = model_of(kind=rt.TeacherStudent, usual=STUDENT)
ONE_TEACHER = model_of(single, kind=rt.TeacherStudent, usual=STUDENT)
DIGITS = Kind(None, lambda value: value is None or (is_integer(value) and 1 <= value <= 1000), odd=(0, 1001))
LOADS, LOAD = reals(positive, 0.3), number(positive, 0.3)
DISTANCES = reals(lambda d: (d >= 0) & (d <= 0.5), 0.1)
AWAY = reals(lambda d: (d > 0) & (d <= 0.5), 0.1)
ONE_KAPPA, KAPPAS = number(np.isfinite, 0.0), reals(np.isfinite, 0.0)
BETAS, BETA = reals(lambda b: b >= 0, np.inf), number(lambda b: b >= 0, np.inf)
COUNTS = reals(lambda y: y >= 0, np.inf)
FIELDS = reals(np.isfinite, 0.5)
PROBLEM = of(Problem, usual=INSTANCE)
METHOD = word("amp", "gaussian", "exact")
DAMPING = number(lambda x: 0 <= x < 1, 0.2)
CONSTRAINT = word("margin", "symmetric", "UShapePerceptron") | model_of(single, hard)
EXECUTOR = NOTHING | of(Executor, usual=None)
FOLDER = NOTHING | path("nowhere")
SOLVER = word("focusing-bp", *bp.solvers()) | of(Solver, usual=None)
REFERENCE = word("free", "solution")
REPLICAS = word("zero-complexity") | COUNTS


def is_mapping(value: Any) -> bool:
    return isinstance(value, dict | set | frozenset)


def line(value: Any) -> bool:
    """Whether numbers in a row are given, at least one."""
    held = numbers_in(value)
    return held is not None and held.ndim == 1 and held.size > 0 and bool(np.isfinite(held).all())


def rising(value: Any) -> bool:
    return line(value) and bool(np.all(np.diff(numbers_in(value)) > 0))


def falling(value: Any) -> bool:
    """Whether sizes of groups are given, up to 7 in decreasing order."""
    held = numbers_in(value)
    return (
        held is not None
        and bool(np.isfinite(held).all())
        and 0 < held.size < 8
        and bool(np.all(np.diff(np.append(held.ravel(), 1.0)) < 0) and held.max() <= 5000)
    )


def is_ladder(value: Any) -> bool:
    return rising(value) and len(held := numbers_in(value)) > 1 and held[0] == 0 and held[-1] <= 100


def pairs_of(value: Any, test: Callable[[np.ndarray, np.ndarray], Any]) -> bool:
    held = numbers_in(value)
    return held is not None and held.ndim == 2 and held.shape[1] == 2 and len(held) > 0 and bool(np.all(test(*held.T)))


INTERVALS = Kind(
    [(0.0, 1.0)],
    lambda value: pairs_of(value, lambda a, b: a < b),
    odd=([(1.0, 0.0)], [(0.0, np.nan)], [(-np.inf, np.inf)], [(0.0, 1.0, 2.0)], [("0", "1")], [(np.inf, np.inf)],
         [(None, 1.0)], [(True, 2)], {0.0: 1.0}, [{0.0, 1.0}], ["01"], [(0.0, 1.0), None]),
)  # fmt: skip
CLASSES = Kind(
    [(0.4, MODEL, 1), (0.6, MODEL, -1)],
    lambda value: False,
    odd=([], [(1.0, MODEL)], [(0.5, MODEL, 1)], [(1.0, MODEL, 0)], [(1.0, None, 1)], [("1", MODEL, 1)], "(1, 2, 3)",
         [(1.0, MODEL, "1")], [(0.5, MODEL, 1), (0.5, STUDENT, 1)], [(1.0, MODEL.at(beta=1.0), 1)],
         [(np.nan, MODEL, 1)], [(-1.0, MODEL, 1), (2.0, MODEL, 1)], [(1.0, MIXED, 1)],
         [(1.0, MODEL.at(weights=rt.SphericalWeights()), 1)]),
)  # fmt: skip
LEVELS = Kind(
    [-1.0, 0.0, 1.0],
    lambda value: (
        hasattr(value, "__next__")
        or (not is_mapping(value) and line(value) and len(set(numbers_in(value))) == len(numbers_in(value)) > 1)
    ),
    odd=([1.0], [1, 1], [0.0, -0.0], [0, np.inf], [[0, 1]], {0.0: 1.0}, ["0", "1"], "01"),
)
PRIOR = Kind(
    [1.0, 0.5, 1.0],
    lambda value: (
        hasattr(value, "__next__")
        or (not is_mapping(value) and line(value) and len(numbers_in(value)) == 3 and min(numbers_in(value)) > 0)
    ),
    odd=([1.0, 1.0], [1, 0, 1], [1, -1, 1], [1, np.nan, 1], "111"),
)
PATTERNS = Kind(
    [[1, -1, 1], [1, 1, -1]],
    lambda value: is_patterns(value),
    odd=([[0.5, "1"]], [[True, False]], [[1, 0], [0, 1]], np.zeros((2, 2), dtype=bool), [[1, 2], [3, 4]], [[]],
         np.ma.masked_array([[1, -1], [1, 1]], mask=[[0, 1], [0, 0]]), [[1, np.nan]], [[1, 1j]], [["a"]], [[None]],
         np.zeros((2, 0)), np.ones((2, 2, 2)), [[1.5, 10**400]]),
)  # fmt: skip
BITS = Kind(
    np.array([[3, 0, 0, 0], [5, 0, 0, 0]], dtype=np.uint64),
    lambda value: False,
    odd=(np.array([[3], [5]]), np.array([3, 5], dtype=np.uint64), np.zeros((2, 2), dtype=np.uint64),
         np.zeros((0, 4), dtype=np.uint64), [[3, 0, 0, 0]], np.array([[8, 0, 0, 0], [5, 0, 0, 0]], dtype=np.uint64),
         np.zeros((2, 8), dtype=np.uint64)[:, ::2]),
)  # fmt: skip


CLAUSES = Kind(
    [[1, -2], [2, 3]],
    lambda value: is_clauses(value),
    odd=([[0, 1]], [[1.0, 2]], [["1"]], [[1, None]], [[True, 2]], [1, 2], [[1, 2], 3], [], [[]], [[2**31]], ["12"],
         [[1, -1]], [[1, [2]]], [[np.nan]], {1: [1]}, [{1: 2}], {"a"}, [[10**400]]),
)  # fmt: skip


def is_clauses(value: Any) -> bool:
    """Whether clauses that are not all always satisfied are given, none beyond the third variable if they are odd."""
    try:
        held = [list(clause) for clause in value]
    except Exception:
        return False
    literals = [literal for clause in held for literal in clause]
    return (
        not isinstance(value, dict | str | bytes | bytearray)
        and all(is_integer(one) and 0 < abs(int(one)) < 2**31 for one in literals)
        and any(not any(-int(one) in map(int, clause) for one in clause) for clause in held)
    )


def is_patterns(value: Any) -> bool:
    held = numbers_in(value)
    if held is None or held.ndim != 2 or not held.size or not np.isfinite(held).all():
        return False
    return bool((np.abs(held) == 1).all()) or np.asarray(value).dtype.kind == "f"


def is_precision(value: Any) -> bool:
    """Whether numpy takes it for double or single precision."""
    try:
        return value is not None and np.dtype(value) in (np.dtype("f8"), np.dtype("f4"))
    except Exception:
        return False


def schedule(value: Any) -> bool:
    return pairs_of(value, lambda gamma, y: (gamma >= 0) & positive(y))


def seeds(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) in (0, 2) and all(map(RNG.allows, value))


def is_empty(value: Any) -> bool:
    """Whether it is a collection of nothing."""
    try:
        return not isinstance(value, str | bytes) and len(value) == 0
    except TypeError:
        return False


def is_solvers(value: Any) -> bool:
    held = [value] if isinstance(value, str) else list(value.values()) if isinstance(value, dict) else value
    return (
        isinstance(held, list | tuple)
        and len(held) > 0
        and all(isinstance(one, Solver) or (isinstance(one, str) and one in bp.solvers()) for one in held)
    )


@dataclass(frozen=True)
class Call:
    """Something to call, and the kinds of its arguments by name."""

    function: Callable[..., Any]
    kinds: dict[str, Kind] = field(default_factory=dict)
    open: bool = False
    """Whether it takes keywords that it does not name."""

    def usual(self) -> dict[str, Any]:
        """Arguments that are allowed, and cheap."""
        return {name: kind.usual for name, kind in self.kinds.items()}


OF_INTERVALS = {"kappa": KAPPAS, "beta": BETAS}
OF_MODEL = OF_INTERVALS | {"weights": of(rt.Weights, usual=rt.BinaryWeights())}
OF_POINT = {"model": RANDOM, "alpha": LOADS, "distance": DISTANCES}
OF_INSTANCE = {
    "labels": NOTHING | signs(2),
    "kappa": NOTHING | ONE_KAPPA,
    "constraint": CONSTRAINT,
    "teacher": NOTHING | signs(3),
}
ODD = Kind(3, lambda value: is_integer(value) and value in (1, 3))
OF_MACHINE = {"units": ODD, "tree": flag(), "kappa": NOTHING | ONE_KAPPA, "teacher": NOTHING}
NINE = {"weights": signs(9)}
OF_RUN = {
    "model": DRAWABLE,
    "alpha": several(lambda a: positive(a) & (a > 0.05), 0.5),
    "samples": integer(2, 2),
    "rng": RNG,
    "executor": EXECUTOR,
    "folder": FOLDER,
    "method": METHOD,
    "distance": several(lambda d: (d > 0) & (d <= 0.5), 0.1),
}
OF_SOLVER = {
    "checkpoint": NOTHING | path("nowhere/x.npz").to(None),
    "schedule": NOTHING.to("pseudo") | word("pseudo", *SCHEDULES) | Kind(None, schedule),
    "steps": NOTHING | integer(1, 3),
    "method": NOTHING | METHOD,
    "iterations_per_step": NOTHING | integer(1, 1),
    "damping": NOTHING | DAMPING,
    "beta": BETA,
    "max_iter": integer(1, 5) | NOTHING,
    "entropies": flag(),
    "dtype": NOTHING | Kind(np.float64, is_precision),
    "device": NOTHING | of(str, usual="cpu", test=lambda name: True),
}
WEIGHTS = {"weights": signs(3)}
ROWS = array((3,), np.isfinite, np.zeros(3)) | array((2, 3), np.isfinite, None)
MEANS = array((3,), lambda m: np.abs(m) <= 1, np.zeros(3))
THREE, TWO = array((3,), np.isfinite, np.zeros(3)), array((2,), np.isfinite, np.zeros(2))

CALLS = {
    "BinaryPerceptron": Call(rt.BinaryPerceptron, OF_MODEL),
    "TeacherStudent": Call(rt.TeacherStudent, OF_MODEL),
    "SymmetricBinaryPerceptron": Call(rt.SymmetricBinaryPerceptron, OF_MODEL | {"kappa": reals(positive, 1.0)}),
    "UShapePerceptron": Call(rt.UShapePerceptron, OF_MODEL | {"kappa": reals(positive, 1.0)}),
    "TreeCommittee": Call(
        rt.TreeCommittee,
        {
            **OF_MODEL,
            "weights": of(rt.BinaryWeights, usual=rt.BinaryWeights()),
            "activation": word("sign", "relu", "linear") | of(rt.OverlapMap, usual=None),
            "units": number(lambda k: k in (1, 3, 5, 7, np.inf), 3.0),
        },
    ),
    "PowerWeight": Call(
        rt.PowerWeight, OF_MODEL | {"beta": reals(np.isposinf, np.inf), "power": number(lambda p: 0 <= p <= 100, 2.0)}
    ),
    "Mixture": Call(
        rt.Mixture, {"classes": CLASSES, "shift": number(np.isfinite, 0.0) | word("free").to(0.0)} | OF_MODEL
    ),
    "Mixture.contains": Call(MIXED.contains, {"other": of(rt.Mixture, usual=MIXED)}),
    "OverlapMap": Call(
        rt.OverlapMap,
        {
            "name": of(str, usual="same", test=lambda name: True),
            "value": Kind(same, lambda value: value is same),
            "slope": Kind(np.ones_like, lambda value: value is np.ones_like),
            "bend": Kind(np.zeros_like, lambda value: value is np.zeros_like),
        },
    ),
    "IntervalModel": Call(rt.IntervalModel, {"intervals": INTERVALS} | OF_MODEL),
    "IntervalModel.from_indicator": Call(
        rt.IntervalModel.from_indicator,
        {
            "allowed": of(Callable, usual=lambda h: abs(h) < 1, test=callable),  # type: ignore[arg-type]
            "edges": Kind([-1.0, 1.0], lambda value: hasattr(value, "__next__") or line(value)),
        }
        | OF_INTERVALS,
    ),
    "CustomModel": Call(
        rt.CustomModel,
        {
            "function": Kind(noisy, lambda value: value is noisy, odd=(ndtr, lambda m, s: "x", lambda m, s: 2 + m * s)),
            "edges": Kind([0.0], lambda value: hasattr(value, "__next__") or rising(value)),
            "log": flag(),
            "even": flag(),
            "concave": flag(),
            "weighted": flag(),
        }
        | OF_MODEL,
    ),
    "Model.allows": Call(MODEL.allows, {"h": FIELDS}),
    "IntervalModel.allows": Call(rt.IntervalModel([(-1, 0), (1, 2)]).allows, {"h": FIELDS}),
    "PowerWeight.allows": Call(rt.PowerWeight(power=1).allows, {"h": FIELDS}),
    "PowerWeight.acceptance": Call(rt.PowerWeight(power=1).acceptance, {"h": FIELDS}),
    "Model.acceptance": Call(MODEL.acceptance, {"h": FIELDS}),
    "Model.contains": Call(MODEL.contains, {"other": ANY_MODEL}),
    "Model.at": Call(MODEL.at, OF_MODEL),
    "CustomModel.acceptance": Call(rt.CustomModel(noisy).acceptance, {"h": FIELDS}),
    "CustomModel.at": Call(rt.CustomModel(noisy).at, OF_MODEL),
    "annealed_entropy": Call(rt.annealed_entropy, {"model": ANY_MODEL, "alpha": LOADS}),
    "around_teacher": Call(rt.around_teacher, {"model": TEACHER, "alpha": LOADS, "distance": DISTANCES}),
    "binary_entropy": Call(rt.binary_entropy, {"distance": reals(lambda d: (d >= 0) & (d <= 1), 0.1)}),
    "capacity": Call(rt.capacity, {"model": HARD_RANDOM, "digits": DIGITS, "certified": flag()}),
    "dense_teacher": Call(
        rt.dense_teacher,
        {"model": TEACHER, "alpha": LOADS, "distance": DISTANCES, "y": reals(lambda y: y > 0, np.inf)},
    ),
    "dense_teacher_threshold": Call(rt.dense_teacher_threshold, {"progress": flag(), "model": ONE_TEACHER}),
    "focusing_fixed_point": Call(
        rt.focusing_fixed_point,
        {
            "model": model_of(hard, random_labels, single),
            "alpha": LOADS,
            "gamma": reals(non_negative, 0.5),
            "y": reals(lambda y: (y >= 1) & (y < np.inf), 2.0),
        },
    ),
    "franz_parisi": Call(rt.franz_parisi, OF_POINT | {"reference": NOTHING | ANY_MODEL, "digits": DIGITS}),
    "BinaryWeights": Call(rt.BinaryWeights),
    "SphericalWeights": Call(rt.SphericalWeights),
    "DiscreteWeights": Call(rt.DiscreteWeights, {"levels": LEVELS, "prior": NOTHING | PRIOR}),
    "largest_margin": Call(
        rt.largest_margin, {"model": model_of(hard, random_labels, kind=rt.BinaryPerceptron), "alpha": LOADS}
    ),
    "local_energy": Call(
        rt.local_energy,
        {
            "model": HARD_RANDOM,
            "alpha": LOADS,
            "distance": AWAY,
            "reference": word("typical", "margin", "dense") | model_of(single, random_labels),
        },
    ),
    "local_entropy": Call(
        rt.local_entropy,
        OF_POINT
        | {
            "progress": flag(),
            "reference": word("solution", "free"),
            "y": word("zero-complexity").to(1.0) | reals(lambda y: (y >= 0) & (y < np.inf), 1.0),
            "kappa_ref": NOTHING.to(0.0) | number(lambda k: -1e-300 < k < np.inf, 0.0),
            "sector": NOTHING | word("sign-broken", "sign-symmetric"),
            "digits": DIGITS,
        },
    ),
    "local_entropy_1rsb": Call(
        rt.local_entropy_1rsb,
        OF_POINT
        | {
            "distance": reals(lambda d: (d > 0) & (d < 0.5), 0.1),
            "y": COUNTS.to(2.0),
            "m": NOTHING | reals(lambda m: (m >= 1) & (m <= 2), 1.5),
        },
    ),
    "local_entropy_threshold": Call(
        rt.local_entropy_threshold,
        {
            "progress": flag(),
            "model": HARD_RANDOM,
            "criterion": word("margin", "slope", "gap"),
            "reference": REFERENCE,
            "y": REPLICAS.to(np.inf),
            "digits": DIGITS,
        },
    ),
    "local_entropy_thresholds": Call(rt.local_entropy_thresholds, {"progress": flag(), "model": HARD_RANDOM}),
    "minimum_distance": Call(
        rt.minimum_distance, {"model": model_of(single), "alpha": LOAD, "reference": NOTHING | ANY_MODEL}
    ),
    "numbers": Call(rt.numbers, {"topics": NOTHING.to("entropy") | words("entropy", *ENTRIES), "slow": flag()}),
    "planted_bound": Call(rt.planted_bound, {"model": model_of(hard), "alpha": LOADS, "distance": DISTANCES}),
    "read_netcdf": Call(rt.read_netcdf, {"path": path("nowhere")}),
    "replica_symmetric": Call(
        rt.replica_symmetric,
        {"model": ANY_MODEL, "alpha": LOADS, "digits": DIGITS, "certified": flag()},
    ),
    "robust_ensemble": Call(
        rt.robust_ensemble,
        {
            "model": RANDOM,
            "alpha": LOADS,
            "gamma": reals(non_negative, 0.5),
            "y": reals(non_negative, 2.0),
            "beta": NOTHING | BETAS,
        },
    ),
    "RandomSatisfiability": Call(rt.RandomSatisfiability, {"k": integer(2, 3), "beta": BETA}),
    "RandomSatisfiability.annealed": Call(CLAUSAL.annealed, {"ratio": number(non_negative, 2.0)}),
    "satisfiability_entropy": Call(
        rt.satisfiability_entropy,
        {
            "model": of(rt.RandomSatisfiability, usual=CLAUSAL),
            "ratio": number(positive, 0.1),
            "population": integer(1000, 1000),
            "sweeps": integer(20, 20),
            "rng": RNG,
        },
    ),
    "tuple_threshold": Call(
        rt.tuple_threshold,
        {
            "model": TUPLES,
            "levels": NOTHING | integer(2, 3, 9),
            "sizes": NOTHING | Kind(4.0, falling, odd=(1, (2, 3), (5001.0, 2.0), 0.5)),
        },
    ),
    "multi_overlap_gap": Call(rt.multi_overlap_gap, {"model": TUPLES, "m": integer(2, 4, 5000)}),
    "algorithmic_threshold": Call(rt.algorithmic_threshold, {"model": TUPLES, "levels": integer(5, 5, 9)}),
    "tuple_entropy": Call(
        rt.tuple_entropy,
        {"model": TUPLES, "alpha": LOADS, "distance": DISTANCES, "m": number(lambda m: 1 <= m <= 5000, 3.0)},
    ),
    "stability_limit": Call(
        rt.stability_limit, {"model": model_of(hard, random_labels, usual=rt.BinaryPerceptron(-1.0))}
    ),
    "localization": Call(rt.localization, {"model": SAMPLED, "alpha": LOAD, "times": reals(non_negative, 0.5)}),
    "Localization.landscape": Call(LOCALIZED.landscape, {"q": reals(lambda q: (q >= LOCALIZED.q_ref) & (q < 1), 0.5)}),
    "sampling_threshold": Call(
        rt.sampling_threshold, {"model": model_of(random_labels), "scheme": word("localization", "decimation")}
    ),
    "state_evolution": Call(
        rt.state_evolution,
        {
            "model": ANY_MODEL,
            "alpha": LOADS,
            "iterations": integer(1, 2),
            "q": number(lambda q: 0 <= q < 1, 0.0),
            "teacher_overlap": number(lambda r: r == 0, 0.0),
        },
    ),
    "teacher_student": Call(
        rt.teacher_student,
        {"model": TEACHER, "alpha": LOADS, "branch": word("equilibrium", "student", "teacher")},
    ),
    "teacher_student_spinodal": Call(rt.teacher_student_spinodal, {"model": ONE_TEACHER}),
    "teacher_student_transition": Call(
        rt.teacher_student_transition, {"model": ONE_TEACHER, "digits": DIGITS, "certified": flag()}
    ),
    "EntropyCurve.to_netcdf": Call(CURVE.to_netcdf, {"path": path("nowhere/x")}),
    "EntropyCurve.from_xarray": Call(rt.EntropyCurve.from_xarray, {"dataset": DATASET}),
    "EntropyCurve.plot": Call(CURVE.plot, {"ax": NOTHING}, open=True),
    "ReplicaSymmetric.stability_distribution": Call(POINT.stability_distribution, {"h": FIELDS}),
    "Instance": Call(
        bp.Instance,
        {"patterns": PATTERNS, "thresholds": NOTHING | array((2,), np.isfinite, np.zeros(2))} | OF_INSTANCE,
    ),
    "Instance.from_bits": Call(bp.Instance.from_bits, {"bits": BITS, "n": integer(3, 3, 3)} | OF_INSTANCE),
    "Instance.errors": Call(INSTANCE.errors, WEIGHTS),
    "Instance.violated": Call(INSTANCE.violated, WEIGHTS),
    "Instance.stabilities": Call(INSTANCE.stabilities, WEIGHTS),
    "Instance.sums": Call(INSTANCE.sums, WEIGHTS),
    "Instance.log_acceptance": Call(SOFT.log_acceptance, WEIGHTS),
    "Instance.overlap": Call(INSTANCE.overlap, {"weights": THREE, "others": THREE}),
    "Instance.row": Call(INSTANCE.row, {"a": integer(0, 1, 1)}),
    "Instance.start": Call(INSTANCE.start, {"rng": RNG}),
    "Committee.start": Call(COMMITTEE.start, {"rng": RNG}),
    "Instance.walker": Call(INSTANCE.walker, WEIGHTS | {"energy": word("errors", "flips")}),
    "Instance.learner": Call(INSTANCE.learner, WEIGHTS),
    "Instance.messages": Call(INSTANCE.messages, {"method": METHOD}, open=True),
    "random_instance": Call(
        bp.random_instance,
        {
            "model": DRAWABLE,
            "n": integer(1, 11),
            "alpha": number(lambda a: positive(a) & (a > 0.05), 0.5),
            "rng": RNG,
            "patterns": word("binary", "gaussian"),
        },
    ),
    "random_mixture": Call(
        bp.random_mixture,
        {
            "model": of(rt.Mixture, usual=MIXED),
            "n": integer(1, 11),
            "alpha": number(lambda a: positive(a) & (a > 0.05), 0.5),
            "rng": RNG,
            "bias": number(lambda b: b == 0, 0.0),
        },
    ),
    "Committee": Call(bp.Committee, {"patterns": PATTERNS, "labels": NOTHING | signs(2)} | OF_MACHINE),
    "Committee.of": Call(bp.Committee.of, {"data": of(LabelledPatterns, usual=COMMITTEE.data)} | OF_MACHINE),
    "Committee.violated": Call(COMMITTEE.violated, NINE),
    "Committee.errors": Call(COMMITTEE.errors, NINE),
    "Committee.sums": Call(COMMITTEE.sums, NINE),
    "Committee.walker": Call(COMMITTEE.walker, NINE | {"energy": word("errors", "flips")}),
    "Committee.learner": Call(COMMITTEE.learner, NINE),
    "random_committee": Call(
        bp.random_committee,
        {
            "model": DRAWABLE_MARGIN,
            "n": Kind(15, lambda n: is_integer(n) and n > 0 and n % 3 == 0),
            "units": ODD,
            "alpha": number(lambda a: positive(a) & (a > 0.05), 0.5),
            "rng": RNG,
            "tree": flag(),
        },
    ),
    "Satisfiability": Call(
        bp.Satisfiability,
        {"clauses": CLAUSES, "n": NOTHING | integer(3, 3), "planted": NOTHING | signs(3)},
    ),
    "Satisfiability.violated": Call(FORMULA.violated, WEIGHTS),
    "Satisfiability.walker": Call(FORMULA.walker, WEIGHTS | {"energy": word("errors")}),
    "Satisfiability.focused": Call(FORMULA.focused, WEIGHTS),
    "random_satisfiability": Call(
        bp.random_satisfiability,
        {
            "n": integer(3, 11),
            "ratio": number(lambda x: positive(x) & (x > 0.05), 2.0),
            "k": integer(1, 3, 11),
            "rng": RNG,
            "planted": flag(),
        },
    ),
    "read_dimacs": Call(bp.read_dimacs, {"path": path("nowhere")}),
    "write_dimacs": Call(
        bp.write_dimacs, {"formula": of(bp.Satisfiability, usual=FORMULA), "path": path("nowhere/x.cnf")}
    ),
    "read_instance": Call(
        bp.read_instance,
        {"path": path("nowhere"), "kappa": NOTHING | ONE_KAPPA, "constraint": NOTHING | CONSTRAINT},
    ),
    "write_instance": Call(
        bp.write_instance,
        {
            "instance": of(bp.Instance, bp.Committee, usual=INSTANCE),
            "path": path("nowhere/x.npz"),
            "format": NOTHING | word("npz", "labels", "text"),
        },
    ),
    "belief_propagation": Call(
        bp.belief_propagation,
        {
            "problem": PROBLEM,
            "method": METHOD | NOTHING,
            "beta": BETA,
            "field": NOTHING | THREE,
            "schedule": word("parallel", "sequential") | NOTHING,
            "damping": DAMPING,
            "tol": NOTHING | number(positive, 1e-9),
            "max_iter": integer(1, 100),
            "init": NOTHING | number(non_negative, 0.1) | of(bp.Messages, usual=None),
            "dtype": Kind(np.float64, is_precision),
            "device": NOTHING | of(str, usual="cpu", test=lambda name: True),
            "rng": RNG,
            "on_failure": word("return", "raise"),
            "memory_limit": NOTHING | number(non_negative, 1e9),
        },
    ),
    "enumerate_solutions": Call(
        bp.enumerate_solutions,
        {
            "instance": of(bp.Instance, bp.Committee, bp.Satisfiability, usual=INSTANCE),
            "energies": flag(),
            "max_memory": integer(0, 2**20),
        },
    ),
    "bp.local_entropy": Call(
        bp.local_entropy,
        {
            "problem": PROBLEM,
            "reference": signs(3),
            "distance": DISTANCES,
            "method": METHOD | NOTHING,
            "beta": BETA,
            "damping": DAMPING,
            "tol": number(positive, 1e-9),
            "max_iter": integer(1, 100),
            "memory_limit": NOTHING | number(non_negative, 1e9),
        },
    ),
    "monte_carlo": Call(
        bp.monte_carlo,
        {
            "problem": PROBLEM,
            "beta": number(non_negative, 1.0),
            "sweeps": integer(20, 20),
            "equilibration": NOTHING | integer(0, 1),
            "rng": RNG,
        },
    ),
    "localize": Call(
        bp.localize,
        {
            "problem": PROBLEM,
            "samples": integer(1, 2),
            "method": METHOD | NOTHING,
            "beta": BETA,
            "steps": integer(1, 2),
            "horizon": number(positive, 1.0),
            "times": reals(lambda t: (t >= 0) & (t <= 1.0), 0.5),
            "damping": DAMPING,
            "tol": number(positive, 1e-3),
            "max_iter": integer(1, 20),
            "rng": RNG,
            "force": flag().to(True),
            "memory_limit": NOTHING | number(non_negative, 1e9),
        },
    ),
    "parallel_tempering": Call(
        bp.parallel_tempering,
        {
            "problem": PROBLEM,
            "betas": number(lambda beta: 0 < beta <= 100, 1.0) | Kind(1.0, is_ladder),
            "sweeps": integer(20, 20),
            "equilibration": NOTHING | integer(0, 1),
            "rng": RNG,
        },
    ),
    "generalization_error": Call(bp.generalization_error, {"weights": ROWS, "teacher": signs(3)}),
    "predict": Call(bp.predict, {"weights": ROWS, "patterns": ROWS}),
    "predict_probability": Call(bp.predict_probability, {"magnetizations": MEANS, "patterns": ROWS}),
    "Solution.overlap": Call(SOLVED.overlap, {"other": THREE | of(bp.Solution, usual=None)}),
    "bp.local_energy": Call(
        bp.local_energy,
        {
            "instance": of(bp.Instance, usual=INSTANCE),
            "weights": signs(3),
            "distance": DISTANCES,
            "samples": NOTHING | integer(1, 2),
            "rng": RNG,
        },
    ),
    "solve": Call(bp.solve, {"problem": PROBLEM, "solver": SOLVER, "rng": RNG} | OF_SOLVER),
    "solve_batch": Call(
        bp.solve_batch,
        {
            "problem": PROBLEM | of(list, usual=[INSTANCE] * 2, test=lambda held: False),
            "solver": SOLVER,
            "rngs": Kind([1, 2], seeds),
        },
    ),
    "solvers": Call(bp.solvers),
    "ensemble": Call(
        bp.ensemble,
        OF_RUN
        | {
            "n": integers(1, 11),
            "samples": integer(1, 2),
            "measurements": words(["entropy", "local_entropy"], *MEASUREMENTS),
            "solver": word("focusing-bp", *bp.solvers()),
            "solver_runs": integer(2, 2),
            "solver_options": NOTHING | MAPPING,
        },
    ),
    "compare": Call(
        bp.compare,
        {
            "solvers": Kind("sbpi", lambda value: is_solvers(value)),
            "problems": PROBLEM | of(bp.RandomProblems, bp.RandomFormulas, usual=None),
            "rng": RNG,
            "executor": EXECUTOR,
            "measurements": Kind((), is_empty) | words([], "local_entropy"),
            "folder": FOLDER,
            "distance": OF_RUN["distance"],
            "method": METHOD | NOTHING,
            "seconds": NOTHING | number(positive, 1.0),
        },
    ),
    "RandomProblems": Call(
        bp.RandomProblems,
        {name: OF_RUN[name] for name in ("model", "alpha", "samples")}
        | {
            "n": integers(1, 11),
            "units": NOTHING | integer(1, 1, 1),
            "tree": Kind(False, lambda value: value is False),
        },
    ),
    "RandomFormulas": Call(
        bp.RandomFormulas,
        {"ratio": several(positive, 2.0), "n": integers(3, 11), "k": integer(1, 3, 11), "samples": integer(1, 2)},
    ),
    "SolverComparison.mean": Call(
        COMPARED.mean,
        {"name": word("solved", *COLUMNS), "width": number(positive, 1.0), "over": word("all", "solved", "shared")},
    ),
    "read_ensemble": Call(bp.read_ensemble, {"path": path("nowhere")}),
    "crosscheck": Call(
        bp.crosscheck,
        OF_RUN
        | {
            "n": integers(2, 11),
            "comparisons": words(["entropy"], "all", *COMPARISONS) | NOTHING,
            "method": METHOD | NOTHING,
        },
    ),
    "Crosscheck.save": Call(CHECK.save, {"folder": path("nowhere/x")}),
    "Ensemble.extrapolate": Call(TABLE.extrapolate, {"name": word("entropy"), "order": integer(1, 1, 2)}),
    "Ensemble.mean": Call(TABLE.mean, {"name": word("entropy"), "width": number(positive, 1.0)}),
    "Ensemble.rerun": Call(
        TABLE.rerun, {"alpha_index": integer(0, 0, 0), "n_index": integer(0, 0, 2), "sample": integer(0, 0, 3)}
    ),
    "Messages.randomized": Call(
        MESSAGES.randomized, {"rng": RNG.to(np.random.default_rng(1)), "amplitude": number(non_negative, 0.1)}
    ),
    "SolutionSet.around_solutions": Call(
        SOLUTIONS.around_solutions, {"references": NOTHING | integer(1, 1, 1), "rng": RNG}
    ),
    "SolutionSet.distance_counts": Call(SOLUTIONS.distance_counts, {"center": signs(3)}),
    "SolutionSet.free_entropy": Call(SOLUTIONS.free_entropy, {"beta": BETA}),
    "SolutionSet.local_entropy": Call(
        SOLUTIONS.local_entropy, {"center": signs(3), "distance": reals(lambda d: (d >= 0) & (d <= 1), 0.1)}
    ),
}

RESULTS = {
    "BPResult": bp.BPResult(np.zeros(3), 0.0, 0.0, 0.0, 0.0, 0.0, 1, rt.Status.CONVERGED, MESSAGES),
    "Capacity": rt.capacity(rt.SymmetricBinaryPerceptron()),
    "Crosscheck": CHECK,
    "DenseTeacherThreshold": rt.DenseTeacherThreshold(1.0, 0.02, 0.5, 0.4, 1e-9, model=STUDENT),
    "DenseThreshold": rt.DenseThreshold(0.7, 0.02, "slope", "free", np.inf, 0.0, 1e-9, MODEL),
    "Ensemble": TABLE,
    "EntropyCurve": CURVE,
    "FocusingFixedPoint": rt.focusing_fixed_point(MODEL, 0.1, 0.1, 2.0),
    "LadderSample": bp.parallel_tempering(INSTANCE, 1.0, sweeps=20, rng=1),
    "LocalizedSample": bp.localize(INSTANCE, steps=2, samples=2, rng=1, force=True),
    "LargestMargin": rt.largest_margin(rt.BinaryPerceptron(weights=rt.SphericalWeights()), 1.0),
    "LocalEnergy": rt.local_energy(MODEL, 0.3, 0.1),
    "Localization": LOCALIZED,
    "SamplingThreshold": rt.sampling_threshold(MODEL),
    "TupleThreshold": rt.tuple_threshold(rt.SymmetricBinaryPerceptron()),
    "AlgorithmicThreshold": rt.algorithmic_threshold(rt.SymmetricBinaryPerceptron(), 5),
    "StabilityLimit": rt.stability_limit(rt.BinaryPerceptron(-0.5, weights=rt.SphericalWeights())),
    "Learning": rt.teacher_student(STUDENT, 0.1),
    "LearningTransition": rt.LearningTransition(1.0, 1.0, "equilibrium", 1e-9, STUDENT),
    "Messages": MESSAGES,
    "NumberTable": rt.NumberTable((QUOTED,)),
    "QuotedNumber": QUOTED,
    "ReplicaSymmetric": POINT,
    "RobustEnsemble": rt.robust_ensemble(MODEL, 0.1, 0.1, 2.0),
    "Row": ROW,
    "Sample": bp.Sample(0.0, 0.0, np.zeros(2), 0.5, np.ones(3, dtype=np.int8)),
    "SatisfiabilityEntropy": rt.satisfiability_entropy(CLAUSAL, 0.1, population=1000, sweeps=20),
    "Solution": SOLVED,
    "SolverComparison": COMPARED,
    "SolutionDistances": bp.SolutionDistances(np.zeros(4), np.zeros(4), np.zeros(4), 1),
    "SolutionSet": SOLUTIONS,
    "StateEvolution": rt.state_evolution(MODEL, 0.1, 2),
}
"""A result of each kind."""


def contents(value: Any) -> bool:
    """Whether numbers are given, in an array or by themselves (booleans among them)."""
    return numbers_in(value) is not None or (isinstance(value, np.ndarray) and value.dtype.kind == "b")


OF_ANNOTATION = {
    "float": number(lambda x: True, 0.0),
    "int": Kind(1, is_integer),
    "str": of(str, usual="x"),
    "bool": flag(),
    "Verdict": word("inside", "outside", "not compared", "left out", ""),
    "Model": model_of(),
    "TeacherStudent": model_of(kind=rt.TeacherStudent),
    "Status": of(rt.Status, usual=None),
    "SolverStatus": of(SolverStatus, usual=None),
    "NDArray[np.object_]": of(np.ndarray, usual=None),
    "Messages": of(bp.Messages, usual=None),
    "Method": METHOD,
    "Form": METHOD | word("survey"),
    "RandomSatisfiability": of(rt.RandomSatisfiability, usual=CLAUSAL),
    "Expected": word("equal", "above", "below", "near"),
    "None": NOTHING,
    "NDArray[Any]": of(np.ndarray, usual=None),
    "Any": Kind(None, lambda value: True),
}


def of_annotation(text: str) -> Kind:
    """The kind of a field of a result, by its annotation."""
    kinds = [
        OF_ANNOTATION.get(part, of(dict, usual={}) if part.startswith("Mapping") else
                          of(tuple, usual=()) if part.startswith("tuple") else Kind(0.0, contents))
        for part in text.split(" | ")
    ]  # fmt: skip
    return functools.reduce(Kind.__or__, kinds)


CALLS |= {
    name: Call(type(result), {f.name: of_annotation(str(f.type)).to(getattr(result, f.name)) for f in fields(result)})
    for name, result in RESULTS.items()
}

Q = sympy.Symbol("q")
FUNCTIONAL = rt.symbolic.Functional(Q**2, (Q,))
EQUATIONS = rt.symbolic.saddle_equations(FUNCTIONAL)
LAYER = {"activation": word("linear", "sign", "relu")}
OF_EQUATIONS = {
    "values": Kind({"q": 0.0}, lambda value: False, odd=({"q": np.nan}, {"q": "x"}, {"p": 0.0})),
    "models": model_of(single) | Kind(MODEL, lambda value: isinstance(value, dict) and not value, odd=({"q": 1},)),
}
CALLS |= {
    "symbolic.saddle_equations": Call(
        rt.symbolic.saddle_equations, {"functional": of(rt.symbolic.Functional, usual=FUNCTIONAL)}
    ),
    "symbolic.Functional": Call(
        rt.symbolic.Functional,
        {
            "expression": of(sympy.Expr, usual=Q**2),
            "unknowns": Kind((Q,), lambda value: False, odd=((Q, Q), (sympy.Symbol("p"),), [Q])),
            "name": of(str, usual=""),
        },
    ),
    "symbolic.Numbers": Call(rt.symbolic.Numbers, {"models": OF_EQUATIONS["models"]}),
    "symbolic.Numbers.at": Call(
        rt.symbolic.Numbers(MODEL).at,
        {
            "expressions": Kind([Q], lambda value: isinstance(value, list | tuple) and not value),
            "values": OF_EQUATIONS["values"],
        },
    ),
    **{f"symbolic.SaddleEquations.{name}": Call(getattr(EQUATIONS, name), OF_EQUATIONS)
       for name in ("value", "residual", "solve")},
    **{f"symbolic.{make.__name__}": Call(make, LAYER)
       for make in (rt.symbolic.around_solutions, rt.symbolic.largest_local_entropy)},
    **{f"symbolic.{make.__name__}": Call(make, LAYER | {"weights": of(rt.Weights, usual=rt.BinaryWeights())})
       for make in (rt.symbolic.replica_symmetric, rt.symbolic.franz_parisi, rt.symbolic.local_entropy)},
    "symbolic.mixture": Call(
        rt.symbolic.mixture, {"outputs": Kind((1, -1), lambda value: False, odd=((1, 0), (1, "x"), ((1,),)))}
    ),
    "symbolic.tuples": Call(rt.symbolic.tuples, {"levels": integer(1, 1, 6)}),
}  # fmt: skip

LEFT_OUT = {
    "ConvergenceError": "an exception, raised with a sentence and a result",
    "ConvergenceWarning": "a warning",
    "Status": "an enumeration: Python's own ValueError quotes the word",
    "Model": "abstract: its constructor is that of the models",
    "Weights": "abstract",
    "Ball": "two decimals that functions of ours proved",
    "Certificate": "balls that functions of ours proved",
    "Digits": "numbers that functions of ours confirmed",
    "tilt": "an integrand: called at every node",
    "mean": "an integrand",
    "variance": "an integrand",
    "means": "called with conjugates of ours only",
    "rests": "called with conjugates of ours only",
    "entropic": "called with conjugates of ours only",
    "multiplier": "called with conjugates of ours only",
    "OverlapMap.at": "called with overlaps of ours only",
    "OverlapMap.conjugate": "called with overlaps of ours only",
    "OverlapMap.curvature": "called with overlaps of ours only",
    "BinaryWeights.field": "called with conjugates of ours only",
    "log_prior": "an integrand",
    "shares": "an integrand",
    "log_probability": "an integrand: called at every node",
    "log_kernel": "an integrand",
    "probability": "an integrand",
    "violation": "an integrand",
    "offers": "a decorator of the modules that have forms of messages",
    "optimises": "a decorator of the modules that have forms of messages",
    "optima": "asked by the solvers, for forms that they know",
    "Committee.log_acceptance": "looks at no weights: there is no doubt about a hard constraint",
    "Instance.of": "takes over patterns that are checked already",
    "Satisfiability.of": "takes over clauses that are arrays already",
    "implied": "called with values of ours only",
    "drawn": "called by bp.compare, with the root of its seeds",
    "settings": "called by bp.compare, with the root of its seeds",
    "products": "called at every step of a solver",
    "ascent": "called at every step of a solver",
    "gaps": "called at every step of a solver",
    "lacks_domain": "called with domains of ours only",
    "require_spins": "called with words of ours only",
    "checked": "called with names of ours only",
    "present": "called at every step of an online algorithm",
}
"""Public names and methods that take no arguments of users, and why."""
