"""Replica-symmetric theory against belief propagation on large instances.

A mean over instances is compared with the theory at the load P/N that they have, in standard errors of that mean. They
are estimated from the same instances, so the limit is the quantile of Student's t that is as rare as 4 standard errors
are for a Gaussian (6e-5). Finite-size corrections, O(1/N) at N = 2001, are a tenth of the standard errors.
"""

import numpy as np
import pytest
from comparison_tables import BINARY, TEACHER, assert_agreement, limits, table
from scipy import stats

import bp
from replica_theory import BinaryPerceptron, Status, SymmetricBinaryPerceptron, TeacherStudent, replica_symmetric

N = 2001


def runs(model, alpha, n, samples, **options):
    for sample in range(samples):
        instance = bp.random_instance(model, n, alpha, np.random.SeedSequence([n, round(100 * alpha), sample]))
        yield instance, bp.belief_propagation(instance, **options)


def assert_mean(values, expected, name=""):
    values = np.array(values)
    error = values.std(ddof=1) / np.sqrt(len(values))
    z = (values.mean() - expected) / error
    print(f"{name}: {values.mean():.6f} +- {error:.6f}, theory {expected:.6f}, z = {z:.2f}")
    assert abs(z) < stats.t.isf(stats.norm.sf(4), len(values) - 1)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.5, 0.7])
@pytest.mark.parametrize("method, samples", [("gaussian", 8), ("amp", 24)])
def test_entropy_and_overlap(alpha, method, samples):
    results = [run for _, run in runs(BinaryPerceptron(), alpha, N, samples, method=method)]
    theory = replica_symmetric(BinaryPerceptron(), round(alpha * N) / N)
    assert_mean([run.entropy for run in results], theory.entropy, "S")
    assert_mean([run.overlap for run in results], theory.q, "q")


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.5, 0.6, 0.7])
def test_default_settings_converge_and_entropies_scatter_little(alpha):
    results = [run for _, run in runs(BinaryPerceptron(), alpha, 1001, 10)]
    assert all(run.status is Status.CONVERGED and run.residual <= 1e-9 for run in results)
    entropies = [run.entropy for run in results]
    print(f"std {np.std(entropies, ddof=1):.4f}, iterations {[run.iterations for run in results]}")
    assert np.std(entropies, ddof=1) < 0.02
    assert_mean(entropies, replica_symmetric(BinaryPerceptron(), round(alpha * 1001) / 1001).entropy)


@pytest.mark.slow
def test_a_margin():
    model = BinaryPerceptron(kappa=0.5)
    results = [run for _, run in runs(model, 0.3, N, 24, method="amp")]
    theory = replica_symmetric(model, round(0.3 * N) / N)
    assert_mean([run.entropy for run in results], theory.entropy, "S")
    assert_mean([run.overlap for run in results], theory.q, "q")


@pytest.mark.slow
def test_finite_temperature():
    # above capacity there are no solutions, but configurations with few errors
    model = BinaryPerceptron(beta=2.0)
    results = [run for _, run in runs(BinaryPerceptron(), 1.2, N, 16, method="amp", beta=2.0)]
    theory = replica_symmetric(model, round(1.2 * N) / N)
    assert_mean([run.energy for run in results], theory.energy, "e")
    assert_mean([run.entropy for run in results], theory.entropy, "S")
    assert_mean([run.free_entropy for run in results], theory.free_entropy, "Phi")
    assert_mean([run.overlap for run in results], theory.q, "q")


@pytest.mark.slow
def test_teacher_and_student():
    model = TeacherStudent()
    pairs = list(runs(model, 0.8, N, 24, method="amp"))
    theory = replica_symmetric(model, round(0.8 * N) / N)
    assert theory.teacher_overlap == pytest.approx(theory.q, abs=1e-9)  # Bayes-optimal
    assert_mean([instance.teacher @ run.magnetizations / N for instance, run in pairs], theory.teacher_overlap, "R")
    assert_mean([run.overlap for _, run in pairs], theory.q, "q")
    assert_mean([run.entropy for _, run in pairs], theory.entropy, "S")


@pytest.mark.parametrize("method", ["gaussian", "amp"])
@pytest.mark.parametrize("alpha", [0.5, 1.2])
def test_symmetric_entropy_is_exact_on_every_instance(method, alpha):
    # zero magnetisations are the fixed point, where every pattern counts with its annealed probability
    model = SymmetricBinaryPerceptron(1.0)
    for instance, run in runs(model, alpha, 501, 2, method=method):
        assert run.entropy == pytest.approx(replica_symmetric(model, instance.alpha).entropy, abs=1e-12)
        assert run.overlap < 1e-20


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, [0.3, 0.5]), (TEACHER, [0.4, 0.8])])
def test_extrapolated_entropies_agree_to_a_thousandth(model, alpha):
    rows = [row for row in table(model, alpha, "entropy", samples=64) if row.quantity == "entropy"]
    assert_agreement(rows, least=2)
    for row in limits(rows):
        assert row.standard_error < 1e-3
        assert abs(row.discrepancy) < 1e-3 + 2 * row.standard_error
