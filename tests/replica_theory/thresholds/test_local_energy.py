"""Local energy: check values, direct integrals, limits, and an instance's worth of sampling."""

import numpy as np
import pytest
from scipy import special

import replica_theory as rt

SPHERE = rt.BinaryPerceptron(weights=rt.SphericalWeights())


def test_check_values_of_the_largest_margin():
    found = rt.local_energy(SPHERE, 1.0, [0.05, 0.1, 0.2], "margin")
    np.testing.assert_allclose(found.energy, [0.12604561, 0.21403107, 0.31601903], atol=6e-9)
    assert found.kappa_ref[0] == pytest.approx(0.4706553526, abs=6e-11)


@pytest.mark.parametrize("model", [SPHERE, rt.BinaryPerceptron()], ids=repr)
def test_typical_references_by_a_plain_sum(model):
    """The density of stabilities on a fine grid (midpoints: truncation 1e-7)."""
    point, t = rt.replica_symmetric(model, 0.5), 0.8
    h = (np.arange(4000) + 0.5) * 2.5e-3
    plain = 2.5e-3 * (point.stability_distribution(h) @ special.ndtr(-t * h / np.sqrt(1 - t * t)))
    assert rt.local_energy(model, 0.5, 0.1).energy == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize("model", [SPHERE, rt.BinaryPerceptron()], ids=repr)
def test_the_wider_the_flatter(model):
    """Typical, of a margin, of the largest margin, dense: in this order at small distances, with 0 at 0 and 1/2 far."""
    references = ["typical", rt.BinaryPerceptron(0.2, weights=model.weights), "margin", "dense"]
    d = np.array([0.01, 0.05])
    energies = np.array([rt.local_energy(model, 0.6, d, reference).energy for reference in references])
    assert (np.diff(energies, axis=0) < 0).all() and (energies > 0).all()
    assert rt.local_energy(model, 0.6, 1e-9).energy < 1e-4
    assert rt.local_energy(model, 0.6, 0.5).energy == pytest.approx(0.5, abs=1e-11)


def test_dense_reference_of_the_sphere_is_the_barycentre():
    """Where the typical solutions have overlap q = t^2 with the reference it is their barycentre: stability
    (f + (1 - q) l'(f)) / t, by the plain average over typical fields."""
    q = rt.replica_symmetric(SPHERE, 1.0).q
    t = np.sqrt(q)
    z = np.linspace(-9, 9, 4001)
    f, std = t * z, np.sqrt(1 - q)
    mean = (f + (1 - q) * SPHERE.log_kernel(f, std).d1) / t
    weight = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    barycentre = weight @ special.ndtr(-t * mean / std)
    near = rt.local_energy(SPHERE, 1.0, 0.5 * (1 - t) - 1e-5, "dense")
    assert near.energy == pytest.approx(barycentre, abs=1e-3)  # linear in the distance that is left
    with pytest.raises(rt.ConvergenceError):
        rt.local_energy(SPHERE, 1.0, 0.5 * (1 - t) + 1e-3, "dense")


def test_other_constraints_and_bad_references():
    even = rt.SymmetricBinaryPerceptron(1.0)
    far = rt.local_energy(even, 0.5, 0.5).energy
    assert far == pytest.approx(2 * special.ndtr(-1.0), abs=1e-12)
    with pytest.raises(ValueError, match="largest margin is one of a BinaryPerceptron"):
        rt.local_energy(even, 0.5, 0.1, "margin")
    with pytest.raises(ValueError, match="reference must have the weights of the model"):
        rt.local_energy(SPHERE, 0.5, 0.1, rt.BinaryPerceptron())
    with pytest.raises(ValueError, match="binary or spherical"):
        rt.local_energy(rt.BinaryPerceptron(weights=rt.DiscreteWeights([-1, 0, 1])), 0.5, 0.1)
