"""Loads up to which a measure can be sampled."""

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.replicas.tilted import Tilted


def test_uniform_measures_are_pinned():
    """All solutions alike, at a temperature, symmetric, and weights that set in too fast: 0, with the reason."""
    for model in (rt.BinaryPerceptron([0.0, -0.5]), rt.BinaryPerceptron(beta=1.0), rt.SymmetricBinaryPerceptron(1.0),
                  rt.IntervalModel([(-2, -1), (0.5, 3)]), rt.PowerWeight(power=0.9),
                  rt.PowerWeight(power=0)):  # fmt: skip
        for scheme in ("localization", "decimation"):
            found = rt.sampling_threshold(model, scheme)
            assert np.all(found.alpha == 0) and np.all(np.asarray(found.status, dtype=object) == "pinned")
    assert "neither by localisation nor by decimation" in rt.Status.PINNED.sentence


@pytest.mark.parametrize(
    ("power", "scheme", "alpha", "rest"),
    [(1.0, "localization", 0.62250171, 2.7154e-6), (1.5, "decimation", 0.66465166, 9.6493e-3)],
)
def test_weights(power, scheme, alpha, rest):
    """Values of a search with twice the nodes throughout; the smallest stability changes its sign there.

    At p = 1 the second fixed point appears at 1 - q = 3e-6, where a grid of overlaps does not look.
    """
    model = rt.PowerWeight(power=power)
    found = rt.sampling_threshold(model, scheme)
    assert found.alpha == pytest.approx(alpha, abs=2e-8) and found.error < 1e-6
    assert found.rest == pytest.approx(rest, rel=1e-2)  # where a minimum is flat
    for factor in (1 - 1e-4, 1 + 1e-4):
        load = float(found.alpha) * factor
        tilted = Tilted.of(model, load, rt.replica_symmetric(model, load))
        if scheme == "decimation":
            point = tilted.at(tilted.strength_of(float(found.rest)))
            assert (tilted.erased(point)[1] > 0) == (factor < 1)
        else:
            assert (tilted.at(tilted.strength_of(float(found.rest))).stability > 0) == (factor < 1)


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
