"""Loads up to which a measure can be sampled."""

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.replicas.tilted import COARSE, Tilted


def test_uniform_measures_are_pinned():
    """All solutions alike, at a temperature, symmetric, and weights that set in too fast: 0, with the reason."""
    for model in (rt.BinaryPerceptron([0.0, -0.5]), rt.BinaryPerceptron(beta=1.0), rt.SymmetricBinaryPerceptron(1.0),
                  rt.IntervalModel([(-2, -1), (0.5, 3)]), rt.PowerWeight(power=0.9),
                  rt.PowerWeight(power=0)):  # fmt: skip
        for scheme in ("localization", "decimation"):
            found = rt.sampling_threshold(model, scheme)
            assert np.all(found.alpha == 0) and np.all(np.asarray(found.status, dtype=object) == "pinned")
    assert "neither by localisation nor by decimation" in rt.Status.PINNED.sentence


def test_marginal_power():
    """At p = 1 the second fixed point appears at 1 - q = 3e-6, where a grid of overlaps does not look.

    The value is that of a search with twice the nodes throughout.
    """
    found = rt.sampling_threshold(rt.PowerWeight(power=1.0))
    assert found.alpha == pytest.approx(0.62250171, abs=2e-8) and found.error < 1e-6
    assert found.rest == pytest.approx(2.7154e-6, rel=1e-2)  # where a minimum is flat


@pytest.mark.parametrize(("scheme", "alpha"), [("localization", 0.66628419), ("decimation", 0.66465166)])
def test_the_smallest_stability_changes_its_sign(scheme, alpha):
    """At thresholds that were found with twice the nodes; decimation ends a little before localisation."""
    signs = []
    for load in (alpha * (1 - 1e-4), alpha * (1 + 1e-4)):
        model = rt.PowerWeight(power=1.5)
        tilted = Tilted.of(model, load, rt.replica_symmetric(model, load), COARSE)
        if scheme == "localization":
            signs.append(tilted.weakest().stability > 0)
        else:
            signs.append(tilted.erased(tilted.weakest_erased())[1] > 0)
    assert signs == [True, False]


def test_a_measure_without_a_threshold(monkeypatch):
    """Independent weights can be sampled at any load: an error with a sentence."""
    monkeypatch.setattr("replica_theory.thresholds.sampling_threshold._STEPS", 2)
    model = rt.CustomModel(lambda mean, std: 0.3 * mean + 0.045 * std**2, log=True, weighted=True)
    with pytest.raises(rt.ConvergenceError, match="outside what this computation can reach"):
        rt.sampling_threshold(model)


def test_bad_input():
    with pytest.raises(ValueError, match="scheme must be one of"):
        rt.sampling_threshold(rt.BinaryPerceptron(), "guessing")
    with pytest.raises(ValueError, match="weights of the model must be binary here"):
        rt.sampling_threshold(rt.BinaryPerceptron(weights=rt.SphericalWeights()))
