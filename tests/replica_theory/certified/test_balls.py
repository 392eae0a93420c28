import sys

import pytest
from mpmath import mp

from replica_theory.certified.balls import Growth, gaussian_mean, loaded, precision, tail


def test_without_the_package_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(ImportError, match=r"python-flint 0.9 or later: pip install 'binary-perceptron\[certified\]'"):
        loaded()


class TestWithFlint:
    @pytest.fixture(autouse=True)
    def flint(self):
        return pytest.importorskip("flint", reason="python-flint is not installed (extra [certified])")

    def test_gaussian_means_that_are_known(self, flint):
        with precision(40) as tolerance:
            arb = flint.arb
            powers = gaussian_mean(lambda z, analytic: z**4, Growth(arb(0), arb(1), 4), tolerance)
            assert powers.contains(3) and powers.rad() < 10 * tolerance
            cosine = gaussian_mean(lambda z, analytic: z.cos(), Growth(arb(1), arb(0), 0), tolerance, even=True)
            assert cosine.overlaps(arb(-0.5).exp()) and cosine.rad() < 10 * tolerance

    def test_a_parameter_that_is_a_ball_gives_a_ball_of_means(self, flint):
        with precision(20) as tolerance:
            arb = flint.arb
            wide = gaussian_mean(lambda z, analytic: (arb(0.5, 1e-3) * z).cos(), Growth(arb(1), arb(0), 0), tolerance)
            assert all(wide.contains((-(arb(a) ** 2) / 2).exp()) for a in (0.4995, 0.5, 0.5005))

    def test_tails_are_bounded(self, flint):
        """Against mpmath's own quadrature of the bound."""
        with precision(20), mp.workdps(30):
            for power in range(5):
                growth = Growth(flint.arb(0.7), flint.arb(1.3), power)
                known = 2 * mp.quad(lambda z, n=power: mp.npdf(z) * (mp.mpf(0.7) + mp.mpf(1.3) * z) ** n, [6, 9, 20])
                assert mp.almosteq(mp.mpf(tail(growth, flint.arb(6)).mid().str(25, radius=False)), known, 1e-12)

    def test_what_is_not_known_is_not_finite(self, flint):
        with precision(15) as tolerance:
            unknown = flint.arb(-1).sqrt()
            assert not gaussian_mean(lambda z, analytic: z, Growth(unknown, unknown, 1), tolerance).is_finite()
            cut = gaussian_mean(
                lambda z, analytic: z.log(analytic=analytic), Growth(flint.arb(9), flint.arb(1), 1), tolerance
            )
            assert not cut.is_finite() or cut.rad() > tolerance

    def test_the_global_precision_is_left_alone(self, flint):
        before = flint.ctx.prec
        with precision(50):
            assert flint.ctx.prec > 200
        assert flint.ctx.prec == before
