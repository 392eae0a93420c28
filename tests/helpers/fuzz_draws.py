"""Arguments that are allowed, for functions of both packages: ordinary ones, extreme ones, of every shape and dtype."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

import bp
import replica_theory as rt


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
CONCAVE = st.builds(rt.BinaryPerceptron, KAPPA)
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

DRAWS = {
    "replica_symmetric": Draw(rt.replica_symmetric, calls(model=RANDOM | TEACHER, alpha=shaped(ALPHA)), 8),
    "annealed_entropy": Draw(rt.annealed_entropy, calls(model=RANDOM | TEACHER, alpha=shaped(ALPHA)), 20),
    "teacher_student": Draw(rt.teacher_student, calls(model=TEACHER, alpha=shaped(ALPHA))),
    "state_evolution": Draw(
        rt.state_evolution, calls(model=RANDOM, alpha=shaped(ALPHA), iterations=st.sampled_from([1, 3, 10]))
    ),
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
    "solve": Draw(
        bp.solve,
        calls(problem=instances(), solver=st.sampled_from(bp.solvers()), rng=RNG, max_iter=st.just(20)),
        10,
    ),
    "random_instance": Draw(
        bp.random_instance,
        calls(model=HARD, n=st.sampled_from([1, 3, 100]), alpha=st.floats(0.51, 30), rng=RNG,
              patterns=st.sampled_from(["binary", "gaussian"])),
        10,
    ),
}  # fmt: skip
