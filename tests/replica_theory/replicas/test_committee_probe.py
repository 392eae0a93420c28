"""Probes of a few units around a reference: one unit is the perceptron, three by Gauss-Hermite sums over all fields."""

import itertools

import numpy as np
import pytest
from scipy import special

from replica_theory import BinaryPerceptron, TreeCommittee
from replica_theory.replicas.committee_probe import Overlaps, committee_probe, require_few
from replica_theory.replicas.probe import Place, Setting, energetic


def overlaps(ref, q, t, t0):
    return Overlaps(ref, q, t, t0, q - t0**2 / ref - (t - t0) ** 2 / (1 - ref))


TYPICAL = Overlaps(0.25, 0.25, 0.25, 0.25, 0.0)
ONE, THREE = TreeCommittee(units=1), TreeCommittee(units=3)


@pytest.mark.parametrize("at", [overlaps(0.25, 0.67, 0.8, 0.24), overlaps(0.25, 0.965, 0.98, 0.25), TYPICAL])
@pytest.mark.parametrize("beta", [np.inf, 2.0])
def test_one_unit_is_the_perceptron(at, beta):
    plain = BinaryPerceptron(beta=beta)
    setting = Setting(plain, plain, 0.4, at.ref, 1.0, nodes=(481, 121))
    known = energetic(setting, Place(at.t, at.t - at.t0, at.c2, 0.0, 1.0))
    found = committee_probe(ONE.at(beta=beta), ONE.at(beta=beta), at, 481, errors=True)
    ours = [found.value, 0.4 * found.force, 0.4 * found.aside, 0.4 * found.pull, found.energy, found.curvature]
    theirs = [known.value, known.q_hat, known.t0_hat, known.slope, known.energy, known.curvature]
    np.testing.assert_allclose(ours, theirs, rtol=1e-11)  # both to rounding; the curvature, of order 50, is steepest
    assert found.error < 1e-12


def log_right(fields, width, least, beta):
    """Logarithm of the weight of a pattern, fields in the last axis; sign by sign."""
    up = special.ndtr(fields / width)
    total = 0.0
    for signs in itertools.product((0, 1), repeat=fields.shape[-1]):
        if sum(signs) >= least:
            total = total + np.prod([up[..., k] if s else 1 - up[..., k] for k, s in enumerate(signs)], axis=0)
    return np.log(np.exp(-beta) + -np.expm1(-beta) * total)


def referee(at, least, least_ref, beta, order=7):
    """The mean logarithm over the fields of three references and what the probes have beside them."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(order)
    x = v = np.array([*itertools.product(nodes, repeat=3)])
    w = np.prod([*itertools.product(weights / weights.sum(), repeat=3)], axis=1)
    std = np.sqrt(1 - at.ref)
    b = (at.t - at.t0) / std
    spread = np.hypot(b, np.sqrt(at.c2))
    k = np.sqrt(at.ref) * x[:, None, :]
    stability = k + std * b / spread * v
    given = std * np.sqrt(at.c2) / spread
    omega = np.exp(log_right(stability, given, least_ref, np.inf) - log_right(k, std, least_ref, np.inf))
    h = at.t0 / np.sqrt(at.ref) * x[:, None, :] + spread * v
    return float(w @ (omega * log_right(h, np.sqrt(1 - at.q), least, beta)) @ w)


@pytest.mark.parametrize(("kappa", "least_ref", "beta"), [(0.0, 2, np.inf), (0.6, 3, 1.5)])
def test_three_units_by_sums_over_all_fields(kappa, least_ref, beta):
    at = Overlaps(0.15, 0.2, 0.25, 0.15, 0.2 - 0.15 - 0.1**2 / 0.85)
    found = committee_probe(THREE.at(beta=beta), THREE.at(kappa=kappa), at, 121, errors=True)
    # 7 nodes a field leave 3e-8 of steps that are several standard deviations wide.
    assert found.value == pytest.approx(referee(at, 2, least_ref, beta), abs=1e-7)
    assert found.error < 1e-8


def test_forces_are_the_derivatives():
    base, h = overlaps(0.22, 0.6, 0.7, 0.2), 1e-4
    found = committee_probe(THREE, THREE, base, 121)

    def value(**moved):
        at = base._replace(**moved)
        return committee_probe(THREE, THREE, overlaps(at.ref, at.q, at.t, at.t0), 121).value

    by = {name: (value(**{name: getattr(base, name) + h}) - value(**{name: getattr(base, name) - h})) / (2 * h)
          for name in ("q", "t", "t0")}  # fmt: skip
    # Central differences: truncated at h^2 times a third derivative of order 10.
    np.testing.assert_allclose([found.force, found.pull, found.aside], [-2 * by["q"], by["t"], -by["t0"]], atol=1e-6)


def test_more_units_are_refused():
    require_few(BinaryPerceptron())
    require_few(TreeCommittee())
    with pytest.raises(ValueError, match=r"^units of the model must be inf, 1 or 3 here; got 5$"):
        require_few(TreeCommittee(units=5))
