"""Arguments that are allowed, for functions of both packages: ordinary ones, extreme ones, of every shape and dtype."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

import numpy as np
from hypothesis import strategies as st

import bp
import replica_theory as rt
from bp.algorithms.solver import solver_of
from bp.ensembles.measurements import MEASUREMENTS

FLINT = find_spec("flint") is not None


@dataclass(frozen=True)
class Draw:
    """A function, the arguments to call it with, and how many calls the suite makes of it (0: the audit alone)."""

    function: Callable[..., Any]
    arguments: st.SearchStrategy[dict[str, Any]]
    few: int = 4


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(np.log10(low), np.log10(high)).map(lambda x: min(max(float(10**x), low), high))


def shaped(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    """A number of some type, or a small array of some shape and dtype."""
    few = st.lists(numbers, min_size=1, max_size=2)
    return st.one_of(
        numbers,
        numbers.map(np.float64),
        numbers.map(np.asarray),
        few,
        few.map(lambda held: np.array(held)[:, None]),
        st.sampled_from([np.zeros(0), np.zeros((0, 1))]),
    )


ALPHA = st.one_of(log_uniform(1e-8, 1e6), st.floats(0.05, 1.5), st.sampled_from([1, np.float32(0.5), np.int8(1)]))
DISTANCE = st.one_of(st.floats(0.0, 0.5), log_uniform(1e-9, 0.5), st.sampled_from([0, 0.0, 0.5, 0.5 - 1e-12, 1e-300]))
INSIDE = st.one_of(st.floats(1e-3, 0.499), log_uniform(1e-9, 0.4), st.sampled_from([0.5 - 1e-9]))
KAPPA = st.one_of(st.floats(-10, 10), st.floats(-1, 1), st.sampled_from([0, 0.0, -0.0, 10, -10, 1e-12]))
MARGIN = st.one_of(log_uniform(1e-3, 10), st.floats(0.3, 2))
BETA = st.one_of(log_uniform(1e-6, 1e4), st.sampled_from([0.0, 1, np.inf]))
GAMMA = st.one_of(st.floats(0, 5), log_uniform(1e-8, 50))
COUNT = st.one_of(st.floats(0, 20), log_uniform(1e-6, 1e4), st.sampled_from([0, 1, np.inf]))
EDGES = st.lists(st.floats(-4, 4), min_size=2, max_size=4, unique=True).map(sorted)
INTERVALS = EDGES.map(lambda e: [(a, b) for a, b in zip(e[::2], e[1::2], strict=False)])

HARD = st.one_of(
    st.builds(rt.BinaryPerceptron, KAPPA),
    st.builds(rt.SymmetricBinaryPerceptron, MARGIN),
    st.builds(rt.UShapePerceptron, MARGIN),
    st.builds(rt.IntervalModel, INTERVALS),
)
SOFT = st.one_of(
    st.builds(rt.BinaryPerceptron, KAPPA, BETA),
    st.builds(rt.SymmetricBinaryPerceptron, MARGIN, BETA),
    st.builds(rt.BinaryPerceptron, st.lists(KAPPA, min_size=1, max_size=2).map(np.array)),
)
RANDOM = HARD | SOFT
LAYERED = st.one_of(
    st.builds(rt.TreeCommittee, KAPPA, BETA, activation=st.sampled_from(["sign", "relu", np.tanh])),
    st.builds(rt.TreeCommittee, KAPPA, BETA, units=st.sampled_from([1, 3])),
)
WIDE = st.one_of(
    st.builds(rt.TreeCommittee, KAPPA, activation=st.sampled_from(["sign", "relu"])),
    st.builds(rt.TreeCommittee, KAPPA, units=st.just(1)),
)
WEIGHTED = st.builds(rt.PowerWeight, KAPPA, power=st.one_of(st.floats(0, 5), st.sampled_from([1, 1.0, 100])))
CONCAVE = st.builds(rt.BinaryPerceptron, KAPPA)


@st.composite
def mixtures(draw: Any, *, free: bool = True, classes: st.SearchStrategy[rt.Model] = HARD) -> rt.Mixture:
    """Two classes of any margins and kinds at a given shift, or two of opposite outputs at a free one."""
    share = draw(st.floats(0.05, 0.95))
    if free and draw(st.booleans()):
        one, other = (rt.BinaryPerceptron(draw(st.floats(-2, 2))) for _ in range(2))
        return rt.Mixture([(share, one, 1), (1 - share, other, -1)], "free", kappa=draw(st.floats(-1, 1)))
    outputs = (draw(st.sampled_from([-1, 1])) for _ in range(2))
    shift = draw(st.floats(-3, 3))
    shares = (share, 1 - share)
    return rt.Mixture([(p, draw(classes), y) for p, y in zip(shares, outputs, strict=True)], shift, beta=draw(BETA))


TEACHER = st.one_of(st.just(rt.TeacherStudent()), st.builds(rt.TeacherStudent, st.floats(-2, 2), BETA))


def calls(**arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments by name, those that are arrays of shapes that broadcast."""
    return st.fixed_dictionaries(arguments).filter(fits)


