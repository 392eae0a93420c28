import pytest

import replica_theory as rt
from replica_theory.certified import around_typical, multiprecision


def test_doubles_agree(monkeypatch):
    """At few digits: integrals of two dimensions are slow."""
    for name, value in (("_LOW", 9), ("_STEP", 4), ("_NEAR", 1e-4), ("_GUARD", 2)):
        monkeypatch.setattr(multiprecision, name, value)
    monkeypatch.setattr(around_typical, "_REFERENCE_GUARD", 10)
    model = rt.BinaryPerceptron()
    known, point = rt.franz_parisi(model, 0.4, 0.1), rt.franz_parisi(model, 0.4, 0.1, digits=6)
    assert float(point.entropy) == pytest.approx(known.entropy, abs=6e-7)  # six digits, rounded
    assert float(point.slope) == pytest.approx(float(known.slope), rel=6e-6)
    for name in ("q", "t0", "t_hat", "t0_hat"):
        assert float(getattr(point, name)) == pytest.approx(float(known.overlaps[name]), rel=6e-6)


def test_references_must_overlap():
    with pytest.raises(ValueError, match="digits need references that overlap"):
        rt.franz_parisi(rt.SymmetricBinaryPerceptron(), 0.4, 0.1, digits=8)
