"""The eigenvalues that decide whether the replica-symmetric saddle is stable, reported with every point."""

import numpy as np
import pytest

from replica_theory import (
    BinaryPerceptron,
    SymmetricBinaryPerceptron,
    UShapePerceptron,
    franz_parisi,
    local_entropy,
    replica_symmetric,
)
from replica_theory.models.perceptron import hazard
from replica_theory.neighbourhood.symmetry_breaking import functional
from replica_theory.replicas.one_step import Breaking, Orders, energetic, entropic

DISTANCES = np.array([0.3, 0.1, 0.05])
MODEL = BinaryPerceptron()


def test_franz_parisi_is_the_limit_of_few_replicas():
    curve = franz_parisi(MODEL, 0.4, DISTANCES)
    limit = local_entropy(MODEL, 0.4, DISTANCES, y=0.0, reference="solution")
    # Two codes in different coordinates, each accurate to about 1e-9.
    np.testing.assert_allclose(curve.overlaps["replicon"], limit.overlaps["replicon"], atol=1e-7)


def test_at_the_typical_distance_the_probe_is_a_typical_solution():
    typical = replica_symmetric(MODEL, 0.5)
    curve = franz_parisi(MODEL, 0.5, 0.5 * (1 - typical.q))
    assert curve.overlaps["replicon"] == pytest.approx(typical.stability, abs=1e-9)


@pytest.mark.parametrize("model", [MODEL, BinaryPerceptron(kappa=0.3, beta=4.0), SymmetricBinaryPerceptron(1.0)])
@pytest.mark.parametrize("y", [0.5, 4.0])
def test_far_from_any_reference_it_is_the_de_almeida_thouless_line(model, y):
    stability = replica_symmetric(model, 0.4).stability
    overlaps = local_entropy(model, 0.4, 0.4995, y=y).overlaps
    # The deviation is of second order in t = 0.001.
    assert overlaps["replicon"] == pytest.approx(stability, abs=2e-5)
    if not model.is_even:  # there, references are a sector of their own with q0 = 0
        assert overlaps["replicon_ref"] == pytest.approx(stability, abs=2e-5)


def test_pairs_leave_the_symmetry_among_references_to_the_solutions_alone():
    """Free references at y = 1: summing over them is a constant, so stability is that of typical solutions."""
    overlaps = local_entropy(MODEL, 0.6, DISTANCES, y=1.0).overlaps
    np.testing.assert_allclose(overlaps["replicon_ref"], replica_symmetric(MODEL, 0.6).stability, atol=1e-8)
    assert (overlaps["replicon"] > 0).all()


def test_constrained_references_without_replicas_are_typical_solutions():
    model, reference = BinaryPerceptron(kappa=0.0), BinaryPerceptron(kappa=0.2)
    overlaps = local_entropy(model, 0.4, DISTANCES, y=0.0, reference="solution", kappa_ref=0.2).overlaps
    np.testing.assert_allclose(overlaps["replicon_ref"], replica_symmetric(reference, 0.4).stability, atol=1e-7)


def test_many_replicas_tend_to_the_limit():
    limit = local_entropy(MODEL, 0.6, 0.1).overlaps["replicon"]
    low, high = (float(local_entropy(MODEL, 0.6, 0.1, y=y).overlaps["replicon"]) for y in (60.0, 120.0))
    # Corrections are of order 1/y; what is left after extrapolation, of order 1/y^2 = 1e-4.
    assert abs(low - limit) < 0.02
    assert 2 * high - low == pytest.approx(float(limit), abs=5e-4)


def test_flat_part_of_the_limit_has_typical_solutions():
    typical = replica_symmetric(MODEL, 0.6)
    assert local_entropy(MODEL, 0.6, 0.4).overlaps["replicon"] == pytest.approx(typical.stability, abs=1e-12)


def _symmetric(y, m, step):
    """Expansion point: the replica-symmetric saddle and the two factors of its eigenvalue."""
    alpha, d = 0.6, 0.15
    curve = local_entropy(MODEL, alpha, d, y=y)
    of = {name: float(value) for name, value in curve.overlaps.items()}
    system = Breaking(MODEL, alpha, y, m)
    gap, gap_hat = of["q1"] - of["q0"], of["q1_hat"] - of["q0_hat"]
    forces = energetic(system, Orders(of["q0"], gap, step))
    spins = entropic(system, Orders(of["q0_hat"], gap_hat, step), of["t_hat"])
    return system, of, alpha * forces.orders.step / step, spins.orders.step / step


@pytest.mark.parametrize(("y", "m"), [(3.0, 1.7), (0.5, 0.8)])
def test_eigenvalue_is_the_response_of_the_broken_equations(y, m):
    products = []
    for step in (0.004, 0.002):
        _, of, energy, spin = _symmetric(y, m, step)
        products.append(energy * spin)
    # Linear in the step: extrapolated to zero, what is left is of order step^2.
    assert 1 - (2 * products[1] - products[0]) == pytest.approx(of["replicon"], abs=1e-4)


@pytest.mark.parametrize(("y", "m"), [(3.0, 1.7), (0.5, 0.8)])
def test_eigenvalue_is_the_curvature_of_the_functional(y, m):
    r"""With :math:`\delta q_2 - \delta q_1 = \epsilon` and no change of the sum over b of q_ab.

    Then :math:`\varphi - \varphi_{RS} = -\frac{y(m-1)(y-m)}{y-1}\frac{\epsilon^2}{4\lambda_S}(1-\lambda_E\lambda_S)`.
    """
    system, of, _, _ = _symmetric(y, m, 0.01)
    first, second = (np.array(_symmetric(y, m, step)[2:]) for step in (0.002, 0.004))
    spin = (2 * first - second)[1]
    q, hats = (np.array([of["q0" + s], of["q1" + s] - of["q0" + s]]) for s in ("", "_hat"))

    def curvature(epsilon):
        changes = [value * (1 - m) / (y - 1) for value in (epsilon, epsilon / spin)]
        point = functional(
            system,
            Orders(q[0], q[1] + changes[0], epsilon),
            Orders(hats[0], hats[1] + changes[1], epsilon / spin),
            of["t_hat"],
            0.7,
        )
        return (point.phi - of["phi"]) / epsilon**2

    # Linear in epsilon again; phi itself is known to 1e-12, so the quotient to 1e-8.
    extrapolated = 2 * curvature(0.01) - curvature(0.02)
    expected = -y * (m - 1) * (y - m) / (y - 1) * of["replicon"] / (4 * spin)
    assert extrapolated == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("alpha", "stable"), [(0.09, True), (0.25, False)])
def test_gap_of_forbidden_fields_breaks_the_symmetry(alpha, stable):
    """|h| >= kappa: typical solutions (q = 0) are symmetric up to alpha = (kappa G/H)^-2, so are neighbourhoods."""
    kappa = 1.5
    edge = float((kappa * hazard(kappa)) ** -2)
    assert (alpha < edge) == stable
    replicon = local_entropy(UShapePerceptron(kappa), alpha, 0.45, y=0.2).overlaps["replicon"]
    assert (replicon > 0) == stable


def test_neighbourhoods_are_symmetric_where_the_threshold_is_but_references_are_not():
    limit = local_entropy(MODEL, 0.7553, np.array([0.1, 0.05, 0.02, 0.01]))
    assert (limit.overlaps["replicon"] > 0.6).all()
    finite = local_entropy(MODEL, 0.75, np.array([0.1, 0.05]), y="zero-complexity")
    assert (finite.overlaps["replicon"] > 0.6).all()
    assert (finite.overlaps["replicon_ref"] < 0).all()
