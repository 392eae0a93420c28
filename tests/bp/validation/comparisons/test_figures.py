"""The comparisons of `bp.crosscheck` at sizes where they mean something: agreement within standard errors as N → ∞.

Rows follow Student's t: the limit for each is the quantile that is as rare as 4 standard errors of a Gaussian, and the
mean of z^2 over a table is held to its own (rows of one load are correlated: they share the instances).
"""

import numpy as np
import pytest
from scipy import stats

import bp
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, TeacherStudent

BINARY, SYMMETRIC, TEACHER = BinaryPerceptron(), SymmetricBinaryPerceptron(1.0), TeacherStudent()
SIZES = (201, 401, 801)


def table(model, alpha, comparison, n=SIZES, samples=16, **options):
    check = bp.crosscheck(model, alpha, n, samples, rng=4, comparisons=comparison, **options)
    print(check)
    return check.rows


def limits(rows):
    return [row for row in rows if np.isinf(row.n) and row.expected == "equal" and np.isfinite(row.z)]


def assert_agreement(rows, least=1):
    rows = limits(rows)
    assert len(rows) >= least
    for row in rows:
        assert abs(row.z) < stats.t.isf(stats.norm.sf(4), row.dof), row
    assert len(rows) < 8 or np.mean([row.z**2 for row in rows]) < 4


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, [0.3, 0.6]), (TEACHER, [0.4, 0.8]), (SYMMETRIC, [0.8])])
def test_amp_follows_its_state_evolution_iteration_by_iteration(model, alpha):
    rows = table(model, alpha, "state-evolution", samples=32)
    assert_agreement(rows, least=4 * len(alpha))
    assert {row.iteration for row in limits(rows)} == {1, 2, 4, 8}
    # the first iterate is far from the fixed point: the agreement is that of the course
    first, last = (np.array([row.theory for row in limits(rows) if row.iteration == t]) for t in (1, 8))
    assert np.all(np.abs(first - last) > 0.02)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.5])
def test_focusing_bp_obeys_its_own_theory_and_not_the_robust_ensemble(alpha):
    rows = table(BINARY, alpha, "focusing")
    own = [row for row in rows if row.theory_source == "focusing theory"]
    assert_agreement(own, least=11)  # at y = 1 the overlap does not scatter
    robust = [row for row in rows if row.theory_source == "robust ensemble" and np.isinf(row.n)]
    assert_agreement([row for row in robust if row.y == 1])
    far = [row for row in robust if row.y == 3 and row.gamma == 0.4 and row.quantity == "overlap"]
    assert len(far) == 1 and far[0].z < -5 and far[0].expected == "near" and "independent" in far[0].assumption


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(TEACHER, [0.5, 1.0]), (SYMMETRIC, [0.6, 1.0])])
def test_entropy_around_a_planted_solution(model, alpha):
    assert_agreement(table(model, alpha, "planted", samples=16, distance=[0.1, 0.15, 0.25]), least=5)


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, [0.3, 0.7]), (TEACHER, 0.8), (SYMMETRIC, 0.8)])
def test_energy_at_finite_temperature(model, alpha):
    rows = table(model, alpha, "energy", samples=24)
    assert_agreement(rows, least=2 * np.size(alpha))
    assert {row.simulation_source for row in rows} == {"belief propagation", "Monte Carlo"}


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, 0.3), (TEACHER, 0.4), (SYMMETRIC, 0.5)])
def test_enumeration(model, alpha):
    rows = table(model, alpha, "enumeration", samples=3)
    assert [row.quantity for row in rows] == ["entropy", "entropy difference", "Franz-Parisi", "Franz-Parisi"]
    assert_agreement(rows, least=2)


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, [0.3, 0.5]), (TEACHER, [0.4, 0.8])])
def test_extrapolated_entropies_agree_to_a_thousandth(model, alpha):
    rows = [row for row in table(model, alpha, "entropy", samples=64) if row.quantity == "entropy"]
    assert_agreement(rows, least=2)
    for row in limits(rows):
        assert row.standard_error < 1e-3
        assert abs(row.discrepancy) < 1e-3 + 2 * row.standard_error


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, 0.5), (TEACHER, 0.6), (SYMMETRIC, 0.8)])
def test_solutions_found_lie_between_typical_ones_and_the_bound(model, alpha):
    rows = table(model, alpha, "solutions", n=501, samples=8)
    assert {row.simulation_source for row in rows} == {f"around {name}" for name in bp.solvers()}
    for row in rows:
        assert row.z > 5 if row.expected == "above" else row.z < 4, row
