import pytest

import replica_theory as rt
from replica_theory.certified import multiprecision


@pytest.mark.parametrize(
    ("model", "alpha", "distance"),
    [
        (rt.BinaryPerceptron(), 0.6, 0.05),
        (rt.BinaryPerceptron(), 0.75, 0.02),
        (rt.SymmetricBinaryPerceptron(), 1.2, 0.05),
    ],
)
def test_doubles_agree(model, alpha, distance):
    known, point = rt.local_entropy(model, alpha, distance), rt.local_entropy(model, alpha, distance, digits=16)
    assert float(point.entropy) == pytest.approx(known.entropy, abs=1e-13)  # rounding of some hundred terms
    assert float(point.slope) == pytest.approx(float(known.slope), rel=1e-9)
    assert float(point.gap) == pytest.approx(float(known.overlaps["gap"]), rel=1e-9)
    assert float(point.q) == pytest.approx(float(known.overlaps["q1"]), rel=1e-9)


def test_the_threshold_of_the_slope(monkeypatch):
    monkeypatch.setattr(multiprecision, "_LOW", 14)  # half of what is needed for 30 digits, in a quarter of the time
    monkeypatch.setattr(multiprecision, "_STEP", 6)
    monkeypatch.setattr(multiprecision, "_NEAR", 1e-5)
    monkeypatch.setattr(multiprecision, "_GUARD", 4)
    point = rt.local_entropy_threshold(rt.BinaryPerceptron(), digits=8)
    assert str(point.alpha) == "0.75530203"
    slope = rt.local_entropy(rt.BinaryPerceptron(), float(point.alpha), float(point.distance)).slope
    assert abs(slope) < 1e-6  # dS/dd falls with the load at a rate of 24, and the load is rounded at 5e-9


@pytest.mark.parametrize(
    "options", [{"reference": "solution", "y": 1.0}, {"y": 2.0}, {"sector": "sign-broken"}, {"kappa_ref": 0.5}]
)
def test_digits_are_those_of_infinitely_many_replicas(options):
    with pytest.raises(ValueError, match="digits must be left out"):
        rt.local_entropy(rt.BinaryPerceptron(), 0.5, 0.1, digits=20, **options)


@pytest.mark.parametrize("options", [{"criterion": "gap"}, {"reference": "solution", "y": 1.0}])
def test_digits_are_those_of_the_slope(options):
    with pytest.raises(ValueError, match="digits must be left out"):
        rt.local_entropy_threshold(rt.BinaryPerceptron(), digits=20, **options)


def test_typical_distances_are_refused():
    with pytest.raises(rt.ConvergenceError, match="digits are known only where replicas feel the reference"):
        rt.local_entropy(rt.BinaryPerceptron(), 0.5, 0.45, digits=20)