def fits(arguments: dict[str, Any]) -> bool:
    model = arguments.get("model")
    own = () if model is None else (np.shape(model.kappa), np.shape(model.beta))
    try:
        np.broadcast_shapes(*own, *(np.shape(x) for name, x in arguments.items() if name in SHAPED))
    except ValueError:
        return False
    return True


SHAPED = ("alpha", "distance", "gamma", "y")


@st.composite
def instances(draw: Any) -> bp.Instance:
    """Of big N and few patterns, small N and many, ±1 and real, every constraint."""
    n, p = draw(st.sampled_from([(1, 1), (1, 9), (2, 3), (3, 40), (7, 3), (11, 5), (21, 6), (101, 40), (301, 1)]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    patterns = draw(
        st.sampled_from(
            [
                lambda: rng.choice([-1, 1], (p, n)),
                lambda: np.ones((p, n)),
                lambda: rng.standard_normal((p, n)),
                lambda: 1e-9 * rng.standard_normal((p, n)),
                lambda: np.float32(rng.standard_normal((p, n))),
                lambda: np.where(rng.random((p, n)) < 0.9, 1, -1).astype(np.int8),
            ]
        )
    )()
    labels = rng.choice([-1.0, 1.0], p)
    return bp.Instance(patterns, labels, constraint=draw(HARD))


RNG = st.integers(0, 2**70)


@st.composite
def weights_of(draw: Any, problems: st.SearchStrategy[bp.Instance], name: str) -> dict[str, Any]:
    """An instance, and ±1 weights of its size under a name, of some dtype."""
    problem = draw(problems)
    weights = np.random.default_rng(draw(st.integers(0, 99))).choice([-1, 1], problem.n)
    return {"problem": problem, name: weights.astype(draw(st.sampled_from([np.int8, int, np.float32])))}


def with_more(base: st.SearchStrategy[dict[str, Any]], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The arguments of `base` and further ones."""
    return st.tuples(base, st.fixed_dictionaries(more)).map(lambda parts: parts[0] | parts[1])


@st.composite
def predictions(draw: Any, values: Callable[[np.random.Generator, Any], Any], name: str) -> dict[str, Any]:
    """Weights or magnetizations, one row or several, and patterns, one or several, of some scale."""
    n, rng = draw(st.sampled_from([1, 3, 40])), np.random.default_rng(draw(st.integers(0, 99)))
    rows, p = draw(st.sampled_from([(), (1,), (4,)])), draw(st.sampled_from([(), (1,), (7,)]))
    scale = draw(st.sampled_from([1.0, 1e-13, 1e200]))
    return {name: values(rng, (*rows, n)), "patterns": scale * rng.standard_normal((*p, n))}


def signs(rng: np.random.Generator, shape: Any) -> Any:
    return rng.choice([-1, 1], shape)


def computable(arguments: dict[str, Any]) -> bool:
    """Exact messages are of sums of ±1."""
    return bool(arguments["method"] != "exact" or not arguments["problem"].patterns.dtype.kind == "f")


SMALL = instances().filter(lambda problem: problem.n < 22)
SIMPLE = st.one_of(
    st.builds(rt.BinaryPerceptron, st.floats(-1, 0.5), st.sampled_from([np.inf, 2.0])),
    st.just(rt.TeacherStudent()),
    HARD,
)
METHODS = st.sampled_from(["amp", "gaussian", "exact"])
CERTIFIED = st.one_of(
    st.builds(rt.BinaryPerceptron, st.floats(-2, 3)),
    st.builds(rt.SymmetricBinaryPerceptron, MARGIN),
    st.builds(rt.BinaryPerceptron, st.floats(0, 10), weights=st.just(rt.SphericalWeights())),
)
FEW_DIGITS = st.none() | st.integers(1, 40)


def proved(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose number comes in a ball as narrow as asked for."""

    def called(**arguments: Any) -> Any:
        point = function(certified=True, **arguments)
        size = abs(point.ball.midpoint) if point.main == "alpha" else 1
        assert point.ball.radius <= size * Decimal(10) ** -point.digits and str(point)
        return point

    return called


DRAWS = {
    "replica_symmetric of mixtures": Draw(rt.replica_symmetric, calls(model=mixtures(), alpha=shaped(ALPHA)), 6),
    "annealed_entropy of mixtures": Draw(rt.annealed_entropy, calls(model=mixtures(), alpha=shaped(ALPHA)), 10),
    "capacity of mixtures": Draw(
        rt.capacity, calls(model=mixtures().filter(lambda model: np.all(np.isposinf(model.beta)))), 2
    ),
    "state_evolution of mixtures": Draw(
        rt.state_evolution,
        calls(model=mixtures(free=False), alpha=shaped(ALPHA), iterations=st.sampled_from([1, 3, 10])),
    ),
    "franz_parisi of mixtures": Draw(
        rt.franz_parisi, calls(model=mixtures(), alpha=shaped(ALPHA), distance=shaped(DISTANCE)), 1
    ),
    "local_entropy of mixtures": Draw(
        rt.local_entropy,
        calls(model=mixtures(classes=CONCAVE), alpha=shaped(ALPHA), distance=shaped(INSIDE)),
        0,
    ),
    "replica_symmetric": Draw(rt.replica_symmetric, calls(model=RANDOM | TEACHER | WEIGHTED, alpha=shaped(ALPHA)), 8),
    "annealed_entropy": Draw(rt.annealed_entropy, calls(model=RANDOM | TEACHER | WEIGHTED, alpha=shaped(ALPHA)), 20),
    "teacher_student": Draw(rt.teacher_student, calls(model=TEACHER, alpha=shaped(ALPHA))),
    "state_evolution": Draw(
        rt.state_evolution, calls(model=RANDOM | WEIGHTED, alpha=shaped(ALPHA), iterations=st.sampled_from([1, 3, 10]))
    ),
    "localization": Draw(
        rt.localization,
        calls(model=HARD | WEIGHTED, alpha=ALPHA,
              times=shaped(st.one_of(st.floats(0, 10), log_uniform(1e-9, 1e6), st.just(0)))),
        3,
    ),
    "sampling_threshold": Draw(rt.sampling_threshold, calls(model=HARD), 2),
    "sampling_threshold of weights": Draw(
        rt.sampling_threshold,
        calls(model=WEIGHTED, scheme=st.sampled_from(["localization", "decimation"])), 0,
    ),
    "of hidden layers": Draw(rt.replica_symmetric, calls(model=LAYERED, alpha=ALPHA), 3),
    "curves of hidden layers": Draw(rt.franz_parisi, calls(model=WIDE, alpha=ALPHA, distance=shaped(DISTANCE)), 2),
    "capacity": Draw(rt.capacity, calls(model=HARD), 3),
    "franz_parisi": Draw(rt.franz_parisi, calls(model=RANDOM, alpha=shaped(ALPHA), distance=shaped(DISTANCE))),
    "planted_bound": Draw(rt.planted_bound, calls(model=HARD, alpha=shaped(ALPHA), distance=shaped(DISTANCE)), 10),
    "binary_entropy": Draw(rt.binary_entropy, calls(distance=shaped(DISTANCE)), 20),
    "around_teacher": Draw(
        rt.around_teacher, calls(model=TEACHER, alpha=shaped(ALPHA), distance=shaped(INSIDE)), 3
    ),
    "local_entropy": Draw(
        rt.local_entropy,
        calls(model=RANDOM, alpha=shaped(ALPHA), distance=shaped(INSIDE), y=st.just(np.inf)),
    ),
    "local_entropy at finite y": Draw(
        rt.local_entropy,
        calls(model=HARD, alpha=shaped(ALPHA), distance=shaped(INSIDE), y=COUNT.filter(np.isfinite),
              reference=st.sampled_from(["free", "solution"])),
        0,
    ),
    "robust_ensemble": Draw(
        rt.robust_ensemble,
        calls(model=HARD, alpha=shaped(ALPHA), gamma=shaped(GAMMA), y=COUNT.filter(np.isfinite)),
        2,
    ),
    "focusing_fixed_point": Draw(
        rt.focusing_fixed_point,
        calls(model=CONCAVE, alpha=shaped(ALPHA), gamma=shaped(GAMMA), y=st.floats(1, 30)),
    ),
    "belief_propagation": Draw(
        bp.belief_propagation,
        calls(problem=instances(), method=st.sampled_from(["amp", "gaussian"]), beta=BETA, rng=RNG,
              max_iter=st.sampled_from([1, 50]), damping=st.sampled_from([0.0, 0.5])),
        10,
    ),
    "enumerate_solutions": Draw(
        bp.enumerate_solutions,
        calls(instance=instances().filter(lambda instance: instance.n < 22), energies=st.booleans()),
        10,
    ),
    "monte_carlo": Draw(
        bp.monte_carlo, calls(problem=instances(), beta=BETA.filter(np.isfinite), sweeps=st.just(20), rng=RNG), 10
    ),
    "localize": Draw(
        bp.localize,
        calls(
            problem=instances(),
            beta=BETA,
            samples=st.sampled_from([1, 2]),
            method=METHODS,
            steps=st.sampled_from([1, 3]),
            horizon=log_uniform(1e-3, 1e3),
            max_iter=st.sampled_from([1, 30]),
            rng=RNG,
            force=st.just(True),
        ).filter(computable),
        10,
    ),
    "parallel_tempering": Draw(
        bp.parallel_tempering,
        calls(problem=instances(), betas=st.sampled_from([0.3, 2.0, 100.0, [0.0, 1.0]]), sweeps=st.just(20), rng=RNG),
        10,
    ),
    "solve": Draw(
        bp.solve,
        calls(problem=instances(), solver=st.sampled_from(bp.solvers()), rng=RNG, max_iter=st.just(20)).filter(
            lambda call: not solver_of(call["solver"], {}).applies(call["problem"])
        ),
        10,
    ),
    "random_instance": Draw(
        bp.random_instance,
        calls(model=HARD, n=st.sampled_from([1, 3, 100]), alpha=st.floats(0.51, 30), rng=RNG,
              patterns=st.sampled_from(["binary", "gaussian"])),
        10,
    ),
    "dense_teacher": Draw(
        rt.dense_teacher,
        calls(model=TEACHER, alpha=shaped(ALPHA), distance=shaped(DISTANCE),
              y=COUNT.filter(lambda y: 0 < y <= 40 or y == np.inf)),
        0,
    ),
    "local_entropy_1rsb": Draw(
        rt.local_entropy_1rsb,
        calls(model=HARD, alpha=shaped(ALPHA), distance=shaped(INSIDE),
              y=st.one_of(st.floats(2, 20), st.just(np.inf))).filter(
            lambda one: one["model"].is_concave or np.isfinite(one["y"])
        ),
        0,
    ),
    "tuple_entropy": Draw(
        rt.tuple_entropy,
        calls(model=HARD, alpha=shaped(ALPHA), distance=shaped(DISTANCE), m=st.floats(1, 50)),
        2,
    ),
    "tuple_threshold": Draw(rt.tuple_threshold, calls(model=HARD, levels=st.sampled_from([2, 3, 4])), 0),
    "multi_overlap_gap": Draw(rt.multi_overlap_gap, calls(model=HARD, m=st.integers(2, 30)), 0),
    "minimum_distance": Draw(rt.minimum_distance, calls(model=HARD, alpha=st.floats(0.01, 1.5)), 0),
    "bp.local_entropy": Draw(
        bp.local_entropy,
        with_more(weights_of(SMALL, "reference"), distance=st.lists(INSIDE, min_size=1, max_size=3), method=METHODS,
                  beta=BETA, damping=st.sampled_from([0.0, 0.5]),
                  max_iter=st.sampled_from([1, 100])).filter(computable),
        5,
    ),
    "solve_batch": Draw(
        lambda problem, solver, seeds, **options: bp.solve_batch(problem, solver, rngs=seeds, **options),
        calls(problem=instances(), solver=st.sampled_from(bp.solvers()), seeds=st.lists(RNG, max_size=3),
              max_iter=st.just(5)),
        5,
    ),
    "predict": Draw(bp.predict, predictions(signs, "weights"), 5),
    "predict_probability": Draw(
        bp.predict_probability, predictions(lambda rng, shape: rng.uniform(-1, 1, shape[-1:]), "magnetizations"), 5
    ),
    "ensemble": Draw(
        bp.ensemble,
        calls(model=SIMPLE, alpha=st.floats(0.1, 1.5), n=st.sampled_from([9, 21, [11], [9, 21]]),
              samples=st.integers(1, 3), rng=RNG, method=METHODS,
              measurements=st.lists(st.sampled_from(sorted(MEASUREMENTS)), min_size=1, max_size=3, unique=True)).filter(
                  lambda one: not any(MEASUREMENTS[name].lacks(one["model"]) for name in one["measurements"])),
        0,
    ),
    "crosscheck": Draw(
        bp.crosscheck,
        calls(model=SIMPLE.filter(lambda model: np.isposinf(model.beta)), alpha=st.floats(0.1, 1.2),
              n=st.sampled_from([11, 15, [11, 21]]), samples=st.integers(2, 3),
              rng=RNG, distance=st.sampled_from([0.1, 0.2, [0.1, 0.3]]), method=METHODS),
        0,
    ),
}  # fmt: skip

if FLINT:
    DRAWS |= {
        "certified capacity": Draw(proved(rt.capacity), calls(model=CERTIFIED, digits=FEW_DIGITS), 3),
        "certified entropy": Draw(
            proved(rt.replica_symmetric),
            calls(
                model=CERTIFIED.filter(lambda model: model.weights.counts),
                alpha=log_uniform(1e-8, 100),
                digits=FEW_DIGITS,
            ),
            3,
        ),
    }
