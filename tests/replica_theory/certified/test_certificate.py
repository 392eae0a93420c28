import pickle
from decimal import Decimal

import pytest

import replica_theory as rt
from replica_theory.certified.certificate import ball_of

BALL = rt.Ball(Decimal("0.8331"), Decimal("0.0002"))
POINT = rt.Certificate(rt.BinaryPerceptron(), 3, "alpha", {"alpha": BALL}, None, "this", "that")


def test_a_ball_holds_its_ends():
    assert (str(BALL.lower), str(BALL.upper)) == ("0.8329", "0.8333")
    assert BALL.lower in BALL and BALL.upper in BALL and 0.833 in BALL
    assert Decimal("0.83331") not in BALL and 0.8328 not in BALL
    assert float(BALL) == 0.8331 and str(BALL) == "0.8331 +/- 0.0002"


def test_balls_by_their_names():
    assert POINT.ball is POINT.alpha is BALL and pickle.loads(pickle.dumps(POINT)) == POINT
    assert str(POINT).splitlines() == ["alpha = 0.8331 +/- 0.0002", "proved: this", "assumed: that"]
    with pytest.raises(AttributeError):
        POINT.missing  # noqa: B018


def test_decimals_hold_the_ball():
    """Rounding is added to the radius, of which four digits are kept."""
    flint = pytest.importorskip("flint", reason="python-flint is not installed (extra [certified])")
    for radius in (1e-3, 3.14159e-9, 2e-14):
        middle = 1.2345678901234567
        ball = ball_of(flint.arb(middle, radius), 25)
        assert Decimal(middle) - Decimal(radius) in ball and Decimal(middle) + Decimal(radius) in ball
        assert float(ball.radius) < 1.002 * radius
    exact = ball_of(flint.arb(0.5), 25)
    assert exact.midpoint == Decimal("0.5") and exact.radius == 0
