"""What is read off at a saddle, against quadratures of four times the nodes, and the identities between the columns."""

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, local_entropy
from replica_theory.replicas.equations import Equations, Problem, _derivatives
from replica_theory.replicas.finite_y import Overlaps, Resolution, System

BINARY, WARM = BinaryPerceptron(), BinaryPerceptron(0.1, 2.0)
NODES = (-2, -1, 0, 1, 2)


def drawn(seed, size):
    """Loads, distances from 0.005 and y up to 20, where both references have a saddle."""
    rng = np.random.default_rng(seed)
    return [
        (rng.uniform(0.2, 0.5), float(np.exp(rng.uniform(np.log(0.005), np.log(0.25)))), rng.uniform(0.3, 20.0))
        for _ in range(size)
    ]


def coordinates(problem, curve, t):
    """Coordinates of a reported point."""
    of = {name: float(value) for name, value in curve.overlaps.items()}
    q = Overlaps(of["q0"], of["q1"] - of["q0"])
    if problem.equations.system.reference is not None:
        q = q._replace(slope=of["t0"] / of["q0"], rest=of["q_ref"] - of["t0"] ** 2 / of["q0"])
    tau = of["t_hat"] - (of["t0_hat"] if problem.equations.system.reference is not None else 0.0)
    return np.append(problem.equations.coordinates(q, t), tau / (1 + abs(tau)))


def referee(model, reference, alpha, distance, y, curve):
    """Everything at the solution of the equations with four times the nodes, by Newton's method."""
    problem = Problem(Equations(System(model, reference, alpha, y)))
    p, x = np.log(distance), coordinates(problem, curve, 1 - 2 * distance)
    fine = Problem(Equations(System(model, reference, alpha, y, Resolution().doubled().doubled())))
    moved = x - np.linalg.solve(_derivatives(problem, x, p)[0], fine.evaluate(x, p)[0])
    return fine.evaluate(moved, p)[1]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "reference", "alpha", "distance", "y"), [
    *[(BINARY, None, *case) for case in drawn(1, 4)], *[(BINARY, BINARY, *case) for case in drawn(2, 3)],
    (WARM, None, 0.5, 0.1, 10.0), (BinaryPerceptron(0.1, 5.0), None, 0.5, 0.02, 20.0), (WARM, WARM, 0.5, 0.05, 8.0),
])  # fmt: skip
def test_against_four_times_the_nodes(model, reference, alpha, distance, y):
    kind = "free" if reference is None else "solution"
    curve = local_entropy(model, alpha, distance, reference=kind, y=y)
    true = referee(model, reference, alpha, distance, y, curve)
    assert float(curve.error) < 1e-9
    # Rounding: sums of some thousand terms, differences of conjugates that grow as d -> 0.
    assert abs(float(curve.entropy) - true.entropy) <= float(curve.error) + 1e-12
    of = {name: float(curve.overlaps[name]) for name in ("gamma", "phi", "energy", "t_hat")}
    for name, value in of.items():
        assert value == pytest.approx(getattr(true, name), rel=1e-9, abs=1e-10), name
    assert float(curve.complexity) == pytest.approx(true.complexity(y), abs=1e-10)


def derivative(values, step):
    """Central difference of fourth order from five equidistant values."""
    return (values[0] - 8 * values[1] + 8 * values[3] - values[4]) / (12 * step)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "reference", "y"), [
    (BINARY, "free", 10.0), (BINARY, "solution", 3.0), (WARM, "free", 10.0), (WARM, "solution", 2.0),
])  # fmt: skip
def test_identities(model, reference, y):
    """dphi/dy = S (of the free entropy), dphi/dd = 2 y gamma, dSigma/dy = -y dS/dy, and the slope."""
    step, ratio, distance = 5e-4, 5e-4 * y, 0.1
    along = local_entropy(model, 0.4, distance + step * np.array(NODES), reference=reference, y=y)
    across = local_entropy(model, 0.4, distance, reference=reference, y=y + ratio * np.array(NODES))
    free = (across.overlaps["phi"] - across.complexity) / across.y
    assert derivative(across.overlaps["phi"], ratio) == pytest.approx(free[2], abs=1e-7)
    assert derivative(across.complexity, ratio) == pytest.approx(-y * derivative(free, ratio), abs=1e-7)
    assert derivative(along.overlaps["phi"], step) == pytest.approx(2 * y * along.overlaps["gamma"][2], abs=1e-7)
    assert derivative(along.entropy, step) == pytest.approx(along.slope[2], abs=1e-7)


def test_energy_is_the_derivative_in_temperature():
    """y alpha e = -dphi/dbeta (free references: others share the temperature of the replicas)."""
    step, y = 1e-3, 3.0
    model = BinaryPerceptron(0.1, 2.0 + step * np.array(NODES))
    curve = local_entropy(model, 0.5, 0.1, y=y)
    energy = -derivative(curve.overlaps["phi"], step) / (0.5 * y)
    assert energy == pytest.approx(curve.overlaps["energy"][2], abs=1e-9)


@pytest.mark.parametrize(("y", "distance"), [(40.0, 1.5e-4), (3.0, 0.1)])
def test_implicit_slope_next_to_the_reference(y, distance):
    """Derivatives by steps far smaller than 1 - q1: the slope is that of the entropies on both sides (4th order)."""
    h = 2e-2 * distance
    s = local_entropy(BinaryPerceptron(), 0.5, distance + h * np.arange(-2, 3), y=y)
    difference = (8 * (s.entropy[3] - s.entropy[1]) - (s.entropy[4] - s.entropy[0])) / (12 * h)
    assert float(s.slope[2]) == pytest.approx(difference, rel=3e-6)
