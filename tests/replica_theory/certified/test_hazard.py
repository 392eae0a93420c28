import pytest
from mpmath import mp

flint = pytest.importorskip("flint", reason="python-flint is not installed (extra [certified])")

from replica_theory.certified.balls import precision  # noqa: E402
from replica_theory.certified.hazard import hazard, log_tail  # noqa: E402


def contained(ball, number):
    return ball.overlaps(flint.acb(flint.arb(mp.nstr(number.real, 40)), flint.arb(mp.nstr(number.imag, 40))))


@pytest.mark.parametrize("radius", [0.0, 0.05, 0.3, 0.9])
@pytest.mark.parametrize("centre", [2.0, 4 + 1j, 9 - 2j, 30.0, -1 + 0.5j])
def test_balls_hold_the_function(centre, radius):
    """Against mpmath at points of the ball, its corners among them."""
    with precision(20), mp.workdps(50):
        ball = flint.acb(flint.arb(centre.real, radius), flint.arb(centre.imag, radius))
        r, excess = hazard(ball)
        log = log_tail(ball, True)
        for x in (-1, -0.3, 0, 1):
            for y in (-1, 0, 0.7, 1):
                a = mp.mpc(centre) + mp.mpf(radius) * mp.mpc(x, y)
                h = mp.erfc(a / mp.sqrt(2)) / 2
                known = mp.exp(-a * a / 2) / mp.sqrt(2 * mp.pi) / h
                assert contained(r, known) and contained(excess, known - a)
                # Of wide balls the logarithm that is analytic on them, real on the real line.
                assert contained(log, -a * a / 2 - mp.log(known) - mp.log(2 * mp.pi) / 2) or radius < 0.1


def test_wide_balls_are_known_well():
    """A radius of 1 at A = 9 leaves R - A = 1/A within some percent, where the quotient of balls knows nothing."""
    with precision(20):
        ball = flint.acb(flint.arb(9, 1), flint.arb(0, 1))
        assert hazard(ball)[1].abs_upper() < 0.2 and log_tail(ball, True).is_finite()


def test_where_the_logarithm_is_not_analytic():
    with precision(20):
        around_a_zero = flint.acb(flint.arb(-1.9, 0.2), flint.arb(2.8, 0.2))
        assert not log_tail(around_a_zero, True).is_finite() and not hazard(around_a_zero)[0].is_finite()
