"""Couplings that grow."""

import math

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

from bp.networks import Scoping


def test_laws():
    assert [Scoping(0.5, 0.1)(t) for t in (0, 2)] == pytest.approx([0.5, 0.5 * 1.1**2], rel=1e-15)
    assert [Scoping(0.0, 0.25, most=0.6, linear=True)(t) for t in range(4)] == [0.0, 0.25, 0.5, 0.6]
    assert Scoping(0.0, 3.0)(10**9) == 0.0 and Scoping(0.3)(10**9) == 0.3


def test_beyond_doubles():
    assert Scoping(1.0, 1.0)(10**6) == math.inf and Scoping(1.0, 1.0, most=7.0)(10**6) == 7.0


@pytest.mark.parametrize(("arguments", "error", "words"), [
    ((-1.0,), ValueError, "gamma must be finite and non-negative; got -1.0"),
    ((1.0, -0.5), ValueError, "growth must be finite and non-negative"),
    ((1.0, 0.1, 0.5), ValueError, "most must be at least gamma = 1.0; got 0.5"),
    ((1.0, 0.1, 2.0, 1), TypeError, "linear must be True or False"),
    (("1",), TypeError, "gamma must be a real number"),
])  # fmt: skip
def test_refusals(arguments, error, words):
    with pytest.raises(error, match=words):
        Scoping(*arguments)


def test_steps_are_counted_from_zero():
    with pytest.raises(ValueError, match="step must be a non-negative integer; got -1"):
        Scoping(1.0)(-1)
